"""What a scan is set up with: its span of days, its cases, what is expected of each cylinder, and how chance draws."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.warning.cases import Cases
from placewise.warning.chance import Chance, Multinomial, Permutation
from placewise.warning.cylinders import Cylinders, Neighbours
from placewise.warning.errors import BadPopulation, BadScan, NothingToScan


@dataclass(frozen=True)
class Span:
    """Days since 1970: the study [since, until), ends of earlier analyses; windows and the length of a step in days."""

    since: int
    until: int
    earlier: tuple[int, ...]
    days: int
    least_days: int
    step: int

    def __post_init__(self) -> None:
        if self.until - self.since < self.days:
            raise BadScan(f"the study's {self.until - self.since} days are fewer than the {self.days} of a window")
        if late := [day for day in self.earlier if day >= self.until or (self.until - day) % self.step]:
            raise BadScan(f"{len(late)} of the earlier analyses are no whole steps before this one")
        if min(self.earlier, default=self.until) - self.days < self.since:
            raise BadScan("the study begins after the first day of an earlier analysis' longest window")

    @property
    def windows(self) -> int:
        """Steps of the longest window."""
        return -(-self.days // self.step)

    @property
    def least_window(self) -> int:
        """Steps of the shortest window, less one."""
        return -(-self.least_days // self.step) - 1

    @property
    def ends(self) -> Ints:
        """Steps that the end of this analysis and of each earlier one lies back."""
        return ints([0, *sorted({(self.until - day) // self.step for day in self.earlier})])

    @property
    def analyses(self) -> int:
        """How many analyses chance is asked of: this one and the earlier ones."""
        return int(self.ends.size)

    @property
    def pause(self) -> float:
        """Days between one analysis and the next, on average; a step where there is but this one."""
        return self.step if self.analyses == 1 else float(self.ends[-1]) * self.step / (self.analyses - 1)

    @property
    def horizon(self) -> int:
        """Steps back that any window of any analysis reaches."""
        return int(self.ends[-1]) + self.windows

    def back(self, day: Ints) -> Ints:
        """Steps between each day and the last."""
        return ints((self.until - 1 - day) // self.step)


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that a scan looks at; recent: place of the cases within any window, and the steps each lies back."""

    cases: Cases
    span: Span
    cylinders: Cylinders
    chance: Chance
    recent: tuple[Ints, Ints]


def permutation_study(cases: Cases, span: Span, radius: float, least_cases: int, *, weekly: bool) -> Study:
    """Expected are each place's cases times the window's share of all cases, by day of the week if `weekly`.

    Kulldorff et al. 2005, equation 1; the day of the week is a stratum within which cases are permuted. A place without
    cases is the centre of circles like any other.
    """
    _some(cases)
    strata = 7 if weekly else 1
    stratum = ints(cases.day % strata)
    place, back = cases.place, span.back(cases.day)
    totals = floats(np.bincount(place * strata + stratum, minlength=cases.x.size * strata)).reshape(-1, strata)
    of_stratum = totals.sum(axis=0)
    rates = _window_counts(stratum, back, strata, span) / np.maximum(of_stratum, 1.0)[:, None]
    order = np.argsort(stratum, kind="stable")
    recent = order[back[order] < span.horizon]
    chance = Permutation(
        pool=place[order],
        pool_first=ints(np.concatenate([[0], np.cumsum(of_stratum)])),
        drawn=ints(np.bincount(stratum[recent], minlength=strata)),
        back=back[recent],
    )
    cylinders = _cylinders(cases, span, radius, totals, rates, least_cases, int(totals.sum(axis=1).max()))
    return Study(cases, span, cylinders, chance, (place[recent], back[recent]))


def multinomial_study(
    cases: Cases, span: Span, radius: float, least_cases: int, population: npt.ArrayLike | None, *, weekly: bool
) -> Study:
    """Expected are the cases of the whole study in proportion to population and time; given how many there were.

    Kulldorff 2001; if `weekly`, each day of the week has its own share of the cases, the same everywhere.
    """
    people = _population(cases, population)
    cases, people = cases.at_places(people > 0), people[people > 0]
    _some(cases)
    share = _step_shares(cases, span, weekly=weekly)
    sums = np.cumsum(share)
    windows = np.arange(1, span.windows + 1)
    rates = np.stack([sums[end + windows - 1] - (sums[end - 1] if end else 0.0) for end in span.ends])[:, None, :]
    totals = people[:, None] * (len(cases) / people.sum())
    chance = Multinomial(len(cases), floats(np.cumsum(people)), floats(sums[: span.horizon]))
    back = span.back(cases.day)
    recent = back < span.horizon
    cylinders = _cylinders(cases, span, radius, totals, floats(rates), least_cases, len(cases))
    return Study(cases, span, cylinders, chance, (cases.place[recent], back[recent]))


def _cylinders(
    cases: Cases, span: Span, radius: float, totals: Floats, rates: Floats, least_cases: int, most: int
) -> Cylinders:
    """Circles and windows, with what is expected in them."""
    circles = Neighbours.within(cases.x, cases.y, radius)
    return Cylinders(circles, totals, rates, span.ends, float(len(cases)), span.least_window, least_cases, most)


def _some(cases: Cases) -> None:
    """Refuse a study of nothing."""
    if not len(cases):
        raise NothingToScan("no case lies in the study period and at the places given")


def _window_counts(stratum: Ints, back: Ints, strata: int, span: Span) -> Floats:
    """(ends, strata, windows) cases of the whole study in the last w + 1 steps before each end."""
    near = back < span.horizon
    by_step = np.bincount(stratum[near] * span.horizon + back[near], minlength=strata * span.horizon)
    sums = np.cumsum(by_step.reshape(strata, span.horizon), axis=1)
    padded = np.concatenate([np.zeros((strata, 1)), sums], axis=1)
    windows = np.arange(1, span.windows + 1)
    return floats([padded[:, end + windows] - padded[:, [end]] for end in span.ends])


def _step_shares(cases: Cases, span: Span, *, weekly: bool) -> Floats:
    """(steps,) share of the cases that each step is expected to hold, the latest first."""
    days = np.arange(span.until - 1, span.since - 1, -1)
    weight = np.ones(days.size)
    if weekly:
        weight = (np.bincount(cases.day % 7, minlength=7) / np.maximum(np.bincount(days % 7, minlength=7), 1))[days % 7]
    return floats(np.bincount(span.back(days), weight / weight.sum()))


def _population(cases: Cases, population: npt.ArrayLike | None) -> Floats:
    """(n,) population of each place; refused unless every case's place has some."""
    if population is None:
        raise BadPopulation("the Poisson model needs a population of each place, such as residents or dwellings")
    try:
        people = floats(population)
    except (TypeError, ValueError) as error:
        raise BadPopulation(f"a population is numbers: {error}") from error
    if people.shape != cases.x.shape or not (np.isfinite(people).all() and (people >= 0).all()):
        raise BadPopulation(f"a population is one number, not negative, for each of the {cases.x.size:,} places")
    if empty := int(np.sum(people[cases.place] == 0)):
        raise BadPopulation(f"{empty:,} cases lie where the population is 0")
    return people
