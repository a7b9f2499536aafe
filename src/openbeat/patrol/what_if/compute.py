"""A what-if simulated: today and its alternatives on the same calls, told side by side with their differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openbeat.patrol.what_if.rules import Asked, shift_hours
from openbeat.patrol.what_if.scenario import Built
from placewise.simulate import Difference, Estimate, Outcome, Overloaded, Response, Scenario, compare, simulate

Tell = Callable[[float, str], bool]
"""Told a share done and words; answers whether to stop."""

WHOLE = ("mean", "p50", "p80", "p90", "p95", "within", "queued", "wait")
"""Measures kept of each priority over all areas, over the whole day and in each shift."""
BY_AREA = ("p50", "within")
"""Measures kept of each area and priority, with the share that was asked."""
TOGETHER = ("utilisation", "cover", "in_beat", "patrol_kept", "waiting")
DIGITS = 5

Plain = dict[str, Any]


def computed(built: Built, asked: Asked, travel: Mapping[str, Any], tell: Tell) -> Plain:
    """The result as it is kept; SimulationStopped where `tell` says so."""
    outcomes = [_outcome(scenario, asked, number, tell) for number, scenario in enumerate(built.scenarios)]
    first = built.scenarios[0]
    pairs = zip(built.scenarios, outcomes, built.left_out, strict=True)
    return {
        "setups": [_told(scenario, outcome, left, asked.share) for scenario, outcome, left in pairs],
        "differences": [
            [_difference(one) for one in compare(outcomes[0], other) if _is_kept(one, asked.share)]
            for other in outcomes[1:]
        ],
        "zones": [[zone.name, zone.area] for zone in first.zones],
        "weekly": _round(built.weekly),
        "weekly_by_priority": [_round(float(one)) for one in first.arrivals.weekly.sum(axis=1)],
        "moved": built.moved,
        "travel": {name: value for name, value in travel.items() if isinstance(value, str | int | float)},
    }


def _outcome(scenario: Scenario, asked: Asked, number: int, tell: Tell) -> Outcome:
    every = len(asked.setups) * asked.runs
    name = asked.setups[number].name

    def follow(done: int, runs: int) -> bool:
        return not tell(0.05 + 0.95 * (number * runs + done) / every, f"{name}: {done} / {runs}")

    hours = shift_hours(asked.first_hour)
    try:
        return simulate(scenario, days=asked.days, seed=asked.seed, runs=asked.runs, hours=hours, progress=follow)
    except Overloaded as refused:
        raise Overloaded(f"{name}: {refused}") from refused


def _told(scenario: Scenario, outcome: Outcome, left_out: int, share: int) -> Plain:
    """One setup's outcome."""
    homes = {unit.name: unit for unit in scenario.units}
    return {
        "rows": [_row(row, share) for row in outcome.responses],
        "units": [
            {
                "name": one.name,
                "station": homes[one.name].station,
                "utilisation": _estimate(one.utilisation),
                "driving": _round(one.driving),
                "jobs": _round(one.jobs_a_day),
                "in_beat": _round(one.in_beat),
                "beat": len(homes[one.name].beat),
                "overtime": _round(one.overtime_a_week),
            }
            for one in outcome.units
        ],
        "together": {name: _estimate(getattr(outcome, name)) for name in TOGETHER},
        "cover_by_hour": [_round(one) for one in outcome.cover_by_hour],
        "longest_wait": _round(outcome.longest_wait),
        "calls": outcome.calls,
        "recalled": outcome.recalled,
        "unanswered": outcome.unanswered,
        "stops": len(scenario.patrols) // 7,
        "stops_left_out": left_out,
    }


def _measures(area: str, share: int) -> Sequence[str]:
    """What is kept of a row: of areas less than of the whole."""
    return tuple(dict.fromkeys((*BY_AREA, f"p{share}"))) if area else WHOLE


def _row(row: Response, share: int) -> Plain:
    measured = {name: _estimate(getattr(row, name)) for name in _measures(row.area, share)}
    return {"priority": row.priority, "area": row.area, "hours": row.hours, "calls": row.calls} | measured


def _is_kept(one: Difference, share: int) -> bool:
    if one.unit or one.measure in TOGETHER:
        return True
    return one.measure in _measures(one.area, share)


def _difference(one: Difference) -> Plain:
    of = {"measure": one.measure, "priority": one.priority, "area": one.area, "unit": one.unit, "hours": one.hours}
    return of | {"value": _round(one.difference), "low": _round(one.low), "high": _round(one.high)}


def _estimate(one: Estimate) -> list[float | None]:
    """Value, and both ends of its 95 % interval."""
    return [_round(one.value), _round(one.low), _round(one.high)]


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
