"""What the planning desk shows: the board of a plan, its map, its units' lines, dosage asked against given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.forecast.warning import queries as warnings
from openbeat.patrol import queries
from openbeat.patrol.queries import Plan as KeptPlan
from openbeat.patrol.sheets import Sheet, all_visits, at, sheets, wanted
from openbeat.patrol.states import State
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.charts import BarChart, Basis, Series
from openbeat.web.ui.maps import Map
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.ui.times import exact
from openbeat.web.warning_words import headline
from placewise.plan import Plan, Problem

BADGES = {
    State.QUEUED: (gettext_lazy("Waiting"), "neutral"),
    State.SOLVING: (gettext_lazy("Being made"), "info"),
    State.FAILED: (gettext_lazy("Failed"), "bad"),
    State.DRAFT: (gettext_lazy("Draft"), "warn"),
    State.APPROVED: (gettext_lazy("Approved"), "good"),
    State.WITHDRAWN: (gettext_lazy("Withdrawn"), "neutral"),
}

ROOM = 0.005
"""Degrees around a plan on its map, about 500 m."""


def badge(plan: KeptPlan) -> Badge:
    """The plan's state as shape and word."""
    return Badge(*BADGES[State(plan.state)])


def unpacked(plan: KeptPlan) -> tuple[Problem, Plan]:
    """The plan's two values."""
    problem, solution = plan.values
    return Problem.from_dict(problem), Plan.from_dict(solution)


def listing(request: Request, *, can_make: bool) -> dict[str, Any]:
    """The page of all plans."""
    found = list(queries.plans(request.actor)[:200])
    columns = [
        Column("title", _("Plan")),
        Column("state", _("State")),
        Column("shift", _("Shift")),
        Column("visits", _("Visits"), kind="number"),
        Column("units", _("Units"), kind="number"),
        Column("forecast", _("From the forecast")),
        Column("made", _("Asked for"), kind="time"),
    ]
    empty = Empty(
        _("No plan yet"),
        _("A plan says which unit is to be seen where and when in one shift. It is made from an offered forecast."),
        "route",
        _("New plan") if can_make else "",
        reverse("plan_ask") if can_make else "",
    )
    rows = [Row(_line(plan), url=reverse("plan", args=[plan.id])) for plan in found]
    return {
        "table": Table(_("Patrol plans"), columns, rows, request.GET, empty=empty, now=request.now),
        "can_make": can_make,
    }


def _line(plan: KeptPlan) -> list[object]:
    made = Plan.from_dict(plan.solution) if plan.solution else None
    visits = len(all_visits(made)) if made else None
    return [
        plan.title,
        badge(plan),
        shift_words(plan),
        visits,
        len(plan.settings["units"]),
        plan.forecast.title,
        plan.made_at,
    ]


def shift_words(plan: KeptPlan) -> str:
    """The shift in the agency's local time."""
    zone = plan.agency.tz
    starts, ends = plan.starts.astimezone(zone), plan.ends.astimezone(zone)
    return f"{starts:%Y-%m-%d %H:%M} – {ends:%H:%M}"


def shift_day(plan: KeptPlan) -> str:
    """The shift by its local beginning, short enough for an axis or a list."""
    return f"{plan.starts.astimezone(plan.agency.tz):%Y-%m-%d %H:%M}"


def board(request: Request, plan: KeptPlan) -> dict[str, Any]:
    """Everything a solved plan shows."""
    answers = [
        (headline(one), reverse("warning", args=[one.pk])) for one in warnings.answered_by(request.actor, plan.pk)
    ]
    context: dict[str, Any] = {
        "badge": badge(plan),
        "shift": shift_words(plan),
        "card": card_facts(plan),
        "guessed": is_guessed(plan.travel),
    }
    context |= {"answers": answers}
    if not plan.solution:
        return context
    problem, made = unpacked(plan)
    found = sheets(problem, made, plan.starts, plan.agency.tz)
    return context | {
        "stats": stats(problem, made),
        "sheets": found,
        "map": plan_map(request, plan, found),
        "unvisited": unvisited_table(problem, made),
        "addable": addable(problem, made, found),
        "units": [unit.name for unit in problem.units],
        "locked": locked_stops(plan),
        "edits": edit_lines(plan),
        "areas": area_table(problem, made),
        "dosage": dosage_chart(request, plan),
        "dosage_table": dosage_table(request, plan),
        "given": queries.visits(request.actor, plan).exists(),
    }


