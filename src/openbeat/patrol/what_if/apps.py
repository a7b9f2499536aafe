"""What-ifs as a Django application."""

from django.apps import AppConfig


class WhatIfConfig(AppConfig):
    """Holds what was asked and what the simulation answered."""

    name = "openbeat.patrol.what_if"
    label = "what_if"
