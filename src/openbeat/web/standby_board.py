"""What the standby desk shows: the list, and a plan in words, tables, a curve and a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.patrol.standby import queries
from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.rules import Asked, is_swamped
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.standby_facts import notes
from openbeat.web.standby_words import badge, hours_words, percent, points
from openbeat.web.ui.charts import Basis, LineChart, Series
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.tables import Column, Empty, Row, Table

Result = Mapping[str, Any]
BOUNDS = (0.0, 1.0, 50.0, 70.0, 80.0, 90.0)
"""Per cent: the first class is what no unit reaches in time."""
PROVED = 0.001
"""Share of the bound: a plan that may miss less than this is called the best."""
VIEWS = (gettext_lazy("As worked out"), gettext_lazy("As they stand today"))


def listing(request: Request, *, can_place: bool) -> dict[str, Any]:
    """The page of all standby plans."""
    columns = [
        Column("title", _("Standby plan")),
        Column("state", _("State")),
        Column("units", _("Units"), kind="number", digits=0),
        Column("within", _("Reached within, minutes"), kind="number"),
        Column("hours", _("Hours of the day")),
        Column("author", _("Asked by")),
        Column("made", _("Asked"), kind="time"),
    ]
    empty = Empty(
        _("No standby plan yet"),
        _("A standby plan says at which stations or places so many units should wait, so that a free one is near."),
        "map-pinned",
        _("New standby plan") if can_place else "",
        reverse("standby_ask") if can_place else "",
    )
    seen = queries.standby_plans(request.actor)[:200]
    rows = [Row(_line(request, one), url=reverse("standby_plan", args=[one.id])) for one in seen]
    return {
        "table": Table(_("Standby plans"), columns, rows, request.GET, empty=empty, now=request.now),
        "can_place": can_place,
    }


def _line(request: Request, found: StandbyPlan) -> list[object]:
    asked = queries.asked_of(request.actor, found)
    author = found.author.name if found.author else ""
    return [found.title, badge(found), asked.units, asked.minutes, hours_words(asked), author, found.made_at]


def board(request: Request, found: StandbyPlan, asked: Asked) -> dict[str, Any]:
    """Everything that a finished standby plan shows."""
    result: Result = found.result or {}
    shown = int(request.GET.get("map", "") == "1")
    return {
        "finding": finding(result, asked),
        "others": [proof(result), *_move_words(result), *reach_words(result, asked)],
        "notes": notes(result, asked),
        "places": place_table(result),
        "curve": curve_chart(result, asked),
        "curve_words": curve_words(result),
        "views": [
            {"label": label, "url": f"?map={place}#areas", "current": place == shown}
            for place, label in enumerate(VIEWS)
        ],
        "map": chance_map(request, found, result, asked, shown),
        "areas": area_table(result, asked),
    }


# --- in words --------------------------------------------------------------------------------------------------------


def finding(result: Result, asked: Asked) -> str:
    """What the places come to beside today's, in a sentence."""
    told = result["together"]
    gap = told["expected"] - told["today"]
    given = {
        "then": percent(told["expected"]), "today": percent(told["today"]), "minutes": f"{asked.minutes:g}",
        "gap": points(gap),
    }  # fmt: skip
    if abs(gap) < PROVED / 2:
        words = _(
            "Today's places are as good as the best: %(then)s %% of calls can expect a free unit "
            "within %(minutes)s minutes"
        )
    else:
        words = _(
            "%(then)s %% of calls can expect a free unit within %(minutes)s minutes, today %(today)s %% "
            "(%(gap)s percentage points)"
        )
    return words % given


def proof(result: Result) -> str:
    """How good the places are at most, as it is proved."""
    told = result["together"]
    if told["bound"] - told["expected"] <= PROVED * told["bound"]:
        return _("Proved: under what was asked, no places give more.")
    words = _("Not proved to be the best: there may be places that give up to %(bound)s %%.")
    return words % {"bound": percent(told["bound"])}


def reach_words(result: Result, asked: Asked) -> list[str]:
    """What lies within reach of any unit at all, free or busy; and why that may fall."""
    told = result["together"]
    words = _(
        "%(then)s %% of calls come from within %(minutes)s minutes of a unit's place, be it free or busy; "
        "today %(today)s %%."
    )
    given = {"then": percent(told["within"]), "today": percent(told["within_today"]), "minutes": f"{asked.minutes:g}"}
    found = [words % given]
    if told["within"] < told["within_today"] and told["expected"] > told["today"]:
        found.append(
            _(
                "Less ground is reached, but surely: units this busy stand together where most calls come from. "
                "Look below at who loses; «at least» keeps a unit at a station."
            )
        )
    return found


def _move_words(result: Result) -> list[str]:
    """How many units would wait elsewhere."""
    moved = sum(max(0, one["units"] - one["today"]) for one in result["places"])
    if not moved:
        return []
    words = ngettext(
        "%(count)d unit waits somewhere else than today.", "%(count)d units wait somewhere else than today.", moved
    )
    return [words % {"count": moved}]


# --- places and further units ----------------------------------------------------------------------------------------


