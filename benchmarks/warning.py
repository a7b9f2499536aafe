"""Early warning against SaTScan 10.3.2: `python -m benchmarks.warning [scan] [knox]`, without a word both.

SaTScan is not run here. Its seconds, of one process on this kind of machine, are recorded for a prospective space-time
permutation scan with a radius of 1 km, 28 days, 999 replications and no early stop; ours runs the same on the data that
was recorded with them where that is there (d10k_500), else on data of the same size: made up on the same grid, and
Chicago's incidents. The goal is of processor seconds, ours of all threads together: the clock of two threads on two
free cores does better, that of a busy machine tells little.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time
from typing import Any

import numpy as np
import polars as pl
from benchmarks.common import DATA, Figure, report

from placewise.space import Area, Cells, Events
from placewise.warning import Cases, SpaceTimeScan

RECORDED = DATA / "satscan_ref"
CHICAGO = DATA / "chicago" / "chicago_slim_2012-2018.parquet"
FOUND_BY_PATROLS = ("NARCOTICS", "PROSTITUTION", "GAMBLING", "LIQUOR LAW VIOLATION", "WEAPONS VIOLATION")
TIMES_FASTER = 15.0


@dataclass(frozen=True)
class Task:
    """A scan to be timed, and what SaTScan took for one of its size."""

    name: str
    satscan: float
    fit: Callable[[SpaceTimeScan], SpaceTimeScan]


def main() -> None:
    """Measure the parts named, or all."""
    asked = sys.argv[1:] or ["scan", "knox"]
    figures: list[Figure] = scan_figures() if "scan" in asked else []
    if "knox" in asked and find_spec("benchmarks._knox"):
        figures += import_module("benchmarks._knox").run()
    report("warning", figures)


def scan_figures() -> list[Figure]:
    """Agreement with the recorded run, seconds and ratios of each size, and a million cases."""
    SpaceTimeScan(replications=40).fit(_points(2_000), until="2024-12-31")  # compile once: kept on disk
    figures = [*_agreement()]
    for task in _tasks():
        figures += _timed(task)
    return figures + _million()


def _timed(task: Task) -> list[Figure]:
    """Seconds of one task, the least disturbed of three runs, and how many times SaTScan takes as long."""
    runs = []
    for _ in range(3):
        begin, busy = perf_counter(), process_time()
        found = task.fit(SpaceTimeScan())
        runs.append((perf_counter() - begin, process_time() - busy))
    seconds, processor = (min(part) for part in zip(*runs, strict=True))
    places = f"{len(found.cases_):,} cases on {found.cases_.x.size:,} places"
    return [
        Figure(f"{task.name}: {places}", seconds, "s"),
        Figure(f"{task.name}: faster by the clock", task.satscan / seconds, "times", peer="SaTScan, recorded"),
        Figure(f"{task.name}: processor seconds, all threads", processor, "s"),
        Figure(f"{task.name}: faster", task.satscan / processor, "times", TIMES_FASTER, ">=", "SaTScan, recorded"),
    ]


def _tasks() -> list[Task]:
    """The three sizes that SaTScan was timed with, made up and real."""
    within: dict[str, Any] = {"since": "2024-01-01", "until": "2024-12-31"}
    thousands, more, points = _grid(10_000, 0.68), _grid(100_000, 3.0), _points(10_000)  # made up before it is timed
    tasks = [
        Task("grid, 10 k", 14.1, lambda scan: scan.fit(thousands, **within)),
        Task("grid, 100 k", 45.1, lambda scan: scan.fit(more, **within)),
        Task("own points, 10 k", 340.0, lambda scan: scan.fit(points, **within)),
    ]
    if not CHICAGO.exists():
        return tasks
    year: dict[str, Any] = {"since": "2017-01-01", "until": "2018-01-01"}
    some, many = _chicago(10_000, ["BURGLARY"]), _chicago(100_000)
    wide, narrow = _cells(some, 285), _cells(many, 275)
    return [
        *tasks,
        Task("Chicago burglaries, 10 k", 14.1, lambda scan: scan.fit(some, wide, **year)),
        Task("Chicago, 100 k", 45.1, lambda scan: scan.fit(many, narrow, **year)),
        Task("Chicago burglaries, own points", 340.0, lambda scan: scan.fit(some, **year)),
    ]


def _million() -> list[Figure]:
    """A million of Chicago's incidents on squares of 250 m."""
    if not CHICAGO.exists():
        return []
    events = _chicago(1_000_000, since="2012-01-01", until="2018-11-01")
    cells = _cells(events, 250)
    begin, busy = perf_counter(), process_time()
    found = SpaceTimeScan().fit(events, cells, until="2018-11-01")
    seconds, processor = perf_counter() - begin, process_time() - busy
    return [
        Figure(f"Chicago: {len(found.cases_):,} cases on {found.cases_.x.size:,} places", seconds, "s"),
        Figure("the same: processor seconds, all threads", processor, "s"),
        Figure("greatest memory of all of this", getrusage(RUSAGE_SELF).ru_maxrss / 2**20, "GiB"),
    ]


