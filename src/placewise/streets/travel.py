"""What every source of travel times can do: streets where there is an extract, straight lines where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.kernels.arrays import Bools, Floats, floats
from placewise.streets.errors import BadPlaces


@dataclass(frozen=True, eq=False)
class Route:
    """A way driven: its points (k, 2) as lon, lat, its time in seconds and its length in metres."""

    line: Floats
    seconds: float
    metres: float


@dataclass(frozen=True, eq=False)
class Reach:
    """H3 cells reached, each with the least seconds to it; all cells have one resolution."""

    cells: NDArray[np.uint64]
    seconds: Floats


class TravelTimes(Protocol):
    """Driving times between places given as lon, lat (n, 2); `facts` says in plain values what they rest on."""

    @property
    def facts(self) -> Mapping[str, int | float | str]: ...
    def many_to_many(self, origins: ArrayLike, destinations: ArrayLike) -> Floats:
        """Seconds, shape (origins, destinations), infinite where there is no way."""
        ...

    def out_of_reach(self, places: ArrayLike) -> Bools:
        """(n,) whether a place is so far from any street that no time is told for it."""
        ...

    def path(self, origin: ArrayLike, destination: ArrayLike) -> Route:
        """The quickest way between two places, each (lon, lat)."""
        ...

    def reach(self, place: ArrayLike, limit: float, *, resolution: int = 10, towards: bool = False) -> Reach:
        """The cells within `limit` seconds of a place, or from which it is reached with `towards`."""
        ...


def nearest(travel: TravelTimes, candidates: ArrayLike, place: ArrayLike, k: int) -> tuple[NDArray[np.int64], Floats]:
    """The k candidates (units) soonest at a place and their seconds, soonest first, equals in their given order."""
    seconds = travel.many_to_many(candidates, as_places(place))[:, 0]
    order = np.argsort(seconds, kind="stable")[:k]
    order = order[np.isfinite(seconds[order])]
    return order.astype(np.int64), seconds[order]


def as_places(places: ArrayLike) -> Floats:
    """Places as an (n, 2) array of lon, lat; one place may be given as two numbers."""
    array = np.atleast_2d(floats(places))
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise BadPlaces(f"places are finite longitudes and latitudes, shape (n, 2), not {array.shape}")
    if (np.abs(array) > (180, 90)).any():
        raise BadPlaces("a place is longitude then latitude, within 180 and 90 degrees")
    return array
