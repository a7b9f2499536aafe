"""Nightly scans of a synthetic city, and how its alarms are counted: one that continues counts once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewise.simulate import Planted, SyntheticCity, happen
from placewise.simulate.city import KINDS, to_metres, whole_day
from placewise.space import Events
from placewise.warning.scan import EPOCH, SpaceTimeScan

KIND = "burglary"
HISTORY = 365
"""Days of records that each scan compares with, as at the desk."""
KEEP = 0.5
"""An alarm goes on while it is found at this share of the threshold, as at the desk."""
SPARE = 250.0
"""Metres within which two centres are the same place."""
AFTER = 7
"""Days after a planted cluster's end in which finding it still counts."""


@dataclass(frozen=True)
class Found:
    """A cluster of one night's scan: the night, centre and radius in metres, first and last day, recurrence in days."""

    night: int
    x: float
    y: float
    radius: float
    start: int
    end: int
    recurrence: float


@dataclass(frozen=True)
class Settings:
    """What is simulated: a city's size and seed, the first night, how many, and the scan's replications."""

    size: str = "town"
    seed: int = 1
    first: str = "2015-01-05"
    nights: int = 3650
    replications: int = 999
    repeats: bool = True


def city_of(settings: Settings) -> SyntheticCity:
    """The city, with its near repeats or without any."""
    kinds = [one if settings.repeats else replace(one, repeats=replace(one.repeats, reproduction=0.0)) for one in KINDS]
    return SyntheticCity.make(settings.size, seed=settings.seed, kinds=kinds)


def reports_of(city: SyntheticCity, settings: Settings, planted: Sequence[Planted] = ()) -> Events:
    """What is reported from a year before the first night to some weeks after the last."""
    start = np.datetime64(settings.first) - HISTORY
    happened = happen(city, start, HISTORY + settings.nights + 60, seed=settings.seed, clusters=planted)
    return happened.reports.of(KIND)


def scanned(city: SyntheticCity, events: Events, nights: Iterable[int], settings: Settings) -> list[Found]:
    """The clusters of these nights (days since 1970), each scanned with the year before it.

    Replications stop once 70 reached the statistic: by then p is over 0.07, and the recurrence interval under 15 days.
    """
    out = []
    for night in nights:
        until = np.datetime64(int(night), "D")
        scan = SpaceTimeScan(
            radius=1000, days=28, least_cases=3, replications=settings.replications, early_stop=70, seed=int(night)
        )
        scan.fit(events, city.cells, until=until, since=until - HISTORY, threads=1)
        for one in scan.clusters_:
            x, y = to_metres(np.array([one.centre[0]]), np.array([one.centre[1]]))
            start, end = (day.toordinal() - EPOCH for day in (one.start, one.end))
            out.append(Found(int(night), float(x[0]), float(y[0]), one.radius, start, end, one.recurrence))
    return out


def episodes(found: Sequence[Found], threshold: float) -> list[list[Found]]:
    """Distinct alarms in order of their first nights, each with its nights.

    A cluster at the threshold or above is a new alarm, unless it continues one of the night before: they share days,
    and the centre of one lies within the other. An alarm goes on while a cluster at `KEEP` of the threshold does so.
    """
    nights: dict[int, list[Found]] = {}
    for one in found:
        if one.recurrence >= KEEP * threshold:
            nights.setdefault(one.night, []).append(one)
    every: list[list[Found]] = []
    living: list[list[Found]] = []
    for night in sorted(nights):
        living = [alarm for alarm in living if alarm[-1].night == night - 1]
        now: list[list[Found]] = []
        for one in sorted(nights[night], key=lambda each: -each.recurrence):
            near = next((alarm for alarm in living if same(alarm[-1], one) and alarm[-1].night < night), None)
            if near is None and one.recurrence >= threshold:
                near = []
                every.append(near)
            if near is not None:
                near.append(one)
                now.append(near)
        living = now
    return every


def same(one: Found, other: Found) -> bool:
    """Whether two clusters share days, and the centre of one lies within the other."""
    apart = np.hypot(one.x - other.x, one.y - other.y)
    return one.start <= other.end and other.start <= one.end and bool(apart <= max(one.radius, other.radius, SPARE))


def plantings(city: SyntheticCity, settings: Settings, reports: float, every: int = 56) -> list[Planted]:
    """A cluster each so many days, 14 days long within 300 m, of so many reports on average, where incidents happen."""
    rng = np.random.default_rng([settings.seed, int(reports)])
    rates = city.rates(KIND)
    lon, lat = city.cells.degrees
    first = np.datetime64(settings.first)
    cells = rng.choice(rates.size, settings.nights // every, p=rates / rates.sum())
    late = rng.integers(7, size=cells.size)  # on any day of the week
    return [
        Planted(
            KIND, lon[cell], lat[cell], 300.0, first + every * number + 7 + late[number], 14,
            max(1, round(reports / city.reporting[city.district[cell]])),
        )
        for number, cell in enumerate(cells)
    ]  # fmt: skip


def nights_of(planted: Planted) -> range:
    """The nights on which a planted cluster can be found: from the day after its first on."""
    start = whole_day(planted.start)
    return range(start + 1, start + planted.days + AFTER + 1)


def detected_after(planted: Planted, found: Sequence[Found], threshold: float) -> int | None:
    """Days from a planted cluster's first day to the first night that warns of it, None if none does."""
    nights = nights_of(planted)
    x, y = to_metres(np.array([planted.lon]), np.array([planted.lat]))
    truth = Found(0, float(x[0]), float(y[0]), planted.radius, nights.start - 1, nights.start + planted.days - 2, 0.0)
    told = [one.night for one in found if one.night in nights and one.recurrence >= threshold and same(truth, one)]
    return min(told) - (nights.start - 1) if told else None
