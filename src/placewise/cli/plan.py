"""`python -m placewise plan`: places, stations and units into a checked patrol plan, a table and lines for the map."""

import argparse
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from placewise.cli.output import as_json, out, say, share_done, utf8, write_text, write_whole
from placewise.cli.plan_tables import clock, read_problem, sheet
from placewise.cli.tables import Part, geojson
from placewise.cli.travel import parser, travel
from placewise.plan import ENGINES, Finding, Plan, Problem, Stop, check, solve
from placewise.streets import TravelTimes


def main(arguments: Sequence[str]) -> int:
    """Make a plan and check it; JSON and a table to --out, else the table is printed. Exit code 0; 1 with findings."""
    given = _asked(arguments)
    times = travel(given)
    problem, begin = read_problem(given, times)
    stop = Stop(given.seconds, given.rounds)
    plan = solve(problem, stop, given.seed, progress=share_done("of the search; prize {:.1f}"), engine=given.engine)
    findings = check(problem, plan)
    for one in findings:
        say(f"  not kept: {one.unit} {one.place}: {one.says}")
    say(f"{plan.prize:.1f} of {plan.wanted_prize:.1f} expected is covered, {len(plan.unvisited)} visits are not made")
    say("every promise is kept" if not findings else f"{len(findings)} promises are not kept")
    _write(given, problem, plan, findings, begin, times)
    return 1 if findings else 0


def _asked(arguments: Sequence[str]) -> Namespace:
    """The options."""
    asks = parser("plan", "A patrol plan: which unit is at which place when. Times are HH:MM, after midnight too.")
    add = asks.add_argument
    add("places", type=Path, metavar="PLACES", help="CSV: name, lon, lat, prize (or prize_1, prize_2 … by slot)")
    add("--stations", type=Path, required=True, metavar="CSV", help="name, lon, lat")
    add("--units", type=Path, required=True, metavar="CSV", help="name, start, from, to; end, breaks, skills, crew")
    add("--slots", default="1", metavar="N", help="equal parts of the night, or as 22:00-00:40,00:40-03:20")
    add("--spacing", type=float, default=0.0, metavar="MINUTES", help="between visits to one place")
    add("--max-share", type=_area_share, action="append", default=[], metavar="AREA=PART", help="of all presence")
    add("--balance", type=float, metavar="PART", help="most that units' shares of time on visits may differ")
    add("--engine", choices=tuple(ENGINES), default="recreate")
    add("--seconds", type=float, metavar="S", help="how long to search; without --rounds, 10")
    add("--rounds", type=int, metavar="N", help="with these alone the same seed gives the same plan")
    add("--seed", type=int, default=0, help="of every random choice; part of the plan")
    add(
        "--out",
        type=out(".json"),
        metavar="JSON",
        help="problem, plan and findings; a table of the same name ends in .txt",
    )
    add("--routes", type=out(".geojson"), metavar="GEOJSON", help="what each unit drives, and its visits")
    given = asks.parse_args(list(arguments))
    if given.seconds is None and given.rounds is None:
        given.seconds = 10.0
    return given


def _write(
    given: Namespace, problem: Problem, plan: Plan, findings: Sequence[Finding], begin: int, times: TravelTimes
) -> None:
    """The files asked for, all or none; the table is printed where no file is."""
    table, files = sheet(problem, plan, begin), {}
    if given.out is not None:
        told = [{"name": f.name, "says": f.says, "unit": f.unit, "place": f.place, "slot": f.slot} for f in findings]
        whole = {"begins": clock(begin, 0), "problem": problem.to_dict(), "plan": plan.to_dict(), "findings": told}
        files[given.out] = utf8(as_json(whole))
        files[given.out.with_suffix(".txt")] = utf8(table)
    if given.routes is not None:
        files[given.routes] = utf8(geojson(_routes(problem, plan, begin, times)))
    write_whole(files)
    for path in files:
        say(f"{path} is written")
    if given.out is None:
        write_text(None, table)


def _routes(problem: Problem, plan: Plan, begin: int, times: TravelTimes) -> Iterator[Part]:
    """Each drive as a line, and each visit as a point."""
    at = {place.name: (place.lon, place.lat) for place in problem.places}
    home = {station.name: (station.lon, station.lat) for station in problem.stations}
    for unit, tour in zip(problem.units, plan.tours, strict=True):
        stops = [home[unit.start], *(at[visit.place] for visit in tour.visits), home[unit.end]]
        for number, (one, other) in enumerate(pairwise(stops), 1):
            way = times.path(one, other)
            line = {"type": "LineString", "coordinates": way.line.tolist()}
            yield line, {"unit": unit.name, "drive": number, "seconds": round(way.seconds, 1)}
        for number, visit in enumerate(tour.visits, 1):
            told = {"unit": unit.name, "stop": number, "place": visit.place, "from": clock(begin, visit.begin)}
            yield {"type": "Point", "coordinates": list(at[visit.place])}, {**told, "to": clock(begin, visit.leave)}


def _area_share(text: str) -> tuple[str, float]:
    """An area and the greatest part of all presence it may get."""
    name, _, part = text.rpartition("=")
    if not name or not 0 <= float(part) <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no area and part; write it as North=0.3")
    return name, float(part)
