"""Decisions about what-ifs, pure: what may be asked, which unit is out in which shift, whose beat an area is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from openbeat.kernel.errors import Contradiction, NotInThisState, Word
from openbeat.patrol.what_if.states import MOVES, UNDER_WAY, State

SHIFTS = 3
"""Shifts of eight hours in a day."""
SHIFT_HOURS = 8
MOST_UNITS = 200
"""Units in a shift: beyond it a city is cut into districts first."""
MOST_ALTERNATIVES = 3
LEVELS = 3
"""Priorities of calls, the most urgent first."""
SHARES = (50, 80, 90, 95)
"""Per cent of calls for which a response time is told."""
LEAST_DAYS, MOST_DAYS = 7, 730
"""Days of the period that calls are taken from."""
SIMULATED = (7, 91)
RUNS = (4, 40)
MOST_SIMULATED = 1_000
"""Days in all runs of one alternative: about a minute of the worker for a city of 200,000 calls a year."""
SERVED = (1.0, 480.0)
TARGETS = (1.0, 480.0)
SPREADS = (0.0, 300.0)
HANDLING = (0.0, 30.0)
CALLS_EACH = (0.05, 50.0)
COVERS = (1.0, 60.0)


class Policy(StrEnum):
    """Which free unit is sent."""

    CLOSEST = "closest"
    KEEP_COVER = "closest_keeping_cover"
    BEAT_FIRST = "beat_first"


class Preemption(StrEnum):
    """Whether a more urgent call takes a unit from a less urgent one."""

    NONE = "none"
    DRIVING = "driving"
    ALWAYS = "always"


class Beats(StrEnum):
    """Beats that need no set of areas; anything else is the id of one."""

    NONE = "none"
    STATIONS = "stations"


@dataclass(frozen=True, slots=True)
class Level:
    """How calls of one priority are served: minutes at the scene, their spread (per cent of the mean), the target."""

    minutes: float
    spread: float
    target: float


@dataclass(frozen=True, slots=True)
class Setup:
    """One way to work: units in each shift, where a car is added or taken, whom to send, beats, the patrol plan."""

    name: str
    units: tuple[int, ...]
    station: str = ""
    """The station whose cars change in number; empty: wherever most, or fewest, are."""
    policy: str = Policy.CLOSEST
    preemption: str = Preemption.NONE
    beats: str = Beats.STATIONS
    """One of `Beats`, or the id of a set of areas."""
    plan: str = ""
    """The id of a patrol plan that is driven each day; empty: none."""
    standby: str = ""
    """The id of a standby plan that says where units wait; empty: at their own stations."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a what-if rests on; the first of `setups` is today, the others are compared with it."""

    setups: tuple[Setup, ...]
    first: date
    last: date
    levels: tuple[Level, ...]
    priorities: Mapping[str, int]
    """Class → priority, 1 the most urgent; 0: no unit goes."""
    forecast: str = ""
    """The id of a forecast that says where calls of its classes come from and how many; empty: as they did."""
    calls_each: float = 1.0
    """Calls for each recorded incident."""
    answered: float = 100.0
    """Per cent of calls to which a unit goes."""
    handling: float = 1.0
    """Minutes from the call until a unit can be sent."""
    share: int = 90
    """Per cent of the calls of the first priority that are to be reached within its target."""
    cover: float = 8.0
    """Minutes: ground counts as covered while a free unit is so near."""
    first_hour: int = 6
    """When the first of the three shifts begins."""
    stay: bool = False
    """Whether a free unit waits where it is, rather than at its station."""
    days: int = 28
    runs: int = 12
    seed: int = 1

    @property
    def calls(self) -> float:
        """Calls to which a unit goes, for each recorded incident."""
        return self.calls_each * self.answered / 100

    def as_plain(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}


def asked_from(plain: Mapping[str, Any]) -> Asked:
    """What `as_plain` wrote."""
    setups = tuple(Setup(**{**row, "units": tuple(row["units"])}) for row in plain["setups"])
    days = {name: date.fromisoformat(plain[name]) for name in ("first", "last")}
    levels = tuple(Level(**row) for row in plain["levels"])
    return Asked(**{**plain, **days, "setups": setups, "levels": levels, "priorities": dict(plain["priorities"])})


def default_level(code: str, against: str) -> int:
    """A class's priority until somebody says otherwise: 1 with a person in danger, 2 where it is pressing, else 3."""
    if code in {"120", "01", "03", "04"} or (against == "person" and code not in _PRESSING):
        return 1
    return 2 if code in _PRESSING else 3


_PRESSING = frozenset({"13B", "13C", "200", "210", "220", "02"})
"""Simple assault, intimidation, arson, extortion, burglary; in the international list, harm to a person."""


