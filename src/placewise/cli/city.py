"""`python -m placewise city`: a made-up city as files, and the truth beside them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from shapely.geometry import shape

from placewise.cli.options import bare, checked
from placewise.cli.output import as_json, say, utf8, write_whole
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import moment
from placewise.simulate import Happened, SyntheticCity, city_calls, happen
from placewise.simulate.city import SIZES
from placewise.space.events import Events


class NoFolder(PlacewiseError):
    """Where a city is to be written there is no folder."""


def main(arguments: Sequence[str]) -> int:
    """Reports, calls, districts, stations, streets and, apart from them, what is true; into a folder. Exit code 0."""
    asks = bare("city", "A made-up city whose truth is known: reports, calls, streets, districts, rates.")
    add = asks.add_argument
    add("size", choices=tuple(SIZES))
    add("--start", default="2020-01-06", type=checked(_day), metavar="DATE", help="first day")
    add("--days", type=int, default=728)
    add("--seed", type=int, default=0, help="of the city and of what happens in it")
    add("--out", required=True, type=Path, metavar="FOLDER", help="a folder that is there")
    given = asks.parse_args(list(arguments))
    if not given.out.is_dir():
        raise NoFolder(f"there is no folder {given.out}")
    city = SyntheticCity.make(given.size, seed=given.seed)
    happened = happen(city, given.start, given.days, seed=given.seed)
    _write(given.out, city, happened, given.seed)
    said = f"{len(happened.all):,} incidents happened and {len(happened.reports):,} were reported"
    say(f"{said}, on {len(city.cells):,} cells, {len(city.streets.start):,} pieces of street")
    return 0


def _write(folder: Path, city: SyntheticCity, happened: Happened, seed: int) -> None:
    """Every file, or none."""
    calls = city_calls(city, happened, seed=seed)
    work = {"priority": calls.priority, "seconds": np.round(calls.seconds)}
    every = _frame(happened.all).with_columns(
        pl.Series("reported", happened.reported), pl.Series("repeats_row", happened.parent)
    )
    tables = {
        "reports.csv": _frame(happened.reports),
        "calls.csv": _frame(calls.events).with_columns(**{name: pl.Series(values) for name, values in work.items()}),
        "truth-incidents.csv": every,
        "truth-rates.csv": _rates(city),
        "stations.csv": _stations(city),
    }
    files = {folder / name: table.write_csv for name, table in tables.items()}
    write_whole({**files, folder / "districts.geojson": utf8(as_json(city.districts()))})
    city.streets.write(folder / "nodes.csv", folder / "edges.csv")


def _frame(events: Events) -> pl.DataFrame:
    """Incidents as a table."""
    kinds = np.array(events.classes, dtype=object)[events.codes].tolist()
    return pl.DataFrame({"time": events.times, "lon": events.lon, "lat": events.lat, "class": kinds})


def _rates(city: SyntheticCity) -> pl.DataFrame:
    """True incidents a week by cell and class, and the chance that one is reported."""
    lon, lat = city.cells.degrees
    rates = {kind.name: city.rates(kind.name) for kind in city.kinds}
    columns = {"cell": city.cells.names, "lon": lon, "lat": lat, "district": city.district + 1}
    return pl.DataFrame({**columns, "reporting": city.reporting[city.district], **rates})


def _stations(city: SyntheticCity) -> pl.DataFrame:
    """A station for every three districts, at a corner of the streets in the middle of each third one."""
    spots = [shape(one["geometry"]).centroid for one in city.districts()["features"][::3]]
    lon, lat = city.streets.lon, city.streets.lat
    near = [int(np.argmin((lon - spot.x) ** 2 + (lat - spot.y) ** 2)) for spot in spots]
    names = [f"Station {number + 1}" for number in range(len(near))]
    codes = [f"S{number + 1}" for number in range(len(near))]
    return pl.DataFrame({"code": codes, "name": names, "longitude": lon[near], "latitude": lat[near]})


def _day(text: str) -> str:
    """A date as text."""
    moment(text, "UTC")
    return str(date.fromisoformat(text[:10]))
