"""Places as a Django application."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Holds areas, stations, extracts, streets and basemaps."""

    name = "openbeat.places"
