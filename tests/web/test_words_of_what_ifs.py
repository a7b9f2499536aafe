"""Differences of a what-if in words: signs, intervals that still tell their ends apart, and what they come to."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.html import strip_tags

from openbeat.patrol.what_if.rules import Asked, Setup
from openbeat.web.what_if_areas import View, area_table
from openbeat.web.what_if_board import sentences
from openbeat.web.what_if_facts import notes
from openbeat.web.what_if_figures import Figure, Result, difference_words
from openbeat.web.what_if_words import changes


@pytest.mark.parametrize(
    ("measure", "gap", "words"),
    [
        ("p90", Figure(0.8, 0.5, 1.1), "+0.8 (+0.5 to +1.1), slower"),
        ("p90", Figure(-0.8, -1.1, -0.5), "−0.8 (−1.1 to −0.5), faster"),
        ("p90", Figure(0.22, 0.18, 0.24), "+0.2 (+0.18 to +0.24), slower"),
        ("within", Figure(-0.02, -0.03, -0.01), "0.0 (−0.03 to −0.01), next to nothing"),
        ("cover", Figure(2.3, 2.2, 2.4), "+2.3 (+2.2 to +2.4), more"),
        ("queued", Figure(0.0, 0.0, 0.0), "0.0 (0.0 to 0.0), could be chance"),
        ("queued", Figure(0.4, -0.1, 0.9), "+0.4 (−0.1 to +0.9), could be chance"),
        ("wait", Figure(None), ""),
    ],
)
def test_a_difference_is_told_with_its_interval_and_what_it_comes_to(measure: str, gap: Figure, words: str) -> None:
    assert difference_words(measure, gap) == words


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ((2, 2, 1), "1 car at night instead of 2"),
        ((3, 2, 0), "3 cars by day instead of 2 + 0 cars at night instead of 2"),
        ((1, 1, 1), "one car fewer"),
        ((4, 4, 4), "2 cars more"),
    ],
)
def test_a_change_of_cars_is_told_in_grammar(units: tuple[int, int, int], words: str) -> None:
    assert changes(Setup("Today", (2, 2, 2)), Setup("", units), {}, {}, {}) == [words]


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (0, []),
        (1, ["1 incident lies too far from any street that is known; it counts at the nearest place on one."]),
        (1668, ["1,668 incidents lie too far from any street that is known; they count at the nearest place on one."]),
    ],
)
def test_what_lies_off_the_streets_is_told_before_the_figures(moved: int, words: list[str]) -> None:
    quiet = {"unanswered": 0, "together": {"utilisation": [0.2, 0.1, 0.3]}, "stops_left_out": 0}
    asked = Asked(
        setups=(Setup("Today", (2, 2, 2)),), first=date(2017, 1, 2), last=date(2017, 12, 31), levels=(), priorities={}
    )
    assert (
        notes(Result({"setups": [quiet | {"rows": [], "units": []}], "differences": [], "moved": moved}), asked)
        == words
    )


def test_what_comes_later_than_the_target_is_the_rest_of_what_comes_within() -> None:
    row = {"priority": "1", "area": "", "hours": "", "calls": 9, "within": [0.7, 0.6, 0.8]}
    gap = {
        "measure": "within",
        "priority": "1",
        "area": "",
        "unit": "",
        "hours": "",
        "value": -0.2,
        "low": -0.3,
        "high": -0.1,
    }
    setup = {"rows": [row], "units": [], "together": {}}
    result = Result({"setups": [setup, setup], "differences": [[gap]]})
    late, more = result.figure(0, "late", priority="1"), result.gap(1, "late", priority="1")
    assert (late.value, late.low, late.high) == pytest.approx((30, 20, 40))
    assert difference_words("late", more) == "+20.0 (+10.0 to +30.0), more"
    assert result.figure(0, "late", priority="2").value is None


def test_areas_with_few_calls_come_last_without_a_verdict() -> None:
    def rows(minutes: dict[str, float]) -> list[dict[str, object]]:
        calls = {"Busy": 400, "Calm": 60, "Empty": 19}
        return [
            {"priority": level, "area": area, "hours": "", "calls": calls[area], "p90": [60 * value, None, None]}
            for level in ("", "1") for area, value in minutes.items()
        ]  # fmt: skip

    gaps = [
        {
            "measure": "p90",
            "priority": "1",
            "area": area,
            "unit": "",
            "hours": "",
            "value": 60 * by,
            "low": 6,
            "high": 99,
        }
        for area, by in (("Busy", 1), ("Calm", 2), ("Empty", 30))
    ]
    whole = [{"priority": "1", "area": "", "hours": "", "calls": 479, "p90": [600, 500, 700]}]
    setups = [
        {"rows": whole + rows(minutes), "units": [], "together": {}}
        for minutes in ({"Busy": 10, "Calm": 10, "Empty": 10}, {"Busy": 11, "Calm": 12, "Empty": 40})
    ]
    result = Result({"setups": setups, "differences": [gaps]})
    asked = Asked((Setup("Today", (2, 2, 2)), Setup("fewer", (1, 1, 1))), date(2017, 1, 2), date(2017, 12, 31), (), {})
    table = area_table(result, asked, View(1, "1", "p90"))
    told = [[strip_tags(str(cell)) for cell in row.cells] for row in table.rows]
    assert [row[0] for row in told] == ["Calm", "Busy", "Empty"]
    assert told[0][3] == "12.0+2.0 (+0.1 to +1.6), slower"
    assert told[2][1:] == ["19", "10.0too few calls", "40.0too few calls"]


def test_what_helps_urgent_calls_and_costs_the_others_is_told_of_both() -> None:
    def setup(urgent: float, every: float) -> dict[str, object]:
        rows = [
            {"priority": level, "area": "", "hours": "", "calls": 900, "p90": [60 * value, None, None]}
            for level, value in (("1", urgent), ("", every))
        ]
        return {"rows": rows, "units": [], "together": {}}

    def result(urgent: float, every: float) -> Result:
        gaps = [
            {"measure": "p90", "priority": level, "area": "", "unit": "", "value": by, "low": by - 6, "high": by + 6}
            for level, by in (("1", 60 * (urgent - 12)), ("", 60 * (every - 12)))
        ]
        return Result({"setups": [setup(12, 12), setup(urgent, every)], "differences": [gaps]})

    cover = Setup("cover kept", (2, 2, 2), policy="closest_keeping_cover")
    asked = Asked((Setup("Today", (2, 2, 2)), cover), date(2017, 1, 2), date(2017, 12, 31), (), {})
    assert sentences(result(11, 28), asked, 1) == [
        f"With cover kept, 90 % of {calls} are reached within {then} minutes instead of 12.0 "
        f"(95 % interval of the difference: {interval})"
        for calls, then, interval in (("urgent calls", "11.0", "−1.1 to −0.9"), ("all calls", "28.0", "+15.9 to +16.1"))
    ]
    assert len(sentences(result(14, 28), asked, 1)) == 1  # both are slower: the table says by how much


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unanswered": 3}, "Fewer: 3 calls still waited a week after the end; their times are not counted."),
        (
            {"together": {"utilisation": [0.9, 0.8, 1.0]}},
            "Fewer: units are on calls nearly always; queues may never settle, and times depend on the days.",
        ),
        (
            {"stops_left_out": 2},
            "Fewer: 2 stops of the plan have no unit on duty at their hour and are left out.",
        ),
    ],
)
def test_what_must_be_known_before_the_figures_is_told_of_its_setup(changed: dict[str, object], words: str) -> None:
    quiet = {
        "unanswered": 0, "together": {"utilisation": [0.2, 0.1, 0.3]}, "stops_left_out": 0, "rows": [], "units": []
    }  # fmt: skip
    asked = Asked((Setup("Today", (2, 2, 2)), Setup("fewer", (1, 1, 1))), date(2017, 1, 2), date(2017, 12, 31), (), {})
    travel = {"factor": 1.3, "kmh": 30.0}
    told = notes(Result({"setups": [quiet, quiet | changed], "differences": [[]], "moved": 0, "travel": travel}), asked)
    assert told == ["Driving times are guessed, for there is no street extract: an analyst can bring one in.", words]


def test_where_nobody_calls_urgently_all_calls_are_told_and_where_nobody_came_that() -> None:
    def told(calls: int, minutes: float | None) -> list[str]:
        row = {"priority": "", "area": "", "hours": "", "calls": calls, "p90": [minutes and 60 * minutes, None, None]}
        gap = {"measure": "p90", "priority": "", "area": "", "unit": "", "value": 0.0, "low": -6.0, "high": 6.0}
        setup = {"rows": [row], "units": [], "together": {}}
        return sentences(Result({"setups": [setup, setup], "differences": [[gap]]}), asked, 1)

    asked = Asked((Setup("Today", (2, 2, 2)), Setup("fewer", (1, 1, 1))), date(2017, 1, 2), date(2017, 12, 31), (), {})
    (whole,) = told(9, 12.0)
    assert whole.startswith("With fewer, 90 % of all calls are reached within 12.0 minutes, today within 12.0:")
    assert whole.endswith("the difference could be chance (95 % interval: −0.1 to +0.1)")
    assert told(9, None) == ["With fewer: no call was reached."]
