"""Charts against small tables by hand, a plain twin, published numbers, and chance."""

import numpy as np
import polars as pl
import pytest
from tests.placewise_warning.plain_farrington import baseline, plain_farrington

from placewise.warning.charts import C1, C2, C3, EWMA, BadChart, BadCounts, NotCharted, weekly_counts
from placewise.warning.charts_farrington import FarringtonFlexible, count_bound, outbreak_weights, power_bound

CHARTS = (C1(), C2(), C3(), EWMA(), FarringtonFlexible(years=2, recent=4))
SEVEN = [4, 6, 5, 3, 7, 5, 5]  # mean 5, standard deviation √(10/6) = 1.29099


def seasonal(mean, weeks=330, seed=1, areas=3, phi=1.0):
    """Counts with a season and a slight trend."""
    rng = np.random.default_rng(seed)
    t = np.arange(weeks)
    level = mean * (1 + 0.4 * np.cos(2 * np.pi * t / 52.18)) * (1 + 0.0005 * t)
    if phi == 1.0:
        return rng.poisson(level, (areas, weeks))
    return rng.negative_binomial(level / (phi - 1), 1 / phi, (areas, weeks))


# Small tables by hand


def test_c1_by_hand():
    chart = C1().fit([[*SEVEN, 10, 5]])
    assert np.isnan(chart.expected_[0, :7]).all()
    assert chart.expected_[0, 7] == 5
    assert chart.upper_[0, 7] == pytest.approx(5 + 3 * 1.290994)
    assert chart.exceedance_[0, 7] == pytest.approx(5 / 1.290994 / 3)
    assert chart.alarm_[0].tolist() == [False] * 7 + [True, False]


def test_c2_leaves_two_weeks_out():
    slow = [*SEVEN, 7, 8, 10]
    assert not C1().fit([slow]).alarm_[0, 9]
    chart = C2().fit([slow])
    assert (chart.expected_[0, 9], bool(chart.alarm_[0, 9])) == (5, True)


def test_c3_sums_what_lies_beyond_one():
    # the same seven weeks stand before each of the three: only then are the sums by hand short
    weeks = [*SEVEN, 5, 5, 7, 7, 7]
    chart, second = C3(limit=2.0), C2()
    chart.fit([weeks]), second.fit([weeks])
    z = second.exceedance_[0] * 3
    by_hand = sum(max(0.0, z[t] - 1) for t in (9, 10, 11))
    assert np.isnan(chart.exceedance_[0, 10])  # two sums before are needed
    assert chart.exceedance_[0, 11] == pytest.approx(by_hand / 2)
    spread = (weeks[11] - second.expected_[0, 11]) / z[11]
    earlier = sum(max(0.0, z[t] - 1) for t in (9, 10))
    assert chart.upper_[0, 11] == pytest.approx(second.expected_[0, 11] + spread * (1 + 2 - earlier))
    assert C3(limit=1.0).fit([[*weeks[:-1], 0]]).upper_[0, 11] == -1  # the two weeks before are enough


def test_ewma_by_hand():
    chart = EWMA(share=0.5, limit=2, baseline=4, gap=0).fit([[4, 4, 4, 4, 8, 4]])
    # variance at least the mean: 2 deviations, half of it is the limit 2 √(1/3 · 3/4) = 1
    assert chart.exceedance_[0, 4] == pytest.approx(1.0)
    assert chart.upper_[0, 4] == pytest.approx(8.0)
    assert chart.exceedance_[0, 5] == pytest.approx((0.5 + 0.5 * -1 / 5**0.5) / (2 * (15 / 48) ** 0.5))


def test_ewma_sums_up_what_each_week_alone_does_not_show():
    counts = np.array([[6, 14] * 30 + [16] * 8])
    assert not C2().fit(counts).alarm_[0, :66].any()
    assert EWMA().fit(counts).alarm_[0].nonzero()[0].min() in range(62, 67)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda one: type(one).__name__)
def test_the_upper_count_is_where_the_alarm_begins(chart):
    counts = seasonal(3.0, weeks=140, seed=4)
    chart.fit(counts)
    known = np.isfinite(chart.upper_)
    assert known.sum() > 50
    enough = chart._enough(counts.astype(float)) if isinstance(chart, FarringtonFlexible) else known
    beyond = (counts > chart.upper_ + 1e-9) & enough
    assert beyond[known].tolist() == chart.alarm_[known].tolist()
    assert not chart.alarm_[~known].any()


