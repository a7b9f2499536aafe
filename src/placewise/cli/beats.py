"""`python -m placewise beats`: areas grouped into beats of even workload, alternatives to choose from."""

import argparse
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from placewise.cli.beats_page import page
from placewise.cli.output import out, say, share_done, utf8, write_text, write_whole
from placewise.cli.tables import BadTable, Part, features, geojson, positions
from placewise.cli.travel import between_areas, parser, travel
from placewise.kernels.arrays import Floats
from placewise.plan import BeatPlan, Beats, Stop, check_beats, draw_beats
from placewise.plan.beats_ground import Outlines, merged


def main(arguments: Sequence[str]) -> int:
    """Draw beats; GeoJSON and a page with maps to --out, else GeoJSON is printed. Exit code 0; 1 with findings."""
    given = _asked(arguments)
    outlines = Outlines.of(read := features(given.areas), given.name)
    problem = _problem(given, outlines, read)
    stop = Stop(given.seconds, given.rounds)
    telling = share_done("of the time; {:.1f} s in the mean at best")
    plans = draw_beats(problem, stop, given.seed, progress=telling, alternatives=not given.only_quickest)
    for plan in plans:
        _say(plan)
    findings = [
        f"{plan.name}: {one.unit} {one.place}: {one.says}" for plan in plans for one in check_beats(problem, plan)
    ]
    for line in findings:
        say(f"  not kept: {line}")
    text = geojson(_shapes(outlines, plans))
    if given.out is None:
        write_text(None, text)
    else:
        beside = given.out.with_suffix(".html")
        write_whole({given.out: utf8(text), beside: utf8(page(problem, outlines, plans))})
        say(f"{given.out} and {beside} are written")
    return 1 if findings else 0


def _asked(arguments: Sequence[str]) -> Namespace:
    """The options."""
    asks = parser("beats", "Beats of whole areas: even workload, each in one piece, least driving to the incidents.")
    add = asks.add_argument
    add("areas", type=Path, metavar="GEOJSON", help="the small areas, as polygons in longitude and latitude")
    add("--count", type=int, required=True, metavar="K", help="how many beats")
    add("--name", metavar="PROPERTY", help="what areas are called by; without it, their number")
    add("--today", metavar="PROPERTY", help="today's beat of each area")
    work = asks.add_mutually_exclusive_group(required=True)
    work.add_argument("--workload", metavar="PROPERTY", help="of each area, a number")
    work.add_argument("--incidents", type=Path, metavar="FILE", help="or incidents to count, CSV or Parquet")
    add("--lon", default="lon", metavar="COLUMN", help="longitude of an incident")
    add("--lat", default="lat", metavar="COLUMN", help="latitude of an incident")
    add("--tolerance", type=_part, default=0.15, help="of the mean workload, above or below")
    add("--seconds", type=float, metavar="S", help="how long to search and prove; without --rounds, 60")
    add("--rounds", type=int, metavar="N", help="of each search; with these alone the same seed gives the same beats")
    add("--seed", type=int, default=0, help="of every random choice")
    add("--only-quickest", action="store_true", help="no alternatives")
    add("--out", type=out(".geojson"), metavar="GEOJSON", help="the beats; a page of the same name ends in .html")
    given = asks.parse_args(list(arguments))
    if given.seconds is None and given.rounds is None:
        given.seconds = 60.0
    return given


def _problem(given: Namespace, outlines: Outlines, read: Sequence[Mapping[str, Any]]) -> Beats:
    """The areas with workload, borders and driving times."""
    today = [str(one["properties"].get(given.today) or "") for one in read] if given.today else None
    if today and not any(today):
        raise BadTable(f"no area of {given.areas.name} has a property {given.today}")
    workload, middles = _work(given, outlines, read)
    areas = outlines.areas(workload.tolist(), today)
    borders, bridges = outlines.borders()
    for one, other in bridges:
        say(f"  {one} touches nothing and counts as beside {other}")
    seconds = between_areas(travel(given), outlines.names, middles)
    return Beats(areas, borders, seconds, given.count, given.tolerance)


def _work(given: Namespace, outlines: Outlines, read: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
    """(n,) workload of each area, and (n, 2) where its middle lies."""
    if given.incidents is None:
        try:
            return np.array([float(one["properties"][given.workload]) for one in read]), outlines.middles()
        except (LookupError, TypeError, ValueError) as error:
            raise BadTable(f"{given.areas.name}: no number {given.workload} for each area: {error}") from error
    spots = positions(given.incidents, given.lon, given.lat)
    inside = outlines.area_of(spots)
    if not (inside >= 0).any():
        raise BadTable(f"none of {len(spots):,} incidents lies in any area; are --lon and --lat swapped?")
    if outside := int((inside < 0).sum()):
        say(f"{outside:,} of {len(spots):,} incidents lie outside all areas")
    counts = np.bincount(inside[inside >= 0], minlength=len(outlines.names))
    return counts.astype(np.float64), outlines.middles(spots)


def _say(plan: BeatPlan) -> None:
    """What a plan comes to, in a line."""
    moved = "" if plan.changed is None else f", {plan.changed} areas change hands"
    say(
        f"  {plan.name:9} {plan.seconds / 60:.2f} minutes in the mean (at most {plan.gap:.2%} from the least), "
        f"workload within {plan.uneven:.1%}, compactness {plan.compactness:.2f}{moved}"
    )


def _shapes(outlines: Outlines, plans: Sequence[BeatPlan]) -> Iterator[Part]:
    """Each beat of each plan with what is known of it."""
    for plan in plans:
        shapes = merged(outlines, plan.of_area())
        for beat in plan.beats:
            yield shapes[beat.name], {
                "plan": plan.name, "beat": beat.name, "middle": beat.middle, "areas": list(beat.areas),
                "workload": beat.workload, "mean_minutes": round(beat.seconds / 60, 3),
                "compactness": round(beat.compactness, 3),
            }  # fmt: skip


def _part(text: str) -> float:
    """A part of the mean, above 0."""
    if not 0 < float(text) < 10:
        raise argparse.ArgumentTypeError(f"{text} is no tolerance; write 0.15 for 15 %")
    return float(text)
