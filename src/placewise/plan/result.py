"""A patrol plan: for each unit its visits and breaks in order, and each wanted visit that is not made, with why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Visit:
    """A stop at a place in a slot: when the unit arrives, begins to count, and leaves. Seconds."""

    place: str
    slot: int
    arrive: int
    begin: int
    leave: int


@dataclass(frozen=True)
class Rest:
    """A break, taken where the unit just is. Seconds."""

    begin: int
    end: int


@dataclass(frozen=True)
class Tour:
    """What one unit does in its shift, in order; `back` is when it is at its end station."""

    unit: str
    items: tuple[Visit | Rest, ...]
    back: int

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The stops without the breaks."""
        return tuple(item for item in self.items if isinstance(item, Visit))


@dataclass(frozen=True)
class Unvisited:
    """A wanted visit that is not made; `reason` is one of `placewise.plan.REASONS`."""

    place: str
    slot: int
    reason: str


@dataclass(frozen=True)
class Plan:
    """Tours in the order of the problem's units, what stays unvisited, and what it comes to."""

    tours: tuple[Tour, ...]
    unvisited: tuple[Unvisited, ...]
    prize: float
    wanted_prize: float
    travel: int
    engine: str
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Plan":
        """The plan that `to_dict` wrote."""
        tours = tuple(
            Tour(row["unit"], tuple(_item(item) for item in row["items"]), row["back"]) for row in plain["tours"]
        )
        unvisited = tuple(Unvisited(**row) for row in plain["unvisited"])
        return cls(**{**plain, "tours": tours, "unvisited": unvisited})


def _item(row: Mapping[str, Any]) -> Visit | Rest:
    return Visit(**row) if "place" in row else Rest(**row)
