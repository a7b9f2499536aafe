"""Stations by maximal expected cover: against every way of placing units, closed forms, and Chicago's stations."""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import polars as pl
import pytest
from tests.shared_data import shared

from placewise.plan import BadProblem, Cover, Site, as_cover, chances, check_cover, place_each, place_units
from placewise.streets import CrowFlight


def drawn(seed, *, sites=5, areas=9, units=4, **rest) -> Cover:
    """Sites and areas on a plane, a second a metre."""
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 100, (sites, 2)), rng.uniform(0, 100, (areas, 2))
    travel = np.hypot(*(here[:, None] - there[None, :]).T).T
    named = tuple(Site(f"s{i}", most=3) for i in range(sites))
    given = {"busy": 0.4, "limit": 40.0} | rest
    return Cover(named, rng.integers(1, 20, areas).astype(float), travel, units=units, **given)


def best_of_all(problem) -> float:
    """The greatest expected cover of all ways to place the units."""
    ways = []
    for chosen in combinations_with_replacement(range(len(problem.sites)), problem.units):
        placed = np.bincount(chosen, minlength=len(problem.sites))
        plan = as_cover(problem, placed)
        if not [one for one in check_cover(problem, plan) if one.name != "wrong_total"]:
            ways.append(plan.expected)
    return max(ways)


@pytest.mark.parametrize("seed", range(8))
def test_the_best_of_all_ways_is_found_and_proved(seed):
    problem = drawn(seed)
    plan = place_units(problem)
    assert check_cover(problem, plan) == []
    assert plan.expected == pytest.approx(best_of_all(problem))
    assert plan.gap < 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_shares_of_areas_and_a_limit_of_stations_are_kept(seed):
    rng = np.random.default_rng(seed)
    problem = drawn(seed, busy=rng.uniform(0.1, 0.8, 9), stations=2)
    problem = replace(problem, sites=(Site("s0", least=1, most=3), *problem.sites[1:]))
    plan = place_units(problem)
    assert check_cover(problem, plan) == []
    assert plan.expected == pytest.approx(best_of_all(problem))
    assert plan.units[0][1] >= 1
    assert sum(count > 0 for _, count in plan.units) <= 2


@pytest.mark.parametrize(("busy", "placed"), [(0.3, (1, 1)), (0.5, (2, 0))])
def test_the_second_unit_stands_by_the_first_where_units_are_busy(busy, placed):
    """Two towns out of each other's reach with 7 and 3 of 10 calls: the second unit of the greater one adds 0.7 q
    of what a first adds there, the first of the lesser one 0.3; so it stands there as long as q < 3/7."""
    problem = Cover((Site("a"), Site("b")), np.array([7.0, 3.0]), np.array([[0.0, 9.0], [9.0, 0.0]]), 5.0, 2, busy)
    plan = place_units(problem)
    assert tuple(count for _, count in plan.units) == placed
    first, second = placed
    assert plan.expected == pytest.approx(0.7 * (1 - busy**first) + 0.3 * (1 - busy**second))


def test_units_together_cover_one_less_the_chance_that_all_are_busy():
    problem = Cover((Site("only"),), np.array([2.0, 5.0]), np.zeros((1, 2)), 60.0, 4, 0.6)
    plan = place_units(problem)
    assert plan.expected == pytest.approx(1 - 0.6**4)
    assert plan.within == (1.0,) * 4
    assert plan.to_dict()["units"] == (("only", 4),)


def test_units_that_are_never_busy_are_the_plain_covering_problem():
    """Church and ReVelle 1974: with q = 0 what counts is whether any unit is in reach."""
    problem = drawn(3, busy=0.0, units=2)
    plan = place_units(problem)
    reached = problem.reached
    pairs = [(i, j) for i in range(5) for j in range(5)]
    most = max(problem.demand[reached[i] | reached[j]].sum() for i, j in pairs)
    assert plan.expected == pytest.approx(most / problem.demand.sum())


def test_without_time_some_plan_is_made_and_nothing_is_claimed():
    problem = drawn(1, sites=5, units=9)
    plan = place_units(problem, seconds=1e-9)
    assert check_cover(problem, plan) == []
    assert plan.bound >= plan.expected


@pytest.mark.parametrize("stations", [None, 2])
def test_units_placed_one_by_one_are_never_far_from_the_best_and_keep_what_is_asked(stations):
    """Nemhauser, Wolsey and Fisher 1978: without a limit of stations at least 1 − 1/e of the best."""
    problem = replace(drawn(5, stations=stations), sites=tuple(Site(f"s{i}", int(i == 1), 3) for i in range(5)))
    plan = place_units(problem, seconds=1e-9)
    assert check_cover(problem, plan) == []
    assert plan.expected >= (1 - np.exp(-1)) * best_of_all(problem)


