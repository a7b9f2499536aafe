"""Calls and units simulated: a year of 200,000 calls on real streets, against a plain Python twin and closed formulas.

`python -m benchmarks.simulate`. Portland: real calls of three months (dates without hours: their hours are Chicago's)
in the city's centre on its own streets, scaled to 200,000 a year. Chicago: victims' reports of 2017 with their minutes
on the whole city's street graph. Seconds are of the processor, compiled before. The twin lives through the same calls
event by event with heapq. Then the formulas: how far the simulation is from what is exact, in its own 95 % intervals.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import polars as pl
from benchmarks._cities import REPORTED, chicago
from benchmarks.common import DATA, Figure, report
from tests.placewise_simulate.plain_city import PlainCity
from tests.placewise_simulate.small_town import grid, one_place

from placewise.kernels.dispatch import run as run_once
from placewise.simulate import (
    POLICIES,
    Arrivals,
    Estimate,
    Hypercube,
    Outcome,
    Priority,
    Scenario,
    Station,
    Unit,
    Zone,
    erlang_b,
    erlang_c,
    every_day,
    mean_wait,
    preemptive_times,
    priority_waits,
    simulate,
    travel_seconds,
    zones_of,
)
from placewise.simulate.arrays import as_city, fresh
from placewise.simulate.calls import draw
from placewise.simulate.run import COVER_STEP
from placewise.space.events import Events
from placewise.space.readers import Columns, read_events
from placewise.streets import StreetGraph, open_lists, open_osm

DAY = 86_400.0
A_YEAR = 200_000 / 365 * 7  # calls a week
SHIFTS = ((6, 14), (14, 22), (22, 30))
LEVELS = (
    Priority("high", mean=3000.0, cv=1.2, target=480.0),
    Priority("priority", mean=2100.0, cv=1.2, target=900.0),
    Priority("cold", mean=1500.0, cv=1.2, target=3600.0),
)


def run() -> list[Figure]:
    """All figures; about two minutes."""
    with TemporaryDirectory() as folder:
        towns = {"Portland": portland(Path(folder)), "Chicago": chicago_town(Path(folder))}
    simulate(towns["Portland"], days=1, seed=0, runs=1)  # compile once
    figures = [figure for name, town in towns.items() for figure in _years(name, town)]
    figures.append(_against_twin(towns["Portland"]))
    return [*figures, *_formulas()]


def _years(name: str, town: Scenario) -> list[Figure]:
    """A year under each policy: seconds of the processor, and what it comes to."""
    figures = [Figure(f"{name}: zones", len(town.zones), ""), Figure(f"{name}: units", len(town.units), "")]
    for policy in POLICIES:
        changed = replace(town, policy=policy, preemption="driving")
        seconds, found = _timed(partial(simulate, changed, days=365, seed=1, runs=1))
        assert isinstance(found, Outcome)
        row, urgent = found.response(), found.response("high")
        told = f"{name}, {policy}"
        figures += [
            Figure(f"{told}: a year of {row.calls:,} calls", seconds, "s", 20.0),
            Figure(f"{told}: high priority, 90 % within", (urgent.p90.value or 0.0) / 60, "min"),
            Figure(f"{told}: all, 90 % within", (row.p90.value or 0.0) / 60, "min"),
            Figure(f"{told}: on calls", 100 * (found.utilisation.value or 0.0), "%"),
            Figure(f"{told}: cover", 100 * (found.cover.value or 0.0), "%"),
        ]
    return figures


def _against_twin(town: Scenario, days: int = 7) -> Figure:
    """How many times the twin's seconds ours takes, over the same calls; refuses unequal logs."""
    drawn = draw(town, 0.0, days * DAY, (1, 0))
    city, _ = as_city(town, 0.0, 2 * days * DAY)
    fleet, line, log = fresh(city, drawn.calls, 8 * len(drawn.at))
    ours, _ = _timed(
        lambda: run_once(city, drawn.calls, fleet, line, log, 0.0, 2 * days * DAY, COVER_STEP, np.zeros(0))
    )
    theirs, plain = _timed(lambda: PlainCity(city, drawn.calls).live(2 * days * DAY))
    assert isinstance(plain, PlainCity)
    rows = np.array([column[: line.size[1]] for column in log[:5]], dtype=np.float64).T
    np.testing.assert_array_equal(rows, np.array(plain.log)[:, :5])
    return Figure(f"plain Python over ours, {len(drawn.at):,} calls", theirs / ours, "×", 5.0, ">=", "heapq twin")


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    begin = process_time()
    done = work()
    return process_time() - begin, done


