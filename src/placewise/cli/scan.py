"""`python -m placewise scan`: where lately more happened than elsewhere and before."""

import argparse
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import shapely
from shapely.geometry import mapping

from placewise.cli.options import add_ground, add_incidents, bare, cells_over, checked, listed, read_known
from placewise.cli.output import as_json, out, say, write_text
from placewise.kernels.arrays import Floats, floats
from placewise.kernels.moments import moment
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.warning import BadPopulation, Cluster, SpaceTimeScan


def main(arguments: Sequence[str]) -> int:
    """Scan what was known at --until; the report as JSON, or clusters as GeoJSON by --out's ending. Exit code 0."""
    given = _parser().parse_args(list(arguments))
    events, _ = read_known(given, given.until)
    cells = _cells(events, given)
    scan = SpaceTimeScan(
        model="poisson" if given.population else "permutation", radius=given.radius, days=given.days,
        least_days=given.least_days, least_cases=given.least_cases, replications=given.replications,
        by_weekday=given.by_weekday, early_stop=given.early_stop, seed=given.seed, step=given.step,
    )  # fmt: skip
    people = None if given.population is None or cells is None else _population(given.population, cells)
    days = {"until": given.until, "since": given.since, "earlier": given.earlier}
    scan.fit(events, cells, **days, population=people, progress=_progress)
    told = scan.explain()
    for line in told["in_words"]:
        say(f"  {line}")
    told["clusters"] = [_plain(cluster, cells) for cluster in scan.clusters_]
    if given.out is not None and given.out.suffix == ".geojson":
        told = {"type": "FeatureCollection", "features": [_feature(cluster, cells) for cluster in scan.clusters_]}
    write_text(given.out, as_json(told))
    return 0


def _parser() -> argparse.ArgumentParser:
    """The options."""
    asks = bare("scan", "Clusters that are alive on the last day: every circle and every window of days is tried.")
    add_incidents(asks)
    add_ground(asks, cell=None)
    add = asks.add_argument
    add("--until", required=True, type=checked(_day), metavar="DATE", help="nothing from this day on is used")
    add("--since", type=checked(_day), metavar="DATE", help="first day of the study; without it, of the records")
    add("--radius", type=float, default=1000.0, metavar="METRES", help="of the largest circle")
    add("--days", type=int, default=28, help="of the longest window")
    add("--least-days", type=int, default=1, help="of the shortest window")
    add("--least-cases", type=int, default=2, help="in a cluster")
    add("--replications", type=int, default=999, help="of chance; 999 or 9999")
    add("--early-stop", type=int, metavar="HITS", help="stop once chance was as extreme so often")
    add("--by-weekday", action="store_true", help="compare each day of the week with its like")
    add("--step", choices=("day", "week"), default="day", help="in which time is counted back from the end")
    add("--earlier", type=checked(_days), default=[], metavar="A,B", help="--until of earlier analyses, to allow for")
    add("--population", type=Path, metavar="CSV", help="columns cell, population: the Poisson model")
    add("--seed", type=int, default=0, help="of every random choice")
    add("--out", type=out(".json", ".geojson"), metavar="FILE", help="without it JSON is printed")
    return asks


def _cells(events: Events, given: Namespace) -> Cells | None:
    """The cells asked for; none where each incident's own point is a place."""
    if given.cell is None and given.h3 is None and given.segments is None:
        if given.population is not None:
            raise BadPopulation("a population is of cells: name their size with --cell, --h3 or --segments")
        return None
    return cells_over(events.before(given.until), given)


def _population(path: Path, cells: Cells) -> Floats:
    """(n,) population by cell, from a table of cells and populations; cells that it leaves out have none."""
    names, numbers = _people(path)
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise BadPopulation(f"{path.name} names {len(twice)} cells twice, the first of them {twice[0]}")
    if unknown := sorted(set(names) - set(cells.names)):
        raise BadPopulation(f"{path.name} names cells that are not there, the first of them {unknown[0]}")
    people = dict(zip(names, numbers, strict=True))
    return floats([people.get(name, 0.0) for name in cells.names])


def _people(path: Path) -> tuple[list[str], list[float]]:
    """Names of cells, and the population of each."""
    if not path.is_file():
        raise BadPopulation(f"there is no file {path}")
    try:
        table = pl.read_csv(path, columns=["cell", "population"], schema_overrides={"cell": pl.String})
        numbers = table["population"].cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        why = str(error).partition("\n")[0]
        raise BadPopulation(f"{path.name} has no columns cell and population, both filled: {why}") from error
    if missing := table["cell"].null_count() + numbers.null_count():
        raise BadPopulation(f"{missing} fields of {path.name} are empty")
    return table["cell"].to_list(), numbers.to_list()


def _feature(cluster: Cluster, cells: Cells | None) -> dict[str, Any]:
    """A cluster on the map: its cells together, or the circle around its points."""
    if cells is None:
        shape = cluster.outline()
    else:
        outlines = cells.outlines()
        shape = mapping(shapely.union_all([outlines[place] for place in cluster.places]))
    return {"type": "Feature", "geometry": shape, "properties": _plain(cluster, cells)}


def _plain(cluster: Cluster, cells: Cells | None) -> dict[str, Any]:
    """A cluster in plain values and in words, its cells by name."""
    names = {} if cells is None else {"cells": [cells.names[place] for place in cluster.places]}
    return cluster.to_dict() | names | {"words": cluster.describe()}


def _progress(done: int, total: int) -> None:
    """One line that is written over, on a terminal; every quarter otherwise."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done:,} of {total:,} replications" + ("\n" if done == total else ""))
        sys.stderr.flush()
    elif done == total:
        say(f"{total:,} replications")


def _day(text: str) -> str:
    """A date as text."""
    moment(text, "UTC")
    return text


def _days(text: str) -> list[str]:
    """Dates between commas."""
    return [_day(each) for each in listed(text)]
