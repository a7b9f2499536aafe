"""Stays: where a track of positions stood long enough near one of the places that it was to visit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from placewise.kernels.arrays import Bools, Floats, Ints, Moments, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.space.area import local_crs, project


class BadTrack(PlacewiseError):
    """Positions that make no track: unequal lengths, missing times or places off the globe; or rules without sense."""


@dataclass(frozen=True, slots=True)
class StayRules:
    """What counts as a stay.

    within: metres from a place; least: minutes of a stay; silence: minutes without any position after which nobody
    is taken to be there still; astray: minutes of positions outside that are taken for a receiver's error.
    """

    within: float = 150.0
    least: float = 5.0
    silence: float = 10.0
    astray: float = 2.0

    def __post_init__(self) -> None:
        if not (self.within > 0 and self.least >= 0 and self.silence > 0 and self.astray >= 0):
            raise BadTrack("metres and minutes of a stay are above nothing")


@dataclass(frozen=True, eq=False)
class Stays:
    """The stays of one track in order of time.

    place: (k,) index of the place; first, last: (k,) datetime64[us] of the first and the last position there;
    positions: (k,) how many there were.
    """

    place: Ints
    first: Moments
    last: Moments
    positions: Ints

    def __len__(self) -> int:
        """How many stays there are."""
        return int(self.place.size)

    @property
    def minutes(self) -> Floats:
        """(k,) how long each lasted."""
        return floats((self.last - self.first) / np.timedelta64(1, "m"))


def stays(
    times: npt.ArrayLike,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    place_lon: npt.ArrayLike,
    place_lat: npt.ArrayLike,
    rules: StayRules | None = None,
) -> Stays:
    """The stays of one track (n,) near places (p,), degrees WGS 84; times in any order, twice the same counts once.

    A stay goes from the first to the last position within reach of one place; of several, the nearest. A position
    outside for no longer than `astray` does not end it. Where the signal is lost for longer than `silence`, it ends
    with the last position before: what nobody saw is not counted (stay points of Li et al. 2008, with known places).
    """
    rules = rules or StayRules()
    when, x, y = _track(times, lon, lat)
    there = _nearest(x, y, floats(place_lon), floats(place_lat), rules.within)
    seen = np.flatnonzero(there >= 0)
    starts = _starts(when[seen], there[seen], np.diff(seen) > 1, rules)
    ends = np.append(starts[1:], seen.size) - 1 if starts.size else starts
    first, last = when[seen[starts]], when[seen[ends]]
    long = (last - first) >= np.timedelta64(round(rules.least * 60_000_000), "us")
    parts = there[seen[starts]][long], first[long], last[long], (ends - starts + 1)[long]
    return Stays(frozen(ints(parts[0])), frozen(parts[1]), frozen(parts[2]), frozen(ints(parts[3])))


def _track(times: npt.ArrayLike, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Moments, Floats, Floats]:
    """The positions in order of time, each moment once."""
    when, x, y = np.atleast_1d(np.asarray(times, dtype="datetime64[us]")), floats(lon), floats(lat)
    if not when.size == x.size == y.size:
        raise BadTrack("times and positions differ in length")
    if np.isnat(when).any() or not (np.all(np.abs(x) <= 180) and np.all(np.abs(y) <= 90)):
        raise BadTrack("some positions have no time or are not longitude and latitude in degrees")
    _, order = np.unique(when, return_index=True)
    return when[order], x[order], y[order]


def _nearest(lon: Floats, lat: Floats, place_lon: Floats, place_lat: Floats, within: float) -> Ints:
    """(n,) the nearest place within so many metres, −1 where there is none; of equals the first."""
    if place_lon.size == 0 or lon.size == 0:
        return np.full(lon.size, -1, dtype=np.int64)
    crs = local_crs(float(np.mean(place_lon)), float(np.mean(place_lat)))
    spots = np.column_stack(project(crs, place_lon, place_lat))
    points = np.column_stack(project(crs, lon, lat))
    known = np.all(np.isfinite(points), axis=1)
    found = np.full(lon.size, -1, dtype=np.int64)
    _, at = KDTree(spots).query(points[known], distance_upper_bound=np.nextafter(within, np.inf))
    found[known] = np.where(at < place_lon.size, at, -1)
    return found


def _starts(when: Moments, there: Ints, strayed: Bools, rules: StayRules) -> Ints:
    """Of positions within reach: those at which a stay begins. strayed: (m − 1,) positions outside lie between."""
    if when.size == 0:
        return np.empty(0, dtype=np.int64)
    pause = np.diff(when) / np.timedelta64(1, "m")
    broken = (np.diff(there) != 0) | (pause > np.where(strayed, rules.astray, rules.silence))
    return np.append(0, np.flatnonzero(broken) + 1)
