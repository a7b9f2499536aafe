"""What a what-if may ask, which car is out in which shift, and whose beat an area is: tables in, stated answers out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.patrol.what_if.rules import (
    Asked,
    Beats,
    Car,
    Level,
    Policy,
    Preemption,
    Setup,
    asked_from,
    default_level,
    move,
    on_duty,
    require_asked,
    roster,
    shared_out,
    spans,
    waiting_at,
)
from openbeat.patrol.what_if.states import MOVES, State


@pytest.mark.parametrize(
    ("stands", "homes"),
    [
        ({"N": 1, "S": 2}, {"a": "N", "b": "S", "c": "S"}),
        ({"S": 3}, {"a": "S", "b": "S", "c": "S"}),
        ({"N": 2, "S": 1}, {"a": "N", "b": "N", "c": "S"}),
        ({"S": 1}, {"a": "N", "b": "N", "c": "S"}),
        ({"E": 5}, {"a": "E", "b": "E", "c": "E"}),
        ({}, {"a": "N", "b": "N", "c": "S"}),
    ],
)
def test_cars_wait_where_a_standby_plan_places_them(stands: dict[str, int], homes: dict[str, str]) -> None:
    out = {Car("a", "N"): frozenset({0}), Car("b", "N"): frozenset({0, 1, 2}), Car("c", "S"): frozenset({2})}
    found = waiting_at(out, stands)
    assert {car.name: car.station for car in found} == homes
    assert [found[Car(name, home)] for name, home in homes.items()] == list(out.values())


TODAY = Setup("Today", (3, 3, 2))
FEWER = replace(TODAY, name="one fewer", units=(2, 2, 1))
ASKED = Asked(
    setups=(TODAY, FEWER),
    first=date(2021, 1, 1),
    last=date(2021, 12, 31),
    levels=(Level(40, 80, 8), Level(35, 80, 20), Level(30, 80, 60)),
    priorities={"NIBRS-220": 2, "NIBRS-240": 0},
)
CARS = [Car("U1", "North"), Car("U2", "South"), Car("U3", "North"), Car("U4", "South")]
STATIONS = ["North", "South", "West"]


def test_what_is_asked_is_kept_as_plain_values_and_read_back() -> None:
    require_asked(ASKED)
    assert asked_from(ASKED.as_plain()) == ASKED
    assert replace(ASKED, calls_each=3, answered=50).calls == 1.5


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"setups": (TODAY,)}, "from one to 3 alternatives"),
        ({"setups": (TODAY, *(replace(FEWER, name=str(i)) for i in range(4)))}, "from one to 3 alternatives"),
        ({"setups": (TODAY, replace(TODAY, name="same", station="North"))}, "same is the same as today"),
        ({"setups": (TODAY, FEWER, replace(FEWER, policy=Policy.BEAT_FIRST))}, "have one name"),
        ({"setups": (TODAY, replace(FEWER, units=(2, 2, 0)))}, "from 1 to 200 units"),
        ({"setups": (TODAY, replace(FEWER, units=(2, 2)))}, "from 1 to 200 units"),
        ({"setups": (TODAY, replace(FEWER, policy="fastest"))}, "no policy fastest"),
        ({"setups": (TODAY, replace(FEWER, preemption="maybe"))}, "calling units away: maybe"),
        ({"first": date(2021, 12, 30)}, "7 to 730 days, not 2"),
        ({"first": date(2019, 1, 1)}, "7 to 730 days, not 1096"),
        ({"priorities": {"NIBRS-220": 0}}, "no class of incident stands for a call"),
        ({"priorities": {"NIBRS-220": 4}}, "a priority from 1 to 3"),
        ({"levels": ASKED.levels[:2]}, "there are 3 priorities"),
        (
            {"levels": (Level(0, 80, 8), *ASKED.levels[1:])},
            "minutes at the scene on average: a number from 1 to 480, not 0",
        ),
        ({"levels": (Level(40, 301, 8), *ASKED.levels[1:])}, "per cent: a number from 0 to 300, not 301"),
        ({"levels": (Level(40, 80, 0), *ASKED.levels[1:])}, "target, minutes: a number from 1 to 480"),
        ({"calls_each": 0.01}, "calls for each incident: a number from 0.05 to 50"),
        ({"answered": 0.0}, "goes to, per cent: a number from 1 to 100"),
        ({"handling": 31.0}, "can be sent: a number from 0 to 30"),
        ({"cover": 0.5}, "is covered: a number from 1 to 60"),
        ({"first_hour": 24}, "begins: a number from 0 to 23"),
        ({"days": 6}, "days simulated: a number from 7 to 91"),
        ({"runs": 3}, "simulated: a number from 4 to 40"),
        ({"seed": -1}, "seed: a number from 0"),
        ({"days": 91, "runs": 12}, "91 days 12 times are more than 1000 days"),
        ({"share": 99}, "one of 50, 80, 90, 95 per cent"),
    ],
)
def test_what_cannot_be_simulated_or_compared_is_refused_in_words(changed: dict[str, object], words: str) -> None:
    with pytest.raises(Contradiction, match=words):
        require_asked(replace(ASKED, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "station", "names"),
    [
        (4, "", ["U1", "U2", "U3", "U4"]),
        (3, "", ["U1", "U2", "U3"]),  # both stations have two: taken at the last of them
        (2, "", ["U1", "U2"]),
        (3, "North", ["U1", "U2", "U4"]),
        (1, "North", ["U2"]),  # North is empty then: one goes at South
        (6, "", ["U1", "U2", "U3", "U4", "+5 West", "+6 West"]),  # West has none, then one
        (5, "South", ["U1", "U2", "U3", "U4", "+5 South"]),
    ],
)
def test_cars_are_taken_where_most_are_and_added_where_fewest_are(count: int, station: str, names: list[str]) -> None:
    assert [car.name for car in on_duty(CARS, count, STATIONS, station)] == names


def test_a_setup_changes_todays_cars_shift_by_shift() -> None:
    today = Setup("Today", (4, 4, 2))
    fewer = replace(today, name="fewer", units=(4, 3, 1), station="North")
    assert roster(CARS, STATIONS, today, today) == {
        CARS[0]: {0, 1, 2}, CARS[1]: {0, 1, 2}, CARS[2]: {0, 1}, CARS[3]: {0, 1},
    }  # fmt: skip
    assert roster(CARS, STATIONS, today, fewer) == {CARS[0]: {0, 1}, CARS[1]: {0, 1, 2}, CARS[2]: {0}, CARS[3]: {0, 1}}


@pytest.mark.parametrize(
    ("shifts", "first", "hours"),
    [
        ({0, 1, 2}, 6, []),
        ({0}, 6, [(6, 14)]),
        ({1}, 6, [(14, 22)]),
        ({2}, 6, [(22, 30)]),
        ({0, 1}, 6, [(6, 22)]),
        ({1, 2}, 7, [(15, 31)]),
        ({0, 2}, 6, [(22, 38)]),
        ({2}, 12, [(4, 12)]),
    ],
)
def test_shifts_that_touch_are_one_span_of_the_day(shifts: set[int], first: int, hours: list[tuple[int, int]]) -> None:
    assert spans(shifts, first) == hours


def test_beats_go_to_the_cars_of_the_nearest_station_evenly_by_calls() -> None:
    beats = {"a": ["1", "2"], "b": ["3"], "c": ["4"], "d": ["5"]}
    calls = {"1": 5.0, "2": 5.0, "3": 6.0, "4": 3.0}
    nearest = {"a": "North", "b": "North", "c": "North", "d": "Nowhere"}
    assert shared_out(beats, calls, nearest, CARS) == {
        "U1": ("1", "2"),
        "U3": ("3", "4"),
        "U2": (),
        "U4": (),
    }
    alone = shared_out({"a": ["1", "2"]}, calls, {"a": "North"}, CARS)
    assert alone == {"U1": ("1", "2"), "U3": ("1", "2"), "U2": (), "U4": ()}  # two cars share the only beat


@pytest.mark.parametrize(
    ("code", "against", "level"),
    [
        ("120", "property", 1), ("13A", "person", 1), ("13B", "person", 2), ("220", "property", 2),
        ("240", "property", 3), ("04", "", 1), ("02", "", 2), ("05", "", 3),
    ],
)  # fmt: skip
def test_a_class_has_a_sensible_priority_until_somebody_says_otherwise(code: str, against: str, level: int) -> None:
    assert default_level(code, against) == level


def test_every_move_that_is_not_in_the_table_is_refused() -> None:
    for now in State:
        for then in State:
            if then in MOVES[now]:
                assert move(now, then) is then
            else:
                with pytest.raises(NotInThisState, match="a what-if that is"):
                    move(now, then)


def test_choices_have_the_simulations_own_names() -> None:
    from placewise.simulate import POLICIES, PREEMPTION

    assert tuple(Policy) == POLICIES
    assert tuple(Preemption) == PREEMPTION
    assert set(Beats) == {"none", "stations"}
