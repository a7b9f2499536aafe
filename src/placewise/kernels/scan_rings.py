"""Which places lie within reach of each place, nearest first; equally far ones by their number."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.compiled import compiled

Int32: TypeAlias = npt.NDArray[np.int32]


@compiled
def _within(i: int, x: Floats, y: Floats, start: Ints, members: Ints, bins: Floats, reach: float, found: Ints) -> int:
    """How many places lie at most `reach` from place i; their numbers, in no order, go into `found` (places + 1,)."""
    column, row = int((x[i] - bins[0]) // bins[2]), int((y[i] - bins[1]) // bins[2])
    columns, rows = int(bins[3]), int(bins[4])
    n = 0
    for r in range(max(row - 1, 0), min(row + 2, rows)):
        begin, end = start[r * columns + max(column - 1, 0)], start[r * columns + min(column + 1, columns - 1) + 1]
        for m in range(begin, end):  # neighbouring bins of a row lie side by side
            j = members[m]
            found[n] = j
            n += (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= reach * reach
    return n


@compiled
def count_within(x: Floats, y: Floats, start: Ints, members: Ints, bins: Floats, reach: float) -> Ints:
    """(n,) how many places lie at most `reach` from each, itself among them. Bins as `density.binned` makes them."""
    found = np.empty(x.size + 1, np.int64)
    counts = np.empty(x.size, np.int64)
    for i in range(x.size):
        counts[i] = _within(i, x, y, start, members, bins, reach, found)
    return counts


@compiled
def list_within(x: Floats, y: Floats, start: Ints, members: Ints, bins: Floats, reach: float, first: Ints) -> Int32:
    """(first[-1],) the places at most `reach` from each, nearest first, among equals the lower number first.

    x, y: whole numbers (millimetres), so that squared distances are exact and equal ones are seen to be equal.
    """
    near = np.empty(first[-1], np.int32)
    found = np.empty(x.size + 1, np.int64)
    for i in range(x.size):
        n = _within(i, x, y, start, members, bins, reach, found)
        found[:n].sort()
        d2 = (x[found[:n]] - x[i]) ** 2 + (y[found[:n]] - y[i]) ** 2
        order = np.argsort(d2, kind="mergesort")  # stable: the numbers already ascend
        for k in range(n):
            near[first[i] + k] = found[order[k]]
    return near


@compiled
def sums_along(first: Ints, near: Int32, totals: Floats) -> Floats:
    """(first[-1], strata) totals of a place's first neighbours, up to and with each."""
    sums = np.empty((near.size, totals.shape[1]))
    for i in range(first.size - 1):
        for r in range(first[i], first[i + 1]):
            for g in range(totals.shape[1]):
                sums[r, g] = totals[near[r], g] + (sums[r - 1, g] if r > first[i] else 0.0)
    return sums


@compiled
def union_free(first: Ints, near: Int32, centre: Ints, reach: Ints, wanted: int, taken: Bools) -> Ints:
    """Which of the circles, in the order given, share no place with any taken before; at most `wanted` of them.

    Circle k is the first reach[k] neighbours of centre[k]; `taken` (places,) comes in all false.
    """
    kept = np.empty(min(wanted, centre.size), np.int64)
    n = 0
    for k in range(centre.size):
        if n == kept.size:
            break
        begin = first[centre[k]]
        free = True
        for r in range(begin, begin + reach[k]):
            free = free and not taken[near[r]]
        if free:
            for r in range(begin, begin + reach[k]):
                taken[near[r]] = True
            kept[n] = k
            n += 1
    return kept[:n].copy()
