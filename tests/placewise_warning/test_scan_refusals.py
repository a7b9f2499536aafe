"""Odd input to a scan, a table of pairs or strings: the right answer, or a refusal that says what is wrong."""

from typing import Any

import numpy as np
import pytest

from placewise.space import Events
from placewise.warning import BadCases, BadPairs, BadScan, Cases, SpaceTimeScan, knox, near_repeat_strings
from placewise.warning.inference import recurrence

UNTIL, SINCE = "2026-03-02", "2026-01-01"
LAST = np.datetime64("2026-03-01")
EVERY_DAY = LAST - np.arange(60)


def scan(**settings: Any) -> SpaceTimeScan:
    return SpaceTimeScan(**({"days": 7, "radius": 500.0, "replications": 99} | settings))


def fit(found: SpaceTimeScan, cases: Cases, **more: Any) -> SpaceTimeScan:
    return found.fit(cases, until=UNTIL, since=SINCE, **more)


@pytest.mark.parametrize(
    ("x", "place", "day"),
    [
        ([0], [0] * 60, EVERY_DAY),  # all at one place: nothing is nearer than elsewhere
        ([0], [0], [LAST]),  # one case
        (np.arange(50) * 100, np.arange(50), [LAST] * 50),  # all on one day: nothing is later than before
        (np.arange(50) * 100, np.arange(50), [LAST - 40] * 50),  # nothing in the last days
    ],
)
def test_where_place_and_day_tell_nothing_there_is_no_cluster(x: Any, place: Any, day: Any) -> None:
    found = fit(scan(least_cases=1), Cases.from_counts(x, np.zeros(len(x)), place, day))
    assert found.clusters_ == ()
    assert not found.maxima_.any()
    assert found.explain()["in_words"]


@pytest.mark.parametrize("days", [7, 60])
def test_as_many_as_the_population_has_expected_are_no_cluster(days: int) -> None:
    """Counts equal to what was expected but for the rounding of a product."""
    cases = Cases.from_counts([0, 9000], [0, 0], np.repeat([0, 1], 60), np.tile(EVERY_DAY, 2))
    assert fit(scan(model="poisson", days=days), cases, population=[5.0, 5.0]).clusters_ == ()


@pytest.mark.parametrize("radius", [0.001, 1e9])
def test_radii_of_a_point_and_of_the_world(radius: float) -> None:
    cases = Cases.from_counts([0, 5000], [0, 0], [0, 0, 0, 1, 1], [LAST] * 3 + [LAST - 50] * 2)
    (first, *_) = fit(scan(radius=radius), cases).clusters_
    assert (first.places, first.days, first.observed, first.expected) == ((0,), 1, 3, pytest.approx(9 / 5))


def test_a_study_just_as_long_as_the_window_and_one_day_shorter() -> None:
    cases = Cases.from_counts([0, 5000], [0, 0], [0, 0, 0, 1, 1], [LAST] * 3 + [LAST - 5] * 2)
    assert scan().fit(cases, until=UNTIL, since="2026-02-23").clusters_[0].observed == 3
    with pytest.raises(BadScan, match="6 days are fewer than the 7"):
        scan().fit(cases, until=UNTIL, since="2026-02-24")
    with pytest.raises(BadScan, match="fewer than the 7"):
        scan().fit(cases, until="2025-03-02", since=SINCE)


def test_rows_in_any_order_and_counts_or_repeats_tell_the_same() -> None:
    rng = np.random.default_rng(2)
    place, day = rng.integers(0, 9, 200), LAST - rng.integers(0, 60, 200)
    x, turn = np.arange(9) * 300.0, rng.permutation(200)
    one, two = (fit(scan(), Cases.from_counts(x, x * 0, place[k], day[k])) for k in (np.arange(200), turn))
    key, count = np.unique(np.column_stack([place, day.astype(int)]), axis=0, return_counts=True)
    three = fit(scan(), Cases.from_counts(x, x * 0, key[:, 0], key[:, 1].astype("datetime64[D]"), count))
    facts = [[(c.places, c.statistic, c.expected) for c in found.clusters_] for found in (one, two, three)]
    assert facts[0] == facts[1] == facts[2]
    assert len(facts[0]) > 1


def test_moments_count_on_their_day_and_text_may_be_numbers() -> None:
    moments = ["2026-02-28T23:59:59", "2026-03-01T00:00:01", "2026-03-01T23:59:59.9"]
    cases = Cases.from_counts(["0", "10"], ["0", "0"], ["0", "0", "1"], moments, ["1", "1", "2"])
    assert (LAST - cases.day.astype("datetime64[D]")).astype(int).tolist() == [1, 0, 0, 0]
    assert cases.place.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x": [0, np.nan]}, "1 of x are missing"),
        ({"y": [0, np.inf]}, "1 of y are missing or infinite"),
        ({"x": ["a", "1"]}, "x holds something that is no number"),
        ({"place": [0, 0.5]}, "place holds numbers that are not whole"),
        ({"place": [0, np.nan]}, "place are missing"),
        ({"place": [0, -1]}, "one of the places"),
        ({"day": [LAST, "NaT"]}, "1 of day are missing"),
        ({"day": ["tomorrow", "2026-01-01"]}, "day holds something that is no date"),
        ({"day": [20_000.5, 20_001.0]}, "day holds something that is no date"),
        ({"count": [1, 1.5]}, "count holds numbers that are not whole"),
        ({"count": [1, np.nan]}, "count are missing"),
        ({"count": [1, -1]}, "not negative"),
    ],
)
def test_tables_of_cases_that_are_none(changed: dict[str, Any], words: str) -> None:
    given = {"x": [0, 1], "y": [0, 1], "place": [0, 1], "day": [LAST, LAST], "count": [1, 1]} | changed
    with pytest.raises(BadCases, match=words):
        Cases.from_counts(**given)


