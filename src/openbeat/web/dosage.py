"""Dosage: what plans asked of each place and what was given, of one shift and over a period; export; needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.kernel.errors import BadInput, OpenbeatError
from openbeat.patrol import actions, queries
from openbeat.patrol.queries import ShiftDosage
from openbeat.patrol.states import State
from openbeat.web import dosage_board as board
from openbeat.web.dosage_board import Chosen
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.plan_board import shift_words
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.trail import HANDED_OVER_ON

PERIOD = timedelta(days=27)
"""What is shown when no period is asked for: four weeks until today."""
LONGEST = timedelta(days=366)


class PeriodForm(forms.Form):
    """Which shifts and places; everything here lives in the address."""

    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    area = forms.CharField(label=gettext_lazy("Area"), required=False, widget=forms.Select)
    unit = forms.CharField(label=gettext_lazy("Unit"), required=False, widget=forms.Select)
    show = forms.ChoiceField(label=gettext_lazy("Places"), required=False, choices=board.SHOW)

    def __init__(self, request: Request, *, period: bool) -> None:
        given = request.GET.copy()
        today = request.now.astimezone(request.agency.tz if request.agency else None).date()
        if not (given.get("first") or given.get("last")):
            given["first"], given["last"] = (today - PERIOD).isoformat(), today.isoformat()
        super().__init__(given)
        if not period:
            del self.fields["first"], self.fields["last"]

    def offer(self, shifts: list[ShiftDosage]) -> None:
        """The areas and units that there are to choose from."""
        areas = sorted({spot.area for shift in shifts for spot in shift.spots.values() if spot.area})
        units = sorted({unit for shift in shifts for unit in board.units_of(shift)})
        for name, words, found in (("area", _("everywhere"), areas), ("unit", _("all"), units)):
            kept = [one for one in [self.data.get(name, "")] if one and one not in found]
            self.fields[name].widget.choices = [("", words), *((one, one) for one in [*found, *kept])]

    def chosen(self) -> Chosen:
        """What of the shifts is shown."""
        self.is_valid()
        told = self.cleaned_data
        return Chosen(told.get("area") or "", told.get("unit") or "", told.get("show") or "")

    def days(self) -> tuple[Any, Any]:
        """First and last day; what can't be read is told beside its field, and nothing is shown."""
        self.is_valid()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last - first > LONGEST:
            self.add_error("last", _("A year at most is shown at once"))
            return None, None
        return first, last


@login_required
@require_GET
def dosage(request: HttpRequest) -> HttpResponse:
    """Dosage over a period: every shift that has begun."""
    seen = require(request, Permission.PLAN_VIEW)
    form = PeriodForm(seen, period=True)
    shifts = _shifts(seen, form)
    return _page(seen, form, shifts, {"heading": _("Dosage: asked and given")})


def _shifts(request: Request, form: PeriodForm) -> list[ShiftDosage]:
    first, last = form.days()
    if request.agency is None or not (first and last):
        return []
    return queries.dosage_over(request.actor, request.agency, first=first, last=last, at=request.now)


@login_required
@require_GET
def plan_dosage(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Dosage of one plan's shift."""
    seen = cast("Request", request)
    found = queries.plan(seen.actor, plan_id)
    shifts = [queries.shift_dosage(seen.actor, found, seen.now)] if found.state == State.APPROVED else []
    more = {
        "heading": _("Dosage: asked and given"), "plan": found, "shift": shift_words(found),
        "may_bring": found.state == State.APPROVED and permits(seen.actor, Permission.VISIT_RECORD, found),
    }  # fmt: skip
    return _page(seen, PeriodForm(seen, period=False), shifts, more)


def _page(request: Request, form: PeriodForm, shifts: list[ShiftDosage], more: dict[str, Any]) -> HttpResponse:
    form.offer(shifts)
    plan = more.get("plan")
    here = reverse("plan_dosage", args=[plan.id]) if plan else reverse("dosage")
    export = reverse("plan_dosage_export", args=[plan.id]) if plan else reverse("dosage_export")
    never = request.GET.copy()
    never["show"] = "never"
    context = board.page(request, shifts, form.chosen(), alone=plan is not None) | more | {
        "form": form, "clear": here, "may_evaluate": bool(scopes(request.actor, Permission.INCIDENT_VIEW)),
        "bases": HANDED_OVER_ON,
        "export_url": f"{export}?{request.GET.urlencode()}", "only_never": never.urlencode() + "#lines",
    }  # fmt: skip
    return render(request, "dosage/dosage.html", context)


@login_required
@require_POST
def export(request: HttpRequest, plan_id: str = "") -> HttpResponse:
    """The lines that are shown, as CSV, handed over with a reason and a legal basis."""
    seen = require(request, Permission.PLAN_VIEW)
    if seen.agency is None:
        raise BadInput("no agency is at work here", mend="sign in again")
    form = PeriodForm(seen, period=not plan_id)
    if plan_id:
        shifts = [queries.shift_dosage(seen.actor, queries.plan(seen.actor, plan_id), seen.now)]
    else:
        shifts = _shifts(seen, form)
    given = {"reason": request.POST.get("reason", ""), "basis": request.POST.get("legal_basis", "")}
    lines = board.plain(board.rows(shifts, form.chosen()))
    try:
        file = actions.export_dosage(seen.actor, seen.agency, lines=lines, **given)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        back = reverse("plan_dosage", args=[plan_id]) if plan_id else reverse("dosage")
        return redirect(f"{back}?{request.GET.urlencode()}")
    head = {"Content-Disposition": 'attachment; filename="dosage.csv"'}
    return HttpResponse(file, content_type="text/csv; charset=utf-8", headers=head)


@needs
def dosage_needs(request: Request) -> Iterator[Need]:
    """What the last night's shifts left out: places that were asked for and never visited."""
    if request.agency is None or not scopes(request.actor, Permission.PLAN_MAKE):
        return
    today = request.now.astimezone(request.agency.tz).date()
    found = queries.dosage_over(
        request.actor, request.agency, first=today - timedelta(days=2), last=today, at=request.now
    )
    for shift in found:
        if shift.over and shift.plan.ends > request.now - timedelta(days=1):
            yield from _left_out(shift)


def _left_out(shift: ShiftDosage) -> Iterator[Need]:
    never = sum(line.never for line in shift.lines)
    if never:
        title = ngettext(
            "%(n)d of the last shift's places was never visited",
            "%(n)d of the last shift's places were never visited",
            never,
        ) % {"n": never}
        address = reverse("plan_dosage", args=[shift.plan.id]) + "?show=never"
        yield Need(title, f"{shift.plan.title} · {shift_words(shift.plan)}", address, Urgency.KNOW)


urlpatterns = [
    path("plans/dosage/", dosage, name="dosage"),
    path("plans/dosage/export/", export, name="dosage_export"),
    path("plans/<uuid:plan_id>/dosage/", plan_dosage, name="plan_dosage"),
    path("plans/<uuid:plan_id>/dosage/export/", export, name="plan_dosage_export"),
]
