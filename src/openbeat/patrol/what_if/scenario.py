"""From what was asked to scenarios: zones, units with shifts and beats, priorities, calls, travel. Pure.

The scenarios of one what-if share zones, calls and travel times: they differ in units, rules, beats and plan alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import h3
import numpy as np
from numpy.typing import NDArray

from openbeat.kernel.errors import Contradiction
from openbeat.patrol.build import Crew
from openbeat.patrol.what_if.rules import LEVELS, Asked, Beats, Car, Setup, roster, shared_out, spans, waiting_at
from placewise.simulate import (
    Arrivals,
    Patrol,
    Priority,
    Scenario,
    Station,
    Unit,
    Zone,
    driven_to,
    every_day,
    travel_seconds,
)
from placewise.simulate.arrivals import nearest_zone
from placewise.space.events import Events
from placewise.streets import TravelTimes

HOUR, DAY = 3600, 86_400
RESOLUTIONS = (9, 8, 7, 6)
"""H3 resolutions of zones, the finest first."""
MOST_ZONES = 1_200
"""Travel times between every two of them are kept: beyond this, zones become larger."""

Cells = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where calls come from: (n,) cells, and the mean place of what was recorded in each, degrees."""

    cells: Cells
    lon: Floats
    lat: Floats

    @staticmethod
    def of(lon: Floats, lat: Floats) -> Ground:
        """The cells that hold these points, each once in order, as fine as their number allows."""
        points = list(zip(lat.tolist(), lon.tolist(), strict=True))
        found = np.empty(0, dtype=np.int64)
        for resolution in RESOLUTIONS:
            homes = np.array([h3.str_to_int(h3.latlng_to_cell(*point, resolution)) for point in points], dtype=np.int64)
            found, number = np.unique(homes, return_inverse=True)
            if len(found) <= MOST_ZONES:
                break
        size = np.bincount(number)
        return Ground(found, np.bincount(number, lon) / size, np.bincount(number, lat) / size)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a patrol plan: unit, cell, seconds of the day on which its shift begins."""

    unit: str
    cell: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What a forecast expects: (n,) cells, incidents a week in each, and the classes it is of."""

    cells: Cells
    weekly: Floats
    classes: Collection[str]


@dataclass(frozen=True)
class Known:
    """What the agency knows of: calls, ground, units, plans.

    `priorities` names each class's priority from 0; `areas` the area of each zone («» is none); `beats` for each set
    of areas that a setup names: beat → the areas in it; `plans` the stops of each plan that one names.
    """

    events: Events
    ground: Ground
    areas: Sequence[str]
    crews: Sequence[Crew]
    stations: Sequence[Station]
    priorities: Mapping[str, int]
    beats: Mapping[str, Mapping[str, Collection[str]]] = field(default_factory=dict)
    plans: Mapping[str, Sequence[Stop]] = field(default_factory=dict)
    stands: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Units of each station by the standby plan that a setup names."""
    expected: Expected | None = None


@dataclass(frozen=True)
class Built:
    """The scenarios in the order of the setups, and what is to be said of them: stops that no unit can drive."""

    scenarios: tuple[Scenario, ...]
    weekly: float
    """Calls a week."""
    left_out: tuple[int, ...]
    """Stops of each setup's plan whose unit is not out then."""
    moved: int = 0
    """Incidents of the period that count at the nearest place that can be driven to."""


def built(known: Known, asked: Asked, times: TravelTimes) -> Built:
    """A scenario for each setup."""
    zones, moved = driven_to(_zones(known.ground, known.areas), known.events, times)
    stations = tuple(known.stations)
    arrivals = _arrivals(known, asked, zones)
    travel = travel_seconds(times, zones, stations)
    shared = _Shared(known, asked, zones, stations, arrivals, travel)
    scenarios, left_out = zip(*(shared.scenario(setup) for setup in asked.setups), strict=True)
    return Built(scenarios, float(arrivals.weekly.sum()), left_out, moved)


