"""The options that say what driving times rest on: an extract, lists of nodes and edges, or the great circle."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from placewise.cli.options import bare, checked
from placewise.cli.output import say
from placewise.kernels.arrays import Floats
from placewise.kernels.errors import PlacewiseError
from placewise.plan.beats_ground import drive_between
from placewise.plan.drive import FIELD_KMH
from placewise.streets import CrowFlight, SpeedProfile, StreetGraph, TravelTimes, open_lists, open_osm


class NoTravelTimes(PlacewiseError):
    """Options that name no source of driving times, or more than one."""


def parser(name: str, words: str) -> argparse.ArgumentParser:
    """A parser that knows where driving times come from."""
    made = bare(name, words)
    add = made.add_argument
    add("--streets", type=Path, metavar="EXTRACT", help="an OpenStreetMap extract, .osm.pbf")
    add("--nodes", type=Path, metavar="CSV", help="streets as lists: node, longitude, latitude")
    add("--edges", type=Path, metavar="CSV", help="and u, v, length_m; both ways open")
    add("--crow", action="store_true", help="no streets: the great circle with a detour")
    add("--kmh", type=checked(_speed), metavar="SPEED", help="the one speed of --nodes or --crow")
    add("--detour", type=float, default=1.3, metavar="FACTOR", help="of --crow")
    add("--cache", type=Path, metavar="FOLDER", help="keeps the graph; without it, beside the extract")
    add("--profile", type=Path, metavar="JSON", help="shares of the speed by hour of the week and class of road")
    add("--hour", type=int, metavar="HOUR", help="of the week for --profile, 0 is Monday midnight")
    return made


def travel(given: argparse.Namespace) -> TravelTimes:
    """The driving times that the options name; what they rest on is said."""
    named = [bool(given.streets), bool(given.nodes or given.edges), given.crow]
    if sum(named) != 1:
        raise NoTravelTimes("name one source of driving times: --streets, or --nodes with --edges, or --crow")
    if not given.streets and given.kmh is None:
        raise NoTravelTimes("without an extract a speed is needed: --kmh")
    if (given.profile is None) != (given.hour is None):
        raise NoTravelTimes("--profile and --hour go together")
    times = _source(given)
    if given.profile is not None:
        times = times.at(_profile(given.profile), given.hour)
    say(f"driving times from {times.facts['source']}{_size(times)}")
    return times


def _size(times: TravelTimes) -> str:
    """How many junctions there are, and the speed where there is only one."""
    junctions = f", {times.facts['vertices']:,} junctions" if "vertices" in times.facts else ""
    return junctions + (f", {times.facts['kmh']:g} km/h" if "kmh" in times.facts else "")


def between_areas(times: TravelTimes, names: Sequence[str], middles: Floats) -> Floats:
    """Seconds between the middles of areas; from those far off any street the rest is the great circle."""
    seconds, off = drive_between(times, middles)
    for area in np.flatnonzero(off).tolist():
        say(f"  the middle of {names[area]} is {off[area] / 1000:.1f} km off any street; counted at {FIELD_KMH:g} km/h")
    return seconds


def _source(given: argparse.Namespace) -> StreetGraph | CrowFlight:
    """Streets, or the great circle."""
    if given.crow:
        return CrowFlight(given.kmh, given.detour)
    if given.streets:
        try:
            return open_osm(given.streets, folder=given.cache)
        except RuntimeError as error:  # how osmium tells of a file that is missing or broken
            raise NoTravelTimes(f"{given.streets} can't be read as an extract: {error}") from error
    if not (given.nodes and given.edges):
        raise NoTravelTimes("--nodes and --edges go together")
    return open_lists(given.nodes, given.edges, kmh=given.kmh, folder=given.cache)


def _profile(path: Path) -> SpeedProfile:
    """A profile from JSON: `otherwise`, 168 shares, and `shares` by class of road."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        shares = {str(road): tuple(map(float, row)) for road, row in read.get("shares", {}).items()}
        return SpeedProfile(shares, tuple(map(float, read.get("otherwise", (1.0,) * 168))))
    except (ValueError, TypeError, AttributeError) as error:
        raise NoTravelTimes(f"{path.name} is no profile of speeds: {error}") from error


def _speed(text: str) -> float:
    """Kilometres an hour."""
    if not 0 < float(text) < 1000:
        raise NoTravelTimes(f"{text} is no speed in km/h")
    return float(text)
