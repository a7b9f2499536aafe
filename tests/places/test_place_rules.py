"""Decisions about places, by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from openbeat.kernel.errors import BadInput, Contradiction, NotInThisState
from openbeat.places.rules import (
    NotAStreetFile,
    StationRow,
    in_force,
    require_extract,
    require_reason,
    stated_speed,
    stations_of,
)
from openbeat.places.states import MOVES, State, moved


@dataclass(frozen=True)
class Dated:
    layer: str
    valid_from: date


OLD, NEW, WARDS = Dated("beats", date(2012, 12, 18)), Dated("beats", date(2020, 1, 1)), Dated("wards", date(2015, 1, 1))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2012, 12, 17), {}),
        (date(2012, 12, 18), {"beats": OLD}),
        (date(2019, 12, 31), {"beats": OLD, "wards": WARDS}),
        (date(2020, 1, 1), {"beats": NEW, "wards": WARDS}),
    ],
)
def test_the_latest_set_that_has_begun_is_in_force(day: date, expected: dict[str, Dated]) -> None:
    assert in_force([NEW, WARDS, OLD], day) == expected


@pytest.mark.parametrize(("kmh", "good"), [(4.9, False), (5, True), (30, True), (130, True), (131, False)])
def test_a_stated_speed_is_one_of_a_patrol_car(kmh: float, good: bool) -> None:
    if good:
        assert stated_speed(kmh) == kmh
    else:
        with pytest.raises(BadInput, match="no average speed"):
            stated_speed(kmh)


@pytest.mark.parametrize(
    ("name", "good"), [("city.osm.pbf", True), ("CITY.OSM.PBF", True), ("city.pbf", False), ("a.osm", False)]
)
def test_an_extract_is_known_by_its_name(name: str, good: bool) -> None:
    if good:
        require_extract(name)
    else:
        with pytest.raises(NotAStreetFile, match="is not an OpenStreetMap extract"):
            require_extract(name)


def test_a_reason_is_words() -> None:
    assert require_reason("  redrawn ") == "redrawn"
    with pytest.raises(Contradiction):
        require_reason(" ")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"code": "7", "name": "Hill", "longitude": "10.5", "latitude": "50"}, StationRow("7", "Hill", 10.5, 50.0)),
        (
            {"DISTRICT": "1", "DISTRICT NAME": "Central", "LATITUDE": "41.8", "LONGITUDE": "-87.6"},
            StationRow("1", "Central", -87.6, 41.8),
        ),
        ({"Station": "Hill", "lng": " 10.5 ", "lat": "50"}, StationRow("1", "Hill", 10.5, 50.0)),
        ({"lon": "10.5", "lat": "50"}, StationRow("1", "1", 10.5, 50.0)),
        ({"district_name": "A", "id": "5", "x": "1", "y": "2", None: "more"}, StationRow("5", "A", 1.0, 2.0)),
    ],
)
def test_a_station_is_read_from_the_usual_columns(row: dict[str, str], expected: StationRow) -> None:
    assert stations_of([row]) == [expected]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "holds no stations"),
        ([{"code": "1", "lon": "10"}], "row 1 has no place in degrees"),
        ([{"code": "1", "lon": "1176569", "lat": "1891771"}], "row 1 has no place in degrees"),
        (
            [{"code": "1", "lon": "1", "lat": "2"}, {"code": "1", "lon": "3", "lat": "4"}],
            "two stations have the same code",
        ),
    ],
)
def test_a_list_that_is_no_list_of_stations_says_why(rows: list[dict[str, str]], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        stations_of(rows)


def test_work_moves_forward_and_may_be_taken_up_again() -> None:
    allowed = {(start, target) for start, targets in MOVES.items() for target in targets}
    for start in State:
        for target in State:
            if (start, target) in allowed:
                assert moved(start.value, target) is target
            else:
                with pytest.raises(NotInThisState, match=f"is {start.value}"):
                    moved(start.value, target)
