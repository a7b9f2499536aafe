"""Travel times where there is no street extract: the great circle, a detour factor and one speed."""

from collections.abc import Mapping
from dataclasses import dataclass

import h3
import numpy as np
from numpy.typing import ArrayLike

from placewise.kernels.arrays import Bools, Floats
from placewise.streets.raw import great_circle_metres
from placewise.streets.speeds import SpeedProfile
from placewise.streets.travel import Reach, Route, as_places


@dataclass(frozen=True)
class CrowFlight:
    """Driving times guessed as great-circle distance × `factor` at `speed_kmh`, the same in every direction."""

    speed_kmh: float
    factor: float = 1.3

    def __post_init__(self) -> None:
        if not (0 < self.speed_kmh < np.inf and 1 <= self.factor < np.inf):
            raise ValueError(f"speed above 0 km/h and factor from 1 are needed, not {self.speed_kmh} and {self.factor}")

    @property
    def facts(self) -> Mapping[str, int | float | str]:
        """What a page must say beside these times."""
        return {"source": "great circle", "kmh": self.speed_kmh, "factor": self.factor}

    @property
    def _seconds_a_metre(self) -> float:
        return self.factor * 3.6 / self.speed_kmh

    def many_to_many(self, origins: ArrayLike, destinations: ArrayLike) -> Floats:
        """Seconds between places, shape (origins, destinations)."""
        a, b = as_places(origins), as_places(destinations)
        metres = great_circle_metres(a[:, None, 0], a[:, None, 1], b[None, :, 0], b[None, :, 1])
        return metres * self._seconds_a_metre

    def out_of_reach(self, places: ArrayLike) -> Bools:
        """(n,) never: a crow needs no street."""
        return np.zeros(len(as_places(places)), dtype=np.bool_)

    def path(self, origin: ArrayLike, destination: ArrayLike) -> Route:
        """The straight line between two places, its time, and its length with the detour factor."""
        line = np.concatenate([as_places(origin), as_places(destination)])
        seconds = float(self.many_to_many(line[:1], line[1:])[0, 0])
        return Route(line, seconds, seconds / self._seconds_a_metre * self.factor)

    def reach(self, place: ArrayLike, limit: float, *, resolution: int = 10, towards: bool = False) -> Reach:
        """The H3 cells whose middle is within `limit` seconds of a place, either way."""
        spot = as_places(place)
        start = h3.latlng_to_cell(spot[0, 1], spot[0, 0], resolution)
        metres = limit / self._seconds_a_metre
        rings = int(np.ceil(metres / h3.average_hexagon_edge_length(resolution, unit="m"))) + 1
        names = sorted(h3.grid_disk(start, rings))
        middles = np.array([h3.cell_to_latlng(name)[::-1] for name in names])
        seconds = self.many_to_many(spot, middles)[0]
        cells = np.array([h3.str_to_int(name) for name in names], dtype=np.uint64)
        return Reach(cells[seconds <= limit], seconds[seconds <= limit])

    def at(self, profile: SpeedProfile, hour_of_week: int) -> "CrowFlight":
        """The same guess at the speed of an hour of the week (0 is Monday midnight)."""
        return CrowFlight(self.speed_kmh * float(profile.at(hour_of_week, ("street",))[0]), self.factor)