def portland(folder: Path) -> Scenario:
    """The centre of Portland: 200,000 calls a year, zones of resolution 9, police districts as areas and beats."""
    graph = open_osm(DATA / "portland" / "portland-central-filtered.osm.pbf", folder=folder)
    calls = _portland_calls(graph)
    zones = zones_of(calls, 9)
    levels = {"high": 0, "priority": 1, "cold": 2}
    counted = Arrivals.from_events(calls, zones, levels, 3)
    hours = Arrivals.from_events(
        chicago().events.of(*REPORTED).within("2017-01-02", "2018-01-01"), zones, _all_one(), 1
    )
    rhythm = np.repeat(hours.rhythm, 3, axis=0)
    arrivals = Arrivals(counted.weekly * A_YEAR / counted.weekly.sum(), rhythm)
    return _town(graph, zones, arrivals, stations=5, units=24)


def _all_one() -> Mapping[str, int]:
    return dict.fromkeys(REPORTED, 0)


def _portland_calls(graph: StreetGraph) -> Events:
    """The calls within 500 m of the extract's streets, by urgency as their description says it."""
    path = DATA / "portland" / "portland_cfs_2016-08_2016-10.parquet"
    told = pl.col("CASE_DESC").cast(pl.String)
    high = told.str.contains(r"\*H|SHOTS|INJURY ACC|ACCIDENT - INJURY|WITH WEAPON|STABBING")
    urgency = pl.when(high).then(pl.lit("high")).when(told.str.contains("PRIORITY")).then(pl.lit("priority"))
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "calls.parquet"
        pl.read_parquet(path).with_columns(urgency.otherwise(pl.lit("cold")).alias("urgency")).write_parquet(copy)
        columns = Columns(
            "occ_date", "x_coordina", "y_coordina", "urgency", crs="EPSG:2913", date_only=True,
            zone="America/Los_Angeles",
        )  # fmt: skip
        events = read_events([copy], columns).events
    near = graph.snap(np.column_stack([events.lon, events.lat]), farthest=np.inf).metres < 500
    return events.thinned(near.astype(np.float64), seed=0)


def chicago_town(folder: Path) -> Scenario:
    """All of Chicago: reports of 2017, zones of resolution 8, community areas, the real stations."""
    parts = DATA / "chicago" / "streets"
    graph = open_lists(
        parts / "chicago_street_nodes.csv.gz", parts / "chicago_street_edges_derived.csv.gz", kmh=35, folder=folder
    )
    calls = chicago().events.of(*REPORTED).within("2017-01-02", "2018-01-01")
    calls = Events.from_arrays(
        calls.times, calls.lon, calls.lat, np.array(calls.classes)[calls.codes], zone=calls.zone, local=True
    )
    on_street = graph.snap(np.column_stack([calls.lon, calls.lat]), farthest=np.inf).metres < 1000
    calls = calls.thinned(on_street.astype(np.float64), seed=0)
    zones = zones_of(calls, 8)
    urgent = {"HOMICIDE": 0, "ROBBERY": 0, "ASSAULT": 0, "BATTERY": 0, "BURGLARY": 1, "ARSON": 1, "KIDNAPPING": 1}
    levels = {name: urgent.get(name, 2) for name in calls.classes}
    return _town(graph, zones, Arrivals.from_events(calls, zones, levels, 3), stations=22, units=36)


