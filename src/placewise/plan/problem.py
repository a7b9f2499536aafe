"""A patrol planning problem: places with a prize in each slot, units with shifts and breaks, and what must be kept.

All times are whole seconds from the plan's beginning; a place is longitude, latitude. Values only: a problem can be
written as JSON and read back the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.kernels.arrays import Ints, frozen
from placewise.plan.errors import BadProblem
from placewise.streets import TravelTimes


@dataclass(frozen=True)
class Window:
    """From `start` up to `end`, in seconds."""

    start: int
    end: int


@dataclass(frozen=True)
class Break:
    """A rest of `seconds` that begins from `earliest` to `latest`, taken where the unit just is."""

    seconds: int
    earliest: int
    latest: int


@dataclass(frozen=True)
class Station:
    """Where shifts begin and end."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Place:
    """Somewhere to be seen: its prize (risk) in each slot, how many visits are wanted, and for how long each."""

    name: str
    lon: float
    lat: float
    prize: tuple[float, ...]
    visits: int = 1
    dwell: int = 15 * 60
    area: str = ""
    skills: tuple[str, ...] = ()
    crew: int = 1


@dataclass(frozen=True)
class Unit:
    """A crew and its shift; `crew` is how many people it is, 2 for places that ask for two."""

    name: str
    start: str
    end: str
    shift: Window
    breaks: tuple[Break, ...] = ()
    skills: tuple[str, ...] = ()
    crew: int = 1


@dataclass(frozen=True, eq=False)
class Problem:
    """What is asked of a plan.

    `travel` holds seconds between locations: the places in order, then the stations in order. A visit begins in its
    slot. `spacing` is the least time between the end of one visit to a place and the beginning of the next.
    `max_share` is the greatest share of all visit seconds an area may get; `balance` the greatest difference between
    the shares of their shifts that any two units spend on visits, where that is promised.
    """

    places: tuple[Place, ...]
    stations: tuple[Station, ...]
    units: tuple[Unit, ...]
    slots: tuple[Window, ...]
    travel: Ints
    spacing: int = 0
    max_share: Mapping[str, float] = field(default_factory=dict)
    balance: float | None = None

    def __post_init__(self) -> None:
        frozen(self.travel)
        for says, wrong in self._faults():
            if wrong:
                raise BadProblem(f"{says}: {wrong[0]}" + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""))

    def _faults(self) -> Iterable[tuple[str, list[str]]]:
        """Each rule a problem must keep, with the names of what breaks it."""
        stations, slots = {station.name for station in self.stations}, self.slots
        yield "two of one name", [*_twice(self.places), *_twice(self.units), *_twice(self.stations)]
        yield "unit at no known station", [unit.name for unit in self.units if not {unit.start, unit.end} <= stations]
        yield "shift ends before it begins", [unit.name for unit in self.units if unit.shift.end <= unit.shift.start]
        yield "break that can't be taken", [unit.name for unit in self.units if not _breaks_fit(unit)]
        yield (
            "slot before the one it follows",
            [
                f"slot {i}"
                for i, slot in enumerate(slots)
                if slot.end <= slot.start or (i and slot.start < slots[i - 1].end)
            ],
        )
        yield "place without a prize for each slot", [p.name for p in self.places if len(p.prize) != len(slots)]
        yield "prize below 0 or not finite", [p.name for p in self.places if not all(0 <= x < np.inf for x in p.prize)]
        yield "visits or dwell below 0", [p.name for p in self.places if p.visits < 0 or p.dwell < 0 or p.crew < 1]
        yield "share outside 0 to 1", [area for area, share in self.max_share.items() if not 0 <= share <= 1]
        size = len(self.places) + len(self.stations)
        yield "travel matrix", [f"shape {self.travel.shape}, not {(size, size)}"] * (self.travel.shape != (size, size))
        yield "travel matrix", ["negative seconds"] * bool((self.travel < 0).any())
        yield "spacing", ["below 0"] * (self.spacing < 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, ready for JSON."""
        plain = asdict(self)
        plain["travel"] = self.travel.tolist()
        plain["max_share"] = dict(self.max_share)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Problem":
        """The problem that `to_dict` wrote."""
        return cls(
            places=tuple(_place(row) for row in plain["places"]),
            stations=tuple(Station(**row) for row in plain["stations"]),
            units=tuple(_unit(row) for row in plain["units"]),
            slots=tuple(Window(**row) for row in plain["slots"]),
            travel=np.array(plain["travel"], dtype=np.int64).reshape(-1, len(plain["travel"])),
            spacing=plain["spacing"],
            max_share=dict(plain["max_share"]),
            balance=plain["balance"],
        )


def travel_seconds(times: TravelTimes, places: Iterable[Place], stations: Iterable[Station]) -> Ints:
    """The travel matrix of a problem, whole seconds rounded up: first the places, then the stations."""
    spots = [(place.lon, place.lat) for place in places] + [(station.lon, station.lat) for station in stations]
    seconds = times.many_to_many(spots, spots)
    if not np.isfinite(seconds).all():
        raise BadProblem("there is no way between some of these places")
    whole: NDArray[np.int64] = np.ceil(seconds - 1e-6).astype(np.int64)
    return np.maximum(whole, 0)


def _twice(things: Iterable[Place | Unit | Station]) -> list[str]:
    seen = set[str]()
    return [thing.name for thing in things if thing.name in seen or seen.add(thing.name)]  # type: ignore[func-returns-value]


def _breaks_fit(unit: Unit) -> bool:
    """Whether the breaks, in order, can all be taken in the shift, even without a visit."""
    now = unit.shift.start
    for rest in unit.breaks:
        now = max(now, rest.earliest)
        if now > rest.latest or rest.seconds < 0:
            return False
        now += rest.seconds
    return now <= unit.shift.end


def _place(row: Mapping[str, Any]) -> Place:
    return Place(**{**row, "prize": tuple(row["prize"]), "skills": tuple(row["skills"])})


def _unit(row: Mapping[str, Any]) -> Unit:
    breaks = tuple(Break(**rest) for rest in row["breaks"])
    return Unit(**{**row, "shift": Window(**row["shift"]), "breaks": breaks, "skills": tuple(row["skills"])})
