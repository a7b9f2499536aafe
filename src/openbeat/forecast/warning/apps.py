"""Early warnings as a Django application."""

from django.apps import AppConfig


class WarningConfig(AppConfig):
    """Holds watches, their scans and the alarms that came of them."""

    name = "openbeat.forecast.warning"
    label = "warning"
