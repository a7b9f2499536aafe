"""A what-if's result by area and priority: which view is chosen, the map of it, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.rules import LEVELS, Asked
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import classes
from openbeat.web.ui.tables import Column, Row, Table
from openbeat.web.what_if_figures import LATE, Figure, Result, difference_words
from openbeat.web.what_if_rows import beside, cell, columns_of, today_cell, told, unit_of
from openbeat.web.what_if_words import PRIORITIES, SPOKEN

FEW = 20
"""Calls of an area below which a percentile says little: it is listed last, without a verdict, and left off the map."""


@dataclass(frozen=True, slots=True)
class View:
    """What map and table show: a setup (0 is today, else the difference to it), a priority («» is all), a measure."""

    setup: int
    priority: str
    measure: str

    @property
    def address(self) -> str:
        """The view as the page's address has it."""
        told = {"map": self.setup, "priority": self.priority or "all", "measure": self.measure}
        return f"?{urlencode(told)}#areas"


def view_of(request: Request, result: Result, asked: Asked) -> View:
    """The view in the address; else the first alternative's difference for calls that are many enough to be told."""
    setup, level = request.GET.get("map", ""), request.GET.get("priority", "")
    measure = request.GET.get("measure", "")
    levels = _levels(result)
    return View(
        int(setup) if setup in map(str, range(len(result.setups))) else 1,
        "" if level == "all" else level if level and level in levels else _usual(result),
        measure if measure in measures_of(asked) else f"p{asked.share}",
    )


def measures_of(asked: Asked) -> dict[str, str]:
    """The measures kept by area, in words."""
    found = {"p50": _("Half within"), f"p{asked.share}": _("%(share)d %% within") % {"share": asked.share}}
    return found | {LATE: _("Later than the target")}


def _levels(result: Result) -> list[str]:
    """The priorities of which there are calls; «» for all of them comes last."""
    return [*(str(level) for level in range(1, LEVELS + 1) if result.calls(str(level))), ""]


def _usual(result: Result) -> str:
    """The most urgent priority of which most areas have enough calls; else all calls."""
    for level in _levels(result):
        enough = [result.calls(level, area) >= FEW for area, _calls in result.areas]
        if 2 * sum(enough) > len(enough):
            return level
    return ""


def choices(result: Result, asked: Asked, chosen: View) -> list[dict[str, Any]]:
    """Three rows of tabs: whose calls, which measure, today or a difference."""
    setups = [str(_("Today")), *(_("Difference: %(name)s") % {"name": one.name} for one in asked.setups[1:])]
    rows: list[tuple[str, list[tuple[Any, View]]]] = [
        (_("Whose calls"), [(PRIORITIES[int(one or 0)], replace(chosen, priority=one)) for one in _levels(result)]),
        (_("Measure"), [(words, replace(chosen, measure=one)) for one, words in measures_of(asked).items()]),
        (_("What the map shows"), [(words, replace(chosen, setup=one)) for one, words in enumerate(setups)]),
    ]
    return [
        {"label": label, "tabs": [{"label": words, "url": one.address, "current": one == chosen} for words, one in row]}
        for label, row in rows
    ]


def heading(asked: Asked, view: View) -> str:
    """What is told of each area, in words."""
    told = {"calls": SPOKEN[int(view.priority or 0)], "share": asked.share}
    if view.measure == LATE:
        return capfirst(_("%(calls)s reached later than their target") % told)
    if view.measure == "p50":
        return capfirst(_("half of %(calls)s reached within") % told)
    return _("%(share)d %% of %(calls)s reached within") % told


# --- the map ---------------------------------------------------------------------------------------------------------


def area_map(request: Request, found: WhatIf, result: Result, asked: Asked, view: View) -> Map:
    """Each zone in the colour of its area's figure today, or of its difference."""
    read = result.gap if view.setup else result.figure
    by_area = {
        area: read(view.setup, view.measure, priority=view.priority, area=area)
        for area, _calls in result.areas
        if result.calls(view.priority, area) >= FEW
    }
    cells = [
        {"cell": cell, "value": figure.value, "words": _area_words(area, figure, view)}
        for cell, area in result.plain["zones"]
        if (figure := by_area.get(area)) and figure.value is not None
    ]
    values = [figure.value for figure in by_area.values() if figure.value is not None]
    label = heading(asked, view)
    if view.setup:
        label = _("%(what)s: difference to today, with %(name)s") % {
            "what": label, "name": asked.setups[view.setup].name,
        }  # fmt: skip
    return Map("surface", label, data=cells, legend=_legend(values, label, view), **map_ground(request, found.area_set))


def _area_words(area: str, figure: Figure, view: View) -> str:
    return f"{area}: {difference_words(view.measure, figure)}" if view.setup else area


def _legend(values: Sequence[float], title: str, view: View) -> Legend:
    unit = unit_of(view.measure)
    if not view.setup:
        return Legend(title, unit, bounds=classes(values, 6), digits=1)
    sizes = sorted(abs(value) for value in values)
    step = max(0.1, round(sizes[len(sizes) * 9 // 10] / 2.5, 1)) if sizes else 0.1
    bounds = [round(step * (i - 3.5), 2) for i in range(7)]
    return Legend(title, unit, bounds=bounds, digits=1, diverging=True)


# --- the table -------------------------------------------------------------------------------------------------------


def area_table(result: Result, asked: Asked, view: View) -> Table:
    """Area by area: calls, today and each alternative; those that change most first, those with few calls last."""
    columns = [
        Column("area", _("Area")),
        Column("calls", _("Calls"), kind="number", digits=0),
        Column("today", _("Today, %(unit)s") % {"unit": unit_of(view.measure)}),
        *columns_of(result, asked),
    ]
    rows = [Row(_cells(result, view, area)) for area in _most_changed(result, view)]
    note = _(
        "Of many areas about one in twenty seems to differ by chance alone: look at those that lie together. "
        "Of fewer than %(few)d calls nothing is concluded: these areas come last and are left off the map."
    ) % {"few": FEW}
    return Table(heading(asked, view), columns, rows, dense=True, tall=True, stacks=False, note=note)


def _cells(result: Result, view: View, area: str) -> list[object]:
    where = {"priority": view.priority, "area": area}
    calls = result.calls(**where)
    if calls < FEW:
        every = range(len(result.setups))
        values = [told(result.figure(setup, view.measure, **where), view.measure) for setup in every]
        return [area, calls, *(cell(value, _("too few calls")) for value in values)]
    others = [beside(result, setup, view.measure, where) for setup in result.alternatives]
    return [area, calls, today_cell(result, view.measure, where), *others]


def _most_changed(result: Result, view: View) -> list[str]:
    def change(area: str) -> tuple[bool, float]:
        gaps = [
            result.gap(setup, view.measure, priority=view.priority, area=area).value for setup in result.alternatives
        ]
        return result.calls(view.priority, area) >= FEW, max(abs(gap or 0.0) for gap in gaps)

    known = [area for area, _calls in result.areas if result.calls(view.priority, area)]
    return sorted(known, key=change, reverse=True)
