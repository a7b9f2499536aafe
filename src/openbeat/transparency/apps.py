"""Publications as a Django application."""

from django.apps import AppConfig


class TransparencyConfig(AppConfig):
    """Holds releases and their monthly tables."""

    name = "openbeat.transparency"
