"""Every cylinder and every replication of real scans against a twin written from the papers' formulas alone.

The Poisson model and the day of the week have no recorded results of another program here, so this is what holds them.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp
from tests.placewise_warning.textbook_scan import (
    by_place_and_day,
    circles,
    log_ratio,
    permutation_expected,
    poisson_expected,
    within,
)
from tests.shared_data import shared

from placewise.space import Area, Cells, Events
from placewise.warning import Cases, SpaceTimeScan
from placewise.warning.chance import SHARE

SINCE, UNTIL, RADIUS, DAYS = "2018-05-01", "2018-09-01", 900.0, 21
FIRST, LAST = (int(np.datetime64(day).astype(int)) for day in (SINCE, UNTIL))
KINDS = [("permutation", False), ("permutation", True), ("poisson", False), ("poisson", True)]


@pytest.fixture(scope="module")
def chicago() -> tuple[Cases, Any]:
    """Burglaries of two community areas over four months in cells of 350 m, and those of the years before there."""
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"))
    area = pl.col("community_area").cast(pl.String)
    rows = rows.filter((pl.col("category") == "BURGLARY") & area.is_in(["43", "69"]))
    rows = rows.drop_nulls(["lat", "lon"]).sort("datetime")
    events = Events.from_arrays(rows["datetime"].to_numpy(), rows["lon"].to_numpy(), rows["lat"].to_numpy(), local=True)
    cells = Cells.squares(Area.covering(events, 200), 350)
    people = cells.counts(events, "2012-01-01", SINCE) + cells.counts(events, SINCE, UNTIL)
    return Cases.of(events, cells, SINCE, UNTIL, every_cell=True), people.astype(float)


class Twin:
    """The textbook's view of the same cases."""

    def __init__(self, cases: Cases, people: Any, model: str, by_weekday: bool) -> None:
        there = people > 0 if model == "poisson" else np.ones(people.size, dtype=bool)
        self.number, self.people, self.day = np.flatnonzero(there), people[there], cases.day
        place = (np.cumsum(there) - 1)[cases.place]
        self.inside, self.centre = circles(cases.x[there], cases.y[there], RADIUS)
        self.weekday = np.arange(LAST - 1, FIRST - 1, -1) % 7 if by_weekday else np.zeros(LAST - FIRST, dtype=int)
        self.place, self.table = place, by_place_and_day(place, cases.day, self.people.size, FIRST, LAST)
        if model == "poisson":
            self.expected = poisson_expected(self.inside, self.table, self.weekday, self.people)
        else:
            self.expected = permutation_expected(self.inside, self.table, self.weekday)

    def statistics(self, table: Any) -> Any:
        """(circles, windows) of every cylinder with two cases or more."""
        cases = within(self.inside, table)[:, :DAYS]
        ratio = log_ratio(cases, self.expected[:, :DAYS], table.sum())
        return np.where(cases >= 2, ratio, 0.0)

    def dealt_anew(self, rng: np.random.Generator, model: str) -> Any:
        """The cases of one replication in the twin's own way."""
        if model == "poisson":
            share = np.diff(self.expected.max(axis=0), prepend=0.0)
            chance = np.outer(self.people, share)
            return rng.multinomial(self.day.size, (chance / chance.sum()).ravel()).reshape(chance.shape)
        day, stratum = self.day.copy(), self.weekday[LAST - 1 - self.day]
        for one in np.unique(stratum):
            day[stratum == one] = rng.permutation(day[stratum == one])
        return by_place_and_day(self.place, day, self.people.size, FIRST, LAST)


def fitted(cases: Cases, people: Any, model: Any, by_weekday: bool, replications: int) -> SpaceTimeScan:
    scan = SpaceTimeScan(
        model=model, radius=RADIUS, days=DAYS, by_weekday=by_weekday, replications=replications, seed=3
    )
    given = people if model == "poisson" else None
    return scan.fit(cases, until=UNTIL, since=SINCE, population=given)


@pytest.mark.parametrize(("model", "by_weekday"), KINDS)
def test_the_most_likely_clusters_are_the_textbooks(chicago: tuple[Cases, Any], model: str, by_weekday: bool) -> None:
    """Every cluster told is the best cylinder of its centre, and nothing apart from those before is likelier."""
    cases, people = chicago
    twin = Twin(cases, people, model, by_weekday)
    assert (len(cases), twin.people.size) > (250, 100)
    ratio, seen = twin.statistics(twin.table), within(twin.inside, twin.table)
    found = fitted(cases, people, model, by_weekday, 9).clusters_
    free = np.ones(len(ratio), dtype=bool)  # circles that share no place with a cluster told before
    best = np.array([ratio[twin.centre == centre].max() for centre in range(twin.people.size)])
    for cluster in found[:5]:
        row, window = np.unravel_index(int(np.argmax(np.where(free[:, None], ratio, -1.0))), ratio.shape)
        own = free & (best[twin.centre] <= ratio.max(axis=1) * (1 + 1e-12))  # best of their centres, and free
        top = np.where(own[:, None], ratio, -1.0).max()
        assert cluster.statistic == pytest.approx(top, rel=1e-10)
        if cluster is found[0]:
            assert top == ratio[row, window]
        at = np.flatnonzero(own & (twin.inside.sum(axis=1) == len(cluster.places)))
        same = [k for k in at if set(twin.number[twin.inside[[k]].indices]) == set(cluster.places)]
        assert same
        assert seen[same[0], cluster.days - 1] == cluster.observed
        assert cluster.expected == pytest.approx(twin.expected[same[0], cluster.days - 1], rel=1e-10)
        free &= twin.inside @ twin.inside[[same[0]]].toarray().ravel() == 0


@pytest.mark.parametrize(("model", "by_weekday"), KINDS)
def test_equal_replications_have_equal_maxima_and_p(chicago: tuple[Cases, Any], model: str, by_weekday: bool) -> None:
    """The scan's own draws, shown to the twin, which knows no bound: the same greatest statistics, the same p."""
    cases, people = chicago
    n = 99
    scan, twin = fitted(cases, people, model, by_weekday, n), Twin(cases, people, model, by_weekday)
    given = people if model == "poisson" else None
    chance = scan._study(cases, None, UNTIL, SINCE, (), given).chance
    found = []
    for share in range(-(-n // SHARE)):
        begin, at, back = chance.draw(np.random.default_rng([3, share]), min(SHARE, n - share * SHARE))
        for a, b in pairwise(begin):
            table = np.zeros_like(twin.table)
            np.add.at(table, (at[a:b], back[a:b]), 1)
            table[0, -1] += twin.table.sum() - table.sum()  # before the windows only the number of cases matters
            found.append(twin.statistics(table).max())
    assert scan.maxima_.tolist() == pytest.approx(found, rel=1e-10)
    top = twin.statistics(twin.table).max()
    assert scan.clusters_[0].p == (1 + sum(one >= top * (1 - 1e-10) for one in found)) / (n + 1)


@pytest.mark.parametrize(("model", "by_weekday"), KINDS)
def test_the_textbooks_own_chance_is_alike(chicago: tuple[Cases, Any], model: str, by_weekday: bool) -> None:
    """200 replications dealt in the twin's own way come from the same distribution of greatest statistics."""
    cases, people = chicago
    twin, rng = Twin(cases, people, model, by_weekday), np.random.default_rng(8)
    own = [twin.statistics(twin.dealt_anew(rng, model)).max() for _ in range(200)]
    assert ks_2samp(own, fitted(cases, people, model, by_weekday, 2999).maxima_).pvalue > 0.001
