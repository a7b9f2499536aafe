"""The planning desk: ask for a shift's plan, edit it with reasons, approve it, take it along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.forecast import queries as forecasts
from openbeat.kernel.errors import NotFound, OpenbeatError
from openbeat.patrol import actions, queries
from openbeat.patrol.queries import Plan as KeptPlan
from openbeat.patrol.rules import Asked
from openbeat.patrol.sheets import Words, as_geojson, as_gpx, as_icalendar, as_pdf
from openbeat.patrol.states import UNDER_WAY, State
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.web.deeds import deeds_on
from openbeat.web.dosage_sheet import sheet_of, sheets_of
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.plan_board import board, card_facts, listing, shift_words
from openbeat.web.plan_edits import chosen, dragged
from openbeat.web.refusals import sentences
from openbeat.web.request import Request


class AskForm(forms.Form):
    """A shift, its units, and what is asked of it."""

    title = forms.CharField(label=gettext_lazy("Name"), max_length=160, required=False)
    forecast = forms.ChoiceField(
        label=gettext_lazy("Forecast"), help_text=gettext_lazy("Only offered ones that have not expired.")
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date", "class": "short"}))
    begins = forms.TimeField(
        label=gettext_lazy("Begins"), initial=time(22), widget=forms.TimeInput(attrs={"type": "time", "class": "short"})
    )
    hours = forms.FloatField(
        label=gettext_lazy("Hours"),
        initial=8,
        min_value=1,
        max_value=14,
        widget=forms.NumberInput(attrs={"step": "0.5", "class": "short"}),
    )
    units = forms.MultipleChoiceField(label=gettext_lazy("Units"), widget=forms.CheckboxSelectMultiple)
    places = forms.IntegerField(
        label=gettext_lazy("Places"),
        initial=60,
        min_value=1,
        max_value=400,
        help_text=gettext_lazy("The cells where most is expected."),
    )
    visits = forms.IntegerField(label=gettext_lazy("Visits to each"), initial=4, min_value=1, max_value=8)
    dwell = forms.IntegerField(
        label=gettext_lazy("Minutes a visit"),
        initial=12,
        min_value=10,
        max_value=15,
        help_text=gettext_lazy("10 to 15: longer adds little."),
    )
    spacing = forms.IntegerField(
        label=gettext_lazy("Least minutes between visits to a place"), initial=45, min_value=0, max_value=480
    )
    rest = forms.IntegerField(label=gettext_lazy("Break, minutes"), initial=30, min_value=0, max_value=90)
    max_share = forms.IntegerField(
        label=gettext_lazy("Most visits that one area may get, per cent"), initial=30, min_value=5, max_value=100,
        help_text=gettext_lazy("So that no neighbourhood bears all the attention."),
    )  # fmt: skip

    def __init__(self, request: Request, data: Any = None) -> None:
        self.request = request
        zone = request.agency.tz if request.agency else None
        today = request.now.astimezone(zone).date()
        super().__init__(data, initial={"day": today})
        self.zone = zone
        self._forecasts = {str(one.id): one for one in forecasts.offered(request.actor, today)}
        self._units = (
            {str(one.id): one for one in queries.units(request.actor, request.agency.id)} if request.agency else {}
        )
        titles = [(key, one.title) for key, one in self._forecasts.items()]
        self.fields["forecast"].choices = titles  # type: ignore[attr-defined]
        signs = [(key, f"{one.call_sign} · {one.station.name}") for key, one in self._units.items()]
        self.fields["units"].choices = signs  # type: ignore[attr-defined]
        if data is None:
            self.initial["units"] = list(self._units)[:8]

    def ask(self) -> KeptPlan:
        """Queue the plan that was asked for."""
        given = self.cleaned_data
        starts = datetime.combine(given["day"], given["begins"], self.zone)
        ends = starts + timedelta(hours=given["hours"])
        asked = Asked(**{name: given[name] for name in ("places", "visits", "dwell", "spacing", "rest", "max_share")})
        return actions.ask_for_plan(
            self.request.actor, self._forecasts[given["forecast"]],
            title=given["title"] or _("Shift of %(when)s") % {"when": f"{starts:%Y-%m-%d %H:%M}"},
            starts=starts, ends=ends, units=[self._units[key] for key in given["units"]], asked=asked,
            at=self.request.now,
        )  # fmt: skip


class UnitForm(forms.Form):
    """A unit."""

    call_sign = forms.CharField(label=gettext_lazy("Call sign"), max_length=24)
    station = forms.ChoiceField(label=gettext_lazy("Station"))
    crew = forms.IntegerField(label=gettext_lazy("People"), initial=2, min_value=1, max_value=12)

    def __init__(self, request: Request, data: Any = None) -> None:
        super().__init__(data)
        found = places.stations(request.actor, request.agency.id) if request.agency else []
        self.stations = {str(one.id): one for one in found}
        self.fields["station"].choices = [(key, one.name) for key, one in self.stations.items()]  # type: ignore[attr-defined]


@login_required
def plans(request: HttpRequest) -> HttpResponse:
    """Every plan in reach, the latest shift first."""
    seen = cast("Request", request)
    return render(request, "plans/list.html", listing(seen, can_make=bool(scopes(seen.actor, Permission.PLAN_MAKE))))


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a plan."""
    seen = require(request, Permission.PLAN_MAKE)
    form = AskForm(seen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            plan = form.ask()
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            return redirect("plan", plan.id)
    return render(request, "plans/ask.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def units(request: HttpRequest) -> HttpResponse:
    """The agency's units: add and retire."""
    seen = require(request, Permission.PLAN_VIEW)
    if seen.agency is None:
        raise NotFound(_("Units belong to an agency"))
    form = UnitForm(seen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.add_unit(
                seen.actor,
                seen.agency,
                call_sign=given["call_sign"],
                station=form.stations[given["station"]],
                crew=given["crew"],
            )
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            messages.success(request, _("The unit is added."))
            return redirect("units")
    context = {
        "form": form,
        "units": queries.units(seen.actor, seen.agency.id),
        "can": bool(scopes(seen.actor, Permission.PLAN_MAKE)),
    }
    return render(request, "plans/units.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def retire_unit(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Take a unit out of use."""
    seen = cast("Request", request)
    actions.retire_unit(seen.actor, queries.unit(seen.actor, unit_id), at=seen.now)
    messages.success(request, _("The unit is retired."))
    return redirect("units")


@login_required
def plan(request: HttpRequest, plan_id: str) -> HttpResponse:
    """The board of one plan."""
    seen = cast("Request", request)
    found = queries.plan(seen.actor, plan_id)
    if found.state in UNDER_WAY:
        return render(request, "plans/waiting.html", _waiting(found))
    may_make = permits(seen.actor, Permission.PLAN_MAKE, found)
    context = board(seen, found) | {
        "plan": found,
        "may_edit": found.state == State.DRAFT and may_make,
        "may_approve": found.state == State.DRAFT and permits(seen.actor, Permission.PLAN_APPROVE, found),
        "may_withdraw": found.state in {State.DRAFT, State.APPROVED}
        and permits(seen.actor, Permission.PLAN_WITHDRAW, found),
        "may_make": may_make,
    }  # fmt: skip
    return render(request, "plans/board.html", context)


@login_required
def plan_progress(request: HttpRequest, plan_id: str) -> HttpResponse:
    """How far the search has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    found = queries.plan(seen.actor, plan_id)
    if found.state in UNDER_WAY:
        return render(request, "plans/progress.html", _waiting(found))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _waiting(found: KeptPlan) -> dict[str, Any]:
    now = progress.standing(found.id)
    words = _("Waiting for the worker") if found.state == State.QUEUED else now.words or _("Seeking the plan")
    value = None if found.state == State.QUEUED else round(100 * now.share, 1)
    return {"plan": found, "words": words, "value": value, "poll": reverse("plan_progress", args=[found.id])}


deed = deeds_on(queries.plan, "plan")


def _approve(request: Request, found: KeptPlan) -> None:
    actions.approve_plan(request.actor, found, at=request.now)


def _retry(request: Request, found: KeptPlan) -> None:
    actions.retry_plan(request.actor, found, at=request.now)


def _withdraw(request: Request, found: KeptPlan) -> None:
    actions.withdraw_plan(request.actor, found, reason=request.POST.get("reason", ""))


def _undo(request: Request, found: KeptPlan) -> None:
    actions.undo_edit(request.actor, found)


@require_POST
@login_required
def edit(request: HttpRequest, plan_id: str) -> HttpResponse:
    """One edit: from a drag (`unit` and the new order in `stop`) or from a stop's own menu (`kind`, `stop`, `unit`)."""
    seen = cast("Request", request)
    found = queries.plan(seen.actor, plan_id)
    try:
        wish = dragged(found, request.POST) if "kind" not in request.POST else chosen(request.POST)
        if wish is not None:
            actions.edit_plan(seen.actor, found, edit=wish, reason=request.POST.get("reason", ""), at=seen.now)
            undo = reverse("plan_undo", args=[plan_id])
            messages.success(request, _("The plan is changed and checked again."), extra_tags=undo)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})  # the page is at its place already
    return redirect(reverse("plan", args=[plan_id]) + "#units")


@login_required
def download(request: HttpRequest, plan_id: str, kind: str) -> HttpResponse:
    """The plan as PDF, iCalendar or GeoJSON; GPX by unit."""
    seen = cast("Request", request)
    found, every = sheets_of(seen, plan_id)
    unit = request.GET.get("unit", "")
    chosen = [sheet_of(every, unit)] if unit else every
    made: dict[str, tuple[str, Callable[[], bytes]]] = {
        "pdf": ("application/pdf", lambda: as_pdf(chosen, _words(found))),
        "ics": ("text/calendar", lambda: as_icalendar(chosen, str(found.id), found.made_at)),
        "geojson": ("application/geo+json", lambda: as_geojson(chosen, found.routes)),
        "gpx": ("application/gpx+xml", lambda: as_gpx(chosen[0])),
    }
    if kind not in made:
        raise NotFound(_("There is no such kind of sheet"))
    content_type, write = made[kind]
    day = found.starts.astimezone(found.agency.tz)
    named = content_disposition_header(
        as_attachment=True, filename=f"plan-{day:%Y%m%d}{'-' + unit if unit else ''}.{kind}"
    )
    return HttpResponse(write(), content_type=content_type, headers={"Content-Disposition": named})


def _words(found: KeptPlan) -> Words:
    facts = dict(card_facts(found))
    approved = facts[_("Approved by")]
    return Words(
        title=found.title, agency=found.agency.name,
        forecast=_("Forecast: %(title)s") % {"title": found.forecast.title},
        approved=_("Approved by %(who)s") % {"who": approved} if approved else _("DRAFT: not approved"),
        stop=_("Stop"), rest=_("Break"), minutes=_("min"), back=_("Back at the station:"), station=_("Station"),
        foot=_("Places and times only. Made by Openbeat from a forecast of places; says nothing about any person."),
    )  # fmt: skip


@needs
def plan_needs(request: Request) -> Iterator[Need]:
    """Plans that wait for approval or failed today, the shifts of today and tomorrow, or that there is none."""
    if not scopes(request.actor, Permission.PLAN_VIEW):
        return
    coming = queries.plans(request.actor).filter(ends__gte=request.now).defer("solution").order_by("starts")
    found = [(plan, need) for plan in coming[:20] if (need := _need_of_plan(request, plan))]
    yield from (need for _plan, need in found)
    planned = any(plan.starts < request.now + timedelta(days=2) for plan, _need in found)
    offered = forecasts.offered(request.actor, timezone.localdate(request.now))
    if not planned and scopes(request.actor, Permission.PLAN_MAKE) and offered.exists():
        words = _("A forecast is offered; say which units go out and when.")
        yield Need(_("No plan for today or tomorrow"), words, reverse("plan_ask"), Urgency.SOON, _("New plan"))


def _need_of_plan(request: Request, plan: KeptPlan) -> Need | None:
    url, shift = reverse("plan", args=[plan.id]), shift_words(plan)
    mine = plan.author_id == request.actor.person_id
    if plan.state == State.APPROVED:
        return Need(plan.title, shift, url, Urgency.SOON)
    if plan.state == State.DRAFT and scopes(request.actor, Permission.PLAN_APPROVE):
        return Need(plan.title, _("%(shift)s; check it and approve") % {"shift": shift}, url)
    if plan.state in UNDER_WAY and mine:
        return Need(plan.title, _("Being made"), url, Urgency.KNOW)
    if plan.state == State.FAILED and mine and plan.made_at > request.now - timedelta(days=1):
        return Need(plan.title, _("Could not be made; see why"), url)
    return None


urlpatterns = [
    path("plans/", plans, name="plans"),
    path("plans/new/", ask, name="plan_ask"),
    path("plans/units/", units, name="units"),
    path("plans/units/<uuid:unit_id>/retire/", retire_unit, name="unit_retire"),
    path("plans/<uuid:plan_id>/", plan, name="plan"),
    path("plans/<uuid:plan_id>/progress/", plan_progress, name="plan_progress"),
    path("plans/<uuid:plan_id>/approve/", deed(_approve, gettext_lazy("The plan is approved.")), name="plan_approve"),
    path("plans/<uuid:plan_id>/retry/", deed(_retry, gettext_lazy("The plan is queued again.")), name="plan_retry"),
    path(
        "plans/<uuid:plan_id>/withdraw/", deed(_withdraw, gettext_lazy("The plan is withdrawn.")), name="plan_withdraw"
    ),
    path("plans/<uuid:plan_id>/edit/", edit, name="plan_edit"),
    path("plans/<uuid:plan_id>/undo/", deed(_undo, gettext_lazy("The last edit is taken back.")), name="plan_undo"),
    path("plans/<uuid:plan_id>/download.<str:kind>", download, name="plan_download"),
]