def move(now: State, then: State) -> State:
    """The state moved to; refused by name where no such move leads."""
    if then not in MOVES[now]:
        raise NotInThisState(
            "a what-if that is {state} cannot become {then}",
            mend="open it again: someone may have moved it meanwhile",
            state=now,
            then=then,
        )
    return then


def require_asked(asked: Asked) -> None:
    """Refuse what cannot be simulated or compared, saying what may be asked."""
    _require_setups(asked.setups)
    _require_calls(asked)
    _require_numbers(asked)


def _require_setups(setups: Sequence[Setup]) -> None:
    if not 2 <= len(setups) <= 1 + MOST_ALTERNATIVES:
        raise Contradiction(
            "a what-if compares from one to {most} alternatives with today", mend="change something",
            most=MOST_ALTERNATIVES,
        )  # fmt: skip
    today, *others = setups
    same = [one.name for one in others if replace(one, name=today.name, station=today.station) == today]
    if same:
        raise Contradiction("{name} is the same as today", mend="change something in it", name=same[0])
    if len({one.name for one in setups}) < len(setups):
        raise Contradiction("two alternatives have one name", mend="name them differently")
    for one in setups:
        if len(one.units) != SHIFTS or not all(1 <= units <= MOST_UNITS for units in one.units):
            raise Contradiction("a shift has from 1 to {most} units", most=MOST_UNITS)
        if one.policy not in list(Policy):
            raise Contradiction("there is no policy {policy}", policy=one.policy)
        if one.preemption not in list(Preemption):
            raise Contradiction("there is no such rule of calling units away: {rule}", rule=one.preemption)


def require_past(asked: Asked, today: date) -> None:
    """Refuse days that nobody has records of yet."""
    if asked.last > today:
        raise Contradiction(
            "calls are taken from days that have been, not up to {last}", mend="choose an earlier period",
            last=asked.last,
        )  # fmt: skip


def _require_calls(asked: Asked) -> None:
    if asked.last < asked.first:
        raise Contradiction("the period of the calls ends before it begins", mend="change one of the two days")
    days = (asked.last - asked.first).days + 1
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Contradiction(
            "calls are taken from a period of {least} to {most} days, not {days}", least=LEAST_DAYS, most=MOST_DAYS,
            days=days,
        )  # fmt: skip
    if not any(asked.priorities.values()):
        raise Contradiction("no class of incident stands for a call", mend="give one class a priority")
    if not all(0 <= level <= LEVELS for level in asked.priorities.values()):
        raise Contradiction("a class has a priority from 1 to {most}, or none", most=LEVELS)


def _require_numbers(asked: Asked) -> None:
    if len(asked.levels) != LEVELS:
        raise Contradiction("there are {most} priorities", most=LEVELS)
    for level in asked.levels:
        _require_between(level.minutes, SERVED, Word("minutes at the scene on average"))
        _require_between(level.spread, SPREADS, Word("spread of times at the scene, per cent"))
        _require_between(level.target, TARGETS, Word("target, minutes"))
    _require_between(asked.calls_each, CALLS_EACH, Word("calls for each incident"))
    _require_between(asked.answered, (1, 100), Word("calls that a unit goes to, per cent"))
    _require_between(asked.handling, HANDLING, Word("minutes until a unit can be sent"))
    _require_between(asked.cover, COVERS, Word("minutes within which ground is covered"))
    _require_between(asked.first_hour, (0, 23), Word("hour at which the first shift begins"))
    _require_between(asked.days, SIMULATED, Word("days simulated"))
    _require_between(asked.runs, RUNS, Word("times they are simulated"))
    _require_between(asked.seed, (0, 2**31 - 1), Word("seed"))
    if asked.days * asked.runs > MOST_SIMULATED:
        raise Contradiction(
            "{days} days {runs} times are more than {most} days", mend="simulate fewer days, or less often",
            days=asked.days, runs=asked.runs, most=MOST_SIMULATED,
        )  # fmt: skip
    if asked.share not in SHARES:
        raise Contradiction("the share is one of {shares} per cent", shares=", ".join(map(str, SHARES)))


def _require_between(value: float, ends: tuple[float, float], what: Word) -> None:
    if not ends[0] <= value <= ends[1]:
        raise Contradiction(
            "{what}: a number from {low:g} to {high:g}, not {value:g}", what=what, low=ends[0], high=ends[1],
            value=value,
        )  # fmt: skip


# --- units and shifts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Car:
    """A unit by its call sign, and its station."""

    name: str
    station: str


def on_duty(cars: Sequence[Car], count: int, stations: Sequence[str], station: str = "") -> list[Car]:
    """So many cars of those given, in their order: taken from, or added at, the station named.

    Without one a car is taken where most are, of these the last; and added where fewest are, of these the first.
    """
    kept = list(cars)
    while len(kept) > count:
        kept.remove(_to_go(kept, stations, station))
    while len(kept) < count:
        home = station or _fewest(kept, stations)
        kept.append(Car(f"+{len(kept) + 1} {home}", home))
    return kept


