"""The cylinders of a scan, and which of them need to be looked at closely."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, Ints, floats, frozen, ints
from placewise.kernels.density import binned
from placewise.kernels.scan import LANES, Counts, best_of_centres, gather_recent, scan_maxima
from placewise.kernels.scan_rings import Int32, count_within, list_within, sums_along
from placewise.warning.errors import TooManyNeighbours

MOST_NEIGHBOURS = 400_000_000
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
    w + 1 steps before an end; ends: (ends,) steps that each lies back; total: all cases of the study.
    """

    circles: Neighbours
    totals: Floats
    rates: Floats
    ends: Ints
    total: float
    least_window: int
    least_cases: int

    def greatest(self, begin: Ints, at: Ints, back: Ints, level: float) -> Floats:
        """(replications,) the greatest statistic of each; as a first guess they reach `level`."""
        maxima = np.zeros(begin.size - 1)
        left = np.arange(maxima.size)
        while left.size:
            parts = [slice(begin[n], begin[n + 1]) for n in left]
            edges = ints(np.concatenate([[0], np.cumsum([part.stop - part.start for part in parts])]))
            rows, need = self.needed(level, int(at.size))
            found = scan_maxima(
                self.circles.first, self.circles.near, rows, need, self.totals, self.rates, self.total, edges,
                np.concatenate([at[part] for part in parts]), np.concatenate([back[part] for part in parts]), self.ends,
            )  # fmt: skip
            maxima[left] = found
            left = left[found < level]
            level = 0.8 * level if level > 0.5 else 0.0
        return maxima

    def best(self, at: Ints, back: Ints) -> tuple[Floats, Ints, Ints, Ints, Floats]:
        """Of each centre the best cylinder that ends now: statistic, places, window − 1, cases, expected."""
        places, steps = self.totals.shape[0], self.rates.shape[2]
        cumulative, busy = np.zeros((places, steps), np.int64), np.zeros(places, np.uint8)
        gather_recent(at, back, 0, steps, cumulative, busy, np.empty(places, np.int64))
        found: tuple[Floats, Ints, Ints, Ints, Floats] = best_of_centres(
            self.circles.first, self.circles.near, self.totals, self.rates[0], self.total, cumulative, busy,
            self.least_window, self.least_cases,
        )  # fmt: skip
        return found

    def needed(self, level: float, most: int) -> tuple[Int32, Counts]:
        """Row of each circle, and (ends, rows, lanes) how many cases a cylinder needs for a statistic of `level`.

        Why no cylinder that matters is lost. For c of C cases with μ expected, μ < c, the statistic is
        f(c, μ) = c log(c/μ) + (C − c) log((C − c)/(C − μ)). ∂f/∂μ = −c/μ + (C − c)/(C − μ) < 0, as c/μ > 1 > the
        other quotient; ∂f/∂c = log(c/μ) − log((C − c)/(C − μ)) > 0, for the same reason. So f(c, μ) ≥ level just where
        c ≥ need(μ), a step function that never falls; for any μ' ≤ μ, need(μ') ≤ need(μ). Circles that share a row are
        judged by the least μ of the row, so a count below `need` proves a statistic below `level`. Where some cylinder
        of a replication reaches `level`, the greatest is thus among those looked at; where none does, `greatest`
        lowers the level and looks again.
        """
        sums = sums_along(self.circles.first, self.circles.near, self.totals)
        rows, weights = _rows(sums)
        kind = np.int16 if most < np.iinfo(np.int16).max else np.int32
        lanes = -(-self.rates.shape[2] // LANES) * LANES
        need = np.full((self.ends.size, weights.shape[0], lanes), np.iinfo(kind).max, dtype=kind)
        limit = self._limits(level, min(most, int(self.total)))
        for e, rate in enumerate(self.rates):
            count = np.searchsorted(limit, (weights @ rate) * (1 - SLACK)) + self.least_cases
            need[e, :, self.least_window : rate.shape[1]] = np.minimum(count, np.iinfo(kind).max)[
                :, self.least_window :
            ]
        return rows, need

    def _limits(self, level: float, most: int) -> Floats:
        """For least_cases, least_cases + 1, … `most` cases the greatest expectation at which they reach `level`."""
        count = np.arange(self.least_cases, most + 1, dtype=np.float64)
        low, high = np.zeros(count.size), count.copy()
        rest = self.total - count
        for _ in range(64):
            middle = (low + high) / 2
            with np.errstate(divide="ignore", invalid="ignore"):
                other = np.where(rest > 0, rest * np.log(rest / (self.total - middle)), 0.0)
                reaches = count * np.log(count / middle) + other >= level * (1 - SLACK)
            low, high = np.where(reaches, middle, low), np.where(reaches, high, middle)
        return floats(high)


def _rows(sums: Floats) -> tuple[Int32, Floats]:
    """Row of each circle, and (rows, strata) weights that no circle of the row falls below."""
    if sums.shape[1] > 1:
        return np.arange(sums.shape[0], dtype=np.int32), sums
    kinds = np.unique(sums[:, 0])
    if kinds.size > MOST_ROWS:
        chosen = np.searchsorted(kinds, np.geomspace(kinds[0], kinds[-1], MOST_ROWS))
        kinds = kinds[np.unique(np.append(chosen.clip(max=kinds.size - 1), 0))]
    return (np.searchsorted(kinds, sums[:, 0], side="right") - 1).astype(np.int32), floats(kinds[:, None])
