"""What a simulation is run on: zones, units with their shifts and beats, priorities, calls, travel times and rules.

Times are seconds; those of the week count from Monday midnight. A place is longitude, latitude. Values only: a scenario
can be written as JSON and read back the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from placewise.kernels.arrays import Floats, floats, frozen
from placewise.simulate.arrivals import Arrivals, Recorded, arrivals_from
from placewise.simulate.errors import BadScenario
from placewise.streets import TravelTimes

DAY, WEEK = 86_400, 604_800

POLICIES = ("closest", "closest_keeping_cover", "beat_first")
"""Closest in time; of those in time the one that leaves most cover (first priority: the closest); own beat first."""

PREEMPTION = ("none", "driving", "always")
"""Whether a more urgent call takes a unit from a less urgent one: never, while it drives there, or at the scene too."""

IDLE = ("home", "stay")
"""Where a free unit without a patrol stop goes: back to its station, or nowhere."""


@dataclass(frozen=True)
class Zone:
    """A piece of ground where calls come from, seen as one place; `area` is what results are told by."""

    name: str
    lon: float
    lat: float
    area: str = ""


@dataclass(frozen=True)
class Station:
    """Where shifts begin and where free units return to."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Shift:
    """On duty from `start` up to `end`, seconds of the week; an end beyond the week runs on into the next."""

    start: int
    end: int


@dataclass(frozen=True)
class Unit:
    """A crew: its station, its shifts of the week (none: always on duty), and the areas of its beat."""

    name: str
    station: str
    shifts: tuple[Shift, ...] = ()
    beat: tuple[str, ...] = ()
    crew: int = 1


@dataclass(frozen=True)
class Priority:
    """How urgent calls of one kind are served; priorities stand in order, the most urgent first.

    Time at the scene is gamma with this `mean` (seconds) and coefficient of variation `cv` (1 exponential, 0 always the
    mean), or drawn from `samples`. `target` is the response time wished, `handling` passes before a unit can be sent,
    `two_people` is the share of calls that ask for two people: one crew of two or two of one.
    """

    name: str
    mean: float = 1800.0
    cv: float = 1.0
    target: float = 600.0
    samples: tuple[float, ...] = ()
    handling: float = 0.0
    two_people: float = 0.0

    @property
    def work(self) -> float:
        """Mean seconds at the scene."""
        return float(np.mean(self.samples)) if self.samples else self.mean


