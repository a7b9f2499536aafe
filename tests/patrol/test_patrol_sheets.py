"""What units take along: every format holds the same stops, in local time, in the letters of each language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import gpxpy
import icalendar
import numpy as np
import pytest

from openbeat.patrol.sheets import Sheet, Words, as_geojson, as_gpx, as_icalendar, as_pdf, sheets
from placewise.plan import Break, Place, Problem, Station, Stop, Unit, Window, check, solve

TORONTO = ZoneInfo("America/Toronto")
STARTS = datetime(2022, 1, 2, 3, 0, tzinfo=UTC)  # 22:00 on 1 January in Toronto


@pytest.fixture(scope="module")
def problem() -> Problem:
    places = tuple(
        Place(f"89{i:x}", -79.38 + 0.002 * i, 43.65, (1.0, 0.5), visits=1, dwell=720, area="Қала ўрам")
        for i in range(4)
    )
    units = tuple(Unit(name, "51", "51", Window(0, 7200), (Break(1800, 1200, 4000),)) for name in ("5101", "5102"))
    travel = np.full((5, 5), 300, dtype=np.int64)
    np.fill_diagonal(travel, 0)
    return Problem(places, (Station("51", -79.38, 43.65),), units, (Window(0, 3600), Window(3600, 7200)), travel)


@pytest.fixture(scope="module")
def found(problem: Problem) -> list[Sheet]:
    plan = solve(problem, Stop(rounds=50, workers=1), 1)
    assert check(problem, plan) == []
    return sheets(problem, plan, STARTS, TORONTO)


def test_lines_are_in_local_time_with_breaks_between(found: list[Sheet]) -> None:
    assert [sheet.unit for sheet in found] == ["5101", "5102"]
    first = found[0]
    assert (first.starts.hour, first.starts.date().isoformat()) == (22, "2022-01-01")
    assert [line.order for line in first.stops] == list(range(1, len(first.stops) + 1))
    assert sum(line.order == 0 for line in first.lines) == 1
    assert all(line.minutes == 12 for line in first.stops)


def test_the_printed_sheet_is_a_pdf_of_a_page_for_each_unit(found: list[Sheet]) -> None:
    words = Words("Night", "Polis", "f", "a", "Stop", "Үзіліс", "мин", "Back at", "Station", "foot")
    made = as_pdf(found, words)
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") + made.count(b"/Type/Page/") >= 1


def test_a_gpx_route_holds_the_stops(found: list[Sheet]) -> None:
    route = gpxpy.parse(as_gpx(found[0]).decode()).routes[0]
    assert [(point.latitude, point.longitude) for point in route.points] == [(s.lat, s.lon) for s in found[0].stops]


def test_a_calendar_holds_stops_and_breaks(found: list[Sheet]) -> None:
    calendar = icalendar.Calendar.from_ical(as_icalendar(found, "p1", STARTS))
    events = calendar.walk("VEVENT")
    assert len(events) == sum(len(sheet.lines) for sheet in found)
    assert len({str(event["uid"]) for event in events}) == len(events)


def test_geojson_holds_ways_and_stops(found: list[Sheet]) -> None:
    made = json.loads(as_geojson(found, {"5101": [[-79.38, 43.65], [-79.37, 43.65]]}))
    kinds = [feature["geometry"]["type"] for feature in made["features"]]
    assert kinds.count("LineString") == 2
    assert kinds.count("Point") == sum(len(sheet.stops) for sheet in found)


def test_the_night_when_clocks_change_keeps_its_length(problem: Problem) -> None:
    plan = solve(problem, Stop(rounds=20, workers=1), 1)
    night = sheets(problem, plan, datetime(2022, 3, 13, 6, 30, tzinfo=UTC), TORONTO)  # 01:30, clocks go to 03:00
    assert night[0].starts.strftime("%H:%M") == "01:30"
    assert all(line.minutes in {12, 30} for line in night[0].lines)
