"""The warning desk: what stands out now, what is done about it, what is scanned each night, and what came of it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.forecast.warning import actions, queries
from openbeat.forecast.warning.queries import Alarm, Filters, Scan, Watch
from openbeat.forecast.warning.states import BACK, OPEN, UNDER_WAY, AlarmState, ScanState, WatchState
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import BadInput, OpenbeatError
from openbeat.seeing import progress
from openbeat.web.deeds import deeds_on
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.progress_words import step_words
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.trail import HANDED_OVER_ON
from openbeat.web.warning_board import board, inbox
from openbeat.web.warning_forms import EndForm, LinkForm, RegisterForm, WatchForm
from openbeat.web.warning_lists import failed, register, scan_table, threshold_table, watch_facts, watch_table
from openbeat.web.warning_words import found, near, threshold, watch_badge

MOST_NEEDS = 20


@login_required
@require_GET
def warnings(request: HttpRequest) -> HttpResponse:
    """The inbox: what needs a word first."""
    seen = require(request, Permission.WARNING_VIEW)
    context = inbox(seen) | {"can_set": bool(scopes(seen.actor, Permission.WARNING_SET))}
    return render(request, "warnings/inbox.html", context)


@login_required
@require_GET
def warning(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """One warning: words, map, time line, what is done about it, history."""
    seen = require(request, Permission.WARNING_VIEW)
    alarm = queries.alarm(seen.actor, alarm_id)
    return render(request, "warnings/warning.html", board(seen, alarm) | _acts(seen, alarm))


def _acts(request: Request, alarm: Alarm) -> dict[str, Any]:
    """What the reader may do about it now, with the forms of it."""
    if not permits(request.actor, Permission.WARNING_HANDLE, alarm):
        return {}
    state = AlarmState(alarm.state)
    is_open = state in {AlarmState.NEW, AlarmState.ACKNOWLEDGED}
    return {
        "may_acknowledge": state is AlarmState.NEW,
        "may_link": is_open,
        "may_dismiss": is_open and alarm.living,
        "may_close": not alarm.living and (is_open or state is AlarmState.LINKED),
        "may_take_back": state in BACK,
        "may_plan": bool(scopes(request.actor, Permission.PLAN_MAKE)),
        "link_form": LinkForm(request),
        "dismiss_form": EndForm(dismiss=True, prefix="dismiss"),
        "close_form": EndForm(dismiss=False, prefix="close"),
    }


deed, taking_back = deeds_on(queries.alarm, "warning", undo="warning_undo"), deeds_on(queries.alarm, "warning")


def _acknowledge(request: Request, alarm: Alarm) -> None:
    actions.acknowledge_alarm(request.actor, alarm, at=request.now)


def _link(request: Request, alarm: Alarm) -> None:
    actions.link_alarm(request.actor, alarm, at=request.now, **LinkForm(request, request.POST).link())


def _dismiss(request: Request, alarm: Alarm) -> None:
    given = EndForm(request.POST, dismiss=True).given()
    actions.dismiss_alarm(request.actor, alarm, at=request.now, **given)


def _close(request: Request, alarm: Alarm) -> None:
    given = EndForm(request.POST, dismiss=False).given()
    actions.close_alarm(request.actor, alarm, at=request.now, **given)


def _take_back(request: Request, alarm: Alarm) -> None:
    actions.take_back(request.actor, alarm, at=request.now)


# Watches


@login_required
@require_GET
def watches(request: HttpRequest) -> HttpResponse:
    """What is scanned each night."""
    seen = require(request, Permission.WARNING_VIEW)
    can = bool(scopes(seen.actor, Permission.WARNING_SET))
    return render(request, "warnings/watches.html", {"table": watch_table(seen, can_set=can), "can_set": can})


@login_required
def new_watch(request: HttpRequest) -> HttpResponse:
    """Set up a watch, from nothing or like another one."""
    seen = require(request, Permission.WARNING_SET)
    like = request.GET.get("like", "")
    form = WatchForm(seen, request.POST or None, queries.watch(seen.actor, like) if like else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = form.set_up()
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            return redirect("warning_watch", made.pk)
    context = {"form": form, "thresholds": threshold_table()}
    return render(request, "warnings/new.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def watch(request: HttpRequest, watch_id: UUID) -> HttpResponse:
    """One watch: its settings, its scans, what may be done."""
    seen = require(request, Permission.WARNING_VIEW)
    one = queries.watch(seen.actor, watch_id)
    busy = queries.scans(seen.actor, one).filter(state__in=UNDER_WAY).first()
    context = {
        "watch": one,
        "badge": watch_badge(one),
        "facts": watch_facts(one),
        "thresholds": threshold_table(),
        "scans": scan_table(seen, one),
        "often": threshold(one),
        "like": f"{reverse('warning_watch_new')}?like={one.pk}",
        "lag": _lag(seen, one),
        "may_approve": one.state != WatchState.WATCHING and permits(seen.actor, Permission.WARNING_APPROVE, one),
        "may_pause": one.state == WatchState.WATCHING and permits(seen.actor, Permission.WARNING_SET, one),
        "may_set": permits(seen.actor, Permission.WARNING_SET, one),
        "may_scan": one.state == WatchState.WATCHING and not busy and permits(seen.actor, Permission.WARNING_SCAN, one),
    }
    return render(request, "warnings/watch.html", context | (_waiting(busy) if busy else {}))


def _lag(request: Request, one: Watch) -> str:
    """That the records lie back, where they do."""
    newest = queries.last_record(request.actor, one.agency_id)
    if newest is None:
        return _("There are no records yet; import some first.")
    days = (timezone.localdate(request.now) - newest).days
    if days <= 1:
        return ""
    return ngettext(
        "The newest record is %(days)s day old: scans read to there, and warn so much later.",
        "The newest record is %(days)s days old: scans read to there, and warn so much later.",
        days,
    ) % {"days": days}


def _waiting(scan: Scan) -> dict[str, Any]:
    now = progress.standing(scan.pk)
    queued = scan.state == ScanState.QUEUED
    words = _("Waiting for the worker") if queued else step_words(now.words or "reading the reports")
    poll = reverse("warning_progress", args=[scan.watch_id])
    return {"busy": scan, "words": words, "value": None if queued else round(100 * now.share, 1), "poll": poll}


@login_required
@require_GET
def scan_progress(request: HttpRequest, watch_id: UUID) -> HttpResponse:
    """How far the scan under way has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    one = queries.watch(seen.actor, watch_id)
    busy = queries.scans(seen.actor, one).filter(state__in=UNDER_WAY).first()
    if busy is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "warnings/progress.html", _waiting(busy))


