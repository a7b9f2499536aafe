"""What the what-if desk shows: the list, and a result side by side in words, tables, charts and a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from openbeat.patrol.what_if import queries
from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.rules import LEVELS, Asked, changed_shift
from openbeat.web.request import Request
from openbeat.web.ui.charts import BarChart, Basis, LineChart, Series
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.what_if_areas import area_map, area_table, choices, view_of
from openbeat.web.what_if_facts import notes
from openbeat.web.what_if_figures import Figure, Result, between, verdict
from openbeat.web.what_if_rows import by_shift, cell, side_by_side, told
from openbeat.web.what_if_words import PRIORITIES, SPOKEN, badge, names, spoken

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
    view = view_of(request, result, asked)
    finding, *others = [told for setup in result.alternatives for told in sentences(result, asked, setup)]
    return {
        "finding": finding,
        "others": others,
        "table": side_by_side(result, asked),
        "times": times_chart(result, asked),
        "load": load_chart(result, asked),
        "cover": cover_chart(result, asked),
        "units": unit_table(result, asked),
        "shifts": by_shift(result, asked),
        "choices": choices(result, asked, view),
        "map": area_map(request, found, result, asked, view),
        "areas": area_table(result, asked, view),
        "notes": notes(result, asked),
    }


# --- the finding -----------------------------------------------------------------------------------------------------


def sentences(result: Result, asked: Asked, setup: int) -> list[str]:
    """What an alternative comes to for the most urgent calls; and for all calls, where that is another story."""
    shift = changed_shift(asked.setups[0], asked.setups[setup])
    hours = str(shift) if shift is not None and result.calls(hours=str(shift)) else ""
    if not result.calls("1", hours=hours):
        return [_sentence(result, asked, setup, 0, hours)]
    measure = f"p{asked.share}"
    urgent, every = (verdict(measure, result.gap(setup, measure, priority=one, hours=hours)) for one in ("1", ""))
    levels = (1,) if urgent == every else (1, 0)
    return [_sentence(result, asked, setup, level, hours) for level in levels]


def _sentence(result: Result, asked: Asked, setup: int, level: int, hours: str) -> str:
    """The response time of calls of a priority (0: of all) with the interval of the difference."""
    measure, where = f"p{asked.share}", {"priority": str(level or ""), "hours": hours}
    today, then = result.figure(0, measure, **where), result.figure(setup, measure, **where)
    gap = result.gap(setup, measure, **where)
    if today.value is None or then.value is None:
        return _("With %(name)s: no call was reached.") % {"name": asked.setups[setup].name}
    told = {
        "name": asked.setups[setup].name, "share": asked.share,
        "calls": spoken(level, int(hours) if hours else None),
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
    what = _("Minutes from the call to the first unit, within which %(share)d %% are reached, over the whole day") % {
        "share": asked.share
    }
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
    return cell(load, jobs)
