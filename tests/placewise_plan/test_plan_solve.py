"""Plans of small problems whose best is known, and of made-up ones that the independent checker reads."""

import json

import numpy as np
import pytest
from tests.placewise_plan.small_city import HOUR, MINUTE, line, made_up, place, unit

from placewise.plan import (
    ENGINES,
    BadProblem,
    CannotKeep,
    Plan,
    PlanError,
    Problem,
    Stop,
    UnknownEngine,
    check,
    solve,
)

QUICK = Stop(rounds=200, workers=1)


def visits(plan: Plan) -> dict[str, list[tuple[str, int]]]:
    return {tour.unit: [(visit.place, visit.slot) for visit in tour.visits] for tour in plan.tours}


def test_takes_the_prizes_that_fit_the_shift():
    """Half an hour: out 5, stay 15, back 5. Only one visit fits, the nearest of greatest prize."""
    plan = solve(line([place("near", [3]), place("far", [4])], [unit(end=30 * MINUTE)]), QUICK, 1)
    assert visits(plan) == {"a": [("near", 0)]}
    assert [(gap.place, gap.reason) for gap in plan.unvisited] == [("far", "out_of_reach")]
    assert (plan.prize, plan.wanted_prize, plan.travel) == (3, 7, 600)


def test_orders_stops_by_the_way():
    plan = solve(line([place(name) for name in "abcd"], [unit(end=100 * MINUTE)]), QUICK, 1)
    assert plan.travel == 40 * MINUTE
    assert len(plan.tours[0].visits) == 4


@pytest.mark.parametrize(("apart", "slots_kept"), [(30, [0, 2]), (25, [1, 2])])
def test_visits_are_spaced_across_units(apart, slots_kept):
    """Slots of 20 minutes: half an hour apart, the middle one can't be had beside its neighbours; 25 minutes apart,
    it and the last can, from its first minute to the last's end."""
    slots = tuple((i * 20 * MINUTE, (i + 1) * 20 * MINUTE) for i in range(3))
    wanted = [place("x", [5, 6, 5], visits=3, dwell=10 * MINUTE)]
    city = line(wanted, [unit("a"), unit("b")], slots=slots, spacing=apart * MINUTE)
    plan = solve(city, QUICK, 1)
    assert sorted(visit.slot for tour in plan.tours for visit in tour.visits) == slots_kept
    assert check(city, plan) == []


def test_break_is_kept_even_where_prizes_are_lost_for_it():
    city = line([place(f"p{i}") for i in range(4)], [unit(end=105 * MINUTE, breaks=[(30 * MINUTE, 0, 70 * MINUTE)])])
    plan = solve(city, QUICK, 1)
    assert len(plan.tours[0].visits) == 3
    assert check(city, plan) == []


@pytest.mark.parametrize(
    ("asked", "crew", "reason"),
    [
        ({"skills": ("dog",)}, {}, "skills"),
        ({"crew": 2}, {}, "two_people"),
        ({"visits": 2}, {}, "more_than_slots"),
        ({"prize": [0.0]}, {"end": 20 * MINUTE}, "out_of_reach"),
    ],
)
def test_says_why_a_visit_is_not_made(asked, crew, reason):
    plan = solve(line([place("x", **asked)], [unit(**crew)]), QUICK, 1)
    assert [gap.reason for gap in plan.unvisited] == [reason]


def test_area_share_holds_and_is_named():
    """Two visits in the south at most where the north has two, however much the south would gain."""
    places = [place(f"s{i}", [9], area="south") for i in range(6)] + [
        place(f"n{i}", [1], area="north") for i in range(2)
    ]
    city = line(places, [unit()], step=MINUTE, max_share={"south": 0.5})
    plan = solve(city, Stop(rounds=400, workers=2), 3)
    assert len([name for name, _ in visits(plan)["a"] if name[0] == "s"]) == 2
    assert {gap.reason for gap in plan.unvisited} == {"area_share"}
    assert check(city, plan) == []


def test_balance_is_kept():
    """Enough time for one unit to do all: the promise of balance shares it out."""
    city = line([place(f"p{i}") for i in range(8)], [unit("a"), unit("b")], step=MINUTE, balance=0.02)
    plan = solve(city, QUICK, 1)
    assert [len(tour.visits) for tour in plan.tours] == [4, 4]
    assert check(city, plan) == []


