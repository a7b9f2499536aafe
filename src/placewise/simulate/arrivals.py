"""Where and when calls come from: rates by zone and hour of the week, or real weeks drawn again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from placewise.kernels.arrays import Floats, Ints, floats, frozen, ints
from placewise.simulate.errors import BadArrivals
from placewise.space.events import Events
from placewise.time.week import WeekRhythm

HOURS = 168
WEEK_SECONDS = 604_800
_MONDAY = np.datetime64("1970-01-05T00:00:00", "us")


class Spot(Protocol):
    """Whatever stands at a longitude and latitude."""

    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Arrivals:
    """A Poisson process: `weekly` (priorities, zones) calls a week, `rhythm` (priorities, zones or 1, 168) its hours.

    The rhythm has mean 1 over the week: an hour's rate is weekly / 168 × rhythm.
    """

    weekly: Floats
    rhythm: Floats

    def __post_init__(self) -> None:
        frozen(self.weekly)
        frozen(self.rhythm)
        if self.weekly.ndim != 2 or not (np.isfinite(self.weekly).all() and (self.weekly >= 0).all()):
            raise BadArrivals("calls a week are numbers from 0, shape (priorities, zones)")
        priorities, zones = self.weekly.shape
        if self.rhythm.shape not in {(priorities, 1, HOURS), (priorities, zones, HOURS)}:
            raise BadArrivals(f"a rhythm has shape (priorities, zones or 1, {HOURS}), not {self.rhythm.shape}")
        if not (np.isfinite(self.rhythm).all() and (self.rhythm >= 0).all()):
            raise BadArrivals("a rhythm holds numbers from 0")
        if not np.allclose(self.rhythm.mean(axis=2), 1.0, atol=1e-6):
            raise BadArrivals("a rhythm has mean 1 over the week")
        if not self.weekly.sum() > 0:
            raise BadArrivals("there are no calls: every rate is 0")

    @staticmethod
    def even(weekly: npt.ArrayLike) -> "Arrivals":
        """The same rate in every hour; `weekly` (priorities, zones) calls a week."""
        table = np.atleast_2d(floats(weekly))
        return Arrivals(table, np.ones((len(table), 1, HOURS)))

    @staticmethod
    def from_rates(rates: npt.ArrayLike) -> "Arrivals":
        """From calls an hour, shape (priorities, zones, 168)."""
        table = floats(rates)
        if table.ndim != 3 or table.shape[2] != HOURS:
            raise BadArrivals(f"rates have shape (priorities, zones, {HOURS}), not {table.shape}")
        weekly = table.sum(axis=2)
        share = np.divide(table * HOURS, weekly[..., None], out=np.ones_like(table), where=weekly[..., None] > 0)
        return Arrivals(weekly, share)

    @staticmethod
    def from_events(events: Events, zones: Sequence[Spot], priority: Mapping[str, int], count: int) -> "Arrivals":
        """Mean calls a week of each nearest zone, with the rhythm of each priority; `priority` is a class's number.

        `count` priorities; classes that `priority` does not name are left out. Times known only to a day are spread by
        the rhythm of the rest (aoristic).
        """
        known = _placed(events, zones, priority, count)
        days = (events.ends.max() - events.since) / np.timedelta64(1, "D")
        weekly = np.zeros((count, len(zones)))
        np.add.at(weekly, (known.priority, known.zone), 7.0 / days)
        rhythm = np.ones((count, 1, HOURS))
        for level in range(count):
            mine = known.priority == level
            if mine.any():
                rhythm[level, 0] = WeekRhythm.of(known.first[mine], known.last[mine]).hours
        return Arrivals(weekly, rhythm)

    @property
    def shape(self) -> tuple[int, int]:
        """Priorities, zones."""
        return self.weekly.shape[0], self.weekly.shape[1]

    def rates(self) -> Floats:
        """(priorities, zones, 168) calls an hour."""
        return floats(self.weekly[..., None] / HOURS * self.rhythm)

    def scaled(self, factor: float) -> "Arrivals":
        """The same calls, more or fewer of them."""
        return Arrivals(self.weekly * factor, self.rhythm.copy())

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON."""
        return {"kind": "rates", "weekly": self.weekly.tolist(), "rhythm": self.rhythm.tolist()}


