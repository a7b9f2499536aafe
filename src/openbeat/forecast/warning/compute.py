"""A scan computed: clusters that still live at its end, each with its cells and its time line. Pure numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from openbeat.forecast.warning.rules import HISTORY, Stretch
from placewise.space.cells import Cells, Located
from placewise.space.events import Events
from placewise.warning import Cluster, SpaceTimeScan

RESOLUTION = 10
"""Places are H3 cells of edge 76 m: an address is nowhere in a warning."""
SHOWN_DAYS = 182
"""Days of the time line: half a year."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a scan asks: until when, the greatest circle (metres) and stretch (days), the least reports."""

    night: date
    radius: float
    days: int
    least_cases: int
    by_weekday: bool
    tries: int
    """How often chance is tried."""
    keep: float
    """Days of the recurrence interval below which a cluster is left out."""


@dataclass(frozen=True, slots=True)
class Found:
    """One cluster: where and when, how many against how many, and how rare that is."""

    stretch: Stretch
    observed: int
    expected: float
    statistic: float
    p: float
    recurrence: float
    cells: list[list[Any]]
    """[cell in hexadecimal, reports in these days], the most first."""
    timeline: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan brought: reports read, clusters in all, and those rare enough, the rarest first."""

    cases: int
    clusters: int
    found: tuple[Found, ...]


Tell = Callable[[float, str], object]
"""Told a share done and words."""
GROUND, CLUSTERS, CHANCE, TRIED = 0.05, 0.1, 0.2, 0.95
"""Parts of the work after which the ground is drawn in cells, clusters are sought, chance is tried, all is tried."""


def _unheard(share: float, words: str) -> None:
    """Nobody looks."""


def scanned(question: Question, events: Events, ground: BaseGeometry, tell: Tell = _unheard) -> Scanned:
    """Scan the last year before the night for clusters that live on its last day (Kulldorff et al. 2005)."""

    def follow(done: int, total: int) -> None:
        tell(CHANCE + (TRIED - CHANCE) * done / total, f"trying chance: {done} of {total}")

    tell(GROUND, "drawing the ground in cells")
    night = np.datetime64(question.night)
    recent = events.within(night - np.timedelta64(HISTORY, "D"), night)
    cells = Cells.h3(ground, RESOLUTION)
    located = cells.locate(recent)
    tell(CLUSTERS, "looking for clusters")
    scan = SpaceTimeScan(
        model="permutation", radius=question.radius, days=question.days, least_cases=question.least_cases,
        replications=question.tries, by_weekday=question.by_weekday, seed=question.night.toordinal(),
    ).fit(recent, cells, until=question.night, progress=follow)  # fmt: skip
    kept = [one for one in scan.clusters_ if one.recurrence >= question.keep]
    found = tuple(_found(question, one, cells, located) for one in kept)
    return Scanned(len(located), len(scan.clusters_), found)


def _found(question: Question, cluster: Cluster, cells: Cells, located: Located) -> Found:
    inside = np.isin(located.cell, np.array(cluster.places, np.int64))
    stretch = Stretch(*cluster.centre, float(cluster.radius), cluster.start, cluster.end)
    return Found(
        stretch=stretch,
        observed=int(cluster.observed),
        expected=float(cluster.expected),
        statistic=float(cluster.statistic),
        p=float(cluster.p),
        recurrence=float(cluster.recurrence),
        cells=_counted(cells, located.where(inside), stretch),
        timeline=_timeline(question.night, located, inside),
    )


def _counted(cells: Cells, inside: Located, stretch: Stretch) -> list[list[Any]]:
    """Reports of the cluster's days by cell, the most first."""
    first, last = (np.datetime64(day).astype(int) for day in (stretch.starts, stretch.ends))
    day = np.floor(inside.day)
    counts = np.bincount(inside.cell[(day >= first) & (day <= last)], minlength=len(cells))
    named = cells.names
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    return [[named[i], int(counts[i])] for i in order.tolist()]


def _timeline(night: date, located: Located, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """Reports inside by day, and how many if they fell on the days as all of the area's do: the scan's own null."""
    after = int(np.datetime64(night).astype(int))
    day = np.floor(located.day).astype(np.int64) - (after - SHOWN_DAYS)
    shown = day >= 0
    everywhere = np.bincount(day[shown], minlength=SHOWN_DAYS)
    within = np.bincount(day[shown & inside], minlength=SHOWN_DAYS)
    share = float(inside.sum()) / max(1, len(located))
    expected = [round(share * count, 3) for count in everywhere.tolist()]
    first = night - timedelta(days=SHOWN_DAYS)
    return {"first": first.isoformat(), "observed": within.tolist(), "expected": expected}
