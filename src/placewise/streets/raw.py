"""Streets as they were read, before anything is joined: points, pieces between two points, and forbidden turns."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class TurnRule:
    """A turn restriction: coming by way `source` over `via` (one point, or ways in order) to way `target`."""

    kind: str  # "no" or "only"
    u_turn: bool
    source: int
    target: int
    via_point: int | None = None
    via_ways: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class RawStreets:
    """Points (lon, lat) and directed-time pieces between them.

    `ahead` and `back` are seconds from `start` to `end` and the other way, infinite where that is not allowed.
    """

    lon: FloatArray
    lat: FloatArray
    start: IntArray
    end: IntArray
    ahead: FloatArray
    back: FloatArray
    road: NDArray[np.uint8]
    way: IntArray
    roads: tuple[str, ...]
    rules: tuple[TurnRule, ...] = ()
    facts: dict[str, int | float | str] = field(default_factory=dict)


def great_circle_metres(lon1: FloatArray, lat1: FloatArray, lon2: FloatArray, lat2: FloatArray) -> FloatArray:
    """Metres between points on the sphere of mean radius (haversine); broadcasts."""
    p1, p2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))), dtype=np.float64)