def _to_go(cars: Sequence[Car], stations: Sequence[str], station: str) -> Car:
    there = Counter(car.station for car in cars)
    order = {name: place for place, name in enumerate(stations)}
    home = station if there[station] else max(there, key=lambda name: (there[name], order.get(name, -1)))
    return [car for car in cars if car.station == home][-1]


def _fewest(cars: Sequence[Car], stations: Sequence[str]) -> str:
    there = Counter(car.station for car in cars)
    return min(stations, key=lambda name: there[name])


def roster(cars: Sequence[Car], stations: Sequence[str], today: Setup, setup: Setup) -> dict[Car, frozenset[int]]:
    """Each car of a setup with the shifts (0, 1, 2) it works: first as today, then with what the setup changes."""
    found: dict[Car, set[int]] = {}
    for shift in range(SHIFTS):
        usual = on_duty(cars, today.units[shift], stations, today.station)
        out = on_duty(usual, setup.units[shift], stations, setup.station) if setup is not today else usual
        for car in out:
            found.setdefault(car, set()).add(shift)
    return {car: frozenset(shifts) for car, shifts in found.items()}


def waiting_at(out: Mapping[Car, frozenset[int]], stands: Mapping[str, int]) -> dict[Car, frozenset[int]]:
    """The cars at the stations where so many are to wait: those that stand there already stay, the others fill up.

    Cars for which there is no room anywhere stay at their own station.
    """
    room, stays = Counter(stands), set[Car]()
    for car in out:
        if room[car.station] > 0:
            room[car.station] -= 1
            stays.add(car)
    free = room.elements()
    return {car if car in stays else Car(car.name, next(free, car.station)): shifts for car, shifts in out.items()}


def spans(shifts: Collection[int], first_hour: int) -> list[tuple[int, int]]:
    """Hours of the day [start, end) that the shifts make together; those that touch are one, and may pass midnight.

    All three make none: the car is always out.
    """
    if len(set(shifts)) == SHIFTS:
        return []
    begins = [shift for shift in sorted(set(shifts)) if (shift - 1) % SHIFTS not in shifts]
    return [_span(shift, shifts, first_hour) for shift in begins]


def _span(shift: int, shifts: Collection[int], first_hour: int) -> tuple[int, int]:
    length = 1 + ((shift + 1) % SHIFTS in shifts)
    start = (first_hour + shift * SHIFT_HOURS) % 24
    return start, start + length * SHIFT_HOURS


def shift_hours(first_hour: int) -> dict[str, tuple[int, int]]:
    """Each shift's number as text with its hours of the day [from, to); the last may pass midnight."""
    ends = [(first_hour + SHIFT_HOURS * shift) % 24 for shift in range(SHIFTS + 1)]
    return {str(shift): (ends[shift], ends[shift + 1]) for shift in range(SHIFTS)}


def changed_shift(today: Setup, setup: Setup) -> int | None:
    """The one shift in which alone a setup differs from today, by its number of units; else nothing."""
    if replace(setup, name=today.name, units=today.units, station=today.station) != today:
        return None
    changed = [shift for shift, (now, then) in enumerate(zip(today.units, setup.units, strict=True)) if now != then]
    return changed[0] if len(changed) == 1 else None


def require_ended(state: State) -> None:
    """Refuse to delete what still waits or runs."""
    if state in UNDER_WAY:
        raise NotInThisState("a what-if that is {state} cannot be deleted", mend="stop it first", state=state)


# --- beats -----------------------------------------------------------------------------------------------------------


def shared_out(
    beats: Mapping[str, Collection[str]],
    calls: Mapping[str, float],
    nearest: Mapping[str, str],
    cars: Sequence[Car],
) -> dict[str, tuple[str, ...]]:
    """Car → the areas of its beats.

    `beats` holds the areas of each beat, `calls` those of each area, `nearest` the station nearest to each beat. A beat
    goes to the car of that station that has fewest calls so far; a car left without one shares the busiest beat there.
    """
    held: dict[str, list[str]] = {car.name: [] for car in cars}
    load = dict.fromkeys(held, 0.0)
    size = {beat: sum(calls.get(area, 0.0) for area in areas) for beat, areas in beats.items()}
    for beat in sorted(beats, key=lambda name: (-size[name], name)):
        home = [car.name for car in cars if car.station == nearest[beat]]
        if home:
            chosen = min(home, key=lambda name: (load[name], name))
            held[chosen].append(beat)
            load[chosen] += size[beat]
    for car in cars:
        near = [beat for beat in beats if nearest[beat] == car.station]
        if not held[car.name] and near:
            held[car.name].append(max(near, key=lambda name: (size[name], name)))
    return {name: tuple(sorted(area for beat in mine for area in beats[beat])) for name, mine in held.items()}
