"""Poisson gradient boosting on lagged, smoothed and fading counts."""

from typing import Any

import numpy as np
import numpy.typing as npt

from placewise.forecast.base import Estimator
from placewise.kernels.arrays import Floats, Ints, floats
from placewise.space.cells import Located
from placewise.space.raster import Raster

WINDOWS = (1, 2, 4, 8, 13, 26, 52, 104, 156, 260)  # weeks
REACHES = (250.0, 500.0, 1000.0)  # metres
HALF_LIVES = (4.0, 13.0, 52.0, 156.0)  # weeks
LEAF = 1500  # rows a leaf, of all cells and weeks


class PoissonBoosting(Estimator):
    """LightGBM with Poisson loss (Ke et al. 2017) on counts of 1 to 260 weeks, plain and Gaussian-smoothed, on fading
    counts and position; trained on the last `weeks` weeks of every cell.

    `zeros` is the part of the cell-weeks without an incident that is kept, weighted by its inverse: a tenth gives the
    same scores in an eighth of the time.
    """

    def __init__(
        self,
        weeks: int = 104,
        trees: int = 250,
        rate: float = 0.03,
        leaves: int = 24,
        zeros: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.weeks = weeks
        self.trees = trees
        self.rate = rate
        self.leaves = leaves
        self.zeros = zeros
        self.seed = seed

    def describe(self) -> str:
        """What it does."""
        return f"LightGBM, Poisson, {self.trees} trees on counts of 1 to 260 weeks, plain, smoothed and fading"

    def _learn(self, located: Located, context: Located | None) -> None:
        history = max(int((self.now_ - self.since_) // 7.0), 1)
        self.lags_ = _Lags(self._weekly(located, history), Raster(self.cells_))
        weeks = min(self.weeks, max(history - 26, 0), history * 2 // 3)
        self.mean_ = (len(located) + 0.5) / (history * len(self.cells_))
        self.trees_ = self._grow(history, weeks) if weeks and len(located) >= 50 else None
        now = self.lags_.rows(history, np.arange(len(self.cells_)))
        self.weekly_ = self._rate(np.column_stack([now, self._position]))

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        expected = self.weekly_ * (end - start) / 7.0
        return expected, 0.3 * expected

    @property
    def _position(self) -> npt.NDArray[np.float32]:
        return np.column_stack([self.cells_.x, self.cells_.y]).astype(np.float32)

    def _weekly(self, located: Located, history: int) -> Floats:
        """(history, n) counts of whole weeks before now, the oldest first."""
        week = history - 1 - np.floor((self.now_ - located.day) / 7.0).astype(np.int64)
        inside = week >= 0
        n = len(self.cells_)
        return floats(np.bincount(week[inside] * n + located.cell[inside], minlength=history * n).reshape(history, n))

    def _grow(self, history: int, weeks: int) -> Any:
        """The trees, grown on the rows that are kept."""
        import lightgbm

        rng, rows, counts, weights = np.random.default_rng(self.seed), [], [], []
        for week in range(history - weeks, history):
            happened = self.lags_.counts[week]
            kept = np.flatnonzero((happened > 0) | (rng.random(happened.size) < self.zeros))
            rows.append(np.column_stack([self.lags_.rows(week, kept), self._position[kept]]))
            counts.append(happened[kept])
            weights.append(np.where(happened[kept] > 0, 1.0, 1.0 / self.zeros))
        table = np.concatenate(rows)
        part = table.shape[0] / (weeks * len(self.cells_))
        settings = {
            "objective": "poisson", "learning_rate": self.rate, "num_leaves": self.leaves, "seed": self.seed,
            "min_data_in_leaf": max(int(LEAF * part), 20), "deterministic": True, "force_row_wise": True,
            "num_threads": 1, "verbose": -1,
        }  # fmt: skip
        data = lightgbm.Dataset(table, np.concatenate(counts), weight=np.concatenate(weights))
        return lightgbm.train(settings, data, self.trees)

    def _rate(self, rows: npt.NDArray[np.float32]) -> Floats:
        """Weekly rate of rows; the plain mean where there was too little to grow a tree."""
        if self.trees_ is None:
            return np.full(rows.shape[0], self.mean_)
        return floats(self.trees_.predict(rows))


class _Lags:
    """Lagged counts of every week and cell, read by row."""

    def __init__(self, counts: Floats, raster: Raster) -> None:
        self.counts = counts
        smoothed = [counts, *(_smoothed(counts, raster, reach) for reach in REACHES)]
        self._sums = [np.cumsum(np.vstack([np.zeros(counts.shape[1]), part]), axis=0) for part in smoothed]
        self._fading = [_faded(counts, 0.5 ** (1.0 / half_life)) for half_life in HALF_LIVES]

    def rows(self, week: int, cells: Ints) -> npt.NDArray[np.float32]:
        """(r, k) what was known of the cells before the week."""
        windows = [sums[week, cells] - sums[max(week - w, 0), cells] for sums in self._sums for w in WINDOWS]
        return np.column_stack([*windows, *(part[week, cells] for part in self._fading)]).astype(np.float32)


def _smoothed(counts: Floats, raster: Raster, reach: float) -> Floats:
    """Each week's counts blurred over the ground."""
    ground = np.maximum(raster.blurred(np.ones(counts.shape[1]), reach), 1e-9)
    return floats([raster.blurred(row, reach) / ground if row.any() else row for row in counts])


def _faded(counts: Floats, keep: float) -> Floats:
    """(weeks + 1, n) fading counts before each week."""
    state = np.zeros((counts.shape[0] + 1, counts.shape[1]))
    for week in range(counts.shape[0]):
        state[week + 1] = keep * state[week] + counts[week]
    return state
