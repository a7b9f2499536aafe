"""Intervals and paired tests over origins: the forecasts of one origin stand or fall together."""

from collections.abc import Mapping, Sequence

import numpy as np

from placewise.evaluate.metrics import Metric
from placewise.evaluate.tally import Tally
from placewise.kernels.arrays import Floats, floats


def table(tallies: Sequence[Tally]) -> dict[str, Floats]:
    """Each sum as an array over origins (k,)."""
    return {name: floats([one.sums[name] for one in tallies]) for name in tallies[0].sums}


def pooled(metric: Metric, sums: Mapping[str, Floats]) -> float:
    """The score over all origins together."""
    return float(metric.formula({name: values.sum(keepdims=True) for name, values in sums.items()})[0])


def resampled(metric: Metric, sums: Mapping[str, Floats], weights: Floats) -> Floats:
    """(replicates,) the score in each bootstrap replicate; weights (replicates, k) say how often an origin is drawn."""
    return metric.formula({name: weights @ values for name, values in sums.items()})


def bootstrap_weights(k: int, replicates: int, seed: int) -> Floats:
    """(replicates, k) how often each of k origins is drawn with replacement (Efron 1979)."""
    return floats(np.random.default_rng(seed).multinomial(k, np.full(k, 1 / k), size=replicates))


def central(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """The central interval of replicates, NaN where none is finite."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_p(
    metric: Metric, one: Mapping[str, Floats], other: Mapping[str, Floats], replicates: int, seed: int
) -> float:
    """Two-sided p that both score alike, by swapping them within origins at random (Fisher 1935; Good 2005, § 3.3)."""
    k = one["one"].size
    swap = np.random.default_rng(seed).random((replicates, k)) < 0.5
    keep = 1.0 - swap
    mixed = {name: keep @ one[name] + swap @ other[name] for name in one}
    crossed = {name: swap @ one[name] + keep @ other[name] for name in one}
    null = np.abs(metric.formula(mixed) - metric.formula(crossed))
    seen = abs(pooled(metric, one) - pooled(metric, other))
    if not np.isfinite(seen):
        return float("nan")
    return float((1 + np.sum(null >= seen - 1e-12)) / (1 + replicates))
