"""The standby desk: ask, wait or stop, read where units wait, hand over, copy and change, print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.kernel.errors import OpenbeatError
from openbeat.patrol.standby import actions, queries
from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.rules import Asked, Waiting
from openbeat.patrol.standby.states import UNDER_WAY, State
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.web.deeds import deeds_on
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.standby_board import board, listing
from openbeat.web.standby_facts import assumptions, lines, unknowns
from openbeat.web.standby_form import AskForm
from openbeat.web.standby_words import badge, step_words
from openbeat.web.trail import HANDED_OVER_ON


@login_required
def standby_plans(request: HttpRequest) -> HttpResponse:
    """Every standby plan in reach, the newest first."""
    seen = cast("Request", request)
    can_place = bool(scopes(seen.actor, Permission.STANDBY_PLACE))
    return render(request, "standby/list.html", listing(seen, can_place=can_place))


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask where units are to wait, from today or from an earlier plan."""
    seen = require(request, Permission.STANDBY_PLACE)
    form = _form(seen)
    if request.method == "POST" and form.is_valid():
        try:
            found = form.ask()
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            return redirect("standby_plan", found.id)
    return render(request, "standby/ask.html", {"form": form}, status=422 if form.errors else 200)


def _form(request: Request) -> AskForm:
    """Filled in as today is; as an earlier one where the address names it."""
    if request.method == "POST":
        return AskForm(request, request.POST)
    earlier = request.GET.get("from", "")
    if not earlier:
        return AskForm(request)
    found = queries.standby_plan(request.actor, earlier)
    return AskForm(request, None, queries.asked_of(request.actor, found), str(found.area_set_id))


@login_required
def standby_plan(request: HttpRequest, standby_plan_id: str) -> HttpResponse:
    """The board of one standby plan; its address is what colleagues share."""
    seen = cast("Request", request)
    found = queries.standby_plan(seen.actor, standby_plan_id)
    if found.state in UNDER_WAY:
        return render(request, "standby/waiting.html", _waiting(seen, found))
    asked = queries.asked_of(seen.actor, found)
    sets = {str(one.id): one.name for one in places.area_sets(seen.actor, found.agency_id)}
    context = {
        "plan": found,
        "badge": badge(found),
        "facts": assumptions(seen.actor, found, asked, sets),
        "unknowns": unknowns(),
        "may": bool(scopes(seen.actor, Permission.STANDBY_PLACE)),
        "may_retry": found.state == State.FAILED and permits(seen.actor, Permission.STANDBY_PLACE, found),
        "copy": f"{reverse('standby_ask')}?from={found.id}",
        "what_if": _what_if(seen, found, asked),
        "bases": HANDED_OVER_ON,
    }
    done = board(seen, found, asked) if found.state == State.DONE else {}
    return render(request, "standby/board.html", context | done)


def _what_if(request: Request, found: StandbyPlan, asked: Asked) -> str:
    """The address that asks a what-if of these places; empty where it knows no such places, or may not be asked."""
    knows = found.state == State.DONE and asked.waiting == Waiting.NONE
    may = knows and scopes(request.actor, Permission.WHAT_IF_RUN)
    return f"{reverse('what_if_ask')}?standby={found.id}" if may else ""


@login_required
def standby_progress(request: HttpRequest, standby_plan_id: str) -> HttpResponse:
    """How far the search has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    found = queries.standby_plan(seen.actor, standby_plan_id)
    if found.state in UNDER_WAY:
        return render(request, "standby/progress.html", _waiting(seen, found))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _waiting(request: Request, found: StandbyPlan) -> dict[str, Any]:
    now = progress.standing(found.id)
    words = _("Waiting for the worker") if found.state == State.QUEUED else step_words(now.words)
    value = None if found.state == State.QUEUED else round(100 * now.share, 1)
    may = permits(request.actor, Permission.STANDBY_PLACE, found)
    poll = reverse("standby_progress", args=[found.id])
    return {"plan": found, "words": words or _("Reading the incidents"), "value": value, "poll": poll, "may": may}


deed = deeds_on(queries.standby_plan, "standby_plan")


def _retry(request: Request, found: StandbyPlan) -> None:
    actions.retry_standby_plan(request.actor, found)


def _cancel(request: Request, found: StandbyPlan) -> None:
    actions.cancel_standby_plan(request.actor, found, at=request.now)


@login_required
@require_POST
def export(request: HttpRequest, standby_plan_id: str) -> HttpResponse:
    """Places with their units and areas with their chances as CSV, with a reason and a legal basis."""
    seen = cast("Request", request)
    found = queries.standby_plan(seen.actor, standby_plan_id)
    given = {"reason": request.POST.get("reason", ""), "basis": request.POST.get("legal_basis", "")}
    try:
        file = actions.export_standby_plan(seen.actor, found, lines=lines(found.result or {}), **given)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect("standby_plan", standby_plan_id)
    head = {"Content-Disposition": 'attachment; filename="standby.csv"'}
    return HttpResponse(file, content_type="text/csv; charset=utf-8", headers=head)


@needs
def standby_needs(request: Request) -> Iterator[Need]:
    """Standby plans of mine that are worked out, or that ended today."""
    if not scopes(request.actor, Permission.STANDBY_VIEW):
        return
    mine = queries.standby_plans(request.actor).filter(
        author_id=request.actor.person_id, state__in=[*UNDER_WAY, State.FAILED, State.DONE],
        made_at__gt=request.now - timedelta(days=1),
    )  # fmt: skip
    for found in mine[:5]:
        url = reverse("standby_plan", args=[found.id])
        if found.state == State.FAILED:
            yield Need(found.title, _("Could not be worked out; see why"), url, Urgency.NOW)
        else:
            words = _("Worked out; see the finding") if found.state == State.DONE else _("Being worked out")
            yield Need(found.title, words, url, Urgency.KNOW)


urlpatterns = [
    path("standby/", standby_plans, name="standby_plans"),
    path("standby/new/", ask, name="standby_ask"),
    path("standby/<uuid:standby_plan_id>/", standby_plan, name="standby_plan"),
    path("standby/<uuid:standby_plan_id>/progress/", standby_progress, name="standby_progress"),
    path(
        "standby/<uuid:standby_plan_id>/retry/",
        deed(_retry, gettext_lazy("The standby plan is queued again.")),
        name="standby_retry",
    ),
    path(
        "standby/<uuid:standby_plan_id>/cancel/",
        deed(_cancel, gettext_lazy("The search is stopped.")),
        name="standby_cancel",
    ),
    path("standby/<uuid:standby_plan_id>/export/", export, name="standby_export"),
]
