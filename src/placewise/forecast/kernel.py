"""Kernel density of past incidents, its bandwidth chosen by how well it foretold the latest ones."""

import numpy as np

from placewise.forecast.base import Estimator, shares, years
from placewise.kernels.arrays import Floats, floats
from placewise.kernels.density import binned, gaussian_sums
from placewise.space.cells import Cells, Located

LADDER = (100.0, 150.0, 225.0, 340.0, 500.0, 750.0, 1100.0)
CUT = 4.0  # bandwidths; beyond it a Gaussian holds 0.03 % of its mass
EVEN = 0.01  # part of the mass spread evenly, so that no cell expects exactly none


def density_shares(located: Located, cells: Cells, bandwidth: float, weight: Floats | None = None) -> Floats:
    """(n,) each cell's share of the mass of Gaussians upon the events (Silverman 1986, § 4.2), cut at 4 bandwidths.

    Mass that falls outside the study area is given back in proportion; a part of 1 % is spread evenly.
    """
    start, members, bins = binned(cells.x, cells.y, CUT * bandwidth)
    weight = np.ones(len(located)) if weight is None else weight
    sums = gaussian_sums(located.x, located.y, weight, cells.x, cells.y, start, members, bins, bandwidth) * cells.areas
    even = shares(cells.areas)
    return floats((1 - EVEN) * sums / sums.sum() + EVEN * even) if sums.sum() > 0 else even


class KernelDensity(Estimator):
    """Gaussian kernel density over the last years (Chainey, Tompson and Uhlig 2008).

    Without a `bandwidth` in metres, the one is taken under which the events before the last quarter of a year give the
    highest likelihood to that quarter's.
    """

    def __init__(self, years: float = 3.0, bandwidth: float | None = None) -> None:
        self.years = years
        self.bandwidth = bandwidth

    def describe(self) -> str:
        """What it does."""
        chosen = f"{self.bandwidth:g} m" if self.bandwidth else "chosen on the last quarter"
        return f"Gaussian kernel density of the last {self.years:g} years, bandwidth {chosen}"

    def _learn(self, located: Located, context: Located | None) -> None:
        first = max(years(self.now_, self.years), self.since_)
        recent = located.where(located.day >= first)
        self.bandwidth_ = self.bandwidth or _best_bandwidth(recent, self.cells_, self.now_ - 91.0)
        self.share_ = density_shares(recent, self.cells_, self.bandwidth_)
        self.days_, self.count_ = max(self.now_ - first, 28.0), float(len(recent))

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        total = (self.count_ + 0.5) / self.days_ * (end - start)
        expected = total * self.share_
        return expected, expected / np.sqrt(self.count_ + 0.5) + np.sqrt(expected / (self.count_ + 0.5))


def _best_bandwidth(located: Located, cells: Cells, cut: float) -> float:
    """The bandwidth of the ladder under which the events before `cut` best foretell the cells of those after it."""
    past, later = located.where(located.day < cut), located.where(located.day >= cut)
    if len(past) < 2 or len(later) < 2:
        return LADDER[-1]
    scores = [float(np.log(density_shares(past, cells, h)[later.cell]).sum()) for h in LADDER]
    return LADDER[int(np.argmax(scores))]
