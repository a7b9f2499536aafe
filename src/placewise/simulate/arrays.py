"""A scenario as arrays for the compiled run, and fresh state to run it on."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.kernels.dispatch import DUTY, END, HEAD, LEAVE, NOBODY, OFF, Calls, City, Fleet, Line, Log
from placewise.simulate.scenario import IDLE, POLICIES, PREEMPTION, WEEK, Scenario, Unit


@dataclass(frozen=True)
class Stops:
    """Patrol stops of all weeks: the unit of each, its location, from when to when."""

    unit: Ints
    at: Ints
    since: Floats
    until: Floats


def as_city(scenario: Scenario, begin: float, end: float) -> tuple[City, Stops]:
    """The arrays of a scenario for the time from `begin` to `end`, seconds from a Monday midnight."""
    stops = _stops(scenario, begin, end)
    entries = [_entries(scenario, number, stops, begin, end) for number in range(len(scenario.units))]
    listed = [entry for one in entries for entry in one]
    weekly = scenario.arrivals.weekly.sum(axis=0)
    station = {spot.name: len(scenario.zones) + i for i, spot in enumerate(scenario.stations)}
    areas = np.array([[zone.area in unit.beat for zone in scenario.zones] for unit in scenario.units])
    rules = (
        POLICIES.index(scenario.policy),
        PREEMPTION.index(scenario.preemption),
        int(scenario.waiting),
        int(scenario.idle == IDLE[0]),
    )
    city = City(
        travel=np.ascontiguousarray(scenario.travel),
        pace=floats(scenario.pace or [1.0] * 168),
        weight=floats(weekly / weekly.sum()),
        home=ints([station[unit.station] for unit in scenario.units]),
        crew=ints([unit.crew for unit in scenario.units]),
        beat=areas,
        duty=np.array([not unit.shifts for unit in scenario.units]),
        first=ints(np.cumsum([0, *map(len, entries)])),
        when=floats([when for when, _, _ in listed]),
        what=ints([what for _, what, _ in listed]),
        stop=ints([stop for _, _, stop in listed]),
        stop_at=stops.at,
        stop_from=stops.since,
        stop_to=stops.until,
        target=floats([one.target for one in scenario.priorities]),
        cover=scenario.cover_seconds,
        rules=ints(rules),
    )
    return city, stops


def duty_spans(unit: Unit, begin: float, end: float) -> list[tuple[float, float]]:
    """The times from `begin` to `end` at which a unit is on duty; shifts that touch are one."""
    if not unit.shifts:
        return [(begin, end)]
    joined: list[tuple[float, float]] = []
    for start, stop in sorted(_weeks([(shift.start, shift.end) for shift in unit.shifts], begin, end)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _weeks(spans: list[tuple[int, int]], begin: float, end: float) -> list[tuple[float, float]]:
    """Spans of a week in every week from `begin` to `end`, cut off there."""
    weeks = range(int(begin // WEEK) - 1, int(end // WEEK) + 1)
    every = [(start + week * WEEK, stop + week * WEEK) for week in weeks for start, stop in spans]
    return [(max(start, begin), min(stop, end)) for start, stop in every if start < end and stop > begin]


def _stops(scenario: Scenario, begin: float, end: float) -> Stops:
    """Every patrol stop in every week, by unit and then time."""
    unit = {one.name: i for i, one in enumerate(scenario.units)}
    zone = {one.name: i for i, one in enumerate(scenario.zones)}
    rows = sorted(
        (unit[stop.unit], since, until, zone[stop.zone])
        for stop in scenario.patrols
        for since, until in _weeks([(stop.start, stop.end)], begin, end)
    )
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Stops(ints(table[:, 0]), ints(table[:, 3]), floats(table[:, 1]), floats(table[:, 2]))


def _entries(scenario: Scenario, number: int, stops: Stops, begin: float, end: float) -> list[tuple[float, int, int]]:
    """A unit's agenda, (when, what, stop) in order; it leaves for a stop so as to be there when it begins."""
    unit = scenario.units[number]
    entries = []
    if unit.shifts:
        for start, stop in duty_spans(unit, begin, end):
            entries += [(start, DUTY, NOBODY), (stop, END, NOBODY)]
    mine = np.flatnonzero(stops.unit == number)
    home = len(scenario.zones) + [spot.name for spot in scenario.stations].index(unit.station)
    before, free = home, begin
    for one in mine.tolist():
        drive = float(scenario.travel[before, stops.at[one]])
        entries.append((max(free, stops.since[one] - drive), HEAD, one))
        entries.append((float(stops.until[one]), LEAVE, one))
        before, free = int(stops.at[one]), float(stops.until[one])
    return sorted(entries, key=lambda entry: (entry[0], _TURN[entry[1]]))


_TURN = {LEAVE: 0, END: 1, DUTY: 2, HEAD: 3}  # what comes first of two entries at one moment


def fresh(city: City, calls: Calls, room: int) -> tuple[Fleet, Line, Log]:
    """Everybody at home, nobody called, an empty log of `room` rows."""
    units, total, stops = len(city.home), len(calls.ready), 8 * len(city.stop_at) + 8
    nowhere = np.full(units, NOBODY, dtype=np.int64)
    fleet = Fleet(
        phase=np.full(units, OFF, dtype=np.int64),
        duty=city.duty.copy(),
        call=nowhere.copy(),
        row=nowhere.copy(),
        entry=city.first[:-1].copy(),
        stop=nowhere.copy(),
        start=city.home.copy(),
        other=city.home.copy(),
        part=np.zeros(units),
        goal=city.home.copy(),
        left=np.full(units, -np.inf),
        there=np.full(units, -np.inf),
        due=np.full(units, np.inf),
        wake=np.full(units, np.inf),
    )
    line = Line(
        need=calls.people.copy(),
        work=calls.work.copy(),
        queued=np.zeros(total, dtype=np.bool_),
        lost=np.zeros(total, dtype=np.bool_),
        heap=np.zeros(total + 1, dtype=np.int64),
        size=np.zeros(3, dtype=np.int64),
    )
    never, none = np.full(room, np.nan), np.full(room, NOBODY, dtype=np.int64)
    log = Log(
        call=none.copy(),
        unit=none.copy(),
        sent=never.copy(),
        arrived=never.copy(),
        left=never.copy(),
        done=np.zeros(room, dtype=np.bool_),
        stop=np.full(stops, NOBODY, dtype=np.int64),
        since=np.full(stops, np.nan),
        until=np.full(stops, np.nan),
    )
    return fleet, line, log
