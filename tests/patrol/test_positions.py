"""Files of positions into visits: each row is read or left out with why, and no position stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import gpxpy.gpx
import h3
import pytest

from openbeat.kernel.errors import BadInput
from openbeat.patrol import positions as reading
from openbeat.patrol.positions import (
    Expected,
    LeftOut,
    Outside,
    Positions,
    Why,
    nearest,
    reach_of,
    read_positions,
    visits_in,
)
from placewise.space.stays import StayRules

ZONE = ZoneInfo("America/Toronto")
STARTS = datetime(2021, 12, 31, 23, tzinfo=UTC)
NOW = STARTS + timedelta(hours=3)
EXPECTED = Expected(frozenset({"U01", "U02"}), STARTS, STARTS + timedelta(hours=4), ZONE, NOW)
CELL = h3.latlng_to_cell(43.65, -79.38, 9)
LAT, LON = h3.cell_to_latlng(CELL)
PLACES = [{"name": CELL, "lon": LON, "lat": LAT}]


def rows(unit: str, first: int, minutes: int) -> list[str]:
    """A position a minute at the place."""
    times = [STARTS + timedelta(minutes=first + step) for step in range(minutes + 1)]
    return [f"{unit},{at.isoformat()},{LON},{LAT}" for at in times]


def read(*lines: str, head: str = "unit,time,lon,lat") -> Positions:
    return read_positions("a.csv", "\n".join([head, *lines]).encode(), EXPECTED)


def test_stays_of_each_unit_become_visits() -> None:
    found = visits_in(read(*rows("U01", 5, 12), *rows("U02", 30, 4), *rows("U02", 60, 7)), PLACES, StayRules())
    told = [
        (one.unit, one.place, (one.arrived - STARTS).total_seconds() / 60, one.minutes, one.source) for one in found
    ]
    assert told == [("U01", CELL, 5, 12, "position"), ("U02", CELL, 60, 7, "position")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("U77,2021-12-31T23:05:00Z,-79.38,43.65", Why.UNIT),
        ("U01,yesterday,-79.38,43.65", Why.TIME),
        ("U01,,-79.38,43.65", Why.TIME),
        ("U01,2021-12-31T23:05:00Z,west,43.65", Why.PLACE),
        ("U01,2021-12-31T23:05:00Z,-279.38,43.65", Why.PLACE),
        ("U01,2021-12-31T23:05:00Z", Why.PLACE),
        ("U01,2021-12-31T20:05:00Z,-79.38,43.65", Why.SHIFT),
        ("U01,2022-01-01T02:06:00Z,-79.38,43.65", Why.LATER),
        ("U01,2022-01-01T02:05:00Z,-79.38,43.65", None),
        ("U01,2021-12-31T18:05:00,-79.38,43.65", None),  # the agency's own clock
        ("U01,2021-12-31 18:05:00-05:00,-79.38,43.65", None),
    ],
)
def test_a_row_is_read_or_left_out_with_why(line: str, why: Why | None) -> None:
    found = read("U01,2021-12-31T23:00:00Z,-79.38,43.65", line, "")
    assert found.left_out == ([LeftOut(2, why)] if why else [])
    assert (found.rows, sum(len(times) for times, _, _ in found.tracks.values())) == (2, 1 if why else 2)


def test_columns_go_by_several_names_and_marks() -> None:
    found = read("43,65;-79,38;31.12.2021;2021-12-31T23:00:00Z;U02", head="Latitude;Longitude;day;Timestamp;Call_Sign")
    assert found.tracks == {"U02": ([STARTS], [-79.38], [43.65])}


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("a.csv", b"", "no column time, lon, lat"),
        ("a.csv", b"unit,time,lon\n", "no column lat"),
        ("a.csv", b"unit,time,lon,lat\n\n", "no position in this file"),
        ("a.gpx", b"<gpx", "no GPX file"),
        ("a.gpx", b"<gpx xmlns='http://www.topografix.com/GPX/1/1' version='1.1'></gpx>", "no position in this file"),
        ("a.gpx", b"<!DOCTYPE x [<!ENTITY a 'b'>]><gpx/>", "declares entities"),
    ],
)
def test_what_is_no_file_of_positions_is_refused(name: str, body: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_positions(name, body, EXPECTED)


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    with pytest.raises(BadInput, match="more than 3 positions"):
        read(*rows("U01", 0, 3))
    monkeypatch.setattr(reading, "MOST_BYTES", 3)
    with pytest.raises(BadInput, match="larger than"):
        read(*rows("U01", 0, 3))


def test_gpx_has_a_track_a_unit_or_one_that_is_told() -> None:
    gpx = gpxpy.gpx.GPX()
    for name in ("U01", None, "U77"):
        track = gpxpy.gpx.GPXTrack(name=name)
        track.segments.append(gpxpy.gpx.GPXTrackSegment())
        for step in range(8):
            at = None if step == 7 else STARTS + timedelta(minutes=step)
            track.segments[0].points.append(gpxpy.gpx.GPXTrackPoint(LAT, LON, time=at))
        gpx.tracks.append(track)
    told = Expected(EXPECTED.units, EXPECTED.starts, EXPECTED.ends, ZONE, NOW, unit="U02")
    found = read_positions("night.gpx", gpx.to_xml().encode(), told)
    assert {unit: len(times) for unit, (times, _, _) in found.tracks.items()} == {"U01": 7, "U02": 7}
    assert [(one.row, one.why) for one in found.left_out if one.why is Why.TIME] == [(8, Why.TIME), (16, Why.TIME)]
    assert sum(one.why is Why.UNIT for one in found.left_out) == 8
    assert [one.unit for one in visits_in(found, PLACES, StayRules())] == ["U01", "U02"]


def test_text_of_old_receivers_is_read_too() -> None:
    found = read_positions(
        "a.csv", "unit,time,lon,lat,street\nU01,2021-12-31T23:00:00Z,-79.38,43.65,Allée".encode("latin-1"), EXPECTED
    )
    assert list(found.tracks) == ["U01"]


@pytest.mark.parametrize(("resolution", "metres"), [(9, 210), (10, 80), (11, 30)])
def test_reach_follows_the_size_of_the_cells(resolution: int, metres: int) -> None:
    assert reach_of(h3.latlng_to_cell(43.65, -79.38, resolution)) == metres


def test_positions_of_another_time_are_counted_with_their_first_and_last() -> None:
    found = read("U01,2021-12-31T12:00:00Z,-79.38,43.65", *rows("U01", 0, 2), "U01,2022-01-02T12:00:00Z,-79.38,43.65")
    first, last = datetime(2021, 12, 31, 12, tzinfo=UTC), datetime(2022, 1, 2, 12, tzinfo=UTC)
    assert found.outside == Outside(first, last, 2)
    assert read(*rows("U01", 0, 2)).outside is None


def test_the_nearest_position_is_told_in_metres() -> None:
    assert nearest(read(*rows("U01", 0, 2)), PLACES) == pytest.approx(0, abs=0.01)
    degree = nearest(read(f"U01,{STARTS.isoformat()},{LON},{LAT - 1}"), PLACES)
    assert degree == pytest.approx(111_195, abs=1)
    swapped = nearest(read(f"U01,{STARTS.isoformat()},{LAT},{LON}"), PLACES)
    assert swapped > 10_000_000