def stats(problem: Problem, made: Plan) -> list[dict[str, Any]]:
    """What the plan comes to, in four numbers."""
    visits, asked, places = len(all_visits(made)), wanted(made), len(problem.places)
    shift = sum(unit.shift.end - unit.shift.start for unit in problem.units)
    share = 100 * made.prize / made.wanted_prize if made.wanted_prize else 0.0
    return [
        {
            "label": _("Visits"), "value": number(visits, 0), "unit": _("of %(asked)d asked") % {"asked": asked},
            "basis": _("counted from the tours"),
        },
        {
            "label": _("Risk covered"), "value": number(share, 0), "unit": _("per cent of all visits asked"),
            "basis": _("incidents expected in the slots of the visits"),
        },
        {
            "label": _("Driving"), "value": number(100 * made.travel / shift, 0), "unit": _("per cent of the shift"),
            "basis": _("%(hours)s unit hours in all") % {"hours": number(shift / 3600, 0)},
        },
        {
            "label": _("Units"), "value": number(len(problem.units), 0), "unit": "",
            "basis": _("%(places)d places, %(slots)d slots") % {"places": places, "slots": len(problem.slots)},
        },
    ]  # fmt: skip


def plan_map(request: Request, plan: KeptPlan, found: list[Sheet]) -> Map:
    """Each unit's way with its stops numbered in order."""
    data = [
        {
            "unit": sheet.unit,
            "path": plan.routes.get(sheet.unit, []),
            "stops": [
                {"at": [line.lon, line.lat], "order": line.order, "words": f"{line.begin:%H:%M} {line.area}"}
                for line in sheet.stops
            ],
        }
        for sheet in found
    ]
    ground = map_ground(request, plan.forecast.area_set) | {"bounds": around(data)}
    return Map(
        "plan",
        _("Ways and stops of %(count)d units") % {"count": len(found)},
        id="plan",
        tall=True,
        data=data,
        **ground,
    )


