"""The flexible Farrington chart: a seasonal regression on five years, in which past outbreaks weigh less.

Farrington et al. 1996, Journal of the Royal Statistical Society A 159; Noufaily et al. 2013, Statistics in Medicine 32.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri
from scipy.stats import nbinom, poisson
from scipy.stats import t as student

from placewise.kernels.arrays import Bools, Floats, Ints, floats, ints
from placewise.warning.charts import BadChart, Chart
from placewise.warning.errors import is_count

YEAR = 365.25 / 7
"""Weeks of a year: the same season k years ago is so many weeks back, rounded."""
STEPS = 50
_ENOUGH = 1e-8
_LEAST = 1e-8  # a mean that is never quite nought, so that a season without incidents can be fitted


@dataclass(frozen=True, eq=False)
class _Fit:
    """Quasi-Poisson fits of areas: coefficients (a, p), their covariance over φ (a, p, p), means (a, n).

    dispersion: (a,) Pearson's statistic over n − p.
    """

    beta: Floats
    spread: Floats
    mean: Floats
    dispersion: Floats

    @property
    def phi(self) -> Floats:
        """(a,) φ: the dispersion, at least that of a Poisson count."""
        return floats(np.maximum(self.dispersion, 1.0))

    @property
    def error(self) -> Floats:
        """(a,) standard error of the logarithm of the mean where all but the constant is nought."""
        return floats(np.sqrt(self.phi * self.spread[:, 0, 0]))

    def chance_of(self, k: int) -> Floats:
        """(a,) two-sided p of Student's t for coefficient k; 1 where the counts do not vary about the fit."""
        error = np.sqrt(self.dispersion * self.spread[:, k, k])
        ratio = np.divide(np.abs(self.beta[:, k]), error, out=np.zeros(error.size), where=error > 0)
        return floats(2 * student.sf(ratio, self.mean.shape[1] - self.beta.shape[1]))


