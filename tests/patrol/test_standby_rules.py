"""What may be asked of a standby plan, how busy units are, who stands where today, which hours a call lies in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import h3
import numpy as np
import pytest

from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.patrol.standby.demand import Ground, Place, named_apart, share_in_hours
from openbeat.patrol.standby.rules import (
    Asked,
    Stand,
    asked_from,
    busy_share,
    move,
    numbers_of_units,
    require_asked,
    require_not_swamped,
    spread_equally,
    stands_today,
)
from openbeat.patrol.standby.states import MOVES, UNDER_WAY, State

ASKED = Asked(
    stands=(Stand("North", today=2), Stand("South", today=1, least=1, most=3), Stand("East")),
    first=date(2021, 1, 1),
    last=date(2021, 1, 28),
    classes=("NIBRS-120",),
    units=3,
    minutes=8.0,
)


def test_what_was_asked_is_read_as_it_was_written() -> None:
    asked = replace(ASKED, busy=30.0, stations=2, waiting="cells", first_hour=22, last_hour=6)
    assert asked_from(asked.as_plain()) == asked
    assert (asked.hours, asked.days) == (8, 28)


@pytest.mark.parametrize(("first", "last", "hours"), [(0, 24, 24), (8, 16, 8), (22, 6, 8), (6, 6, 24), (23, 24, 1)])
def test_hours_may_pass_midnight_and_the_same_hour_twice_is_the_whole_day(first: int, last: int, hours: int) -> None:
    assert replace(ASKED, first_hour=first, last_hour=last).hours == hours


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"units": 0}, "from 1 to 100 units are on duty at once"),
        ({"units": 101}, "from 1 to 100 units are on duty at once"),
        ({"stations": 0}, "units need at least one place to wait at"),
        ({"stands": ()}, "there is no station"),
        ({"stands": (Stand("A", least=2, most=1),)}, "A: at most is less than at least"),
        ({"stands": (Stand("A", today=-1),)}, "A: at most is less than at least"),
        ({"stands": (Stand("A", least=4),)}, "the stations ask for at least 4 units, and 3 are on duty"),
        ({"stands": (Stand("A", least=1), Stand("B", least=1)), "stations": 1},
         "2 stations ask for units, and only 1 places may be used"),
        ({"stands": (Stand("A", most=1), Stand("B", most=1))}, "the stations have no room for 3 units"),
        ({"stands": (Stand("A", least=1, most=1), Stand("B", most=2), Stand("C", most=1)), "stations": 1},
         "the stations have no room for 3 units"),
        ({"last": date(2021, 1, 3)}, "a period of 7 to 730 days, not 3"),
        ({"classes": ()}, "no class of incident stands for a call"),
        ({"first_hour": 24}, "an hour of the day lies between 0 and 24"),
        ({"minutes": 0.5}, "minutes to be reached in: a number from 1 to 60, not 0.5"),
        ({"calls_each": 0.0}, "calls for each incident: a number from 0.05 to 50, not 0"),
        ({"at_work": 0.0}, "minutes at work on a call: a number from 1 to 480, not 0"),
        ({"busy": 96.0}, "per cent of its time that a unit is busy: a number from 0 to 95, not 96"),
    ],
)  # fmt: skip
def test_what_cannot_be_worked_out_is_refused_in_words(changed: dict[str, object], words: str) -> None:
    with pytest.raises(Contradiction, match=words):
        require_asked(replace(ASKED, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"busy": 0.0},
        {"stations": 2},
        {"stands": (Stand("A", least=1, most=1), Stand("B", most=2), Stand("C", most=1)), "stations": 2},
        {"stands": (Stand("A", most=1),), "waiting": "cells"},
    ],
)
def test_what_can_be_worked_out_is_not_refused(changed: dict[str, object]) -> None:
    require_asked(replace(ASKED, **changed))  # type: ignore[arg-type]


def test_states_move_as_their_table_says() -> None:
    for now in State:
        for then in State:
            if then in MOVES[now]:
                assert move(now, then) is then
            else:
                with pytest.raises(NotInThisState, match="cannot become"):
                    move(now, then)
    assert {State.QUEUED, State.RUNNING} == UNDER_WAY


def test_units_stand_as_given_or_spread_equally() -> None:
    assert stands_today(ASKED) == [2, 1, 0]
    nobody = tuple(replace(one, today=0) for one in ASKED.stands)
    assert stands_today(replace(ASKED, stands=nobody, units=8)) == [3, 3, 2]
    assert spread_equally(2, 3) == [1, 1, 0]


def test_a_unit_is_as_busy_as_given_or_as_the_calls_make_it() -> None:
    """Two calls an hour of 45 minutes are 1.5 units' work: half the time of each of three."""
    assert busy_share(ASKED, 2.0, 3) == 0.5
    assert busy_share(ASKED, 2.0, 6) == 0.25
    assert busy_share(replace(ASKED, busy=30.0), 2.0, 3) == 0.3


