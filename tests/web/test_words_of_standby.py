"""Standby plans in words: how busy units are, what stations are asked, what to know first, how good places are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.rules import Asked, Stand
from openbeat.web.standby_board import curve_chart, curve_words, finding, proof, reach_words
from openbeat.web.standby_facts import HEAD, busy_words, limits_words, lines, notes, travel_words
from openbeat.web.standby_words import hours_words, points, step_words, waiting_name

ASKED = Asked(stands=(Stand("North", today=2), Stand("South", least=1, most=3)), first=date(2021, 1, 1),
              last=date(2021, 12, 30), classes=("NIBRS-120",), units=2, minutes=8.0)  # fmt: skip
TOLD = {
    "expected": 0.5, "bound": 0.5, "today": 0.4, "within": 0.7, "within_today": 0.6, "busy": 0.3, "busy_today": 0.3,
    "calls_an_hour": 1.25, "units_today": 2,
}  # fmt: skip


def result(**told: Any) -> dict[str, Any]:
    """What came of a plan, with what is changed of it as a whole."""
    return {"together": TOLD | told, "off": 0, "unkept": [], "places": [], "areas": [], "curve": []}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "50.0 % of calls can expect a free unit within 8 minutes, today 40.0 % (+10.0 percentage points)"),
        ({"today": 0.55},
         "50.0 % of calls can expect a free unit within 8 minutes, today 55.0 % (−5.0 percentage points)"),
        ({"today": 0.4999},
         "Today's places are as good as the best: 50.0 % of calls can expect a free unit within 8 minutes"),
    ],
)  # fmt: skip
def test_the_finding_tells_both(told: dict[str, float], words: str) -> None:
    assert finding(result(**told), ASKED) == words


def test_a_plan_that_is_not_proved_says_what_may_be_missing() -> None:
    assert proof(result()) == "Proved: under what was asked, no places give more."
    told = proof(result(bound=0.53))
    assert told == "Not proved to be the best: there may be places that give up to 53.0 %."


def test_ground_that_is_given_up_is_said() -> None:
    assert len(reach_words(result(), ASKED)) == 1
    told = reach_words(result(within=0.5), ASKED)
    assert told[0] == (
        "50.0 % of calls come from within 8 minutes of a unit's place, be it free or busy; today 60.0 %."
    )
    assert told[1].startswith("Less ground is reached, but surely")


def test_the_curve_begins_where_the_work_can_be_done() -> None:
    rows = [(1, 1.2, None), (2, 0.6, 0.5), (3, 0.4, 0.62), (4, 0.3, None)]
    curve = [{"units": units, "busy": busy, "expected": expected} for units, busy, expected in rows]
    chart = curve_chart(result() | {"curve": curve}, ASKED)
    assert chart.labels == ["2", "3"]
    assert chart.finding == "One more unit would add 12.0 percentage points"
    assert curve_words({"curve": curve}) == "One unit alone could not do the work: it is not drawn."
    assert curve_words({"curve": curve[1:]}) == ""
    more = [{"units": 2, "busy": 0.96, "expected": None}, *curve[2:]]
    assert curve_words({"curve": more}).startswith("With 2 units or fewer there would be more work")
    last = curve_chart(result() | {"curve": curve[:2]}, ASKED)
    assert last.finding == "What the best places of more or fewer units come to"


@pytest.mark.parametrize(
    ("changed", "told", "words"),
    [
        ({"busy": 30.0}, result(), "30 % of its time, as given"),
        ({}, result(), "1.25 calls an hour × 45 minutes at work ÷ 2 units = 30 % of its time"),
        ({}, None, "worked out from calls an hour and 45 minutes at work on each"),
    ],
)
def test_how_busy_a_unit_is_says_how_it_came(changed: dict[str, Any], told: Any, words: str) -> None:
    assert busy_words(told, replace(ASKED, **changed)) == words


@pytest.mark.parametrize(
    ("changed", "more", "words"),
    [
        ({}, {}, []),
        ({}, {"off": 1}, ["1 place of calls lies far from any street"]),
        ({}, {"off": 1200}, ["1,200 places of calls lie far from any street"]),
        ({"units": 3}, {}, ["Today 2 units are on duty, here 3"]),
        ({"stands": (Stand("North"),)}, {}, ["Where units stand today was not given"]),
        ({}, {"together": TOLD | {"busy": 0.8}}, ["Units are busy most of the time"]),
        ({}, {"together": TOLD | {"busy_today": 0.95}}, ["Units are busy most of the time"]),
        ({}, {"unkept": ["3 units of 2"]}, ["A promise is not kept: 3 units of 2"]),
    ],
)
def test_what_must_be_known_stands_before_the_figures(
    changed: dict[str, Any], more: dict[str, Any], words: list[str]
) -> None:
    told = notes(result() | more, replace(ASKED, **changed))
    assert len(told) == len(words)
    assert all(line.startswith(begins) for line, begins in zip(told, words, strict=True))


def test_a_file_has_no_place_where_nobody_waits_but_the_stations() -> None:
    place = {"lon": 71.4, "lat": 51.1, "units": 0, "today": 0}
    told = result() | {
        "places": [
            place | {"name": "North", "station": True},
            place | {"name": "Mill", "station": False},
            place | {"name": "Square", "station": False, "units": 2},
        ],
        "areas": [{"area": "Old town", "calls": 3.5, "chance": 0.5, "today": 0.25}],
    }
    head, *rows = lines(told)
    assert head == list(HEAD)
    assert [row[:2] for row in rows] == [["station", "North"], ["waiting place", "Square"], ["area", "Old town"]]
    assert rows[-1][-3:] == [3.5, 0.5, 0.25]
    assert lines({}) == [list(HEAD)]


@pytest.mark.parametrize(
    ("travel", "words"),
    [
        ({"factor": 1.3, "kmh": 30.0}, "no street extract: great circle × 1.3 at 30 km/h"),
        ({"source": "an extract"}, "over the agency's streets, at the speed of ordinary traffic"),
        ({}, None),
    ],
)
def test_ways_and_limits_of_stations_are_told(travel: dict[str, Any], words: str | None) -> None:
    plan = StandbyPlan(result=result() | {"travel": travel})
    assert travel_words(plan) == words
    assert limits_words(ASKED) == "South: at least 1, at most 3"
    assert limits_words(replace(ASKED, stands=(Stand("A"),))) == "nothing: each may hold none, or all"


def test_small_words() -> None:
    assert hours_words(ASKED) == "all hours"
    assert hours_words(replace(ASKED, first_hour=22, last_hour=6)) == "22:00 – 06:00"
    assert waiting_name("none", {}) == "Stations alone"
    assert waiting_name("7", {"7": "Wards"}) == "Stations, and the middles of Wards"
    assert waiting_name("7", {}) == "Stations, and the middles of withdrawn areas"
    assert step_words("trying other numbers of units: 3 of 11") == "Trying other numbers of units: 3 of 11"
    assert step_words("something new") == "something new"
    assert [points(share) for share in (0.05, -0.05, 0.0001)] == ["+5.0", "−5.0", "0.0"]
