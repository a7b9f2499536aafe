"""The what-if desk: ask, wait or stop, compare, copy and change, print, hand over, delete."""

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
from openbeat.forecast import queries as forecasts
from openbeat.kernel.errors import OpenbeatError
from openbeat.patrol import queries as patrol
from openbeat.patrol.standby import queries as standby
from openbeat.patrol.what_if import actions, queries
from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.states import UNDER_WAY, State
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.web.deeds import deeds_on
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.trail import HANDED_OVER_ON
from openbeat.web.what_if_board import board, listing
from openbeat.web.what_if_facts import assumptions, setups_table, unknowns
from openbeat.web.what_if_figures import Result
from openbeat.web.what_if_file import lines
from openbeat.web.what_if_form import AskForm
from openbeat.web.what_if_words import badge


@login_required
def what_ifs(request: HttpRequest) -> HttpResponse:
    """Every what-if in reach, the newest first."""
    seen = cast("Request", request)
    can_run = bool(scopes(seen.actor, Permission.WHAT_IF_RUN))
    return render(request, "what_if/list.html", listing(seen, can_run=can_run))


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a what-if, from today or from an earlier one."""
    seen = require(request, Permission.WHAT_IF_RUN)
    form = _form(seen)
    if request.method == "POST" and form.is_valid():
        try:
            found = form.ask()
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            return redirect("what_if", found.id)
    return render(request, "what_if/ask.html", {"form": form}, status=422 if form.errors else 200)


def _form(request: Request) -> AskForm:
    """Filled in as today is; as an earlier one where the address names it."""
    if request.method == "POST":
        return AskForm(request, request.POST)
    earlier = request.GET.get("from", "")
    if not earlier:
        form = AskForm(request)
        if (where := request.GET.get("standby", "")) in form.standby:
            form.initial["a_standby"] = where
        if (beats := request.GET.get("beats", "")) in form.areas:
            form.initial["a_beats"] = beats
        return form
    found = queries.what_if(request.actor, earlier)
    return AskForm(request, None, queries.asked_of(request.actor, found), str(found.area_set_id))


@login_required
def what_if(request: HttpRequest, what_if_id: str) -> HttpResponse:
    """The board of one what-if; its address is what colleagues share."""
    seen = cast("Request", request)
    found = queries.what_if(seen.actor, what_if_id)
    if found.state in UNDER_WAY:
        return render(request, "what_if/waiting.html", _waiting(seen, found))
    asked = queries.asked_of(seen.actor, found)
    may = bool(scopes(seen.actor, Permission.WHAT_IF_RUN))
    choices = _choices(seen, found)
    context = {
        "what_if": found,
        "badge": badge(found),
        "facts": assumptions(found, asked, choices),
        "setups": setups_table(asked, choices),
        "unknowns": unknowns(),
        "may": may,
        "may_delete": permits(seen.actor, Permission.WHAT_IF_RUN, found),
        "may_retry": found.state == State.FAILED and permits(seen.actor, Permission.WHAT_IF_RUN, found),
        "copy": f"{reverse('what_if_ask')}?from={found.id}",
    }
    if found.state == State.DONE:
        context |= board(seen, found, asked) | {"bases": HANDED_OVER_ON}
    return render(request, "what_if/board.html", context)


def _choices(request: Request, found: WhatIf) -> dict[str, dict[str, str]]:
    """Names by id of the plans, beats and forecasts that can be chosen."""
    sets = places.area_sets(request.actor, found.agency_id)
    return {
        "plans": {str(one.id): one.title for one in patrol.plans(request.actor).defer("solution")[:200]},
        "beats": {str(one.id): one.name for one in sets},
        "standby": {str(one.id): one.title for one in standby.standby_plans(request.actor)[:200]},
        "forecasts": {str(one.id): one.title for one in forecasts.runs(request.actor).defer("report")[:200]},
    }


@login_required
def what_if_progress(request: HttpRequest, what_if_id: str) -> HttpResponse:
    """How far the simulation has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    found = queries.what_if(seen.actor, what_if_id)
    if found.state in UNDER_WAY:
        return render(request, "what_if/progress.html", _waiting(seen, found))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _waiting(request: Request, found: WhatIf) -> dict[str, Any]:
    now = progress.standing(found.id)
    words = _("Waiting for the worker") if found.state == State.QUEUED else now.words or _("Reading the incidents")
    value = None if found.state == State.QUEUED else round(100 * now.share, 1)
    may = permits(request.actor, Permission.WHAT_IF_RUN, found)
    poll = reverse("what_if_progress", args=[found.id])
    return {"what_if": found, "words": words, "value": value, "poll": poll, "may": may}


