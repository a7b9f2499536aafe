"""Near repeats: how much likelier a further incident is nearby in the days after one, and which ones followed which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.space.events import Events
from placewise.warning.cases import metres_of
from placewise.warning.knox import SAME_PLACE, BadPairs, KnoxTable, Metric, knox, near_pairs

DISTANCES = (100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0)
DAYS = (7, 14, 21, 28)
LEAST_RATIO = 1.2
"""Observed over expected from which a near repeat is called one: a fifth more than chance (Ratcliffe 2009)."""


class TooFew(PlacewiseError):
    """Fewer than two incidents: nothing can repeat."""


@dataclass(frozen=True)
class NearRepeat:
    """A Knox table, and how far the raised risk reaches in it."""

    table: KnoxTable
    level: float
    least: float

    @property
    def raised(self) -> Bools:
        """(d, t) whether more pairs were seen than chance gives, by ratio and by p."""
        return np.asarray((self.table.ratio >= self.least) & (self.table.p <= self.level))

    @property
    def reach(self) -> tuple[float, int] | None:
        """Metres and days to which the risk is raised without a gap from one and the same place on; None if nowhere.

        Days of the first distance band beyond the same place (of the same place, if only that repeats), and metres of
        the first time band.
        """
        raised = self.raised
        if not raised[0, 0] and not (len(raised) > 1 and raised[1, 0]):
            return None
        near = 1 if raised[1, 0] else 0
        metres = self.table.distances[near - 1 + _run(raised[near:, 0])]
        return float(metres), int(self.table.days[_run(raised[near]) - 1])

    def says(self) -> list[str]:
        """The finding in plain sentences: the same place first, then its surroundings."""
        ratio, p, days = self.table.ratio[:, 0], self.table.p[:, 0], int(self.table.days[0])
        found = [
            f"{words}, within {days} days: {ratio[row]:.2f} times as many pairs as by chance (p = {p[row]:.3f})."
            for row, words in ((0, "At the same place"), (1, f"Within {self.table.distances[1]:g} m of it"))
        ]
        reach = self.reach
        end = "No near repeats." if reach is None else f"Raised without a gap to {reach[0]:g} m and {reach[1]} days."
        return [*found, end]


def near_repeat(
    events: Events,
    *,
    distances: Sequence[float] = DISTANCES,
    days: Sequence[int] = DAYS,
    replications: int = 999,
    seed: int = 0,
    metric: Metric = "straight",
    level: float = 0.05,
    least: float = LEAST_RATIO,
) -> NearRepeat:
    """The table of incidents by metres and whole days, as the near-repeat calculator lays it out (Ratcliffe 2009).

    A span counts on the day of its middle. Raises TooFew, BadPairs, TooManyPairs.
    """
    x, y, when = _placed(events)
    table = knox(x, y, when, distances=distances, days=days, replications=replications, seed=seed, metric=metric)
    return NearRepeat(table, level, least)


@dataclass(frozen=True, eq=False)
class Strings:
    """Incidents tied together by being near in space and time; indices are rows of the events.

    series: (n,) number of the string each incident belongs to, −1 for none, by their first days; started: (n,) near
    pairs in which it came first, so it is their originator; followed: (n,) near pairs in which it came later; same_day:
    (n,) near pairs of one day, which have no originator; initiator: (s,) the incident that began each string, −1
    where several of its first day did; size: (s,) incidents; first, last: (s,) days since 1970.
    """

    series: Ints
    started: Ints
    followed: Ints
    same_day: Ints
    initiator: Ints
    size: Ints
    first: Ints
    last: Ints

    def frame(self) -> pl.DataFrame:
        """One row a string, with its dates."""
        epoch = np.datetime64(0, "D")
        return pl.DataFrame(
            {
                "string": np.arange(self.size.size),
                "incidents": self.size,
                "first": epoch + self.first,
                "last": epoch + self.last,
                "initiator": [None if at < 0 else at for at in self.initiator.tolist()],
            },
            schema_overrides={"initiator": pl.Int64},
        )


def near_repeat_strings(events: Events, *, metres: float, days: int, metric: Metric = "straight") -> Strings:
    """Strings of incidents, each within `metres` and `days` of another of its string (Haberman and Ratcliffe 2012).

    Raises BadPairs, TooFew, TooManyPairs.
    """
    if not 0 <= metres < np.inf or days < 0:
        raise BadPairs(f"a string holds together within metres and days from nought, not {metres:g} m and {days} days")
    x, y, when = _placed(events)
    near = near_pairs(floats(np.column_stack([x, y])), floats([SAME_PLACE, max(metres, SAME_PLACE)]), metric)
    close = np.abs(when[near.i] - when[near.j]) <= days
    i, j = near.i[close], near.j[close]
    earlier, later = np.where(when[i] <= when[j], i, j), np.where(when[i] <= when[j], j, i)
    apart = when[i] != when[j]
    return _strings(when, (earlier, later), np.asarray(apart))


def _strings(when: Ints, pairs: tuple[Ints, Ints], apart: Bools) -> Strings:
    """Strings from pairs (earlier, later); `apart` are those that are not of one day."""
    n, (earlier, later) = when.size, pairs
    links = coo_array((np.ones(earlier.size), (earlier, later)), shape=(n, n))
    label = connected_components(links, directed=False)[1]
    size = np.bincount(label)
    first = np.full(size.size, np.iinfo(np.int64).max)
    np.minimum.at(first, label, when)
    last = np.full(size.size, np.iinfo(np.int64).min)
    np.maximum.at(last, label, when)
    kept = np.flatnonzero(size > 1)
    kept = kept[np.argsort(first[kept], kind="stable")]
    number = np.full(size.size, -1)
    number[kept] = np.arange(kept.size)
    return Strings(
        frozen(ints(number[label])),
        frozen(ints(np.bincount(earlier[apart], minlength=n))),
        frozen(ints(np.bincount(later[apart], minlength=n))),
        frozen(ints(np.bincount(np.concatenate([earlier[~apart], later[~apart]]), minlength=n))),
        frozen(_initiators(when, number[label], first[kept])),
        frozen(ints(size[kept])),
        frozen(ints(first[kept])),
        frozen(ints(last[kept])),
    )


def _initiators(when: Ints, series: Ints, first: Ints) -> Ints:
    """(s,) the one incident of each string's first day, −1 where there are several."""
    member = np.flatnonzero(series >= 0)
    opening = member[when[member] == first[series[member]]]
    number = np.bincount(series[opening], minlength=first.size)
    sole = np.full(first.size, -1)
    sole[series[opening]] = opening
    return ints(np.where(number == 1, sole, -1))


def _placed(events: Events) -> tuple[Floats, Floats, Ints]:
    """Metres east and north, and the day of each incident."""
    if len(events) < 2:
        raise TooFew(f"{len(events)} incidents can't repeat; bring two or more")
    x, y = metres_of(events.lon, events.lat)
    return x, y, ints(events.middles.astype("datetime64[D]").astype(np.int64))


def _run(flags: Bools) -> int:
    """How many stand in a row from the first on."""
    return int(np.argmin(flags)) if not flags.all() else flags.size
