"""`python -m placewise fairness`: exposure by group of areas, under-reporting, and feedback."""

import argparse
import gzip
import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from placewise.cli.options import Input, add_interval, parser, read, share
from placewise.cli.output import as_json, out, progress, say, write_text
from placewise.evaluate.backtest import Step
from placewise.fairness import AreaGroups, Drift, NoGroups, exposure, simulate_feedback, thin_reports
from placewise.forecast import estimator
from placewise.kernels.arrays import Floats, floats

LEAST_RATE = 1e-6  # true incidents a week in a cell that had none: it could have one


def main(arguments: Sequence[str]) -> int:
    """Exposure of groups of areas, and what less reporting and a year of patrols would do. JSON; exit code 0."""
    asks = parser("fairness", "Who bears a forecast: by groups of areas that you bring.")
    add = asks.add_argument
    add("--groups", required=True, type=Path, metavar="GEOJSON", help="areas with a property to group by")
    add("--by", required=True, metavar="PROPERTY", help="the name of a group, or a number to cut into fifths")
    add("--residents", metavar="PROPERTY", help="residents of each area")
    add_interval(asks)
    add("--share", type=share, default=0.05, help="part of the area that is chosen")
    add("--minutes", type=Path, metavar="CSV", help="patrol minutes asked: columns cell, minutes")
    add("--thin", type=_thinning, metavar="GROUP=PART", help="repeat with only this part of a group's reports")
    add("--feedback", type=int, default=0, metavar="RUNS", help="simulate a year this many times, 2 or more")
    add("--patrols", type=int, default=100, help="visits a week in the simulated year")
    add("--out", type=out(".json"), metavar="JSON", help="without it JSON is printed")
    given = asks.parse_args(list(arguments))
    data = read(given, given.start)
    groups = AreaGroups.of(data.cells, _areas(given.groups), given.by, given.residents)
    report: dict[str, Any] = {"exposure": _exposure(given, data, groups)}
    if given.thin:
        report["under_reporting"] = _thinned(given, data, groups)
    if given.feedback:
        report["feedback"] = [_feedback(given, data, groups, kind) for kind in ("reported", "discovered")]
    write_text(given.out, as_json(report))
    return 0


def _areas(path: Path) -> dict[str, Any]:
    """The areas of a GeoJSON file, gzipped or not; features without an outline are left out."""
    raw = path.read_bytes()
    try:
        features = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)["features"]
        return {"features": [one for one in features if one["geometry"]]}
    except (ValueError, TypeError, LookupError, gzip.BadGzipFile) as error:
        raise NoGroups(f"{path.name} is no GeoJSON collection of features") from error


def _exposure(given: Namespace, data: Input, groups: AreaGroups) -> list[dict[str, Any]]:
    """Exposure of each group in one forecast, and what was reported after it."""
    start = data.events.moment(given.start)
    end = given.horizon.after(start)
    model = estimator(given.model).fit(data.events, data.cells, until=start, context=data.context)
    reported = data.cells.counts(data.events, start, end)
    minutes = None if given.minutes is None else _minutes(given.minutes, data)
    parts = exposure(model.predict(start, end), groups, share=given.share, minutes=minutes, reported=reported)
    for one in parts:
        say(f"  {one.group}: {one.chosen_share:.1%} of the chosen area, {one.expected_share:.1%} of what is expected")
    return [asdict(one) for one in parts]


def _minutes(path: Path, data: Input) -> Floats:
    """(n,) patrol minutes by cell, from a table of cells and minutes."""
    try:
        table = pl.read_csv(path, columns=["cell", "minutes"], schema_overrides={"cell": pl.String})
        asked = dict(zip(table["cell"].to_list(), table["minutes"].cast(pl.Float64).to_list(), strict=True))
    except pl.exceptions.PolarsError as error:
        raise NoGroups(f"{path.name} has no columns cell and minutes: {error}") from error
    if unknown := sorted(set(asked) - set(data.cells.names)):
        raise NoGroups(f"{path.name} names cells that are not there, the first of them {unknown[0]}")
    return floats([asked.get(name, 0.0) for name in data.cells.names])


def _thinned(given: Namespace, data: Input, groups: AreaGroups) -> dict[str, Any]:
    """The forecast repeated with part of one group's reports."""
    name, part = given.thin
    start = data.events.moment(given.start)
    result = thin_reports(
        estimator(given.model), data.events, data.cells, groups, {name: part},
        until=start, end=given.horizon.after(start), context=data.context, share=given.share, seed=given.seed,
    )  # fmt: skip
    say(f"  with {part:.0%} of the reports of {name}, {result.moved:.1%} of the chosen area changes groups")
    return asdict(result)


def _feedback(given: Namespace, data: Input, groups: AreaGroups, kind: Any) -> dict[str, Any]:
    """A simulated year of patrols, with what was counted in the last year as the true rates."""
    start = data.events.moment(given.start)
    rates = data.cells.counts(data.events, start - np.timedelta64(364, "D"), start) / 52 + LEAST_RATE
    drift = simulate_feedback(
        estimator(given.model), data.cells, rates, groups,
        input=kind, runs=given.feedback, patrols=given.patrols, seed=given.seed,
        progress=lambda done, total: progress(Step(done, total, f"{kind} input", "simulated weeks")),
    )  # fmt: skip
    word = "runs away" if drift.runs_away else "holds"
    interval = f"{drift.change_low:+.1%} to {drift.change_high:+.1%}"
    say(f"  {kind} input {word}: {drift.change:+.1%} of the visits moved away from the true rates ({interval})")
    return _plain(drift)


def _plain(drift: Drift) -> dict[str, Any]:
    """A drift in plain values."""
    return {
        "input": drift.input,
        "groups": list(drift.groups),
        "fair": drift.fair.tolist(),
        "asked_by_week": drift.asked.mean(axis=0).tolist(),
        "distance_by_week": drift.distance.mean(axis=0).tolist(),
        "change": drift.change,
        "interval": [drift.change_low, drift.change_high],
        "group_change": drift.group_change.tolist(),
        "concentrated": list(drift.concentrated),
        "runs_away": drift.runs_away,
    }


def _thinning(text: str) -> tuple[str, float]:
    """A group and the part of its reports that is kept."""
    name, _, part = text.rpartition("=")
    if not name:
        raise argparse.ArgumentTypeError(f"{text!r} names no group and part; write it as North=0.5")
    return name, share(part)