deed = deeds_on(queries.what_if, "what_if")


def _retry(request: Request, found: WhatIf) -> None:
    actions.retry_what_if(request.actor, found)


def _cancel(request: Request, found: WhatIf) -> None:
    actions.cancel_what_if(request.actor, found, at=request.now)


@login_required
@require_POST
def export(request: HttpRequest, what_if_id: str) -> HttpResponse:
    """Every figure of a result as CSV, handed over with a reason and a legal basis."""
    seen = cast("Request", request)
    found = queries.what_if(seen.actor, what_if_id)
    asked = queries.asked_of(seen.actor, found)
    given = {"reason": request.POST.get("reason", ""), "basis": request.POST.get("legal_basis", "")}
    try:
        told = lines(Result(found.result), asked) if found.result else []
        file = actions.export_what_if(seen.actor, found, lines=told, **given)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect("what_if", what_if_id)
    head = {"Content-Disposition": 'attachment; filename="what-if.csv"'}
    return HttpResponse(file, content_type="text/csv; charset=utf-8", headers=head)


@login_required
@require_POST
def delete(request: HttpRequest, what_if_id: str) -> HttpResponse:
    """Delete a what-if, with a reason."""
    seen = cast("Request", request)
    found = queries.what_if(seen.actor, what_if_id)
    try:
        actions.delete_what_if(seen.actor, found, reason=request.POST.get("reason", ""))
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect("what_if", what_if_id)
    messages.success(request, _("The what-if is deleted."))
    return redirect("what_ifs")


@needs
def what_if_needs(request: Request) -> Iterator[Need]:
    """What-ifs of mine that run, or that ended today."""
    if not scopes(request.actor, Permission.WHAT_IF_VIEW):
        return
    mine = queries.what_ifs(request.actor).filter(
        author_id=request.actor.person_id, state__in=[*UNDER_WAY, State.FAILED, State.DONE],
        made_at__gt=request.now - timedelta(days=1),
    )  # fmt: skip
    for found in mine[:5]:
        url = reverse("what_if", args=[found.id])
        if found.state == State.FAILED:
            yield Need(found.title, _("Could not be simulated; see why"), url, Urgency.NOW)
        else:
            words = _("Simulated; see the finding") if found.state == State.DONE else _("Being simulated")
            yield Need(found.title, words, url, Urgency.KNOW)


urlpatterns = [
    path("what-if/", what_ifs, name="what_ifs"),
    path("what-if/new/", ask, name="what_if_ask"),
    path("what-if/<uuid:what_if_id>/", what_if, name="what_if"),
    path("what-if/<uuid:what_if_id>/progress/", what_if_progress, name="what_if_progress"),
    path("what-if/<uuid:what_if_id>/export/", export, name="what_if_export"),
    path("what-if/<uuid:what_if_id>/delete/", delete, name="what_if_delete"),
    path(
        "what-if/<uuid:what_if_id>/retry/",
        deed(_retry, gettext_lazy("The what-if is queued again.")),
        name="what_if_retry",
    ),
    path(
        "what-if/<uuid:what_if_id>/cancel/",
        deed(_cancel, gettext_lazy("The simulation is stopped.")),
        name="what_if_cancel",
    ),
]
