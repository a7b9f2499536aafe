"""One forecast against what happened: the sums from which every score is made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from placewise.kernels.arrays import Floats, floats
from placewise.space.surface import Surface

CALIBRATION_BINS = 10
CATCHES = (0.25, 0.5, 0.8)
LEAST = 1e-9  # an expected nothing is scored as this, or one such cell would decide the whole comparison


@dataclass(frozen=True)
class Curve:
    """Share of area against incidents caught, cells taken from the densest on; equal cells are taken together.

    A straight line joins the points: where equal cells, or part of one cell, must be chosen among, it is the mean
    over random choices, so that no order of the file helps or harms.
    """

    area: Floats
    caught: Floats

    @staticmethod
    def of(density: Floats, counts: Floats, areas: Floats) -> "Curve":
        """The curve of counts (n,) in cells of areas (n,) ranked by density (n,)."""
        order = np.argsort(-density, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(density[order])), order.size - 1)
        area = np.cumsum(areas[order])[ends] / areas.sum()
        return Curve(np.insert(area, 0, 0.0), np.insert(np.cumsum(counts[order])[ends], 0, 0.0))

    def at(self, shares: Sequence[float]) -> Floats:
        """Incidents caught in the given shares of the area."""
        return floats(np.interp(shares, self.area, self.caught))

    def to_catch(self, parts: Sequence[float]) -> Floats:
        """Share of area needed to catch the given parts of all incidents; 0 where there are none."""
        total = self.caught[-1]
        if total == 0:
            return np.zeros(len(parts))
        return floats(np.interp(np.asarray(parts) * total, self.caught, self.area))

    def under(self) -> float:
        """Area under the curve times the incidents: each one's chance to rank above a random place, summed."""
        return float(np.sum(np.diff(self.area) * (self.caught[1:] + self.caught[:-1]) / 2))


@dataclass(frozen=True)
class Tally:
    """What one forecast earned: named sums, and its calibration in tenths of what it expected."""

    sums: dict[str, float]
    expected_bins: Floats
    observed_bins: Floats


def tally(surface: Surface, counts: Floats, past: Floats, shares: Sequence[float]) -> Tally:
    """The sums of one forecast; `counts` (n,) is what happened, `past` (n,) the counts of the year before."""
    areas, expected = surface.cells.areas, surface.expected
    curve = Curve.of(surface.density, counts, areas)
    before = Curve.of(surface.density, past, areas).at(shares)
    best = Curve.of(counts / areas, counts, areas).at(shares)
    sums = {"one": 1.0, "events": float(counts.sum()), "past": float(past.sum()), "expected": float(expected.sum())}
    sums |= {"under": curve.under(), "deviance": _deviance(expected, counts)}
    sums |= {"log_point": _log_point(expected, counts, areas), "log_count": _log_count(surface, counts)}
    for k, share in enumerate(shares):
        sums[f"hits@{share:g}"] = float(curve.at(shares)[k])
        sums[f"best@{share:g}"], sums[f"before@{share:g}"] = float(best[k]), float(before[k])
    for part, needed in zip(CATCHES, curve.to_catch(CATCHES), strict=True):
        sums[f"area@{part:g}"] = float(needed) * (counts.sum() > 0)
    sums["any"] = float(counts.sum() > 0)
    return Tally(sums, *_tenths(surface.density, expected, counts))


def _deviance(expected: Floats, counts: Floats) -> float:
    """Poisson deviance 2 Σ [y log(y/μ) − (y − μ)] (McCullagh and Nelder 1989, § 2.3), over all cells."""
    mean = np.maximum(expected, LEAST)
    return float(2 * np.sum(xlogy(counts, counts) - xlogy(counts, mean) - counts + mean))


def _log_point(expected: Floats, counts: Floats, areas: Floats) -> float:
    """Log likelihood of a Poisson process with this many expected a km² (Daley and Vere-Jones 2003, § 7.1)."""
    mean = np.maximum(expected, LEAST)
    return float(np.sum(xlogy(counts, mean / (areas / 1e6)) - mean))


def _log_count(surface: Surface, counts: Floats) -> float:
    """Log probability of the cells' counts, negative binomial with the surface's standard error."""
    mean = np.maximum(surface.expected, LEAST)
    shape = np.clip((mean / np.maximum(surface.stderr, 1e-3 * mean)) ** 2, 1e-6, 1e6)
    log_p = gammaln(counts + shape) - gammaln(shape) - gammaln(counts + 1)
    log_p += shape * np.log(shape / (shape + mean)) + xlogy(counts, mean / (shape + mean))
    return float(log_p.sum())


def _tenths(density: Floats, expected: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Expected and observed incidents in ten groups of cells, quietest first, that each expect a tenth of the total."""
    order = np.argsort(density, kind="stable")
    total = max(float(expected.sum()), 1e-300)
    middle = (np.cumsum(expected[order]) - expected[order] / 2) / total
    group = np.clip((middle * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    sums = (np.bincount(group, values[order], minlength=CALIBRATION_BINS) for values in (expected, counts))
    observed = tuple(floats(part) for part in sums)
    return observed[0], observed[1]
