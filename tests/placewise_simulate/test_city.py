"""The synthetic city is what it says: its truth is what happens on average, its seeds decide."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from placewise.fairness import AreaGroups, simulate_feedback
from placewise.forecast import estimator
from placewise.simulate import Arrivals, Priority, Scenario, Station, Unit, Zone, simulate, travel_seconds
from placewise.simulate.city import KINDS, BadCity, CitySize, Planted, SyntheticCity, river, to_metres
from placewise.simulate.city_incidents import OTHER_CALLS, SERVICE, city_calls, happen
from placewise.simulate.city_truth import Kind, Repeats
from placewise.streets import open_lists
from placewise.warning.near_repeat import near_repeat

YEAR = ("2020-01-06", "2021-01-04")


@pytest.fixture(scope="module")
def village():
    return SyntheticCity.make("village", seed=3)


@pytest.fixture(scope="module")
def town():
    return SyntheticCity.make("town", seed=3)


# What is true


@pytest.mark.parametrize("size", ["village", "town", "city"])
def test_a_year_holds_as_many_incidents_as_the_size_says(size):
    city = SyntheticCity.make(size)
    weekly = {"village": 8, "town": 80, "city": 1200}[size]
    assert sum(city.rates(kind.name).sum() for kind in city.kinds) == pytest.approx(weekly)
    assert sum(city.expected(kind.name, *YEAR).total for kind in city.kinds) == pytest.approx(52 * weekly, rel=0.003)


def test_what_happens_on_average_is_the_truth_in_every_cell(village):
    span, runs = ("2020-03-02", "2020-06-01"), 300
    seen = sum(village.cells.counts(happen(village, span[0], 91, seed=k).all, *span) for k in range(runs))
    expected = runs * sum(village.expected(kind.name, *span).expected for kind in village.kinds)
    assert seen[~village.dry].sum() == 0
    assert np.all(expected[village.dry] > 100)
    # near repeats make counts vary more than Poisson's do, up to (1 − R)⁻² times
    z = (seen - expected)[village.dry] / np.sqrt(1.5 * expected[village.dry])
    assert np.abs(z).max() < 4
    assert abs(seen.sum() / expected.sum() - 1) < 0.02


def test_seasons_and_weekends_are_true_day_by_day(town):
    days = np.arange(np.datetime64("2020-01-06"), np.datetime64("2021-01-04"))
    seen = np.zeros(days.size)
    for seed in range(6):
        happened = happen(town, days[0], days.size, seed=seed).all.of("assault")
        seen += np.bincount((happened.times.astype("datetime64[D]") - days[0]).astype(int), minlength=days.size)
    expected = 6 * np.array([town.expected("assault", day, day + 1).total for day in days])
    month = np.arange(days.size) // 28
    by_month = [np.bincount(month, values) for values in (seen, expected)]
    by_weekday = [np.bincount(np.arange(days.size) % 7, values) for values in (seen, expected)]
    for one, other in (by_month, by_weekday):
        assert np.abs((one - other) / np.sqrt(1.6 * other)).max() < 4
    assert by_month[1].max() > 1.3 * by_month[1].min()
    assert by_weekday[1][5] > 1.2 * by_weekday[1][2]


def test_hours_of_the_day_follow_the_class(town):
    burglaries = happen(town, YEAR[0], 364, seed=1).all.of("burglary")
    hour = (burglaries.times - burglaries.times.astype("datetime64[D]")) // np.timedelta64(1, "h")
    share = np.bincount(hour.astype(int), minlength=24) / len(burglaries)
    expected = town.kinds[0].hours.reshape(7, 24).mean(axis=0) / 24
    assert np.abs(share - expected).max() < 0.02
    assert share.argmax() in range(11, 18)


def test_districts_report_as_their_truth_says(town):
    happened = happen(town, YEAR[0], 728, seed=2)
    cell = town.cells.index(happened.all)
    seen = np.bincount(town.district[cell], minlength=12)
    told = np.bincount(town.district[cell], happened.reported, minlength=12)
    z = (told - seen * town.reporting) / np.sqrt(seen * town.reporting * (1 - town.reporting))
    assert np.abs(z).max() < 4
    assert sorted(town.reporting) == pytest.approx(np.linspace(0.45, 0.9, 12))
    assert len(happened.reports) == happened.reported.sum()
    assert happened.reports.times.tolist() == happened.all.times[happened.reported].tolist()
    expected = town.expected("assault", *YEAR, reported=True).expected
    assert expected == pytest.approx(town.expected("assault", *YEAR).expected * town.reporting[town.district])
    assert town.reported_rates("assault") == pytest.approx(town.rates("assault") * town.reporting[town.district])


# Near repeats


def only(repeats, weekly=60.0):
    """A town in which one class happens."""
    kind = replace(KINDS[0], repeats=repeats, swing=0.0, weekend=1.0, weekly=1.0)
    return SyntheticCity.make(CitySize(40, 32, (2, 2), weekly), seed=1, kinds=[kind])


def test_each_incident_is_followed_by_as_many_as_the_truth_says():
    city = only(Repeats(0.4, 0.5, 100.0, 6.0))
    happened = happen(city, YEAR[0], 1456, seed=1)
    repeats = np.flatnonzero(happened.parent >= 0)
    # those that stepped off the ground are not seen, nor those after the last day
    assert repeats.size / len(happened.all) == pytest.approx(0.4, abs=0.03)
    x, y = to_metres(happened.all.lon, happened.all.lat)
    parent = happened.parent[repeats]
    metres = np.hypot(x[repeats] - x[parent], y[repeats] - y[parent])
    assert np.mean(metres < 0.01) == pytest.approx(0.5, abs=0.03)
    assert np.sqrt(np.mean(metres[metres > 0.01] ** 2) / 2) == pytest.approx(100, rel=0.06)
    days = happened.all.times.astype("datetime64[D]").astype(int)
    later = days[repeats] - days[parent]
    assert later.min() >= 1
    assert later.mean() == pytest.approx(6, abs=0.3)


def test_the_truth_holds_the_repeats_of_repeats_in_neighbouring_cells():
    # R is 0.5 and everything begins in one cell: half of what happens does not begin, and lies around
    kind = Kind("burglary", 1.0, 0, 0.0, 12.0, 1.0, (1, 0, 0), Repeats(0.5, 0.0, 200.0, 5.0))
    begun = np.zeros((30, 30))
    begun[15, 15] = 1.0
    spread = kind.repeats.spread(begun, 250.0)
    assert spread.sum(axis=(1, 2))[:4] == pytest.approx([1, 0.5, 0.25, 0.125], rel=1e-3)
    assert spread.sum() == pytest.approx(2, rel=1e-3)
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 250, 400_000) + rng.normal(0, 200, 400_000)  # the first repeats, along one axis
    share = np.bincount((x // 250).astype(int) + 15, minlength=30) / x.size
    assert spread[1].sum(axis=0) / 0.5 == pytest.approx(share, abs=0.004)


def test_the_near_repeat_table_finds_what_was_put_in_and_nothing_where_nothing_is():
    with_repeats = happen(only(Repeats(0.3, 0.4, 80.0, 5.0)), YEAR[0], 728, seed=1).all
    without = happen(only(Repeats(0.0)), YEAR[0], 728, seed=1).all
    settings = {"distances": (100, 200), "days": (7, 14), "replications": 99}
    found, nothing = near_repeat(with_repeats, **settings), near_repeat(without, **settings)
    assert found.table.p[:2, 0].tolist() == [0.01, 0.01]
    assert found.table.ratio[1, 0] > 1.2
    assert nothing.reach is None


# Seeds and clusters


def test_the_same_seeds_give_the_same(village):
    again = SyntheticCity.make("village", seed=3)
    assert again.begun.tolist() == village.begun.tolist()
    assert SyntheticCity.make("village", seed=4).begun.tolist() != village.begun.tolist()
    one, same, other = (happen(village, YEAR[0], 90, seed=seed) for seed in (1, 1, 2))
    assert one.all.times.tolist() == same.all.times.tolist()
    assert one.all.times.tolist() != other.all.times.tolist()


def test_a_cluster_adds_its_cases_and_changes_nothing_else(town):
    lon, lat = (part[town.dry][100] for part in town.cells.degrees)
    cluster = Planted("burglary", lon, lat, 300.0, "2020-03-02", 14, 40)
    without, planted = (happen(town, YEAR[0], 120, seed=5, clusters=these) for these in ((), (cluster,)))
    extra = planted.cluster == 0
    x, y = to_metres(planted.all.lon[extra], planted.all.lat[extra])
    at = to_metres(np.array([lon]), np.array([lat]))
    assert np.hypot(x - at[0], y - at[1]).max() <= 300
    assert 35 <= extra.sum() <= 40  # those in the river are left out
    assert planted.all.times[extra].min() >= np.datetime64("2020-03-02")
    assert planted.all.times[extra].max() < np.datetime64("2020-03-16")
    assert planted.all.times[~extra].tolist() == without.all.times.tolist()
    assert planted.reported[~extra].tolist() == without.reported.tolist()


# Streets and districts


def test_the_river_is_crossed_on_arterials_only(town):
    south, north = river(town.size)
    _x, y = to_metres(town.streets.lon, town.streets.lat)
    assert not np.any((y > south + 10) & (y < north - 10))
    ends = np.sort(y[np.stack([town.streets.start, town.streets.end])], axis=0)
    bridges = (ends[0] < south + 10) & (ends[1] > north - 10)
    assert bridges.sum() == 40 // 6 + 1
    assert np.all(town.streets.road[bridges] == 0)
    assert len(np.unique(np.append(town.streets.start, town.streets.end))) == len(town.streets.lon)


def test_streets_are_read_back_from_their_lists(village, tmp_path):
    village.streets.write(tmp_path / "nodes.csv", tmp_path / "edges.csv")
    read = open_lists(tmp_path / "nodes.csv", tmp_path / "edges.csv", kmh=30)
    assert read.facts["points"] == village.graph.facts["points"] == len(village.streets.lon)
    ends = np.column_stack(village.cells.degrees)[[0]], np.column_stack(village.cells.degrees)[[-1]]
    assert village.graph.many_to_many(*ends) < read.many_to_many(*ends)  # arterials are faster than 30 km/h


def test_districts_cover_every_cell_once(town):
    groups = AreaGroups.of(town.cells, town.districts(), "name", "residents")
    names = np.array(groups.names)[groups.of_cell]
    assert np.all(groups.of_cell >= 0)
    assert names.tolist() == [f"District {number + 1}" for number in town.district]
    assert groups.residents.sum() == town.residents.sum()
    one = town.districts()["features"][4]["properties"]
    assert one["reporting"] == town.reporting[4]


# Calls


def test_calls_are_reports_and_others_with_known_work(town):
    happened = happen(town, YEAR[0], 364, seed=1)
    made = city_calls(town, happened, seed=1)
    others = np.array(made.events.classes)[made.events.codes] == "other"
    assert (~others).sum() == len(happened.reports)
    assert others.sum() / (~others).sum() == pytest.approx(OTHER_CALLS, rel=0.05)
    assert np.all(town.cell_of(*to_metres(made.events.lon, made.events.lat)) >= 0)
    for priority, (minutes, spread) in SERVICE.items():
        mine = made.seconds[made.priority == priority] / 60
        assert mine.mean() == pytest.approx(minutes, rel=0.06)
        assert np.log(mine).std() == pytest.approx(spread, rel=0.06)
    assault = np.array(made.events.classes)[made.events.codes] == "assault"
    assert np.mean(made.priority[assault] == 1) == pytest.approx(0.5, abs=0.04)
    assert len(city_calls(town, happen(replace(town, reporting=town.reporting * 0), YEAR[0], 7)).events) == 0


def test_the_simulation_of_units_runs_on_the_citys_calls_and_streets(town):
    made = city_calls(town, happen(town, YEAR[0], 364, seed=1), seed=1)
    spots = [np.mean(np.array(one["geometry"]["coordinates"][0])[:4], axis=0) for one in town.districts()["features"]]
    zones = tuple(Zone(f"zone {k}", float(x), float(y), f"District {k + 1}") for k, (x, y) in enumerate(spots))
    stations = (Station("north", zones[9].lon, zones[9].lat), Station("south", zones[1].lon, zones[1].lat))
    units = tuple(Unit(str(k), ("north", "south")[k % 2]) for k in range(6))
    kinds = tuple(Priority(str(p), mean=60 * minutes) for p, (minutes, _spread) in SERVICE.items())
    arrivals = Arrivals.from_events(made.by_priority, zones, {"1": 0, "2": 1, "3": 2}, 3)
    assert arrivals.weekly.sum() == pytest.approx(len(made.events) / 52, rel=0.01)
    scenario = Scenario(zones, stations, units, kinds, arrivals, travel_seconds(town.graph, zones, stations))
    outcome = simulate(scenario, days=28, seed=1, runs=4)
    assert outcome.calls == pytest.approx(4 * 4 * arrivals.weekly.sum(), rel=0.1)
    at_scenes = made.seconds.sum() / (364 * 86_400 * 6)  # the share of six units' time that the calls ask for
    assert at_scenes < outcome.utilisation.value < 1.6 * at_scenes
    assert 60 < outcome.response("1").mean.value < 900


# What is refused


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("hamlet", "village, town, city"),
        (CitySize(41, 32, (2, 2), 10), "even number of blocks"),
        (CitySize(6, 32, (2, 2), 10), "at least 8"),
        (CitySize(40, 32, (0, 2), 10), "at least one district"),
        (CitySize(40, 32, (2, 2), 0), "0 incidents a week"),
    ],
)
def test_cities_that_can_not_be_are_refused(size, words):
    with pytest.raises(BadCity, match=words):
        SyntheticCity.make(size)


def test_endless_repeats_are_refused():
    with pytest.raises(BadCity, match="dies out"):
        SyntheticCity.make("village", kinds=[replace(KINDS[0], repeats=Repeats(1.0))])


def test_spans_and_clusters_that_can_not_be_are_refused(village):
    place = Planted("burglary", -27.0, 40.65, 100.0, "2020-03-02", 7, 5)
    with pytest.raises(BadCity, match="no midnight"):
        happen(village, "2020-01-06T12:00", 7)
    with pytest.raises(BadCity, match="0 days are none"):
        happen(village, "2020-01-06", 0)
    with pytest.raises(BadCity, match="are none"):
        village.expected("burglary", "2020-01-06", "2020-01-06")
    with pytest.raises(BadCity, match="nothing of class 'arson'"):
        village.rates("arson")
    with pytest.raises(BadCity, match="does not lie in the days"):
        happen(village, "2020-01-06", 7, clusters=[place])
    with pytest.raises(BadCity, match="a radius in metres and cases"):
        happen(village, "2020-03-02", 7, clusters=[replace(place, cases=0)])


# Used by the fairness simulation


def test_the_feedback_simulation_runs_on_true_rates(village):
    groups = AreaGroups.by_area(village.district, village.reporting.round(2).astype(str).tolist())
    shares = {}
    for kind in ("reported", "discovered"):
        drift = simulate_feedback(
            estimator("count3y"), village.cells, village.rates("assault"), groups,
            input=kind, weeks=26, runs=2, patrols=20, seed=1,
        )  # fmt: skip
        assert drift.fair == pytest.approx(groups.sums(village.rates("assault")) / village.rates("assault").sum())
        shares[kind] = drift.change
    assert shares["discovered"] > shares["reported"]


def test_repeats_are_told_by_their_days():
    later = Repeats(days=7.0).later
    assert later[0] == 0
    assert later.sum() == pytest.approx(1)
    assert stats.rv_discrete(values=(np.arange(61), later)).mean() == pytest.approx(7.0, abs=0.02)