def place_table(result: Result) -> Table:
    """Units of each place beside today's; waiting places only where a unit waits."""
    columns = [
        Column("place", _("Place")),
        Column("units", _("Units"), kind="number", digits=0),
        Column("today", _("Today"), kind="number", digits=0),
        Column("change", _("Change")),
    ]
    shown = [one for one in result["places"] if one["station"] or one["units"] or one["today"]]
    order = sorted(shown, key=lambda one: (-one["units"], -one["today"], one["name"]))
    rows = [Row([_place(one), one["units"], one["today"], _change(one)]) for one in order]
    whole = {part: sum(one[part] for one in shown) for part in ("units", "today")}
    foot = [_("All"), whole["units"], whole["today"], _change(whole)]
    note = _("Where several placings come to the same, one of them is told.")
    return Table(
        _("Units at each place"), columns, rows, show_caption=False, dense=True, stacks=False, foot=foot, note=note
    )


def _place(place: Mapping[str, Any]) -> object:
    """A place's name; a waiting place is called one."""
    if place["station"]:
        return place["name"]
    return format_html('{}<br><span class="small muted">{}</span>', place["name"], _kind(place))


def _kind(place: Mapping[str, Any]) -> str:
    return _("station") if place["station"] else _("waiting place")


def _change(place: Mapping[str, Any]) -> str:
    gap = place["units"] - place["today"]
    if not gap:
        return _("as today")
    return f"+{gap}" if gap > 0 else f"−{-gap}"


def curve_chart(result: Result, asked: Asked) -> LineChart:
    """What the best places of each number of units come to; numbers that could not do the work are left out."""
    rows = [one for one in result["curve"] if one["expected"] is not None]
    by_units = {one["units"]: one["expected"] for one in rows}
    here, more = by_units.get(asked.units), by_units.get(asked.units + 1)
    title = _("What the best places of more or fewer units come to")
    if here is not None and more is not None:
        title = _("One more unit would add %(gap)s percentage points") % {"gap": percent(more - here)}
    return LineChart(
        finding=title, what=_("Calls that can expect a free unit in time, the units at their best places"),
        unit=_("per cent"), digits=1, labels=[str(one["units"]) for one in rows],
        x_name=_("Units on duty"), series=[Series(_("Best places"), [100 * one["expected"] for one in rows])],
        basis=_basis(asked),
    )  # fmt: skip


def curve_words(result: Result) -> str:
    """From which number of units on the work can be done at all; empty where any number can."""
    swamped = [one["units"] for one in result["curve"] if is_swamped(one["busy"])]
    if not swamped:
        return ""
    words = ngettext(
        "One unit alone could not do the work: it is not drawn.",
        "With %(count)d units or fewer there would be more work than they can do: they are not drawn.",
        max(swamped),
    )
    return words % {"count": max(swamped)}


def _basis(asked: Asked) -> Basis:
    return Basis(source=_("worked out, not measured"), period=f"{asked.first:%Y-%m-%d} – {asked.last:%Y-%m-%d}")


# --- by area ---------------------------------------------------------------------------------------------------------


def chance_map(request: Request, found: StandbyPlan, result: Result, asked: Asked, shown: int) -> Map:
    """Each zone in the colour of its chance that a free unit is within reach; places with their units as numbers."""
    cells = [
        {"cell": cell, "value": 100 * chance, "words": _zone_words(area, near)}
        for cell, area, *told in result["zones"]
        for chance, near in [told[2 * shown : 2 * shown + 2]]
    ]
    counted = "today" if shown else "units"
    spots = [
        {
            "name": one["name"],
            "at": [one["lon"], one["lat"]],
            "units": units,
            "words": f"{_kind(one)}: {_units_words(units)}",
        }
        for one in result["places"]
        if (units := one[counted]) or one["station"]
    ]
    label = _("Chance that a free unit is within %(minutes)s minutes") % {"minutes": f"{asked.minutes:g}"}
    legend = Legend(
        label, _("per cent; in circles the units of each place"), bounds=BOUNDS, digits=0, none=_("not within reach")
    )
    ground = map_ground(request, found.area_set)
    return Map("standby", label, data=cells, legend=legend, extra={"places": spots}, **ground)


def _zone_words(area: str, near: int) -> str:
    return f"{area or _('outside of all areas')}: {_units_words(near)}"


def _units_words(units: int) -> str:
    return ngettext("%(count)d unit", "%(count)d units", units) % {"count": units}


def area_table(result: Result, asked: Asked) -> Table:
    """Area by area: calls, and the chance that a free unit is within reach; those that change most first."""
    columns = [
        Column("area", _("Area")),
        Column("calls", _("Calls a week"), kind="number", digits=1),
        Column("chance", _("As worked out, %"), kind="number", digits=1),
        Column("today", _("Today, %"), kind="number", digits=1),
        Column("gap", _("Difference, points")),
    ]
    rows = [Row(_area_cells(one)) for one in sorted(result["areas"], key=_most_changed)]
    caption = _("By area: chance that a free unit is within %(minutes)s minutes") % {"minutes": f"{asked.minutes:g}"}
    note = _("Of calls in the hours asked. An area of which 0 % is reached lies out of reach of every unit.")
    return Table(caption, columns, rows, dense=True, tall=True, stacks=False, note=note)


def _area_cells(one: Mapping[str, Any]) -> Sequence[object]:
    name = one["area"] or _("outside of all areas")
    return [name, one["calls"], 100 * one["chance"], 100 * one["today"], points(one["chance"] - one["today"])]


def _most_changed(one: Mapping[str, Any]) -> tuple[float, str]:
    return -abs(one["chance"] - one["today"]), one["area"]
