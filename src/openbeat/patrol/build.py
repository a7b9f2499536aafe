"""From an offered forecast and a shift to a planning problem: places, prizes by slot, units, travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import h3
import numpy as np
from numpy.typing import NDArray

from openbeat.patrol.rules import Asked, break_window, prizes, slots
from placewise.plan import Break, Place, Problem, Station, Unit, Window, travel_seconds
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
    return h3.int_to_str(cell)


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
