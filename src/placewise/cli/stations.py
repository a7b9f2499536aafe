"""`python -m placewise stations`: where units wait so that a free one is near, beside where they wait today."""

import csv
import io
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h3
import numpy as np

from placewise.cli.output import out, say, utf8, write_text, write_whole
from placewise.cli.tables import BadTable, Part, Row, features, geojson, positions, rows
from placewise.cli.travel import parser, travel
from placewise.kernels.arrays import Floats, Ints
from placewise.plan import Cover, CoverPlan, Site, as_cover, chances, check_cover, place_each, place_units
from placewise.plan.beats_ground import Outlines
from placewise.plan.drive import FIELD_KMH, drive_to
from placewise.streets import TravelTimes

RESOLUTION = 9
"""Of the hexagons that incidents are counted in where no areas are given: about 350 m across."""
MOST_SAID = 5
"""Places off the streets that are named one by one."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Where units may wait: names, (n, 2) places, least and most, and units there today (n,), if known."""

    sites: tuple[Site, ...]
    places: Floats
    today: Ints | None


@dataclass(frozen=True, eq=False)
class Demand:
    """Where units are wanted: names, (n, 2) places, how much (n,), and the share that units there are busy."""

    names: Sequence[str]
    places: Floats
    wanted: Floats
    busy: float | Floats


def main(arguments: Sequence[str]) -> int:
    """Place units; CSV or GeoJSON to --out, else CSV is printed. Exit code 0; 1 with findings."""
    given = _asked(arguments)
    sites, demand = _sites(given), _demand(given)
    seconds = _seconds(travel(given), sites, demand)
    problem = Cover(sites.sites, demand.wanted, seconds, given.minutes * 60, given.units, demand.busy, given.stations)
    plan = place_units(problem, seconds=given.seconds, gap=given.gap)
    _say(problem, plan, sites)
    findings = check_cover(problem, plan)
    for one in findings:
        say(f"  not kept: {one.place}: {one.says}")
    if given.curve:
        _say_each(problem, given)
    _write(given, problem, plan, sites, demand)
    return 1 if findings else 0


def _asked(arguments: Sequence[str]) -> Namespace:
    """The options."""
    asks = parser("stations", "Units on sites, so that a free one is likely to be within reach of what is wanted.")
    add = asks.add_argument
    add(
        "sites",
        type=Path,
        metavar="SITES",
        help="CSV with lon, lat, or GeoJSON points: name, and if wanted least, most",
    )
    add("--units", type=_whole, required=True, metavar="N", help="how many units there are")
    add("--minutes", type=_minutes, required=True, metavar="M", help="within which a call is to be reached")
    add(
        "--busy",
        required=True,
        metavar="SHARE",
        help="of its time that a unit is busy, 0.3, or a property of the areas",
    )
    add("--today", metavar="COLUMN", help="of the sites: units that wait there today")
    add("--stations", type=_whole, metavar="K", help="units wait at no more than so many sites")
    add("--areas", type=Path, metavar="GEOJSON", help="where units are wanted, as polygons; without it, hexagons")
    add("--name", metavar="PROPERTY", help="what areas are called by; without it, their number")
    work = asks.add_mutually_exclusive_group(required=True)
    work.add_argument("--workload", metavar="PROPERTY", help="of each area, a number")
    work.add_argument("--incidents", type=Path, metavar="FILE", help="or incidents to count, CSV or Parquet")
    add("--lon", default="lon", metavar="COLUMN", help="longitude of an incident")
    add("--lat", default="lat", metavar="COLUMN", help="latitude of an incident")
    add("--h3", type=int, default=RESOLUTION, choices=range(5, 12), help="resolution of the hexagons")
    add("--curve", action="store_true", help="say what the best places of fewer units come to")
    add("--seconds", type=float, default=60.0, metavar="S", help="how long to search and prove, and again for --curve")
    add("--gap", type=float, default=0.0, metavar="PART", help="below the best that may stay unproved, 0.001")
    add("--out", type=out(".csv", ".geojson"), metavar="FILE", help="the sites with their units, .csv or .geojson")
    add("--by-area", type=out(".csv"), metavar="CSV", help="how likely a free unit is within reach of each area")
    given = asks.parse_args(list(arguments))
    if given.workload and not given.areas:
        asks.error("--workload is a property of --areas")
    return given


