"""Estimates from batches: a value over everything, and a t interval from the same value in each batch."""

import numpy as np
from scipy.stats import t

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.simulate.outcome import Estimate

DIGITS = 9


def estimate(value: float, batches: Floats) -> Estimate:
    """A value and its 95 % interval; batches without a value (NaN) are left out."""
    low, high = interval(value, batches)
    return Estimate(plain(value), low, high, tuple(plain(one) for one in batches.tolist()))


def interval(value: float, batches: Floats) -> tuple[float | None, float | None]:
    """The 95 % t interval around a value; none where fewer than two batches have one."""
    known = batches[np.isfinite(batches)]
    if len(known) < 2 or not np.isfinite(value):
        return None, None
    reach = float(t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return plain(value - reach), plain(value + reach)


def plain(value: float) -> float | None:
    """A number with nine digits, so that the last bits of a machine do not show; None where it is none."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def ratio(above: Floats, below: Floats) -> Estimate:
    """The ratio of two sums over batches."""
    total = float(above.sum() / below.sum()) if below.sum() > 0 else np.nan
    each = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return estimate(total, each)


class Grouped:
    """Values of calls by group and batch, sorted once; means and quantiles of each group and of each of its batches."""

    def __init__(self, group: Ints, batch: Ints, groups: int, batches: int) -> None:
        self.cell = group * batches + batch
        self.group, self.groups, self.batches = group, groups, batches

    def means(self, values: Floats, known: Bools | None = None) -> list[Estimate]:
        """The mean of each group; rows that are not `known` are left out."""
        kept = np.ones(len(values), dtype=np.bool_) if known is None else known
        sums = np.bincount(self.cell[kept], values[kept], self.groups * self.batches).reshape(self.groups, -1)
        sizes = np.bincount(self.cell[kept], minlength=self.groups * self.batches).reshape(self.groups, -1)
        return [ratio(sums[g], sizes[g].astype(np.float64)) for g in range(self.groups)]

    def quantiles(self, values: Floats, known: Bools, shares: tuple[float, ...]) -> list[list[Estimate]]:
        """For each share the quantile of each group."""
        whole = _quantiles(self.group[known], values[known], self.groups, shares)
        parts = _quantiles(self.cell[known], values[known], self.groups * self.batches, shares)
        parts = parts.reshape(len(shares), self.groups, self.batches)
        return [[estimate(float(whole[s, g]), parts[s, g]) for g in range(self.groups)] for s in range(len(shares))]


def _quantiles(group: Ints, values: Floats, groups: int, shares: tuple[float, ...]) -> Floats:
    """(shares, groups) quantiles, linear between order statistics; NaN where a group is empty."""
    order = np.lexsort((values, group))
    values, edges = values[order], np.searchsorted(group[order], np.arange(groups + 1))
    found = np.full((len(shares), groups), np.nan)
    size = np.diff(edges)
    there = size > 0
    for row, share in enumerate(shares):
        at = share * (size[there] - 1)
        below = edges[:-1][there] + np.floor(at).astype(np.int64)
        above = np.minimum(below + 1, edges[1:][there] - 1)
        part = at - np.floor(at)
        found[row, there] = values[below] * (1 - part) + values[above] * part
    return found
