"""The scan as an estimator: what it finds, what it must not know, what it refuses, what it says."""

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from placewise.space import Area, Cells, Events
from placewise.warning import (
    BadCases,
    BadPopulation,
    BadScan,
    Cases,
    NothingToScan,
    NotScanned,
    SpaceTimeScan,
    TooFewReplications,
)
from placewise.warning.inference import gumbel, monte_carlo

UNTIL = "2026-04-11"
SPOT = (71.47, 51.13)


def town(planted: int = 12, seed: int = 1, n: int = 700) -> Events:
    """A hundred days of scattered incidents, and some within 200 m and the last five days."""
    rng = np.random.default_rng(seed)
    far, near = rng.uniform(-0.04, 0.04, (n, 2)), rng.uniform(-0.0012, 0.0012, (planted, 2))
    lon, lat = (np.concatenate([SPOT[k] + far[:, k], SPOT[k] + near[:, k]]) for k in (0, 1))
    hours = np.concatenate([rng.uniform(0, 2400, n), rng.uniform(2280, 2400, planted)])
    times = np.datetime64("2026-01-01T00", "m") + (hours * 60).astype("timedelta64[m]")
    return Events.from_arrays(times, lon, lat, zone="Asia/Almaty", local=True, since="2026-01-01")


def scan(**settings: Any) -> SpaceTimeScan:
    return SpaceTimeScan(**({"days": 14, "replications": 199, "radius": 800.0} | settings))


@pytest.fixture(scope="module")
def fitted() -> SpaceTimeScan:
    return scan().fit(town(), until=UNTIL)


def test_a_planted_cluster_is_found(fitted: SpaceTimeScan) -> None:
    first = fitted.clusters_[0]
    assert first.p == 1 / 200
    assert (first.end, first.recurrence) == (date(2026, 4, 10), pytest.approx(200))
    assert date(2026, 4, 6) <= first.start <= date(2026, 4, 8)
    assert first.days == (first.end - first.start).days + 1
    assert np.hypot((first.centre[0] - SPOT[0]) * 70e3, (first.centre[1] - SPOT[1]) * 111e3) < 400
    assert first.observed >= 8
    assert first.ratio == first.observed / first.expected > 5
    assert first.gumbel < 0.001


def test_the_cases_of_a_cluster_lie_in_it(fitted: SpaceTimeScan) -> None:
    events = town()
    for cluster in fitted.clusters_:
        rows = list(cluster.case_rows)
        assert len(rows) == cluster.observed
        days = events.times[rows].astype("datetime64[D]").astype(object)
        assert min(days) == cluster.start  # a longer window would only raise what is expected
        assert max(days) <= cluster.end
        assert len(set(cluster.places)) == len(cluster.places)


def test_clusters_come_by_likelihood_and_share_no_place(fitted: SpaceTimeScan) -> None:
    found = fitted.clusters_
    assert len(found) > 3
    assert [one.statistic for one in found] == sorted((one.statistic for one in found), reverse=True)
    assert [one.p for one in found] == sorted(one.p for one in found)
    every = [place for one in found for place in one.places]
    assert len(every) == len(set(every))


def test_what_happened_later_is_not_known() -> None:
    later = scan().fit(town(), until="2026-04-05")
    cut = town().before("2026-04-05")
    assert later.clusters_ == scan().fit(cut, until="2026-04-05").clusters_
    assert max(one.end for one in later.clusters_) == date(2026, 4, 4)


def test_the_same_seed_tells_the_same_on_any_threads(fitted: SpaceTimeScan) -> None:
    again = scan().fit(town(), until=UNTIL, threads=1)
    assert again.maxima_.tolist() == fitted.maxima_.tolist()
    assert again.clusters_ == fitted.clusters_
    assert scan(seed=1).fit(town(), until=UNTIL).maxima_.tolist() != fitted.maxima_.tolist()


def test_a_quiet_town_seldom_alarms() -> None:
    """Under chance p is uniform: of forty quiet towns about two fall below 0.05."""
    found = [scan(replications=99, days=7).fit(town(0, seed, 250), until=UNTIL).clusters_[0].p for seed in range(2, 42)]
    assert 0.3 < np.mean(found) < 0.7
    assert np.sum(np.array(found) <= 0.05) <= 6


def test_on_cells() -> None:
    events = town()
    cells = Cells.squares(Area.covering(events), 300)
    first = scan().fit(events, cells, until=UNTIL).clusters_[0]
    assert first.p == 1 / 200
    assert set(cells.index(events)[list(first.case_rows)]) <= set(first.places)
    lon, lat = cells.degrees
    assert first.centre == (lon[first.places[0]], lat[first.places[0]])
    assert first.radius <= 800


