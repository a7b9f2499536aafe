"""One measure of speed in a process of its own: `python -m benchmarks._forecast_speed EVENTS`, JSON on standard output.

0 events stands for Chicago's burglaries with the other classes as context; other numbers draw that many incidents from
all of Chicago's, each moved a little, as one class.
"""

import json
import resource
import subprocess
import sys
from time import perf_counter, process_time

import numpy as np
from benchmarks._cities import City, chicago

from placewise.forecast import estimator
from placewise.space.cells import Cells
from placewise.space.events import Events


def measured(events: int) -> dict[str, float]:
    """Seconds on the clock and of the processor, and the peak in MiB, of reading, fitting and forecasting."""
    run = [sys.executable, "-m", "benchmarks._forecast_speed", str(events)]
    found: dict[str, float] = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    return found


def _timed(events: int) -> dict[str, float]:
    city = chicago()
    known, context = city.split("BURGLARY") if events == 0 else (_drawn(city, events), None)
    _forecast(known, context, chicago().cells, "2013-01-07")  # compile once: the machine code is kept on disk
    clock, processor = perf_counter(), process_time()
    _forecast(known, context, city.cells, "2018-01-01")
    seconds = {"seconds": perf_counter() - clock, "processor": process_time() - processor}
    return seconds | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _forecast(known: Events, context: Events | None, cells: Cells, until: str) -> None:
    """One forecast of a week, every incident placed in its cell anew."""
    end = np.datetime64(until) + np.timedelta64(7, "D")
    estimator("ours").fit(known, cells, until=until, context=context).predict(until, str(end))


def _drawn(city: City, count: int) -> Events:
    """So many incidents of 2012 to 2017, drawn with replacement, moved by some 20 m and some hours."""
    rng = np.random.default_rng(1)
    every = city.events.before("2018-01-01")
    rows = rng.integers(0, len(every), count)
    times = every.times[rows] - rng.integers(0, 12 * 3600, count).astype("timedelta64[s]")
    lon, lat = (part[rows] + rng.normal(0, 2e-4, count) for part in (every.lon, every.lat))
    return Events.from_arrays(times, lon, lat, local=True, since="2012-01-02")


if __name__ == "__main__":
    print(json.dumps(_timed(int(sys.argv[1]))))
