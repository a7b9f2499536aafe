"""The level of a whole city: how many incidents a week, from the last year, the season, and the latest weeks."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, floats

_YEAR_WEEKS = 52
_HALF_LIFE = 4.0  # weeks in which the latest surprises fade from memory
_RIDGE = 50.0  # incidents' worth of belief that there is no season and no surprise
_LASTING = 26.0  # weeks ahead in which a surprise is expected to have halved


@dataclass(frozen=True)
class Level:
    """Expected incidents a week: mean of the last year × yearly waves × what lately came beyond these."""

    now: float
    base: float
    waves: Floats
    surprise: float
    lasting: float

    @staticmethod
    def of(weekly: Floats, now: float) -> "Level":
        """From counts (k,) of the weeks before `now` (days since 1970), the oldest first.

        Two Poisson regressions with ridge by Newton's method: two yearly harmonics about the mean of the year before
        each week (from two years of history on), then the logarithm of the latest weeks' ratio of counts to these.
        """
        k = weekly.size
        means = _year_means(weekly)
        moments = now - 7.0 * (k - np.arange(k + 1)) + 3.5
        columns = _harmonics(floats(moments)) * (k >= 2 * _YEAR_WEEKS)
        base = np.log(means)
        learned = slice(min(_YEAR_WEEKS, k // 2), k)
        waves = _newton(columns[learned], base[learned], weekly[learned])
        fitted = np.exp(base + columns @ waves)
        surprise = np.log(_fading_ratio(weekly, fitted))
        weight = _newton(surprise[learned, None], np.log(fitted[learned]), weekly[learned])
        return Level(now, float(base[k]), waves, float(surprise[k]), float(np.clip(weight[0], 0.0, 1.0)))

    def at(self, day: float) -> float:
        """Incidents a week expected about this day."""
        ahead = max(day - self.now, 0.0) / 7.0
        late = self.lasting * self.surprise * 0.5 ** (ahead / _LASTING)
        return float(np.exp(self.base + _harmonics(floats([day]))[0] @ self.waves + late))


def _year_means(weekly: Floats) -> Floats:
    """(k + 1,) mean of up to 52 weeks before each week, never quite nought."""
    sums = np.concatenate([[0.0], np.cumsum(weekly)])
    at = np.arange(weekly.size + 1)
    before = np.maximum(at - _YEAR_WEEKS, 0)
    return floats((sums[at] - sums[before] + 0.01) / (at - before + 0.5))


def _harmonics(days: Floats) -> Floats:
    """(k, 4) first and second wave of the year."""
    angle = 2 * np.pi * days / 365.25
    return floats(np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)]))


def _fading_ratio(weekly: Floats, fitted: Floats) -> Floats:
    """(k + 1,) fading sum of counts over that of what was fitted, before each week, drawn towards one."""
    keep, seen, meant = 0.5 ** (1.0 / _HALF_LIFE), 5.0, 5.0
    out = np.ones(weekly.size + 1)
    for t in range(weekly.size):
        seen, meant = 5.0 + keep * (seen - 5.0) + weekly[t], 5.0 + keep * (meant - 5.0) + fitted[t]
        out[t + 1] = seen / meant
    return floats(out)


def _newton(columns: Floats, base: Floats, counts: Floats) -> Floats:
    """Ridge Poisson regression with an offset and no constant."""
    weights = np.zeros(columns.shape[1])
    for _ in range(12):
        mean = np.exp(np.clip(base + columns @ weights, -20.0, 20.0))
        curve = (columns * mean[:, None]).T @ columns + _RIDGE * np.eye(weights.size)
        step = np.linalg.solve(curve, columns.T @ (counts - mean) - _RIDGE * weights)
        weights = weights + np.clip(step, -1.0, 1.0)
    return floats(weights)
