"""Two outcomes side by side, batch by batch on the same calls."""

from collections.abc import Iterator
from dataclasses import dataclass

from placewise.simulate.errors import NotComparable
from placewise.simulate.outcome import TIMES, Estimate, Outcome
from placewise.simulate.summary import compared

WHOLE = ("utilisation", "cover", "in_beat", "patrol_kept", "waiting")


@dataclass(frozen=True)
class Difference:
    """A measure in both outcomes and b − a with its 95 % interval; `clear` where that interval leaves out 0.

    `priority`, `area`, `unit` and `hours` say what is measured; «» is all.
    """

    measure: str
    priority: str
    area: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    hours: str = ""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out no difference."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def compare(a: Outcome, b: Outcome) -> tuple[Difference, ...]:
    """Every measure that both have, paired by batch; both need the same seed, start, days and runs."""
    for name in ("seed", "start", "days", "runs"):
        if getattr(a, name) != getattr(b, name):
            raise NotComparable(f"{name} is {getattr(a, name)} in one and {getattr(b, name)} in the other")
    return tuple(_pairs(a, b))


def _pairs(a: Outcome, b: Outcome) -> Iterator[Difference]:
    """The differences in order: rows of response times, the whole, units."""
    others = {(row.priority, row.area, row.hours): row for row in b.responses}
    for row in a.responses:
        if other := others.get((row.priority, row.area, row.hours)):
            where = {"priority": row.priority, "area": row.area, "hours": row.hours}
            for name in TIMES:
                yield _difference(name, getattr(row, name), getattr(other, name), **where)
    for name in WHOLE:
        yield _difference(name, getattr(a, name), getattr(b, name))
    units = {unit.name: unit for unit in b.units}
    for unit in a.units:
        if twin := units.get(unit.name):
            yield _difference("utilisation", unit.utilisation, twin.utilisation, unit=unit.name)


def _difference(
    name: str, a: Estimate, b: Estimate, priority: str = "", area: str = "", unit: str = "", hours: str = ""
) -> Difference:
    """One measure of both."""
    return Difference(name, priority, area, unit, a.value, b.value, *compared(a, b), hours)
