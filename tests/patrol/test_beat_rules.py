"""What may be asked of beats and what may be adopted; colours of neighbours; small areas and beats' ground."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, box

from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.patrol.beats.colours import coloured
from openbeat.patrol.beats.ground import Small, cells_about, dissolved, middles, outlines
from openbeat.patrol.beats.rules import (
    Asked,
    asked_from,
    fineness_for,
    move,
    require_adoptable,
    require_asked,
    require_even,
    require_names,
    require_reason,
)
from openbeat.patrol.beats.states import DRAWN, MOVES, UNDER_WAY, State

ASKED = Asked(
    first=date(2020, 1, 1), last=date(2021, 12, 29), classes={"NIBRS-220": 30.0, "NIBRS-120": 40.0}, timed=True, count=8
)


def test_what_is_asked_is_kept_as_plain_values() -> None:
    assert asked_from(ASKED.as_plain()) == ASKED
    assert ASKED.days == 729


def test_what_may_be_asked_is_not_refused() -> None:
    require_asked(ASKED, 16)
    require_asked(replace(ASKED, fineness=9, timed=False, classes={"NIBRS-220": 1.0}), 1_200)


@pytest.mark.parametrize(
    ("changed", "areas", "words"),
    [
        ({"fineness": 6}, 100, "no cells of this fineness"),
        ({"count": 1}, 100, "number of beats: a number from 2 to 100, not 1"),
        ({"tolerance": 60.0}, 100, "tolerance, per cent: a number from 3 to 50, not 60"),
        ({"seconds": 5}, 100, "seconds of search: a number from 10 to 300, not 5"),
        ({"seed": -1}, 100, "seed"),
        ({"last": date(2020, 1, 20)}, 100, "the workload is that of 28 to 1830 days, not 20"),
        ({"first": date(2010, 1, 1)}, 100, "the workload is that of"),
        ({"classes": {}}, 100, "no class of incident makes any work"),
        ({"classes": {"NIBRS-220": 0.0}}, 100, "minutes of work for an incident: a number from 1 to 480, not 0"),
        ({}, 1_201, "1201 small areas are more than 1200"),
        ({}, 15, "8 beats of 15 small areas leave nothing to choose"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(changed: dict[str, object], areas: int, words: str) -> None:
    with pytest.raises(Contradiction, match=words):
        require_asked(replace(ASKED, **changed), areas)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("areas", "km2", "count", "fineness"),
    [
        (798, 600.0, 22, 0),  # tracts of a large city
        (23, 609.0, 100, 8),  # districts are too few
        (5_000, 609.0, 100, 8),  # blocks too many
        (1, 60.0, 12, 9),  # a town
        (4, 90_000.0, 5, 0),  # a country: no cells fit
    ],
)
def test_beats_are_made_of_what_leaves_a_choice(areas: int, km2: float, count: int, fineness: int) -> None:
    assert fineness_for(areas, km2, count) == fineness


def test_no_small_area_may_have_more_work_than_a_beat() -> None:
    asked = replace(ASKED, count=2, tolerance=20.0)
    require_even({"a": 60.0, "b": 20.0, "c": 20.0}, asked)
    with pytest.raises(Contradiction, match=r"more work than a whole beat may have: a$"):
        require_even({"a": 61.0, "b": 19.0, "c": 20.0}, asked)
    with pytest.raises(Contradiction, match="no incident of these classes lies in any of the areas"):
        require_even({"a": 0.0, "b": 0.0}, asked)


@pytest.mark.parametrize("then", list(State))
@pytest.mark.parametrize("now", list(State))
def test_states_lead_where_moves_say(now: State, then: State) -> None:
    if then in MOVES[now]:
        assert move(now, then) is then
    else:
        with pytest.raises(NotInThisState, match=f"a beat drawing that is {now} cannot become {then}"):
            move(now, then)


def test_what_is_drawn_is_not_under_way() -> None:
    assert not DRAWN & UNDER_WAY


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ({}, {"1": "1", "2": "2"}),
        ({"1": " North ", "2": ""}, {"1": "North", "2": "2"}),
        ({"1": "2", "2": "1"}, {"1": "2", "2": "1"}),
    ],
)
def test_a_beat_keeps_its_name_unless_it_is_called_otherwise(given: dict[str, str], called: dict[str, str]) -> None:
    assert require_names(given, ["1", "2"]) == called


@pytest.mark.parametrize(
    ("given", "words"),
    [({"1": "2"}, "two beats are called 2"), ({"1": "x" * 61}, "from 1 to 60"), ({"1": "  "}, "from 1 to 60")],
)
def test_names_that_nobody_can_tell_apart_are_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(Contradiction, match=words):
        require_names(given, ["1", "2"])


@pytest.mark.parametrize(
    ("plan", "in_use", "words"),
    [
        ({"name": "today", "findings": []}, False, "these are today's beats"),
        ({"name": "even", "findings": [{"name": "uneven"}]}, False, "do not keep every promise"),
        ({"name": "even", "findings": []}, True, "adopted already"),
    ],
)
def test_what_may_not_be_adopted(plan: dict[str, object], in_use: bool, words: str) -> None:
    with pytest.raises(Contradiction, match=words):
        require_adoptable(plan, in_use=in_use)
    require_adoptable({"name": "even", "findings": []}, in_use=False)


def test_adopting_takes_a_reason() -> None:
    assert require_reason(" more even ") == "more even"
    with pytest.raises(Contradiction, match="say why"):
        require_reason(" ")


# --- colours ---------------------------------------------------------------------------------------------------------


def ring(size: int) -> dict[str, frozenset[str]]:
    return {str(i): frozenset({str((i - 1) % size), str((i + 1) % size)}) for i in range(size)}


def wheel(size: int) -> dict[str, frozenset[str]]:
    rim = {name: others | {"hub"} for name, others in ring(size).items()}
    return {**rim, "hub": frozenset(rim)}


def grid(side: int) -> dict[str, frozenset[str]]:
    """Squares beside each other and across corners in one direction: a map on a plane."""
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1))
    cells = {(x, y) for x in range(side) for y in range(side)}
    return {
        f"{x},{y}": frozenset(f"{x + a},{y + b}" for a, b in steps if (x + a, y + b) in cells) for x, y in sorted(cells)
    }


@pytest.mark.parametrize(
    ("beside", "most"), [(ring(2), 2), (ring(5), 3), (wheel(5), 4), (grid(9), 4), ({"alone": frozenset()}, 1)]
)
def test_no_two_neighbours_share_a_colour(beside: dict[str, frozenset[str]], most: int) -> None:
    found = coloured(beside)
    assert found.keys() == beside.keys()
    assert all(found[one] != found[other] for one, others in beside.items() for other in others)
    assert max(found.values()) <= most
    assert min(found.values()) == 1


def everybody(size: int) -> dict[str, frozenset[str]]:
    return {str(i): frozenset(str(j) for j in range(size) if j != i) for i in range(size)}


def test_five_colours_where_four_do_not_do_and_the_last_again_where_five_do_not() -> None:
    assert sorted(coloured(everybody(5)).values()) == [1, 2, 3, 4, 5]
    assert sorted(coloured(everybody(7)).values()) == [1, 2, 3, 4, 5, 5, 5]


# --- small areas and beats' ground -----------------------------------------------------------------------------------

TOWN = MultiPolygon([box(-79.42, 43.64, -79.36, 43.68), box(-79.35, 43.65, -79.3499, 43.6501)])
"""A rectangle of 4.8 by 4.4 km, and an island of ten metres."""


def test_cells_cover_the_whole_ground_and_nothing_else() -> None:
    small = Small.of_cells(TOWN, 8)
    whole = shapely.union_all(small.shapes)
    assert shapely.area(shapely.symmetric_difference(whole, TOWN)) / TOWN.area < 1e-4
    assert shapely.area(small.shapes).sum() == pytest.approx(TOWN.area, rel=1e-4)  # and no two overlap
    assert 25 <= len(small.keys) <= 35
    assert cells_about(21.5, 8) == pytest.approx(len(small.keys), rel=0.25)
    assert small.keys == tuple(sorted(small.keys)) == small.titles


def test_cells_larger_than_the_ground_are_refused() -> None:
    with pytest.raises(Contradiction, match="larger than the ground"):
        Small.of_cells(MultiPolygon([box(-79.4, 43.65, -79.3999, 43.6501)]), 7)


def test_beats_are_the_ground_of_their_areas_without_slits() -> None:
    small = Small.of_cells(TOWN, 8)
    half = len(small.keys) // 2
    beats = dissolved(small, {"a": small.keys[:half], "b": small.keys[half:]})
    assert sum(one.area for one in beats.values()) == pytest.approx(TOWN.area, rel=1e-4)
    assert all(
        one.is_valid and not any(part.interiors for part in one.geoms)
        for one in dissolved(small, {"all": small.keys}).values()
    )
    light = outlines(beats)
    assert set(light) == {"a", "b"}
    assert sum(one.area for one in light.values()) == pytest.approx(TOWN.area, rel=0.02)


def test_the_middle_of_an_area_is_where_its_incidents_are() -> None:
    squares = [MultiPolygon([box(x, 0, x + 1, 1)]) for x in range(3)]
    small = Small.of_areas([("a", "A"), ("b", "B"), ("c", "C")], squares)
    lon, lat = np.array([0.1, 0.2, 0.9, 5.0, 2.5]), np.array([0.1, 0.2, 0.9, 5.0, 0.25])
    found = middles(small, lon, lat, np.array([0, 0, 0, -1, 2]))
    assert found.tolist() == [[0.2, 0.2], [1.5, 0.5], [2.5, 0.25]]
