"""The level of a whole city: how many incidents a week, from recent weeks and the season."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, floats

_HALF_LIVES = (2.0, 6.0, 26.0)
_YEAR = 365.25
_RIDGE = 50.0
_WARM, _SEASONS = 26, 104  # weeks before the first that is learned from; weeks from which a season can be told


@dataclass(frozen=True)
class Level:
    """Expected incidents a week: log-linear in fading means of past weeks and two yearly harmonics."""

    recent: Floats
    weights: Floats
    base: float

    @staticmethod
    def of(weekly: Floats, now: float) -> "Level":
        """From counts (k,) of the weeks before `now` (days since 1970), the oldest first.

        Poisson regression by Newton's method; the coefficients are drawn towards nought (ridge), which leaves the
        fading mean of half-life six weeks.
        """
        k = weekly.size
        means = _fading(weekly)
        learned = np.arange(min(_WARM, k), k)
        moments = floats(now - 7.0 * (k - learned) + 3.5)
        rows = _columns(means[learned], moments, seasons=k >= _SEASONS)
        base = np.log(means[learned, 1])
        weights = _newton(rows, base, weekly[learned])
        return Level(floats(means[k]), weights, float(np.log(means[k, 1])))

    def at(self, day: float) -> float:
        """Incidents a week expected about this day."""
        row = _columns(self.recent[None, :], floats([day]), seasons=True)[0]
        return float(np.exp(np.clip(self.base + row @ self.weights, self.base - 1.5, self.base + 1.5)))


def _fading(weekly: Floats) -> Floats:
    """(k + 1, 3) means of the weeks before each, fading, never quite nought."""
    keep = floats(0.5 ** (1.0 / np.array(_HALF_LIVES)))
    state, mass = np.zeros(keep.size), np.zeros(keep.size)
    out = np.zeros((weekly.size + 1, keep.size))
    for t in range(weekly.size + 1):
        out[t] = (state + 0.01) / (mass + 0.5)
        if t < weekly.size:
            state, mass = state * keep + weekly[t], mass * keep + 1.0
    return floats(out)


def _columns(means: Floats, moments: Floats, *, seasons: bool) -> Floats:
    """(k, 7) logs of means relative to the middle one, a constant, harmonics of the year (nought if not told)."""
    angle = 2 * np.pi * moments / _YEAR
    waves = np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])
    logs = np.log(means)
    steps = np.column_stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]])
    return floats(np.column_stack([np.ones(moments.size), steps, waves * seasons]))


def _newton(rows: Floats, base: Floats, counts: Floats) -> Floats:
    """Ridge Poisson regression with an offset."""
    weights = np.zeros(rows.shape[1])
    ridge = np.full(rows.shape[1], _RIDGE)
    for _ in range(12):
        mean = np.exp(np.clip(base + rows @ weights, -20.0, 20.0))
        step = np.linalg.solve(
            (rows * mean[:, None]).T @ rows + np.diag(ridge), rows.T @ (counts - mean) - ridge * weights
        )
        weights = weights + np.clip(step, -1.0, 1.0)
    return floats(weights)
