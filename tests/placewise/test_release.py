"""Suppression against an attacker who solves all equations, revisions against one who subtracts, coarse cells."""

import itertools

import h3
import numpy as np
import pytest
import shapely
from scipy.optimize import linprog

from placewise.release import BadTable, CoarserThanCells, Published, coarsened, held, suppress
from placewise.space import Area, Cells


def attacked(published: Published) -> float:
    """The narrowest range in which linear programming places any hidden entry: what an attacker can learn."""
    rows, columns = published.counts.shape
    equations = []
    for row in range(rows):
        line = np.zeros((rows, columns))
        line[row, :-1], line[row, -1] = 1, -1
        equations.append(line.ravel())
    for column in range(columns):
        line = np.zeros((rows, columns))
        line[:-1, column], line[-1, column] = 1, -1
        equations.append(line.ravel())
    shown, counts = published.shown.ravel(), published.counts.ravel()
    bounds = [(value, value) if seen else (0, 10_000) for value, seen in zip(counts, shown, strict=True)]
    widths = [np.inf]
    for at in np.flatnonzero(~shown):
        aim = np.eye(rows * columns)[at]
        ends = [linprog(s * aim, A_eq=equations, b_eq=np.zeros(len(equations)), bounds=bounds).fun * s for s in (1, -1)]
        widths.append(ends[1] - ends[0])
    return float(min(widths))


def test_a_single_small_count_takes_three_others_with_it() -> None:
    published = suppress([[20, 3, 30], [40, 50, 60], [70, 80, 90]])
    assert published.rows() == [[None, None, 30, 53], [None, None, 60, 150], [70, 80, 90, 240], [130, 133, 180, 443]]


def test_a_table_of_large_counts_is_shown_whole() -> None:
    assert suppress([[5, 6], [7, 8]]).hidden == 0


def test_a_small_total_is_hidden_too() -> None:
    assert suppress([[1, 1], [9, 9]]).rows()[0] == [None, None, None]


def test_nothing_is_shown_of_a_table_that_is_small_in_all() -> None:
    assert suppress([[1, 2], [0, 1]]).hidden == 9


@pytest.mark.parametrize("seed", range(12))
def test_no_attacker_comes_closer_than_the_threshold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.8, 12, (int(rng.integers(2, 8)), int(rng.integers(2, 7)))))
    published = suppress(counts, threshold=5)
    assert not published.shown[published.counts < 5].any()
    assert attacked(published) >= 5 - 1e-6


def test_hiding_only_the_small_counts_would_fail_the_attack() -> None:
    honest = suppress([[20, 3, 30], [40, 50, 60], [70, 80, 90]])
    naive = Published(honest.counts, honest.counts >= 5, 5)
    assert attacked(naive) == 0


def test_most_of_a_table_with_few_small_counts_stays_readable() -> None:
    rng = np.random.default_rng(3)
    published = suppress(rng.poisson(18, (40, 12)))
    assert published.shown.mean() > 0.9


@pytest.mark.parametrize("bad", [[1, 2], [[1, -2]], [[1.5, 2]], [[]]])
def test_what_is_no_table_is_refused(bad: list[object]) -> None:
    with pytest.raises(BadTable):
        suppress(bad)


def test_one_late_report_does_not_show_between_two_publications() -> None:
    before, now = np.array([[20, 30], [40, 50]]), np.array([[21, 30], [40, 60]])
    kept = held(before, now)
    assert kept.tolist() == [[20, 30], [40, 60]]


@pytest.mark.parametrize("seed", range(10))
def test_no_difference_of_two_publications_is_small(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = rng.poisson(20, (6, 5))
    now = np.maximum(before + rng.integers(-8, 9, before.shape) * (rng.random(before.shape) < 0.5), 0)
    change = held(before, now) - before
    lines = itertools.chain(change.ravel(), change.sum(0), change.sum(1), [change.sum()])
    assert all(abs(int(value)) == 0 or abs(int(value)) >= 5 for value in lines)


def test_revisions_of_another_shape_are_refused() -> None:
    with pytest.raises(BadTable):
        held([[1, 2]], [[1], [2]])


def test_cells_are_joined_to_their_parents() -> None:
    cells = Cells.h3(Area.of(shapely.box(-81.01, 43.30, -81.0, 43.31)), 10)
    coarse = coarsened(cells, np.ones(len(cells)), 8)
    assert coarse.values.sum() == len(cells)
    assert {h3.get_resolution(name) for name in coarse.names} == {8}
    with pytest.raises(CoarserThanCells):
        coarsened(cells, np.ones(len(cells)), 11)
