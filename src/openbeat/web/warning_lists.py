"""The lists of the warning desk: watches, their scans, and the register of warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from openbeat.forecast.warning import queries
from openbeat.forecast.warning.queries import Alarm, Filters, Watch
from openbeat.forecast.warning.rules import Outcome
from openbeat.forecast.warning.states import ScanState, WatchState
from openbeat.web.request import Request
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.warning_words import (
    OUTCOMES,
    alarm_badge,
    classes_of,
    days_between,
    near,
    rarest,
    scan_badge,
    scanned_to,
    short_day,
    threshold,
    watch_badge,
)

SHOWN_SCANS = 60
MEASURED = (
    (30, 0.36, 1.71, 7.1, 42, 71, 88),
    (60, 0.18, 1.13, 7.3, 31, 60, 83),
    (100, 0.13, 0.94, 6.5, 26, 54, 83),
    (200, 0.08, 0.61, 6.5, 20, 51, 83),
    (365, 0.03, 0.48, 5.3, 15, 48, 78),
)
"""What a threshold (days) brought in ten simulated years, as docs/explanation/false-alarms.md tells: warnings a month
where nothing repeats, and with near repeats; nights that each lasts; per cent found of planted clusters of 4, 7 and 12
reports."""
SHOWN_ALARMS = 500


def watch_table(request: Request, *, can_set: bool) -> Table:
    """Every watch in reach."""
    columns = [
        Column("title", _("Watch")),
        Column("state", _("State")),
        Column("area", _("Area")),
        Column("radius", _("Circle, m"), kind="number", digits=0),
        Column("days", _("Days"), kind="number", digits=0),
        Column("interval", _("Warns from once in, days"), kind="number", digits=0),
        Column("scan", _("Latest scan")),
    ]
    latest = queries.latest_scans(request.actor)
    rows = [
        Row([one.title, watch_badge(one), one.area_set.name, one.radius, one.days, one.least_interval,
             scan_badge(latest[one.pk]) if one.pk in latest else None],
            url=reverse("warning_watch", args=[one.pk]))
        for one in queries.watches(request.actor)
    ]  # fmt: skip
    empty = Empty(
        _("No watch yet"),
        _("A watch scans the last weeks each night for places where more was reported than elsewhere and before."),
        "bell-ring",
        _("Set up a watch") if can_set else "",
        reverse("warning_watch_new") if can_set else "",
    )
    return Table(_("Watches"), columns, rows, empty=empty, now=request.now)


def watch_facts(watch: Watch) -> list[tuple[Any, Any]]:
    """What a watch was set to, and by whom."""
    return [
        (_("Offences"), classes_of(watch)),
        (_("Area"), watch.area_set.name),
        (_("Greatest circle"), _("%(metres)s m around a point") % {"metres": number(watch.radius, 0)}),
        (_("Longest stretch"), _("%(days)s days") % {"days": watch.days}),
        (_("Least reports"), watch.least_cases),
        (_("Warns from"), threshold(watch)),
        (_("Weekends apart"), _("yes") if watch.by_weekday else _("no")),
        (_("Set up by"), watch.author.name if watch.author else ""),
        (_("Approved by"), watch.approved_by.name if watch.approved_by else ""),
        *([(_("Paused, because"), watch.paused_why)] if watch.paused_why else []),
    ]


def threshold_table() -> Table:
    """How many warnings a threshold brings, how many of them are about nothing, and what is found."""
    columns = [
        Column("from", _("Warn from once in, days"), kind="number", digits=0),
        Column("false", _("False warnings a month"), kind="number", digits=2),
        Column("all", _("Warnings a month, with near repeats"), kind="number", digits=2),
        Column("nights", _("Nights that each lasts"), kind="number", digits=1),
        *(
            Column(
                f"found{reports}", _("Found of clusters of %(count)s, %%") % {"count": reports}, kind="number", digits=0
            )
            for reports in (4, 7, 12)
        ),
    ]
    note = _(
        "Measured on ten simulated years of a town with 16 reported burglaries a week; a city with more has more"
        " warnings. More in docs/explanation/false-alarms.md. Your own register is the better table after a year."
    )
    rows = [Row(one) for one in MEASURED]
    return Table(_("What a threshold brings"), columns, rows, dense=True, note=note)


def scan_table(request: Request, watch: Watch) -> Table:
    """The scans of a watch, the newest first."""
    columns = [
        Column("night", _("Scanned up to"), kind="time"),
        Column("state", _("State")),
        Column("asked", _("Asked"), kind="time"),
        Column("by", _("By")),
        Column("cases", _("Reports read"), kind="number", digits=0),
        Column("clusters", _("Clusters, also of chance"), kind="number", digits=0),
        Column("raised", _("New warnings"), kind="number", digits=0),
        Column("continued", _("Continuing"), kind="number", digits=0),
    ]
    found = list(queries.scans(request.actor, watch)[:SHOWN_SCANS])
    any_failed = any(one.failure for one in found)
    if any_failed:
        columns.append(Column("failure", _("Why it failed")))
    rows = [
        Row([scanned_to(one.night), scan_badge(one), one.asked_at, one.author.name if one.author else _("by itself"),
             one.cases, one.clusters, one.raised, one.continued, *([one.failure] if any_failed else [])])
        for one in found
    ]  # fmt: skip
    text = _("The first comes within the hour after the watch is approved, then each night when records have come.")
    return Table(_("Scans"), columns, rows, dense=True, empty=Empty(_("No scan yet"), text, "history"), now=request.now)


def register(request: Request, filters: Filters, query: QueryDict) -> dict[str, Any]:
    """The register: how many a month and what came of them, and each alarm in a table."""
    alarms = list(queries.alarms(request.actor, filters)[:SHOWN_ALARMS])
    months = queries.register(request.actor, filters)
    return {"table": alarm_table(request, alarms, query), "months": month_table(months), "stats": _sums(months)}


def _sums(months: Sequence[queries.Month]) -> list[dict[str, Any]]:
    raised = sum(one.raised for one in months)
    waiting = sum(one.waiting for one in months)
    acted = sum(one.by_outcome.get(Outcome.ACTED, 0) for one in months)
    false = sum(one.by_outcome.get(Outcome.FALSE_ALARM, 0) for one in months)
    basis = _("in the months below")
    return [
        {"label": _("Warnings"), "value": number(raised, 0), "basis": basis},
        {"label": _("Without an outcome yet"), "value": number(waiting, 0), "basis": basis},
        {"label": OUTCOMES[Outcome.ACTED], "value": number(acted, 0), "basis": basis},
        {"label": _("False alarms"), "value": number(false, 0), "basis": basis},
    ]


def month_table(months: Sequence[queries.Month]) -> Table:
    """Month by month: raised, and what came of them."""
    columns = [
        Column("month", _("Month")),
        Column("raised", _("Warnings"), kind="number", digits=0),
        *(Column(outcome.value, words, kind="number", digits=0) for outcome, words in OUTCOMES.items()),
        Column("waiting", _("Without an outcome yet"), kind="number", digits=0),
    ]
    rows = [
        Row([f"{one.month:%Y-%m}", one.raised, *(one.by_outcome.get(outcome, 0) for outcome in OUTCOMES), one.waiting])
        for one in months
    ]
    return Table(_("Warnings by month"), columns, rows, dense=True)


def alarm_table(request: Request, alarms: Sequence[Alarm], query: QueryDict) -> Table:
    """Each alarm of the register."""
    columns = [
        Column("near", _("Near")),
        Column("what", _("Offences")),
        Column("observed", _("Reported"), kind="number", digits=0),
        Column("expected", _("Expected"), kind="number", digits=2),
        Column("often", _("By chance once in, days"), kind="number"),
        Column("first", _("First found"), kind="time"),
        Column("became", _("What came of it")),
    ]
    rows = [
        Row([near(one), classes_of(one.watch), one.observed, one.expected,
             days_between(one.highest, rarest(one.watch)), short_day(one.first_seen), alarm_badge(one)],
            url=reverse("warning", args=[one.pk]))
        for one in alarms
    ]  # fmt: skip
    empty = Empty(
        _("No warning passes"), _("Every warning stays here with its outcome. Widen the filters to see more."), "bell"
    )
    return Table(
        _("Register of warnings"), columns, rows, query, empty=empty, now=request.now, total=len(rows), dense=True
    )


def failed(request: Request) -> list[tuple[Watch, Any]]:
    """Watches whose newest scan failed."""
    latest = queries.latest_scans(request.actor)
    return [
        (one, latest[one.pk])
        for one in queries.watches(request.actor).filter(state=WatchState.WATCHING)
        if one.pk in latest and latest[one.pk].state == ScanState.FAILED
    ]
