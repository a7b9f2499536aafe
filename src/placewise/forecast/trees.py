"""A boosted factor: small trees that correct what a mixture says, under the likelihood of the trial weeks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from placewise.forecast.pooling import LIMIT
from placewise.kernels.arrays import Floats, floats

TREES, RATE, LEAVES = 60, 0.1, 12
PART = 0.3  # of the columns that each tree may use
LEAST = 20.0  # incidents that a leaf must expect
DRAWN = 200  # rows that a leaf must have


@dataclass(frozen=True)
class Trees:
    """Trees grown by gradient boosting (Friedman 2001; LightGBM, Ke et al. 2017); none where rows were too few."""

    booster: Any | None

    def log_factor(self, columns: Floats) -> Floats:
        """(r,) log of the factor for rows of columns (r, c)."""
        if self.booster is None:
            return np.zeros(columns.shape[0])
        return np.clip(floats(self.booster.predict(_narrow(columns))), -LIMIT, LIMIT)


def grown(columns: Floats, log_rate: Floats, event: Floats, weight: Floats, *, ridge: float, seed: int) -> Trees:
    """Trees under which trial rows are likelier: boosting on Σ_events log λ − Σ weight·λ, with ridge on the leaves.

    columns (r, c), log_rate (r,) what the mixture says, event and weight (r,) as in `Trials`.
    """
    import lightgbm

    used = (event > 0) | (weight > 0)
    event, weight, columns = event[used], weight[used], columns[used]
    if event.size < 2 * DRAWN or not np.ptp(columns, axis=0).any():
        return Trees(None)

    def slope_and_curve(log_factor: Floats, _: Any) -> tuple[Floats, Floats]:
        mean = weight * np.exp(log_factor)
        return floats(mean - event), floats(mean + 1e-6)

    settings = {
        "objective": slope_and_curve, "learning_rate": RATE, "num_leaves": LEAVES, "feature_fraction": PART,
        "min_data_in_leaf": DRAWN, "min_sum_hessian_in_leaf": LEAST, "lambda_l2": ridge, "max_bin": 63, "seed": seed,
        "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(
        _narrow(columns),
        event,
        init_score=log_rate[used],
        params={"max_bin": 63, "verbose": -1, "feature_pre_filter": False},
    )
    return Trees(lightgbm.train(settings, data, TREES))


def _narrow(columns: Floats) -> npt.NDArray[np.float32]:
    """Half the memory, and as exact as bins need."""
    return columns.astype(np.float32)