def _town(graph: StreetGraph, zones: tuple[Zone, ...], arrivals: Arrivals, *, stations: int, units: int) -> Scenario:
    """Stations where calls are, `units` in each of three shifts, the zones nearest to a station as its beat."""
    rng = np.random.default_rng(0)
    weight = arrivals.weekly.sum(axis=0)
    picked = rng.choice(len(zones), stations, replace=False, p=weight / weight.sum())
    homes = tuple(Station(f"s{i}", zones[z].lon, zones[z].lat) for i, z in enumerate(picked.tolist()))
    travel = travel_seconds(graph, zones, homes)
    nearest = travel[len(zones) :, : len(zones)].argmin(axis=0)
    placed = tuple(replace(zone, area=f"beat {near}") for zone, near in zip(zones, nearest.tolist(), strict=True))
    crews = tuple(
        Unit(f"{start:02}-{i}", f"s{i % stations}", every_day(start * 3600, end * 3600), (f"beat {i % stations}",))
        for start, end in SHIFTS
        for i in range(units)
    )
    return Scenario(placed, homes, crews, LEVELS, arrivals, travel)


def _formulas() -> list[Figure]:
    """How far the simulation lies from exact answers, in its own intervals; a thousand true ones reach 2 once."""
    line = simulate(one_place([8.0], 30.0, 5), days=365, seed=2, runs=12, warm_up=7)
    loss = simulate(one_place([6.0], 30.0, 3, waiting=False), days=365, seed=3, runs=12, warm_up=7)
    ranks = simulate(one_place([2.0, 1.0, 2.0], 30.0, 3), days=365, seed=4, runs=12, warm_up=7)
    taken = simulate(one_place([2.0, 1.0, 2.0], 30.0, 3, preemption="always"), days=365, seed=5, runs=12, warm_up=7)
    waits = priority_waits([2.0, 1.0, 2.0], 0.5, 3) * 3600
    first = (preemptive_times([2.0, 1.0, 2.0], 0.5, 3)[0] - 0.5) * 3600
    cases = {
        "M/M/5 at 80 %, share waiting (Erlang C)": (line.response().queued, erlang_c(4.0, 5)),
        "M/M/5 at 80 %, mean wait in s": (line.response().wait, mean_wait(8.0, 0.5, 5) * 3600),
        "M/M/3/3, share lost (Erlang B)": (loss.response().lost, erlang_b(3.0, 3)),
        **{
            f"priority {k + 1} of M/M/3, wait in s (Cobham)": (ranks.response(str(k + 1)).wait, waits[k])
            for k in range(3)
        },
        "M/M/3 pre-emptive, wait of the first in s": (taken.response("1").wait, first),
        **_cubes(),
    }
    figures = []
    for name, (found, stated) in cases.items():
        assert found.value is not None
        assert found.low is not None
        figures.append(Figure(f"{name}: {stated:.5g} exact, simulated", found.value, ""))
        figures.append(
            Figure(f"{name}: off, in half intervals", abs(found.value - stated) / (found.value - found.low), "", 2.0)
        )
    return figures


def _cubes() -> dict[str, tuple[Estimate, float]]:
    """The hypercube of 9 units in a town of 64 zones: with a queue, and without one."""
    cases: dict[str, tuple[Estimate, float]] = {}
    for waiting in (True, False):
        town = grid(8, 9, 300, minutes_a_step=1 / 6000, waiting=waiting)
        town = replace(town, priorities=tuple(replace(level, mean=1800.0) for level in town.priorities))
        model, found = Hypercube.of(town).exact(), simulate(town, days=365, seed=6, runs=12)
        told = "9 units, 300 calls a day" + ("" if waiting else ", no queue")
        worst = max(range(9), key=lambda u: _off(found.units[u].utilisation, float(model.utilisation[u])))
        cases[f"hypercube, {told}, unit {worst} (the worst)"] = (
            found.units[worst].utilisation, float(model.utilisation[worst]),
        )  # fmt: skip
        if waiting:
            cases[f"hypercube, {told}, mean wait in s"] = (found.response().wait, model.wait)
        else:
            cases[f"hypercube, {told}, mean driving in s"] = (found.response().mean, model.mean_travel)
    return cases


def _off(found: Estimate, stated: float) -> float:
    assert found.value is not None
    assert found.low is not None
    return abs(found.value - stated) / (found.value - found.low)


if __name__ == "__main__":
    report("simulate", run())
