"""`python -m placewise simulate`: what response times, queue, load and cover calls and units would come to."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from placewise.cli.options import checked, listed, projection, zone
from placewise.cli.output import as_json, out, say, write_text
from placewise.cli.simulate_tables import read_patrols, read_units
from placewise.cli.tables import BadTable, features
from placewise.cli.travel import parser, travel
from placewise.simulate import (
    IDLE,
    POLICIES,
    PREEMPTION,
    Arrivals,
    Difference,
    Estimate,
    NotComparable,
    Outcome,
    Priority,
    Recorded,
    Scenario,
    Station,
    Unit,
    areas_from,
    compare,
    driven_to,
    simulate,
    travel_seconds,
    zones_of,
)
from placewise.space.events import Events
from placewise.space.readers import Columns, read_events

MOST_PRIORITIES = 9
TOLD = {"mean": "mean", "p50": "half in", "p90": "90 % in"}


def main(arguments: Sequence[str]) -> int:
    """Simulate calls and units; the outcome as JSON to --out, else printed. Exit code 0."""
    given = _asked(arguments)
    before = _earlier(given.against) if given.against else None
    scenario = _scenario(given)
    say(f"{len(scenario.zones)} zones, {len(scenario.units)} units, {scenario.arrivals.weekly.sum():,.0f} calls a week")
    found = simulate(
        scenario, days=given.days, seed=given.seed, runs=given.runs,
        progress=_progress,
    )  # fmt: skip
    _tell(found)
    report: dict[str, Any] = {"outcome": found.to_dict()}
    if before is not None:
        differences = compare(before, found)
        _tell_differences(differences)
        report["differences"] = [{**asdict(one), "clear": one.clear} for one in differences]
    write_text(given.out, as_json(report))
    return 0


def _asked(arguments: Sequence[str]) -> Namespace:
    """The options."""
    asks = parser("simulate", "Calls and units: response times, queue, load and cover under your rules.")
    _add_calls(asks)
    _add_rules(asks)
    return asks.parse_args(list(arguments))


def _add_calls(asks: ArgumentParser) -> None:
    """Which calls, of which priority, and how long they take."""
    add = asks.add_argument
    add("files", nargs="+", type=Path, metavar="CALLS", help="CSV, Parquet, Arrow or GeoJSON, all of one layout")
    add("--time", required=True, metavar="COLUMN", help="when the call came in")
    add("--lon", default="lon", metavar="COLUMN", help="longitude, or easting with --crs")
    add("--lat", default="lat", metavar="COLUMN", help="latitude, or northing with --crs")
    add("--crs", type=projection, metavar="EPSG", help="projection of the positions; without it they are degrees")
    add("--zone", default="UTC", type=zone, metavar="ZONE", help="IANA zone of the city, for times that name theirs")
    add("--date-only", action="store_true", help="the hours are not known, whatever the column says")
    add("--priority", metavar="COLUMN", help="how urgent a call is; without it all are alike")
    add(
        "--priorities", type=listed, default=[], metavar="A,B", help="its values, the most urgent first; others are out"
    )
    add(
        "--minutes",
        type=checked(_numbers),
        default=[30.0],
        metavar="A,B",
        help="mean minutes at the scene, by priority",
    )
    add("--spread", type=float, default=1.0, metavar="CV", help="their coefficient of variation; 0: always the mean")
    add("--targets", type=checked(_numbers), default=[10.0], metavar="A,B", help="minutes to arrive in, by priority")
    add(
        "--two-people",
        type=checked(_numbers),
        default=[0.0],
        metavar="A,B",
        help="share that asks for two, by priority",
    )
    add("--h3", type=int, default=8, metavar="RESOLUTION", help="of the hexagons that are zones")
    add("--areas", type=Path, metavar="GEOJSON", help="areas that results and beats are told by")
    add("--by", default="name", metavar="PROPERTY", help="the name of an area")
    add("--scale", type=float, default=1.0, metavar="FACTOR", help="so many times the calls")
    add("--recorded", action="store_true", help="draw real weeks again; without it, rates by zone and hour")


def _add_rules(asks: ArgumentParser) -> None:
    """Which units under which rules, and how long."""
    add = asks.add_argument
    add(
        "--units",
        required=True,
        type=Path,
        metavar="CSV",
        help="name, lon, lat and, if wanted, from, to, days, beat, crew",
    )
    add("--patrols", type=Path, metavar="CSV", help="stops of a plan: unit, lon, lat, from, to and, if wanted, days")
    add("--policy", default=POLICIES[0], choices=POLICIES)
    add("--preemption", default=PREEMPTION[0], choices=PREEMPTION, help="whom an urgent call may take a unit from")
    add("--idle", default=IDLE[0], choices=IDLE, help="where a free unit goes")
    add("--hand-over", action="store_true", help="calls that find nobody free do not wait but go to somebody else")
    add("--cover", type=float, default=8.0, metavar="MINUTES", help="that count as within reach of a free unit")
    add("--days", type=float, default=28.0)
    add("--runs", type=int, default=12, help="each with other calls")
    add("--seed", type=int, default=0, help="of every random choice")
    add("--against", type=Path, metavar="JSON", help="an earlier report with this seed, days and runs, to compare with")
    add("--out", type=out(".json"), metavar="JSON", help="without it JSON is printed")


def _scenario(given: Namespace) -> Scenario:
    """The scenario of the options and files."""
    events, levels = _calls(given)
    areas = areas_from(features(given.areas), given.by) if given.areas else None
    times = travel(given)
    zones, moved = driven_to(zones_of(events, given.h3, areas), events, times)
    if moved:
        say(f"{moved:,} calls lie too far from any street and count at the nearest place on one")
    stations, units = _units(given)
    names = [level.name for level in levels]
    number = (
        {name: names.index(name) for name in events.classes} if given.priority else dict.fromkeys(events.classes, 0)
    )
    return Scenario(
        zones=zones,
        stations=stations,
        units=units,
        priorities=levels,
        arrivals=_arrivals(given, events, zones, number),
        travel=travel_seconds(times, zones, stations),
        policy=given.policy,
        preemption=given.preemption,
        idle=given.idle,
        waiting=not given.hand_over,
        patrols=read_patrols(given.patrols, zones) if given.patrols else (),
        cover_seconds=given.cover * 60,
    )


def _units(given: Namespace) -> tuple[tuple[Station, ...], tuple[Unit, ...]]:
    """Stations and units; their beats mean nothing without areas."""
    stations, units = read_units(given.units)
    if given.areas or not any(unit.beat for unit in units):
        return stations, units
    if given.policy == "beat_first":
        raise BadTable("--policy beat_first needs the areas of the beats: --areas")
    say("the beats of units are left out: without --areas nobody knows where they are")
    return stations, tuple(replace(unit, beat=()) for unit in units)


def _calls(given: Namespace) -> tuple[Events, tuple[Priority, ...]]:
    """The calls, and their priorities with times."""
    columns = Columns(given.time, given.lon, given.lat, given.priority, None, given.crs, given.date_only, given.zone)
    got = read_events(given.files, columns, given.priorities or None)
    if got.left_out:
        say(f"{got.left_out:,} of {got.rows:,} rows have no time or no place and are left out")
    if not len(got.events):
        raise BadTable(f"none of {got.rows:,} rows has both a time and a place on the globe")
    names = given.priorities or (list(got.events.classes) if given.priority else ["call"])
    if len(names) > MOST_PRIORITIES:
        raise BadTable(f"column {given.priority} has {len(names)} values; name the priorities with --priorities")
    shares = [_each(given, option, len(names)) for option in ("minutes", "targets", "two_people")]
    return got.events, tuple(
        Priority(name, mean=60 * mean, cv=given.spread, target=60 * target, two_people=two)
        for name, mean, target, two in zip(names, *shares, strict=True)
    )


def _each(given: Namespace, option: str, count: int) -> list[float]:
    """A number for each priority; one stands for all."""
    numbers: list[float] = getattr(given, option)
    if len(numbers) not in {1, count}:
        raise BadTable(f"--{option.replace('_', '-')} has {len(numbers)} numbers, and there are {count} priorities")
    return numbers * count if len(numbers) == 1 else numbers


def _arrivals(given: Namespace, events: Events, zones: Any, number: dict[str, int]) -> Arrivals | Recorded:
    """Rates or recorded weeks."""
    count = max(number.values()) + 1 if not given.priorities else len(given.priorities)
    if not given.recorded:
        return Arrivals.from_events(events, zones, number, count).scaled(given.scale)
    if given.scale != 1:
        raise BadTable("--recorded weeks can't be scaled: leave out one of --recorded and --scale")
    return Recorded.from_events(events, zones, number, count, seed=given.seed)


def _numbers(text: str) -> list[float]:
    """Numbers between commas."""
    try:
        found = [float(one) for one in listed(text)]
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} holds no numbers between commas") from error
    if not found or not np.isfinite(found).all():
        raise ArgumentTypeError(f"{text!r} holds no numbers between commas")
    return found


def _earlier(path: Path) -> Outcome:
    """The outcome in an earlier report."""
    try:
        return Outcome.from_dict(json.loads(path.read_text(encoding="utf-8"))["outcome"])
    except (ValueError, TypeError, LookupError) as error:
        raise NotComparable(f"{path.name} is no report of a simulation") from error


def _progress(done: int, total: int) -> None:
    """One line that is written over on a terminal, else a line for every run."""
    line = f"{done} of {total} runs"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if done == total else ""))
        sys.stderr.flush()
    else:
        say(line)


def _tell(found: Outcome) -> None:
    """The figures that matter, in a few lines."""
    for note in found.notes:
        say(f"Beware: {note}")
    for row in found.responses:
        if not row.area:
            times = ", ".join(f"{words} {_minutes(getattr(row, name))}" for name, words in TOLD.items())
            served = f"in time {_share(row.within)}, waited {_share(row.queued)}"
            say(f"  {row.priority or 'all calls':10} {times} min; {served}")
    say(f"  units are on calls {_share(found.utilisation)} of their duty; calls within reach {_share(found.cover)}")


def _tell_differences(differences: Sequence[Difference]) -> None:
    """What clearly changed for all calls of a priority."""
    for one in differences:
        if one.clear and not one.area and not one.unit and one.measure in {*TOLD, "within", "cover", "utilisation"}:
            interval = f"{one.low:+.3g} to {one.high:+.3g}"
            say(f"  {one.measure} {one.priority or 'all'}: {one.a:.4g} → {one.b:.4g} ({interval})")


def _minutes(one: Estimate) -> str:
    """Minutes with their interval."""
    if one.value is None:
        return "–"
    reach = "" if one.low is None else f" ± {(one.value - one.low) / 60:.1f}"
    return f"{one.value / 60:.1f}{reach}"


def _share(one: Estimate) -> str:
    """A share in per cent."""
    return "–" if one.value is None else f"{one.value:.1%}"
