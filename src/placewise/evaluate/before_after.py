"""Before and after at places, against comparison places: programme evaluation by difference in differences.

Weekly counts of reported incidents at treated places, in a ring around them, and at comparison places. Everything
here is about places and weeks; nothing about anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np
from scipy.spatial import KDTree
from scipy.stats import t as student

from placewise.evaluate.resampling import bootstrap_weights, central
from placewise.kernels.arrays import Bools, Floats, floats, frozen
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import Moment, day_number, iso
from placewise.space.cells import Cells
from placewise.space.events import Events

LEVEL = 0.95
LEAST_WEEKS = 4
LEAST_INCIDENTS = 10
"""Incidents before, at treated places and at comparison places each, under which no ratio is told."""
WEEK = 7.0
SCALES = (2_000.0, 3_000.0, 6_000.0)
"""Metres: sides of the squares whose own trends are told apart; the scale that widens the interval most is taken."""
YEAR = 364.0
"""Days back to the same weeks of the year before, weekday by weekday."""
NAMES = ("treated", "ring", "comparison")


class NoComparison(PlacewiseError):
    """Sets of cells that can't be compared: empty, overlapping, or not of these cells."""


class TooLittle(PlacewiseError):
    """Too few weeks, too few incidents, or weeks that the records do not cover."""


class TooFewIncidents(TooLittle):
    """Too few incidents before, at treated or at comparison places, for any ratio to mean something."""


class NotCovered(TooLittle):
    """Weeks (first to last day, ISO) that the records (since, until) do not cover."""

    def __init__(self, since: str, until: str, first: str, last: str) -> None:
        super().__init__(
            f"the records cover {since} to {until}, not the weeks from {first} to {last}; take another start or fewer "
            "weeks"
        )
        self.since, self.until, self.first, self.last = since, until, first, last


@dataclass(frozen=True, eq=False)
class Zones:
    """Which of (n,) cells were treated, lie in the ring around them, and are compared with; no cell in two of them."""

    treated: Bools
    ring: Bools
    comparison: Bools

    def __post_init__(self) -> None:
        if not self.treated.shape == self.ring.shape == self.comparison.shape:
            raise NoComparison("the three sets do not name the same cells")
        if (self.treated & self.ring).any() or (self.comparison & (self.treated | self.ring)).any():
            raise NoComparison("a cell is in two of the sets: treated, ring and comparison exclude each other")
        if not self.treated.any() or not self.comparison.any():
            raise NoComparison("there is no treated cell, or none to compare with")
        for part in (self.treated, self.ring, self.comparison):
            frozen(part)

    @staticmethod
    def around(cells: Cells, treated: Bools, metres: float, comparison: Bools | None = None) -> "Zones":
        """Treated cells, the ring of cells with their centre within so many metres, and all others (or of these)."""
        ring = near(cells, treated, metres) & ~treated
        rest = ~treated & ~ring
        return Zones(treated.copy(), ring, rest if comparison is None else comparison & rest)

    @property
    def sizes(self) -> dict[str, int]:
        """How many cells each set has."""
        return {name: int(part.sum()) for name, part in self.named()}

    def named(self) -> tuple[tuple[str, Bools], ...]:
        """The sets by name."""
        return ("treated", self.treated), ("ring", self.ring), ("comparison", self.comparison)