@dataclass(frozen=True, eq=False)
class Recorded:
    """Real calls of some whole weeks; a simulated week is one of them drawn at random, so that what clusters stays.

    `at` (n,) seconds since the first Monday midnight, in order; `zone` and `priority` (n,) numbers.
    """

    at: Floats
    zone: Ints
    priority: Ints
    weeks: int
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        for array in (self.at, self.zone, self.priority):
            frozen(array)
        if not len(self.at) or self.weeks < 1:
            raise BadArrivals("there are no calls in whole weeks to draw from")
        if not len(self.at) == len(self.zone) == len(self.priority):
            raise BadArrivals("each call needs a time, a zone and a priority")
        if self.at[0] < 0 or self.at[-1] >= self.weeks * WEEK_SECONDS or (np.diff(self.at) < 0).any():
            raise BadArrivals("times of calls stand in order and within the weeks")
        for numbers, size in ((self.priority, self.shape[0]), (self.zone, self.shape[1])):
            if numbers.min() < 0 or numbers.max() >= size:
                raise BadArrivals("a call names a zone or priority that is not there")

    @staticmethod
    def from_events(
        events: Events, zones: Sequence[Spot], priority: Mapping[str, int], count: int, *, seed: int = 0
    ) -> "Recorded":
        """The calls of all whole weeks, each in its nearest zone; a time known to a span is drawn within it."""
        known = _placed(events, zones, priority, count)
        drawn = known.first + (known.last - known.first) * np.random.default_rng(seed).random(len(known.first))
        since = (events.since - _MONDAY) / np.timedelta64(7, "D")
        until = (events.ends.max() - _MONDAY) / np.timedelta64(7, "D")
        begin, end = int(np.ceil(since)), int(np.floor(until))
        at = (drawn - 4.0) * 86_400 - begin * WEEK_SECONDS
        inside = (at >= 0) & (at < (end - begin) * WEEK_SECONDS)
        order = np.argsort(at[inside], kind="stable")
        zone, level = known.zone[inside][order], known.priority[inside][order]
        return Recorded(floats(at[inside][order]), zone, level, max(end - begin, 0), (count, len(zones)))

    @property
    def weekly(self) -> Floats:
        """(priorities, zones) mean calls a week."""
        table = np.zeros(self.shape)
        np.add.at(table, (self.priority, self.zone), 1.0 / self.weeks)
        return table

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("at", "zone", "priority")}
        return {"kind": "recorded", **arrays, "weeks": self.weeks, "shape": list(self.shape)}


def arrivals_from(plain: Mapping[str, Any]) -> Arrivals | Recorded:
    """What either `to_dict` wrote."""
    if plain["kind"] == "rates":
        return Arrivals(floats(plain["weekly"]), floats(plain["rhythm"]))
    arrays = floats(plain["at"]), ints(plain["zone"]), ints(plain["priority"])
    return Recorded(*arrays, plain["weeks"], (plain["shape"][0], plain["shape"][1]))


@dataclass(frozen=True, eq=False)
class _Placed:
    """Calls by zone and priority; `first` and `last` are the ends of their spans in days since 1970."""

    zone: Ints
    priority: Ints
    first: Floats
    last: Floats


def _placed(events: Events, zones: Sequence[Spot], priority: Mapping[str, int], count: int) -> _Placed:
    """The calls whose class has a priority, each in its nearest zone."""
    if not zones:
        raise BadArrivals("there are no zones to put calls in")
    if wrong := [name for name, level in priority.items() if not 0 <= level < count]:
        raise BadArrivals(f"class {wrong[0]!r} has a priority outside 0 to {count - 1}")
    level = np.array([priority.get(name, -1) for name in events.classes], dtype=np.int64)[events.codes]
    kept = level >= 0
    if not kept.any():
        raise BadArrivals("there are no calls: no class has a priority")
    zone = nearest_zone(zones, events.lon[kept], events.lat[kept])
    begin, day = np.datetime64(0, "us"), np.timedelta64(1, "D")
    return _Placed(
        zone, level[kept], floats((events.times[kept] - begin) / day), floats((events.ends[kept] - begin) / day)
    )


def nearest_zone(zones: Sequence[Spot], lon: Floats, lat: Floats) -> Ints:
    """(n,) number of the zone whose place is nearest on a flat map."""
    here = np.array([(zone.lon, zone.lat) for zone in zones])
    squeeze = np.array([np.cos(np.radians(here[:, 1].mean())), 1.0])
    _, index = cKDTree(here * squeeze).query(np.column_stack([lon, lat]) * squeeze)
    return ints(index)