@dataclass(frozen=True)
class Patrol:
    """A stop of the patrol plan: the unit is to be in the zone from `start` to `end`, seconds of the week."""

    unit: str
    zone: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Scenario:
    """A city's calls and units under one set of rules.

    `travel` holds driving seconds between locations: the zones in order, then the stations in order. `pace` is the
    share of that speed which is driven in each of the 168 hours of the week (none: always all). With `waiting` false a
    call that finds no free unit is handed to somebody else. Cover counts demand within `cover_seconds` of a free unit.
    """

    zones: tuple[Zone, ...]
    stations: tuple[Station, ...]
    units: tuple[Unit, ...]
    priorities: tuple[Priority, ...]
    arrivals: Arrivals | Recorded
    travel: Floats
    policy: str = "closest"
    preemption: str = "none"
    idle: str = "home"
    waiting: bool = True
    patrols: tuple[Patrol, ...] = ()
    pace: tuple[float, ...] = ()
    cover_seconds: float = 480.0

    def __post_init__(self) -> None:
        frozen(self.travel)
        for says, wrong in self._faults():
            if wrong:
                raise BadScenario(f"{says}: {wrong[0]}" + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""))

    def _faults(self) -> Iterable[tuple[str, list[str]]]:
        """Each rule a scenario must keep, with what breaks it."""
        yield from self._empty()
        yield from self._unit_faults()
        yield from self._patrol_faults()
        yield from self._number_faults()

    def _empty(self) -> Iterable[tuple[str, list[str]]]:
        for name in ("zones", "stations", "units", "priorities"):
            yield f"no {name}", ["a scenario needs one at least"] * (not getattr(self, name))
            yield f"two {name} of one name", _twice(getattr(self, name))
        asked, told = (len(self.priorities), len(self.zones)), self.arrivals.shape
        yield "calls", [f"for {told} priorities and zones, but there are {asked}"] * (told != asked)

    def _unit_faults(self) -> Iterable[tuple[str, list[str]]]:
        stations, areas = {station.name for station in self.stations}, {zone.area for zone in self.zones}
        yield "unit at no known station", [unit.name for unit in self.units if unit.station not in stations]
        lost = [unit.name for unit in self.units if unit.beat and areas.isdisjoint(unit.beat)]
        yield "beat in whose areas there is no zone", lost
        yield "crew below 1", [unit.name for unit in self.units if unit.crew < 1]
        yield (
            "shift that is none: it begins in the week and lasts above 0 and at most 7 days",
            [unit.name for unit in self.units if not all(_is_span(shift) for shift in unit.shifts)],
        )
        yield "shifts that overlap", [unit.name for unit in self.units if _overlap(unit.shifts)]

    def _patrol_faults(self) -> Iterable[tuple[str, list[str]]]:
        units, zones = {unit.name for unit in self.units}, {zone.name for zone in self.zones}
        yield "patrol stop of no known unit", [stop.unit for stop in self.patrols if stop.unit not in units]
        yield "patrol stop in no known zone", [stop.zone for stop in self.patrols if stop.zone not in zones]
        yield "patrol stop of no length", [stop.zone for stop in self.patrols if not _is_span(stop)]
        by_unit = {unit: [stop for stop in self.patrols if stop.unit == unit] for unit in sorted(units)}
        yield "patrol stops that overlap", [unit for unit, stops in by_unit.items() if _overlap(stops)]

    def _number_faults(self) -> Iterable[tuple[str, list[str]]]:
        size = len(self.zones) + len(self.stations)
        shape = self.travel.shape
        yield "travel matrix", [f"shape {shape}, not {(size, size)}"] * (shape != (size, size))
        yield "travel matrix", ["no way between some places"] * (not np.isfinite(self.travel).all())
        yield "travel matrix", ["negative seconds"] * bool((self.travel < 0).any())
        yield "times of a priority", [one.name for one in self.priorities if not _times_hold(one)]
        yield "policy", [f"{self.policy!r} is none of {', '.join(POLICIES)}"] * (self.policy not in POLICIES)
        yield (
            "preemption",
            [f"{self.preemption!r} is none of {', '.join(PREEMPTION)}"] * (self.preemption not in PREEMPTION),
        )
        yield "idle", [f"{self.idle!r} is none of {', '.join(IDLE)}"] * (self.idle not in IDLE)
        paced = len(self.pace) in {0, 168} and all(0 < share < np.inf for share in self.pace)
        yield "pace", ["168 shares above 0 are needed, or none"] * (not paced)
        yield "cover", ["seconds above 0 are needed"] * (not 0 < self.cover_seconds < np.inf)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, ready for JSON."""
        parts = {name: [asdict(one) for one in getattr(self, name)] for name in _PARTS}
        plain = {name: getattr(self, name) for name in _RULES}
        return {
            **parts,
            **plain,
            "pace": list(self.pace),
            "arrivals": self.arrivals.to_dict(),
            "travel": self.travel.tolist(),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Scenario":
        """The scenario that `to_dict` wrote."""
        return cls(
            zones=tuple(Zone(**row) for row in plain["zones"]),
            stations=tuple(Station(**row) for row in plain["stations"]),
            units=tuple(_unit(row) for row in plain["units"]),
            priorities=tuple(Priority(**{**row, "samples": tuple(row["samples"])}) for row in plain["priorities"]),
            patrols=tuple(Patrol(**row) for row in plain["patrols"]),
            arrivals=arrivals_from(plain["arrivals"]),
            travel=floats(plain["travel"]).reshape(-1, len(plain["travel"])),
            pace=tuple(plain["pace"]),
            **{name: plain[name] for name in _RULES},
        )


_PARTS = ("zones", "stations", "units", "priorities", "patrols")
_RULES = ("policy", "preemption", "idle", "waiting", "cover_seconds")


def every_day(start: int, end: int, days: Sequence[int] = range(7)) -> tuple[Shift, ...]:
    """The shift from `start` to `end` seconds after midnight on each of these days; 0 is Monday."""
    return tuple(Shift(day * DAY + start, day * DAY + end) for day in days)


def travel_seconds(times: TravelTimes, zones: Iterable[Zone], stations: Iterable[Station]) -> Floats:
    """The travel matrix of a scenario, seconds: first the zones, then the stations."""
    spots = [*((zone.lon, zone.lat) for zone in zones), *((one.lon, one.lat) for one in stations)]
    return floats(times.many_to_many(spots, spots))


def _twice(things: Sequence[Any]) -> list[str]:
    seen = set[str]()
    return [thing.name for thing in things if thing.name in seen or seen.add(thing.name)]  # type: ignore[func-returns-value]


def _is_span(span: Shift | Patrol) -> bool:
    return 0 <= span.start < WEEK and 0 < span.end - span.start <= WEEK


def _overlap(spans: Sequence[Shift] | Sequence[Patrol]) -> bool:
    """Whether two of a week's spans share time, the last one running on into the next week."""
    known = sorted((span.start, span.end) for span in spans)
    following = [*known[1:], (known[0][0] + WEEK, 0)] if known else []
    return any(end > start for (_, end), (start, _) in zip(known, following, strict=True))


def _times_hold(one: Priority) -> bool:
    """Whether a priority's times can be drawn."""
    drawn = one.samples or (one.mean,)
    return (
        all(0 <= seconds < np.inf for seconds in (*drawn, one.cv, one.target, one.handling))
        and max(drawn) > 0
        and 0 <= one.two_people <= 1
    )


def _unit(row: Mapping[str, Any]) -> Unit:
    shifts = tuple(Shift(**shift) for shift in row["shifts"])
    return Unit(**{**row, "shifts": shifts, "beat": tuple(row["beat"])})
