"""Intake as a Django application."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Holds the imports, their refused rows and the agency's own profiles."""

    name = "openbeat.intake"
