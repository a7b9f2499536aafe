"""A standby plan worked out: units placed, beside today's, with what further units would add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openbeat.patrol.standby.demand import Known
from openbeat.patrol.standby.rules import (
    BUSY,
    Asked,
    busy_share,
    is_swamped,
    numbers_of_units,
    require_not_swamped,
    stands_today,
)
from placewise.plan import BadProblem, Cover, CoverPlan, Site, as_cover, chances, check_cover, place_units
from placewise.plan.drive import drive_to
from placewise.streets import TravelTimes

Tell = Callable[[float, str], bool]
"""Told a share done and words; answers whether to stop."""

PROOF_SECONDS, CURVE_SECONDS = 40.0, 40.0
"""For the places of the units on duty, and for those of all other numbers of units together."""
GAP = 1e-4
DIGITS = 5
DAYS = 7

Plain = dict[str, Any]
Ints = NDArray[np.int64]


class PlacingStopped(Exception):
    """Somebody stopped the search."""


@dataclass(frozen=True, eq=False)
class Question:
    """The problem for the units on duty; the same for today's, and how many stand where today (places,).

    `off` counts zones far from any street: what lies between counts on the great circle, at a slow speed.
    """

    cover: Cover
    now: Cover
    today: Ints
    off: int


def computed(known: Known, asked: Asked, times: TravelTimes, facts: Mapping[str, Any], tell: Tell) -> Plain:
    """The result as it is kept; PlacingStopped where `tell` says so."""
    _tell(tell, 0.05, "working out travel times")
    question = _question(known, asked, times)
    _tell(tell, 0.2, "placing the units")
    plan = place_units(question.cover, seconds=PROOF_SECONDS, gap=GAP)
    placed = np.array([count for _, count in plan.units])
    today = as_cover(question.now, question.today)
    curve = list(_curve(known, asked, question, plan, tell))
    return {
        "places": _places(known, question, placed),
        "together": _together(known, question, plan, today),
        "curve": curve,
        "zones": _zones(known, question, placed),
        "areas": _areas(known, asked, question, placed),
        "off": question.off,
        "unkept": [one.says for one in check_cover(question.cover, plan)],
        "travel": {name: value for name, value in facts.items() if isinstance(value, str | int | float)},
    }


def _tell(tell: Tell, share: float, words: str) -> None:
    if tell(share, words):
        raise PlacingStopped(words)


def _question(known: Known, asked: Asked, times: TravelTimes) -> Question:
    ground = known.ground
    here = np.array([(place.lon, place.lat) for place in known.places])
    seconds, _, off = drive_to(times, here, np.column_stack([ground.lon, ground.lat]))
    busy = busy_share(asked, known.calls_an_hour, asked.units)
    require_not_swamped(busy, asked.units)
    further = len(known.places) - len(asked.stands)
    limits = [(one.least, one.most) for one in asked.stands] + [(0, None)] * further
    sites = tuple(Site(str(number), *limit) for number, limit in enumerate(limits))
    cover = Cover(sites, ground.weight, seconds, asked.minutes * 60, asked.units, busy, asked.stations)
    today = np.array(stands_today(asked) + [0] * further)
    return Question(cover, _now(asked, known, cover, today), today, int((off > 0).sum()))


def _now(asked: Asked, known: Known, cover: Cover, today: Ints) -> Cover:
    """The same question for today's number of units, wherever they stand."""
    units = int(today.sum())
    busy = min(busy_share(asked, known.calls_an_hour, units), BUSY[1] / 100)
    return replace(cover, sites=tuple(Site(site.name) for site in cover.sites), units=units, busy=busy, stations=None)


def _curve(known: Known, asked: Asked, question: Question, plan: CoverPlan, tell: Tell) -> Iterator[Plain]:
    """The best places of other numbers of units, each as busy as that number makes it."""
    numbers = numbers_of_units(asked)
    begun = perf_counter()
    for done, units in enumerate(numbers):
        _tell(tell, 0.4 + 0.6 * done / len(numbers), f"trying other numbers of units: {done} of {len(numbers)}")
        left = max(0.0, CURVE_SECONDS - (perf_counter() - begun)) / (len(numbers) - done) + 0.2
        busy = busy_share(asked, known.calls_an_hour, units)
        expected = plan.expected if units == asked.units else _best(question.cover, units, busy, left)
        yield {"units": units, "busy": _round(busy), "expected": None if expected is None else _round(expected)}


def _best(cover: Cover, units: int, busy: float, seconds: float) -> float | None:
    """What the best places of so many units come to; None where they would be swamped or have no room."""
    if is_swamped(busy):
        return None
    try:
        asked = replace(cover, units=units, busy=busy)
    except BadProblem:
        return None
    return place_units(asked, seconds=seconds, gap=1e-3).expected


def _places(known: Known, question: Question, placed: Ints) -> list[Plain]:
    rows = zip(known.places, question.today.tolist(), placed.tolist(), strict=True)
    return [
        {"name": place.name, "station": place.station, "lon": place.lon, "lat": place.lat, "today": now, "units": then}
        for place, now, then in rows
    ]


def _together(known: Known, question: Question, plan: CoverPlan, today: CoverPlan) -> Mapping[str, float]:
    first, second = ((*one.within, 0.0)[0] for one in (plan, today))
    found = {
        "expected": plan.expected, "bound": plan.bound, "today": today.expected, "within": first,
        "within_today": second, "busy": float(question.cover.busy), "busy_today": float(question.now.busy),
        "calls_an_hour": known.calls_an_hour,
    }  # fmt: skip
    return {name: _round(value) for name, value in found.items()} | {"units_today": question.now.units}


def _zones(known: Known, question: Question, placed: Ints) -> list[list[Any]]:
    """Cell, area, chance and units in reach; then both as they stand today."""
    here = (chances(question.cover, placed), placed @ question.cover.reached)
    now = (chances(question.now, question.today), question.today @ question.now.reached)
    columns = (known.ground.cells, known.areas, *(column.tolist() for column in (*here, *now)))
    return [[cell, area, _round(a), int(n), _round(b), int(m)] for cell, area, a, n, b, m in zip(*columns, strict=True)]


def _areas(known: Known, asked: Asked, question: Question, placed: Ints) -> list[Plain]:
    """Each area's calls a week in the hours asked, and chances as its calls are spread over its zones."""
    weight = known.ground.weight
    weekly = weight / weight.sum() * known.calls_an_hour * asked.hours * DAYS
    then, now = chances(question.cover, placed), chances(question.now, question.today)
    names = np.array(known.areas, dtype=object)
    found = []
    for name in sorted(set(known.areas)):
        own = names == name
        share = weight[own] / weight[own].sum()
        told = {"chance": share @ then[own], "today": share @ now[own], "calls": weekly[own].sum()}
        found.append({"area": name} | {key: _round(float(value)) for key, value in told.items()})
    return found


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