@pytest.mark.parametrize("chart", CHARTS, ids=lambda one: type(one).__name__)
def test_areas_and_later_weeks_change_nothing(chart):
    counts = seasonal(3.0, weeks=140, seed=5)
    whole = type(chart)(**chart.settings()).fit(counts)
    alone = type(chart)(**chart.settings()).fit(counts[1, :130])
    assert np.allclose(whole.exceedance_[1, :130], alone.exceedance_[0], equal_nan=True, atol=1e-6)
    assert repr(chart).startswith(type(chart).__name__)
    assert chart.describe()


# Farrington flexible


@pytest.mark.parametrize(("mean", "phi", "bound"), [(4.0, 1.0, "nbinom"), (12.0, 2.5, "nbinom"), (12.0, 2.5, "power")])
def test_farrington_is_what_its_plain_twin_says(mean, phi, bound):
    counts = seasonal(mean, seed=7, areas=2, phi=phi)
    counts[1, 200:203] += int(6 * mean)  # a past outbreak
    chart = FarringtonFlexible(alpha=0.01, bound=bound).fit(counts)
    for week in (chart.history, 300, 329):
        for area in (0, 1):
            now, upper, spread = plain_farrington(counts[area], week, alpha=0.01, bound=bound)
            assert chart.expected_[area, week] == pytest.approx(now, rel=1e-4)
            assert chart.upper_[area, week] == pytest.approx(upper, rel=1e-3)
            assert chart.phi_[area, week] == pytest.approx(spread, rel=1e-3)


def test_the_baseline_is_what_the_plain_twin_takes():
    chart = FarringtonFlexible()
    for week in (264, 301, 400):
        at, level = chart._baseline(week)
        assert list(zip(at.tolist(), level.tolist(), strict=True)) == baseline(week, 5, 3, 10, 26)
    assert np.bincount(level)[0] == 5 * 7
    assert np.ptp(np.bincount(level)[1:]) <= 6  # the other nine are about equally long
    assert at.max() == 400 - 27


def test_the_same_season_of_past_years_is_in_the_weeks_that_surveillance_takes():
    """For 6 June 2013: 7 June 2012, 9 June 2011, 3 June 2010; the other nine levels differ by at most a week a year."""
    at, level = FarringtonFlexible(years=3)._baseline(200)
    there = np.datetime64("2013-06-06") + 7 * (at[level == 0] - 200)
    assert [str(there[k]) for k in (3, 10, 17)] == ["2010-06-03", "2011-06-09", "2012-06-07"]
    assert np.abs(np.diff(np.bincount(FarringtonFlexible(years=3, recent=0)._baseline(200)[1])[1:])).max() <= 3


def test_published_bounds():
    """The numbers that R's package surveillance is tested on: power 2/3 and negative binomial, alpha 0.05."""
    one = np.array([5.0])
    assert power_bound(one, np.array([1.0]), np.array([0.2 / 5]), 0.05) == pytest.approx([9.1154825], abs=1e-6)
    assert count_bound(np.array([5.0, 5.0]), np.array([1.5, 1.0]), 0.05).tolist() == [10, 9]


def test_published_weights():
    """Five residuals of 2 beyond an outlier of 0, five of 0: 0.4 and 1.6, as checked by hand there."""
    weights = outbreak_weights(np.array([[0.0] * 5 + [2.0] * 5, [0.0] * 10]), 0.0)
    assert weights[0] == pytest.approx([1.6] * 5 + [0.4] * 5)
    assert weights[1] == pytest.approx([1.0] * 10)


def test_a_past_outbreak_hardly_raises_the_bound():
    quiet = seasonal(6.0, areas=1, seed=2)
    outbreak = quiet.copy()
    outbreak[0, 217:221] += 40  # the same season a year before week 271 and a half
    deaf = FarringtonFlexible(outlier=1e9).fit(outbreak).upper_[0, 271]
    weighted, without = (FarringtonFlexible().fit(one).upper_[0, 271] for one in (outbreak, quiet))
    assert weighted - without < 0.5 * (deaf - without)


def test_a_trend_that_leads_too_high_is_left_out():
    rise = np.array([[0] * 200 + [1, 2, 4, 8, 16, 32, 64] + [64] * 80])
    chart = FarringtonFlexible().fit(rise)
    dropped = chart.trend_[0, chart.history :] == 0
    assert dropped.any()
    assert np.nanmax(chart.expected_) <= 64 * 1.2


def test_few_cases_raise_no_alarm():
    counts = np.zeros((1, 300), dtype=int)
    counts[0, 290] = 3
    assert FarringtonFlexible(least=(0, 1)).fit(counts).alarm_[0, 290]
    assert not FarringtonFlexible().fit(counts).alarm_.any()