def near(cells: Cells, chosen: Bools, metres: float) -> Bools:
    """(n,) cells whose centre lies within so many metres of a chosen cell's centre."""
    if not chosen.any() or metres <= 0:
        return chosen.copy()
    tree = KDTree(np.column_stack([cells.x[chosen], cells.y[chosen]]))
    reach = float(np.nextafter(metres, np.inf))
    apart, _ = tree.query(np.column_stack([cells.x, cells.y]), distance_upper_bound=reach)
    return np.asarray(np.isfinite(apart), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole weeks before and after a day."""

    start: float
    """The first day after, as days since 1970 on the city's wall clock."""
    before: int
    after: int

    @property
    def edges(self) -> Floats:
        """(before + after + 1,) where the weeks begin, and the end."""
        return floats(self.start + WEEK * np.arange(-self.before, self.after + 1))

    def years_back(self, years: int) -> "Span":
        """The same weeks of an earlier year, on the same weekdays."""
        return Span(self.start - YEAR * years, self.before, self.after)


@dataclass(frozen=True, eq=False)
class Weeks:
    """Weekly counts (w,) in each set of cells; the first `before` of the weeks lie before the start."""

    treated: Floats
    ring: Floats
    comparison: Floats
    before: int

    def sums(self, name: str) -> tuple[float, float]:
        """Incidents before and after in one of the sets."""
        counts: Floats = getattr(self, name)
        return float(counts[: self.before].sum()), float(counts[self.before :].sum())


def weekly(events: Events, cells: Cells, zones: Zones, span: Span) -> Weeks:
    """The incidents of each week in each set, by the middle of the time in which they happened."""
    located = cells.locate(events)
    week = np.floor((located.day - span.edges[0]) / WEEK)
    inside = (week >= 0) & (week < span.before + span.after)
    number, cell = week[inside].astype(np.int64), located.cell[inside]
    counts = {
        name: floats(np.bincount(number[part[cell]], minlength=span.before + span.after))
        for name, part in zones.named()
    }
    return Weeks(**counts, before=span.before)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Change at treated places over change at comparison places: 0.88 is 12 % fewer than was to be expected.

    low, high: 95 % interval; dispersion: variance of the weeks over Poisson's, 1 where it is smaller; trends: standard
    deviation, on the log scale, of what neighbourhoods change by themselves; error: standard error of the logarithm,
    with both; p: two-sided.
    """

    value: float
    low: float
    high: float
    dispersion: float
    trends: float
    error: float
    p: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 1."""
        return self.low > 1 or self.high < 1


@dataclass(frozen=True, slots=True)
class Trends:
    """How far neighbourhoods (squares of one of `SCALES`) change by themselves.

    variance: of their log ratios beyond chance, τ²; treated, ring, comparison: Σ w² over squares, w the part of the
    set's incidents that lies in each: 1 for one neighbourhood, near 0 for places all over the city.
    """

    variance: float
    treated: float
    ring: float
    comparison: float

    def between(self, name: str) -> float:
        """What they add to the variance of a log ratio of this set to the comparison places."""
        return self.variance * (float(getattr(self, name)) + self.comparison)


def trends(
    events: Events, cells: Cells, zones: Zones, span: Span, metres: float = SCALES[1], dispersion: float = 1.0
) -> Trends:
    """The neighbourhoods' own trends, by the comparison places: a random effect of each square on the log ratio.

    After-counts of squares with n incidents vary by φ·n·p·q + τ²·(n·p·q)²; τ² by moments, as for counts with extra
    variance (Williams 1982; few treated groups: Donald and Lang 2007). Without it the interval forgets that a
    neighbourhood may rise or fall by itself.
    """
    located = cells.locate(events)
    square = np.column_stack([np.floor(cells.x / metres), np.floor(cells.y / metres)])
    _, block = np.unique(square, axis=0, return_inverse=True)
    inside = (located.day >= span.edges[0]) & (located.day < span.edges[-1])
    cell, after = located.cell[inside], located.day[inside] >= span.start
    size = int(block.max()) + 1
    parts = {}
    for name, part in zones.named():
        mine = part[cell]
        n = np.bincount(block[cell[mine]], minlength=size).astype(float)
        parts[name] = (n, np.bincount(block[cell[mine & after]], minlength=size).astype(float))
    spread = {name: float(np.sum((n / max(n.sum(), 1.0)) ** 2)) for name, (n, _) in parts.items()}
    return Trends(_own_trends(*parts["comparison"], dispersion), **spread)


def _own_trends(n: Floats, after: Floats, dispersion: float) -> float:
    """τ² from squares with n (k,) incidents of which so many came after; 0 where chance explains all."""
    p = float(after.sum()) / max(float(n.sum()), 1.0)
    noise = n[n > 0] * p * (1 - p)
    if noise.size < 3 or noise.sum() == 0:
        return 0.0
    chi = float(np.sum((after[n > 0] - n[n > 0] * p) ** 2 / noise))
    weight = float(noise.sum() - np.sum(noise**2) / noise.sum())
    return max(0.0, (chi - dispersion * (noise.size - 1)) / weight)


def ratio(treated: Floats, comparison: Floats, before: int, between: float = 0.0) -> Ratio:
    """Difference in differences of weekly counts (w,), log scale; the first `before` weeks are before.

    A Poisson model with an effect of each week and of the set: given the week's sum, the treated part is binomial, so
    that whatever moves a week in both sets (season, weather, holidays) cancels. The weeks' Pearson dispersion
    (McCullagh and Nelder 1989, § 4.5 and 9.2) and `between`, the variance of neighbourhoods' own trends, widen the
    interval, with Student's t on w − 2 degrees of freedom.
    """
    tb, ta = float(treated[:before].sum()), float(treated[before:].sum())
    cb, ca = float(comparison[:before].sum()), float(comparison[before:].sum())
    if min(tb, ta, cb, ca) == 0:  # Haldane (1956), Anscombe (1956): half an incident each keeps logarithms finite
        tb, ta, cb, ca = tb + 0.5, ta + 0.5, cb + 0.5, ca + 0.5
    difference = log(ta / tb) - log(ca / cb)
    spread = _dispersion(treated, comparison, before)
    freedom = max(1, treated.size - 2)
    error = sqrt(spread * (1 / tb + 1 / ta + 1 / cb + 1 / ca) + between)
    return _ratio(difference, error, freedom, spread, sqrt(between))


def _ratio(difference: float, error: float, freedom: float, spread: float, own: float) -> Ratio:
    """A log ratio with its standard error as a ratio with its interval by Student's t."""
    reach = float(student.ppf(0.5 + LEVEL / 2, freedom)) * error
    p = float(2 * student.sf(abs(difference) / error, freedom))
    return Ratio(exp(difference), exp(difference - reach), exp(difference + reach), spread, own, error, p)


def judged(events: Events, cells: Cells, zones: Zones, span: Span, weeks: Weeks, name: str = "treated") -> Ratio:
    """A set's ratio to the comparison places, with the weeks' dispersion and the neighbourhoods' own trends."""
    counts: Floats = getattr(weeks, name)
    spread = _dispersion(counts, weeks.comparison, weeks.before)
    own = max(trends(events, cells, zones, span, metres, spread).between(name) for metres in SCALES)
    return ratio(counts, weeks.comparison, weeks.before, own)


def _dispersion(treated: Floats, comparison: Floats, before: int) -> float:
    """Pearson's χ² of the weekly treated parts over its degrees of freedom, never under 1."""
    total = treated + comparison
    after = np.arange(total.size) >= before
    chi, weeks = 0.0, 0
    for side in (after, ~after):
        n = total[side]
        share = treated[side].sum() / max(n.sum(), 1.0)
        if 0 < share < 1:
            chi += float(np.sum((treated[side] - n * share)[n > 0] ** 2 / (n * share * (1 - share))[n > 0]))
            weeks += int(np.sum(n > 0)) - 1
    return max(1.0, chi / weeks) if weeks > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Displacement:
    """What became of the ring around the treated places.

    quotient: the weighted displacement quotient, None where treated places did not do better than comparison places;
    low, high: 95 % bootstrap interval over weeks, None where a tenth of the replicates or more have no quotient;
    ring: the ring's own ratio to comparison places.
    """

    quotient: float | None
    low: float | None
    high: float | None
    ring: Ratio

    @property
    def meaning(self) -> str:
        """One of diffusion, none, displacement, backfire (more moved than was won), undefined."""
        if self.quotient is None:
            return "undefined"
        if self.quotient > 0:
            return "diffusion"
        if self.quotient == 0:
            return "none"
        return "displacement" if self.quotient >= -1 else "backfire"


def quotient(treated: tuple[float, float], ring: tuple[float, float], comparison: tuple[float, float]) -> float | None:
    """WDQ = (B₁/C₁ − B₀/C₀) / (A₁/C₁ − A₀/C₀), each (before, after); Bowers and Johnson 2003, p. 286.

    A treated, B ring, C comparison. Without a relative fall at treated places there is nothing to displace: None.
    """
    if min(comparison) <= 0:
        return None
    success = treated[1] / comparison[1] - treated[0] / comparison[0]
    moved = ring[1] / comparison[1] - ring[0] / comparison[0]
    return moved / success if success < 0 else None


def displacement(weeks: Weeks, draws: tuple[Floats, Floats], ring: Ratio) -> Displacement | None:
    """What became of the ring, None where there is no incident in it. draws: bootstrap weights; ring: its ratio."""
    if weeks.ring.sum() == 0:
        return None
    value = quotient(weeks.sums("treated"), weeks.sums("ring"), weeks.sums("comparison"))
    low = high = None
    if value is not None:
        found = [quotient(*three) for three in zip(*(_redrawn(weeks, name, draws) for name in NAMES), strict=True)]
        known = floats([one for one in found if one is not None])
        if known.size > 0.9 * len(found):
            low, high = central(known, LEVEL)
    return Displacement(value, low, high, ring)


def draw(weeks: Weeks, replicates: int, seed: int) -> tuple[Floats, Floats]:
    """How often each week before and each after is drawn, (replicates, weeks): all sets together, sides apart."""
    after = weeks.treated.size - weeks.before
    return bootstrap_weights(weeks.before, replicates, seed), bootstrap_weights(after, replicates, seed + 1)


def _redrawn(weeks: Weeks, name: str, draws: tuple[Floats, Floats]) -> list[tuple[float, float]]:
    counts: Floats = getattr(weeks, name)
    before, after = draws[0] @ counts[: weeks.before], draws[1] @ counts[weeks.before :]
    return list(zip(before.tolist(), after.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Prevented:
    """Incidents fewer than expected at treated places (more, where negative): E − A₁ with E = A₀ · C₁/C₀, 95 %."""

    value: float
    low: float
    high: float


def prevented(weeks: Weeks, effect: Ratio) -> Prevented:
    """Against what comparison places let expect (Guerette 2009, gross effect).

    E·(1 − ratio) with the ends of the ratio's own interval, so that both leave out «no change» or neither does.
    """
    (tb, ta), (cb, ca) = weeks.sums("treated"), weeks.sums("comparison")
    expected = tb * ca / cb
    fewer = expected - ta
    low, high = expected * (1 - effect.high), expected * (1 - effect.low)
    return Prevented(fewer, min(low, fewer), max(high, fewer))  # beyond an end only where a count is nothing


@dataclass(frozen=True, slots=True)
class Placebo:
    """The same weeks so many years earlier, when nothing was done: what chance and choice alone make of it.

    same: ratio at the same places; chosen: ratio at as many places chosen in that year as the highest of its weeks
    before; both None where there are too few incidents.
    """

    years_back: int
    start: str
    same: Ratio | None
    chosen: Ratio | None


def against_years(effect: Ratio, placebos: Sequence[Placebo], weeks: int) -> Ratio | None:
    """The effect over the mean of the same places' ratios in earlier years; None of fewer than two years.

    A third difference: it takes away what these places do at this time of every year, as a park in spring does. The
    years' own variance is that of their ratios or that between them, whichever is greater.
    """
    same = [one.same for one in placebos if one.same is not None]
    if len(same) < 2:
        return None
    logs = floats([log(one.value) for one in same])
    within = sum(one.error**2 for one in same) / len(same)
    years = max(within, float(np.var(logs, ddof=1))) / len(same)
    difference = log(effect.value) - float(logs.mean())
    return _ratio(difference, sqrt(effect.error**2 + years), weeks - 2, effect.dispersion, effect.trends)


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """What came of it, with everything that it rests on."""

    start: str
    weeks_before: int
    weeks_after: int
    week_starts: tuple[str, ...]
    weeks: Weeks
    cells: Mapping[str, int]
    km2: Mapping[str, float]
    effect: Ratio
    prevented: Prevented
    displacement: Displacement | None
    overlap: float
    """Part of the treated places that are among as many with the most incidents in the weeks before."""
    placebos: tuple[Placebo, ...]
    against_years: Ratio | None
    seed: int

    @property
    def n(self) -> int:
        """Incidents counted, in all sets and weeks."""
        return int(sum(getattr(self.weeks, name).sum() for name in NAMES))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists, ready for JSON."""
        counts = {name: [int(one) for one in getattr(self.weeks, name)] for name in NAMES}
        moved = self.displacement
        return {
            "start": self.start, "weeks_before": self.weeks_before, "weeks_after": self.weeks_after,
            "week_starts": list(self.week_starts), "counts": counts, "cells": dict(self.cells), "km2": dict(self.km2),
            "effect": asdict(self.effect), "prevented": asdict(self.prevented),
            "displacement": asdict(moved) | {"meaning": moved.meaning} if moved else None,
            "against_years": asdict(self.against_years) if self.against_years else None,
            "overlap": self.overlap, "placebos": [asdict(one) for one in self.placebos], "n": self.n,
            "level": LEVEL, "seed": self.seed,
        }  # fmt: skip


def before_after(
    events: Events,
    cells: Cells,
    zones: Zones,
    start: Moment,
    *,
    before: int = 26,
    after: int = 26,
    years: int = 3,
    ring_metres: float = 0.0,
    until: Moment | None = None,
    replicates: int = 2000,
    seed: int = 1,
) -> BeforeAfter:
    """The evaluation of what began on `start` at the treated cells.

    before, after: whole weeks; years: how many earlier years are tried as placebos, as far as the records go;
    ring_metres: the ring's width, for choosing rings in placebo years; until: the day up to which records are whole.
    """
    span = Span(day_number(events.moment(start)), before, after)
    _check(events, span, until)
    weeks = weekly(events, cells, zones, span)
    few = [name for name in ("treated", "comparison") if weeks.sums(name)[0] < LEAST_INCIDENTS]
    if few:
        raise TooFewIncidents(
            f"fewer than {LEAST_INCIDENTS} incidents before at {few[0]} places; take more weeks or places"
        )
    draws = draw(weeks, replicates, seed)
    effect = judged(events, cells, zones, span, weeks)
    earlier = placebos(events, cells, zones, span, years, ring_metres)
    return BeforeAfter(
        start=_day(span.start),
        weeks_before=before,
        weeks_after=after,
        week_starts=tuple(_day(edge) for edge in span.edges[:-1].tolist()),
        weeks=weeks,
        cells=zones.sizes,
        km2={name: float(cells.areas[part].sum() / 1e6) for name, part in zones.named()},
        effect=effect,
        prevented=prevented(weeks, effect),
        displacement=displacement(weeks, draws, judged(events, cells, zones, span, weeks, "ring")),
        overlap=float((highest(events, cells, zones, span, ring_metres).treated & zones.treated).sum())
        / zones.sizes["treated"],
        placebos=earlier,
        against_years=against_years(effect, earlier, before + after),
        seed=seed,
    )


def _check(events: Events, span: Span, until: Moment | None) -> None:
    if min(span.before, span.after) < LEAST_WEEKS:
        raise TooLittle(f"at least {LEAST_WEEKS} weeks before and after are needed")
    since = day_number(events.since)
    end = day_number(events.moment(until)) if until is not None else day_number(events.times.max()) + 1
    if span.edges[0] < since or span.edges[-1] > end:
        raise NotCovered(_day(since), _day(end), _day(span.edges[0]), _day(span.edges[-1]))


def placebos(
    events: Events, cells: Cells, zones: Zones, span: Span, years: int, ring_metres: float
) -> tuple[Placebo, ...]:
    """The same weeks of earlier years whose after-weeks end before anything was done."""
    since = day_number(events.since)
    tried = [(back, span.years_back(back)) for back in range(1, years + 1)]
    kept = [(back, one) for back, one in tried if one.edges[0] >= since and one.edges[-1] <= span.start]
    return tuple(_placebo(events, cells, zones, one, back, ring_metres) for back, one in kept)


def _placebo(events: Events, cells: Cells, zones: Zones, span: Span, years_back: int, ring_metres: float) -> Placebo:
    chosen = highest(events, cells, zones, span, ring_metres)
    same, other = (_told(events, cells, one, span) for one in (zones, chosen))
    return Placebo(years_back, _day(span.start), same, other)


def _told(events: Events, cells: Cells, zones: Zones, span: Span) -> Ratio | None:
    weeks = weekly(events, cells, zones, span)
    if min(weeks.sums("treated")[0], weeks.sums("comparison")[0]) < LEAST_INCIDENTS:
        return None
    return judged(events, cells, zones, span, weeks)


def highest(events: Events, cells: Cells, zones: Zones, span: Span, ring_metres: float) -> Zones:
    """As many cells as were treated, those with most incidents before: what was high by chance falls back by itself.

    Regression to the mean (Galton 1886; for places chosen by counts: Hauer 1980): their ratio in a year without any
    programme is what the choice alone brings about. Of equals, the first in the cells' order.
    """
    located = cells.locate(events)
    counts = located.counts(len(cells), span.edges[0], span.start)
    pool = zones.treated | zones.comparison
    order = np.argsort(np.where(pool, -counts, np.inf), kind="stable")
    chosen = np.zeros(len(cells), dtype=np.bool_)
    chosen[order[: int(zones.treated.sum())]] = True
    around = (
        Zones.around(cells, chosen, ring_metres, pool) if (pool & ~near(cells, chosen, ring_metres)).any() else None
    )
    return around or Zones(chosen, np.zeros_like(chosen), pool & ~chosen)  # a ring that leaves nobody is left out


def _day(number: float) -> str:
    return iso(np.datetime64(round(number), "D").astype("datetime64[us]"))