class FarringtonFlexible(Chart):
    """Quasi-Poisson regression with a trend and a season of ten levels, past outbreaks weighted down.

    alpha: chance of an alarm in a week like those before; years, half_window: of the baseline, weeks about the same
    season; levels: of the season, 1 for those weeks alone; trend_p: p up to which the trend stays, 1 for any; recent:
    latest weeks left out, or an outbreak would raise its own bound; outlier: Anscombe residual from which past weeks
    weigh less; bound: quantile of a negative binomial («nbinom»), or of a normal on the power 2/3 («power», which adds
    the uncertainty of the fit); least: at least so many cases in so many latest weeks, or there is no alarm.
    """

    trend_: Floats
    phi_: Floats

    def __init__(
        self,
        *,
        alpha: float = 0.005,
        years: int = 5,
        half_window: int = 3,
        levels: int = 10,
        trend_p: float = 1.0,
        recent: int = 26,
        outlier: float = 2.58,
        bound: Literal["nbinom", "power"] = "nbinom",
        least: tuple[int, int] = (5, 4),
    ) -> None:
        self.alpha = alpha
        self.years = years
        self.half_window = half_window
        self.levels = levels
        self.trend_p = trend_p
        self.recent = recent
        self.outlier = outlier
        self.bound = bound
        self.least = least

    def describe(self) -> str:
        """One sentence: what it does, with its source."""
        kind = "a seasonal regression" if self.levels > 1 else "a regression of the same season"
        return (
            f"Farrington flexible (Noufaily et al. 2013): quantile {1 - self.alpha:g} of {kind} "
            f"with trend on {self.years} years, past outbreaks weighted down"
        )

    def _check(self) -> None:
        if not 0 < self.alpha < 0.5 or not self.outlier > 0 or self.bound not in {"nbinom", "power"}:
            raise BadChart("alpha lies between 0 and 0.5, the outlier's residual above 0; bounds are nbinom or power")
        whole = is_count(self.years, 2) and is_count(self.levels, 1) and is_count(self.half_window)
        if not (whole and self.half_window <= 12 and is_count(self.recent) and self.recent <= 52):
            raise BadChart("a baseline has 2 years or more, 1 level, up to 12 weeks about, up to 52 latest left out")
        if not is_count(self.least[0]) or not is_count(self.least[1], 1):
            raise BadChart("least cases are 0 or more, in 1 or more latest weeks")
        if not 0 < self.trend_p <= 1:
            raise BadChart("the p up to which a trend stays lies above 0, at most 1")
        at, level = self._baseline(self.history)
        if at.size <= np.unique(level).size + 1:
            raise BadChart(f"{at.size} weeks of a baseline tell no season of {self.levels} levels and a trend")

    def _judge(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        expected, upper = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
        self.trend_, self.phi_ = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
        for week in range(self.history, counts.shape[1]):
            at, level = self._baseline(week)
            mean, phi, error, trend = self._fitted(floats(counts[:, at]), floats(at - week), level)
            expected[:, week], self.trend_[:, week], self.phi_[:, week] = mean, trend, phi
            upper[:, week] = self._bound(mean, phi, error)
        over = (counts - expected) / np.maximum(upper - expected, _LEAST)  # Farrington et al. 1996, section 3.7
        return expected, upper, floats(np.where(self._enough(counts), over, np.minimum(over, 0.0)))

    @property
    def history(self) -> int:
        """Weeks that must lie before the first one that is judged."""
        return round(self.years * YEAR) + self.half_window

    def _enough(self, counts: Floats) -> Bools:
        """(a, weeks) whether the latest weeks hold the least cases."""
        cases, weeks = self.least
        sums = np.cumsum(np.concatenate([np.zeros((len(counts), weeks)), counts], axis=1), axis=1)
        return np.asarray(sums[:, weeks:] - sums[:, :-weeks] >= cases)

    def _baseline(self, week: int) -> tuple[Ints, Ints]:
        """Past weeks that are learned from, and the level of the season that each is in; 0 is that of this week.

        Between the same season of two years, the other levels part the weeks evenly (Noufaily et al. 2013, section 2).
        """
        same = week - ints([round(k * YEAR) for k in range(self.years, -1, -1)])
        at = np.arange(same[0] - self.half_window, week - self.recent)
        before = np.searchsorted(same, at + self.half_window, side="right") - 1
        begin = same[before] + self.half_window + 1
        end = same[np.minimum(before + 1, self.years)] - self.half_window
        block = 1 + (at - begin) * (self.levels - 1) // np.maximum(end - begin, 1)
        level = np.where(at < begin, 0, block)
        kept = level == 0 if self.levels == 1 else np.ones(at.size, dtype=np.bool_)
        return ints(at[kept]), ints(level[kept])

    def _fitted(self, counts: Floats, weeks: Floats, level: Ints) -> tuple[Floats, Floats, Floats, Floats]:
        """(a,) mean of this week, its φ, the standard error of its logarithm, and the trend a year.

        The trend stays unless it leads above everything seen in the baseline (Noufaily et al. 2013, section 3.2), or
        is less certain than asked.
        """
        season = (level[:, None] == np.unique(level)[1:]).astype(np.float64)
        trend = np.column_stack([np.ones(weeks.size), weeks / YEAR, season])
        with_trend = _reweighted(counts, trend, self.outlier)
        mean = np.exp(with_trend.beta[:, 0])
        keeps = (mean <= counts.max(axis=1)) & (with_trend.chance_of(1) <= self.trend_p)
        phi, error, slope = with_trend.phi, with_trend.error, with_trend.beta[:, 1]
        if not keeps.all():
            flat = _reweighted(counts, np.delete(trend, 1, axis=1), self.outlier)
            mean = np.where(keeps, mean, np.exp(flat.beta[:, 0]))
            phi, error = np.where(keeps, phi, flat.phi), np.where(keeps, error, flat.error)
        return floats(mean), floats(phi), floats(error), floats(np.where(keeps, slope, 0.0))

    def _bound(self, mean: Floats, phi: Floats, error: Floats) -> Floats:
        """(a,) the count that is passed with chance alpha."""
        if self.bound == "power":
            return power_bound(mean, phi, error, self.alpha)
        return count_bound(mean, phi, self.alpha)


def power_bound(mean: Floats, phi: Floats, error: Floats, alpha: float) -> Floats:
    """Quantile 1 − alpha of a normal on the power 2/3 (Farrington et al. 1996, section 3.6).

    The variance is that of the counts, φμ, and that of their estimated mean, whose logarithm has this `error`.
    """
    variance = phi * mean + (mean * error) ** 2
    spread = np.sqrt(4 / 9 * mean ** (-2 / 3) * variance)
    return floats(np.maximum(mean ** (2 / 3) + ndtri(1 - alpha) * spread, 0.0) ** 1.5)


def count_bound(mean: Floats, phi: Floats, alpha: float) -> Floats:
    """Quantile 1 − alpha of a negative binomial with mean μ and variance φμ, of a Poisson where φ is 1."""
    size = mean / np.maximum(phi - 1, _ENOUGH)
    wide = nbinom.ppf(1 - alpha, size, 1 / np.maximum(phi, 1 + _ENOUGH))
    return floats(np.where(phi > 1 + 1e-6, wide, poisson.ppf(1 - alpha, mean)))


def outbreak_weights(residual: Floats, outlier: float) -> Floats:
    """(a, n) weights that add up to n: residuals beyond the outlier count by their square's inverse.

    Farrington et al. 1996, section 3.4.
    """
    raw = np.where(residual > outlier, np.maximum(residual, _LEAST) ** -2.0, 1.0)
    return floats(raw * (raw.shape[1] / raw.sum(axis=1, keepdims=True)))


def _reweighted(counts: Floats, design: Floats, outlier: float) -> _Fit:
    """The fit after weights that a first one gives past outbreaks."""
    first = _fit(counts, design, np.ones(counts.shape))
    mean = first.mean
    leverage = ((design @ first.spread) * design).sum(axis=2) * mean
    # standardised Anscombe residuals: Farrington et al. 1996, section 3.4
    raw = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
    residual = raw / np.sqrt(first.phi[:, None] * np.maximum(1 - leverage, _ENOUGH))
    return _fit(counts, design, outbreak_weights(floats(residual), outlier))


def _fit(counts: Floats, design: Floats, weights: Floats) -> _Fit:
    """Quasi-Poisson regressions of all areas at once by iteratively reweighted least squares."""
    areas, p = len(counts), design.shape[1]
    beta = np.zeros((areas, p))
    beta[:, 0] = np.log(counts.mean(axis=1) + 0.01)
    mean = _mean(beta, design)
    for _ in range(STEPS):
        slope = (weights * (counts - mean)) @ design
        step = np.linalg.solve(_curve(design, floats(weights * mean)), slope[:, :, None])[:, :, 0]
        beta += np.clip(step, -2.0, 2.0)
        last, mean = mean, _mean(beta, design)
        if np.abs(mean - last).max() < _ENOUGH:  # a season without incidents sinks for ever, but its mean is nought
            break
    dispersion = np.sum(weights * (counts - mean) ** 2 / mean, axis=1) / (counts.shape[1] - p)
    spread = floats(np.linalg.inv(_curve(design, floats(weights * mean))))
    return _Fit(beta, spread, mean, floats(dispersion))


def _mean(beta: Floats, design: Floats) -> Floats:
    """(a, n) means, never quite nought."""
    return floats(np.maximum(np.exp(np.clip(beta @ design.T, -30.0, 30.0)), _LEAST))


def _curve(design: Floats, weights: Floats) -> Floats:
    """(a, p, p) information, with so little ridge that a season without incidents can be solved for."""
    return floats((design.T * weights[:, None, :]) @ design + 1e-9 * np.eye(design.shape[1]))
