"""Plain counts: what every other forecast has to beat."""

from placewise.forecast.base import Estimator, shares, years
from placewise.forecast.shrinkage import shrunk
from placewise.kernels.arrays import Floats, floats
from placewise.space.cells import Located


class PlainCount(Estimator):
    """The count of each cell over the last years, ranked as it is.

    Only the expected value is shrunk towards the city's mean (which leaves the order of equal cells by count as it
    is), so that a cell without an incident so far does not expect exactly none.
    """

    def __init__(self, years: float = 3.0) -> None:
        self.years = years

    def describe(self) -> str:
        """What it does."""
        return f"plain count of the last {self.years:g} years in each cell"

    def _learn(self, located: Located, context: Located | None) -> None:
        first = max(years(self.now_, self.years), self.since_)
        counts = located.counts(len(self.cells_), first, self.now_)
        even = (counts.sum() + 0.5) * shares(self.cells_.areas)
        rate = shrunk(counts, even)
        self.days_ = max(self.now_ - first, 28.0)
        self.mean_, self.stderr_ = floats(rate.mean), floats(rate.stderr)

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        part = (end - start) / self.days_
        return self.mean_ * part, self.stderr_ * part
