"""A planning problem from plain tables, and a plan as a table to read."""

import re
from argparse import Namespace
from collections.abc import Sequence

from placewise.cli.options import listed
from placewise.cli.tables import BadTable, Row, rows
from placewise.plan import REASONS, Break, Place, Plan, Problem, Rest, Station, Unit, Window, travel_seconds
from placewise.streets import TravelTimes

DAY = 24 * 3600
DWELL_MINUTES = 15.0


def read_problem(given: Namespace, times: TravelTimes) -> tuple[Problem, int]:
    """The problem of the tables, and the second of the day when it begins: the first unit's start."""
    units = rows(given.units, "name", "start", "from", "to")
    stations = tuple(Station(row.text("name"), *row.place()) for row in rows(given.stations, "name", "lon", "lat"))
    begin = _begin([_time(row.text("from"), row) for row in units])
    crews = tuple(_unit(row, begin) for row in units)
    night = max(unit.shift.end for unit in crews)
    slots = _slots(given.slots, begin, night)
    places = tuple(_place(row, len(slots)) for row in rows(given.places, "name", "lon", "lat"))
    travel = travel_seconds(times, places, stations)
    spacing = round(given.spacing * 60)
    return Problem(places, stations, crews, slots, travel, spacing, dict(given.max_share), given.balance), begin


def _begin(starts: Sequence[int]) -> int:
    """The start after the longest pause of the day: a night that passes midnight begins in the evening."""
    ordered = sorted(set(starts))
    pauses = [(later - earlier) % DAY or DAY for earlier, later in zip([ordered[-1], *ordered], ordered, strict=False)]
    return ordered[pauses.index(max(pauses))]


def _time(text: str, row: Row) -> int:
    """Seconds of the day of HH:MM."""
    found = re.fullmatch(r"(\d\d?):(\d\d)", text.strip())
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        raise BadTable(f"{row.file}, line {row.line}: {text!r} is no time; write it as 22:30")
    return (int(found[1]) * 3600 + int(found[2]) * 60) % DAY


def _place(row: Row, slots: int) -> Place:
    """A place to be seen: one prize for every slot, or one for each."""
    if "prize" in row.values:
        prize = (row.number("prize"),) * slots
    else:
        prize = tuple(row.number(f"prize_{slot}") for slot in range(1, slots + 1))
    return Place(
        row.text("name"), *row.place(), prize,
        visits=row.whole("visits", 1),
        dwell=round(row.number("dwell", DWELL_MINUTES) * 60),
        area=row.text("area", " ").strip(),
        skills=row.words("skills"),
        crew=row.whole("crew", 1),
    )  # fmt: skip


def _unit(row: Row, begin: int) -> Unit:
    """A unit, its times counted from the beginning of the plan."""
    start = (_time(row.text("from"), row) - begin) % DAY
    end = (_time(row.text("to"), row) - begin) % DAY or DAY
    home = row.text("start")
    return Unit(
        row.text("name"), home, row.text("end", home), Window(start, end if end > start else end + DAY),
        tuple(_break(part, row, begin) for part in row.text("breaks", " ").replace(";", " ").split()),
        row.words("skills"), row.whole("crew", 1),
    )  # fmt: skip


def _break(text: str, row: Row, begin: int) -> Break:
    """A break as 30@01:00-03:00: minutes, and from when to when it may begin."""
    found = re.fullmatch(r"(\d+)@(\d\d?:\d\d)-(\d\d?:\d\d)", text)
    if not found:
        raise BadTable(f"{row.file}, line {row.line}: {text!r} is no break; write it as 30@01:00-03:00")
    earliest, latest = ((_time(found[k], row) - begin) % DAY for k in (2, 3))
    return Break(int(found[1]) * 60, earliest, latest)


def _slots(text: str, begin: int, night: int) -> tuple[Window, ...]:
    """Equal parts of the night, or windows named by the clock."""
    row = Row("--slots", 1, {})
    if text.isdigit() and int(text) > 0:
        count = int(text)
        return tuple(Window(i * night // count, (i + 1) * night // count) for i in range(count))
    windows = []
    for part in listed(text):
        first, dash, last = part.partition("-")
        if not dash:
            raise BadTable(f"--slots: {part!r} is no slot; write a number of slots, or 22:00-00:40,00:40-03:20")
        start = (_time(first, row) - begin) % DAY
        windows.append(Window(start, (_time(last, row) - begin) % DAY or DAY))
    return tuple(windows)


def clock(begin: int, seconds: int) -> str:
    """The time of day of a second of the plan."""
    of_day = (begin + seconds) % DAY
    return f"{of_day // 3600:02}:{of_day % 3600 // 60:02}"


def sheet(problem: Problem, plan: Plan, begin: int) -> str:
    """The plan as lines to read: each unit's stops, then what is not visited and why."""
    lines = [
        f"Plan by {plan.engine}, seed {plan.seed}: {plan.prize:.1f} of {plan.wanted_prize:.1f} expected is covered"
    ]
    for unit, tour in zip(problem.units, plan.tours, strict=True):
        lines += ["", f"{unit.name}: {clock(begin, unit.shift.start)} from {unit.start}"]
        for item in tour.items:
            if isinstance(item, Rest):
                lines.append(f"  {clock(begin, item.begin)}-{clock(begin, item.end)}  break")
            else:
                lines.append(f"  {clock(begin, item.begin)}-{clock(begin, item.leave)}  {item.place}")
        lines.append(f"  {clock(begin, tour.back)}  back at {unit.end}")
    if plan.unvisited:
        lines += ["", "Not visited:"]
        lines += [f"  {gap.place}, slot {gap.slot + 1}: {REASONS[gap.reason]}" for gap in plan.unvisited]
    return "\n".join(lines) + "\n"
