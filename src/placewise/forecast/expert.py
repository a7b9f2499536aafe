"""One mixture of scales with its two corrections, log-linear and by trees, fitted to trial weeks."""

from dataclasses import dataclass

import numpy as np

from placewise.forecast.pooling import Correction, correction, mixture
from placewise.forecast.scales import Scales, Trials
from placewise.forecast.trees import Trees, grown
from placewise.kernels.arrays import Floats, floats

# Scales whose logarithms correct the mixture: half-life in weeks, reach in metres.
OWN = (
    (3.0, 100.0), (3.0, 200.0), (3.0, 600.0),
    (16.0, 0.0), (16.0, 100.0), (16.0, 200.0), (16.0, 600.0),
    (30.0, 2200.0),
    (60.0, 0.0), (60.0, 100.0), (60.0, 200.0),
    (240.0, 0.0), (240.0, 100.0), (240.0, 200.0), (240.0, 600.0), (240.0, 2200.0),
)  # fmt: skip
OTHER = ((26.0, 0.0), (240.0, 0.0), (240.0, 600.0))
CROSSED = ((30.0, 2200.0), (240.0, 0.0), (240.0, 600.0))  # these and the mixture, also by pairs
FLOOR = 0.15  # of the mean cell's rate, added before a logarithm is taken
FEW = 50  # incidents below which nothing is corrected
SPREAD = 0.5  # of the first weights over all scales alike; a weight that begins with nothing would stay so under EM
_LEANING = {(60.0, 0.0): 0.25, (240.0, 0.0): 0.2, (60.0, 350.0): 0.25, (240.0, 1100.0): 0.2}  # of the other half


@dataclass(frozen=True)
class Group:
    """Scales of one kind of incident: `own` for those to forecast, else the code of another class."""

    kind: str
    scales: Scales

    @property
    def logarithms(self) -> list[int]:
        """Which scales correct the mixture."""
        chosen = OWN if self.kind == "own" else OTHER
        return [k for k, name in enumerate(self.scales.names) if name in chosen]

    @property
    def floor(self) -> float:
        """What is added to a rate before its logarithm is taken."""
        return FLOOR * max(float(self.scales.cells[:, -1].mean()), 1e-9)


@dataclass(frozen=True)
class Expert:
    """A fitted mixture: names of its parts, what each expects at the cells (n, s), logs of the corrected rate."""

    kinds: tuple[str, ...]
    names: tuple[tuple[float, float], ...]
    parts: Floats
    log_rate: Floats
    log_checks: Floats
    variance: Floats

    @staticmethod
    def of(groups: list[Group], plan: Trials, ridge: float, seed: int) -> "Expert":
        """Weights by EM, then the corrections by Newton's method and by boosting, all on the trial weeks of `plan`."""
        n = groups[0].scales.cells.shape[0]
        even = float(groups[0].scales.cells[:, -1].sum()) / n
        rows = np.column_stack([*(g.scales.rows for g in groups), np.full(plan.cell.size, even)])
        cells = np.column_stack([*(g.scales.cells for g in groups), np.full(n, even)])
        mass = np.concatenate([*(g.scales.sums.sum(axis=0) for g in groups), [even * n * plan.weeks]])
        names = [(g.kind, name) for g in groups for name in g.scales.names] + [("even", (0.0, 0.0))]
        weights = mixture(floats(rows[plan.event > 0]), mass, _leaning(names))
        fixed, at = _Fixed.of(groups, rows @ weights, "rows"), _Fixed.of(groups, cells @ weights, "cells")
        found, checks = _Corrections.of(groups, plan, fixed, ridge, seed), plan.checks
        return Expert(
            kinds=tuple(kind for kind, _ in names),
            names=tuple(name for _, name in names),
            parts=floats(cells * weights),
            log_rate=at.log_rate + (found.log_factor(at.columns) if found else 0.0),
            log_checks=fixed.log_rate[checks] + (found.log_factor(fixed.columns[checks]) if found else 0.0),
            variance=found.linear.variance(at.columns) if found else np.zeros(n),
        )


@dataclass(frozen=True)
class _Fixed:
    """What the mixture says (log) and the columns that correct it, for rows or for cells."""

    log_rate: Floats
    columns: Floats

    @staticmethod
    def of(groups: list[Group], rate: Floats, where: str) -> "_Fixed":
        log_rate = np.log(rate + 1e-12)
        logs = [np.log(getattr(g.scales, where)[:, g.logarithms] + g.floor) for g in groups]
        return _Fixed(log_rate, floats(np.column_stack([log_rate, *logs])))


@dataclass(frozen=True)
class _Corrections:
    """Two factors that err differently, pooled geometrically with even weights (Genest and Zidek 1986)."""

    linear: Correction
    trees: Trees

    @staticmethod
    def of(groups: list[Group], plan: Trials, fixed: _Fixed, ridge: float, seed: int) -> "_Corrections | None":
        """Both learned on the same trials; none where there were too few incidents to learn from."""
        if plan.event.sum() < FEW:
            return None
        own = [groups[0].scales.names[k] for k in groups[0].logarithms]
        crossed = (0, *(1 + k for k, name in enumerate(own) if name in CROSSED))
        trials = (fixed.columns, fixed.log_rate, plan.event, plan.weight)
        linear = correction(*trials, crossed=crossed, ridge=ridge)
        return _Corrections(linear, grown(*trials, ridge=ridge, seed=seed))

    def log_factor(self, columns: Floats) -> Floats:
        """(r,) log of the factor for rows of columns (r, c)."""
        return floats((self.linear.log_factor(columns) + self.trees.log_factor(columns)) / 2)


def _leaning(names: list[tuple[str, tuple[float, float]]]) -> Floats:
    """The weights one begins with: half over all scales alike, half on those named where the ladder has them."""
    alike = SPREAD / max(len(names) - 1, 1)
    weights = floats([alike + (1 - SPREAD) * _LEANING.get(name, 0.0) * (kind == "own") for kind, name in names])
    weights[-1] = 1.0 - weights[:-1].sum()
    return weights
