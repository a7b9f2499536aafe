"""How the chosen places and the patrol minutes asked fall on groups of areas, against what is reported there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewise.fairness.groups import AreaGroups
from placewise.kernels.arrays import Floats, floats
from placewise.space.surface import Surface


@dataclass(frozen=True)
class Exposure:
    """One group of areas: its parts of the whole, and what a forecast asks and finds there.

    area_share: of the study area; chosen_share: of the chosen cells' area; minutes_share: of the patrol minutes asked;
    expected_share: of the incidents expected; reported_share: of those reported in the horizon; hit_rate: part of the
    group's reported incidents that fell in chosen cells; ratio: chosen_share over reported_share, 1 is even;
    chosen_km2_per_100k: chosen area for 100,000 residents.
    """

    group: str
    area_share: float
    chosen_share: float
    minutes_share: float | None
    expected_share: float
    reported_share: float | None
    hit_rate: float | None
    ratio: float | None
    residents: float | None
    chosen_km2_per_100k: float | None


def exposure(
    surface: Surface,
    groups: AreaGroups,
    *,
    share: float = 0.05,
    minutes: Floats | None = None,
    reported: Floats | None = None,
) -> tuple[Exposure, ...]:
    """Exposure of every group when the densest `share` of the area is chosen.

    minutes (n,): patrol minutes asked by cell, from a plan; reported (n,): incidents reported in the horizon.
    """
    chosen = np.zeros(len(surface.cells))
    chosen[surface.top(share)] = 1.0
    areas = surface.cells.areas
    ground = groups.sums(areas * chosen)
    hits = None if reported is None else groups.sums(reported * chosen)
    total = None if reported is None else groups.sums(reported)
    columns = {
        "area": _parts(groups.sums(areas)),
        "chosen": _parts(ground),
        "expected": _parts(groups.sums(surface.expected)),
    }
    asked = None if minutes is None else _parts(groups.sums(minutes))
    found = None if total is None else _parts(total)
    return tuple(
        Exposure(
            group=name,
            area_share=float(columns["area"][g]),
            chosen_share=float(columns["chosen"][g]),
            minutes_share=_at(asked, g),
            expected_share=float(columns["expected"][g]),
            reported_share=_at(found, g),
            hit_rate=None if hits is None or total is None else _over(hits[g], total[g]),
            ratio=None if found is None else _over(columns["chosen"][g], found[g]),
            residents=_at(groups.residents, g),
            chosen_km2_per_100k=None if groups.residents is None else _over(ground[g] / 10, groups.residents[g]),
        )
        for g, name in enumerate(groups.names)
    )


def shift(before: Sequence[Exposure], after: Sequence[Exposure]) -> float:
    """Part of the chosen area that changed groups between two choices: total variation distance, 0 to 1."""
    pairs = zip(before, after, strict=True)
    return sum(abs(one.chosen_share - other.chosen_share) for one, other in pairs) / 2


def _parts(values: Floats) -> Floats:
    """Parts of their sum, noughts where there is none."""
    total = values.sum()
    return floats(values / total) if total > 0 else np.zeros(values.size)


def _at(values: Floats | None, place: int) -> float | None:
    """One of the values, if there are any."""
    return None if values is None else float(values[place])


def _over(top: float, bottom: float) -> float | None:
    """A ratio, None where there is nothing to divide by."""
    return float(top / bottom) if bottom > 0 else None
