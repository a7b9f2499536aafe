"""Self-exciting point processes fitted by EM: on cells, and with spatial triggering."""

import numpy as np
from scipy.spatial import cKDTree

from placewise.forecast.base import Estimator, shares, years
from placewise.forecast.kernel import CUT, density_shares
from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.kernels.density import binned, gaussian_sums
from placewise.kernels.excitation import excitation_step
from placewise.space.cells import Located

PRIOR = 0.5  # incidents' worth of the city's mean that each cell's background begins with
SHORTEST, LONGEST = 0.5, 200.0  # days within which the mean lag of a triggered incident is held
NARROWEST = 25.0  # metres below which triggering is not resolved: addresses are rounded to blocks


class SelfExcitingCells(Estimator):
    """Self-exciting process on cells (Mohler et al. 2015, JASA 110, eq. 2 to 6), fitted by EM.

    λ_n(t) = μ_n + Σ θ ω exp(−ω (t − t_i)) over the earlier incidents of cell n in the last years.
    """

    def __init__(self, years: float = 3.0, steps: int = 60) -> None:
        self.years = years
        self.steps = steps

    def describe(self) -> str:
        """What it does."""
        return f"self-exciting process on cells, last {self.years:g} years, fitted by EM"

    def _learn(self, located: Located, context: Located | None) -> None:
        first, n = max(years(self.now_, self.years), self.since_), len(self.cells_)
        recent = located.where(located.day >= first)
        order = np.lexsort((recent.day, recent.cell))
        start = ints(np.searchsorted(recent.cell[order], np.arange(n + 1)))
        day = floats(recent.day[order])
        span, count = max(self.now_ - first, 28.0), day.size
        prior = PRIOR * shares(self.cells_.areas) * n
        base = prior / prior.sum() * max(count, 0.5)
        background, self.theta_, self.omega_ = (recent.counts(n) + base) / (2 * span), 0.3, 0.1
        for _ in range(self.steps if count else 0):
            own, triggered, lag = excitation_step(start, day, background, self.theta_, self.omega_)
            background = (own + prior * base * n / base.sum()) / (span + PRIOR * n * span / max(count, 1.0))
            reached = np.sum(1 - np.exp(-self.omega_ * (self.now_ - day)))
            self.theta_ = min(triggered / max(reached, 1e-9), 0.95)
            self.omega_ = float(np.clip(triggered / max(lag, 1e-9), 1 / LONGEST, 1 / SHORTEST))
        self.background_, self.span_ = floats(background), span
        self.day_, self.cell_ = day, ints(recent.cell[order])

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        near = np.exp(-self.omega_ * (start - self.day_)) - np.exp(-self.omega_ * (end - self.day_))
        sparked = self.theta_ * np.bincount(self.cell_, near, minlength=len(self.cells_))
        expected = self.background_ * (end - start) + sparked
        return floats(expected), floats(np.sqrt(self.background_ / self.span_) * (end - start) + 0.5 * sparked)


