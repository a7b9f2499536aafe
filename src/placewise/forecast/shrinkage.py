"""Empirical-Bayes shrinkage of counts: a cell with little history leans on all cells."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats


@dataclass(frozen=True)
class Gamma:
    """Posterior rates of cells: mean (n,) and standard error (n,) of the expected count in one window."""

    mean: Floats
    stderr: Floats


def shrunk(counts: Floats, prior: Floats) -> Gamma:
    """Counts (n,) shrunk towards prior means (n,) of the same total (gamma-Poisson; Clayton and Kaldor 1987).

    Relative variance between cells by moments, weighted by the prior (Marshall 1991). Order by count over prior stays.
    """
    base = np.maximum(prior, 1e-9)
    spread = max(float(np.sum((counts - base) ** 2 - base) / np.sum(base**2)), 1e-3)
    shape = 1.0 / spread
    mean = base * (shape + counts) / (shape + base)
    return Gamma(mean, base * np.sqrt(shape + counts) / (shape + base))
