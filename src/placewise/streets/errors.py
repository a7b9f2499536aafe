"""The refusals of the street network, by name."""

from placewise.kernels.errors import PlacewiseError


class StreetsError(PlacewiseError):
    """Something about the streets does not hold; the message says what and where."""


class NoStreets(StreetsError):
    """The extract or the lists hold no street a car may use."""


class PlaceOffStreets(StreetsError):
    """A place lies too far from any street."""


class BadPlaces(StreetsError):
    """Places are not an (n, 2) array of finite longitudes and latitudes."""


class NotAStreetCache(StreetsError):
    """A file is not a street cache of this version."""
