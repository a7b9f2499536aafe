"""Positions of units into visits. They are personal data of officers: read, turned into stays, and not kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin
from zoneinfo import ZoneInfo

import gpxpy
import h3
import numpy as np
from gpxpy.gpx import GPXException
from scipy.spatial import KDTree

from openbeat.kernel.errors import BadInput
from openbeat.patrol.dosage import Given
from openbeat.patrol.rules import LONGEST_VISIT, SKEW
from placewise.space.stays import StayRules, stays

MOST_BYTES = 40_000_000
MOST_ROWS = 500_000
EARTH = 6_371_009.0
"""Metres: the mean radius."""
ROOM = timedelta(hours=1)
"""How long before and after the shift positions are still looked at."""
NAMES: Mapping[str, frozenset[str]] = {
    "unit": frozenset({"unit", "call_sign", "callsign", "call sign", "vehicle"}),
    "time": frozenset({"time", "timestamp", "datetime", "at", "date_time"}),
    "lon": frozenset({"lon", "lng", "long", "longitude", "x"}),
    "lat": frozenset({"lat", "latitude", "y"}),
}
"""What the columns of a file may be called."""


class Why(StrEnum):
    """Why a row is left out."""

    UNIT = "unit"
    TIME = "time"
    PLACE = "place"
    SHIFT = "shift"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of the file that says nothing: its number, counted from 1 after the heading, and why."""

    row: int
    why: Why


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file is read for: the plan's units and shift, the agency's zone, now, the unit where no row names one."""

    units: frozenset[str]
    starts: datetime
    ends: datetime
    zone: ZoneInfo
    now: datetime
    unit: str = ""


@dataclass(slots=True)
class Outside:
    """Positions before or after the shift: how many, the first moment and the last."""

    first: datetime
    last: datetime
    rows: int = 0


@dataclass(slots=True)
class Positions:
    """What was read: unit → moments, longitudes, latitudes; the rows left out, those of other times. Never stored."""

    tracks: dict[str, tuple[list[datetime], list[float], list[float]]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    rows: int = 0
    outside: Outside | None = None

    def take(self, expected: Expected, unit: str, at: datetime | None, spot: tuple[float, float] | None) -> None:
        """One row: among the unit's positions, or left out with why."""
        self.rows += 1
        if self.rows > MOST_ROWS:
            raise BadInput("the file has more than {most} positions", mend="split it by unit", most=MOST_ROWS)
        why = _why(expected, unit, at, spot)
        if why is Why.SHIFT and at is not None:
            seen = self.outside or Outside(at, at)
            self.outside = Outside(min(seen.first, at), max(seen.last, at), seen.rows + 1)
        if why is not None or at is None or spot is None:
            self.left_out.append(LeftOut(self.rows, why or Why.TIME))
            return
        times, lons, lats = self.tracks.setdefault(unit, ([], [], []))
        times.append(at)
        lons.append(spot[0])
        lats.append(spot[1])


def _why(expected: Expected, unit: str, at: datetime | None, spot: tuple[float, float] | None) -> Why | None:
    if unit not in expected.units:
        return Why.UNIT
    if at is None:
        return Why.TIME
    if spot is None:
        return Why.PLACE
    if not expected.starts - ROOM <= at <= expected.ends + ROOM:
        return Why.SHIFT
    return Why.LATER if at > expected.now + SKEW else None


