"""Dosage, pure: what plans asked of each place and what was given there, shift by shift and over a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from math import sqrt
from typing import Any

from scipy.stats import t as student

LEAST_SHIFTS = 5
"""Shifts under which no interval of a share is told."""
SLACK = timedelta(minutes=10)
"""How far apart what was tapped and what positions say may lie and still be one visit."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit that a plan asks for."""

    unit: str
    place: str
    slot: int
    begin: datetime
    leave: datetime

    @property
    def minutes(self) -> int:
        """How long."""
        return round((self.leave - self.begin).total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Given:
    """A visit that was given; without minutes, its end was never told. `slot`: the stop it was said to be for."""

    unit: str
    place: str
    arrived: datetime
    minutes: int | None
    source: str = "hand"
    slot: int | None = None

    @property
    def left(self) -> datetime:
        """When it ended, as far as is known."""
        return self.arrived + timedelta(minutes=self.minutes or 0)


@dataclass(frozen=True, slots=True)
class Dosage:
    """Of one place in one shift: visits and minutes asked by the plan and given on the street.

    met: visits asked that were given; extra: visits given that nobody asked for; gaps: pauses between visits given,
    close: those shorter than the plan's spacing; units: who was there; sources: how it is known.
    """

    place: str
    asked: int
    given: int
    minutes_asked: int
    minutes_given: int
    met: int = 0
    extra: int = 0
    gaps: int = 0
    close: int = 0
    units: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Given of asked, by minutes; None where nothing was asked."""
        return self.minutes_given / self.minutes_asked if self.minutes_asked else None

    @property
    def never(self) -> bool:
        """Asked for and never visited."""
        return self.asked > 0 and self.given == 0


def stops(solution: Mapping[str, Any], starts: datetime) -> list[Stop]:
    """The visits that a plan's solution asks for, in order of time."""
    found = [
        Stop(
            tour["unit"], item["place"], item["slot"],
            starts + timedelta(seconds=item["begin"]), starts + timedelta(seconds=item["leave"]),
        )
        for tour in solution["tours"]
        for item in tour["items"]
        if "place" in item
    ]  # fmt: skip
    return sorted(found, key=lambda stop: (stop.begin, stop.unit))


def answered(asked: Sequence[Stop], given: Sequence[Given]) -> dict[Stop, Given]:
    """Which visit answers which stop: first the one that was said to be for it, then the nearest in time, once each."""
    by_key = {(stop.place, stop.slot): stop for stop in asked}
    found: dict[Stop, Given] = {}
    rest: list[Given] = []
    for visit in sorted(given, key=lambda one: one.arrived):
        stop = by_key.get((visit.place, visit.slot)) if visit.slot is not None else None
        if stop is None or stop in found:
            rest.append(visit)
        else:
            found[stop] = visit
    pairs = [
        (abs((visit.arrived - stop.begin).total_seconds()), number, stop)
        for number, visit in enumerate(rest)
        for stop in asked
        if stop.place == visit.place and stop not in found
    ]
    used = set[int]()
    for _far, number, stop in sorted(pairs, key=lambda one: (one[0], one[1], one[2].begin)):
        if number not in used and stop not in found:
            found[stop] = rest[number]
            used.add(number)
    return found


def dosage(asked: Sequence[Stop], given: Sequence[Given], spacing: timedelta = timedelta()) -> list[Dosage]:
    """Asked against given, by place in the order of their names."""
    met = answered(asked, given)
    places = sorted({*(stop.place for stop in asked), *(visit.place for visit in given)})
    return [
        _dosage(
            place,
            [stop for stop in asked if stop.place == place],
            sorted((one for one in given if one.place == place), key=lambda one: one.arrived),
            sum(stop.place == place for stop in met),
            spacing,
        )
        for place in places
    ]


def _dosage(place: str, asked: Sequence[Stop], given: Sequence[Given], met: int, spacing: timedelta) -> Dosage:
    ends = accumulate((one.left for one in given), max)  # while one unit stays, another may come and go
    pauses = [later.arrived - left for left, later in zip(ends, given[1:], strict=False)]
    return Dosage(
        place=place, asked=len(asked), given=len(given),
        minutes_asked=sum(stop.minutes for stop in asked), minutes_given=sum(one.minutes or 0 for one in given),
        met=met, extra=len(given) - met, gaps=len(pauses), close=sum(pause < spacing for pause in pauses),
        units=tuple(sorted({one.unit for one in given})), sources=tuple(sorted({one.source for one in given})),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """A share over shifts with its 95 % interval; none of both of few shifts, none at all where nothing was asked."""

    value: float | None
    low: float | None = None
    high: float | None = None
    shifts: int = 0


def share(parts: Iterable[tuple[int, int]]) -> Share:
    """Given of asked over shifts, (given, asked) each: a ratio of sums, whose spread is that between shifts.

    Linearised ratio estimate (Cochran 1977, § 6.4 and 11.7) with Student's t; within [0, 1] where no shift gave more
    than was asked. One shift's own share is no estimate: all of it was counted, so it has no interval.
    """
    rows = [(given, asked) for given, asked in parts if asked]
    whole = sum(asked for _, asked in rows)
    if not whole:
        return Share(None)
    value, k = sum(given for given, _ in rows) / whole, len(rows)
    if k < LEAST_SHIFTS:
        return Share(value, shifts=k)
    spread = sqrt(k / (k - 1) * sum((given - value * asked) ** 2 for given, asked in rows)) / whole
    reach = float(student.ppf(0.975, k - 1)) * spread
    most = 1.0 if all(given <= asked for given, asked in rows) else float("inf")
    return Share(value, max(0.0, value - reach), min(most, value + reach), k)


def same_visit(one: Given, other: Given) -> bool:
    """Whether two tellings are one visit: the same unit at the same place, at times that touch or nearly so."""
    if (one.unit, one.place) != (other.unit, other.place):
        return False
    return one.arrived - SLACK <= other.left and other.arrived - SLACK <= one.left


def overlap(one: Given, other: Given) -> bool:
    """Whether the same unit would be at the same place twice at once."""
    if (one.unit, one.place) != (other.unit, other.place):
        return False
    return one.arrived < other.left and other.arrived < one.left


def elsewhere(one: Given, other: Given) -> bool:
    """Whether one of two visits would have its unit, for more than half of it, at another place at that time."""
    if one.unit != other.unit or one.place == other.place:
        return False
    both = min(one.left, other.left) - max(one.arrived, other.arrived)
    return both > timedelta() and 2 * both > min(one.left - one.arrived, other.left - other.arrived)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of visits seen in positions: new ones, taps that got their end, known ones, those told otherwise."""

    new: int
    ended: int
    known: int
    against: int


def sorted_out(known: Sequence[Given], found: Sequence[Given]) -> tuple[list[Given], dict[int, int], int, int]:
    """Of visits found in positions: the new ones, minutes for known ones without an end by number, how many merged,
    how many a person told otherwise.

    The rule: what a person told stands. A visit found within ten minutes of a known one of the same unit at the same
    place is that one; only if its end was never told, the positions tell it. One that lies for more than half in what
    was told of the same unit at another place is left.
    """
    told, new, ended, merged, against = list(known), list[Given](), dict[int, int](), 0, 0
    for one in sorted(found, key=lambda each: each.arrived):
        number = next((i for i, other in enumerate(told) if same_visit(one, other)), None)
        if number is None and any(elsewhere(one, other) for other in known):
            against += 1
        elif number is None:
            new.append(one)
        elif told[number].minutes is None and (minutes := _minutes(told[number].arrived, one.left)) >= 1:
            ended[number] = minutes
            told[number] = replace(told[number], minutes=minutes)
        else:
            merged += 1
    return new, ended, merged, against


def _minutes(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds() / 60)
