"""From an offered forecast and a shift to a plan: places, prizes by slot, units, travel; solved and checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import h3
import numpy as np
from numpy.typing import NDArray

from openbeat.patrol.rules import Asked, break_window, prizes, slots
from placewise.plan import (
    Break,
    Place,
    Plan,
    Problem,
    Station,
    Stop,
    Unit,
    Window,
    check,
    solve,
    travel_seconds,
)
from placewise.streets import TravelTimes


@dataclass(frozen=True, slots=True)
class Crew:
    """A unit as the plan needs it: call sign, home station, people."""

    call_sign: str
    station: str
    lon: float
    lat: float
    people: int = 2


@dataclass(frozen=True, slots=True)
class Ground:
    """The places to choose from: (n,) cells, incidents expected a day, the area of each; densest first."""

    cells: NDArray[np.int64]
    daily: NDArray[np.float64]
    areas: Sequence[str]


@dataclass(frozen=True, slots=True)
class Shift:
    """When: aware beginning and end, the agency's zone, and the day's share of incidents in each local hour (24,)."""

    starts: datetime
    ends: datetime
    zone: ZoneInfo
    hours: Sequence[float]

    @property
    def seconds(self) -> int:
        """Its length."""
        return int((self.ends - self.starts).total_seconds())

    def window(self, start: int, end: int) -> tuple[float, float]:
        """A window of the shift (seconds from its beginning) as local hours of its first day; may pass 24."""
        local = self.starts.astimezone(self.zone)
        first = local.hour + local.minute / 60
        return first + start / 3600, first + end / 3600


def problem_of(ground: Ground, shift: Shift, crews: Sequence[Crew], asked: Asked, times: TravelTimes) -> Problem:
    """The planning problem of a shift."""
    windows = slots(shift.seconds, asked.slot)
    places = _places(ground, shift, asked, windows)
    stations = _stations(crews)
    share = asked.max_share / 100
    return Problem(
        places=places,
        stations=stations,
        units=tuple(_unit(crew, shift, asked) for crew in crews),
        slots=tuple(Window(*window) for window in windows),
        travel=travel_seconds(times, places, stations),
        spacing=asked.spacing * 60,
        max_share={area: share for area in sorted({place.area for place in places}) if area},
        balance=asked.balance / 100,
    )


def place_name(cell: int) -> str:
    """A place's name in plans: its cell."""
    return str(h3.int_to_str(cell))


def _places(ground: Ground, shift: Shift, asked: Asked, windows: Sequence[tuple[int, int]]) -> tuple[Place, ...]:
    local = [shift.window(*window) for window in windows]
    found = []
    for cell, daily, area in zip(ground.cells.tolist(), ground.daily.tolist(), ground.areas, strict=True):
        lat, lon = h3.cell_to_latlng(h3.int_to_str(cell))
        worth = prizes(daily, shift.hours, local)
        found.append(
            Place(
                name=place_name(cell), lon=lon, lat=lat, prize=worth, visits=min(asked.visits, len(windows)),
                dwell=asked.dwell * 60, area=area,
            )
        )  # fmt: skip
    return tuple(found)


def _stations(crews: Sequence[Crew]) -> tuple[Station, ...]:
    named = {crew.station: (crew.lon, crew.lat) for crew in crews}
    return tuple(Station(name, lon, lat) for name, (lon, lat) in sorted(named.items()))


def _unit(crew: Crew, shift: Shift, asked: Asked) -> Unit:
    earliest, latest = break_window(shift.seconds, asked.rest)
    rests = (Break(asked.rest * 60, earliest, latest),) if asked.rest else ()
    return Unit(
        name=crew.call_sign, start=crew.station, end=crew.station, shift=Window(0, shift.seconds), breaks=rests,
        crew=crew.people,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Solved:
    """A plan as it is kept: problem, tours, what the checker found, how travel was timed, ways for the map."""

    problem: Problem
    plan: Plan
    findings: list[dict[str, Any]]
    travel: dict[str, Any]
    routes: dict[str, list[list[float]]]


Tell = Callable[[float, str], bool]
"""Told a share done and words; answers whether to stop."""


def solved(problem: Problem, asked: Asked, seed: int, times: TravelTimes, tell: Tell) -> Solved:
    """A plan for the problem, checked by the independent checker."""

    def follow(share: float, prize: float) -> bool:
        return not tell(0.1 + 0.8 * share, f"best so far: {prize:.2f} incidents within reach of a visit")

    plan = solve(problem, Stop(seconds=float(asked.seconds)), seed, progress=follow)
    return as_kept(problem, plan, times)


def as_kept(problem: Problem, plan: Plan, times: TravelTimes) -> Solved:
    """The plan with its check and its ways."""
    findings = [asdict(finding) for finding in check(problem, plan)]
    return Solved(problem, plan, findings, dict(times.facts), routes_of(problem, plan, times))


def routes_of(problem: Problem, plan: Plan, times: TravelTimes) -> dict[str, list[list[float]]]:
    """Each unit's way over its stops, rounded to a metre."""
    every: list[Place | Station] = [*problem.places, *problem.stations]
    spots = {spot.name: (spot.lon, spot.lat) for spot in every}
    home = {unit.name: unit for unit in problem.units}
    found = {}
    for tour in plan.tours:
        names = [home[tour.unit].start, *(visit.place for visit in tour.visits), home[tour.unit].end]
        legs = [times.path(spots[one], spots[other]).line for one, other in pairwise(names) if one != other]
        line = np.concatenate(legs) if legs else np.empty((0, 2))
        found[tour.unit] = np.round(line, 5).tolist()
    return found
