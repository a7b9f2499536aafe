"""The keeper's edge as an app, so that its management commands are found."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """No models: commands only."""

    name = "openbeat.ops"
