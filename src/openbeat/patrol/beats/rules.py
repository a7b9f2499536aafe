"""Decisions about beat drawings, pure: what may be asked, what may be adopted, how beats are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from openbeat.kernel.errors import Contradiction, NotInThisState, Word
from openbeat.patrol.beats.states import MOVES, State

AS_THEY_ARE = 0
FINENESS = (AS_THEY_ARE, 7, 8, 9)
"""The areas of the set as they are, or its ground in H3 cells of this resolution."""
CELL_KM2 = {7: 5.161, 8: 0.737, 9: 0.105}
"""Mean ground of an H3 cell by resolution (h3geo.org, table of cell areas)."""
RIM = 1.2
"""More cells than the ground alone would need: those cut by its rim."""
A_CHOICE = 3
"""Small areas for each beat, below which there is little to choose."""
MOST_AREAS = 1_200
"""Times between every two of them are kept, and the proof asks of every pair: beyond this, larger areas are brought."""
COUNTS = (2, 100)
TOLERANCES = (3.0, 50.0)
"""Per cent of the mean workload."""
SECONDS = (10, 300)
MINUTES = (1.0, 480.0)
LEAST_DAYS, MOST_DAYS = 28, 1_830
"""Days of the period whose incidents make the workload: four weeks to five years."""
LONGEST_BEAT = 60
"""Characters of a beat's name: it stands on the map."""
TODAY = "today"
"""What today's beats are called among the alternatives."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a drawing rests on, besides the areas and today's beats."""

    first: date
    last: date
    classes: Mapping[str, float]
    """Class → minutes of work that an incident of it makes; 1 each where incidents are but counted."""
    timed: bool
    """Whether the workload is minutes of work rather than a number of incidents."""
    count: int
    fineness: int = AS_THEY_ARE
    tolerance: float = 15.0
    seconds: int = 60
    seed: int = 1

    @property
    def days(self) -> int:
        """Days of the period."""
        return (self.last - self.first).days + 1

    def as_plain(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}


def asked_from(plain: Mapping[str, Any]) -> Asked:
    """What `as_plain` wrote."""
    days = {name: date.fromisoformat(plain[name]) for name in ("first", "last")}
    return Asked(**{**plain, **days, "classes": dict(plain["classes"])})


def move(now: State, then: State) -> State:
    """The state moved to; refused by name where no such move leads."""
    if then not in MOVES[now]:
        raise NotInThisState(
            "a beat drawing that is {state} cannot become {then}",
            mend="open it again: someone may have moved it meanwhile",
            state=now,
            then=then,
        )
    return then


def require_asked(asked: Asked, areas: int) -> None:
    """Refuse what cannot be drawn, saying what may be asked; `areas` is how many small areas there will be, about."""
    if asked.fineness not in FINENESS:
        raise Contradiction("there are no cells of this fineness", mend="choose one of those offered")
    _require_between(asked.count, COUNTS, Word("number of beats"))
    _require_between(asked.tolerance, TOLERANCES, Word("tolerance, per cent"))
    _require_between(asked.seconds, SECONDS, Word("seconds of search"))
    _require_between(asked.seed, (0, 2**31 - 1), Word("seed"))
    if not LEAST_DAYS <= asked.days <= MOST_DAYS:
        raise Contradiction(
            "the workload is that of {least} to {most} days, not {days}", least=LEAST_DAYS, most=MOST_DAYS,
            days=asked.days,
        )  # fmt: skip
    if not asked.classes:
        raise Contradiction("no class of incident makes any work", mend="choose at least one")
    for minutes in asked.classes.values() if asked.timed else ():
        _require_between(minutes, MINUTES, Word("minutes of work for an incident"))
    require_areas(areas, asked.count)


def require_areas(areas: int, count: int) -> None:
    """Enough small areas to choose among, and not more than can be proved about in a person's patience."""
    if areas > MOST_AREAS:
        raise Contradiction(
            "{areas} small areas are more than {most}",
            mend="choose larger cells, or a set of larger areas",
            areas=areas,
            most=MOST_AREAS,
        )
    if areas < 2 * count:
        raise Contradiction(
            "{count} beats of {areas} small areas leave nothing to choose",
            mend="ask for fewer beats, or choose smaller cells or areas",
            count=count,
            areas=areas,
        )


def fineness_for(areas: int, km2: float, count: int) -> int:
    """What so many beats are best made of: the areas, if these are enough and not too many, else the finest cells."""
    if A_CHOICE * count <= areas <= MOST_AREAS:
        return AS_THEY_ARE
    return max((one for one, size in CELL_KM2.items() if RIM * km2 / size <= MOST_AREAS), default=AS_THEY_ARE)


def require_even(workloads: Mapping[str, float], asked: Asked) -> None:
    """No small area may have more work than a whole beat may; `workloads` by the name of the area."""
    total = sum(workloads.values())
    if not total:
        raise Contradiction("no incident of these classes lies in any of the areas", mend="choose other areas")
    most = total / asked.count * (1 + asked.tolerance / 100)
    above = sorted((name for name, work in workloads.items() if work > most), key=lambda name: -workloads[name])
    if above:
        raise Contradiction(
            "one small area has more work than a whole beat may have: {listed}",
            mend="ask for fewer beats, allow more tolerance, or choose smaller cells or areas",
            listed=", ".join(above[:3]),
        )


def require_names(names: Mapping[str, str], beats: Sequence[str]) -> dict[str, str]:
    """What each of the beats is to be called: its own name where none is given; refused where two are the same."""
    given = {beat: (names.get(beat) or beat).strip() for beat in beats}
    for name in given.values():
        if not 1 <= len(name) <= LONGEST_BEAT:
            raise Contradiction("a beat's name has from 1 to {most} characters", most=LONGEST_BEAT)
    same = sorted({name for name in given.values() if list(given.values()).count(name) > 1})
    if same:
        raise Contradiction("two beats are called {name}", mend="name them differently", name=same[0])
    return given


def require_adoptable(plan: Mapping[str, Any], *, in_use: bool) -> None:
    """Only beats that were drawn and keep every promise are adopted, and one alternative at a time."""
    if plan["name"] == TODAY:
        raise Contradiction("these are today's beats", mend="choose another alternative")
    if plan["findings"]:
        raise Contradiction("these beats do not keep every promise", mend="choose another alternative")
    if in_use:
        raise Contradiction(
            "beats of this drawing are adopted already", mend="withdraw them on the Places desk first"
        )  # fmt: skip


def require_reason(reason: str) -> str:
    """Why beats are adopted."""
    if not reason.strip():
        raise Contradiction("say why these beats are adopted")
    return reason.strip()


def _require_between(value: float, ends: tuple[float, float], what: Word) -> None:
    if not ends[0] <= value <= ends[1]:
        raise Contradiction(
            "{what}: a number from {low:g} to {high:g}, not {value:g}", what=what, low=ends[0], high=ends[1],
            value=value,
        )  # fmt: skip
