"""Forecasts as a Django application."""

from django.apps import AppConfig


class ForecastConfig(AppConfig):
    """Holds forecast runs and their surfaces."""

    name = "openbeat.forecast"
