"""Beat drawings as a Django application."""

from django.apps import AppConfig


class BeatsConfig(AppConfig):
    """Holds what was asked, the beats that were drawn, and which of them hold."""

    name = "openbeat.patrol.beats"
    label = "beats"
