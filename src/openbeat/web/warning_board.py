"""What the warning desk shows: the inbox, one alarm with its map and time line, watches, the register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import cos, radians
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openbeat.forecast.warning import queries
from openbeat.forecast.warning.queries import Alarm, Watch
from openbeat.forecast.warning.rules import LinkKind, reach, waits
from openbeat.forecast.warning.states import AlarmState, WatchState
from openbeat.places import queries as places
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.bits import Link
from openbeat.web.ui.charts import Basis, LineChart, Series, Sparkline
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import classes, number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.warning_links import comparison, records
from openbeat.web.warning_words import (
    ALARMS,
    LINKS,
    alarm_badge,
    by_chance,
    chance_words,
    classes_of,
    day,
    days,
    days_between,
    expected_words,
    found,
    last_scan,
    near,
    of_one_day,
    once_in,
    outcome_words,
    rarest,
    scanned_to,
    since,
    span,
)

WEEK = 7
SHOWN_SCANS = 60
SHOWN_ALARMS = 500
MAP_MARGIN = 1.5
"""So many radii around the circle does the map begin with."""
METRES_A_DEGREE = 111_320.0
LEAST_SHOWN = 900.0
"""Metres around its middle that a map shows at least: so much tells where in the city it is."""


def inbox(request: Request) -> dict[str, Any]:
    """Everything that is not closed, what waits for a word first; and what each watch's latest scan said."""
    shown = queries.alarms(request.actor).exclude(state=AlarmState.CLOSED).order_by("-recurrence")
    alarms = [one for one in shown if one.living or one.state != AlarmState.DISMISSED]
    watches = list(queries.watches(request.actor))
    latest = queries.latest_scans(request.actor)
    return {
        "groups": [group for group in _groups(alarms) if group["cards"]],
        "watches": [_watch_line(one, latest.get(one.pk)) for one in watches if one.state != WatchState.PAUSED],
        "any_watch": bool(watches),
        "watching": any(one.state == WatchState.WATCHING for one in watches),
    }


