"""What a forecast run is asked, and with what it is told: days, cells, method, areas and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from shapely import MultiPolygon

from placewise.space.events import Events

PLANNED_SHARE = 0.05
"""The share of the area whose exposure the card tells."""

Tell = Callable[[float, str], bool]
"""Told a share done and words; answers whether to stop."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a run asks: days, cell resolution, estimator, seed."""

    starts: date
    ends: date
    resolution: int
    estimator: str
    seed: int
    peers: tuple[str, ...] = ()
    """Other methods that the back-test measures beside it."""

    @property
    def horizon(self) -> int:
        """Days forecast."""
        return (self.ends - self.starts).days


@dataclass(frozen=True, slots=True)
class Known:
    """What a run may learn from: reports of what it forecasts, and of the other classes that inform it."""

    events: Events
    context: Events | None = None


@dataclass(frozen=True, slots=True)
class NamedArea:
    """An area of the set that the forecast covers."""

    code: str
    name: str
    shape: MultiPolygon


@dataclass(frozen=True, slots=True)
class Statistic:
    """What another office says of each area, by its code: numbers, or names of groups; residents are counts."""

    name: str
    source: str
    values: Mapping[str, float | str]
    residents: bool = False