def _zones(ground: Ground, areas: Sequence[str]) -> tuple[Zone, ...]:
    names = [h3.int_to_str(cell) for cell in ground.cells.tolist()]
    rows = zip(names, ground.lon.tolist(), ground.lat.tolist(), areas, strict=True)
    return tuple(Zone(*row) for row in rows)


def _arrivals(known: Known, asked: Asked, zones: Sequence[Zone]) -> Arrivals:
    """Calls as incidents came, or for the classes of a forecast where it expects them; times the calls of each."""
    counted = Arrivals.from_events(known.events, zones, known.priorities, LEVELS)
    if known.expected is None:
        return counted.scaled(asked.calls)
    return _as_expected(known, known.expected, counted, zones).scaled(asked.calls)


def _as_expected(known: Known, expected: Expected, counted: Arrivals, zones: Sequence[Zone]) -> Arrivals:
    """The forecast's classes by its surface, shared among priorities as their incidents were; the rest as they came."""
    levels = {name: level for name, level in known.priorities.items() if name in expected.classes}
    if not levels:
        raise Contradiction(
            "no class of the forecast has a priority", mend="give its classes one, or choose no forecast"
        )
    own = Arrivals.from_events(known.events, zones, levels, LEVELS).weekly
    share = own.sum(axis=1) / own.sum()
    surface = np.zeros(len(zones))
    number = {zone.name: i for i, zone in enumerate(zones)}
    resolution = h3.get_resolution(zones[0].name)
    for cell, weekly in zip(expected.cells.tolist(), expected.weekly.tolist(), strict=True):
        home = h3.cell_to_parent(h3.int_to_str(cell), min(resolution, h3.get_resolution(h3.int_to_str(cell))))
        if home in number:
            surface[number[home]] += weekly
    return Arrivals(counted.weekly - own + share[:, None] * surface, counted.rhythm.copy())


