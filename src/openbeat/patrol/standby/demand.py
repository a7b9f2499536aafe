"""Where and how often units are wanted: incidents weighed by hour and gathered in cells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import h3
import numpy as np
from numpy.typing import NDArray

RESOLUTIONS = (9, 8, 7, 6)
"""H3 resolutions of zones, the finest first."""
MOST_ZONES = 1_200
MOST_WAITING = 200
"""Waiting places besides the stations: beyond it the search proves little."""
HOUR = np.timedelta64(1, "h") / np.timedelta64(1, "us")
DAY = 24 * HOUR

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Place:
    """Where units may wait: a station of the agency, or a waiting place besides."""

    name: str
    lon: float
    lat: float
    station: bool = True


@dataclass(frozen=True, eq=False)
class Ground:
    """(n,) cells, the mean place of what happened in each, and its weight."""

    cells: tuple[str, ...]
    lon: Floats
    lat: Floats
    weight: Floats

    @staticmethod
    def of(lon: Floats, lat: Floats, weight: Floats, most: int = MOST_ZONES) -> Ground:
        """The cells that hold these points, each once in order, as fine as their number allows."""
        points = list(zip(lat.tolist(), lon.tolist(), strict=True))
        found: NDArray[np.str_] = np.empty(0, dtype=np.str_)
        for resolution in RESOLUTIONS:
            found, number = np.unique([h3.latlng_to_cell(*point, resolution) for point in points], return_inverse=True)
            if len(found) <= most:
                break
        total: Floats = np.bincount(number, weight).astype(np.float64)
        share = np.where(total > 0, total, 1.0)
        lon, lat = (np.bincount(number, weight * values) / share for values in (lon, lat))
        kept = total > 0
        return Ground(tuple(found[kept].tolist()), lon[kept], lat[kept], total[kept])


@dataclass(frozen=True, eq=False)
class Known:
    """What the agency knows of: zones with their areas («» is none), places to wait at, calls an hour."""

    ground: Ground
    areas: Sequence[str]
    places: Sequence[Place]
    calls_an_hour: float


def share_in_hours(times: Times, ends: Times, first_hour: int, hours: int) -> Floats:
    """(n,) the share of each span, on the wall clock, that lies in so many hours of each day from the first on.

    A moment lies in them or not. Spans count as if every part of them were as likely (Ratcliffe 2000, aoristic).
    """
    begin = (times - np.datetime64(0, "us")) / np.timedelta64(1, "us") - first_hour * HOUR
    end = (ends - np.datetime64(0, "us")) / np.timedelta64(1, "us") - first_hour * HOUR
    length = end - begin
    inside = _hours_until(end, hours) - _hours_until(begin, hours)
    moment = (begin % DAY < hours * HOUR).astype(np.float64)
    return np.where(length > 0, inside / np.where(length > 0, length, 1.0), moment)


def _hours_until(moments: Floats, hours: int) -> Floats:
    """Microseconds of the day's first hours that have passed until each moment."""
    days, rest = np.divmod(moments, DAY)
    return np.asarray(days * hours * HOUR + np.minimum(rest, hours * HOUR))


def named_apart(places: Sequence[Place]) -> list[Place]:
    """The places, those of one name numbered."""
    names = [place.name for place in places]
    seen: dict[str, int] = {}
    found = []
    for place in places:
        seen[place.name] = seen.get(place.name, 0) + 1
        many = names.count(place.name) > 1 and not place.station
        found.append(replace(place, name=f"{place.name} {seen[place.name]}") if many else place)
    return found
