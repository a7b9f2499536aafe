"""Exponentially weighted counts on several scales of time and space, mixed by out-of-time likelihood."""

import numpy as np

from placewise.forecast.base import Estimator, shares
from placewise.forecast.shrinkage import shrunk
from placewise.kernels.arrays import Floats, floats
from placewise.kernels.mixture import mixture_step
from placewise.space.cells import Located
from placewise.space.smoothing import Smoother

STEPS = 60


class DecayedCounts(Estimator):
    """Counts that fade with several half-lives (days), in the cell and about it (metres), shrunk and mixed.

    Each part is a decayed count shrunk towards its smoothed neighbourhood; the non-negative weights of the parts are
    those that gave the last `trials` weeks, each forecast from before it, the highest Poisson likelihood.
    Exponential smoothing: Gorr, Olligschlaeger and Thompson 2003, Int. J. Forecasting 19; EM: Dempster et al. 1977.
    """

    def __init__(
        self,
        half_lives: tuple[float, ...] = (14.0, 60.0, 240.0, 1000.0),
        reaches: tuple[float, ...] = (250.0, 600.0, 1500.0),
        trials: int = 13,
    ) -> None:
        self.half_lives = half_lives
        self.reaches = reaches
        self.trials = trials

    def describe(self) -> str:
        """What it does."""
        halves = ", ".join(f"{h:g}" for h in self.half_lives)
        return f"counts fading with half-lives of {halves} days, smoothed over neighbours, mixed by past success"

    def _learn(self, located: Located, context: Located | None) -> None:
        smoothers = [Smoother(self.cells_, reach) for reach in self.reaches]
        parts, counts = [], []
        for week in range(self.trials, 0, -1):
            cut = self.now_ - 7.0 * week
            if cut - self.since_ >= 56.0:
                parts.append(self._parts(located.where(located.last <= cut), cut, smoothers) * 7.0)
                counts.append(located.counts(len(self.cells_), cut, cut + 7.0))
        self.parts_ = self._parts(located, self.now_, smoothers)
        self.weights_ = _weights(parts, counts, self.parts_.shape[1])
        self.rate_ = floats(self.parts_ @ self.weights_)

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        spread = np.sqrt(np.maximum(self.parts_**2 @ self.weights_ - self.rate_**2, 0.0) + self.rate_ / 365.0)
        return self.rate_ * (end - start), spread * (end - start)

    def _parts(self, located: Located, now: float, smoothers: list[Smoother]) -> Floats:
        """(n, k) daily rates of every half-life in the cell and over every reach, and an even part."""
        even = shares(self.cells_.areas)
        columns = []
        for half_life in self.half_lives:
            fade = np.exp2(-(now - located.day) / half_life)
            counts = floats(np.bincount(located.cell, fade, minlength=len(self.cells_)))
            whole = half_life / np.log(2) * (1 - np.exp2(-max(now - self.since_, 28.0) / half_life))
            near = [smoother(counts) for smoother in smoothers]
            columns += [part / whole for part in (shrunk(counts, near[0]).mean, *near)]
        columns.append((len(located) + 0.5) / max(now - self.since_, 28.0) * even)
        return np.column_stack(columns)


def _weights(parts: list[Floats], counts: list[Floats], k: int) -> Floats:
    """Mixture weights that suit the trials; even ones where there was no trial with an event."""
    weights = np.full(k, 1.0 / k)
    if not parts or sum(float(c.sum()) for c in counts) == 0:
        return weights
    stacked, observed = np.vstack(parts), np.concatenate(counts)
    mass = stacked.sum(axis=0)
    for _ in range(STEPS):
        weights = mixture_step(stacked, observed, weights, mass)
    return floats(weights / max(weights.sum(), 1e-12))
