"""What judges ask of anything that forecasts; they know no estimator by name."""

from typing import Protocol, Self

from placewise.kernels.moments import Moment
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.space.surface import Surface


class Forecaster(Protocol):
    """Learns from events before a moment, then says how many to expect where."""

    def clone(self) -> Self:
        """The same settings, nothing learned."""
        ...

    def fit(self, events: Events, cells: Cells, *, until: Moment | None = None, context: Events | None = None) -> Self:
        """Learn from what was known at `until`; `context` are incidents of other classes that may inform it."""
        ...

    def predict(self, start: Moment, end: Moment) -> Surface:
        """Expected counts by cell for [start, end), which lies after `until`."""
        ...

    def describe(self) -> str:
        """One sentence: what it does."""
        ...
