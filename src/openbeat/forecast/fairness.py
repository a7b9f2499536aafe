"""Who bears a forecast: groups of areas, less reporting in one of them, a year of patrols that follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
from numpy.typing import NDArray

from openbeat.forecast.question import PLANNED_SHARE, Known, NamedArea, Question, Statistic, Tell
from openbeat.places.cells import locate
from placewise.evaluate.backtest import BacktestStopped
from placewise.fairness import AreaGroups, Drift, exposure, simulate_feedback, thin_reports
from placewise.forecast.registry import estimator
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.space.surface import Surface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEPT = 0.7
"""The part of its reports that the group which reports most keeps in the test of less reporting."""
LEAST_CELLS = 40
"""Of the simulated year, whose cells are as large as leaves so many: what feeds on itself does so at any size."""
RUNS = 2
"""Simulated years."""
BY_REPORTS = "reports"
"""The grouping that needs nothing from elsewhere: areas by what was reported for each km²."""
BEGINS, THINNED = 0.83, 0.88
"""Parts of the work after which fairness begins, and after which the simulated year does."""


def fairness(
    question: Question,
    known: Known,
    surface: Surface,
    home: Ints,
    areas: Sequence[NamedArea],
    statistics: Sequence[Statistic],
    tell: Tell,
) -> dict[str, Any]:
    """The fairness card: exposure and hits by groups of areas, less reporting, a simulated year. Plain values.

    surface: the forecast of the days asked for; home (n,): the area of each of its cells, as `home_of` tells it.
    """
    cells = surface.cells
    last = question.starts - timedelta(days=question.horizon)
    past = by_area(home, cells.counts(known.events, known.events.times[0], str(last)), len(areas))
    groupings = _groupings(cells, home, areas, past, statistics)
    return {
        "groupings": _exposures(question, known, cells, groupings, tell),
        "less_reporting": _less_reporting(question, known, surface, groupings[-1][2], tell),
        "feedback": _feedback(question, known.events, cells, tell),
    }


Grouping = tuple[str, str, AreaGroups]


def home_of(cells: Cells, areas: Sequence[NamedArea]) -> Ints:
    """(n,) the area of each cell's centre, -1 for none."""
    lon, lat = cells.degrees
    shapes = [area.shape for area in areas]
    return locate(shapes, np.ascontiguousarray(lon), np.ascontiguousarray(lat)).astype(np.int64)


def by_area(home: Ints, values: Floats, count: int) -> Floats:
    """(areas,) cell values (n,) summed by area."""
    return np.bincount(home[home >= 0], values[home >= 0], count).astype(np.float64)


def _groupings(
    cells: Cells, home: Ints, areas: Sequence[NamedArea], past: Floats, statistics: Sequence[Statistic]
) -> list[Grouping]:
    """Areas grouped by each statistic that somebody brought, and by their own reports for each km²."""
    people = next((_values(one, areas) for one in statistics if one.residents), None)
    residents = None if people is None else np.array(people, dtype=np.float64)
    brought = [
        (one.name, one.source, AreaGroups.by_area(home, _values(one, areas), residents))
        for one in statistics
        if not one.residents
    ]
    ground = by_area(home, cells.areas, len(areas))
    density = (past / np.maximum(ground, 1e-9)).tolist()
    return [*brought, (BY_REPORTS, "", AreaGroups.by_area(home, density, residents))]


def _values(statistic: Statistic, areas: Sequence[NamedArea]) -> list[float | str]:
    return [statistic.values[area.code] for area in areas]


def _exposures(
    question: Question, known: Known, cells: Cells, groupings: Sequence[Grouping], tell: Tell
) -> list[dict[str, Any]]:
    """Exposure by group as it would have been in the last period whose incidents are known."""
    _go_on(tell, BEGINS, "comparing groups of areas")
    last = str(question.starts - timedelta(days=question.horizon))
    model = estimator(question.estimator).fit(known.events, cells, until=last, context=known.context)
    surface = model.predict(last, str(question.starts))
    reported = cells.counts(known.events, last, str(question.starts))

    def told(groups: AreaGroups) -> list[dict[str, Any]]:
        return [asdict(one) for one in exposure(surface, groups, share=PLANNED_SHARE, reported=reported)]

    return [{"name": name, "source": source, "groups": told(groups)} for name, source, groups in groupings]


def _less_reporting(
    question: Question, known: Known, surface: Surface, groups: AreaGroups, tell: Tell
) -> Mapping[str, Any]:
    """What the forecast would be if the group that reports most kept back part of its reports."""
    _go_on(tell, BEGINS, "trying what less reporting does")
    most = groups.names[-1]
    test = thin_reports(
        estimator(question.estimator), known.events, surface.cells, groups, {most: KEPT}, context=known.context,
        until=str(question.starts), end=str(question.ends), share=PLANNED_SHARE, repeats=2, seed=question.seed,
        full=surface,
    )  # fmt: skip
    return {"group": most, "kept": KEPT, "moved": test.moved, "same_cells": test.same_cells}


def _feedback(question: Question, events: Events, cells: Cells, tell: Tell) -> Mapping[str, Any]:
    """A simulated year in which patrols follow the forecast and victims report, with last year's counts as truth."""
    coarse = Cells.h3(cells.ground, _coarse(float(cells.areas.sum()), question.resolution))
    rates = coarse.counts(events, str(question.starts - timedelta(days=364)), str(question.starts)) / 52 + 1e-6
    groups = AreaGroups.by_area(np.zeros(len(coarse), np.int64), ["all"])

    def follow(done: int, total: int) -> None:
        share = THINNED + (1 - THINNED) * done / total
        _go_on(tell, share, f"simulating a year of patrols: {done} of {total}")

    drift = simulate_feedback(
        estimator(question.estimator), coarse, rates, groups,
        input="reported", runs=RUNS, seed=question.seed, progress=follow,
    )  # fmt: skip
    return _plain(drift)


def _coarse(km2: float, finest: int) -> int:
    """The coarsest resolution, at most two below the forecast's own, that leaves enough cells."""
    enough = (r for r in (finest - 2, finest - 1) if km2 / h3.average_hexagon_area(r, unit="km^2") >= LEAST_CELLS)
    return next(enough, finest)


def _plain(drift: Drift) -> Mapping[str, Any]:
    return {
        "weeks": drift.distance.shape[1],
        "runs": drift.distance.shape[0],
        "change": drift.change,
        "interval": [drift.change_low, drift.change_high],
        "runs_away": drift.runs_away,
        "distance": drift.distance.mean(axis=0).tolist(),
    }


def _go_on(tell: Tell, share: float, words: str) -> None:
    """Tell of the work; ends it where somebody asked to stop."""
    if tell(share, words):
        raise BacktestStopped("stopped while it was found out who bears the forecast")