class SelfExcitingGround(Estimator):
    """Self-exciting process with spatial triggering (Mohler, Short, Brantingham, Schoenberg and Tita 2011, JASA 106).

    λ(x, t) = μ(x) + Σ θ ω exp(−ω (t − t_i)) N(x; x_i, σ²); μ is a Gaussian kernel density of the incidents weighted by
    their probability of being background (Zhuang, Ogata and Vere-Jones 2002). EM over pairs within `reach` metres and
    `days` days; of more than `most` incidents the latest are taken.
    """

    def __init__(
        self,
        years: float = 3.0,
        bandwidth: float = 250.0,
        reach: float = 600.0,
        days: float = 60.0,
        steps: int = 20,
        most: int = 60_000,
    ) -> None:
        self.years = years
        self.bandwidth = bandwidth
        self.reach = reach
        self.days = days
        self.steps = steps
        self.most = most

    def describe(self) -> str:
        """What it does."""
        return f"self-exciting process with spatial triggering, last {self.years:g} years, fitted by EM"

    def _learn(self, located: Located, context: Located | None) -> None:
        first = max(years(self.now_, self.years), self.since_)
        recent = located.where(located.day >= first)
        recent = recent.where(np.argsort(recent.day, kind="stable")[-self.most :])
        if len(recent) == self.most:
            first = float(recent.day[0])
        self.recent_, self.span_ = recent, max(self.now_ - first, 28.0)
        self.theta_, self.omega_, self.sigma_ = 0.2, 0.1, 150.0
        self.own_ = np.ones(len(recent))
        cause, effect = self._pairs(recent)
        lag, d2 = recent.day[effect] - recent.day[cause], _squared(recent, cause, effect)
        for _ in range(self.steps if len(recent) else 0):
            self._step(effect, floats(lag), d2)
        self.background_ = self._background()

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        cells, recent = self.cells_, self.recent_
        near = np.exp(-self.omega_ * (start - recent.day)) - np.exp(-self.omega_ * (end - recent.day))
        live = near > 1e-6
        reach = max(self.sigma_, float(np.sqrt(np.median(cells.areas))) / np.sqrt(12))
        begin, members, bins = binned(cells.x, cells.y, CUT * reach)
        x, y, weight = floats(recent.x[live]), floats(recent.y[live]), floats(near[live])
        sparked = self.theta_ * gaussian_sums(x, y, weight, cells.x, cells.y, begin, members, bins, reach) * cells.areas
        expected = self.background_ * (end - start) + sparked
        return floats(expected), floats(np.sqrt(self.background_ / self.span_) * (end - start) + 0.5 * sparked)

    def _pairs(self, recent: Located) -> tuple[Ints, Ints]:
        """Earlier and later incident of every pair near enough in place and time."""
        if len(recent) < 2:
            return ints([]), ints([])
        tree = cKDTree(np.column_stack([recent.x, recent.y, recent.day * (self.reach / self.days)]))
        pairs = ints(tree.query_pairs(self.reach, p=np.inf, output_type="ndarray"))
        later = recent.day[pairs[:, 1]] > recent.day[pairs[:, 0]]
        pairs = np.where(later[:, None], pairs, pairs[:, ::-1])
        apart = recent.day[pairs[:, 1]] > recent.day[pairs[:, 0]]
        return ints(pairs[apart, 0]), ints(pairs[apart, 1])

    def _background(self) -> Floats:
        """(n,) background incidents a day in each cell."""
        share = density_shares(self.recent_, self.cells_, self.bandwidth, self.own_)
        return floats(share * (self.own_.sum() + 0.5) / self.span_)

    def _step(self, effect: Ints, lag: Floats, d2: Floats) -> None:
        """One EM step over the pairs: who triggered whom, then the three numbers of the trigger."""
        recent, cells = self.recent_, self.cells_
        ground = self._background()[recent.cell] / cells.areas[recent.cell]
        gauss = np.exp(-d2 / (2 * self.sigma_**2)) / (2 * np.pi * self.sigma_**2)
        spark = self.theta_ * self.omega_ * np.exp(-self.omega_ * lag) * gauss
        rate = ground + np.bincount(effect, spark, minlength=len(recent))
        chance = spark / rate[effect]
        self.own_ = floats(np.clip(1 - np.bincount(effect, chance, minlength=len(recent)), 0.0, 1.0))
        total = max(float(chance.sum()), 1e-9)
        self.theta_ = min(total / len(recent), 0.95)
        self.omega_ = float(np.clip(total / max(float(chance @ lag), 1e-9), 1 / LONGEST, 1 / SHORTEST))
        self.sigma_ = max(float(np.sqrt(chance @ d2 / (2 * total))), NARROWEST)


def _squared(recent: Located, one: Ints, other: Ints) -> Floats:
    """Squared distances of pairs, m²."""
    return floats((recent.x[one] - recent.x[other]) ** 2 + (recent.y[one] - recent.y[other]) ** 2)