watch_deed = deeds_on(queries.watch, "warning_watch")


def _approve(request: Request, one: Watch) -> None:
    actions.approve_watch(request.actor, one, at=request.now)


def _pause(request: Request, one: Watch) -> None:
    actions.pause_watch(request.actor, one, reason=request.POST.get("reason", ""))


def _scan_now(request: Request, one: Watch) -> None:
    night = queries.night_for(request.actor, one, timezone.localdate(request.now))
    actions.ask_for_scan(request.actor, one, night=night, nightly=False, at=request.now)


# Register


@login_required
@require_GET
def the_register(request: HttpRequest) -> HttpResponse:
    """Every warning with its outcome, by the address's filters."""
    seen = require(request, Permission.WARNING_VIEW)
    form = RegisterForm(seen)
    context = register(seen, form.filters(), request.GET) | {
        "form": form,
        "may_export": bool(scopes(seen.actor, Permission.WARNING_EXPORT)),
        "bases": HANDED_OVER_ON,
        "export_url": f"{reverse('warning_export')}?{request.GET.urlencode()}",
    }
    return render(request, "warnings/register.html", context)


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The register as CSV, handed over with a reason and a legal basis."""
    seen = cast("Request", request)
    if seen.agency is None:
        raise BadInput("no agency is at work here", mend="sign in again")
    given = {"reason": request.POST.get("reason", ""), "basis": request.POST.get("legal_basis", "")}
    try:
        file = actions.export_alarms(seen.actor, seen.agency, filters=RegisterForm(seen).filters(), **given)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect(f"{reverse('warning_register')}?{request.GET.urlencode()}")
    named = {"Content-Disposition": 'attachment; filename="warnings.csv"'}
    return HttpResponse(file, content_type="text/csv; charset=utf-8", headers=named)


# What needs the reader


@needs
def warning_needs(request: Request) -> Iterator[Need]:
    """New warnings, those that ended without a word, watches to approve, scans that failed."""
    if not scopes(request.actor, Permission.WARNING_HANDLE):
        return
    mine = queries.alarms(request.actor, Filters(states=tuple(OPEN))).order_by("-recurrence")
    new = mine.filter(living=True, state=AlarmState.NEW)[:MOST_NEEDS]
    yield from (Need(near(one), found(one), reverse("warning", args=[one.pk])) for one in new)
    for one in mine.filter(living=False)[:MOST_NEEDS]:
        words = _("The warning has ended: say what came of it")
        yield Need(near(one), words, reverse("warning", args=[one.pk]), Urgency.SOON)
    yield from _watch_needs(request)


def _watch_needs(request: Request) -> Iterator[Need]:
    if scopes(request.actor, Permission.WARNING_APPROVE):
        for one in queries.watches(request.actor).filter(state=WatchState.PROPOSED)[:MOST_NEEDS]:
            words = _("A watch waits: let it scan each night?")
            yield Need(one.title, words, reverse("warning_watch", args=[one.pk]))
    if not scopes(request.actor, Permission.WARNING_SET):
        return
    for one, _scan in failed(request):
        yield Need(one.title, _("The scan failed; see why"), reverse("warning_watch", args=[one.pk]))
    if not queries.watches(request.actor).exists() and incidents.sources(request.actor).exists():
        words = _("Each night's records can be scanned for places where more is reported than chance explains.")
        yield Need(_("No watch is set up"), words, reverse("warning_watch_new"), Urgency.KNOW, _("Set up a watch"))


urlpatterns = [
    path("warnings/", warnings, name="warnings"),
    path("warnings/watches/", watches, name="warning_watches"),
    path("warnings/watches/new/", new_watch, name="warning_watch_new"),
    path("warnings/watches/<uuid:watch_id>/", watch, name="warning_watch"),
    path("warnings/watches/<uuid:watch_id>/progress/", scan_progress, name="warning_progress"),
    path(
        "warnings/watches/<uuid:watch_id>/approve/",
        watch_deed(_approve, gettext_lazy("The watch scans each night. The first scan comes within the hour.")),
        name="warning_watch_approve",
    ),
    path(
        "warnings/watches/<uuid:watch_id>/pause/",
        watch_deed(_pause, gettext_lazy("The watch is paused.")),
        name="warning_watch_pause",
    ),
    path(
        "warnings/watches/<uuid:watch_id>/scan/",
        watch_deed(_scan_now, gettext_lazy("The scan is queued.")),
        name="warning_scan",
    ),
    path("warnings/register/", the_register, name="warning_register"),
    path("warnings/register/export/", export, name="warning_export"),
    path("warnings/<uuid:alarm_id>/", warning, name="warning"),
    path(
        "warnings/<uuid:alarm_id>/acknowledge/",
        deed(_acknowledge, gettext_lazy("It is yours to look into.")),
        name="warning_acknowledge",
    ),
    path("warnings/<uuid:alarm_id>/link/", deed(_link, gettext_lazy("What is done is noted.")), name="warning_link"),
    path(
        "warnings/<uuid:alarm_id>/dismiss/",
        deed(_dismiss, gettext_lazy("The warning is dismissed.")),
        name="warning_dismiss",
    ),
    path("warnings/<uuid:alarm_id>/close/", deed(_close, gettext_lazy("The warning is closed.")), name="warning_close"),
    path(
        "warnings/<uuid:alarm_id>/undo/",
        taking_back(_take_back, gettext_lazy("It is taken back.")),
        name="warning_undo",
    ),
]
