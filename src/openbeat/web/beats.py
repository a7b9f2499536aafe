"""The beats desk: ask, wait or stop, choose among alternatives, hand over, adopt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotPermitted, OpenbeatError
from openbeat.patrol.beats import actions, queries
from openbeat.patrol.beats.queries import Drawing
from openbeat.patrol.beats.rules import TODAY
from openbeat.patrol.beats.states import DRAWN, UNDER_WAY, State
from openbeat.seeing import progress
from openbeat.web.beats_board import board, chosen, facts, listing, unknowns
from openbeat.web.beats_form import AdoptForm, AskForm
from openbeat.web.beats_words import badge, plan_name
from openbeat.web.deeds import deeds_on
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.trail import HANDED_OVER_ON

AHEAD = timedelta(days=28)
"""Days until adopted beats hold, unless somebody says otherwise: time to try them and to tell everybody."""
KINDS = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}


@login_required
def beats(request: HttpRequest) -> HttpResponse:
    """Every drawing in reach, the newest first."""
    seen = cast("Request", request)
    can_draw = bool(scopes(seen.actor, Permission.BEATS_DRAW))
    return render(request, "beats/list.html", listing(seen, can_draw=can_draw))


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for beats, anew or as an earlier drawing was asked."""
    seen = require(request, Permission.BEATS_DRAW)
    form = _form(seen)
    if request.method == "POST" and form.is_valid():
        try:
            found = form.ask()
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            return redirect("beats_drawing", found.id)
    return render(request, "beats/ask.html", {"form": form}, status=422 if form.errors else 200)


def _form(request: Request) -> AskForm:
    if request.method == "POST":
        return AskForm(request, request.POST)
    earlier = request.GET.get("from", "")
    return AskForm(request, None, queries.drawing(request.actor, earlier) if earlier else None)


@login_required
def drawing(request: HttpRequest, drawing_id: str) -> HttpResponse:
    """One drawing; its address with the alternative is what colleagues share."""
    seen = cast("Request", request)
    found = queries.drawing(seen.actor, drawing_id)
    if found.state in UNDER_WAY:
        return render(request, "beats/waiting.html", _waiting(seen, found))
    asked = queries.asked_of(seen.actor, found)
    names = [one.name for one in incidents.offence_classes(seen.actor) if one.pk in asked.classes]
    may = bool(scopes(seen.actor, Permission.BEATS_DRAW))
    context = {
        "drawing": found,
        "badge": badge(found),
        "facts": facts(found, asked, names),
        "unknowns": unknowns(),
        "may": may,
        "may_retry": found.state == State.FAILED and permits(seen.actor, Permission.BEATS_DRAW, found),
        "copy": f"{reverse('beats_ask')}?from={found.id}",
    }
    if found.state in DRAWN:
        plan = chosen(seen, found)
        context |= board(seen, found, asked, plan) | _deeds(seen, found, plan["name"])
    return render(request, "beats/board.html", context)


def _deeds(request: Request, found: Drawing, plan: str) -> dict[str, Any]:
    """What may be done with the alternative that is looked at."""
    adopted = found.adopted
    holds = adopted is not None and adopted.withdrawn_at is None
    may_adopt = permits(request.actor, Permission.BEATS_ADOPT, found) and plan != TODAY and not holds
    bases = HANDED_OVER_ON
    export = reverse("beats_export", args=[found.id])
    return {
        "adopt_url": f"{reverse('beats_adopt', args=[found.id])}?plan={plan}" if may_adopt else "",
        "adopted": adopted,
        "adopted_name": plan_name(found.adopted_plan),
        "bases": bases,
        "export_url": f"{export}?plan={plan}",
    }


