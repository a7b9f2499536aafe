"""Rows of a what-if's tables: today's value, each alternative's beside it with its difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.patrol.what_if.rules import LEVELS, Asked, shift_hours
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Row, Table
from openbeat.web.what_if_figures import SLOWER, Figure, Result, difference_words, digits_of, plain_between
from openbeat.web.what_if_words import PRIORITIES, shift_name

TOGETHER = (
    ("utilisation", gettext_lazy("Unit load, % of duty")),
    ("cover", gettext_lazy("Cover, % of the places of calls")),
    ("waiting", gettext_lazy("Queue, calls on average")),
    ("in_beat", gettext_lazy("Own beat's unit first, %")),
    ("patrol_kept", gettext_lazy("Patrol plan kept, % of its time")),
)


def side_by_side(result: Result, asked: Asked) -> Table:
    """Every measure of today and of each alternative with its difference."""
    rows = [
        Row(_cells(result, f"{PRIORITIES[level]}: {label}", measure, {"priority": str(level or "")}))
        for level in (*range(1, LEVELS + 1), 0)
        if result.calls(str(level or ""))
        for label, measure in _measures(asked)
    ]
    rows += [Row(_cells(result, label, measure, {})) for measure, label in TOGETHER if _is_told(result, measure)]
    return _table(result, asked, _("Today and its alternatives"), rows, show_caption=False)


def by_shift(result: Result, asked: Asked) -> Table | None:
    """Response times of the calls that came in each shift; none in results from before shifts were told apart."""
    measure = f"p{asked.share}"
    rows = [
        Row(_cells(result, f"{shift_name(asked, shift)} · {PRIORITIES[level]}", measure, where))
        for shift in map(int, shift_hours(asked.first_hour))
        for level in (*range(1, LEVELS + 1), 0)
        if result.calls(**(where := {"priority": str(level or ""), "hours": str(shift)}))
    ]
    title = _("By shift: %(what)s") % {"what": _label(asked, measure)}
    return _table(result, asked, title, rows) if rows else None


def _table(result: Result, asked: Asked, title: str, rows: list[Row], *, show_caption: bool = True) -> Table:
    columns = [Column("what", _("Measure")), Column("today", _("Today")), *columns_of(result, asked)]
    note = _(
        "Below today's value its 95 % interval; below the others their difference to today on the same calls, in "
        "brackets the 95 % interval of that."
    )
    return Table(title, columns, rows, show_caption=show_caption, dense=True, note=note)


def columns_of(result: Result, asked: Asked) -> list[Column]:
    """A column for each alternative."""
    return [Column(f"then{setup}", capfirst(asked.setups[setup].name)) for setup in result.alternatives]


def _measures(asked: Asked) -> list[tuple[str, str]]:
    times = ["p50", *(f"p{share}" for share in sorted({asked.share, 90} - {50}))]
    return [
        *((_label(asked, measure), measure) for measure in times),
        (_("within the target, %"), "within"),
        (_("no unit free, %"), "queued"),
    ]


def _label(asked: Asked, measure: str) -> str:
    if measure == "p50":
        return _("half within, minutes")
    return _("%(share)d %% within, minutes") % {"share": int(measure[1:])}


def unit_of(measure: str) -> str:
    """Minutes or per cent."""
    return _("minutes") if measure in SLOWER else _("per cent")


def _is_told(result: Result, measure: str) -> bool:
    every = range(len(result.setups))
    return any(result.figure(setup, measure).value is not None for setup in every)


def _cells(result: Result, label: Any, measure: str, where: Mapping[str, str]) -> list[object]:
    others = [beside(result, setup, measure, where) for setup in result.alternatives]
    return [label, today_cell(result, measure, where), *others]


def today_cell(result: Result, measure: str, where: Mapping[str, str]) -> object:
    """Today's value, and below it its interval."""
    figure = result.figure(0, measure, **where)
    return cell(told(figure, measure), plain_between(figure, digits_of(measure)))


def beside(result: Result, setup: int, measure: str, where: Mapping[str, str]) -> object:
    """An alternative's value, and below it its difference to today with the interval and what it comes to."""
    value = told(result.figure(setup, measure, **where), measure)
    return cell(value, difference_words(measure, result.gap(setup, measure, **where)))


def cell(value: str | None, words: str) -> object:
    """A value with words below it, kept together where the table is a stack."""
    if value is None:
        return None
    drawn = '<span><strong class="num">{}</strong><br><span class="small muted">{}</span></span>'
    return format_html(drawn, value, words)


def told(figure: Figure, measure: str) -> str | None:
    """A value with the digits of its measure."""
    return None if figure.value is None else number(figure.value, digits_of(measure))
