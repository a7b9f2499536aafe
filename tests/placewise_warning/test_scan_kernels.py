"""The scan's compiled loops and its bound against the plain twin: every cylinder of small cities."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.placewise_warning.plain_scan import (
    plain_circles,
    plain_cylinders,
    plain_greatest,
    plain_ratio,
    plain_shuffle,
)

from placewise.kernels.scan import likelihood_ratio, shuffle_recent
from placewise.kernels.scan_rings import sums_along, union_free
from placewise.warning import Cases, TooManyNeighbours
from placewise.warning import cylinders as cylinders_module
from placewise.warning.cylinders import Neighbours, limits_of
from placewise.warning.study import Span, Study, multinomial_study, permutation_study

EXACT = {"rel": 1e-12, "abs": 1e-12}


@pytest.mark.parametrize(
    ("count", "expected", "total", "ratio"),
    [
        (21, 21 * 126 / 1500, 1500, 32.903726),  # the first cluster of SaTScan's ref1500_pts
        (2, 2 / 25, 1500, 4.518981),  # its fifth
        (3, 3, 10, 0),
        (2, 3, 10, 0),
        (10, 5, 10, 10 * np.log(2)),
    ],
)
def test_the_statistic(count: float, expected: float, total: float, ratio: float) -> None:
    assert likelihood_ratio(count, expected, total) == pytest.approx(ratio, abs=6e-7)
    assert plain_ratio(count, expected, total) == likelihood_ratio(count, expected, total)


def test_circles_are_nearest_first_and_whole_to_the_radius() -> None:
    x, y = (part.ravel() for part in np.meshgrid(np.arange(5) * 250.0, np.arange(4) * 250.0))
    circles = Neighbours.within(x, y, 500.0)
    got = [circles.near[a:b].tolist() for a, b in pairwise(circles.first)]
    assert got == plain_circles(x.tolist(), y.tolist(), 500.0)
    assert got[7] == [7, 2, 6, 8, 12, 1, 3, 11, 13, 5, 9, 17]  # a ring's equals by number, the one at 500 m included


def test_circles_among_scattered_points() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 3000, 120).round(3), rng.uniform(-5000, 1000, 120).round(3)
    circles = Neighbours.within(x, y, 700.0)
    got = [circles.near[a:b].tolist() for a, b in pairwise(circles.first)]
    assert got == plain_circles(x.tolist(), y.tolist(), 700.0)


def test_totals_along_the_neighbours_add_up() -> None:
    circles = Neighbours.within(np.arange(4) * 100.0, np.zeros(4), 150.0)
    totals = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [8.0, 80.0]])
    sums = sums_along(circles.first, circles.near, totals)
    assert sums[:, 0].tolist() == [1, 3, 2, 3, 7, 4, 6, 14, 8, 12]  # 0: 0 1; 1: 1 0 2; 2: 2 1 3; 3: 3 2
    assert (sums[:, 1] == 10 * sums[:, 0]).all()


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [(9, [0, 2, 3]), (2, [0, 2]), (1, [0]), (0, [])],
)
def test_circles_that_share_a_place_with_one_taken_before_are_left(wanted: int, kept: list[int]) -> None:
    """Six places in a row: around 0 with one neighbour, around 1 alone, around 4 with two, around 2 alone."""
    circles = Neighbours.within(np.arange(6) * 100.0, np.zeros(6), 150.0)
    centre, reach, taken = np.array([0, 1, 4, 2]), np.array([2, 1, 3, 1]), np.zeros(6, dtype=np.bool_)
    assert union_free(circles.first, circles.near, centre, reach, wanted, taken).tolist() == kept


def test_more_neighbours_than_memory_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cylinders_module, "MOST_NEIGHBOURS", 10)
    with pytest.raises(TooManyNeighbours, match="4 places have 16 neighbours"):
        Neighbours.within(np.zeros(4), np.arange(4.0), 100.0)


def test_a_shuffle_draws_like_its_twin_and_leaves_the_pool_as_it_was() -> None:
    rng = np.random.default_rng(2)
    pool, first, drawn = rng.integers(0, 9, 30), np.array([0, 12, 12, 30]), np.array([5, 0, 18])
    before, u, at = pool.copy(), rng.random(23), np.empty(23, dtype=np.int64)
    shuffle_recent(pool, first, drawn, u, at)
    assert at.tolist() == plain_shuffle(before.tolist(), [(0, 12), (12, 12), (12, 30)], [5, 0, 18], u.tolist())
    assert pool.tolist() == before.tolist()
    assert sorted(at[5:]) == sorted(before[12:])  # a stratum that is drawn whole keeps all its places


def small_city(seed: int, n: int = 120, days: int = 30) -> Cases:
    rng = np.random.default_rng(seed)
    x, y = (part.ravel() for part in np.meshgrid(np.arange(5) * 300.0, np.arange(4) * 300.0))
    place = rng.choice(20, n, p=rng.dirichlet(np.ones(20)))
    return Cases.from_counts(x, y, place, np.datetime64("2026-01-01") + rng.integers(0, days, n))


BEGIN = int(np.datetime64("2026-01-01").astype(int))


def span(**changed: Any) -> Span:
    return Span(
        **({"since": BEGIN, "until": BEGIN + 30, "earlier": (), "days": 7, "least_days": 1, "step": 1} | changed)
    )


PEOPLE = np.random.default_rng(3).uniform(1, 5, 20)
STUDIES: dict[str, Callable[[Cases], Study]] = {
    "permutation": lambda city: permutation_study(city, span(), 650.0, 2, weekly=False),
    "by weekday": lambda city: permutation_study(city, span(), 650.0, 2, weekly=True),
    "earlier": lambda city: permutation_study(city, span(earlier=(BEGIN + 20, BEGIN + 29)), 650.0, 2, weekly=False),
    "limits": lambda city: permutation_study(city, span(least_days=3), 650.0, 4, weekly=False),
    "weeks": lambda city: permutation_study(city, span(days=14, step=7), 650.0, 2, weekly=False),
    "poisson": lambda city: multinomial_study(city, span(), 650.0, 2, PEOPLE, weekly=False),
    "poisson by weekday": lambda city: multinomial_study(
        city, span(earlier=(BEGIN + 25,)), 650.0, 2, PEOPLE, weekly=True
    ),
}


@pytest.fixture(params=STUDIES)
def study(request: pytest.FixtureRequest) -> Study:
    """A scan of each kind, of one small city."""
    return STUDIES[request.param](small_city(1))


def plain(study: Study) -> tuple[Any, ...]:
    """What the twin takes."""
    made = study.cylinders
    circles = plain_circles(study.cases.x.tolist(), study.cases.y.tolist(), 650.0)
    return circles, made.totals.tolist(), made.rates.tolist(), made.total


@pytest.mark.parametrize("level", [0.0, 3.0, 40.0])
def test_the_greatest_statistic_of_a_replication(study: Study, level: float) -> None:
    made = study.cylinders
    begin, at, back = study.chance.draw(np.random.default_rng(5), 3)
    want = [
        plain_greatest(
            *plain(study), list(zip(at[a:b], back[a:b], strict=True)), made.ends, made.least_window, made.least_cases
        )
        for a, b in pairwise(begin)
    ]
    assert made.greatest(begin, at, back, level) == pytest.approx(want, **EXACT)


@pytest.mark.parametrize("lane", [8, 16, 32])
def test_lanes_of_any_width_and_full_ones(lane: int) -> None:
    """300 cases of one day in one corner overflow a lane of 8 bits long before the circle is whole."""
    place, day = np.repeat(np.arange(6), 60), np.full(360, "2026-01-30")
    crowd = Cases.from_counts(np.arange(6) * 100.0, np.zeros(6), place, day)
    study = permutation_study(crowd, span(), 450.0, 2, weekly=False)
    some = np.repeat(np.arange(6), [60, 60, 60, 60, 60, 0])
    back = np.arange(300) % 7
    rates = study.cylinders.rates.copy() * np.linspace(0.1, 0.4, 7)
    made = cylinders_module.Cylinders(
        study.cylinders.circles, study.cylinders.totals, rates, study.cylinders.ends, 360.0, 0, 2, 60
    )
    made.__dict__["lane"] = lane
    circles = plain_circles(crowd.x.tolist(), crowd.y.tolist(), 450.0)
    cases = list(zip(some.tolist(), back.tolist(), strict=True))
    want = plain_greatest(circles, made.totals.tolist(), rates.tolist(), 360.0, cases, [0], 0, 2)
    assert want > 20
    assert made.greatest(np.array([0, 300]), some, back, 5.0) == pytest.approx([want], **EXACT)


def test_the_best_cylinder_of_each_centre(study: Study) -> None:
    made = study.cylinders
    circles, totals, rates, total = plain(study)
    cases = list(zip(*(part.tolist() for part in study.recent), strict=True))
    every = list(plain_cylinders(circles, totals, rates[0], total, cases, 0, made.least_window, made.least_cases))
    best = made.best(*study.recent)
    for centre in range(len(circles)):
        own = [cylinder for cylinder in every if cylinder[1] == centre and cylinder[0] > 0]
        got = tuple(part[centre] for part in best)
        if not own:
            assert got[0] == 0
            continue
        want = max(own, key=lambda one: one[0])
        assert got[0] == pytest.approx(want[0], **EXACT)
        assert got[1:4] == next(one[2:5] for one in own if one[0] >= want[0] * (1 - 1e-12))


def test_a_count_below_what_is_needed_never_reaches_the_level() -> None:
    """The bound: `limits_of` gives for each count the greatest expectation at which it reaches the level."""
    count, total = np.arange(2, 200, dtype=float), 1000.0
    for level in (0.5, 4.0, 11.0):
        limit = limits_of(count, total, level)
        assert np.all(np.diff(limit) > 0)
        for c, most in zip(count, limit, strict=True):
            assert plain_ratio(c, most * (1 - 1e-6), total) >= level > plain_ratio(c, most * (1 + 1e-6), total)


def test_many_kinds_of_circles_share_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """With five rows for all circles the bound is looser and the greatest statistic the same."""
    study = permutation_study(small_city(8), span(), 650.0, 2, weekly=False)
    begin, at, back = study.chance.draw(np.random.default_rng(6), 5)
    fine = study.cylinders.greatest(begin, at, back, 4.0)
    monkeypatch.setattr(cylinders_module, "MOST_ROWS", 5)
    coarse = permutation_study(small_city(8), span(), 650.0, 2, weekly=False).cylinders
    assert np.bincount(study.cases.place, minlength=20).min() == 0  # some circles hold nothing at all
    assert coarse.rows[1].shape[0] <= 5 < study.cylinders.rows[1].shape[0]
    assert coarse.greatest(begin, at, back, 4.0).tolist() == fine.tolist()


def test_too_many_kinds_of_cylinders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = permutation_study(small_city(1), span(), 650.0, 2, weekly=True).cylinders
    assert made.lane == 8  # worked out while there was room
    monkeypatch.setattr(cylinders_module, "MOST_NEIGHBOURS", 50)
    with pytest.raises(TooManyNeighbours, match="fewer earlier analyses"):
        made.spare(4.0)
    other = permutation_study(small_city(1), span(), 1.0, 2, weekly=True).cylinders
    with pytest.raises(TooManyNeighbours, match="days of the week"):
        other.spare(4.0)


def test_chance_draws_every_case_alike() -> None:
    """A permutation gives each place its share of the recent cases, and never more than it has."""
    study = permutation_study(small_city(1), span(), 650.0, 2, weekly=False)
    begin, at, _back = study.chance.draw(np.random.default_rng(9), 400)
    recent = begin[1]
    totals = study.cylinders.totals[:, 0]
    mean = np.bincount(at, minlength=totals.size) / 400
    assert mean == pytest.approx(recent * totals / totals.sum(), abs=4 * np.sqrt(totals.max() / 400))
    assert all(np.all(np.bincount(at[a : a + recent], minlength=totals.size) <= totals) for a in begin[:-1])


def test_poisson_chance_follows_the_population_and_the_days() -> None:
    people = np.repeat([1.0, 3.0], 10)
    study = multinomial_study(small_city(1), span(), 650.0, 2, people, weekly=False)
    begin, at, back = study.chance.draw(np.random.default_rng(9), 400)
    assert begin[-1] / 400 == pytest.approx(120 * 7 / 30, rel=0.05)
    assert np.mean(at >= 10) == pytest.approx(0.75, abs=0.02)
    assert np.bincount(back) / begin[-1] == pytest.approx(np.full(7, 1 / 7), abs=0.02)
