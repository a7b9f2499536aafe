"""The space-time scan in compiled loops: greatest statistic of each replication, best cylinder of each centre.

Cylinders are circles of a centre's nearest places times the last w + 1 steps before an end. A step is a day or a week.
Counts of all windows of a circle are kept side by side in lanes of 8, 16 or 32 bits, several in one 64-bit word, so
that one addition serves several windows. A lane's highest bit, `TOP`, is what tells: it is set in
count + (TOP − need) just where count ≥ need, as long as no count itself has reached TOP.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled
from placewise.kernels.scan_rings import Int32

Lanes: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
Words: TypeAlias = npt.NDArray[np.uint64]
Flags: TypeAlias = npt.NDArray[np.uint8]


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
def gather_recent(at: Ints, back: Ints, end: int, steps: int, cumulative: Lanes, busy: Flags, touched: Ints) -> int:
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
        for w in range(1, steps):
            cumulative[p, w] += cumulative[p, w - 1]
    return n


@compiled
def _clear(n: int, words: Words, busy: Flags, touched: Ints) -> None:
    """All zero again."""
    for k in range(n):
        busy[touched[k]] = 0
        words[touched[k], :] = 0


@compiled
def best_of_centre(
    i: int, first: Ints, near: Int32, totals: Floats, rate: Floats, total: float, cumulative: Lanes, busy: Flags,
    least_window: int, least_cases: int, count: Ints, sums: Floats,
) -> tuple[float, int, int, int, float]:  # fmt: skip
    """A centre's best cylinder: statistic, places in the circle, window − 1, cases, cases expected.

    Among equals the smallest circle, then the shortest window. A place without recent cases only raises what is
    expected, so circles end at places that have some. count (windows,), sums (strata,): room to work in.
    """
    best, size, window, cases, expected = 0.0, 0, 0, 0, 0.0
    count[:] = 0
    sums[:] = 0.0
    for r in range(first[i], first[i + 1]):
        p = near[r]
        for g in range(sums.size):
            sums[g] += totals[p, g]
        if busy[p] == 0:
            continue
        for w in range(rate.shape[1]):
            count[w] += cumulative[p, w]
            if w < least_window or count[w] < least_cases:
                continue
            mean = 0.0
            for g in range(sums.size):
                mean += sums[g] * rate[g, w]
            ratio = likelihood_ratio(float(count[w]), mean, total)
            if ratio > best:
                best, size, window, cases, expected = ratio, r - first[i] + 1, w, count[w], mean
    return best, size, window, cases, expected


@compiled
def best_of_centres(
    first: Ints, near: Int32, totals: Floats, rate: Floats, total: float, cumulative: Lanes, busy: Flags,
    least_window: int, least_cases: int,
) -> tuple[Floats, Ints, Ints, Ints, Floats]:  # fmt: skip
    """Of each centre the best cylinder, as `best_of_centre` tells it."""
    places = first.size - 1
    best, expected = np.zeros(places), np.zeros(places)
    size, window, cases = np.zeros(places, np.int64), np.zeros(places, np.int64), np.zeros(places, np.int64)
    count, sums = np.zeros(rate.shape[1], np.int64), np.zeros(totals.shape[1])
    for i in range(places):
        best[i], size[i], window[i], cases[i], expected[i] = best_of_centre(
            i, first, near, totals, rate, total, cumulative, busy, least_window, least_cases, count, sums
        )  # fmt: skip
    return best, size, window, cases, expected


@compiled
def _best_of_circle(
    circle: Int32, count: Lanes, spare: Lanes, top: int, totals: Floats, rate: Floats, total: float, sums: Floats,
    best: float,
) -> float:  # fmt: skip
    """The greatest statistic of the circle's windows that hold as many as they need, or `best` if that is more."""
    sums[:] = 0.0
    for p in circle:
        for g in range(sums.size):
            sums[g] += totals[p, g]
    for w in range(rate.shape[1]):
        if np.int64(count[w]) + np.int64(spare[w]) >= top:
            expected = 0.0
            for g in range(sums.size):
                expected += sums[g] * rate[g, w]
            best = max(best, likelihood_ratio(float(count[w]), expected, total))
    return best


@compiled
def greatest(
    first: Ints, near: Int32, row_of: Int32, spare_words: Words, spare: Lanes, tops: np.uint64, top: int,
    totals: Floats, rate: Floats, total: float, words: Words, cumulative: Lanes, busy: Flags,
    least_window: int, least_cases: int, count_words: Words, count: Lanes, best: float,
) -> float:  # fmt: skip
    """The greatest statistic above `best` of any cylinder that holds as many cases as its row needs.

    tops: TOP in every lane of a word; spare: (rows, lanes) TOP − need; cumulative: (places, lanes) recent cases of each
    place by window, none of them TOP or more; both also as words. Where a circle's count reaches TOP, its centre is
    gone through case by case.
    """
    exact, sums = np.zeros(rate.shape[1], np.int64), np.zeros(totals.shape[1])
    ranks = np.empty(np.max(np.diff(first)) + 1, np.int64)
    for i in range(first.size - 1):
        count_words[:] = 0
        some = 0
        for r in range(first[i], first[i + 1]):  # without a branch: which places are busy can't be foretold
            ranks[np.uintp(some)] = r
            some += busy[np.uintp(near[np.uintp(r)])]
        for r in ranks[:some]:
            p, row = np.uintp(near[np.uintp(r)]), np.uintp(row_of[np.uintp(r)])
            reached, over = np.uint64(0), np.uint64(0)
            for k in range(np.uintp(count_words.size)):
                held = count_words[k] + words[p, k]
                count_words[k] = held
                reached |= held + spare_words[row, k]
                over |= held
            if over & tops != 0:
                found = best_of_centre(
                    i, first, near, totals, rate, total, cumulative, busy, least_window, least_cases, exact, sums
                )  # fmt: skip
                best = max(best, found[0])
                break
            if reached & tops != 0:
                circle = near[first[i] : r + 1]
                best = _best_of_circle(circle, count, spare[row], top, totals, rate, total, sums, best)
    return best


@compiled
def scan_maxima(
    first: Ints, near: Int32, row_of: Int32, spare_words: Words, spare: Lanes, tops: np.uint64, top: int,
    totals: Floats, rates: Floats, total: float, least_window: int, least_cases: int,
    wanted: Ints, begin: Ints, at: Ints, back: Ints, ends: Ints,
    words: Words, cumulative: Lanes, count_words: Words, count: Lanes,
) -> Floats:  # fmt: skip
    """(wanted,) the greatest statistic of these replications, over all ends, of cylinders that hold what they need.

    spare: (ends, rows, lanes); rates: (ends, strata, windows); cases of replication n are at, back[begin[n] :
    begin[n + 1]]; words, cumulative and count: the same memory twice, all zero, to work in.
    """
    places = first.size - 1
    busy, touched = np.zeros(places, np.uint8), np.empty(places, np.int64)
    maxima = np.zeros(wanted.size)
    for n in range(maxima.size):
        cases = slice(begin[wanted[n]], begin[wanted[n] + 1])
        for e in range(ends.size):
            some = gather_recent(at[cases], back[cases], ends[e], rates.shape[2], cumulative, busy, touched)
            maxima[n] = greatest(
                first, near, row_of, spare_words[e], spare[e], tops, top, totals, rates[e], total, words,
                cumulative, busy, least_window, least_cases, count_words, count, maxima[n],
            )  # fmt: skip
            _clear(some, words, busy, touched)
    return maxima
