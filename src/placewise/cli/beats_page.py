"""Beats as one HTML page: a map and a table of each plan, side by side in figures. It needs nothing from elsewhere."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
import shapely

from placewise.plan import BeatPlan, Beats
from placewise.plan.beats_ground import Outlines, merged

COLOURS = 6
WIDTH = 720.0
STYLE = ".beats path { fill-opacity: .35; stroke: var(--ink); stroke-width: 1.5; } .beats text { text-anchor: middle; }"
TITLES = {
    "quickest": "Quickest: the least driving to the incidents",
    "compact": "Compact: the shortest borders between beats",
    "even": "Even: workloads as equal as can be asked",
    "familiar": "Familiar: as few areas as possible change hands",
}


def page(problem: Beats, outlines: Outlines, plans: Sequence[BeatPlan]) -> str:
    """The page of some plans for one problem, as text."""
    style = files("placewise.evaluate").joinpath("page.css").read_text(encoding="utf-8")
    title = f"{problem.count} beats of {len(problem.areas)} areas: {len(plans)} to choose from"
    scope = (
        f"Each beat in one piece, its workload within {problem.tolerance:.0%} of the mean of {problem.mean:,.0f}. "
        f"Minutes are mean driving times by workload from a beat's middle. No such beats can have less than "
        f"{plans[0].bound / 60:.2f} minutes."
    )
    parts = "".join(_plan(problem, outlines, plan) for plan in plans)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{escape(title)}</title><style>{style}'
        f"{STYLE}</style></head><body><main><h1>{escape(title)}</h1><p class=soft>{escape(scope)}</p>"
        f"{_summary(plans)}{parts}</main></body></html>\n"
    )


def _summary(plans: Sequence[BeatPlan]) -> str:
    """The plans beside each other."""
    heads = ("plan", "minutes in the mean", "most from the mean workload", "compactness", "areas that change hands")
    rows = [
        (plan.name, f"{plan.seconds / 60:.2f}", f"{plan.uneven:.1%}", f"{plan.compactness:.2f}",
         "–" if plan.changed is None else str(plan.changed))
        for plan in plans
    ]  # fmt: skip
    return _table(heads, rows)


def _plan(problem: Beats, outlines: Outlines, plan: BeatPlan) -> str:
    """One plan: its map, and the table that is its twin."""
    heads = ("beat", "areas", "workload", "of the mean", "minutes", "compactness", "middle")
    rows = [
        (beat.name, str(len(beat.areas)), f"{beat.workload:,.0f}", f"{beat.workload / problem.mean - 1:+.1%}",
         f"{beat.seconds / 60:.2f}", f"{beat.compactness:.2f}", beat.middle)
        for beat in plan.beats
    ]  # fmt: skip
    title = TITLES.get(plan.name, plan.name)
    drawn = _map(problem, outlines, plan)
    return f"<section><h2>{escape(title)}</h2><figure>{drawn}</figure>{_table(heads, rows)}</section>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col>{escape(one)}</th>" for one in heads)
    body = "".join(
        f"<tr><th scope=row>{escape(row[0])}</th>" + "".join(f"<td>{escape(one)}</td>" for one in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<div class=wide tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _map(problem: Beats, outlines: Outlines, plan: BeatPlan) -> str:
    """The beats drawn and named; neighbours differ in colour."""
    shapes = {beat: shapely.geometry.shape(shape) for beat, shape in merged(outlines, plan.of_area()).items()}
    west, south, east, north = shapely.total_bounds(np.array(list(shapes.values()), dtype=object))
    narrower = float(np.cos(np.radians((south + north) / 2)))
    scale = WIDTH / max((east - west) * narrower, north - south)
    width, height = (east - west) * narrower * scale, (north - south) * scale
    colour, drawn = _colours(problem, plan), ""

    def at(lon: float, lat: float) -> str:
        return f"{(lon - west) * narrower * scale:.1f} {(north - lat) * scale:.1f}"

    for name, shape in shapes.items():
        drawn += f'<path class="s{colour[name]}" fill-rule="evenodd" d="{_outline(shape, at)}">'
        drawn += f"<title>{escape(name)}</title></path>"
    for name, shape in shapes.items():
        x, y = at(*shapely.get_coordinates(shapely.point_on_surface(shape))[0]).split()
        drawn += f'<text x="{x}" y="{y}">{escape(name)}</text>'
    box = f"-2 -2 {width + 4:.0f} {height + 4:.0f}"
    return f'<svg class=beats viewBox="{box}" role=img aria-label="map of the beats">{drawn}</svg>'


def _outline(shape: Any, at: Any) -> str:
    """The rings of a shape as an SVG path."""
    rings = [ring for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"
             for ring in (part.exterior, *part.interiors)]  # fmt: skip
    return "".join("M" + "L".join(at(*point) for point in shapely.get_coordinates(ring)) + "Z" for ring in rings)


def _colours(problem: Beats, plan: BeatPlan) -> dict[str, int]:
    """A colour for each beat, the first that no neighbour has."""
    beat_of, names = plan.of_area(), [area.name for area in problem.areas]
    beside: dict[str, set[str]] = {beat.name: set() for beat in plan.beats}
    for border in problem.borders:
        one, other = beat_of[names[border.one]], beat_of[names[border.other]]
        beside[one].add(other)
        beside[other].add(one)
    colour: dict[str, int] = {}
    for name in sorted(beside, key=lambda name: -len(beside[name])):
        taken = {colour[other] for other in beside[name] if other in colour}
        colour[name] = next((c for c in range(COLOURS) if c not in taken), 0)
    return colour