def test_units_that_are_hardly_ever_free_are_not_placed() -> None:
    require_not_swamped(0.95, 3)
    with pytest.raises(Contradiction, match="3 units would be busy for 120% of their time"):
        require_not_swamped(1.2, 3)


def test_a_curve_has_every_number_up_to_a_few_more_or_forty_of_them() -> None:
    assert list(numbers_of_units(ASKED)) == [1, 2, 3, 4, 5, 6]
    many = numbers_of_units(replace(ASKED, units=100))
    assert len(many) <= 44
    assert {1, 99, 100, 101, 102, 103} <= set(many)
    held = replace(ASKED, stands=(Stand("A", least=3),))
    assert list(numbers_of_units(held)) == [3, 4, 5, 6]


# --- demand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "ends", "first", "hours", "share"),
    [
        ("2021-01-01T22:30", "2021-01-01T22:30", 22, 8, 1.0),
        ("2021-01-02T05:59", "2021-01-02T05:59", 22, 8, 1.0),
        ("2021-01-02T06:00", "2021-01-02T06:00", 22, 8, 0.0),
        ("2021-01-01T00:00", "2021-01-02T00:00", 22, 8, 1 / 3),
        ("2021-01-01T00:00", "2021-01-11T00:00", 6, 6, 0.25),
        ("2021-01-01T21:00", "2021-01-01T23:00", 22, 8, 0.5),
        ("2021-01-01T12:00", "2021-01-01T13:00", 0, 24, 1.0),
        ("1969-12-31T23:00", "1969-12-31T23:30", 22, 2, 1.0),
    ],
)
def test_a_span_counts_with_its_share_of_the_hours(
    begins: str, ends: str, first: int, hours: int, share: float
) -> None:
    times = [np.array([moment], dtype="datetime64[us]") for moment in (begins, ends)]
    assert share_in_hours(*times, first, hours)[0] == pytest.approx(share)


def test_points_gather_in_cells_at_their_mean_and_those_without_weight_are_left_out() -> None:
    lon, lat = np.array([71.4, 71.4002, 71.5]), np.array([51.1, 51.1, 51.1])
    ground = Ground.of(lon, lat, np.array([1.0, 3.0, 0.0]))
    assert ground.cells == (h3.latlng_to_cell(51.1, 71.4, 9),)
    assert ground.lon[0] == pytest.approx(71.40015)
    assert ground.weight.tolist() == [4.0]
    coarser = Ground.of(lon, lat, np.ones(3), most=1)
    assert h3.get_resolution(coarser.cells[0]) == 6


def test_waiting_places_of_one_name_are_numbered_and_stations_keep_theirs() -> None:
    places = [Place("Moss Park", 0, 0), Place("Annex", 0, 0, False), Place("Moss Park", 1, 1, False),
              Place("Moss Park", 2, 2, False)]  # fmt: skip
    assert [one.name for one in named_apart(places)] == ["Moss Park", "Annex", "Moss Park 2", "Moss Park 3"]
