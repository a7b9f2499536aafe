"""A forecast run computed: back-test first, then the surface. Pure numbers; no database, no person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from openbeat.forecast.fairness import by_area, fairness, home_of
from openbeat.forecast.question import PLANNED_SHARE, Known, NamedArea, Question, Statistic, Tell
from openbeat.forecast.rules import BASELINE, origins, possible_origins
from openbeat.kernel.errors import Contradiction
from placewise.evaluate.backtest import Step, backtest
from placewise.evaluate.report import Backtest
from placewise.forecast.registry import estimator
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.space.surface import Surface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_TESTS = 8
"""Fewer forecasts of the past than this say nothing."""

TESTED = 0.8
"""The part of the work after which the back-test is done."""


@dataclass(frozen=True, slots=True)
class Computed:
    """What a run brought: surface arrays as bytes, back-test, verdict, exposure, fairness, what it was made of."""

    arrays: Mapping[str, bytes]
    report: Mapping[str, Any]
    explanation: Mapping[str, Any]
    exposure: list[dict[str, Any]]
    fairness: Mapping[str, Any]
    verdict: Mapping[str, Any]
    better: bool
    events_used: int
    first_event: date
    context: list[dict[str, Any]]


def compute(
    question: Question,
    known: Known,
    ground: BaseGeometry,
    areas: Sequence[NamedArea],
    tell: Tell,
    statistics: Sequence[Statistic] = (),
) -> Computed:
    """Back-test the estimator on the past, forecast the days asked for, and find out who bears the forecast."""
    events, cells = known.events, Cells.h3(ground, question.resolution)
    first = events.times[0].astype("datetime64[D]").astype(date)
    report = _backtest(question, known, cells, first, tell)
    tell(TESTED, "drawing the surface")
    model = estimator(question.estimator).fit(events, cells, until=str(question.starts), context=known.context)
    surface = model.predict(str(question.starts), str(question.ends))
    verdict = report.verdict(question.estimator)
    home = home_of(cells, areas)
    past = cells.counts(events, str(first), str(question.starts))
    return Computed(
        arrays=_arrays(surface),
        report=report.as_dict(),
        explanation=model.explain(),
        exposure=exposure(surface, past, home, areas),
        fairness=fairness(question, known, surface, home, areas, statistics, tell),
        verdict={"offered": verdict.offered, "reasons": list(verdict.reasons)},
        better=verdict.offered,
        events_used=len(cells.locate(events)),
        first_event=first,
        context=_named(known.context),
    )


def _named(context: Events | None) -> list[dict[str, Any]]:
    """The classes that informed the forecast, each with its reports, the most first."""
    if context is None:
        return []
    counts = np.bincount(context.codes, minlength=len(context.classes)).tolist()
    named = sorted(zip(context.classes, counts, strict=True), key=lambda pair: -pair[1])
    return [{"name": name, "reports": count} for name, count in named]


def _backtest(question: Question, known: Known, cells: Cells, first: date, tell: Tell) -> Backtest:
    """The estimator and the plain count on rolling origins; refused where the records are too short to tell."""
    count = possible_origins(first, question.starts, question.horizon)
    if count < LEAST_TESTS:
        raise Contradiction(
            "the records begin on {first}: too short for three years of count and {least_tests} tests before {starts}",
            mend="import earlier records, or forecast fewer days",
            first=first,
            least_tests=LEAST_TESTS,
            starts=question.starts,
        )
    begin, end, step = origins(question.starts, question.horizon, count=count)
    stopped = False

    def follow(now: Step) -> None:
        nonlocal stopped
        stopped = tell(TESTED * now.done / now.total, f"testing on the past: {now.done} of {now.total}")

    return backtest(
        {
            name: estimator(name)
            for name in dict.fromkeys((BASELINE, "kde", "ewma", *question.peers, question.estimator))
        },
        known.events,
        cells,
        origins=f"{begin}/{end}/P{step}D",
        horizon=f"P{question.horizon}D",
        context=known.context,
        baseline=BASELINE,
        seed=question.seed,
        progress=follow,
        stop=lambda: stopped,
    )


def _arrays(surface: Surface) -> dict[str, bytes]:
    """The surface's columns as little-endian bytes, densest cell first."""
    order = surface.order()
    low, high = surface.interval()
    floats = {"expected": surface.expected, "low": low, "high": high}
    cells = surface.cells.ids[order].astype("<i8").tobytes()
    return {"cells": cells} | {name: part[order].astype("<f8").tobytes() for name, part in floats.items()}


def exposure(surface: Surface, past: Floats, home: Ints, areas: Sequence[NamedArea]) -> list[dict[str, Any]]:
    """Area by area: its share of the ground, of incidents so far, of those expected, and of the cells planned for."""
    chosen = np.zeros(len(surface.cells))
    chosen[surface.top(PLANNED_SHARE)] = 1
    columns = {"ground": surface.cells.areas, "past": past, "expected": surface.expected, "planned": chosen}
    shares = {name: _shares(home, part, len(areas)) for name, part in columns.items()}
    return [{"area": area.name} | {name: shares[name][i] for name in shares} for i, area in enumerate(areas)]


def _shares(home: Ints, values: Floats, count: int) -> list[float]:
    """Each area's share of a quantity; cells outside every area count in the whole."""
    sums = by_area(home, values, count)
    return [round(float(one), 6) for one in sums / max(float(values.sum()), 1e-12)]
