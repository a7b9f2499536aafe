"""What the commands have in common: which files, columns, classes, ground and cells."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from placewise.cli.output import say
from placewise.forecast import names
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import Moment, iso, moment
from placewise.space.area import Area
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.space.readers import Columns, Read, read_events
from placewise.time import Horizon

# Parts of names of offences that are mostly found by patrols (Ensign et al. 2018; Lum and Isaac 2016).
_DISCOVERED = ("narcotic", "drug", "traffic", "prostitution", "weapon", "liquor", "gambling", "curfew", "disorderly")


class NothingToForecast(PlacewiseError):
    """Files and options that together leave no incident to learn from."""


@dataclass(frozen=True)
class Input:
    """Incidents to forecast, those of other classes that may inform it, and the cells."""

    events: Events
    context: Events | None
    cells: Cells


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the whole list of options before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n--help lists the options\n")


def bare(name: str, words: str) -> argparse.ArgumentParser:
    """A parser that knows no option yet."""
    return _Parser(prog=f"python -m placewise {name}", description=words, allow_abbrev=False)


def parser(name: str, words: str) -> argparse.ArgumentParser:
    """A parser that knows the options of the input."""
    made = bare(name, words)
    add_incidents(made)
    made.add_argument(
        "--context", type=listed, default=[], metavar="A,B", help="other classes that victims report, to learn from"
    )
    add_ground(made, cell=250.0)
    made.add_argument("--seed", type=int, default=0, help="of every random choice")
    return made


def add_incidents(made: argparse.ArgumentParser) -> None:
    """The options of the incidents: which files, columns and classes."""
    add = made.add_argument
    add("files", nargs="+", type=Path, metavar="FILE", help="CSV, Parquet, Arrow or GeoJSON, all of one layout")
    add("--time", required=True, metavar="COLUMN", help="when it happened, or from when on")
    add("--end", metavar="COLUMN", help="until when, where only a span is known")
    add("--hour", metavar="COLUMN", help="hour of the day, 0 to 23, where --time holds the date alone")
    add("--lon", default="lon", metavar="COLUMN", help="longitude, or easting with --crs")
    add("--lat", default="lat", metavar="COLUMN", help="latitude, or northing with --crs")
    add("--class", dest="kind", metavar="COLUMN", help="class of incident")
    add("--date-only", action="store_true", help="the hours are not known, whatever the column says")
    add("--crs", type=projection, metavar="EPSG", help="projection of the positions; without it they are degrees")
    add("--zone", default="UTC", type=zone, metavar="ZONE", help="IANA zone of the city, for times that name theirs")
    add("--classes", type=listed, default=[], metavar="A,B", help="the classes to take together; without it, all")


def add_ground(made: argparse.ArgumentParser, *, cell: float | None) -> None:
    """The options of the ground and its cells; `cell` is the side of squares where nothing is asked for."""
    add = made.add_argument
    add("--area", metavar="GEOJSON", type=Path, help="study area; without it, the ground around the incidents known")
    cells = made.add_mutually_exclusive_group()
    cells.add_argument("--cell", type=float, default=cell, metavar="SIDE", help="squares, side in units of the grid")
    cells.add_argument("--h3", type=int, metavar="RESOLUTION", help="H3 cells of a resolution")
    cells.add_argument("--segments", type=Path, metavar="GEOJSON", help="street segments, as lines")
    add("--grid", type=projection, metavar="EPSG", help="projection of the squares; without it, UTM in metres")


def add_interval(made: argparse.ArgumentParser) -> None:
    """The options of one forecast: when, how long, by which model."""
    add = made.add_argument
    add("--start", required=True, type=checked(_moment), metavar="MOMENT", help="begins it; nothing later is used")
    add("--horizon", type=checked(Horizon.of), default=Horizon.of("P7D"), metavar="DURATION", help="as P7D, P1M, PT8H")
    add("--model", default="ours", choices=names())


def read(given: argparse.Namespace, known: Moment) -> Input:
    """The incidents and cells that the options name; what was left out is said on standard error.

    `known` is the first moment of which nothing may be known: only incidents before it draw the ground.
    """
    events, context = read_known(given, known, given.context)
    cells = cells_over(events.before(known), given)
    say(f"{events!r} on {cells!r}")
    return Input(events, context, cells)


def read_known(
    given: argparse.Namespace, known: Moment, context: Sequence[str] = ()
) -> tuple[Events, Events | None]:  # fmt: skip
    """Incidents of the classes asked for, refused if none is known before `known`; and those of the context."""
    columns = Columns(
        given.time, given.lon, given.lat, given.kind, given.end, given.crs, given.date_only, given.zone, hour=given.hour
    )
    if context and not given.classes:
        raise NothingToForecast("say with --classes what to forecast; --context only informs it")
    got = read_events(given.files, columns, [*given.classes, *context] if given.classes else None)
    _check_places(got, given)
    if given.crs and got.in_degrees:
        say(f"the positions are degrees as they stand; {given.crs} is taken for the squares")
        given.grid = given.grid or given.crs
    events = got.events.of(*given.classes) if given.classes else got.events
    if not len(events.before(known)):
        raise NothingToForecast(f"no incident is known before {iso(events.moment(known))}; {_records(events)}")
    _warn_discovered(events.classes if not given.classes else given.classes)
    return events, got.events.of(*context) if context else None


def cells_over(past: Events, given: argparse.Namespace) -> Cells:
    """The cells asked for, over the area given or the ground of what is known."""
    area = Area.of(given.area) if given.area else Area.covering(past)
    cells = _cells(area, given)
    _check_inside(past, cells)
    return cells


def _cells(area: Area, given: argparse.Namespace) -> Cells:
    """The cells asked for."""
    if given.segments is not None:
        return Cells.segments(area, given.segments)
    if given.h3 is not None:
        return Cells.h3(area, given.h3)
    return Cells.squares(area, given.cell, crs=given.grid)


def warn_beyond(data: Input, end: np.datetime64) -> None:
    """Say so where what is scored reaches beyond the last incident: what is not recorded yet counts as nothing."""
    if end > data.events.ends.max() + np.timedelta64(7, "D"):
        say(f"Beware: {iso(end)} lies beyond the records, and what they do not hold counts as nothing happened;")
        say(f"        {_records(data.events)}")


def checked(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of an option whose refusals argparse tells in their own words."""

    def read_option(text: str) -> Any:
        try:
            return kind(text)
        except PlacewiseError as refusal:
            raise argparse.ArgumentTypeError(str(refusal)) from refusal

    return read_option