def read_positions(name: str, body: bytes, expected: Expected) -> Positions:
    """The positions in a CSV file (unit, time, lon, lat) or in a GPX file (a track a unit, by its name)."""
    if len(body) > MOST_BYTES:
        raise BadInput("the file is larger than {most} MB", mend="split it by unit", most=MOST_BYTES // 1_000_000)
    text = _text(body)
    found = Positions()
    rows = _gpx(text) if name.lower().endswith(".gpx") or text.lstrip().startswith("<") else _csv(text, expected.zone)
    for unit, at, spot in rows:
        found.take(expected, unit or expected.unit, at, spot)
    if not found.rows:
        raise BadInput("there is no position in this file", mend="bring CSV with unit, time, lon, lat, or GPX tracks")
    return found


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


Row = tuple[str, datetime | None, tuple[float, float] | None]


def _csv(text: str, zone: ZoneInfo) -> Iterator[Row]:
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=mark)
    heads = [cell.strip().lower() for cell in next(rows, [])]
    at = {key: next((i for i, cell in enumerate(heads) if cell in names), -1) for key, names in NAMES.items()}
    missing = [key for key in ("time", "lon", "lat") if at[key] < 0]
    if missing:
        raise BadInput(
            "the file has no column {missing}", mend="name its columns unit, time, lon, lat", missing=", ".join(missing)
        )
    for cells in rows:
        if any(cell.strip() for cell in cells):
            told = {key: cells[i].strip() if 0 <= i < len(cells) else "" for key, i in at.items()}
            yield told["unit"], _moment(told["time"], zone), _spot(told["lon"], told["lat"])


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment as ISO 8601 writes it; without an offset, on the agency's wall clock."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _spot(lon: str, lat: str) -> tuple[float, float] | None:
    try:
        x, y = float(lon.replace(",", ".")), float(lat.replace(",", "."))
    except ValueError:
        return None
    return (x, y) if abs(x) <= 180 and abs(y) <= 90 else None


def _gpx(text: str) -> Iterator[Row]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadInput("this GPX file declares entities, which none needs", mend="export it anew from the receiver")
    try:
        parsed = gpxpy.parse(text)
    except (GPXException, ValueError) as error:
        raise BadInput("this is no GPX file", mend="bring CSV with unit, time, lon, lat, or GPX tracks") from error
    for track in parsed.tracks:
        for segment in track.segments:
            for point in segment.points:
                at = (
                    point.time
                    if point.time is None or point.time.tzinfo
                    else point.time.replace(tzinfo=ZoneInfo("UTC"))
                )
                yield (track.name or "").strip(), at, (point.longitude, point.latitude)


def reach_of(place: str) -> int:
    """Metres from a planned place's middle to its corners, in tens: within them a unit is there."""
    return int(-(-h3.average_hexagon_edge_length(h3.get_resolution(place), unit="m") // 10) * 10)


def nearest(positions: Positions, places: Sequence[Mapping[str, float | str]]) -> float:
    """Metres, on the sphere, between the position and the planned place that lie nearest to each other."""
    spots = np.array([_upright(float(place["lon"]), float(place["lat"])) for place in places])
    seen = np.array(
        [_upright(x, y) for _times, lons, lats in positions.tracks.values() for x, y in zip(lons, lats, strict=True)]
    )
    chord = float(np.asarray(KDTree(spots).query(seen)[0]).min())
    return 2 * EARTH * asin(min(1.0, chord / 2))


def _upright(lon: float, lat: float) -> tuple[float, float, float]:
    x, y = radians(lon), radians(lat)
    return cos(x) * cos(y), sin(x) * cos(y), sin(y)


def visits_in(positions: Positions, places: Sequence[Mapping[str, float | str]], rules: StayRules) -> list[Given]:
    """The stays at planned places as visits, in order of time; minutes rounded, one at least."""
    lon, lat = ([float(place[key]) for place in places] for key in ("lon", "lat"))
    found = []
    for unit, (times, lons, lats) in sorted(positions.tracks.items()):
        utc = np.array([round(at.timestamp() * 1e6) for at in times], dtype="datetime64[us]")
        seen = stays(utc, lons, lats, lon, lat, rules)
        for place, first, minutes in zip(seen.place.tolist(), seen.first.tolist(), seen.minutes.tolist(), strict=True):
            arrived = first.replace(tzinfo=ZoneInfo("UTC"), microsecond=0)
            kept = min(LONGEST_VISIT, max(1, round(minutes)))
            found.append(Given(unit, str(places[place]["name"]), arrived, kept, "position"))
    return sorted(found, key=lambda one: (one.arrived, one.unit))
