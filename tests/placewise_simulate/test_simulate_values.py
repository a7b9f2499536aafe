"""Scenarios and outcomes as values: through JSON unchanged, the same seed the same outcome, bad ones refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.placewise_simulate.small_town import grid, one_place

from placewise.simulate import (
    Arrivals,
    BadArrivals,
    BadScenario,
    BadSpan,
    NotComparable,
    Outcome,
    Overloaded,
    Patrol,
    Priority,
    Recorded,
    Scenario,
    Shift,
    SimulationStopped,
    Unit,
    compare,
    every_day,
    simulate,
)


def through_json(value):
    return type(value).from_dict(json.loads(json.dumps(value.to_dict(), allow_nan=False)))


def test_a_scenario_and_its_outcome_go_through_json_unchanged() -> None:
    patrols = (Patrol("u0", "z0.0", 3600, 7200),)
    town = grid(4, 3, 60, patrols=patrols, pace=(0.5,) * 168, policy="beat_first")
    first, again = simulate(town, days=3, seed=4, runs=2), simulate(through_json(town), days=3, seed=4, runs=2)
    assert first == again
    assert through_json(first) == first
    assert through_json(town).to_dict() == town.to_dict()


def test_recorded_calls_go_through_json_unchanged() -> None:
    calls = Recorded(np.array([10.0, 700_000.0]), np.array([0, 3]), np.array([1, 0]), 2, (2, 4))
    town = grid(2, 2, 60, arrivals=calls)
    assert through_json(town).to_dict() == town.to_dict()
    assert calls.weekly.tolist() == [[0, 0, 0, 0.5], [0.5, 0, 0, 0]]


def test_another_seed_is_another_outcome() -> None:
    town = grid(4, 3, 60)
    assert simulate(town, days=3, seed=4, runs=2) != simulate(town, days=3, seed=5, runs=2)


BAD = [
    ({"units": ()}, "no units"),
    ({"zones": ()}, "no zones"),
    ({"units": (Unit("a", "s0"), Unit("a", "s0"))}, "two units of one name: a"),
    ({"units": (Unit("a", "nowhere"),)}, "unit at no known station: a"),
    ({"units": (Unit("a", "s0", beat=("moon",)),)}, "beat in whose areas there is no zone: a"),
    ({"units": (Unit("a", "s0", crew=0),)}, "crew below 1: a"),
    ({"units": (Unit("a", "s0", (Shift(5, 5),)),)}, "shift that is none"),
    ({"units": (Unit("a", "s0", (Shift(0, 9), Shift(8, 10))),)}, "shifts that overlap: a"),
    ({"units": (Unit("a", "s0", (Shift(0, 9), Shift(604_000, 604_801))),)}, "shifts that overlap: a"),
    ({"travel": np.full((6, 6), np.inf)}, "no way between some places"),
    ({"travel": np.full((6, 6), -1.0)}, "negative seconds"),
    ({"travel": np.zeros((3, 3))}, "travel matrix: shape"),
    ({"policy": "nearest"}, "policy: 'nearest' is none of closest"),
    ({"preemption": "often"}, "preemption"),
    ({"idle": "sleep"}, "idle"),
    ({"pace": (1.0,)}, "pace: 168 shares"),
    ({"pace": (0.0,) * 168}, "pace: 168 shares"),
    ({"cover_seconds": 0.0}, "cover"),
    ({"priorities": (Priority("urgent", mean=0), Priority("other"))}, "times of a priority: urgent"),
    ({"priorities": (Priority("urgent", two_people=2), Priority("other"))}, "times of a priority: urgent"),
    ({"priorities": (Priority("urgent"),)}, "calls: for"),
    ({"patrols": (Patrol("x", "z0.0", 0, 9),)}, "patrol stop of no known unit: x"),
    ({"patrols": (Patrol("u0", "x", 0, 9),)}, "patrol stop in no known zone: x"),
    ({"patrols": (Patrol("u0", "z0.0", 9, 9),)}, "patrol stop of no length: z0.0"),
    ({"patrols": (Patrol("u0", "z0.0", 0, 9), Patrol("u0", "z0.1", 8, 12))}, "patrol stops that overlap: u0"),
]


@pytest.mark.parametrize(("change", "says"), BAD, ids=[says for _, says in BAD])
def test_a_bad_scenario_is_refused_in_words(change: dict[str, object], says: str) -> None:
    with pytest.raises(BadScenario, match=says.replace("(", r"\(")):
        replace(grid(2, 2, 60), **change)


@pytest.mark.parametrize("weekly", [[[0.0]], [[-1.0]], [[np.nan]], [[np.inf]]])
def test_calls_that_are_none_are_refused(weekly: list[list[float]]) -> None:
    with pytest.raises(BadArrivals):
        Arrivals.even(weekly)


def test_recorded_calls_that_are_none_are_refused() -> None:
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(BadArrivals, match="no calls in whole weeks"):
        Recorded(np.array([]), nothing, nothing, 1, (1, 1))
    with pytest.raises(BadArrivals, match="in order"):
        Recorded(np.array([5.0, 4.0]), np.array([0, 0]), np.array([0, 0]), 1, (1, 1))
    with pytest.raises(BadArrivals, match="zone or priority"):
        Recorded(np.array([5.0]), np.array([1]), np.array([0]), 1, (1, 1))


def test_more_work_than_time_is_told_in_words() -> None:
    with pytest.raises(Overloaded, match=r"168.0 hours at the scene a week.*168.0: the queue would grow"):
        simulate(one_place([2.0], 30, 1), days=1, seed=0)
    half = Unit("u", "s", every_day(0, 43_200))
    with pytest.raises(Overloaded, match=r"units are on duty for 84.0"):
        simulate(replace(one_place([1.0], 30, 1), units=(half,)), days=1, seed=0)


@pytest.mark.parametrize("span", [{"days": 0}, {"days": 1, "runs": 0}, {"days": 1, "start": 604_800}])
def test_a_span_of_nothing_is_refused(span: dict[str, float]) -> None:
    with pytest.raises(BadSpan):
        simulate(one_place([1.0], 30, 2), seed=0, **span)


def test_who_listens_may_stop_it() -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(SimulationStopped, match="after 2 of 5 runs"):
        simulate(one_place([1.0], 30, 2), days=1, seed=0, runs=5, progress=lambda *at: told.append(at) or at[0] < 2)
    assert told == [(1, 5), (2, 5)]
    with pytest.raises(SimulationStopped, match="after 0 of 5 runs"):
        simulate(one_place([1.0], 30, 2), days=1, seed=0, runs=5, stop=lambda: True)


def test_outcomes_of_other_calls_are_not_compared() -> None:
    town = one_place([1.0], 30, 2)
    with pytest.raises(NotComparable, match="seed is 0 in one and 1 in the other"):
        compare(simulate(town, days=2, seed=0), simulate(town, days=2, seed=1))


def test_an_outcome_compared_with_itself_differs_in_nothing() -> None:
    found = simulate(grid(3, 3, 60), days=3, seed=0)
    differences = compare(found, found)
    assert {one.difference for one in differences if one.difference is not None} == {0.0}
    assert not any(one.clear for one in differences)
    assert isinstance(found, Outcome)
    assert isinstance(grid(3, 3, 60), Scenario)
