"""What a unit takes along: its stops as lines, PDF, GPX, GeoJSON and iCalendar. Pure: a plan in, bytes out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import gpxpy.gpx
import icalendar
import typst

from placewise.plan import Plan, Problem, Rest, Visit


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a unit's sheet: a stop or a break, with local times."""

    order: int
    """1, 2, 3 … for stops; 0 for a break."""
    place: str
    area: str
    lon: float | None
    lat: float | None
    begin: datetime
    leave: datetime
    slot: int = -1

    @property
    def key(self) -> str:
        """The stop as edits name it: place and slot."""
        return f"{self.place}:{self.slot}"

    @property
    def minutes(self) -> int:
        """How long; by the clock of the world, since a local one may jump in between."""
        return round((self.leave.timestamp() - self.begin.timestamp()) / 60)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A unit's shift: from where, when, its lines in order, when it is back."""

    unit: str
    station: str
    starts: datetime
    back: datetime
    lines: tuple[Line, ...]

    @property
    def stops(self) -> tuple[Line, ...]:
        """The lines without the breaks."""
        return tuple(line for line in self.lines if line.order)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a printed sheet, in the reader's language."""

    title: str
    agency: str
    forecast: str
    approved: str
    stop: str
    rest: str
    minutes: str
    back: str
    station: str
    foot: str


def sheets(problem: Problem, plan: Plan, starts: datetime, zone: ZoneInfo) -> list[Sheet]:
    """Every unit's sheet, in local time."""
    local = starts.astimezone(zone)
    return [_sheet(problem, plan, number, local) for number in range(len(plan.tours))]


def _sheet(problem: Problem, plan: Plan, number: int, local: datetime) -> Sheet:
    tour, unit = plan.tours[number], problem.units[number]
    places = {place.name: place for place in problem.places}
    lines: list[Line] = []
    order = 0
    for item in tour.items:
        if isinstance(item, Rest):
            lines.append(Line(0, "", "", None, None, at(local, item.begin), at(local, item.end)))
            continue
        order += 1
        place = places[item.place]
        begin, leave = at(local, item.begin), at(local, item.leave)
        lines.append(Line(order, place.name, place.area, place.lon, place.lat, begin, leave, item.slot))
    return Sheet(tour.unit, unit.start, at(local, unit.shift.start), at(local, tour.back), tuple(lines))


def at(local: datetime, seconds: int) -> datetime:
    """Seconds after the shift's beginning, on the wall clock (also in the night when clocks change)."""
    return (local.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(local.tzinfo)


def as_pdf(found: Sequence[Sheet], words: Words) -> bytes:
    """The sheets as PDF, a page or more for each unit."""
    data = {"words": {name: getattr(words, name) for name in words.__slots__}, "sheets": [_plain(one) for one in found]}
    template = (files("openbeat.patrol") / "sheet.typ").read_bytes()
    made = typst.compile(template, sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    return bytes(made)


def _plain(sheet: Sheet) -> dict[str, Any]:
    lines = [
        {
            "order": line.order, "area": line.area, "place": line.place, "begin": f"{line.begin:%H:%M}",
            "leave": f"{line.leave:%H:%M}", "minutes": line.minutes,
            "at": f"{line.lat:.5f}, {line.lon:.5f}" if line.lat is not None else "",
        }
        for line in sheet.lines
    ]  # fmt: skip
    return {
        "unit": sheet.unit, "station": sheet.station, "day": f"{sheet.starts:%Y-%m-%d}",
        "starts": f"{sheet.starts:%H:%M}", "back": f"{sheet.back:%H:%M}", "lines": lines,
    }  # fmt: skip


def as_gpx(sheet: Sheet) -> bytes:
    """One unit's stops as a GPX 1.1 route."""
    gpx = gpxpy.gpx.GPX()
    gpx.creator = "Openbeat"
    route = gpxpy.gpx.GPXRoute(name=sheet.unit)
    for line in sheet.stops:
        name = f"{line.order} · {line.begin:%H:%M} · {line.area}"
        route.points.append(gpxpy.gpx.GPXRoutePoint(line.lat, line.lon, name=name, time=line.begin))
    gpx.routes.append(route)
    return str(gpx.to_xml()).encode()


def as_icalendar(found: Sequence[Sheet], uid: str, made_at: datetime) -> bytes:
    """Stops and breaks as events (RFC 5545)."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Openbeat//patrol plan//EN")
    calendar.add("version", "2.0")
    for sheet in found:
        for number, line in enumerate(sheet.lines):
            event = icalendar.Event()
            event.add("uid", f"{uid}-{sheet.unit}-{number}@openbeat")
            event.add("dtstamp", made_at)
            event.add("dtstart", line.begin)
            event.add("dtend", line.leave)
            event.add("summary", f"{sheet.unit} · {line.order or '–'} {line.area}".strip())
            if line.lat is not None and line.lon is not None:
                event.add("geo", (line.lat, line.lon))
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def as_geojson(found: Sequence[Sheet], routes: dict[str, list[list[float]]]) -> bytes:
    """Ways and stops as a GeoJSON FeatureCollection (RFC 7946)."""
    features: list[dict[str, Any]] = []
    for sheet in found:
        way = {"type": "LineString", "coordinates": routes.get(sheet.unit, [])}
        features.append({"type": "Feature", "geometry": way, "properties": {"unit": sheet.unit}})
        features += [_feature(sheet, line) for line in sheet.stops]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _feature(sheet: Sheet, line: Line) -> dict[str, Any]:
    properties = {
        "unit": sheet.unit, "order": line.order, "place": line.place, "area": line.area,
        "begin": line.begin.isoformat(), "leave": line.leave.isoformat(),
    }  # fmt: skip
    point = {"type": "Point", "coordinates": [line.lon, line.lat]}
    return {"type": "Feature", "geometry": point, "properties": properties}


def wanted(plan: Plan) -> int:
    """Visits asked for: those made and those given up."""
    return sum(len(tour.visits) for tour in plan.tours) + len(plan.unvisited)


def all_visits(plan: Plan) -> list[tuple[str, Visit]]:
    """Unit and visit, for every visit."""
    return [(tour.unit, visit) for tour in plan.tours for visit in tour.visits]
