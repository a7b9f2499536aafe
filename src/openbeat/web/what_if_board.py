"""What the what-if desk shows: the list, and a result side by side in words, tables, charts and a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.patrol.what_if import queries
from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.rules import LEVELS, Asked
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.charts import BarChart, Basis, LineChart, Series
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import classes, number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.what_if_facts import notes
from openbeat.web.what_if_figures import Figure, Result, between, difference_words, digits_of
from openbeat.web.what_if_words import PRIORITIES, SPOKEN, badge, names

MOST_BARS = 24
"""Units drawn in a chart; the table has them all."""


def listing(request: Request, *, can_run: bool) -> dict[str, Any]:
    """The page of all what-ifs."""
    columns = [
        Column("title", _("What if")),
        Column("state", _("State")),
        Column("alternatives", _("Compared with today")),
        Column("author", _("Asked by")),
        Column("made", _("Asked"), kind="time"),
    ]
    empty = Empty(
        _("No what-if yet"),
        _("Fewer cars, other beats, another policy or plan: a what-if simulates them beside today, on the same calls."),
        "git-compare",
        _("New what-if") if can_run else "",
        reverse("what_if_ask") if can_run else "",
    )
    rows = [Row(_line(one), url=reverse("what_if", args=[one.id])) for one in queries.what_ifs(request.actor)[:200]]
    return {
        "table": Table(_("What-ifs"), columns, rows, request.GET, empty=empty, now=request.now),
        "can_run": can_run,
    }


def _line(found: WhatIf) -> list[object]:
    others = " · ".join(one["name"] for one in found.asked["setups"][1:])
    return [found.title, badge(found), others, found.author.name if found.author else "", found.made_at]


def board(request: Request, found: WhatIf, asked: Asked) -> dict[str, Any]:
    """Everything that a finished what-if shows."""
    result = Result(found.result or {})
    shown = _shown(request, result)
    finding, *others = [sentence(result, asked, setup) for setup in result.alternatives]
    return {
        "finding": finding,
        "others": others,
        "table": side_by_side(result, asked),
        "times": times_chart(result, asked),
        "load": load_chart(result, asked),
        "cover": cover_chart(result, asked),
        "units": unit_table(result, asked),
        "views": _views(asked, shown),
        "map": area_map(request, found, result, asked, shown),
        "areas": area_table(result, asked),
        "notes": notes(result, asked),
    }


# --- the finding -----------------------------------------------------------------------------------------------------


def sentence(result: Result, asked: Asked, setup: int) -> str:
    """What an alternative comes to, with the interval of the difference."""
    priority = "1" if result.calls("1") else ""
    measure = f"p{asked.share}"
    today, then = result.figure(0, measure, priority=priority), result.figure(setup, measure, priority=priority)
    gap = result.gap(setup, measure, priority=priority)
    if today.value is None or then.value is None:
        return _("With %(name)s: no call was reached.") % {"name": asked.setups[setup].name}
    told = {
        "name": asked.setups[setup].name, "share": asked.share, "calls": SPOKEN[1 if priority else 0],
        "then": number(then.value, 1), "today": number(today.value, 1), "interval": between(gap, 1),
    }  # fmt: skip
    if gap.clear:
        return (
            _(
                "With %(name)s, %(share)d %% of %(calls)s are reached within %(then)s minutes instead of %(today)s "
                "(95 %% interval of the difference: %(interval)s)"
            )
            % told
        )
    return (
        _(
            "With %(name)s, %(share)d %% of %(calls)s are reached within %(then)s minutes, today within %(today)s: "
            "the difference could be chance (95 %% interval: %(interval)s)"
        )
        % told
    )


# --- side by side ----------------------------------------------------------------------------------------------------


def side_by_side(result: Result, asked: Asked) -> Table:
    """Every measure of today and of each alternative with its difference."""
    columns = [Column("what", _("Measure")), Column("today", _("Today"), kind="number")]
    columns += _columns(result, asked)
    rows = [
        Row(_cells(result, f"{PRIORITIES[level]}: {label}", measure, priority=str(level or "")))
        for level in (*range(1, LEVELS + 1), 0)
        if result.calls(str(level or ""))
        for label, measure in _measures(asked)
    ]
    rows += [Row(_cells(result, label, measure)) for measure, label in TOGETHER if _is_told(result, measure)]
    return Table(
        _("Today and its alternatives"), columns, rows, show_caption=False, dense=True,
        note=_("Below each value its difference to today on the same calls; in brackets the 95 % interval of that."),
    )  # fmt: skip


def _columns(result: Result, asked: Asked) -> list[Column]:
    """A column for each alternative."""
    return [Column(f"then{setup}", asked.setups[setup].name) for setup in result.alternatives]


def _measures(asked: Asked) -> list[tuple[str, str]]:
    found = [(_("half within, minutes"), "p50")]
    found += [
        (_("%(share)d %% within, minutes") % {"share": share}, f"p{share}")
        for share in sorted({asked.share, 90} - {50})
    ]
    return [
        *found,
        (_("within the target, %"), "within"),
        (_("no unit free, %"), "queued"),
    ]


TOGETHER = (
    ("utilisation", gettext_lazy("Unit load, % of duty")),
    ("cover", gettext_lazy("Cover, % of the places of calls")),
    ("waiting", gettext_lazy("Queue, calls on average")),
    ("in_beat", gettext_lazy("Own beat's unit first, %")),
    ("patrol_kept", gettext_lazy("Patrol plan kept, % of its time")),
)


def _is_told(result: Result, measure: str) -> bool:
    every = range(len(result.setups))
    return any(result.figure(setup, measure).value is not None for setup in every)


def _cells(result: Result, label: Any, measure: str, *, priority: str = "", area: str = "") -> list[object]:
    where = {"priority": priority, "area": area}
    others = [_beside(result, setup, measure, where) for setup in result.alternatives]
    return [label, told(result.figure(0, measure, **where), measure), *others]


def _beside(result: Result, setup: int, measure: str, where: Mapping[str, str]) -> object:
    """An alternative's value, and below it its difference to today with the interval and what it comes to."""
    value = told(result.figure(setup, measure, **where), measure)
    words = difference_words(measure, result.gap(setup, measure, **where))
    return (
        format_html('<strong class="num">{}</strong><br><span class="small muted">{}</span>', value, words)
        if value
        else None
    )


