"""What a forecast would say if some areas reported less: it is made again from thinned reports."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placewise.fairness.exposure import Exposure, exposure, shift
from placewise.fairness.groups import AreaGroups, NoGroups
from placewise.kernels.arrays import Floats
from placewise.kernels.moments import Moment
from placewise.space.cells import Cells
from placewise.space.contract import Forecaster
from placewise.space.events import Events
from placewise.space.surface import Surface


@dataclass(frozen=True)
class ReportingTest:
    """A forecast and its repetition with thinned reports.

    kept: part of reports kept, by group; before, after: exposures (after: of the repetition with the median shift);
    moved: part of the chosen area that changed groups (mean over repetitions); same_cells: part of the chosen cells
    that stayed chosen (mean).
    """

    kept: Mapping[str, float]
    before: tuple[Exposure, ...]
    after: tuple[Exposure, ...]
    moved: float
    same_cells: float


def thin_reports(
    model: Forecaster,
    events: Events,
    cells: Cells,
    groups: AreaGroups,
    kept: Mapping[str, float],
    *,
    until: Moment,
    end: Moment,
    context: Events | None = None,
    share: float = 0.05,
    repeats: int = 5,
    seed: int = 0,
    full: Surface | None = None,
) -> ReportingTest:
    """Forecast [until, end) from all reports, then from reports kept with probability `kept` in the groups named.

    Reports of the other classes given as context are thinned alike: who reports less does so whatever happened.
    full: the forecast from all reports, where it was made already.
    """
    if unknown := sorted(set(kept) - set(groups.names)):
        raise NoGroups(f"no group {', '.join(unknown)}; there are {', '.join(groups.names)}")
    chance = _chances(events, cells, groups, kept)
    others = None if context is None else _chances(context, cells, groups, kept)

    def forecast(own: Events, other: Events | None) -> Surface:
        return model.clone().fit(own, cells, until=until, context=other).predict(until, end)

    def thinned(k: int) -> Surface:
        other = None if context is None or others is None else context.thinned(others, seed + repeats + k)
        return forecast(events.thinned(chance, seed + k), other)

    first = forecast(events, context) if full is None else full
    again = [thinned(k) for k in range(repeats)]
    before = exposure(first, groups, share=share)
    after = [exposure(surface, groups, share=share) for surface in again]
    moves = [shift(before, one) for one in after]
    middle = int(np.argsort(moves)[len(moves) // 2])
    same = float(np.mean([_same(first, surface, share) for surface in again]))
    return ReportingTest(dict(kept), before, after[middle], float(np.mean(moves)), same)


def _chances(events: Events, cells: Cells, groups: AreaGroups, kept: Mapping[str, float]) -> Floats:
    """(m,) probability that each report is kept."""
    by_group = np.array([*(kept.get(name, 1.0) for name in groups.names), 1.0])
    cell = cells.index(events)
    group = np.where(cell >= 0, groups.of_cell[np.maximum(cell, 0)], -1)
    return np.asarray(by_group[group], dtype=np.float64)


def _same(one: Surface, other: Surface, share: float) -> float:
    """Part of the cells chosen first that were chosen again."""
    first = set(one.top(share).tolist())
    return len(first & set(other.top(share).tolist())) / len(first)
