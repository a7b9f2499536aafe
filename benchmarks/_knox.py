"""Knox's table on burglaries of Chicago, or on a synthetic city where these are not at hand."""

from collections.abc import Callable
from functools import partial
from time import process_time

import numpy as np
import numpy.typing as npt
import polars as pl
from benchmarks.common import DATA, Figure, best_of

from placewise.kernels.arrays import floats
from placewise.simulate import SyntheticCity, happen
from placewise.space import Events
from placewise.space.area import project
from placewise.warning import knox
from placewise.warning.near_repeat import DAYS, DISTANCES

RECORDED = 186.0
"""Seconds of pointpats' Knox test for 10,000 points and 999 orders, recorded earlier on such a machine."""


def run() -> list[Figure]:
    """Seconds for 10,000 and 100,000 incidents: ten distances to 1 km and one place, four weeks, 999 orders."""
    x, y, day = _burglaries()
    table = partial(knox, distances=DISTANCES, days=DAYS, replications=999)
    table(x[-500:], y[-500:], day[-500:])  # compile once: the machine code is kept on disk
    few, many = (_both(partial(table, x[-n:], y[-n:], day[-n:]), times) for n, times in ((10_000, 3), (100_000, 1)))
    return [
        Figure("Knox, 10,000 incidents, 999 orders", few[0], "s", 1.0),
        Figure("the same in processor seconds", few[1], "s"),
        Figure("pointpats recorded against ours", RECORDED / few[0], "times", 186.0, ">=", "pointpats, 186 s recorded"),
        Figure("Knox, 100,000 incidents, 999 orders", many[0], "s", 30.0),
        Figure("the same in processor seconds", many[1], "s"),
    ]


def _both(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Seconds of the quickest try, and processor seconds of a try on average."""
    begin = process_time()
    seconds = best_of(times, work)
    return seconds, (process_time() - begin) / times


def _burglaries() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Metres and days of 100,000 incidents or more, in order of time."""
    file = DATA / "chicago" / "chicago_slim_2012-2018.parquet"
    events = _chicago(pl.read_parquet(file)) if file.exists() else _synthetic()
    x, y = project("EPSG:32616" if file.exists() else "EPSG:32626", events.lon, events.lat)
    return floats(x), floats(y), events.times.astype("datetime64[D]").astype(np.int64)


def _chicago(rows: pl.DataFrame) -> Events:
    """The city's burglaries."""
    mine = rows.filter(pl.col("category") == "BURGLARY").drop_nulls(["lat", "lon"])
    return Events.from_arrays(mine["datetime"].to_numpy(), mine["lon"].to_numpy(), mine["lat"].to_numpy(), local=True)


def _synthetic() -> Events:
    """All incidents of two years and a half of a synthetic city."""
    return happen(SyntheticCity.make("city"), "2016-01-04", 910).all
