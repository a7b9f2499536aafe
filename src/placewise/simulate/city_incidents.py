"""What happens in the synthetic city in some days: incidents with their near repeats, reports, clusters and calls."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen, ints
from placewise.kernels.moments import Moment
from placewise.simulate.city import CELL, CORNER, BadCity, Planted, SyntheticCity, to_degrees, to_metres, whole_day
from placewise.simulate.city_truth import LONGEST, Kind
from placewise.space.events import Events

BURN = 3 * LONGEST
"""Days simulated before the first, so that it too has what it may repeat."""
OTHER_CALLS = 3.0
"""Calls about nothing that is recorded as an incident, for each that is."""
SERVICE = {1: (55.0, 0.7), 2: (40.0, 0.6), 3: (25.0, 0.5)}
"""Mean minutes at the scene and spread of their logarithm, by priority."""


@dataclass(frozen=True, eq=False)
class Happened:
    """Everything that happened, in order of time, and what of it was reported.

    all: every incident; reports: those reported, which is all that a police service would know; reported: (n,) which
    of all they are; parent: (n,) the row that each repeats, −1 for none or one before the first day; cluster: (n,)
    the planted cluster each is of, −1 for none.
    """

    all: Events
    reports: Events
    reported: Bools
    parent: Ints
    cluster: Ints


@dataclass(frozen=True, eq=False)
class CityCalls:
    """Calls for service in order of time: their place and moment, priority (1 to 3) and seconds at the scene (n,)."""

    events: Events
    priority: Ints
    seconds: Floats

    @property
    def by_priority(self) -> Events:
        """The same with their priority, «1» to «3», as class: what `Arrivals.from_events` counts."""
        known, names = self.events, self.priority.astype(str)
        return Events.from_arrays(
            known.times, known.lon, known.lat, names, zone=known.zone, local=True, since=known.since
        )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Incidents of one class: day, metres from the corner, own key, key of the one it repeats, cluster; or −1."""

    day: Ints
    x: Floats
    y: Floats
    key: Ints
    parent: Ints
    cluster: Ints

    def joined(self, other: "_Rows") -> "_Rows":
        """These, then others."""
        return _Rows(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__))

    def where(self, mask: Bools) -> "_Rows":
        """Only these."""
        return _Rows(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class _Told:
    """Rows with their class, their moment in seconds since 1970, and whether somebody reports them."""

    rows: _Rows
    kind: Ints
    second: Ints
    reported: Bools


def happen(
    city: SyntheticCity, start: Moment, days: int, *, seed: int = 0, clusters: Sequence[Planted] = ()
) -> Happened:
    """So many days from midnight of `start` on, with planted clusters. The same seed gives the same. Raises BadCity.

    Clusters add to what happens without them and change nothing of it.
    """
    first = whole_day(start)
    if days < 1:
        raise BadCity(f"{days} days are none")
    parts = []
    for number in range(len(city.kinds)):
        rng = np.random.default_rng([city.seed, seed, number])
        parts.append(_told(city, number, _of_kind(city, number, (first, first + days), rng), rng))
    for place, one in enumerate(clusters):
        rng = np.random.default_rng([city.seed, seed, len(city.kinds), place])
        parts.append(_told(city, city.place(one.kind), _planted(one, place, (first, first + days), rng), rng))
    return _assembled(city, parts, first)


def city_calls(city: SyntheticCity, happened: Happened, *, seed: int = 0) -> CityCalls:
    """Calls of everything reported, and `OTHER_CALLS` times as many about other things, where and when people are.

    Classes are the incidents' own and «other»; priorities and times at the scene follow their class and priority.
    """
    rng = np.random.default_rng([city.seed, seed, 99])
    known = happened.reports
    n = rng.poisson(OTHER_CALLS * len(known))
    like = rng.integers(len(known), size=n) if len(known) else ints([])
    x, y = (part[like] + rng.normal(0, CELL, like.size) for part in to_metres(known.lon, known.lat))
    lon, lat = to_degrees(*_ashore(city, floats(x), floats(y), known, ints(like)))
    step = rng.integers(-3 * 3600, 3 * 3600, like.size).astype("timedelta64[s]")
    names = np.append(np.array(known.classes, dtype=object)[known.codes], np.full(like.size, "other", dtype=object))
    times = np.append(known.times, known.times[like] + step)
    order = np.argsort(times, kind="stable")
    place = (np.append(known.lon, lon)[order], np.append(known.lat, lat)[order])
    events = Events.from_arrays(times[order], *place, names[order].astype(str), zone=known.zone, local=True)
    shares = {kind.name: kind.priority for kind in city.kinds} | {"other": (0.1, 0.35, 0.55)}
    limits = np.cumsum(floats([shares[name] for name in events.classes]).reshape(-1, 3), axis=1)[events.codes]
    priority = 1 + np.sum(rng.random(len(events))[:, None] >= limits[:, :2], axis=1)
    mean, spread = (np.array([SERVICE[p][part] for p in (1, 2, 3)])[priority - 1] for part in (0, 1))
    seconds = 60 * rng.lognormal(np.log(mean) - spread**2 / 2, spread)
    return CityCalls(events, frozen(ints(priority)), frozen(floats(seconds)))


def _ashore(city: SyntheticCity, x: Floats, y: Floats, known: Events, like: Ints) -> tuple[Floats, Floats]:
    """Places of calls, back where the incident was if they fell into the river or off the ground."""
    home = to_metres(known.lon, known.lat)
    off = city.cell_of(x, y) < 0
    return floats(np.where(off, home[0][like], x)), floats(np.where(off, home[1][like], y))


def _of_kind(city: SyntheticCity, number: int, span: tuple[int, int], rng: np.random.Generator) -> _Rows:
    """All incidents of one class from the burn-in on: those that begin, then generation by generation."""
    kind = city.kinds[number]
    day = np.arange(span[0] - BURN, span[1])
    begun = city.begun[number]
    often = rng.poisson(begun.sum() / 7.0 * kind.level(floats(day)))
    cell = rng.choice(begun.size, often.sum(), p=begun / begun.sum())
    x, y = (centre[cell] - corner for centre, corner in zip((city.cells.x, city.cells.y), CORNER, strict=True))
    x, y = (part + rng.uniform(-CELL / 2, CELL / 2, cell.size) for part in (x, y))
    none = np.full(cell.size, -1)
    rows = last = _Rows(ints(np.repeat(day, often)), floats(x), floats(y), np.arange(cell.size), none, none)
    while last.day.size:
        last = _repeats(kind, last, rows.day.size, span[1], rng)
        rows = rows.joined(last)
    return rows


def _repeats(kind: Kind, parents: _Rows, key: int, end: int, rng: np.random.Generator) -> _Rows:
    """The next generation: those that repeat these before the day `end`."""
    by = kind.repeats
    of = np.repeat(np.arange(parents.day.size), rng.poisson(by.reproduction, parents.day.size))
    day = parents.day[of] + rng.choice(by.later.size, of.size, p=by.later)
    away = rng.random(of.size) >= by.same
    x, y = (part[of] + away * rng.normal(0, by.metres, of.size) for part in (parents.x, parents.y))
    in_time = day < end
    count = int(in_time.sum())
    return _Rows(
        ints(day[in_time]), floats(x[in_time]), floats(y[in_time]), np.arange(key, key + count),
        parents.key[of][in_time], np.full(count, -1),
    )  # fmt: skip


def _planted(cluster: Planted, place: int, span: tuple[int, int], rng: np.random.Generator) -> _Rows:
    """The extra incidents of a cluster, evenly over its disc and days."""
    first = whole_day(cluster.start)
    if not (span[0] <= first and first + cluster.days <= span[1] and cluster.days > 0):
        raise BadCity(f"the cluster from {cluster.start} on, {cluster.days} days, does not lie in the days simulated")
    if not (cluster.radius > 0 and cluster.cases > 0):
        raise BadCity("a cluster has a radius in metres and cases, both above 0")
    n = cluster.cases
    out, turn = cluster.radius * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    x, y = to_metres(floats([cluster.lon]), floats([cluster.lat]))
    none = np.full(n, -1)
    day = first + rng.integers(cluster.days, size=n)
    return _Rows(ints(day), x + out * np.cos(turn), y + out * np.sin(turn), none, none, np.full(n, place))


def _told(city: SyntheticCity, number: int, rows: _Rows, rng: np.random.Generator) -> _Told:
    """Rows on the ground with their moments, and who is reported; what lies off it or in the river is left out."""
    hours = city.kinds[number].hours.reshape(7, 24)
    chance = np.cumsum(hours / hours.sum(axis=1, keepdims=True), axis=1)[(rows.day + 3) % 7]
    hour = np.minimum(np.sum(rng.random(rows.day.size)[:, None] >= chance, axis=1), 23)
    second = rows.day * 86_400 + hour * 3600 + rng.integers(0, 3600, rows.day.size)
    cell = city.cell_of(rows.x, rows.y)
    reported = rng.random(rows.day.size) < city.reporting[city.district[cell]]
    kept = cell >= 0
    kind = np.full(int(kept.sum()), number)
    return _Told(rows.where(kept), kind, ints(second[kept]), np.asarray(reported[kept]))


def _assembled(city: SyntheticCity, parts: list[_Told], first: int) -> Happened:
    """All classes together in order of time, without the burn-in."""
    parts = [_shown(part, first) for part in parts]
    second = np.concatenate([part.second for part in parts])
    order = np.argsort(second, kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    offset = np.cumsum([0, *(part.second.size for part in parts)])
    parent = np.concatenate([_rows_of(part.rows, rank[at:]) for part, at in zip(parts, offset, strict=False)])
    x, y = (np.concatenate([getattr(part.rows, name) for part in parts]) for name in ("x", "y"))
    lon, lat = to_degrees(floats(x[order]), floats(y[order]))
    names = np.array([kind.name for kind in city.kinds])[np.concatenate([part.kind for part in parts])][order]
    times, reported = second[order].astype("datetime64[s]"), np.concatenate([part.reported for part in parts])[order]
    since = np.datetime64(first, "D")
    every = Events.from_arrays(times, lon, lat, names, local=True, since=since)
    reports = Events.from_arrays(
        times[reported], lon[reported], lat[reported], names[reported], local=True, since=since
    )
    cluster = np.concatenate([part.rows.cluster for part in parts])[order]
    return Happened(every, reports, frozen(np.asarray(reported)), frozen(ints(parent[order])), frozen(ints(cluster)))


def _shown(part: _Told, first: int) -> _Told:
    """A class without its burn-in."""
    kept = part.rows.day >= first
    return _Told(part.rows.where(kept), part.kind[kept], part.second[kept], part.reported[kept])


def _rows_of(rows: _Rows, rank: Ints) -> Ints:
    """(n,) the final row of what each repeats, −1 where that is not shown or there is none."""
    place = np.full(int(max(rows.key.max(initial=-1), rows.parent.max(initial=-1))) + 2, -1)
    mine = rows.key >= 0
    place[rows.key[mine]] = rank[: rows.key.size][mine]
    return ints(np.where(rows.parent >= 0, place[rows.parent], -1))