@pytest.mark.parametrize("seed", range(6))
def test_every_promise_of_made_up_plans_holds(seed):
    city = made_up(seed, max_share={"north": 0.55}, balance=0.25)
    plan = solve(city, Stop(rounds=150, workers=2), seed)
    assert check(city, plan) == []
    assert len(plan.tours) == 4
    assert plan.prize > 0.5 * plan.wanted_prize


def test_more_search_does_not_find_less():
    city = made_up(3)
    found = [solve(city, Stop(rounds=rounds, workers=1), 0).prize for rounds in (1, 100, 2000)]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_same_seed_same_plan_other_seed_other_order():
    """Equal places on a ring: the seed alone decides who goes where and when."""
    count = 8
    places = tuple(place(f"p{i}") for i in range(count))
    travel = np.full((count + 1, count + 1), 300, dtype=np.int64)
    np.fill_diagonal(travel, 0)
    base = line(places, [unit("a"), unit("b")])
    ring = Problem(base.places, base.stations, base.units, base.slots, travel)
    plans = [solve(ring, QUICK, seed) for seed in (1, 1, 2, 3)]
    assert plans[0] == plans[1]
    assert len({str(visits(plan)) for plan in plans}) == 3


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_keeps_what_it_promises(engine):
    city = made_up(5)
    plan = solve(city, Stop(seconds=1.0, rounds=300), 1, engine=engine)
    assert check(city, plan) == []
    assert plan.engine == engine
    assert plan.prize > 0.4 * plan.wanted_prize


@pytest.mark.parametrize("engine", ["vroom", "pyvrp"])
def test_others_refuse_what_they_cannot_keep(engine):
    with pytest.raises(CannotKeep):
        solve(made_up(5, balance=0.1), QUICK, 1, engine=engine)


def test_progress_is_told_and_can_end_the_search():
    told = []

    def listen(share, prize):
        told.append((share, prize))
        return len(told) < 3

    plan = solve(made_up(1), Stop(rounds=100_000, workers=1), 1, progress=listen)
    assert len(told) == 3
    assert plan.prize >= told[0][1]


def test_a_problem_without_units_or_places():
    assert solve(line([place("x")], []), QUICK, 1).unvisited[0].reason == "skills"
    idle = solve(line([], [unit(breaks=[(MINUTE, HOUR, 2 * HOUR)])]), QUICK, 1)
    assert idle.tours[0].items[0].begin == HOUR


def test_problems_and_plans_survive_json():
    city = made_up(2, max_share={"north": 0.6}, balance=0.2)
    again = Problem.from_dict(json.loads(json.dumps(city.to_dict())))
    assert again.to_dict() == city.to_dict()
    plan = solve(city, QUICK, 1)
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    assert solve(again, QUICK, 1) == plan


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"slots": ((0, 10), (5, 20))}, "slot"),
        ({"max_share": {"x": 1.5}}, "share"),
        ({"spacing": -1}, "spacing"),
    ],
)
def test_problems_that_contradict_themselves_are_refused(changed, says):
    count = len(changed.get("slots", (0,)))
    with pytest.raises(BadProblem, match=says):
        line([place("x", [1.0] * count)], [unit()], **changed)


@pytest.mark.parametrize(
    ("places", "units", "says"),
    [
        ([place("x"), place("x")], [unit()], "one name"),
        ([place("x", [1, 2])], [unit()], "prize for each slot"),
        ([place("x", [-1])], [unit()], "below 0"),
        ([place("x")], [unit(end=0)], "shift"),
        ([place("x")], [unit(breaks=[(HOUR, 0, 8 * HOUR), (MINUTE, 0, MINUTE)])], "break"),
    ],
)
def test_parts_that_contradict_themselves_are_refused(places, units, says):
    with pytest.raises(BadProblem, match=says):
        line(places, units)


def test_unknown_engines_and_endless_searches_are_refused():
    with pytest.raises(UnknownEngine):
        solve(line([], []), QUICK, 1, engine="oracle")
    for wrong in ({}, {"seconds": 0.0}, {"rounds": 0}, {"rounds": 1, "workers": 0}):
        with pytest.raises(PlanError):
            Stop(**wrong)