def _groups(alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Alarms by what is asked of the reader."""
    new = [one for one in alarms if one.state == AlarmState.NEW and one.living]
    ended = [one for one in alarms if not one.living and waits(AlarmState(one.state), living=False)]
    hand = [one for one in alarms if one.state in {AlarmState.ACKNOWLEDGED, AlarmState.LINKED} and one.living]
    dismissed = [one for one in alarms if one.state == AlarmState.DISMISSED]
    named = (
        (_("To look at"), "warn", new),
        (_("Ended: say what came of it"), "warn", ended),
        (_("In hand"), "info", hand),
        (_("Dismissed, and still found"), "neutral", dismissed),
    )
    return [{"heading": words, "tone": tone, "cards": [_card(one) for one in found]} for words, tone, found in named]


def _card(alarm: Alarm) -> dict[str, Any]:
    return {
        "url": reverse("warning", args=[alarm.pk]),
        "title": near(alarm),
        "badge": alarm_badge(alarm),
        "found": found(alarm),
        "of_one_day": of_one_day(alarm),
        "by_chance": by_chance(alarm),
        "since": since(alarm),
        "line": sparkline(alarm),
    }


def sparkline(alarm: Alarm) -> Sparkline:
    """Reports inside the circle by week, half a year."""
    observed, _expected, _labels = weekly(alarm)
    words = _("Reports inside by week, the last half year; %(last)s in the newest") % {
        "last": number(observed[-1] if observed else 0, 0)
    }
    return Sparkline(observed or [0.0], words)


def _watch_line(watch: Watch, scan: Any) -> dict[str, Any]:
    told = last_scan(scan) if watch.state == WatchState.WATCHING else {"words": _("Waits for approval."), "bad": False}
    return {"title": watch.title, "url": reverse("warning_watch", args=[watch.pk])} | told


def weekly(alarm: Alarm) -> tuple[list[float], list[float], list[str]]:
    """Reports inside the circle by week, those expected, and the first day of each week; the last week is whole."""
    observed, expected = (np.array(alarm.timeline.get(name, []), float) for name in ("observed", "expected"))
    whole = len(observed) // WEEK * WEEK
    if not whole:
        return [], [], []
    first = date.fromisoformat(alarm.timeline["first"]) + timedelta(days=len(observed) - whole)
    sums = [part[len(part) - whole :].reshape(-1, WEEK).sum(axis=1).round(2).tolist() for part in (observed, expected)]
    labels = [date_format(first + timedelta(days=WEEK * i), "j M") for i in range(whole // WEEK)]
    return sums[0], sums[1], labels


def board(request: Request, alarm: Alarm) -> dict[str, Any]:
    """One alarm: words, numbers, map, time line, history."""
    return {
        "alarm": alarm,
        "near": near(alarm),
        "badge": alarm_badge(alarm),
        "found": found(alarm),
        "of_one_day": of_one_day(alarm),
        "by_chance": by_chance(alarm),
        "since": since(alarm),
        "stats": _stats(alarm),
        "map": alarm_map(request, alarm),
        "twin": alarm_twin(request, alarm),
        "weeks": week_chart(alarm),
        "days": day_chart(alarm),
        "facts": _facts(request, alarm),
        "sightings": sighting_table(request, alarm),
        "steps": step_table(request, alarm),
        "outcome": outcome_words(alarm.outcome),
    }


def _stats(alarm: Alarm) -> list[dict[str, Any]]:
    """The numbers of the latest scan that found it."""
    count = (alarm.ends - alarm.starts).days + 1
    within = ngettext("%(days)s day", "%(days)s days", count) % {"days": count}
    ratio = alarm.observed / alarm.expected if alarm.expected else None
    times = _("%(ratio)s times as many") % {"ratio": number(ratio, 1)} if ratio else ""
    basis = _("scanned up to %(last)s") % {"last": day(scanned_to(alarm.last_seen))}
    usual = _("the circle's share of the year's reports, these among them, of all reported in the area on these days")
    return [
        {"label": _("Reported"), "value": number(alarm.observed, 0), "unit": within, "basis": basis, "change": times},
        {"label": _("Expected"), "value": expected_words(alarm.expected), "unit": within, "basis": usual},
        {
            "label": _("By chance alone once in"),
            "value": days_between(alarm.recurrence, rarest(alarm.watch)),
            "unit": _("days"),
            "basis": chance_words(alarm),
        },
    ]


def _facts(request: Request, alarm: Alarm) -> list[tuple[Any, Any]]:
    watch = alarm.watch
    return [
        (_("Near"), near(alarm)),
        (_("Days"), span(alarm.starts, alarm.ends)),
        (_("Circle"), _("%(metres)s m around the point on the map") % {"metres": number(reach(alarm.radius), 0)}),
        (_("First found"), day(alarm.first_seen)),
        (_("Last found"), day(alarm.last_seen)),
        (_("At its rarest"), once_in(alarm.highest, rarest(alarm.watch))),
        (_("Watch"), Link(watch.title, reverse("warning_watch", args=[watch.pk]))),
        *records(request, alarm),
        *_what_became(request, alarm),
    ]


def _what_became(request: Request, alarm: Alarm) -> Iterable[tuple[Any, Any]]:
    if alarm.link_words:
        kind = LinkKind(alarm.link_kind)
        plan = kind is LinkKind.PLAN and alarm.link_id
        yield LINKS[kind], Link(alarm.link_words, reverse("plan", args=[alarm.link_id])) if plan else alarm.link_words
        yield from comparison(request, alarm)
    if alarm.outcome:
        yield _("What it was"), outcome_words(alarm.outcome)
        yield _("Why"), alarm.outcome_words
        yield _("Said by"), alarm.ended_by.name if alarm.ended_by else ""


def alarm_map(request: Request, alarm: Alarm) -> Map:
    """The circle, and the cells in which its reports lie."""
    edge = reach(alarm.radius)
    counts = [float(count) for _cell, count in alarm.cells] or [1.0]
    data = [{"cell": cell, "value": count} for cell, count in alarm.cells]
    return Map(
        "warning",
        _("Where the reports of the warning lie"),
        data=data,
        legend=Legend(_("Reports in these days"), _("per cell of about 130 m"), classes(counts), digits=0),
        extra={"lon": alarm.lon, "lat": alarm.lat, "radius": edge},
        **map_ground(request, alarm.watch.area_set) | {"bounds": _around(alarm, max(LEAST_SHOWN, MAP_MARGIN * edge))},
    )


def _around(alarm: Alarm, metres: float) -> tuple[float, float, float, float]:
    """West, south, east, north of a square around the circle's middle, `metres` to each side."""
    up = metres / METRES_A_DEGREE
    side = up / cos(radians(alarm.lat))
    return (alarm.lon - side, alarm.lat - up, alarm.lon + side, alarm.lat + up)


def alarm_twin(request: Request, alarm: Alarm) -> Table:
    """The cells in words: the area each lies in and its reports."""
    cells = np.array([int(cell, 16) for cell, _count in alarm.cells], np.int64)
    homes = places.names_of_cells(request.actor, alarm.watch.area_set, cells)
    columns = [
        Column("area", _("Area")),
        Column("count", _("Reports"), kind="number", digits=0),
        Column("cell", _("Cell"), kind="code"),
    ]
    rows = [Row([home, count, cell]) for home, (cell, count) in zip(homes, alarm.cells, strict=True)]
    return Table(_("Reports by cell"), columns, rows, dense=True, stacks=False, show_caption=False)


def week_chart(alarm: Alarm) -> LineChart | None:
    """Reports inside the circle by week against those expected, half a year."""
    observed, expected, labels = weekly(alarm)
    if not labels:
        return None
    usual = sum(observed[:-4]) / max(1, len(observed) - 4)
    lately = sum(observed[-4:]) / 4
    finding = _("%(lately)s reports a week in the last four weeks, %(usual)s a week before") % {
        "lately": number(lately, 1), "usual": number(usual, 1)
    }  # fmt: skip
    return _lines(alarm, finding, _("Reports inside the circle by week"), labels, observed, expected, _("Week from"))


def day_chart(alarm: Alarm) -> LineChart | None:
    """Reports inside the circle by day against those expected, over the watch's stretch."""
    count = alarm.watch.days
    observed, expected = (alarm.timeline.get(name, [])[-count:] for name in ("observed", "expected"))
    if not observed:
        return None
    last = date.fromisoformat(alarm.timeline["first"]) + timedelta(days=len(alarm.timeline["observed"]))
    labels = [date_format(last - timedelta(days=len(observed) - i), "j M") for i in range(len(observed))]
    busy = sum(1 for one in observed if one)
    finding = ngettext(
        "Reports on %(busy)s of the last %(count)s day", "Reports on %(busy)s of the last %(count)s days", len(observed)
    ) % {"busy": busy, "count": len(observed)}
    return _lines(alarm, finding, _("Reports inside the circle by day"), labels, observed, expected, _("Day"))


def _lines(
    alarm: Alarm, finding: str, what: str, labels: list[str], observed: list[float], expected: list[float], x_name: str
) -> LineChart:
    return LineChart(
        finding=finding,
        what=what,
        unit=_("reports"),
        digits=1,
        basis=Basis(
            _("reports of %(what)s") % {"what": classes_of(alarm.watch)},
            f"{labels[0]} – {day(scanned_to(alarm.last_seen))}",
            int(sum(observed)),
        ),
        labels=labels,
        x_name=x_name,
        series=[Series(_("Reported"), observed), Series(_("Expected"), expected, plain=True)],
    )


def sighting_table(request: Request, alarm: Alarm) -> Table:
    """The alarm as each night found it, the latest first; of a night scanned twice, the later scan."""
    columns = [
        Column("night", _("Scanned up to"), kind="time"),
        Column("days", _("Days"), kind="time"),
        Column("radius", _("Circle, m"), kind="number", digits=0),
        Column("observed", _("Reported"), kind="number", digits=0),
        Column("expected", _("Expected"), kind="number", digits=2),
        Column("often", _("By chance once in, days"), kind="number"),
    ]
    most = rarest(alarm.watch)
    found = queries.sightings(request.actor, alarm)[:SHOWN_SCANS]
    nights = {one.night: one for one in reversed(found)}
    rows = [
        Row([scanned_to(one.night), days(one.starts, one.ends), reach(one.radius), one.observed, one.expected,
             days_between(one.recurrence, most)])
        for one in sorted(nights.values(), key=lambda one: one.night, reverse=True)
    ]  # fmt: skip
    return Table(_("Night by night"), columns, rows, dense=True, now=request.now)


def step_table(request: Request, alarm: Alarm) -> Table:
    """Who did what about it, the latest first."""
    columns = [
        Column("at", _("When"), kind="time"),
        Column("by", _("Who")),
        Column("became", _("Became")),
        Column("words", _("Words")),
    ]
    rows = [
        Row([one.at, one.by.name if one.by else "", ALARMS[AlarmState(one.became)][0], one.words])
        for one in queries.steps(request.actor, alarm)
    ]
    empty = Empty(_("Nothing yet"), _("What people do about this warning stands here, with their names."), "history")
    return Table(_("Who did what"), columns, rows, empty=empty, now=request.now)
