"""Decisions about standby plans, pure: what may be asked, how busy units are, who stands where today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from openbeat.kernel.errors import Contradiction, NotInThisState, Word
from openbeat.patrol.standby.states import MOVES, State

MOST_UNITS = 100
"""Units on duty at once: beyond it a city is cut into districts first."""
LEAST_DAYS, MOST_DAYS = 7, 730
"""Days of the period that calls are taken from."""
MINUTES = (1.0, 60.0)
CALLS_EACH = (0.05, 50.0)
AT_WORK = (1.0, 480.0)
BUSY = (0.0, 95.0)
"""Per cent of its time that a unit is busy. Above it calls queue, and no place to wait helps."""


class Waiting(StrEnum):
    """Waiting places besides the stations that need no set of areas; anything else is the id of one."""

    NONE = "none"
    CELLS = "cells"


@dataclass(frozen=True, slots=True)
class Stand:
    """How many units stand at a station today, and how many may: at least, and at most (None is no limit)."""

    station: str
    today: int = 0
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a standby plan rests on."""

    stands: tuple[Stand, ...]
    first: date
    last: date
    classes: tuple[str, ...]
    """Offence classes whose incidents stand for calls."""
    units: int
    minutes: float
    """Within which a unit is to be there."""
    busy: float | None = None
    """Per cent of its time that a unit is busy; None: worked out from calls and minutes at work."""
    calls_each: float = 1.0
    """Calls for each recorded incident."""
    at_work: float = 45.0
    """Minutes that a unit is at work on a call, the way there included."""
    waiting: str = Waiting.NONE
    """One of `Waiting`, or the id of a set of areas in whose middles units may wait too."""
    stations: int | None = None
    """The most places that are used."""
    first_hour: int = 0
    last_hour: int = 24
    """Hours of the day [first, last) whose calls count; they may pass midnight."""

    @property
    def hours(self) -> int:
        """Hours of a day that count."""
        return (self.last_hour - self.first_hour) % 24 or 24

    @property
    def days(self) -> int:
        """Days that calls are taken from."""
        return (self.last - self.first).days + 1

    def as_plain(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}


def asked_from(plain: Mapping[str, Any]) -> Asked:
    """What `as_plain` wrote."""
    stands = tuple(Stand(**row) for row in plain["stands"])
    days = {name: date.fromisoformat(plain[name]) for name in ("first", "last")}
    return Asked(**{**plain, **days, "stands": stands, "classes": tuple(plain["classes"])})


def move(now: State, then: State) -> State:
    """The state moved to; refused by name where no such move leads."""
    if then not in MOVES[now]:
        raise NotInThisState(
            "a standby plan that is {state} cannot become {then}",
            mend="open it again: someone may have moved it meanwhile",
            state=now,
            then=then,
        )
    return then


def require_asked(asked: Asked) -> None:
    """Refuse what cannot be worked out, saying what may be asked."""
    _require_units(asked)
    _require_stands(asked)
    if not LEAST_DAYS <= asked.days <= MOST_DAYS:
        raise Contradiction(
            "calls are taken from a period of {least} to {most} days, not {days}", least=LEAST_DAYS, most=MOST_DAYS,
            days=asked.days,
        )  # fmt: skip
    if not asked.classes:
        raise Contradiction("no class of incident stands for a call", mend="choose at least one class")
    if not (0 <= asked.first_hour <= 23 and 0 <= asked.last_hour <= 24):
        raise Contradiction("an hour of the day lies between 0 and 24")
    _require_between(asked.minutes, MINUTES, Word("minutes to be reached in"))
    _require_between(asked.calls_each, CALLS_EACH, Word("calls for each incident"))
    _require_between(asked.at_work, AT_WORK, Word("minutes at work on a call"))
    if asked.busy is not None:
        _require_between(asked.busy, BUSY, Word("per cent of its time that a unit is busy"))


def _require_units(asked: Asked) -> None:
    if not 1 <= asked.units <= MOST_UNITS:
        raise Contradiction("from 1 to {most} units are on duty at once", most=MOST_UNITS)
    if asked.stations is not None and asked.stations < 1:
        raise Contradiction("units need at least one place to wait at")


def _require_stands(asked: Asked) -> None:
    if not asked.stands:
        raise Contradiction("there is no station", mend="add the agency's stations first")
    for one in asked.stands:
        if min(one.today, one.least) < 0 or (one.most is not None and one.most < one.least):
            raise Contradiction("{station}: at most is less than at least", station=one.station)
    least = sum(one.least for one in asked.stands)
    if least > asked.units:
        raise Contradiction(
            "the stations ask for at least {least} units, and {units} are on duty", least=least, units=asked.units
        )
    held = sum(one.least > 0 for one in asked.stands)
    if asked.stations is not None and held > asked.stations:
        raise Contradiction(
            "{held} stations ask for units, and only {most} places may be used", held=held, most=asked.stations
        )
    if asked.waiting == Waiting.NONE and _room(asked) < asked.units:
        raise Contradiction(
            "the stations have no room for {units} units", mend="let some hold more, or allow waiting places",
            units=asked.units,
        )  # fmt: skip


def _room(asked: Asked) -> int:
    """Units that those stations which must have some, and then the largest others, hold together."""
    rooms = [(one.least > 0, asked.units if one.most is None else one.most) for one in asked.stands]
    held = [room for must, room in rooms if must]
    others = sorted((room for must, room in rooms if not must), reverse=True)
    return sum(held) + sum(others if asked.stations is None else others[: asked.stations - len(held)])


def _require_between(value: float, ends: tuple[float, float], what: Word) -> None:
    if not ends[0] <= value <= ends[1]:
        raise Contradiction(
            "{what}: a number from {low:g} to {high:g}, not {value:g}", what=what, low=ends[0], high=ends[1],
            value=value,
        )  # fmt: skip


def stands_today(asked: Asked) -> list[int]:
    """Units at each station today: as given, or the units on duty spread equally where nothing was."""
    given = [one.today for one in asked.stands]
    return given if any(given) else spread_equally(asked.units, len(given))


def spread_equally(units: int, places: int) -> list[int]:
    """So many units over places, the first ones taking what is left over."""
    each, rest = divmod(units, places)
    return [each + (place < rest) for place in range(places)]


def busy_share(asked: Asked, calls_an_hour: float, units: int) -> float:
    """The share of its time that each of so many units is busy: as given, or the calls' work over the units."""
    if asked.busy is not None:
        return asked.busy / 100
    return calls_an_hour * asked.at_work / 60 / units


def is_swamped(busy: float) -> bool:
    """Whether units are so busy that calls queue and where they wait no longer matters."""
    return busy > BUSY[1] / 100


def require_not_swamped(busy: float, units: int) -> None:
    """Refuse to place units that would hardly ever be free."""
    if is_swamped(busy):
        raise Contradiction(
            "{units} units would be busy for {busy:.0%} of their time: calls would queue wherever units wait",
            mend="put more units on duty, state fewer calls or minutes at work, or give the busy share yourself",
            units=units, busy=busy,
        )  # fmt: skip


def numbers_of_units(asked: Asked, further: int = 3, most: int = 40) -> Sequence[int]:
    """Numbers of units for which the best places are worked out: all up to those on duty and a few more, or some."""
    fewest, last = max(1, sum(one.least for one in asked.stands)), asked.units + further
    every = range(fewest, last + 1)
    step = -(-len(every) // most)
    return sorted({*every[::step], *range(max(fewest, asked.units - 1), last + 1)})