def around(units: Sequence[Mapping[str, Any]]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all stops, with a little room; None without any."""
    points = [stop["at"] for unit in units for stop in unit["stops"]]
    if not points:
        return None
    lons, lats = [lon for lon, _lat in points], [lat for _lon, lat in points]
    return min(lons) - ROOM, min(lats) - ROOM, max(lons) + ROOM, max(lats) + ROOM


REASONS = {
    "skills": gettext_lazy("no unit has the skills that are asked for"),
    "two_people": gettext_lazy("no unit has enough people"),
    "more_than_slots": gettext_lazy("more visits than slots"),
    "out_of_reach": gettext_lazy("too far to be there and back in time"),
    "no_prize": gettext_lazy("nothing is expected there in this slot"),
    "area_share": gettext_lazy("its area already has its greatest share"),
    "no_time": gettext_lazy("the units' time went where more is to gain"),
    "dropped": gettext_lazy("dropped by the commander"),
    "displaced": gettext_lazy("gave way to a change by hand"),
}


def unvisited_table(problem: Problem, made: Plan) -> Table:
    """Visits asked for that are not made, with why."""
    areas = {place.name: place.area for place in problem.places}
    counts = Counter((gap.place, gap.reason) for gap in made.unvisited)
    columns = [
        Column("area", _("Area")),
        Column("place", _("Cell"), kind="code"),
        Column("n", _("Visits"), kind="number"),
        Column("why", _("Why")),
    ]
    rows = [Row([areas[place], place, n, REASONS.get(why, why)]) for (place, why), n in counts.most_common()]
    empty = Empty(_("Every visit that was asked for is made"), "", "check")
    return Table(_("Visits not made"), columns, rows, empty=empty, dense=True, tall=True, stacks=False)


def locked_stops(plan: KeptPlan) -> set[str]:
    """Stops that a commander locked, as `place:slot`."""
    return {f"{told['place']}:{told['slot']}" for told in plan.edits if told["kind"] == "lock"}


def edit_lines(plan: KeptPlan) -> list[str]:
    """The commander's edits in words with their time and, where a visit goes to another, its unit; the last first."""
    words = {"lock": _("locked"), "drop": _("dropped"), "move": _("moved"), "add": _("added")}
    areas = {place["name"]: place["area"] for place in (plan.problem or {"places": []})["places"]}
    zone = plan.agency.tz
    lines = [
        f"{datetime.fromisoformat(told['at']).astimezone(zone):%H:%M} · {areas.get(told['place'], told['place'])} "
        f"{words[told['kind']]}{' → ' + told['unit'] if told.get('unit') else ''}: {told['reason']}"
        for told in plan.edits
    ]
    return lines[::-1]


def addable(problem: Problem, made: Plan, found: list[Sheet]) -> list[tuple[str, str]]:
    """Visits that could be added: `place:slot` with the area and the slot's time."""
    starts = found[0].starts if found else None
    areas = {place.name: place.area for place in problem.places}
    taken = {(visit.place, visit.slot) for _unit, visit in all_visits(made)}
    wanting = Counter(gap.place for gap in made.unvisited)
    return [
        (
            f"{place}:{number}",
            f"{areas[place]} · {place[:10]} · {at(starts, slot.start):%H:%M}–{at(starts, slot.end):%H:%M}",
        )
        for place in wanting
        for number, slot in enumerate(problem.slots)
        if starts is not None and (place, number) not in taken
    ]


def area_table(problem: Problem, made: Plan) -> Table:
    """How visits fall on areas, against the limit."""
    areas = {place.name: place.area for place in problem.places}
    counts = Counter(areas[visit.place] for _unit, visit in all_visits(made))
    whole = counts.total() or 1
    columns = [
        Column("area", _("Area")),
        Column("visits", _("Visits"), kind="number"),
        Column("share", _("Share, %"), kind="number", digits=1),
        Column("most", _("At most, %"), kind="number", digits=0),
    ]
    rows = [
        Row(
            [
                area or _("outside of areas"),
                n,
                100 * n / whole,
                100 * problem.max_share[area] if area in problem.max_share else None,
            ]
        )
        for area, n in counts.most_common()
    ]
    return Table(_("Exposure: visits by area"), columns, rows, dense=True, tall=True, stacks=False)


def dosage_chart(request: Request, plan: KeptPlan) -> BarChart | None:
    """Minutes asked and given in each area; the table tells them cell by cell."""
    found = queries.dosage_of(request.actor, plan)
    if not found:
        return None
    homes = {place["name"]: place["area"] for place in (plan.problem or {"places": []})["places"]}
    asked, given = Counter[str](), Counter[str]()
    for one in found:
        area = homes.get(one.place) or _("outside of areas")
        asked[area] += one.minutes_asked
        given[area] += one.minutes_given
    share = 100 * given.total() / asked.total() if asked.total() else 0.0
    areas = [area for area, _minutes in asked.most_common()]
    return BarChart(
        finding=_("%(share)s %% of the minutes asked were given") % {"share": f"{share:.0f}"},
        what=_("Minutes in each area, asked and given"), unit=_("minutes"),
        basis=Basis(source=_("visits recorded by units"), period=shift_words(plan), n=sum(one.given for one in found)),
        labels=areas, label_name=_("Area"),
        series=(
            Series(_("Given"), [float(given[area]) for area in areas]),
            Series(_("Asked"), [float(asked[area]) for area in areas], plain=True),
        ),
    )  # fmt: skip


def dosage_table(request: Request, plan: KeptPlan) -> Table:
    """Dosage asked against given, cell by cell."""
    areas = {place["name"]: place["area"] for place in (plan.problem or {"places": []})["places"]}
    columns = [
        Column("area", _("Area")),
        Column("place", _("Cell"), kind="code"),
        Column("asked", _("Visits asked"), kind="number"),
        Column("given", _("given"), kind="number"),
        Column("minutes", _("Minutes asked"), kind="number"),
        Column("minutes_given", _("given"), kind="number"),
    ]
    found = queries.dosage_of(request.actor, plan)
    rows = [
        Row([areas.get(one.place, ""), one.place, one.asked, one.given, one.minutes_asked, one.minutes_given])
        for one in sorted(found, key=lambda one: (one.given - one.asked, one.place))
    ]
    return Table(_("Dosage by cell, least given first"), columns, rows, dense=True, tall=True, stacks=False)


def card_facts(plan: KeptPlan) -> list[tuple[Any, Any]]:
    """Who asked what, and who answers for it."""
    asked = plan.settings
    approved = (
        f"{plan.approved_by.name}, {exact(localtime(plan.approved_at))}"
        if plan.approved_by and plan.approved_at
        else ""
    )
    return [
        (_("Shift"), shift_words(plan)),
        (_("Forecast"), plan.forecast.title),
        (_("The forecast may be used until"), plan.forecast.expires),
        (_("Visits"), _("%(visits)d to each of %(places)d places, %(dwell)d minutes each") % asked),
        (_("Between visits to a place"), _("at least %(spacing)d minutes") % asked),
        (_("Break"), _("%(rest)d minutes in the middle of the shift") % asked if asked["rest"] else _("none")),
        (_("One area gets at most"), f"{asked['max_share']} %"),
        (_("Travel times"), travel_words(plan.travel)),
        (_("Made by"), plan.author.name if plan.author else ""),
        (_("Approved by"), approved),
    ]


def is_guessed(facts: Mapping[str, Any]) -> bool:
    """Whether driving times are a crow's, for want of streets."""
    return "factor" in facts and "kmh" in facts


def travel_words(facts: dict[str, Any]) -> str:
    """How travel times were made, as said on every plan."""
    if not facts:
        return ""
    if is_guessed(facts):
        return _("no street extract: great circle × %(factor)s at %(kmh)s km/h") % (
            facts | {"kmh": f"{facts['kmh']:g}"}
        )
    return _("over streets: %(words)s") % {
        "words": ", ".join(f"{name} {value}" for name, value in facts.items() if not isinstance(value, (dict, list)))
    }
