"""Knox's table against pairs counted by hand and by a plain twin, its chance, and what it refuses."""

import sys

import numpy as np
import pytest
from tests.placewise_warning.plain_knox import plain_knox

from placewise.warning.knox import BadPairs, TooManyPairs, knox

FEW = {"distances": (100, 200), "days": (7, 14), "replications": 19}


def scattered(n, seed=1, side=1000, span=60):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, side, n), rng.uniform(0, side, n), rng.integers(0, span, n)


def test_pairs_counted_by_hand():
    # five incidents on a line: two at one place two days apart, one 80 m on, one 150 m on, one far away
    table = knox([0, 0, 80, 150, 5000], [0] * 5, [0, 2, 9, 0, 1], **FEW)
    assert table.observed.tolist() == [
        [1, 0],  # the same place: days 0 and 2
        [1, 2],  # up to 100 m: 0–80 (9 days) and 80–150 (9 days); 2–80 (7 days)
        [2, 0],  # up to 200 m: both of the place with 150 (0 and 2 days)
    ]


@pytest.mark.parametrize("metric", ["straight", "blocks"])
def test_the_plain_twin_counts_the_same(metric):
    x, y, day = scattered(150)
    x[:20], y[:20] = x[20:40], y[20:40]  # repeated addresses
    table = knox(x, y, day, **FEW, metric=metric)
    points = list(zip(x, y, strict=True))
    assert table.observed.tolist() == plain_knox(points, day, (100, 200), (7, 14), metric)


def test_the_mean_of_random_orders_is_the_product_of_the_margins():
    x, y, day = scattered(400, side=2000)
    table = knox(x, y, day, distances=(200, 400), days=(7, 14), replications=999)
    error = np.sqrt(table.margins[1:] / 999)
    assert np.all(np.abs(table.mean[1:] - table.margins[1:]) < 6 * error)


def test_p_is_even_where_nothing_repeats():
    """The mean of pseudo p-values of 200 cities without near repeats is a half, and one in twenty is below 0.05."""
    p = []
    for seed in range(200):
        table = knox(*scattered(100, seed=seed), distances=(150,), days=(7,), replications=99, seed=seed)
        p.append(table.p[1, 0])
    assert np.mean(p) == pytest.approx(0.5, abs=0.07)
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.11


def test_planted_near_repeats_are_found():
    x, y, day = scattered(300, side=5000, span=365)
    x, y, day = np.append(x, x[:60] + 40), np.append(y, y[:60]), np.append(day, day[:60] + 3)
    table = knox(x, y, day, distances=(100, 200), days=(7, 14), replications=99)
    assert table.p[1, 0] == 0.01
    assert table.ratio[1, 0] > 5
    assert table.p[2, 1] > 0.05


def test_ratios_to_mean_and_median():
    table = knox([0, 0, 80, 150, 5000], [0] * 5, [0, 2, 9, 0, 1], **FEW)
    seen = table.mean > 0
    assert np.allclose(table.ratio[seen], table.observed[seen] / table.mean[seen])
    assert np.isposinf(table.ratio_to_median[(table.median == 0) & (table.observed > 0)]).all()
    assert np.all(table.ratio[(table.mean == 0) & (table.observed == 0)] == 1)


def test_the_frame_says_each_band():
    frame = knox([0, 0, 80, 150, 5000], [0] * 5, [0, 2, 9, 0, 1], **FEW).frame()
    assert frame.select("over_metres", "to_metres", "from_days", "to_days", "observed").row(3) == (1, 100, 8, 14, 2)
    assert frame.height == 6


def test_neither_the_order_of_rows_nor_the_workers_change_the_table():
    x, y, day = scattered(200)
    turn = np.random.default_rng(3).permutation(200)
    one = knox(x, y, day, **FEW, seed=5, workers=1)
    two = knox(x[turn], y[turn], day[turn], **FEW, seed=5, workers=2)
    other = knox(x, y, day, **FEW, seed=6)
    assert one.mean.tolist() == two.mean.tolist()
    assert one.p.tolist() == two.p.tolist()
    assert one.mean.tolist() != other.mean.tolist()


def test_days_may_be_dates():
    dates = np.array(["2020-01-01", "2020-01-03", "2020-01-31"], dtype="datetime64[us]")
    assert knox([0, 10, 20], [0, 0, 0], dates, **FEW).observed.sum() == 1


@pytest.mark.parametrize(
    ("given", "settings", "words"),
    [
        (([0], [0], [0]), {}, "two incidents or more"),
        (([0, 1], [0], [0, 1]), {}, "2 eastings and 1 northings"),
        (([0, 1], [0, 1], [0]), {}, "each with place and day"),
        (([0, np.nan], [0, 1], [0, 1]), {}, "positions are missing"),
        (([0, 1], [0, 1], [0, 1.5]), {}, "whole days"),
        (([0, 1], [0, 1], [0, 40_000]), {}, "span 40,000"),
        (([0, 1], [0, 1], [0, 1]), {"distances": ()}, "upper edges in metres"),
        (([0, 1], [0, 1], [0, 1]), {"distances": (200, 100)}, "upper edges in metres"),
        (([0, 1], [0, 1], [0, 1]), {"days": (7, 7)}, "upper edges in whole days"),
        (([0, 1], [0, 1], [0, 1]), {"days": ()}, "upper edges in whole days"),
        (([0, 1], [0, 1], [0, 1]), {"replications": 5}, "at least 19"),
        (([0, 1], [0, 1], [0, 1]), {"metric": "crow"}, "not 'crow'"),
    ],
)
def test_what_can_be_no_table_is_refused(given, settings, words):
    with pytest.raises(BadPairs, match=words):
        knox(*given, **(FEW | settings))


def test_too_many_pairs_are_refused(monkeypatch):
    monkeypatch.setattr(sys.modules["placewise.warning.knox"], "MOST_PAIRS", 10)
    with pytest.raises(TooManyPairs, match="shorter distances"):
        knox(*scattered(100), **FEW)