def test_an_early_stop_ends_at_the_last_hit_that_is_needed() -> None:
    quiet = town(0)
    whole, stopped = scan(replications=999).fit(quiet, until=UNTIL), scan(replications=999, early_stop=10)
    told: list[tuple[int, int]] = []
    stopped.fit(quiet, until=UNTIL, progress=lambda done, total: told.append((done, total)))
    done = stopped.maxima_.size
    assert done < 999
    assert stopped.maxima_.tolist() == whole.maxima_[:done].tolist()
    assert stopped.clusters_[0].p == 10 / done == pytest.approx(whole.clusters_[0].p, abs=0.25)
    assert told[-1][0] >= done
    loud = scan(early_stop=10).fit(town(), until=UNTIL)
    assert (loud.maxima_.size, loud.clusters_[0].p) == (199, 1 / 200)


def test_critical_values_and_p_agree(fitted: SpaceTimeScan) -> None:
    for alpha in (0.05, 0.01):
        limit = fitted.critical(alpha)
        assert monte_carlo(fitted.maxima_, limit * 1.0001, 199) <= alpha < monte_carlo(fitted.maxima_, limit, 199)
    with pytest.raises(TooFewReplications, match="199 replications"):
        fitted.critical(0.001)


def test_gumbel_p_of_its_own_distribution() -> None:
    drawn = np.random.default_rng(1).gumbel(7.0, 1.2, 20_000)
    for statistic in (7.0, 10.0, 14.0):
        exact = -np.expm1(-np.exp(-(statistic - 7.0) / 1.2))
        assert gumbel(drawn, statistic) == pytest.approx(exact, rel=0.08)
    assert gumbel(np.array([3.0]), 4.0) == 1.0


def test_earlier_analyses_make_a_finding_less_rare(fitted: SpaceTimeScan) -> None:
    quiet = town(0)
    alone = scan().fit(quiet, until=UNTIL)
    among = scan().fit(quiet, until=UNTIL, earlier=["2026-04-01", "2026-03-22", "2026-03-12"])
    assert [one.statistic for one in among.clusters_] == [one.statistic for one in alone.clusters_]
    assert np.all(among.maxima_ >= 0)
    assert among.critical(0.05) > alone.critical(0.05)
    assert among.clusters_[0].p > alone.clusters_[0].p
    # p is for four analyses ten days apart: days of such analyses, not days of a single one
    p = among.clusters_[0].p
    assert among.clusters_[0].recurrence == pytest.approx(10 / (1 - (1 - p) ** 0.25))


def weekend_town() -> Cases:
    """One place is busy on Saturdays and Sundays only, all others on all days alike; the study ends on a Sunday."""
    rng = np.random.default_rng(3)
    days = np.arange(np.datetime64("2026-01-05"), np.datetime64("2026-04-06"))
    weekend = days[(days.astype(int) + 3) % 7 >= 5]
    place = np.concatenate([np.zeros(8 * weekend.size, dtype=int), rng.integers(1, 25, 1500)])
    day = np.concatenate([np.repeat(weekend, 8), rng.choice(days, 1500)])
    x, y = (part.ravel() * 2000.0 for part in np.meshgrid(np.arange(5), np.arange(5)))
    return Cases.from_counts(x, y, place, day)


def test_weekends_are_no_news_where_weekdays_are_told_apart() -> None:
    """A place that is busy each weekend looks like a cluster on Sunday, unless it is compared with other weekends."""
    plain = scan(days=7).fit(weekend_town(), until="2026-04-06")
    assert plain.clusters_[0].places == (0,)
    assert plain.clusters_[0].days == 2
    assert plain.clusters_[0].p < 0.05
    adjusted = scan(days=7, by_weekday=True).fit(weekend_town(), until="2026-04-06")
    assert adjusted.clusters_[0].p > 0.05


def test_by_weeks() -> None:
    weekly = scan(days=14, step="week").fit(town(), until=UNTIL)
    first = weekly.clusters_[0]
    assert (first.start, first.end, first.days) == (date(2026, 4, 4), date(2026, 4, 10), 7)
    assert first.recurrence == 7 / first.p == 1400


def test_poisson_compares_with_a_population() -> None:
    """Twice as many in the last week as the population explains, in one cell of a grid."""
    x, y = (part.ravel() * 500.0 for part in np.meshgrid(np.arange(6), np.arange(6)))
    rng = np.random.default_rng(5)
    people = rng.uniform(1, 20, 36)
    place = np.concatenate([rng.choice(36, 2000, p=people / people.sum()), np.full(40, 7)])
    days = np.datetime64("2026-01-01") + np.concatenate([rng.integers(0, 100, 2000), rng.integers(93, 100, 40)])
    cases = Cases.from_counts(x, y, place, days)
    found = scan(model="poisson", radius=400).fit(cases, until="2026-04-11", since="2026-01-01", population=people)
    first = found.clusters_[0]
    assert (first.places, first.p) == ((7,), 1 / 200)
    assert first.days <= 7
    assert first.expected == pytest.approx(2040 * people[7] / people.sum() * first.days / 100)
    assert "Poisson" in found.describe()