# --- read ---


def _sites(given: Namespace) -> Sites:
    """The sites; a name is the number of the row where there is none."""
    found = _points(given.sites) if _is_geojson(given.sites) else rows(given.sites, "lon", "lat")
    if given.today and not any(row.values.get(given.today) for row in found):
        raise BadTable(f"no site of {given.sites.name} has a {given.today}")
    sites = tuple(_site(row, number) for number, row in enumerate(found, 1))
    today = np.array([row.whole(given.today, 0) for row in found]) if given.today else None
    return Sites(sites, np.array([row.place() for row in found]), today)


def _is_geojson(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith("json")


def _points(path: Path) -> list[Row]:
    """The points of a GeoJSON file as rows of a table."""
    found = []
    for line, one in enumerate(features(path), 1):
        if one["geometry"].get("type") != "Point":
            raise BadTable(f"{path.name}, feature {line}: sites are points, not a {one['geometry'].get('type')}")
        lon, lat, *_ = map(str, one["geometry"]["coordinates"])
        told = {name: "" if value is None else str(value) for name, value in (one.get("properties") or {}).items()}
        found.append(Row(path.name, line, told | {"lon": lon, "lat": lat}))
    return found


def _site(row: Row, number: int) -> Site:
    most = row.whole("most") if row.values.get("most", "").strip() else None
    return Site(row.text("name", str(number)), row.whole("least", 0), most)


def _demand(given: Namespace) -> Demand:
    """Areas with their workload or the incidents counted in them; hexagons of incidents without areas."""
    if given.areas is None:
        return _hexagons(given)
    read = features(given.areas)
    outlines = Outlines.of(read, given.name)
    properties = [one["properties"] or {} for one in read]
    if given.workload:
        wanted, middles = _numbers(given.areas, properties, given.workload), outlines.middles()
    else:
        spots = positions(given.incidents, given.lon, given.lat)
        inside = outlines.area_of(spots)
        if outside := int((inside < 0).sum()):
            say(f"{outside:,} of {len(spots):,} incidents lie outside all areas")
        wanted = np.bincount(inside[inside >= 0], minlength=len(read)).astype(np.float64)
        middles = outlines.middles(spots)
    share = _share(given.busy)
    busy = _numbers(given.areas, properties, given.busy) if share is None else share
    return Demand(outlines.names, middles, wanted, busy)


def _hexagons(given: Namespace) -> Demand:
    """Incidents counted by hexagon, each standing where its incidents lie on average."""
    if (busy := _share(given.busy)) is None:
        raise BadTable(f"--busy {given.busy} is no share; a property of areas needs --areas")
    spots = positions(given.incidents, given.lon, given.lat)
    cells = [h3.latlng_to_cell(lat, lon, given.h3) for lon, lat in spots.tolist()]
    names, cell, count = np.unique(cells, return_inverse=True, return_counts=True)
    middles = np.column_stack([np.bincount(cell, spots[:, axis]) / count for axis in (0, 1)])
    return Demand(names.tolist(), middles, count.astype(np.float64), busy)


def _share(text: str) -> float | None:
    """A share as a number, or None where the text is a name."""
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(path: Path, properties: Sequence[dict[str, Any]], name: str) -> Floats:
    """A property of each area as a number."""
    try:
        return np.array([float(one[name]) for one in properties])
    except (LookupError, TypeError, ValueError) as error:
        raise BadTable(f"{path.name}: no number {name} for each area: {error}") from error


# --- told ---


def _seconds(times: TravelTimes, sites: Sites, demand: Demand) -> Floats:
    """Seconds from each site to each area; what lies far off any street is said."""
    seconds, *off = drive_to(times, sites.places, demand.places)
    named = (("", [one.name for one in sites.sites]), ("the middle of ", demand.names))
    for (words, names), metres in zip(named, off, strict=True):
        rows_off = np.flatnonzero(metres).tolist()
        for row in rows_off[:MOST_SAID]:
            far = f"{metres[row] / 1000:.1f} km off any street; counted at {FIELD_KMH:g} km/h"
            say(f"  {words}{names[row]} is {far}")
        if len(rows_off) > MOST_SAID:
            say(f"  and {len(rows_off) - MOST_SAID} more like it")
    return seconds


def _say(problem: Cover, plan: CoverPlan, sites: Sites) -> None:
    """What the places come to, and what today's do."""
    say(
        f"  {plan.expected:.1%} of what is wanted can expect a free unit within {problem.limit / 60:g} minutes "
        f"(no places can have more than {plan.bound:.1%})"
    )
    one, two, *_ = (*plan.within, 0.0, 0.0)
    say(f"  {one:.1%} is within reach of a unit at all, {two:.1%} of two")
    if sites.today is None:
        return
    units = int(sites.today.sum())
    own = tuple(Site(site.name) for site in sites.sites)
    today = as_cover(replace(problem, sites=own, units=max(1, units), stations=None), sites.today)
    other = "" if units == problem.units else f" with {units} units instead of {problem.units}"
    more = 100 * (plan.expected - today.expected)
    say(f"  today {today.expected:.1%}{other}: {more:+.1f} percentage points here")


def _say_each(problem: Cover, given: Namespace) -> None:
    """What the best places of each number of units come to."""
    before = 0.0
    for plan in place_each(problem, seconds=given.seconds, gap=max(given.gap, 1e-3)):
        units = sum(count for _, count in plan.units)
        say(f"  {units:4} units {plan.expected:6.1%} {100 * (plan.expected - before):+6.1f}")
        before = plan.expected


def _write(given: Namespace, problem: Cover, plan: CoverPlan, sites: Sites, demand: Demand) -> None:
    """The sites with their units, and the areas with their chances; all files or none."""
    text = geojson(_parts(plan, sites)) if given.out and given.out.suffix == ".geojson" else _csv(_lines(plan, sites))
    files = {path: utf8(made) for path, made in (
        (given.out, text), (given.by_area, _csv(_by_area(problem, plan, demand)) if given.by_area else ""),
    ) if path}  # fmt: skip
    write_whole(files)
    for path in files:
        say(f"{path} is written")
    if given.out is None:
        write_text(None, text)


def _lines(plan: CoverPlan, sites: Sites) -> Iterator[dict[str, Any]]:
    """A row of each site: units, and today's where they are known."""
    today = [None] * len(plan.units) if sites.today is None else sites.today.tolist()
    for (name, units), place, now in zip(plan.units, sites.places.tolist(), today, strict=True):
        yield {"name": name, "lon": place[0], "lat": place[1], "units": units} | ({} if now is None else {"today": now})


def _parts(plan: CoverPlan, sites: Sites) -> Iterator[Part]:
    for line in _lines(plan, sites):
        point = {"type": "Point", "coordinates": [line.pop("lon"), line.pop("lat")]}
        yield point, line


def _by_area(problem: Cover, plan: CoverPlan, demand: Demand) -> Iterator[dict[str, Any]]:
    placed = np.array([count for _, count in plan.units])
    near = placed @ problem.reached
    columns = (demand.names, demand.wanted.tolist(), near.tolist(), chances(problem, placed).tolist())
    for name, wanted, units, chance in zip(*columns, strict=True):
        yield {"area": name, "wanted": wanted, "units_within_reach": units, "chance": round(chance, 6)}


def _csv(lines: Iterator[dict[str, Any]]) -> str:
    found = list(lines)
    text = io.StringIO()
    table = csv.DictWriter(text, list(found[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(found)
    return text.getvalue()


def _whole(text: str) -> int:
    """A whole number from 1."""
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is no number of units or sites")
    return int(text)


def _minutes(text: str) -> float:
    """Minutes, above 0."""
    if not 0 < float(text) <= 600:
        raise ArgumentTypeError(f"{text} minutes are no reach")
    return float(text)
