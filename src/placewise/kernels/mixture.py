"""EM for the weights of a mixture of known surfaces under a Poisson likelihood."""

import numpy as np

from placewise.kernels.arrays import Floats
from placewise.kernels.compiled import compiled


@compiled
def mixture_step(parts: Floats, counts: Floats, weights: Floats, mass: Floats) -> Floats:
    """One EM step: parts (n, k) expected counts, counts (n,) observed, weights (k,), mass (k,) column sums.

    Each count is credited to the parts in proportion to what they expected (Dempster, Laird and Rubin 1977;
    the same step as Richardson 1972 and Lucy 1974); every step raises the likelihood, weights stay non-negative.
    """
    n, k = parts.shape
    credit = np.zeros(k)
    for i in range(n):
        if counts[i] > 0.0:
            total = 0.0
            for j in range(k):
                total += weights[j] * parts[i, j]
            if total > 0.0:
                share = counts[i] / total
                for j in range(k):
                    credit[j] += weights[j] * parts[i, j] * share
    for j in range(k):
        credit[j] = credit[j] / mass[j] if mass[j] > 0.0 else 0.0
    return credit