def test_poisson_leaves_out_places_without_population() -> None:
    events = town()
    cells = Cells.squares(Area.covering(events), 250)
    people = cells.counts(events, "2026-01-01", "2027-01-01")
    found = scan(model="poisson").fit(events, cells, until=UNTIL, population=people)
    assert found.cases_.x.size == int(np.sum(people > 0)) < len(cells)
    assert found.clusters_[0].p == 1 / 200


def test_a_quiet_poisson_town_by_weekday() -> None:
    cases = weekend_town()
    people = np.bincount(cases.place, minlength=25).astype(float)
    found = scan(model="poisson", days=7, by_weekday=True).fit(cases, until="2026-04-06", population=people)
    assert found.clusters_[0].expected > 0
    assert found.maxima_.size == 199


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "normal"}, {"step": "month"}, {"radius": 0.0}, {"days": 0}, {"least_days": 20}, {"least_cases": 0},
        {"replications": 0}, {"early_stop": 0}, {"days": 14, "step": "week", "by_weekday": True},
        {"days": 10, "step": "week"}, {"days": 200},
    ],
)  # fmt: skip
def test_settings_that_make_no_scan_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadScan):
        scan(**settings).fit(town(), until=UNTIL)


@pytest.mark.parametrize("earlier", ["2026-04-11", "2026-05-01", "2026-01-10"])
def test_earlier_analyses_are_earlier_and_within_the_study(earlier: str) -> None:
    with pytest.raises(BadScan):
        scan().fit(town(), until=UNTIL, earlier=[earlier])


@pytest.mark.parametrize("population", [None, np.ones(3), np.full(25, -1.0), np.zeros(25), ["many"] * 25])
def test_populations_that_are_none_are_refused(population: Any) -> None:
    with pytest.raises(BadPopulation):
        scan(model="poisson").fit(weekend_town(), until="2026-04-06", population=population)


def test_counted_cases_take_no_cells() -> None:
    cells = Cells.squares(Area.covering(town()), 600)
    with pytest.raises(BadScan, match="have their places already"):
        scan().fit(weekend_town(), cells, until="2026-04-06")


def test_more_cases_asked_of_a_cluster_than_there_are() -> None:
    found = scan(least_cases=5000).fit(town(), until=UNTIL)
    assert found.clusters_ == ()
    assert not found.maxima_.any()
    assert found.explain()["in_words"][0].endswith(
        "no cluster that chance alone shows in less than half of all analyses"
    )


def test_a_study_without_cases_is_refused() -> None:
    with pytest.raises(NothingToScan):
        scan().fit(town(), until="2025-06-01", since="2025-01-01")


def test_tables_of_cases_are_checked() -> None:
    with pytest.raises(BadCases, match="equally long"):
        Cases.from_counts([0, 1], [0, 1], [0, 1], ["2026-01-01"])
    with pytest.raises(BadCases, match="one of the places"):
        Cases.from_counts([0, 1], [0, 1], [2], ["2026-01-01"])


def test_cases_with_a_projection_know_their_degrees() -> None:
    cases = Cases.from_counts([600_000], [5_660_000], [0], ["2026-01-01"], [3], crs="EPSG:32642")
    assert (len(cases), cases.row.tolist()) == (3, [0, 0, 0])
    assert (cases.lon[0], cases.lat[0]) == pytest.approx((70.43, 51.08), abs=0.01)
    assert repr(cases) == "Cases(3 at 1 places)"


def test_it_says_what_it_did(fitted: SpaceTimeScan) -> None:
    told = fitted.explain()
    assert json.loads(json.dumps(told))["clusters"][0]["start"] == fitted.clusters_[0].start.isoformat()
    assert told["settings"]["days"] == 14
    assert told["model"] == (
        "prospective space-time permutation scan, circles up to 800 m, last 1 to 14 days, 199 replications"
    )
    assert told["in_words"][0].startswith("712 cases at 712 places from 2026-01-01 to before 2026-04-11: ")
    assert "chance alone shows one like it less than once in 200 days" in told["in_words"][1]
    assert SpaceTimeScan(by_weekday=True).describe().endswith("adjusted for the day of the week")
    assert repr(SpaceTimeScan()).startswith("SpaceTimeScan(model='permutation', radius=1000.0, days=28")


def test_before_fit_it_has_nothing_to_say() -> None:
    assert set(scan().explain()) == {"model", "settings"}
    with pytest.raises(NotScanned):
        scan().critical(0.05)


def test_a_cluster_of_one_day_and_place_in_words() -> None:
    cases = Cases.from_counts([0, 9000], [0, 0], [0, 0, 0, 1, 1, 1], ["2026-01-30"] * 3 + ["2026-01-02"] * 3)
    (first,) = scan(replications=9).fit(cases, until="2026-01-31", since="2026-01-01").clusters_
    assert (first.radius, first.days, first.observed, first.expected) == (0.0, 1, 3, 1.5)
    assert first.describe().endswith("chance alone shows one like it in most analyses") is (first.p > 0.5)
    assert first.describe().startswith("3 cases on 2026-01-30 at 0.00000, 0.00000, where 1.5 were expected")
