"""Oversight as a Django application."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Holds the checks of the log."""

    name = "openbeat.oversight"