def listed(text: str) -> list[str]:
    """Names between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def models(text: str) -> list[str]:
    """Model names between commas, all of them known."""
    if unknown := [name for name in listed(text) if name not in names()]:
        raise argparse.ArgumentTypeError(f"no model {', '.join(unknown)}; there are {', '.join(names())}")
    return listed(text)


def share(text: str) -> float:
    """A part of the area or of the reports: above 0, at most 1."""
    if not 0 < float(text) <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no part of a whole; write a number above 0, at most 1")
    return float(text)


def _check_places(got: Read, given: argparse.Namespace) -> None:
    """Tell rows that were left out; refuse a file in which that is all of them."""
    if not len(got.events):
        hint = "" if given.crs else "; if positions are projected, name their EPSG with --crs"
        raise NothingToForecast(f"none of {got.rows:,} rows has both a time and a place on the globe{hint}")
    if got.left_out:
        say(f"{got.left_out:,} of {got.rows:,} rows have no time or no place and are left out")


def _check_inside(events: Events, cells: Cells) -> None:
    """Tell incidents outside the area; refuse an area that holds none."""
    inside = int(np.sum(cells.index(events) >= 0))
    if not inside:
        lon, lat = float(np.median(events.lon)), float(np.median(events.lat))
        raise NothingToForecast(
            f"none of {len(events):,} incidents lies in the study area but about {lon:.3f} east, {lat:.3f} north. "
            "Are --lon and --lat swapped, or is --crs wrong?"
        )
    if inside < len(events):
        say(f"{len(events) - inside:,} of {len(events):,} incidents lie outside the study area")


def _warn_discovered(classes: Sequence[str]) -> None:
    """Say so where patrols find what is to be forecast: such a forecast feeds on where they were sent."""
    if found := [name for name in classes if any(word in name.lower() for word in _DISCOVERED)]:
        say(
            f"Beware: patrols find {', '.join(found)} where they are sent; forecast only what victims or callers report"
        )


def _records(events: Events) -> str:
    """From when to when there are incidents."""
    return f"the records run from {iso(events.times.min())} to {iso(events.ends.max())}"


def _moment(text: str) -> str:
    """A moment as ISO text."""
    moment(text, "UTC")
    return text


def projection(text: str) -> str:
    """A projection; a bare number is an EPSG code."""
    name = f"EPSG:{text}" if text.isdigit() else text
    try:
        CRS.from_user_input(name)
    except CRSError as error:
        raise argparse.ArgumentTypeError(f"no projection is called {text}; write its code, as EPSG:2913") from error
    return name


def zone(text: str) -> str:
    """A time zone by its IANA name."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"no time zone is called {text}; write it as America/Chicago") from error
    return text
