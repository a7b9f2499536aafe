"""Speeds: what a class of road allows when nobody has written it down, and how traffic slows it by the hour."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

HOURS_OF_WEEK = 168
KMH_PER_MPH = 1.609344
WALKING_KMH = 6.0

DEFAULT_KMH: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 100,
        "motorway_link": 50,
        "trunk": 80,
        "trunk_link": 45,
        "primary": 50,
        "primary_link": 40,
        "secondary": 50,
        "secondary_link": 40,
        "tertiary": 45,
        "tertiary_link": 35,
        "unclassified": 40,
        "residential": 30,
        "road": 30,
        "service": 15,
        "living_street": 10,
    }
)
"""Kilometres an hour of each highway class that a patrol car uses, where the extract states no limit."""

NO_STOPPING = frozenset({"motorway", "motorway_link"})
"""Classes on which a place to visit is never put."""


@dataclass(frozen=True)
class Speeds:
    """Which classes of road a car may use and how fast, in km/h: `factor` turns limits into driven speeds."""

    by_class: Mapping[str, float] = field(default_factory=lambda: DEFAULT_KMH)
    factor: float = 1.0
    fastest: float = 130.0

    def roads(self) -> tuple[str, ...]:
        """The classes in a fixed order; a road's code is its place in it."""
        return tuple(self.by_class)

    def key(self) -> str:
        """The same text for the same speeds, for the cache."""
        return repr((sorted(self.by_class.items()), self.factor, self.fastest))

    def kmh(self, road: str, stated: str | None) -> float:
        """The driven speed on a road of this class with this `maxspeed` text."""
        limit = parse_maxspeed(stated) if stated else None
        return min(limit or self.by_class[road], self.fastest) * self.factor


def parse_maxspeed(text: str) -> float | None:
    """Kilometres an hour of an OpenStreetMap `maxspeed`; the lowest of several; None where it names no number."""
    found = [_one_limit(part) for part in re.split(r"[;,|]", text)]
    known = [limit for limit in found if limit]
    return min(known) if known else None


def _one_limit(text: str) -> float | None:
    if text.strip() == "walk":
        return WALKING_KMH
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph|knots)?\s*", text)
    if not match:
        return None
    return float(match[1]) * {"mph": KMH_PER_MPH, "knots": 1.852}.get(match[2], 1.0)


@dataclass(frozen=True)
class SpeedProfile:
    """Driven speed as a share of free flow, by hour of the week (0 is Monday midnight) and class of road.

    `shares` maps a class to 168 numbers above 0; a class not named follows `otherwise`.
    """

    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    otherwise: tuple[float, ...] = (1.0,) * HOURS_OF_WEEK

    def __post_init__(self) -> None:
        for name, row in (*self.shares.items(), ("otherwise", self.otherwise)):
            if len(row) != HOURS_OF_WEEK or not all(0 < share < np.inf for share in row):
                raise ValueError(f"speed profile of {name!r} needs {HOURS_OF_WEEK} shares above 0")

    def at(self, hour_of_week: int, roads: tuple[str, ...]) -> NDArray[np.float64]:
        """The share of free-flow speed of each class, shape (roads,)."""
        if not 0 <= hour_of_week < HOURS_OF_WEEK:
            raise ValueError(f"hour of the week is 0 to {HOURS_OF_WEEK - 1}, not {hour_of_week}")
        return np.array([self.shares.get(road, self.otherwise)[hour_of_week] for road in roads])