def test_each_further_unit_adds_what_the_best_places_for_so_many_expect():
    problem = replace(drawn(6, units=6), sites=tuple(Site(f"s{i}", int(i == 0), 3) for i in range(5)))
    plans = list(place_each(problem))
    for units, plan in enumerate(plans, start=1):
        asked = replace(problem, units=units)
        assert check_cover(asked, plan) == []
        assert plan.expected == pytest.approx(best_of_all(asked))
    assert len(plans) == 6
    assert [one.expected for one in plans] == sorted(one.expected for one in plans)


def test_the_chance_of_each_area_and_their_mean_by_demand_is_what_is_expected():
    problem = Cover((Site("a"), Site("b")), np.array([7.0, 3.0]), np.array([[0.0, 9.0], [9.0, 0.0]]), 5.0, 3,
                    np.array([0.5, 0.1]))  # fmt: skip
    found = chances(problem, np.array([2, 0]))
    assert found.tolist() == [0.75, 0.0]
    assert as_cover(problem, np.array([2, 0])).expected == pytest.approx(0.7 * 0.75)


def test_areas_in_reach_of_the_same_sites_are_taken_together_and_nothing_changes():
    problem = drawn(7, areas=200, limit=30.0)
    apart = place_units(replace(problem, busy=np.linspace(0.39, 0.41, 200)))
    together = place_units(problem)
    assert together.units == apart.units
    assert together.expected == pytest.approx(apart.expected, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"units": 0}, "no site, no area or no unit"),
        ({"sites": (Site("x"),) * 5}, "two sites of one name"),
        ({"travel": np.zeros((2, 2))}, r"travel has shape \(2, 2\), not \(5, 9\)"),
        ({"demand": np.zeros(9)}, "demand"),
        ({"busy": 1.0}, "not a share from 0 to below 1"),
        ({"busy": np.array([0.1, 0.2])}, "neither one share nor one for each area"),
        ({"units": 16}, "no room for all units"),
        ({"units": 4, "stations": 1}, "no room for all units"),
    ],
)
def test_problems_that_make_no_sense_are_refused(changes, says):
    with pytest.raises(BadProblem, match=says):
        replace(drawn(0), **changes)


def test_rooms_that_make_no_sense_are_refused():
    problem = drawn(0)
    with pytest.raises(BadProblem, match="below 0 or above its most"):
        replace(problem, sites=(Site("s0", least=3, most=2), *problem.sites[1:]))
    with pytest.raises(BadProblem, match="more units than there are"):
        replace(problem, sites=tuple(Site(f"s{i}", least=1) for i in range(5)))
    with pytest.raises(BadProblem, match="below those that must have units"):
        replace(problem, sites=tuple(Site(f"s{i}", least=int(i < 3)) for i in range(5)), stations=2)
    with pytest.raises(BadProblem, match="no room for all units"):
        replace(problem, sites=(Site("s0", least=1, most=1), *problem.sites[1:]), stations=1)


def test_each_broken_promise_is_named():
    problem = replace(drawn(2), stations=2)
    plan = place_units(problem)
    names = [site.name for site in problem.sites]
    spoilt = {
        "unknown_site": replace(plan, units=plan.units[:-1]),
        "wrong_count": replace(plan, units=tuple((name, 0) for name in names)),
        "site_room": replace(plan, units=tuple((name, 4 * (i == 0)) for i, name in enumerate(names))),
        "too_many_stations": replace(plan, units=tuple((name, int(i < 4)) for i, name in enumerate(names))),
        "wrong_total": replace(plan, expected=plan.expected - 0.01),
    }
    for name, wrong in spoilt.items():
        assert name in {one.name for one in check_cover(problem, wrong)}
    assert "wrong_total" in {one.name for one in check_cover(problem, replace(plan, bound=0.0))}


def test_chicagos_units_cover_more_than_the_same_number_in_each_district():
    stations = pl.read_csv(shared("chicago/police-district-stations.csv"))
    incidents = pl.scan_parquet(shared("chicago/chicago_slim_2012-2018.parquet")).select("lon", "lat")
    spots = incidents.drop_nulls().collect().sample(20_000, seed=1)
    cell = spots.select((pl.col("lon") * 50).round() / 50, (pl.col("lat") * 70).round() / 70)
    counted = cell.group_by("lon", "lat").len().sort("lon", "lat")
    places = stations.select("LONGITUDE", "LATITUDE").to_numpy()
    travel = CrowFlight(40.0).many_to_many(places, counted.select("lon", "lat").to_numpy())
    sites = tuple(Site(f"district {name}", most=6) for name in stations["DISTRICT"])
    problem = Cover(sites, counted["len"].to_numpy().astype(float), travel, 420.0, 48, 0.5)
    plan = place_units(problem, seconds=20.0, gap=1e-4)
    assert check_cover(problem, plan) == []
    assert plan.gap <= 1.1e-4
    spread = np.full(len(sites), 48 // len(sites))
    spread[: 48 - spread.sum()] += 1
    assert plan.expected > as_cover(problem, spread).expected + 0.005
