"""Units with their shifts and patrol stops of a simulation, from plain tables."""

import re
from pathlib import Path

from placewise.cli.tables import BadTable, Row, rows
from placewise.kernels.arrays import floats
from placewise.simulate import Patrol, Shift, Station, Unit, Zone, every_day, nearest_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 3600


def read_units(path: Path) -> tuple[tuple[Station, ...], tuple[Unit, ...]]:
    """Stations and units of a CSV: name, lon, lat; from, to, days, beat and crew where wanted.

    Rows of one name are shifts of one unit; without from and to it is always on duty.
    """
    stations: dict[tuple[float, float], Station] = {}
    units: dict[str, Unit] = {}
    for row in rows(path, "name", "lon", "lat"):
        place, name = row.place(), row.text("name")
        station = stations.setdefault(place, Station(f"station {len(stations) + 1}", *place))
        known = units.get(name) or Unit(name, station.name, (), _areas(row), row.whole("crew", 1))
        if known.station != station.name:
            raise BadTable(f"{row.file}, line {row.line}: {name} has two stations")
        if known.shifts and not _shifts(row):
            raise BadTable(f"{row.file}, line {row.line}: {name} has shifts and is always on duty")
        units[name] = Unit(name, station.name, (*known.shifts, *_shifts(row)), known.beat, known.crew)
    return tuple(stations.values()), tuple(units.values())


def read_patrols(path: Path, zones: tuple[Zone, ...]) -> tuple[Patrol, ...]:
    """Patrol stops of a CSV: unit, lon, lat, from, to and, if not on every day, days; each in the nearest zone."""
    found = []
    for row in rows(path, "unit", "lon", "lat", "from", "to"):
        lon, lat = row.place()
        zone = zones[int(nearest_zone(zones, floats([lon]), floats([lat]))[0])].name
        found += [Patrol(row.text("unit"), zone, span.start, span.end) for span in _shifts(row)]
    return tuple(found)


def _areas(row: Row) -> tuple[str, ...]:
    """The areas of a beat, between semicolons: their names may hold spaces."""
    return tuple(name.strip() for name in row.text("beat", " ").split(";") if name.strip())


def _shifts(row: Row) -> tuple[Shift, ...]:
    """The spans of a week from two times of day; an end at or before the start lies on the next day."""
    start, end = row.text("from", " ").strip(), row.text("to", " ").strip()
    if not start and not end:
        return ()
    begin, until = _clock(start, row), _clock(end, row)
    days = [_day(word, row) for word in row.words("days")] or range(7)
    return every_day(begin, until if until > begin else until + DAY, days)


def _day(word: str, row: Row) -> int:
    """The number of a day of the week, Monday 0."""
    if word.lower()[:3] not in DAYS:
        raise BadTable(f"{row.file}, line {row.line}: {word!r} is no day; write them as {' '.join(DAYS)}")
    return DAYS.index(word.lower()[:3])


def _clock(text: str, row: Row) -> int:
    """Seconds after midnight of HH:MM."""
    found = re.fullmatch(r"(\d\d?):([0-5]\d)", text)
    if not found or int(found[1]) * 60 + int(found[2]) > DAY // 60:
        raise BadTable(f"{row.file}, line {row.line}: {text!r} is no time; write it as 22:30")
    return int(found[1]) * 3600 + int(found[2]) * 60
