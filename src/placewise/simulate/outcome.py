"""What a simulation comes to: response times, queue, load, cover and patrol time, each with its interval."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from placewise.simulate.errors import NotComparable

TIMES = ("mean", "p50", "p80", "p90", "p95", "within", "queued", "wait", "lost")
"""The estimates of a row of response times, in order."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, from the same value in each batch; None where nothing was there to measure."""

    value: float | None
    low: float | None
    high: float | None
    batches: tuple[float | None, ...]


@dataclass(frozen=True)
class Response:
    """Calls of a priority, an area and named hours of the day («» is all): seconds from the call to the first unit.

    `within` is the share answered within the priority's target, `queued` the share for which no unit was free, `wait`
    mean seconds until a unit was sent once one could have been, `lost` the share handed to somebody else.
    """

    priority: str
    area: str
    calls: int
    mean: Estimate
    p50: Estimate
    p80: Estimate
    p90: Estimate
    p95: Estimate
    within: Estimate
    queued: Estimate
    wait: Estimate
    lost: Estimate
    hours: str = ""


@dataclass(frozen=True)
class UnitLoad:
    """A unit's load: `utilisation` is the share of its duty spent on calls, `driving` the part of that on the way.

    `in_beat` is the share of its jobs in its own beat; patrol seconds are what the plan asked and what was given.
    """

    name: str
    utilisation: Estimate
    driving: float | None
    jobs_a_day: float
    in_beat: float | None
    overtime_a_week: float
    patrol_asked: float
    patrol_given: float


@dataclass(frozen=True)
class Outcome:
    """All that a simulation tells.

    `cover` is the share of calls' places within reach of a free unit, over time; `cover_by_hour` the same by hour of
    the day. `in_beat` is the share of first units at a scene whose beat it is. `patrol_kept` is given over asked.
    """

    responses: tuple[Response, ...]
    units: tuple[UnitLoad, ...]
    utilisation: Estimate
    cover: Estimate
    cover_by_hour: tuple[float | None, ...]
    in_beat: Estimate
    patrol_kept: Estimate
    waiting: Estimate
    longest_wait: float
    calls: int
    sent: int
    recalled: int
    unanswered: int
    days: float
    runs: int
    seed: int
    start: int
    notes: tuple[str, ...] = ()

    def response(self, priority: str = "", area: str = "", hours: str = "") -> Response:
        """The row of a priority, an area or named hours; «» is all."""
        for row in self.responses:
            if (row.priority, row.area, row.hours) == (priority, area, hours):
                return row
        raise NotComparable(f"no row for priority {priority!r}, area {area!r} and hours {hours!r}")

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Outcome":
        """The outcome that `to_dict` wrote."""
        responses = tuple(Response(**{k: _read(v) for k, v in row.items()}) for row in plain["responses"])
        units = tuple(UnitLoad(**{k: _read(v) for k, v in row.items()}) for row in plain["units"])
        return cls(**{**{k: _read(v) for k, v in plain.items()}, "responses": responses, "units": units})


def _read(value: Any) -> Any:
    """An estimate from its parts, a tuple from a list, anything else as it is."""
    if isinstance(value, Mapping):
        return Estimate(**{**value, "batches": tuple(value["batches"])})
    return tuple(value) if isinstance(value, list) else value
