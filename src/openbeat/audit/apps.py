"""The trail as a Django application."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Holds the trail's tables."""

    name = "openbeat.audit"
    default_auto_field = "django.db.models.BigAutoField"