def _agreement() -> list[Figure]:
    """The recorded run of d10k_500 itself: the difference of the first statistic, and seconds."""
    if not RECORDED.exists():
        return []
    places = [line.split() for line in (RECORDED / "d10k_500.geo").read_text().splitlines()]
    rows = [line.split() for line in (RECORDED / "d10k_500.cas").read_text().splitlines()]
    number = {place[0]: k for k, place in enumerate(places)}
    x, y = np.array([[float(part) * 1000 for part in place[1:3]] for place in places]).T
    days = [row[2].replace("/", "-") for row in rows]
    cases = Cases.from_counts(x, y, [number[row[0]] for row in rows], days, [int(row[1]) for row in rows])
    task = Task("d10k_500", 3.0, lambda scan: scan.fit(cases, since="2024-01-01", until="2024-12-31"))
    found = task.fit(SpaceTimeScan())
    error = max(
        abs(cluster.statistic - want)
        for cluster, want in zip(found.clusters_, (104.148347, 6.838921, 6.818915), strict=False)
    )
    return [Figure("d10k_500: statistics off by at most", error, "", 5.1e-7, peer="SaTScan, recorded"), *_timed(task)]


def _grid(cases: int, evenness: float) -> Cases:
    """Cases on squares of 250 m over 20 × 20 km; the lower the evenness, the fewer squares have any."""
    rng = np.random.default_rng(1)
    weight = rng.gamma(evenness, 1.0, 6_400)
    column, row = np.divmod(np.arange(6_400), 80)
    place = rng.choice(6_400, cases, p=weight / weight.sum())
    every = Cases.from_counts(column * 250.0, row * 250.0, place, _days(rng, cases))
    return every.at_places(np.bincount(place, minlength=6_400) > 0)  # as many as SaTScan was given


def _points(cases: int) -> Cases:
    """Cases scattered over 20 × 20 km, each at its own point."""
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 20_000, (2, cases))
    return Cases.from_counts(x, y, np.arange(cases), _days(rng, cases))


def _days(rng: np.random.Generator, n: int) -> Any:
    """Days of 2024, each as likely."""
    return np.datetime64("2024-01-01") + rng.integers(0, 365, n)


def _chicago(
    n: int, classes: list[str] | None = None, since: str = "2017-01-01", until: str = "2018-01-01"
) -> Events:  # fmt: skip
    """A random n of Chicago's reported incidents of a period."""
    table = pl.scan_parquet(CHICAGO).select("datetime", "lon", "lat", pl.col("category").cast(pl.String))
    wanted = ~pl.col("category").is_in(FOUND_BY_PATROLS) if classes is None else pl.col("category").is_in(classes)
    period = pl.col("datetime").is_between(pl.lit(since).str.to_datetime(), pl.lit(until).str.to_datetime(), "left")
    rows = table.filter(wanted & period & pl.col("lon").is_not_null()).collect().sample(n, seed=1)
    return Events.from_arrays(
        rows["datetime"].to_numpy(), rows["lon"].to_numpy(), rows["lat"].to_numpy(), zone="America/Chicago", local=True,
        since=since,
    )  # fmt: skip


def _cells(events: Events, size: float) -> Cells:
    """Squares over the ground of the events."""
    return Cells.squares(Area.covering(events), size)


if __name__ == "__main__":
    main()
