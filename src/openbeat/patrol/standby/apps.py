"""Standby plans as a Django application."""

from django.apps import AppConfig


class StandbyConfig(AppConfig):
    """Holds where units are to wait, and what that was worked out from."""

    name = "openbeat.patrol.standby"
    label = "standby"