def told(figure: Figure, measure: str) -> str | None:
    """A value with the digits of its measure."""
    return None if figure.value is None else number(figure.value, digits_of(measure))


# --- charts ----------------------------------------------------------------------------------------------------------


def _basis(result: Result, asked: Asked) -> Basis:
    words = _("simulated: %(days)d days, %(runs)d times") % {"days": asked.days, "runs": asked.runs}
    return Basis(source=words, period=f"{asked.first:%Y-%m-%d} – {asked.last:%Y-%m-%d}", n=result.calls())


def _series(asked: Asked, runs: Sequence[Sequence[Figure]]) -> tuple[Series, ...]:
    return tuple(
        Series(name, [one.value for one in run], [one.low for one in run], [one.high for one in run], plain=number == 0)
        for number, (name, run) in enumerate(zip(names(asked), runs, strict=True))
    )


def times_chart(result: Result, asked: Asked) -> BarChart:
    """The response time that the asked share is reached within, by priority."""
    measure = f"p{asked.share}"
    levels = [level for level in range(1, LEVELS + 1) if result.calls(str(level))]
    every = range(len(result.setups))
    runs = [[result.figure(setup, measure, priority=str(level)) for level in levels] for setup in every]
    what = _("Minutes from the call to the first unit, within which %(share)d %% are reached") % {"share": asked.share}
    first = levels[0] if levels else 0
    finding = _("%(share)d %% of %(calls)s within %(today)s minutes today, within %(then)s with %(name)s") % {
        "share": asked.share, "calls": SPOKEN[first], "name": asked.setups[1].name,
        "today": told(result.figure(0, measure, priority=str(first)), measure) or "–",
        "then": told(result.figure(1, measure, priority=str(first)), measure) or "–",
    }  # fmt: skip
    return BarChart(
        finding=finding, what=what, unit=_("minutes"), digits=1, labels=[PRIORITIES[level] for level in levels],
        label_name=_("Priority"), series=_series(asked, runs), basis=_basis(result, asked),
    )  # fmt: skip


def load_chart(result: Result, asked: Asked) -> BarChart:
    """How much of its duty each unit spends on calls."""
    every = range(len(result.setups))
    units = [name for name, _station in result.units()][:MOST_BARS]
    runs = [[result.figure(setup, "utilisation", unit=unit) for unit in units] for setup in every]
    mean = result.figure(0, "utilisation").value or 0.0
    then = result.figure(1, "utilisation").value or 0.0
    finding = _("Units are on calls for %(then)s %% of their duty, today for %(today)s %%") % {
        "then": number(then, 0), "today": number(mean, 0),
    }  # fmt: skip
    return BarChart(
        finding=finding, what=_("Duty spent on calls, driving included, by unit"), unit=_("per cent"), labels=units,
        label_name=_("Unit"), series=_series(asked, runs), basis=_basis(result, asked),
    )  # fmt: skip


def cover_chart(result: Result, asked: Asked) -> LineChart:
    """Over the hours of the day, how much of the calls' ground has a free unit near."""
    hours = [f"{hour:02d}" for hour in range(24)]
    runs = [[None if one is None else 100 * one for one in setup["cover_by_hour"]] for setup in result.setups]
    known = [(value, hour) for run in runs[:1] for hour, value in enumerate(run) if value is not None]
    least = min(known, default=(0.0, 0))
    finding = _("Cover is least about %(hour)02d:00: %(share)s %% of the calls' places today") % {
        "hour": least[1], "share": number(least[0], 0),
    }  # fmt: skip
    what = _("Share of the places of calls with a free unit within %(minutes)s minutes") % {
        "minutes": f"{asked.cover:g}"
    }
    series = [Series(name, run, plain=not i) for i, (name, run) in enumerate(zip(names(asked), runs, strict=True))]
    return LineChart(
        finding=finding, what=what, unit=_("per cent"), labels=hours, label_name=_("Hour"), x_name=_("Hour of the day"),
        series=series, basis=_basis(result, asked),
    )  # fmt: skip


