"""Beats and stations of Chicago: how good they are, proved, and how long that takes.

`python -m benchmarks.beats [--seconds 90]`. Beats: the 196 census tracts nearest to the West Side's middle, weighted
with all incidents of 2017 and 2018, driven between on the city's streets; 12 beats within 15 % of the mean workload.
The same for a square of 14 × 14 cells of a kilometre with drawn workload. Stations: 60 units at Chicago's 24 stations.
"""

import gzip
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
import polars as pl
from benchmarks.common import DATA, Figure, report

from placewise.kernels.arrays import Floats
from placewise.plan import Beats, Border, Cover, Site, SmallArea, Stop, as_cover, check_beats, draw_beats, place_units
from placewise.plan.beats_ground import Outlines
from placewise.streets import StreetGraph, open_lists

CHICAGO = DATA / "chicago"
AREAS, BEATS, SIDE = 196, 12, 14
MIDDLE = (-87.654, 41.88)
KMH = 30.0
UNITS, BUSY, WITHIN = 60, 0.5, 7 * 60.0


def run(seconds: float = 90.0) -> list[Figure]:
    """All figures; about twice the seconds given, and half a minute."""
    graph, spots = streets(), incidents()
    figures = []
    draw_beats(cells(6, 3), Stop(rounds=100, workers=1), 0)  # compile once
    for name, problem in (("tracts", tracts(graph, spots)), ("square cells", cells())):
        figures += _beats(name, problem, seconds)
    return [*figures, *_stations(graph, spots)]


def _beats(name: str, problem: Beats, seconds: float) -> list[Figure]:
    """One run with its alternatives; a plan with a finding counts as no plan."""
    begun, worked = perf_counter(), process_time()
    plans = draw_beats(problem, Stop(seconds=seconds), 1)
    broken = sum(bool(check_beats(problem, plan)) for plan in plans)
    best = plans[0]
    return [
        Figure(f"{name}: gap to the proved bound", 100.0 if broken else best.gap * 100, "%", 0.5),
        Figure(f"{name}: mean time to the incident", best.seconds / 60, "min"),
        Figure(f"{name}: greatest deviation of workload", best.uneven * 100, "%", 15.0),
        Figure(f"{name}: plans to choose from", float(len(plans)), "", 3.0, ">="),
        Figure(f"{name}: time", perf_counter() - begun, "s", seconds * 1.05),
        Figure(f"{name}: processor time", process_time() - worked, "s"),
    ]


def _stations(graph: StreetGraph, spots: Floats) -> list[Figure]:
    """Units at the city's stations, against as many at each."""
    table = pl.read_csv(CHICAGO / "police-district-stations.csv")
    outlines = Outlines.of(_tracts("tracts2010"), "GEOID10")
    number = outlines.area_of(spots)
    demand = np.bincount(number[number >= 0], minlength=len(outlines.names))
    there = graph.snap(outlines.middles(spots), farthest=np.inf)
    travel = graph.seconds_between(graph.snap(table.select("LONGITUDE", "LATITUDE").to_numpy()), there)
    sites = tuple(Site(str(name), most=8) for name in table["DISTRICT"])
    problem = Cover(sites, demand.astype(np.float64), travel, WITHIN, UNITS, BUSY)
    worked = process_time()
    plan = place_units(problem, gap=1e-5)
    worked = process_time() - worked
    even = np.full(len(sites), UNITS // len(sites))
    even[: UNITS - even.sum()] += 1
    return [
        Figure("stations: demand expected to be reached in 7 minutes", plan.expected * 100, "%"),
        Figure("stations: the same with as many units at each", as_cover(problem, even).expected * 100, "%"),
        Figure("stations: gap to the proved bound", plan.gap * 100, "%", 0.01),
        Figure("stations: processor time", worked, "s", 10.0),
    ]


def tracts(graph: StreetGraph, spots: Floats, areas: int = AREAS, beats: int = BEATS) -> Beats:
    """The tracts nearest to a place, with their incidents and the driving times between them."""
    every = Outlines.of(_tracts("tracts2010"), "GEOID10")
    off = (every.middles() - MIDDLE) * (np.cos(np.radians(MIDDLE[1])), 1.0)
    near = np.argsort((off**2).sum(axis=1), kind="stable")[:areas]
    outlines = Outlines(tuple(every.names[i] for i in near), every.shapes[near], every.metric[near])
    number = outlines.area_of(spots)
    work = np.bincount(number[number >= 0], minlength=areas).astype(np.float64)
    middles = outlines.middles(spots)
    travel = graph.many_to_many(middles, middles)
    return Beats(outlines.areas(work.tolist()), outlines.borders()[0], travel, beats)


def cells(side: int = SIDE, beats: int = BEATS, seed: int = 5) -> Beats:
    """Square cells of a kilometre with drawn workload, two minutes from each to the next."""
    at = np.array([(i % side, i // side) for i in range(side * side)])
    travel = 120.0 * np.abs(at[:, None] - at[None, :]).sum(axis=2)
    work = np.random.default_rng(seed).gamma(2.0, 50.0, len(at)).round() + 1
    east = [Border(i, i + 1, 1000.0) for i in range(len(at)) if i % side < side - 1]
    north = [Border(i, i + side, 1000.0) for i in range(len(at) - side)]
    areas = tuple(SmallArea(f"c{i}", float(load), 1e6, 4000.0) for i, load in enumerate(work))
    return Beats(areas, (*east, *north), travel, beats)


def streets() -> StreetGraph:
    """The city's centre lines at one speed."""
    with TemporaryDirectory() as folder:
        lists = [CHICAGO / "streets" / f"chicago_street_{name}.csv.gz" for name in ("nodes", "edges_derived")]
        return open_lists(*lists, kmh=KMH, folder=Path(folder))


def incidents() -> Floats:
    """Where incidents of two years happened."""
    table = pl.scan_parquet(CHICAGO / "chicago_slim_2012-2018.parquet")
    recent = table.filter(pl.col("datetime") >= pl.datetime(2017, 1, 1)).select("lon", "lat").drop_nulls()
    return recent.collect().to_numpy().astype(np.float64)


def _tracts(name: str) -> list[dict[str, object]]:
    raw = gzip.decompress((CHICAGO / "boundaries" / f"{name}.geojson.gz").read_bytes())
    return list(json.loads(raw)["features"])


if __name__ == "__main__":
    given = [float(sys.argv[sys.argv.index(name) + 1]) for name in ("--seconds",) if name in sys.argv]
    report("beats", run(*given))
