"""One ruler for every alternative: the manual's road of eight areas, measured by hand; what the page says of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from shapely import MultiPolygon, box

from openbeat.patrol.beats.compute import Ruler
from openbeat.patrol.beats.ground import Small
from openbeat.web.beats_board import finding, notes
from openbeat.web.beats_words import off_mean, promises
from placewise.plan import Beats, Border, SmallArea

WORK = [10, 20, 10, 8, 10, 10, 20, 20]
TODAY = ["west"] * 3 + ["east"] * 5
KEYS = tuple(f"a{i}" for i in range(8))


@pytest.fixture
def ruler() -> Ruler:
    """Eight squares of a kilometre along a road, two minutes apart."""
    squares = [MultiPolygon([box(0.01 * i, 0, 0.01 * (i + 1), 0.01)]) for i in range(8)]
    areas = tuple(SmallArea(key, work, 1e6, 4_000, now) for key, work, now in zip(KEYS, WORK, TODAY, strict=True))
    seconds = 120.0 * np.abs(np.arange(8)[:, None] - np.arange(8)[None, :])
    borders = tuple(Border(i, i + 1, 1_000) for i in range(7))
    small = Small(KEYS, KEYS, np.array(squares, dtype=object))
    return Ruler(Beats(areas, borders, seconds, count=2, tolerance=0.3), small)


def split(first: int) -> dict[str, str]:
    return {key: "west" if i < first else "east" for i, key in enumerate(KEYS)}


@pytest.mark.parametrize(
    ("first", "seconds", "p90", "uneven", "moved", "moved_work"),
    [
        (3, 104.4, 240.0, 0.259, 0, 0.0),  # today, as the manual has it
        (4, 95.6, 240.0, 0.111, 1, 0.074),  # the quickest
        (5, 106.7, 240.0, 0.074, 2, 0.167),
    ],
)
def test_beats_are_measured_as_by_hand(
    ruler: Ruler, first: int, seconds: float, p90: float, uneven: float, moved: int, moved_work: float
) -> None:
    told = ruler.told("x", split(first))
    assert told["seconds"] == pytest.approx(seconds, abs=0.05)
    assert (told["p90"], told["mean"], told["metres"]) == (p90, 54, 1_000)
    assert told["uneven"] == pytest.approx(uneven, abs=1e-3)
    assert (told["moved"], told["moved_work"]) == (moved, pytest.approx(moved_work, abs=1e-3))
    assert {beat["name"]: beat["colour"] for beat in told["beats"]} in ({"west": 1, "east": 2}, {"west": 2, "east": 1})
    assert [beat["areas"] for beat in told["beats"]] == [list(KEYS[first:]), list(KEYS[:first])]  # by name


def test_a_beat_without_work_has_no_way_to_it(ruler: Ruler) -> None:
    quiet = Ruler(
        Beats(
            tuple(SmallArea(key, 0 if i < 2 else 1, 1e6, 4_000) for i, key in enumerate(KEYS)),
            ruler.problem.borders, ruler.problem.travel, count=2,
        ),
        ruler.small,
    )  # fmt: skip
    told = quiet.told("x", split(2))
    assert [(beat["name"], beat["workload"], beat["seconds"], beat["p90"]) for beat in told["beats"]][1] == (
        "west", 0, 0, 0,
    )  # fmt: skip
    assert (told["moved"], told["moved_work"]) == (None, None)


def test_areas_outside_of_todays_beats_are_left_out_of_their_figures(ruler: Ruler) -> None:
    told = ruler.told("today", {key: beat for key, beat in split(3).items() if key != "a7"})
    assert sum(beat["workload"] for beat in told["beats"]) == 88


def test_numbers_stand_in_their_own_order(ruler: Ruler) -> None:
    names = dict(zip(KEYS, ["10", "10", "9", "9", "9", "b", "b", "a"], strict=True))
    assert [beat["name"] for beat in ruler.told("x", names)["beats"]] == ["9", "10", "a", "b"]


# --- in words --------------------------------------------------------------------------------------------------------


def drawn(**result: Any) -> Any:
    """A drawing as the page takes it."""
    quiet = {"outside": 0, "counted": 100, "far": 0, "bridges": [], "travel": {"source": "osm"}, "plans": []}
    return cast("Any", SimpleNamespace(result=quiet | result))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({}, []),
        ({"travel": {"factor": 1.3, "kmh": 30}}, ["There are no streets yet"]),
        ({"outside": 1}, ["1 of 100 incidents lies outside of all areas"]),
        ({"outside": 2_000, "counted": 9_000}, ["2,000 of 9,000 incidents lie outside of all areas"]),
        ({"far": 1}, ["The middle of 1 small area lies far off any street"]),
        ({"far": 3}, ["The middles of 3 small areas lie far off any street"]),
        ({"bridges": [["a", "b"], ["c", "d"]]}, ["count as beside each other: a – b; c – d"]),
    ],
)
def test_what_must_be_known_comes_before_the_figures(result: dict[str, Any], words: list[str]) -> None:
    told = notes(drawn(**result))
    assert len(told) == len(words)
    assert all(part in whole for part, whole in zip(words, told, strict=True))


def test_without_todays_beats_the_finding_stands_alone() -> None:
    plan = {"name": "even", "beats": [1, 2, 3], "seconds": 306.0, "uneven": 0.048}
    told = "Even, 3 beats: 5.1 minutes to the work on average, workloads within 5 % of the mean"
    assert finding(drawn(plans=[plan]), plan) == told


@pytest.mark.parametrize(
    ("workload", "words"), [(115, "+15 %"), (85, "−15 %"), (100, "±0 %"), (100.4, "±0 %"), (99.6, "±0 %")]
)
def test_how_far_a_workload_lies_off_the_mean(workload: float, words: str) -> None:
    assert off_mean(workload, 100) == words


def test_each_promise_is_said_as_held_or_not() -> None:
    plan = {"findings": [{"name": "uneven", "says": "+20 %", "beat": "1", "area": ""}]}
    told = promises(plan, 15.0)
    assert [str(badge.label) for badge, _ in told] == ["Held", "Held", "Not held", "Held"]
    assert told[2][1] == "Each workload lies within 15 % of the mean: a workload beyond the tolerance."
