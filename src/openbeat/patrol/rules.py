"""Decisions about plans, pure: what a shift asks for, and what it costs an area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.patrol.states import MOVES, State

DWELL = (10, 15)
"""Minutes of a visit: shorter leaves little behind, longer adds little (Koper 1995)."""

LONGEST_SHIFT = timedelta(hours=14)

SKEW = timedelta(minutes=5)
"""By how much the clock of a receiver or a phone may be ahead of ours."""

LONGEST_VISIT = 720
"""Minutes that may be told of one visit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a commander asks of a shift. Minutes, except where named otherwise."""

    places: int = 60
    """How many of the densest cells are visited."""
    visits: int = 4
    """Visits to each place in the shift, each in a slot of its own."""
    dwell: int = 12
    slot: int = 60
    spacing: int = 45
    """Least time between two visits to one place."""
    rest: int = 30
    """A break for each unit, about the middle of its shift; 0: none."""
    max_share: int = 30
    """Greatest share of all visits, per cent, that one area may get."""
    balance: int = 25
    """Greatest difference, per cent of the shift, between what two units spend on visits."""
    seconds: int = 10
    """How long a plan is sought."""

    def __post_init__(self) -> None:
        bounds: Mapping[str, tuple[int, int]] = {
            "places": (1, 400), "visits": (1, 8), "dwell": DWELL, "slot": (15, 480), "spacing": (0, 480),
            "rest": (0, 90), "max_share": (5, 100), "balance": (5, 100), "seconds": (1, 300),
        }  # fmt: skip
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise Contradiction(
                    "{name} is {given}, not between {least} and {most}",
                    name=name,
                    given=getattr(self, name),
                    least=least,
                    most=most,
                )

    def as_plain(self) -> dict[str, int]:
        """For keeping."""
        return asdict(self)


def move(now: State, then: State) -> State:
    """The state moved to; refused by name where no such move leads."""
    if then not in MOVES[now]:
        raise NotInThisState(
            "a plan that is {state} cannot become {then}",
            mend="open the plan again: someone may have moved it meanwhile",
            state=now,
            then=then,
        )
    return then


def require_shift(starts: datetime, ends: datetime) -> None:
    """A shift that can be worked."""
    if not timedelta(hours=1) <= ends - starts <= LONGEST_SHIFT:
        raise Contradiction("a shift lasts from one to fourteen hours", mend="correct its beginning or its end")


def require_ahead(ends: datetime, at: datetime) -> None:
    """A shift that is not over: nobody can drive it any more."""
    if ends <= at:
        raise Contradiction("this shift is over", mend="make a plan for a later one")


def require_minutes(minutes: int) -> None:
    """A visit that may be told."""
    if not 1 <= minutes <= LONGEST_VISIT:
        raise Contradiction(
            "a visit lasts from 1 to {longest_visit} minutes, not {minutes}",
            longest_visit=LONGEST_VISIT,
            minutes=minutes,
        )


def require_past(arrived: datetime, at: datetime) -> None:
    """A visit that has begun; a receiver's clock may be some minutes ahead."""
    if arrived > at + SKEW:
        raise Contradiction("a visit that is still to come can't be told", mend="correct the time")


def whole_minutes(arrived: datetime, left: datetime) -> int:
    """How long a visit lasted, in minutes as they are kept: at least one, at most the longest there is."""
    return min(LONGEST_VISIT, max(1, round((left - arrived).total_seconds() / 60)))


def slots(length: int, slot: int) -> list[tuple[int, int]]:
    """Windows [start, end) in seconds that divide a shift of `length` seconds; the last may be shorter."""
    step = slot * 60
    return [(start, min(start + step, length)) for start in range(0, length, step)]


def break_window(length: int, rest: int) -> tuple[int, int]:
    """Earliest and latest beginning of the break, in seconds: the middle third of the shift."""
    return length // 3, max(length // 3, 2 * length // 3 - rest * 60)


def prizes(expected: float, hours: Sequence[float], windows: Iterable[tuple[float, float]]) -> tuple[float, ...]:
    """What a visit in each window is worth: incidents expected there in those hours of the day.

    expected: incidents a day; hours: (24,) share of the day in each hour; windows: local hours [start, end).
    """
    return tuple(expected * _share(hours, start, end) for start, end in windows)


def _share(hours: Sequence[float], start: float, end: float) -> float:
    whole = range(int(start), int(-(-end // 1)))
    return sum(hours[hour % 24] * (min(end, hour + 1) - max(start, hour)) for hour in whole)
