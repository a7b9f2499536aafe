"""Beats: small areas grouped into the areas that units patrol, about equal in workload, each in one piece."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from placewise.kernels.arrays import Floats, frozen
from placewise.plan.errors import BadProblem


@dataclass(frozen=True)
class SmallArea:
    """What is never cut: its workload, its ground (m²), the length of its outline (m), and today's beat if known."""

    name: str
    workload: float
    ground: float
    outline: float
    today: str = ""


@dataclass(frozen=True)
class Border:
    """Two small areas, by index, and the metres of outline they share."""

    one: int
    other: int
    metres: float


@dataclass(frozen=True, eq=False)
class Beats:
    """What is asked: `count` beats of whole small areas, each in one piece.

    `travel` (areas, areas) holds seconds from each area's middle (row) to each other's. The workload of a beat may lie
    `tolerance` above or below the mean. What counts is the mean time by workload from a beat's best middle to the
    incident: the p-median (Hakimi 1964; Mitchell 1972 for beats).
    """

    areas: tuple[SmallArea, ...]
    borders: tuple[Border, ...]
    travel: Floats
    count: int
    tolerance: float = 0.15

    def __post_init__(self) -> None:
        frozen(self.travel)
        for says, wrong in self._faults():
            if wrong:
                raise BadProblem(f"{says}: {wrong[0]}" + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""))

    @property
    def mean(self) -> float:
        """The workload of a beat if all had the same."""
        return sum(area.workload for area in self.areas) / self.count

    def _faults(self) -> Iterable[tuple[str, list[str]]]:
        """Each rule a problem must keep, with the names of what breaks it."""
        size, names = len(self.areas), [area.name for area in self.areas]
        yield "beats below 1 or more than areas", [str(self.count)] * (not 1 <= self.count <= size)
        yield "tolerance not above 0", [str(self.tolerance)] * (not self.tolerance > 0)
        yield "two areas of one name", sorted({name for name in names if names.count(name) > 1})
        yield "workload below 0 or not finite", [a.name for a in self.areas if not 0 <= a.workload < np.inf]
        yield "workload", ["there is none"] * (not any(area.workload > 0 for area in self.areas))
        ends = [(border.one, border.other) for border in self.borders]
        unknown = [f"{one} and {other}" for one, other in ends if not 0 <= one != other < size or not 0 <= one < size]
        yield "border of no two areas", unknown
        shape = f"shape {self.travel.shape}, not {(size, size)}"
        yield "travel matrix", [shape] * (self.travel.shape != (size, size))
        yield "travel matrix", ["seconds below 0 or not finite"] * (not bool((self.travel >= 0).all()))
        yield "travel matrix", ["seconds below 0 or not finite"] * (not bool(np.isfinite(self.travel).all()))
        yield "areas that no border joins to the others", self._apart()
        most = self.mean * (1 + self.tolerance)
        yield "area with more workload than a beat may have", [a.name for a in self.areas if a.workload > most]

    def _apart(self) -> list[str]:
        """Names of the areas outside the largest part that borders hold together."""
        one, other = [border.one for border in self.borders], [border.other for border in self.borders]
        joined = coo_array((np.ones(len(one)), (one, other)), shape=(len(self.areas),) * 2)
        part = connected_components(joined, directed=False)[1]
        largest = np.bincount(part).argmax()
        return [area.name for area, own in zip(self.areas, part, strict=True) if own != largest]


@dataclass(frozen=True)
class Beat:
    """A beat: its areas, the area in its middle, workload, mean seconds from there, and how round it is (0 to 1)."""

    name: str
    middle: str
    areas: tuple[str, ...]
    workload: float
    seconds: float
    compactness: float


@dataclass(frozen=True)
class BeatPlan:
    """Every area in a beat; what it comes to, and how far at most from the best there is.

    `seconds` is the mean over all workload and `bound` what is proved that no plan can go below; `uneven` the greatest
    deviation of a beat's workload from the mean, as a part of it; `compactness` the mean of the beats'; `changed` how
    many areas change hands, None where today's beats are not known.
    """

    name: str
    beats: tuple[Beat, ...]
    seconds: float
    bound: float
    uneven: float
    compactness: float
    changed: int | None
    seed: int

    @property
    def gap(self) -> float:
        """How far above the proved bound, as a part of it."""
        return (self.seconds - self.bound) / self.bound if self.bound > 0 else 0.0

    def of_area(self) -> dict[str, str]:
        """The beat of each area."""
        return {area: beat.name for beat in self.beats for area in beat.areas}

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "BeatPlan":
        """The plan that `to_dict` wrote."""
        beats = tuple(Beat(**{**row, "areas": tuple(row["areas"])}) for row in plain["beats"])
        return cls(**{**plain, "beats": beats})
