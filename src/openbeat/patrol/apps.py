"""Patrol plans as a Django application."""

from django.apps import AppConfig


class PatrolConfig(AppConfig):
    """Holds units, plans, stops and visits."""

    name = "openbeat.patrol"