@pytest.mark.parametrize("phi", [1.0, 2.0])
def test_alarms_where_nothing_happens_are_as_rare_as_alpha_says(phi):
    chart = FarringtonFlexible(alpha=0.02, least=(0, 1)).fit(seasonal(20.0, weeks=330, areas=40, seed=3, phi=phi))
    judged = np.isfinite(chart.upper_)
    assert 0.01 < chart.alarm_[judged].mean() < 0.03
    assert chart.phi_[judged].mean() == pytest.approx(phi, rel=0.12)


# Tables


def test_weekly_counts_by_area():
    days = np.array(
        ["2020-01-06", "2020-01-12", "2020-01-13", "2020-01-05", "2020-01-27", "2020-01-14"], "datetime64[us]"
    )
    table = weekly_counts(days, [0, 0, 0, 1, 1, -1], 2, np.datetime64("2020-01-06"), 3)
    assert table.tolist() == [[2, 1, 0], [0, 0, 0]]
    since = days.astype("datetime64[D]").astype(int)
    assert weekly_counts(since, [0, 0, 0, 1, 1, -1], 2, np.datetime64("2020-01-06"), 4).tolist() == [
        [2, 1, 0, 0],
        [0, 0, 0, 1],
    ]


def test_the_frame_names_areas_and_weeks():
    frame = C1().fit([[*SEVEN, 10, 5], [0] * 9]).frame(["north", "south"], np.datetime64("2020-01-06"))
    assert frame["area"].to_list() == ["north", "north", "south", "south"]
    first = frame.row(0, named=True)
    assert str(first["week"]) == "2020-02-24"
    assert (first["counts"], first["expected"], first["alarm"]) == (10, 5, True)
    assert frame.schema["alarm"] == pl.Boolean


# What is refused


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([[1, -1]], "none negative"),
        ([[1, 1.5]], "whole numbers"),
        ([[1, np.nan]], "some counts are missing"),
        ([["a"]], "a table of areas by weeks"),
        (np.zeros((2, 2, 2)), "a table of areas by weeks"),
        ([], "a table of areas by weeks"),
        (np.ones((1, 9), dtype=bool), "a table of areas by weeks"),
        ([[1, 1e30]], "none above 1,000,000,000"),
    ],
)
def test_counts_that_are_none_are_refused(counts, words):
    with pytest.raises(BadCounts, match=words):
        C1().fit(counts)


@pytest.mark.parametrize(
    "chart",
    [
        C1(baseline=2), C2(limit=0), C3(least_spread=0), EWMA(share=0), EWMA(limit=-1), EWMA(baseline=1), EWMA(gap=-1),
        FarringtonFlexible(alpha=0.6), FarringtonFlexible(outlier=0), FarringtonFlexible(bound="normal"),
        FarringtonFlexible(years=1), FarringtonFlexible(levels=0), FarringtonFlexible(recent=60),
        FarringtonFlexible(least=(5, 0)), FarringtonFlexible(trend_p=0), FarringtonFlexible(half_window=2.5),
        FarringtonFlexible(years=2, half_window=0, levels=1), C1(baseline=7.5), EWMA(gap=0.5),
    ],
    ids=repr,
)  # fmt: skip
def test_settings_that_make_no_chart_are_refused(chart):
    with pytest.raises(BadChart):
        chart.fit([[1, 2, 3]])


def test_other_refusals():
    with pytest.raises(NotCharted, match="call fit"):
        C1().frame(["a"], np.datetime64("2020-01-06"))
    with pytest.raises(BadCounts, match="2 names for 1 areas"):
        C1().fit([SEVEN]).frame(["a", "b"], np.datetime64("2020-01-06"))
    with pytest.raises(BadCounts, match="a day and an area"):
        weekly_counts([1, 2], [0], 1, np.datetime64("2020-01-06"), 3)
    for area in ([1], [-2], [0.5], ["0"]):
        with pytest.raises(BadCounts, match="one of 1 areas"):
            weekly_counts([1], area, 1, np.datetime64("2020-01-06"), 3)
    for day in (["2020-01-06"], [18267.5]):
        with pytest.raises(BadCounts, match="days are dates"):
            weekly_counts(day, [0], 1, np.datetime64("2020-01-06"), 3)
    with pytest.raises(BadCounts, match="some days are missing"):
        weekly_counts(np.array(["2020-01-06", "NaT"], "datetime64[D]"), [0, 0], 1, np.datetime64("2020-01-06"), 3)
    assert weekly_counts([], [], 1, np.datetime64("2020-01-06"), 2).tolist() == [[0, 0]]


def test_too_short_a_history_is_no_alarm_and_no_number():
    chart = FarringtonFlexible().fit(seasonal(5.0, weeks=100))
    assert not chart.alarm_.any()
    assert np.isnan(chart.upper_).all()
