"""Decisions about early warnings, pure: what may be watched, when a scan is due, what continues what, what ends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import TypeVar

import h3

from openbeat.forecast.warning.states import MOVES, AlarmState
from openbeat.kernel.errors import Contradiction, NotInThisState

RADII = (250, 500, 1000, 2000)
"""Metres: the greatest circle that a watch may look at."""
LENGTHS = (14, 28, 56)
"""Days: the longest stretch that a watch may look at."""
INTERVALS = (30, 3650)
"""Days of the recurrence interval below which nothing is told: the least and the greatest that may be asked."""
TRIES, MANY_TRIES = 999, 9_999
"""How often chance is tried; nothing rarer than once in one try more can be told apart."""
MANY_FROM = 365
"""Days of the threshold from which 999 tries would hang on one or two of them (docs/explanation/false-alarms.md)."""
MOST_LEAST_CASES = 50
HISTORY = 365
"""Days of records that say what is usual where and when: a year, so that no season is counted twice."""
KEEP = 0.5
"""The share of the threshold at which an alarm goes on: else one near it would end and begin anew each few nights."""
FROM_HOUR = 4
"""Local hour from which a night's scan is due: the records of the day before are in."""
CELL_REACH = 75.0
"""Metres from the middle of a cell to its corner."""
ROUND_TO = 50
SPARE = 250.0
"""Metres within which two centres are the same place, however small their circles."""

S = TypeVar("S", bound=StrEnum)


class Outcome(StrEnum):
    """What came of an alarm."""

    ACTED = "acted"
    KNOWN_CAUSE = "known_cause"
    NOTHING_FOUND = "nothing_found"
    FALSE_ALARM = "false_alarm"
    RECORDS = "records"


DISMISSALS = (Outcome.KNOWN_CAUSE, Outcome.FALSE_ALARM, Outcome.RECORDS)
"""What an alarm may be dismissed as, without anything done."""


class LinkKind(StrEnum):
    """What an alarm led to."""

    PLAN = "plan"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A circle on the ground over some days: degrees, metres, first and last day."""

    lon: float
    lat: float
    radius: float
    starts: date
    ends: date


def move(now: S, then: S) -> S:
    """The state moved to; refused by name where no such move leads."""
    if then not in MOVES[now]:
        raise NotInThisState(
            "what is {state} cannot become {then}",
            mend="open it again: someone may have moved it meanwhile",
            state=now,
            then=then,
        )
    return then


def require_settings(radius: int, days: int, least_interval: int, least_cases: int) -> None:
    """Refuse circles, stretches and thresholds that are not offered."""
    if radius not in RADII:
        raise Contradiction("a watch looks within {radii} metres", radii=", ".join(map(str, RADII)))
    if days not in LENGTHS:
        raise Contradiction("a watch looks back {lengths} days", lengths=", ".join(map(str, LENGTHS)))
    low, high = INTERVALS
    if not low <= least_interval <= high:
        raise Contradiction(
            "a warning is told from once in {low} to once in {high} days",
            mend="choose a number of days between them",
            low=low,
            high=high,
        )
    if not 2 <= least_cases <= MOST_LEAST_CASES:
        raise Contradiction("a cluster has from 2 to {most} reports at least", most=MOST_LEAST_CASES)


def tries(least_interval: int) -> int:
    """How often a watch with this threshold tries chance."""
    return TRIES if least_interval < MANY_FROM else MANY_TRIES


def night_of(today: date, last_record: date | None) -> date:
    """The day until which is scanned: today, or the day after the newest record where records lag behind."""
    if last_record is None:
        raise Contradiction("there are no records to scan", mend="import records first")
    return min(today, last_record + timedelta(days=1))


def is_due(local: datetime, night: date, scanned: Collection[date]) -> bool:
    """Whether a night's scan is due: early in the morning, or whenever it was missed, and never twice."""
    return local.hour >= FROM_HOUR and night not in scanned


def metres_between(one: Stretch, other: Stretch) -> float:
    """The distance of two centres over the great circle."""
    return float(h3.great_circle_distance((one.lat, one.lon), (other.lat, other.lon), unit="m"))


def reach(radius: float) -> int:
    """How far the reports of a circle lie from its middle, metres rounded up; its radius ends in middles of cells."""
    return ceil((radius + CELL_REACH) / ROUND_TO) * ROUND_TO


def overlap(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches share days, and the centre of one lies within the other."""
    if one.ends < other.starts or other.ends < one.starts:
        return False
    return metres_between(one, other) <= max(one.radius, other.radius, SPARE)


def continued(found: Sequence[Stretch], known: Mapping[int, Stretch]) -> dict[int, int]:
    """Number of a found cluster → key of the alarm that it continues, the nearest pairs first, each at most once."""
    pairs = sorted(
        (metres_between(one, other), number, key)
        for number, one in enumerate(found)
        for key, other in known.items()
        if overlap(one, other)
    )
    chosen: dict[int, int] = {}
    for _distance, number, key in pairs:
        if number not in chosen and key not in chosen.values():
            chosen[number] = key
    return chosen


def require_words(words: str) -> str:
    """The reason given, trimmed; refused where there is none."""
    if not words.strip():
        raise Contradiction("say why, in a few words")
    return words.strip()


def require_dismissal(outcome: Outcome) -> Outcome:
    """Refuse to dismiss what led to something: that is closed when it has ended."""
    if outcome not in DISMISSALS:
        raise Contradiction(
            "a warning is dismissed for a known cause, as a false alarm, or for an error in the records",
            mend="link what was done, and close it when it has ended",
        )
    return outcome


def require_ended(*, living: bool) -> None:
    """Refuse to close what last night's scan still found: it would come again as new."""
    if living:
        raise Contradiction(
            "the latest scan still finds it, so it is not closed yet",
            mend="link what is done about it, or dismiss it with a reason",
        )


def waits(state: AlarmState, *, living: bool) -> bool:
    """Whether an alarm needs a person's word: it is new, or it has ended and nobody has said what came of it."""
    return state is AlarmState.NEW or (state in {AlarmState.ACKNOWLEDGED, AlarmState.LINKED} and not living)
