"""Decisions about forecasts, pure: what may be asked for, when a forecast may be used, how far back it is tested."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from openbeat.forecast.states import MOVES, State
from openbeat.incidents import rules as incidents
from openbeat.kernel.errors import Contradiction, NotInThisState

HORIZONS = (7, 14, 28)
"""Days that a forecast may cover."""

YEARS = (1950, 2150)
"""A first day outside of these years is a slip of the hand."""

RESOLUTIONS = (9, 10)
"""H3 resolutions offered: about 0.11 km² and 0.015 km² a cell."""

LEAST_HISTORY = timedelta(days=3 * 365 + 180)
"""Three years for the plain count, and half a year of weeks to be tested on."""

ORIGINS = 26
"""Forecasts of the past that a back-test makes: every second period, the newest last."""

BASELINE = "count3y"


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a forecast is for: [start, end) in the agency's zone."""

    start: date
    end: date


def move(now: State, then: State) -> State:
    """The state moved to; refused by name where no such move leads."""
    if then not in MOVES[now]:
        raise NotInThisState(
            "a forecast that is {state} cannot become {then}",
            mend="open the forecast again: someone may have moved it meanwhile",
            state=now,
            then=then,
        )
    return then


def require_reported(classes: Collection[tuple[str, bool]]) -> None:
    """Refuse to forecast or watch nothing, and classes that patrols discover."""
    if not classes:
        raise Contradiction("choose at least one class of offence")
    incidents.require_reported(classes)


def require_method(resolution: int, estimator: str, known: Collection[str]) -> None:
    """Refuse cells that are not offered and estimators that nobody wrote, before a worker spends time on them."""
    if resolution not in RESOLUTIONS:
        offered = " or ".join(map(str, RESOLUTIONS))
        raise Contradiction(
            "a forecast's cells are of resolution {offered}, not {resolution}", offered=offered, resolution=resolution
        )
    if estimator not in known:
        raise Contradiction(
            "there is no method {estimator}", mend="choose one of {known}", estimator=estimator, known=", ".join(known)
        )


def period(start: date, horizon: int) -> Period:
    """The days of a forecast that begins on `start`."""
    if horizon not in HORIZONS:
        raise Contradiction(
            "a forecast covers {horizons} days, not {horizon}", horizons=", ".join(map(str, HORIZONS)), horizon=horizon
        )
    if not YEARS[0] <= start.year <= YEARS[1]:
        raise Contradiction(
            "a forecast does not begin in the year {year}", mend="correct the first day", year=start.year
        )
    return Period(start, start + timedelta(days=horizon))


def origins(until: date, horizon: int, *, count: int = ORIGINS) -> tuple[date, date, int]:
    """First and last origin of the back-test and the step in days: every second period before `until`."""
    step = 2 * horizon
    last = until - timedelta(days=horizon)
    return last - timedelta(days=step * (count - 1)), last, step


def possible_origins(first_record: date, until: date, horizon: int) -> int:
    """How many origins have the plain count's three years of records before them; at most `ORIGINS`."""
    room = (until - timedelta(days=horizon) - first_record - timedelta(days=3 * 365)).days
    return max(0, min(ORIGINS, room // (2 * horizon) + 1))


def require_ahead(ends: date, today: date) -> None:
    """Refuse to offer a forecast whose days are over: nobody can plan from it any more."""
    if ends < today:
        raise Contradiction("the days of this forecast are over", mend="ask for a new one")


def usable(state: State, expires: date | None, today: date) -> bool:
    """Whether plans may be made from the forecast today."""
    return state is State.OFFERED and expires is not None and today <= expires