@login_required
def drawing_progress(request: HttpRequest, drawing_id: str) -> HttpResponse:
    """How far the drawing has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    found = queries.drawing(seen.actor, drawing_id)
    if found.state in UNDER_WAY:
        return render(request, "beats/progress.html", _waiting(seen, found))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _waiting(request: Request, found: Drawing) -> dict[str, Any]:
    now = progress.standing(found.id)
    words = _("Waiting for the worker") if found.state == State.QUEUED else now.words or _("Reading the incidents")
    value = None if found.state == State.QUEUED else round(100 * now.share, 1)
    may = permits(request.actor, Permission.BEATS_DRAW, found)
    poll = reverse("beats_progress", args=[found.id])
    return {"drawing": found, "words": words, "value": value, "poll": poll, "may": may}


@login_required
def adopt(request: HttpRequest, drawing_id: str) -> HttpResponse:
    """The second step: what the beats are called, from when they hold, and why."""
    seen = cast("Request", request)
    found = queries.drawing(seen.actor, drawing_id)
    if not permits(seen.actor, Permission.BEATS_ADOPT, found):
        raise NotPermitted(
            "you may not do this here ({permission})",
            mend="ask an administrator of your agency for the role, or a colleague who holds it",
            permission=Permission.BEATS_ADOPT.value,
        )
    plan = queries.plan_of(seen.actor, found, request.GET.get("plan", ""))
    title = _("Beats: %(name)s") % {"name": plan_name(plan["name"])}
    initial = {"name": title, "valid_from": localdate(seen.now) + AHEAD}
    form = AdoptForm([beat["name"] for beat in plan["beats"]], request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _adopted(seen, found, plan["name"], form):
        return redirect(f"{reverse('beats_drawing', args=[drawing_id])}?plan={plan['name']}")
    back = f"{reverse('beats_drawing', args=[drawing_id])}?plan={plan['name']}#beats"
    context = {"drawing": found, "form": form, "plan_name": plan_name(plan["name"]), "back": back}
    return render(request, "beats/adopt.html", context, status=422 if form.errors else 200)


def _adopted(request: Request, found: Drawing, plan: str, form: AdoptForm) -> bool:
    """Whether the beats were taken over; what stands against it is said at the form."""
    told = form.cleaned_data
    try:
        actions.adopt_beats(
            request.actor, found, plan=plan, name=told["name"], valid_from=told["valid_from"], names=form.names(),
            reason=told["reason"], at=request.now,
        )  # fmt: skip
    except OpenbeatError as refusal:
        form.add_error(None, sentences(refusal))
        return False
    messages.success(request, _("The beats are adopted. They hold from %(day)s.") % {"day": told["valid_from"]})
    return True


@require_POST
@login_required
def export(request: HttpRequest, drawing_id: str) -> HttpResponse:
    """An alternative as a file, handed over with a reason and a legal basis."""
    seen = cast("Request", request)
    found = queries.drawing(seen.actor, drawing_id)
    plan, kind = request.GET.get("plan", ""), request.POST.get("kind", "")
    given = {"reason": request.POST.get("reason", ""), "basis": request.POST.get("legal_basis", "")}
    try:
        file = actions.export_beats(seen.actor, found, plan=plan, kind=kind, **given)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect("beats_drawing", drawing_id)
    head = {"Content-Disposition": f'attachment; filename="beats-{plan}.{kind}"'}
    return HttpResponse(file, content_type=KINDS[kind], headers=head)


deed = deeds_on(queries.drawing, "beats_drawing")


def _retry(request: Request, found: Drawing) -> None:
    actions.retry_beats(request.actor, found)


def _cancel(request: Request, found: Drawing) -> None:
    actions.cancel_beats(request.actor, found, at=request.now)


@needs
def beats_needs(request: Request) -> Iterator[Need]:
    """Drawings of mine that run, or that ended today."""
    if not scopes(request.actor, Permission.BEATS_VIEW):
        return
    mine = queries.drawings(request.actor).filter(
        author_id=request.actor.person_id, state__in=[*UNDER_WAY, State.FAILED, State.DONE],
        made_at__gt=request.now - timedelta(days=1),
    )  # fmt: skip
    for found in mine[:5]:
        url = reverse("beats_drawing", args=[found.id])
        if found.state == State.FAILED:
            yield Need(found.title, _("Could not be drawn; see why"), url, Urgency.NOW)
        else:
            words = _("Beats are drawn; see them") if found.state == State.DONE else _("Beats are being drawn")
            yield Need(found.title, words, url, Urgency.KNOW)


urlpatterns = [
    path("beats/", beats, name="beats"),
    path("beats/new/", ask, name="beats_ask"),
    path("beats/<uuid:drawing_id>/", drawing, name="beats_drawing"),
    path("beats/<uuid:drawing_id>/progress/", drawing_progress, name="beats_progress"),
    path("beats/<uuid:drawing_id>/adopt/", adopt, name="beats_adopt"),
    path("beats/<uuid:drawing_id>/export/", export, name="beats_export"),
    path(
        "beats/<uuid:drawing_id>/retry/",
        deed(_retry, gettext_lazy("The drawing is queued again.")),
        name="beats_retry",
    ),
    path(
        "beats/<uuid:drawing_id>/cancel/",
        deed(_cancel, gettext_lazy("The drawing is stopped.")),
        name="beats_cancel",
    ),
]