@pytest.mark.parametrize(
    "settings",
    [
        {"radius": np.inf}, {"radius": np.nan}, {"days": 7.5}, {"replications": 9.5}, {"seed": -1}, {"seed": 1.5},
        {"least_cases": 2.5}, {"early_stop": 2.5}, {"early_stop": -3}, {"days": -7},
    ],
)  # fmt: skip
def test_settings_that_are_no_numbers_of_anything(settings: dict[str, Any]) -> None:
    cases = Cases.from_counts([0], [0], [0, 0], [LAST, LAST])
    with pytest.raises(BadScan):
        fit(scan(**settings), cases)


def test_a_population_is_not_left_unused() -> None:
    with pytest.raises(BadScan, match="compares with no population"):
        fit(scan(), Cases.from_counts([0], [0], [0, 0], [LAST, LAST]), population=[5.0])


def across(lon: float, lat: float) -> Events:
    """A town about a place, eight incidents of the last days at its middle."""
    rng = np.random.default_rng(1)
    metres = np.concatenate([rng.uniform(-2000, 2000, (300, 2)), rng.uniform(-80, 80, (8, 2))])
    hours = np.concatenate([rng.uniform(0, 60 * 24, 300), rng.uniform(57 * 24, 60 * 24, 8)])
    east = metres[:, 0] / (111_320 * np.cos(np.radians(lat)))
    times = np.datetime64("2026-01-01T00", "s") + (hours * 3600).astype("timedelta64[s]")
    return Events.from_arrays(
        times, (lon + east + 180) % 360 - 180, lat + metres[:, 1] / 111_320, local=True, since=SINCE
    )


@pytest.mark.parametrize("lon", [-180.0, 179.995, 177.0])
def test_a_town_on_the_antimeridian_is_a_town_like_any_other(lon: float) -> None:
    """Fiji's Taveuni: as three degrees farther west, where no line parts it."""
    here, there = across(lon, -16.85), across(171.0, -16.85)
    one, two = (fit(scan(), events).clusters_[0] for events in (here, there))
    assert (one.observed, one.days, one.expected) == (two.observed, two.days, pytest.approx(two.expected))
    assert one.radius == pytest.approx(two.radius, rel=0.002)
    sizes = [sorted(near_repeat_strings(events, metres=150, days=7).size.tolist()) for events in (here, there)]
    assert sizes[0] == pytest.approx(sizes[1])
    assert sum(sizes[0]) > 60


def test_a_camp_at_the_pole() -> None:
    """All longitudes meet there; the places are told apart by metres all the same."""
    rng = np.random.default_rng(4)
    turn, away = rng.uniform(0, 360, 300), 2000 * np.sqrt(rng.random(300))
    away[-8:] = rng.uniform(0, 80, 8)
    hours = np.append(rng.uniform(0, 60 * 24, 292), rng.uniform(57 * 24, 60 * 24, 8))
    times = np.datetime64("2026-01-01T00", "s") + (hours * 3600).astype("timedelta64[s]")
    events = Events.from_arrays(times, turn - 180, 90 - away / 111_694, local=True, since=SINCE)
    first = fit(scan(), events).clusters_[0]
    assert first.observed >= 8
    assert first.centre[1] > 89.998
    assert first.p == 0.01


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x": ["a", "b"]}, "positions are metres"),
        ({"x": [0, np.inf]}, "positions are missing"),
        ({"day": ["2020-01-01", "2020-01-02"]}, "read text as dates first"),
        ({"day": np.array(["2020-01-01", "NaT"], "datetime64[D]")}, "some dates are missing"),
        ({"day": [0, np.nan]}, "whole days"),
        ({"replications": 20.5}, "take at least 19"),
        ({"seed": -1}, "whole number from nought"),
        ({"distances": (float("nan"),)}, "upper edges in metres"),
        ({"days": (7.5,)}, "whole days"),
    ],
)
def test_pairs_that_are_none(changed: dict[str, Any], words: str) -> None:
    given = {"x": [0, 1], "y": [0, 1], "day": [0, 1], "distances": (100,), "days": (7,), "replications": 19}
    with pytest.raises(BadPairs, match=words):
        knox(**(given | changed))


def test_pairs_of_one_place_and_day_all_fall_into_the_first_band() -> None:
    table = knox([5] * 5, [5] * 5, [3] * 5, distances=(100,), days=(0, 7), replications=19)
    assert table.observed.tolist() == [[10, 0], [0, 0]]
    assert table.p[0, 0] == 1  # every order has as many


@pytest.mark.parametrize(("metres", "days"), [(-5, 7), (np.nan, 7), (np.inf, 7), (100, -1)])
def test_strings_within_no_distance_are_refused(metres: float, days: int) -> None:
    with pytest.raises(BadPairs, match="from nought"):
        near_repeat_strings(across(10, 50), metres=metres, days=days)


@pytest.mark.parametrize(
    ("p", "analyses", "pause", "days"),
    [
        (0.005, 1, 1, 200),
        (0.02, 1, 7, 350),
        (1.0, 1, 1, 1),
        (1.0, 30, 1, 1),
        (1 - 0.995**30, 30, 1, 200),  # of thirty nights together: each night by itself had 0.005
        (1 - 0.995**4, 4, 7, 1400),  # of four Mondays
    ],
)
def test_recurrence_of_one_analysis_and_of_several_together(p: float, analyses: int, pause: int, days: float) -> None:
    assert recurrence(p, analyses, pause) == pytest.approx(days)