@dataclass(frozen=True)
class _Shared:
    """What all scenarios of a what-if have in common."""

    known: Known
    asked: Asked
    zones: tuple[Zone, ...]
    stations: tuple[Station, ...]
    arrivals: Arrivals
    travel: Floats

    def scenario(self, setup: Setup) -> tuple[Scenario, int]:
        """The scenario of a setup, and how many stops of its plan no unit can drive."""
        out = self._roster(setup)
        patrols, left_out = self._patrols(setup, out)
        scenario = Scenario(
            zones=self.zones,
            stations=self.stations,
            units=self._units(setup, out),
            priorities=self._priorities(),
            arrivals=self.arrivals,
            travel=self.travel,
            policy=setup.policy,
            preemption=setup.preemption,
            idle="stay" if self.asked.stay else "home",
            patrols=patrols,
            cover_seconds=self.asked.cover * 60,
        )
        return scenario, left_out

    def _roster(self, setup: Setup) -> dict[Car, frozenset[int]]:
        cars = [Car(crew.call_sign, crew.station) for crew in self.known.crews]
        names = [station.name for station in self.stations]
        out = roster(cars, names, self.asked.setups[0], setup)
        return waiting_at(out, self.known.stands[setup.standby]) if setup.standby else out

    def _units(self, setup: Setup, out: Mapping[Car, frozenset[int]]) -> tuple[Unit, ...]:
        beats = self._beats(setup, list(out))
        people = {crew.call_sign: crew.people for crew in self.known.crews}
        return tuple(
            Unit(
                car.name,
                car.station,
                tuple(s for span in self._spans(shifts) for s in every_day(*span)),
                beats.get(car.name, ()),
                people.get(car.name, 2),
            )
            for car, shifts in out.items()
        )

    def _spans(self, shifts: frozenset[int]) -> list[tuple[int, int]]:
        return [(start * HOUR, end * HOUR) for start, end in spans(shifts, self.asked.first_hour)]

    def _priorities(self) -> tuple[Priority, ...]:
        return tuple(
            Priority(
                str(number),
                mean=level.minutes * 60,
                cv=level.spread / 100,
                target=level.target * 60,
                handling=self.asked.handling * 60,
            )
            for number, level in enumerate(self.asked.levels, start=1)
        )

    # --- beats ---

    def _beats(self, setup: Setup, cars: Sequence[Car]) -> dict[str, tuple[str, ...]]:
        if setup.beats == Beats.NONE:
            return {}
        calls = self._calls()
        manned = sorted({car.station for car in cars})
        if setup.beats == Beats.STATIONS:
            nearest = {area: self._nearest([area], manned) for area in calls}
            beats: Mapping[str, Collection[str]] = {
                station: [area for area, home in nearest.items() if home == station]
                for station in sorted(set(nearest.values()))
            }
            return shared_out(beats, calls, {station: station for station in beats}, cars)
        drawn = self.known.beats[setup.beats]
        inside = {name: [area for area in areas if area in calls] for name, areas in drawn.items()}
        beats = {name: areas for name, areas in inside.items() if areas}
        return shared_out(beats, calls, {name: self._nearest(areas, manned) for name, areas in beats.items()}, cars)

    def _calls(self) -> dict[str, float]:
        """Area → calls a week, of the areas that have zones."""
        weekly = self.arrivals.weekly.sum(axis=0)
        calls: dict[str, float] = {}
        for zone, count in zip(self.zones, weekly.tolist(), strict=True):
            if zone.area:
                calls[zone.area] = calls.get(zone.area, 0.0) + count
        return calls

    def _nearest(self, areas: Collection[str], manned: Sequence[str]) -> str:
        """The manned station from which calls of these areas are reached soonest on average."""
        weight = self.arrivals.weekly.sum(axis=0) + 1e-9  # a beat without calls still has a nearest station
        rows = [i for i, zone in enumerate(self.zones) if zone.area in areas]
        place = {station.name: len(self.zones) + i for i, station in enumerate(self.stations)}
        return min(manned, key=lambda name: (float(self.travel[place[name], rows] @ weight[rows]), name))

    # --- the patrol plan ---

    def _patrols(self, setup: Setup, out: Mapping[Car, frozenset[int]]) -> tuple[tuple[Patrol, ...], int]:
        """The plan's stops on each day of the week, and how many of a day have no unit out then."""
        stops = self.known.plans.get(setup.plan, ())
        shifts = {car.name: worked for car, worked in out.items()}
        kept = [stop for stop in stops if stop.unit in shifts and self._is_out(stop, shifts[stop.unit])]
        homes = [self.zones[number].name for number in _nearest_zones(self.zones, kept)]
        found = [_daily(stop, zone, day) for stop, zone in zip(kept, homes, strict=True) for day in range(7)]
        return tuple(found), len(stops) - len(kept)

    def _is_out(self, stop: Stop, shifts: frozenset[int]) -> bool:
        hours = spans(shifts, self.asked.first_hour)
        start, end = stop.start % DAY, stop.start % DAY + stop.end - stop.start
        return not hours or any(
            first * HOUR <= start + turn and end + turn <= last * HOUR for first, last in hours for turn in (0, DAY)
        )


def _daily(stop: Stop, zone: str, day: int) -> Patrol:
    start = day * DAY + stop.start % DAY
    return Patrol(stop.unit, zone, start, start + stop.end - stop.start)


def _nearest_zones(zones: Sequence[Zone], stops: Sequence[Stop]) -> list[int]:
    """The number of the zone nearest to each stop's cell."""
    if not stops:
        return []
    points = np.array([h3.cell_to_latlng(h3.int_to_str(stop.cell)) for stop in stops])
    found: list[int] = nearest_zone(zones, points[:, 1], points[:, 0]).tolist()
    return found


def stops_of(solution: Mapping[str, Any], begins: int) -> list[Stop]:
    """The stops of a plan whose shift begins so many seconds after midnight."""
    return [
        Stop(tour["unit"], h3.str_to_int(item["place"]), begins + int(item["begin"]), begins + int(item["leave"]))
        for tour in solution["tours"]
        for item in tour["items"]
        if "place" in item
    ]
