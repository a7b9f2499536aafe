"""The space-time scan in compiled loops: greatest statistic of each replication, best cylinder of each centre.

Cylinders are circles of a centre's nearest places times the last w steps before an end. A step is a day or a week.
The last axis of `cumulative` and `need` holds w − 1 and is padded to a multiple of LANES, so that the processor takes
a whole row of windows at once.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled
from placewise.kernels.scan_rings import Int32

Counts: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Flags: TypeAlias = npt.NDArray[np.uint8]

LANES = 32


@compiled
def likelihood_ratio(count: float, expected: float, total: float) -> float:
    """Kulldorff's log likelihood ratio of `count` of `total` cases where `expected` were expected; 0 if not more."""
    if count <= expected:
        return 0.0
    ratio = count * np.log(count / expected)
    if count < total:
        ratio += (total - count) * np.log((total - count) / (total - expected))
    return float(ratio)


@compiled
def shuffle_recent(pool: Ints, pool_first: Ints, drawn: Ints, u: Floats, at: Ints) -> None:
    """Places of the recent cases under a permutation: of each stratum's cases, `drawn` without putting back.

    pool: places of all cases, by stratum; u, at: (drawn.sum(),) uniform numbers in, places out. Fisher and Yates'
    shuffle, stopped after the recent ones; then undone, so that each replication depends on its own numbers alone.
    """
    m = 0
    for g in range(drawn.size):
        begin, size = pool_first[g], pool_first[g + 1] - pool_first[g]
        for k in range(drawn[g]):
            other = begin + k + int(u[m] * (size - k))
            pool[begin + k], pool[other] = pool[other], pool[begin + k]
            at[m] = pool[begin + k]
            m += 1
    for g in range(drawn.size - 1, -1, -1):
        begin, size = pool_first[g], pool_first[g + 1] - pool_first[g]
        for k in range(drawn[g] - 1, -1, -1):
            m -= 1
            other = begin + k + int(u[m] * (size - k))
            pool[begin + k], pool[other] = pool[other], pool[begin + k]


@compiled
def gather_recent(at: Ints, back: Ints, end: int, steps: int, cumulative: Counts, busy: Flags, touched: Ints) -> int:
    """Counts the cases of each place by window: `cumulative` (places, lanes) and `busy` (places,) come in all zero.

    at, back: place of each case and the steps between it and the last one; windows end `end` steps back. Returns how
    many places have any; their numbers are in `touched`.
    """
    n = 0
    for m in range(at.size):
        age = back[m] - end
        if 0 <= age < steps:
            p = at[m]
            if busy[p] == 0:
                busy[p] = 1
                touched[n] = p
                n += 1
            cumulative[p, age] += 1
    for k in range(n):
        p = touched[k]
        for w in range(1, cumulative.shape[1]):
            cumulative[p, w] += cumulative[p, w - 1]
    return n


@compiled
def _clear(n: int, cumulative: Counts, busy: Flags, touched: Ints) -> None:
    """All zero again."""
    for k in range(n):
        busy[touched[k]] = 0
        cumulative[touched[k], :] = 0


@compiled
def _add_and_compare(count: Counts, cumulative: Counts, p: int, need: Counts, row: int) -> bool:
    """Adds place p to the counts of the circle; whether any window now holds as many as it needs."""
    hit = False
    for block in range(0, count.size, LANES):
        for lane in range(LANES):
            w = block + lane
            count[w] += cumulative[p, w]
            hit |= count[w] >= need[row, w]
    return hit


@compiled
def _best_window(count: Counts, need: Counts, row: int, sums: Floats, rate: Floats, total: float, best: float) -> float:
    """The greatest statistic of the circle's windows that hold as many as they need, or `best` if that is more."""
    for w in range(rate.shape[1]):
        if count[w] >= need[row, w]:
            expected = 0.0
            for g in range(sums.size):
                expected += sums[g] * rate[g, w]
            best = max(best, likelihood_ratio(float(count[w]), expected, total))
    return best


@compiled
def greatest(
    first: Ints, near: Int32, row_of: Int32, need: Counts, totals: Floats, rate: Floats, total: float,
    cumulative: Counts, busy: Flags, best: float,
) -> float:  # fmt: skip
    """The greatest statistic above `best` of any cylinder whose count reaches `need` (rows, lanes); `best` if none.

    Adding a place without recent cases only raises what is expected, so circles end at places that have some.
    """
    count = np.zeros(need.shape[1], need.dtype)
    sums = np.zeros(totals.shape[1])
    for i in range(first.size - 1):
        count[:] = 0
        for r in range(first[i], first[i + 1]):
            p = near[r]
            if busy[p] != 0 and _add_and_compare(count, cumulative, p, need, row_of[r]):
                sums[:] = 0.0
                for k in range(first[i], r + 1):
                    for g in range(sums.size):
                        sums[g] += totals[near[k], g]
                best = _best_window(count, need, row_of[r], sums, rate, total, best)
    return best


@compiled
def scan_maxima(
    first: Ints, near: Int32, row_of: Int32, need: Counts, totals: Floats, rate: Floats, total: float,
    begin: Ints, at: Ints, back: Ints, ends: Ints,
) -> Floats:  # fmt: skip
    """(replications,) the greatest statistic of each, over all ends, of the cylinders whose count reaches `need`.

    need: (ends, rows, lanes); rate: (ends, strata, windows); cases of replication n are at, back[begin[n]:begin[n+1]].
    """
    places = first.size - 1
    cumulative = np.zeros((places, need.shape[2]), need.dtype)
    busy, touched = np.zeros(places, np.uint8), np.empty(places, np.int64)
    maxima = np.zeros(begin.size - 1)
    for n in range(maxima.size):
        cases = slice(begin[n], begin[n + 1])
        for e in range(ends.size):
            some = gather_recent(at[cases], back[cases], ends[e], rate.shape[2], cumulative, busy, touched)
            maxima[n] = greatest(
                first, near, row_of, need[e], totals, rate[e], total, cumulative, busy, maxima[n]
            )  # fmt: skip
            _clear(some, cumulative, busy, touched)
    return maxima


@compiled
def best_of_centres(
    first: Ints, near: Int32, totals: Floats, rate: Floats, total: float, cumulative: Counts, busy: Flags,
    least_window: int, least_cases: int,
) -> tuple[Floats, Ints, Ints, Ints, Floats]:  # fmt: skip
    """Of each centre the best cylinder: statistic, places in the circle, window − 1, cases, cases expected.

    Among equals the smallest circle, then the shortest window.
    """
    places = first.size - 1
    best, expected = np.zeros(places), np.zeros(places)
    size, window, cases = np.zeros(places, np.int64), np.zeros(places, np.int64), np.zeros(places, np.int64)
    count, sums = np.zeros(rate.shape[1], np.int64), np.zeros(totals.shape[1])
    for i in range(places):
        count[:] = 0
        sums[:] = 0.0
        for r in range(first[i], first[i + 1]):
            for g in range(sums.size):
                sums[g] += totals[near[r], g]
            if busy[near[r]] == 0:
                continue
            for w in range(rate.shape[1]):
                count[w] += cumulative[near[r], w]
                if w < least_window or count[w] < least_cases:
                    continue
                mean = 0.0
                for g in range(sums.size):
                    mean += sums[g] * rate[g, w]
                ratio = likelihood_ratio(float(count[w]), mean, total)
                if ratio > best[i]:
                    best[i], size[i], window[i] = ratio, r - first[i] + 1, w
                    cases[i], expected[i] = count[w], mean
    return best, size, window, cases, expected
