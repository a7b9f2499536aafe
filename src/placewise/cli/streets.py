"""`python -m placewise streets`: driving times between places, ways, what is reached when, and who is nearest."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from placewise.cli.options import checked, listed
from placewise.cli.output import as_json, out, say, write_text
from placewise.cli.tables import BadTable, Part, geojson, places
from placewise.cli.travel import parser, travel
from placewise.streets import TravelTimes, isochrones, nearest

TABLES = (".csv",)
SHAPES = (".geojson", ".json")


def main(arguments: Sequence[str]) -> int:
    """Answer one question about driving; CSV or GeoJSON to --out, else printed. Exit code 0."""
    given = _asked(arguments)
    times = travel(given)
    if given.origins is None:
        write_text(given.out, as_json(dict(times.facts)))
    elif given.isochrones:
        _write_shapes(given, _reached(given, times))
    elif given.destinations is None:
        raise BadTable("say with --to where to, or with --isochrones how far")
    elif given.paths:
        _write_shapes(given, _ways(given, times))
    else:
        _write_table(given, _nearest(given, times) if given.nearest is not None else _times(given, times))
    return 0


def _asked(arguments: Sequence[str]) -> Namespace:
    """The options."""
    asks = parser("streets", "Driving times, ways, isochrones and nearest units. Without --from: what the graph holds.")
    add = asks.add_argument
    add("extract", nargs="?", type=Path, metavar="EXTRACT", help="the same as --streets")
    add("--from", dest="origins", type=Path, metavar="CSV", help="places: lon, lat and, if wanted, name")
    add("--to", dest="destinations", type=Path, metavar="CSV", help="places likewise")
    what = asks.add_mutually_exclusive_group()
    what.add_argument("--paths", action="store_true", help="the way from each place to each, as GeoJSON lines")
    what.add_argument("--nearest", type=int, metavar="K", help="the K of --from that are soonest at each of --to")
    reached = "as 5,10: what is reached by then, as GeoJSON"
    what.add_argument("--isochrones", type=checked(_limits), metavar="MINUTES", help=reached)
    add("--towards", action="store_true", help="isochrones of the way to a place rather than from it")
    add("--resolution", type=int, default=10, metavar="H3", help="of the cells that isochrones are made of")
    add("--out", type=out(*TABLES, *SHAPES), metavar="FILE", help=".csv for times, .geojson for ways and isochrones")
    given = asks.parse_args(list(arguments))
    if given.extract is not None:
        given.streets = given.extract
    return given


def _times(given: Namespace, times: TravelTimes) -> pl.DataFrame:
    """Seconds from each place to each."""
    (starts, origins), (ends, destinations) = places(given.origins), places(given.destinations)
    seconds = times.many_to_many(origins, destinations)
    say(f"{len(starts)} × {len(ends)} driving times, {seconds.mean() / 60:.1f} minutes in the mean")
    pairs = [(start, end) for start in starts for end in ends]
    return pl.DataFrame({
        "from": [start for start, _ in pairs], "to": [end for _, end in pairs], "seconds": seconds.ravel().round(1),
    })  # fmt: skip


def _nearest(given: Namespace, times: TravelTimes) -> pl.DataFrame:
    """The units soonest at each place."""
    (starts, origins), (ends, destinations) = places(given.origins), places(given.destinations)
    if given.nearest < 1:
        raise BadTable(f"--nearest asks for at least 1, not {given.nearest}")
    found = [
        (end, rank, starts[unit], round(float(seconds), 1))
        for end, place in zip(ends, destinations, strict=True)
        for rank, (unit, seconds) in enumerate(zip(*nearest(times, origins, place, given.nearest), strict=True), 1)
    ]
    return pl.DataFrame(found, schema=["to", "rank", "from", "seconds"], orient="row")


def _ways(given: Namespace, times: TravelTimes) -> Iterator[Part]:
    """The way from each place to each."""
    (starts, origins), (ends, destinations) = places(given.origins), places(given.destinations)
    for start, origin in zip(starts, origins, strict=True):
        for end, destination in zip(ends, destinations, strict=True):
            way = times.path(origin, destination)
            line = {"type": "LineString", "coordinates": way.line.tolist()}
            yield line, {"from": start, "to": end, "seconds": round(way.seconds, 1), "metres": round(way.metres)}


def _reached(given: Namespace, times: TravelTimes) -> Iterator[Part]:
    """What is reached from each place within each limit, the widest first."""
    starts, origins = places(given.origins)
    limits = sorted(given.isochrones, reverse=True)
    for start, origin in zip(starts, origins, strict=True):
        reach = times.reach(origin, limits[0], resolution=given.resolution, towards=given.towards)
        for limit, shape in zip(limits, isochrones(reach, limits), strict=True):
            yield shape, {"place": start, "minutes": limit / 60, "towards": given.towards}


def _write_table(given: Namespace, table: pl.DataFrame) -> None:
    """Times as CSV."""
    _check_ending(given.out, TABLES)
    write_text(given.out, table.write_csv())


def _write_shapes(given: Namespace, parts: Iterator[Part]) -> None:
    """Lines or areas as GeoJSON."""
    _check_ending(given.out, SHAPES)
    write_text(given.out, geojson(parts))


def _check_ending(path: Path | None, endings: tuple[str, ...]) -> None:
    """A file that says what it holds."""
    if path is not None and path.suffix not in endings:
        raise BadTable(f"{path.name}: this is written as {' or '.join(endings)}")


def _limits(text: str) -> list[float]:
    """Minutes between commas, as seconds."""
    try:
        limits = [float(part) * 60 for part in listed(text)]
    except ValueError as error:
        raise BadTable(f"{text!r} are no minutes; write them as 5,10") from error
    if not limits or min(limits) <= 0 or max(limits) > 24 * 3600:
        raise BadTable(f"{text!r} are no minutes above 0 within a day; write them as 5,10")
    return limits
