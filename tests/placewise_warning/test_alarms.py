"""How false alarms are counted: one that continues counts once; and a small run of the benchmark that measures them."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks._alarms import Found, Settings, city_of, detected_after, episodes, nights_of, plantings, reports_of
from benchmarks._chart_alarms import counted, spells
from benchmarks.alarms import run

from placewise.simulate.city import to_degrees, whole_day
from placewise.warning import LEAST_RECURRENCE_DAYS

VILLAGE = Settings(size="village", nights=119, replications=99, first="2018-01-01")


def found(night, recurrence, x=0.0, radius=500.0, days=7):
    """A cluster whose window ends on the day before its night."""
    return Found(night, x, 0.0, radius, night - days, night - 1, recurrence)


@pytest.mark.parametrize(
    ("clusters", "lengths"),
    [
        ([found(1, 100)], [1]),
        ([found(1, 99)], []),
        ([found(1, 100), found(2, 100), found(3, 100)], [3]),  # continues
        ([found(1, 100), found(2, 50), found(3, 50)], [3]),  # goes on at half the threshold
        ([found(1, 50), found(2, 100)], [1]),  # but does not begin there
        ([found(1, 100), found(2, 49), found(3, 100)], [1, 1]),  # had ended
        ([found(1, 100), found(3, 100)], [1, 1]),  # a night without
        ([found(1, 100), found(2, 100, x=400)], [2]),  # its centre has moved within
        ([found(1, 100), found(2, 100, x=600)], [1, 1]),  # another place
        ([found(1, 100), found(1, 200, x=5000)], [1, 1]),  # two at once
        ([found(1, 100), found(2, 100, x=100), found(2, 300, x=-100)], [2, 1]),  # only one of two continues it
    ],
)  # fmt: skip
def test_distinct_alarms(clusters, lengths):
    assert [len(alarm) for alarm in episodes(clusters, 100.0)] == lengths


def test_weekly_alarms_in_a_row_are_one():
    alarm = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
    assert spells(alarm) == 3


@pytest.mark.parametrize(
    ("night", "recurrence", "x", "days"),
    [(3, 100, 0, 3), (20, 100, 0, 20), (3, 99, 0, None), (3, 100, 900, None), (23, 100, 0, None), (0, 100, 0, None)],
)
def test_a_planted_cluster_is_found_in_its_days_at_its_place(night, recurrence, x, days):
    planted = plantings(city_of(VILLAGE), VILLAGE, 4.0)[0]
    start = whole_day(planted.start)
    here = to_degrees(np.array([0.0]), np.array([0.0]))
    planted = replace(planted, lon=float(here[0][0]), lat=float(here[1][0]))
    assert nights_of(planted) == range(start + 1, start + 22)
    assert detected_after(planted, [found(start + night, recurrence, x=x, days=10)], 100.0) == days


def test_clusters_are_planted_with_as_many_reports_as_said():
    town = Settings(nights=364)
    city = city_of(town)
    planted = plantings(city, town, 12.0)
    assert len(planted) == 6
    district = [city.district[city.cells.lookup.index(np.array([one.lon]), np.array([one.lat]))[0]] for one in planted]
    expected = [one.cases * city.reporting[at] for one, at in zip(planted, district, strict=True)]
    assert np.mean(expected) == pytest.approx(12, abs=0.5)
    more = len(reports_of(city, town, planted)) - len(reports_of(city, town))
    assert 45 <= more <= 90
    assert counted(city, town, planted).sum() > counted(city, town).sum()


def test_the_benchmark_runs_on_a_village():
    figures = {one.name: one for one in run(VILLAGE, processes=1)}
    for threshold in (30, 60):
        quiet = figures[f"scan, {threshold} days, nothing planted, without near repeats: alarms"]
        assert 0 <= quiet.value < 3
    many = figures["scan, 30 days, 12 reports in 14 days within 300 m: found"].value
    assert many >= figures["scan, 30 days, 0 reports in 14 days within 300 m: found"].value
    assert 0 < figures["C1, 2 deviations, nothing planted, with near repeats: alarms"].value < 10


def test_the_desks_threshold_is_one_of_those_measured():
    assert LEAST_RECURRENCE_DAYS in (30.0, 60.0, 100.0, 200.0, 365.0)
