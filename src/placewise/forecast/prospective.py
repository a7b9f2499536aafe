"""ProMap: the prospective hot-spot map of near repeats."""

import numpy as np

from placewise.forecast.base import Estimator, shares
from placewise.kernels.arrays import Floats, floats
from placewise.kernels.density import binned
from placewise.kernels.prospective import prospective_sums
from placewise.space.cells import Located

EVEN = 0.1  # part of the mass spread evenly: the map itself leaves most cells without any risk


class ProspectiveKernel(Estimator):
    """Prospective mapping (Bowers, Johnson and Pease 2004, British J. Criminology 44).

    A cell's risk is the sum over incidents within `reach` metres and `weeks` weeks of 1/(1 + weeks ago) ·
    1/(1 + half cell widths away). Risk becomes expected counts by the rate of those weeks.
    """

    def __init__(self, reach: float = 400.0, weeks: int = 8) -> None:
        self.reach = reach
        self.weeks = weeks

    def describe(self) -> str:
        """What it does."""
        return f"prospective kernel of the last {self.weeks} weeks within {self.reach:g} m (ProMap)"

    def _learn(self, located: Located, context: Located | None) -> None:
        cells, lately = self.cells_, located.where(located.day >= self.now_ - 7.0 * self.weeks)
        step = float(np.sqrt(np.median(cells.areas))) / 2
        start, members, bins = binned(cells.x, cells.y, self.reach)
        age = np.floor((self.now_ - lately.day) / 7.0)
        risk = prospective_sums(lately.x, lately.y, age, cells.x, cells.y, start, members, bins, step) * cells.areas
        even = shares(cells.areas)
        self.share_ = floats((1 - EVEN) * risk / risk.sum() + EVEN * even) if risk.sum() > 0 else even
        self.count_ = len(lately) + 0.5
        self.days_ = min(7.0 * self.weeks, max(self.now_ - self.since_, 28.0))

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        expected = self.share_ * self.count_ / self.days_ * (end - start)
        return expected, expected
