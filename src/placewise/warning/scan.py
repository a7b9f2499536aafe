"""The prospective space-time scan: is there a place where lately more happened than elsewhere and before?"""

import inspect
from collections.abc import Callable, Sequence
from datetime import date
from os import cpu_count
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.moments import Moment, day_number, moment
from placewise.kernels.scan_rings import union_free
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.warning.cases import Cases
from placewise.warning.chance import maxima
from placewise.warning.cluster import OFTEN, Cluster, so_many
from placewise.warning.cylinders import Neighbours
from placewise.warning.errors import BadScan, NotScanned, is_count
from placewise.warning.inference import EQUAL, critical, enough_after, gumbel, monte_carlo, recurrence
from placewise.warning.study import Span, Study, multinomial_study, permutation_study

MOST_CLUSTERS = 20
EPOCH = date(1970, 1, 1).toordinal()


def _unseen(_done: int, _total: int) -> None:
    """Nobody looks."""


class SpaceTimeScan:
    """Clusters that are alive on the last day, found by trying every circle and every window of days up to it.

    model: "permutation" needs cases alone (Kulldorff et al. 2005, PLoS Medicine 2:e59); "poisson" takes a population
    by place (Kulldorff 2001, Journal of the Royal Statistical Society A 164). radius: metres of the largest circle;
    days, least_days: of the longest and the shortest window; least_cases: in a cluster; replications: of chance;
    by_weekday: weekends may differ from weekdays, place by place; early_stop: stop once so many replications reached
    the statistic; step: "day" or "week", in which time is counted back from the end.
    """

    cases_: Cases
    clusters_: tuple[Cluster, ...]
    maxima_: Floats
    until_: date
    since_: date

    def __init__(
        self,
        *,
        model: Literal["permutation", "poisson"] = "permutation",
        radius: float = 1000.0,
        days: int = 28,
        least_days: int = 1,
        least_cases: int = 2,
        replications: int = 999,
        by_weekday: bool = False,
        early_stop: int | None = None,
        seed: int = 0,
        step: Literal["day", "week"] = "day",
    ) -> None:
        self.model = model
        self.radius = radius
        self.days = days
        self.least_days = least_days
        self.least_cases = least_cases
        self.replications = replications
        self.by_weekday = by_weekday
        self.early_stop = early_stop
        self.seed = seed
        self.step = step

    def fit(
        self,
        events: Events | Cases,
        places: Cells | None = None,
        *,
        until: Moment,
        since: Moment | None = None,
        earlier: Sequence[Moment] = (),
        population: npt.ArrayLike | None = None,
        progress: Callable[[int, int], None] = _unseen,
        threads: int | None = None,
    ) -> Self:
        """Scan what was known at the midnight that begins `until`; the day before it is the last of every window.

        places: cells; without them every case's own point is a place. since: first day of the study, by default of the
        records. earlier: `until` of analyses made before, for which p then allows. population: (n,) of each place, for
        the Poisson model. progress: called with replications done and in all. The result is the same on any threads.
        """
        self._check()
        study = self._study(events, places, until, since, earlier, population)
        cylinders, recent = study.cylinders, study.recent
        best = cylinders.best(*recent)
        top = float(best[0].max())
        self.maxima_ = maxima(
            cylinders, study.chance, self.replications, self.seed, threads or cpu_count() or 1,
            lambda done: enough_after(done, top, self.early_stop), progress,
        )  # fmt: skip
        self.cases_, self.since_, self.until_ = study.cases, _date(study.span.since), _date(study.span.until)
        chosen = _apart(cylinders.circles, best)
        self.clusters_ = tuple(self._cluster(study, *(part[k] for part in best), centre=int(k)) for k in chosen)
        return self

    def critical(self, alpha: float) -> float:
        """The statistic that a cluster must exceed for its p to be at most `alpha`."""
        self._fitted()
        return critical(self.maxima_, alpha)

    def describe(self) -> str:
        """One sentence: what it does, with its settings and its source."""
        kind = "permutation" if self.model == "permutation" else "Poisson"
        weekday = ", adjusted for the day of the week" if self.by_weekday else ""
        return (
            f"prospective space-time {kind} scan, circles up to {self.radius:g} m, last {self.least_days} to "
            f"{self.days} days, {self.replications:,} replications{weekday}"
        )

    def explain(self) -> dict[str, Any]:
        """What was scanned and found, in plain values and in words; the settings alone before `fit`."""
        told: dict[str, Any] = {"model": self.describe(), "settings": self.settings()}
        if not hasattr(self, "clusters_"):
            return told
        told["clusters"] = [cluster.to_dict() for cluster in self.clusters_]
        return told | {"in_words": self._words()}

    def settings(self) -> dict[str, Any]:
        """The settings given to `__init__`, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        return f"SpaceTimeScan({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    def _words(self) -> list[str]:
        """What was scanned, and each cluster that chance seldom shows, a line each."""
        n, places = len(self.cases_), self.cases_.x.size
        rare = [cluster for cluster in self.clusters_ if cluster.p <= OFTEN]
        found = {0: "no cluster", 1: "one cluster"}.get(len(rare), f"{len(rare)} clusters apart from each other")
        heading = (
            f"{so_many(n, 'case')} at {so_many(places, 'place')} from {self.since_} to before {self.until_}: {found}"
        )
        lines = [f"{heading} that chance alone shows in less than half of all analyses"]
        return lines + [cluster.describe() for cluster in rare]

    def _fitted(self) -> None:
        if not hasattr(self, "clusters_"):
            raise NotScanned(f"{self!r} has scanned nothing yet; call fit(events, until=…) first")

    def _check(self) -> None:
        """Refuse settings that make no scan."""
        counted = (self.days, self.least_days, self.least_cases, self.replications, self.seed, self.early_stop or 0)
        if not all(is_count(each) for each in counted):
            raise BadScan("days, cases, replications, hits and the seed of a scan are whole numbers, none negative")
        if self.model not in {"permutation", "poisson"} or self.step not in {"day", "week"}:
            raise BadScan(f"there is no model {self.model!r} by {self.step!r}: permutation or poisson, by day or week")
        if not (0 < self.radius < np.inf and 1 <= self.least_days <= self.days and self.least_cases >= 1):
            raise BadScan("a scan needs a radius above 0, 1 ≤ least_days ≤ days and at least one case")
        if self.replications < 1 or (self.early_stop is not None and self.early_stop < 1):
            raise BadScan("a scan needs at least one replication, and an early stop at least one hit")
        if self.step == "week" and (self.by_weekday or self.days % 7 or self.least_days not in {1, *range(7, 366, 7)}):
            raise BadScan("by weeks, windows are whole weeks and days of the week are not told apart")

    def _study(
        self, events: Events | Cases, places: Cells | None, until: Moment, since: Moment | None,
        earlier: Sequence[Moment], population: npt.ArrayLike | None,
    ) -> Study:  # fmt: skip
        """Cases, cylinders and chance of this scan."""
        if isinstance(events, Cases) and places is not None:
            raise BadScan("cases that are counted by place have their places already; bring no cells with them")
        zone = events.zone if isinstance(events, Events) else "UTC"
        last, *before = (_day(value, zone) for value in (until, *earlier))
        poisson = self.model == "poisson"
        if population is not None and not poisson:
            raise BadScan("the permutation model compares with no population; scan with model='poisson'")
        cases = Cases.of(events, places, since, until, every_cell=poisson) if isinstance(events, Events) else events
        if since is None:
            begin = _day(events.since, zone) if isinstance(events, Events) else int(cases.day.min(initial=last))
        else:
            begin = _day(since, zone)
        span = Span(begin, last, tuple(before), self.days, self.least_days, 7 if self.step == "week" else 1)
        within = cases.between(begin, last)
        if poisson:
            return multinomial_study(within, span, self.radius, self.least_cases, population, weekly=self.by_weekday)
        return permutation_study(within, span, self.radius, self.least_cases, weekly=self.by_weekday)

    def _cluster(
        self, study: Study, statistic: float, size: int, window: int, observed: int, expected: float, *, centre: int
    ) -> Cluster:
        """The cluster of a centre's best cylinder."""
        circles, cases, span = study.cylinders.circles, study.cases, study.span
        places = circles.near[circles.first[centre] :][:size]
        p = monte_carlo(self.maxima_, statistic, self.replications)
        days = min((window + 1) * span.step, span.until - span.since)
        inside = (cases.day >= span.until - days) & np.isin(cases.place, places)
        apart = np.hypot(cases.x[places] - cases.x[centre], cases.y[places] - cases.y[centre])
        return Cluster(
            centre=(float(cases.lon[centre]), float(cases.lat[centre])),
            radius=float(apart.max()),
            places=tuple(cases.number[places].tolist()),
            start=_date(span.until - days),
            end=_date(span.until - 1),
            days=int(days),
            observed=int(observed),
            expected=float(expected),
            statistic=float(statistic),
            p=p,
            gumbel=gumbel(self.maxima_, statistic),
            recurrence=recurrence(p, span.analyses, span.pause),
            case_rows=tuple(cases.row[inside].tolist()),
        )


def _apart(circles: Neighbours, best: tuple[Floats, Ints, Ints, Ints, Floats]) -> Ints:
    """Centres of the clusters, the most likely first, that share no place with a likelier one.

    Of equally likely ones that with fewer places comes first, then the centre with the lower number. As many cases as
    expected are no cluster, nor is what rounding makes of them.
    """
    order = np.lexsort((best[1], -best[0].round(10)))
    order = order[best[0][order] > EQUAL]
    taken = np.zeros(best[0].size, dtype=np.bool_)
    kept: Ints = order[union_free(circles.first, circles.near, order, best[1][order], MOST_CLUSTERS, taken)]
    return kept


def _day(value: Moment, zone: str) -> int:
    """The moment's day, counted since 1970."""
    return int(np.floor(day_number(moment(value, zone))))


def _date(day: int) -> date:
    """The day as a date."""
    return date.fromordinal(EPOCH + day)
