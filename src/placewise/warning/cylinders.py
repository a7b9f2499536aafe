"""The cylinders of a scan, and which of them need to be looked at closely."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from placewise.kernels.arrays import Floats, Ints, floats, frozen, ints
from placewise.kernels.density import binned
from placewise.kernels.scan import Words, best_of_centres, gather_recent, scan_maxima
from placewise.kernels.scan_rings import Int32, count_within, list_within, sums_along
from placewise.warning.errors import TooManyNeighbours

MOST_NEIGHBOURS = 200_000_000  # some five gigabytes while these are sorted
CHUNK = 65_536  # rows worked out at a time
MOST_ROWS = 2_048  # kinds of circles told apart by how many cases they hold in all
SLACK = 1e-9  # relative; far above the error of a logarithm, far below what six digits show


@dataclass(frozen=True, eq=False, repr=False)
class Neighbours:
    """Circles: places within reach of each place, nearest first, as near[first[i]:first[i + 1]]."""

    first: Ints
    near: Int32

    @staticmethod
    def within(x: Floats, y: Floats, radius: float) -> "Neighbours":
        """Circles of up to `radius` metres; x, y: (n,) metres, told apart by millimetres."""
        x, y, reach = floats(np.rint(x * 1000)), floats(np.rint(y * 1000)), float(np.rint(radius * 1000))
        extent = max(float(np.ptp(x)), float(np.ptp(y)))
        start, members, bins = binned(x, y, max(reach, extent / 2_000, 1.0))
        first = ints(np.concatenate([[0], np.cumsum(count_within(x, y, start, members, bins, reach))]))
        if first[-1] > MOST_NEIGHBOURS:
            raise TooManyNeighbours(
                f"{x.size:,} places have {first[-1]:,} neighbours within {radius:g} m; take cells or a shorter radius"
            )
        return Neighbours(frozen(first), frozen(list_within(x, y, start, members, bins, reach, first)))


@dataclass(frozen=True, eq=False, repr=False)
class Cylinders:
    """Circles times windows, with the cases expected in each.

    totals: (n, strata) weight of each place; rates: (ends, strata, windows) cases for each unit of weight in the last
    w + 1 steps before an end; ends: (ends,) steps that each lies back; total: all cases of the study;
    least_window: steps of the shortest window, less one; most_at_place: recent cases that any place may hold.
    """

    circles: Neighbours
    totals: Floats
    rates: Floats
    ends: Ints
    total: float
    least_window: int
    least_cases: int
    most_at_place: int
    _spare: dict[float, Words] = field(default_factory=dict)

    def greatest(self, begin: Ints, at: Ints, back: Ints, level: float) -> Floats:
        """(replications,) the greatest statistic of each; as a first guess they reach `level`."""
        maxima, left = np.zeros(begin.size - 1), np.arange(begin.size - 1)
        bits, top = self.lane, 1 << (self.lane - 1)
        tops = sum(top << shift for shift in range(0, 64, bits))
        words = np.zeros((self.totals.shape[0], self.words), dtype=np.uint64)
        count = np.zeros(self.words, dtype=np.uint64)
        while left.size:
            spare = self.spare(level)
            found = scan_maxima(
                self.circles.first, self.circles.near, self.rows[0], spare, spare.view(self.kind), np.uint64(tops), top,
                self.totals, self.rates, self.total, self.least_window, self.least_cases, left, begin, at, back,
                self.ends, words, words.view(self.kind), count, count.view(self.kind),
            )  # fmt: skip
            maxima[left] = found
            left = left[found < level]
            level = 0.8 * level if level > 0.5 else 0.0
        return maxima

    def best(self, at: Ints, back: Ints) -> tuple[Floats, Ints, Ints, Ints, Floats]:
        """Of each centre the best cylinder that ends now: statistic, places, window − 1, cases, expected."""
        places, steps = self.totals.shape[0], self.rates.shape[2]
        cumulative, busy = np.zeros((places, steps), np.uint32), np.zeros(places, np.uint8)
        gather_recent(at, back, 0, steps, cumulative, busy, np.empty(places, np.int64))
        found: tuple[Floats, Ints, Ints, Ints, Floats] = best_of_centres(
            self.circles.first, self.circles.near, self.totals, self.rates[0], self.total, cumulative, busy,
            self.least_window, self.least_cases,
        )  # fmt: skip
        return found

    @property
    def kind(self) -> np.dtype[np.unsignedinteger[Any]]:
        """Numbers that fill a lane."""
        return np.dtype(f"uint{self.lane}")

    @property
    def words(self) -> int:
        """Words of 64 bits that hold the lanes of all windows."""
        windows: int = self.rates.shape[2]
        return -(-windows * self.lane // 64)

    @cached_property
    def rows(self) -> tuple[Int32, Floats]:
        """Row of each circle, and (rows, strata) weights that no circle of the row falls below."""
        if self.circles.near.size * self.totals.shape[1] > MOST_NEIGHBOURS:
            raise TooManyNeighbours("too many cylinders to tell days of the week apart; take cells or a shorter radius")
        return _rows(sums_along(self.circles.first, self.circles.near, self.totals))

    @cached_property
    def lane(self) -> int:
        """Bits in which the cases of a window are counted.

        No place may hold half of what they can; most circles should not, as these are gone through slowly.
        """
        most = max(float(self.most_at_place), 2 * self._most_expected + 40)
        return 8 if most < 1 << 7 else 16 if most < 1 << 15 else 32

    def spare(self, level: float) -> Words:
        """(ends, rows, words) half of what a lane can hold, less the cases that a cylinder needs to reach `level`.

        Why no cylinder that matters is lost. For c of C cases with μ expected, μ < c, the statistic is
        f(c, μ) = c log(c/μ) + (C − c) log((C − c)/(C − μ)). ∂f/∂μ = −c/μ + (C − c)/(C − μ) < 0, as c/μ > 1 > the
        other quotient; ∂f/∂c = log(c/μ) − log((C − c)/(C − μ)) > 0, for the same reason. So f(c, μ) ≥ level just where
        c ≥ need(μ), a step function that never falls; for any μ' ≤ μ, need(μ') ≤ need(μ). Circles that share a row are
        judged by the least μ of the row, so a count below what the row needs proves a statistic below `level`. Where
        some cylinder of a replication reaches `level`, the greatest is thus among those looked at; where none does,
        `greatest` lowers the level and looks again.
        """
        if level not in self._spare:
            self._spare[level] = self._count_spare(level)
        return self._spare[level]

    def _count_spare(self, level: float) -> Words:
        weights, top = self.rows[1], 1 << (self.lane - 1)
        if self.ends.size * weights.shape[0] * self.words > MOST_NEIGHBOURS:
            raise TooManyNeighbours("too many cylinders; take fewer earlier analyses, cells or a shorter radius")
        spare = np.zeros((self.ends.size, weights.shape[0], self.words), dtype=np.uint64)
        lanes = spare.view(self.kind)
        limits = self._limits(level, self._most_expected)
        for e, rate in enumerate(self.rates):
            for some in range(0, weights.shape[0], CHUNK):
                rows = slice(some, some + CHUNK)
                need = np.searchsorted(limits, (weights[rows] @ rate) * (1 - SLACK)) + self.least_cases
                lanes[e, rows, self.least_window : rate.shape[1]] = (top - need).clip(min=0)[:, self.least_window :]
        return spare

    @cached_property
    def _most_expected(self) -> float:
        """Cases expected in the fullest circle and its longest window."""
        return max(float((self.rows[1] @ rate[:, -1]).max()) for rate in self.rates)

    def _limits(self, level: float, expected: float) -> Floats:
        """For least_cases, least_cases + 1, … cases the greatest expectation at which they reach `level`.

        As many as it takes until that is `expected`, the most there is.
        """
        most = 2 * self.least_cases + 64
        while True:
            most = min(most, max(int(self.total), self.least_cases))
            limits = limits_of(np.arange(self.least_cases, most + 1, dtype=np.float64), self.total, level)
            if limits[-1] >= expected or most >= self.total:
                return limits
            most *= 2


def limits_of(count: Floats, total: float, level: float) -> Floats:
    """(n,) the greatest expectation, to within rounding, at which each count's statistic is `level` or more."""
    low, high, rest = np.zeros(count.size), count.copy(), total - count
    for _ in range(64):
        middle = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            other = np.where(rest > 0, rest * np.log(rest / (total - middle)), 0.0)
            reaches = count * np.log(count / middle) + other >= level * (1 - SLACK)
        low, high = np.where(reaches, middle, low), np.where(reaches, high, middle)
    return floats(high)


def _rows(sums: Floats) -> tuple[Int32, Floats]:
    """Row of each circle, and (rows, strata) weights that no circle of the row falls below."""
    if sums.shape[1] > 1:
        return np.arange(sums.shape[0], dtype=np.int32), sums
    kinds = np.unique(sums[:, 0])
    if kinds.size > MOST_ROWS:
        chosen = np.searchsorted(kinds, np.geomspace(kinds[kinds > 0][0], kinds[-1], MOST_ROWS - 1))
        kinds = kinds[np.unique(np.append(chosen.clip(max=kinds.size - 1), 0))]
    return (np.searchsorted(kinds, sums[:, 0], side="right") - 1).astype(np.int32), floats(kinds[:, None])