def unit_table(result: Result, asked: Asked) -> Table:
    """Each unit's load in each setup."""
    columns = [Column("unit", _("Unit")), Column("station", _("Station"))]
    columns += [Column(f"load{number}", name) for number, name in enumerate(names(asked))]
    known = [{one["name"]: one for one in setup["units"]} for setup in result.setups]
    rows = [Row([unit, station, *(_load(one.get(unit)) for one in known)]) for unit, station in result.units()]
    note = _("Per cent of duty spent on calls, driving included; below it jobs a day.")
    return Table(_("Load of each unit"), columns, rows, dense=True, tall=True, stacks=False, note=note)


def _load(unit: Mapping[str, Any] | None) -> object:
    """A unit's load and jobs, where a setup has it."""
    if unit is None or unit["utilisation"][0] is None:
        return None
    load, jobs = number(100 * unit["utilisation"][0], 1), number(unit["jobs"], 1)
    return format_html('<strong class="num">{}</strong><br><span class="small muted">{}</span>', load, jobs)


# --- by area ---------------------------------------------------------------------------------------------------------


def _shown(request: Request, result: Result) -> int:
    """Which setup the map shows: 0 is today, else an alternative's difference."""
    asked = request.GET.get("map", "1")
    return int(asked) if asked.isdigit() and int(asked) < len(result.setups) else 1


def _views(asked: Asked, shown: int) -> list[dict[str, Any]]:
    words = [str(_("Today")), *(_("Difference: %(name)s") % {"name": one.name} for one in asked.setups[1:])]
    return [
        {"label": label, "url": f"?map={number}#areas", "current": number == shown}
        for number, label in enumerate(words)
    ]


def area_map(request: Request, found: WhatIf, result: Result, asked: Asked, shown: int) -> Map:
    """Each zone in the colour of its area's response time today, or of its difference."""
    measure = f"p{asked.share}"
    read = result.figure if not shown else result.gap
    by_area = {area: read(shown, measure, area=area) for area, _calls in result.areas}
    cells = [
        {"cell": cell, "value": figure.value, "words": _area_words(area, figure, measure, shown)}
        for cell, area in result.plain["zones"]
        if (figure := by_area.get(area)) and figure.value is not None
    ]
    values = [figure.value for figure in by_area.values() if figure.value is not None]
    label = _("%(share)d %% of calls reached within, by area") % {"share": asked.share}
    if shown:
        label = _("%(share)d %% of calls reached within: difference to today, by area") % {"share": asked.share}
    return Map(
        "surface", label, data=cells, legend=_legend(values, label, differences=bool(shown)),
        **map_ground(request, found.area_set),
    )  # fmt: skip


def _area_words(area: str, figure: Figure, measure: str, shown: int) -> str:
    return f"{area}: {difference_words(measure, figure)}" if shown else area


def _legend(values: Sequence[float], title: str, *, differences: bool) -> Legend:
    if not differences:
        return Legend(title, _("minutes"), bounds=classes(values, 6), digits=1)
    sizes = sorted(abs(value) for value in values)
    step = max(0.1, round(sizes[len(sizes) * 9 // 10] / 2.5, 1)) if sizes else 0.1
    bounds = [round(step * (i - 3.5), 2) for i in range(7)]
    return Legend(title, _("minutes"), bounds=bounds, digits=1, diverging=True)


def area_table(result: Result, asked: Asked) -> Table:
    """Area by area: calls, today and each alternative; those that change most first."""
    measure = f"p{asked.share}"
    columns = [
        Column("area", _("Area")),
        Column("calls", _("Calls"), kind="number", digits=0),
        Column("today", _("Today, minutes"), kind="number"),
    ]
    columns += _columns(result, asked)
    rows = [Row(_area_cells(result, measure, area, calls)) for area, calls in _most_changed(result, measure)]
    caption = _("By area: minutes within which %(share)d %% of all calls are reached") % {"share": asked.share}
    note = _("With many areas about one in twenty seems to differ by chance alone: look at those that lie together.")
    return Table(caption, columns, rows, dense=True, tall=True, stacks=False, note=note)


def _area_cells(result: Result, measure: str, area: str, calls: int) -> list[object]:
    first, *rest = _cells(result, area, measure, area=area)
    return [first, calls, *rest]


def _most_changed(result: Result, measure: str) -> list[tuple[str, int]]:
    def change(row: tuple[str, int]) -> float:
        return max(abs(result.gap(setup, measure, area=row[0]).value or 0.0) for setup in result.alternatives)

    return sorted(result.areas, key=change, reverse=True)
