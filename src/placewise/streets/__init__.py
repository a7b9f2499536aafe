"""Streets: a graph from an extract or from lists, and the travel times, paths and reach it gives."""

from placewise.streets.cache import load, open_lists, open_osm, save
from placewise.streets.cells import isochrones
from placewise.streets.contract import contract
from placewise.streets.crow import CrowFlight
from placewise.streets.errors import BadPlaces, NoStreets, NotAStreetCache, PlaceOffStreets, StreetsError
from placewise.streets.graph import StreetGraph
from placewise.streets.lists import read_lists
from placewise.streets.osm import read_osm
from placewise.streets.snap import OnStreet
from placewise.streets.speeds import DEFAULT_KMH, SpeedProfile, Speeds
from placewise.streets.travel import Reach, Route, TravelTimes, nearest

__all__ = [
    "DEFAULT_KMH",
    "BadPlaces",
    "CrowFlight",
    "NoStreets",
    "NotAStreetCache",
    "OnStreet",
    "PlaceOffStreets",
    "Reach",
    "Route",
    "SpeedProfile",
    "Speeds",
    "StreetGraph",
    "StreetsError",
    "TravelTimes",
    "contract",
    "isochrones",
    "load",
    "nearest",
    "open_lists",
    "open_osm",
    "read_lists",
    "read_osm",
    "save",
]
