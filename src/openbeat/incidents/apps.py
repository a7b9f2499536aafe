"""Incidents as a Django application."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """Holds the code lists, the sources and what they reported."""

    name = "openbeat.incidents"
