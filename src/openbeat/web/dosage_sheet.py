"""One unit's sheet on a phone: «we are here» and «we leave», one tap each; late entries with their time; undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from openbeat.access import Permission, permits
from openbeat.kernel.errors import BadInput, NotFound, OpenbeatError
from openbeat.patrol import actions, queries
from openbeat.patrol.dosage import Given, Stop, answered
from openbeat.patrol.queries import Plan as KeptPlan
from openbeat.patrol.queries import Visit
from openbeat.patrol.sheets import Line, Sheet, sheets
from openbeat.patrol.states import State
from openbeat.web.plan_board import shift_words, unpacked
from openbeat.web.refusals import sentences
from openbeat.web.request import Request

ROOM = timedelta(hours=3)
"""How long before and after the shift a told time of day may lie."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the sheet with the visit that answers it, and whether the unit is there now."""

    line: Line
    visit: Visit | None
    here: bool


def sheets_of(request: Request, plan_id: str) -> tuple[KeptPlan, list[Sheet]]:
    """The plan with every unit's sheet."""
    found = queries.plan(request.actor, plan_id)
    if not found.solution:
        raise NotFound(_("This plan has no sheets yet"), mend=_("wait until it is made"))
    problem, made = unpacked(found)
    return found, sheets(problem, made, found.starts, found.agency.tz)


def sheet_of(found: list[Sheet], unit: str) -> Sheet:
    """One unit's sheet."""
    sheet = next((sheet for sheet in found if sheet.unit == unit), None)
    if sheet is None:
        raise NotFound(_("There is no such unit in this plan"))
    return sheet


@login_required
def sheet(request: HttpRequest, plan_id: str, unit: str) -> HttpResponse:
    """The unit's shift: where it is, the next stop, and every stop with what was told of it."""
    seen = cast("Request", request)
    found, every = sheets_of(seen, plan_id)
    mine = sheet_of(every, unit)
    visits = list(queries.visits(seen.actor, found).filter(unit_name=unit))
    lines, extra = told(mine, visits)
    tapped = [one for one in visits if one.source == queries.Source.TAP]
    astray = next((one for one in extra if one.minutes is None), None)
    areas = {line.place: line.area for one in every for line in one.stops}
    context = {
        "plan": found, "sheet": mine, "lines": lines, "extra": extra, "shift": shift_words(found),
        "here": next((one for one in lines if one.here), None),
        "astray": astray, "astray_area": areas.get(astray.place, "") if astray else "",
        "next": next((one.line for one in lines if one.line.order and one.visit is None), None),
        "last": max(tapped, key=lambda one: one.arrived_at, default=None),
        "may": found.state == State.APPROVED and permits(seen.actor, Permission.VISIT_RECORD, found),
        "outside": not found.starts - ROOM <= seen.now <= found.ends + ROOM,
    }  # fmt: skip
    return render(request, "plans/sheet.html", context)


def told(sheet: Sheet, visits: list[Visit]) -> tuple[list[Told], list[Visit]]:
    """The sheet's lines, each with its visit, and the visits that answer no line."""
    keys = {(one.place, one.arrived_at): one for one in visits}
    asked = [Stop(sheet.unit, line.place, line.slot, line.begin, line.leave) for line in sheet.stops]
    given = [Given(one.unit_name, one.place, one.arrived_at, one.minutes, one.source, one.slot) for one in visits]
    by_stop = {(stop.place, stop.slot): keys[one.place, one.arrived] for stop, one in answered(asked, given).items()}
    found = [(line, by_stop.get((line.place, line.slot)) if line.order else None) for line in sheet.lines]
    lines = [Told(line, one, one is not None and one.minutes is None) for line, one in found]
    used = {one.pk for one in by_stop.values()}
    return lines, [one for one in visits if one.pk not in used]


Tap = Callable[[Request, KeptPlan, Sheet], str | tuple[str, Visit]]


def tap(deed: Tap) -> Callable[[HttpRequest, str, str], HttpResponse]:
    """A view that does one deed on a unit's sheet and comes back to it, with words either way."""

    @require_POST
    @login_required
    def view(request: HttpRequest, plan_id: str, unit: str) -> HttpResponse:
        seen = cast("Request", request)
        found, every = sheets_of(seen, plan_id)
        mine = sheet_of(every, unit)
        try:
            done = deed(seen, found, mine)
        except BadInput:
            raise
        except OpenbeatError as refusal:
            messages.error(request, sentences(refusal))
        else:
            words, undo = (done, "") if isinstance(done, str) else (done[0], _undo_address(found, unit, done[1]))
            messages.success(request, words, extra_tags=undo)
        return redirect("plan_sheet", plan_id, unit)

    return view


def _undo_address(plan: KeptPlan, unit: str, visit: Visit) -> str:
    return reverse("plan_tap_undo", args=[plan.id, unit]) + f"?visit={visit.pk}"


def _stop(request: Request, sheet: Sheet) -> Line:
    order = request.POST.get("order", "")
    line = next((line for line in sheet.stops if str(line.order) == order), None)
    if line is None:
        raise BadInput(_("There is no such stop on this sheet"), mend=_("open the sheet again"))
    return line


def _mine(request: Request, plan: KeptPlan, sheet: Sheet) -> Visit:
    key = request.POST.get("visit") or request.GET.get("visit") or ""
    visits = queries.visits(request.actor, plan).filter(unit_name=sheet.unit)
    found = next((one for one in visits if str(one.pk) == key), None)
    if found is None:
        raise NotFound(_("This visit is gone: it was taken back"), mend=_("open the sheet again"))
    return found


def _here(request: Request, plan: KeptPlan, sheet: Sheet) -> tuple[str, Visit]:
    line = _stop(request, sheet)
    made = actions.arrive(
        request.actor, plan, unit_name=sheet.unit, place=line.place, slot=line.slot, at=request.now
    )  # fmt: skip
    words = _("At stop %(order)s since %(time)s.") % {
        "order": line.order,
        "time": f"{made.arrived_at.astimezone(plan.agency.tz):%H:%M}",
    }
    return words, made


def _leave(request: Request, plan: KeptPlan, sheet: Sheet) -> tuple[str, Visit]:
    made = actions.leave(request.actor, _mine(request, plan, sheet), at=request.now)
    n = made.minutes or 0
    return ngettext("Left after %(n)d minute.", "Left after %(n)d minutes.", n) % {"n": n}, made


def _undo(request: Request, plan: KeptPlan, sheet: Sheet) -> str:
    actions.take_back_tap(request.actor, _mine(request, plan, sheet))
    return _("The last tap is taken back.")


def _late(request: Request, plan: KeptPlan, sheet: Sheet) -> str:
    line = _stop(request, sheet)
    try:
        told_time, minutes = time.fromisoformat(request.POST.get("arrived", "")), int(request.POST.get("minutes", ""))
    except ValueError:
        raise BadInput(_("Say when you came, as 22:15, and how many minutes you stayed")) from None
    actions.record_visit(
        request.actor, plan, unit_name=sheet.unit, place=line.place, slot=line.slot,
        arrived_at=moment_of(plan, told_time, line.begin, request.now), minutes=minutes, at=request.now,
    )  # fmt: skip
    return _("Stop %(order)s is recorded.") % {"order": line.order}


def moment_of(plan: KeptPlan, told_time: time, near: datetime, now: datetime) -> datetime:
    """The moment in or about the shift with this time of day, nearest to the stop's own; never one that is to come."""
    local = near.astimezone(plan.agency.tz)
    days = [local.date() + timedelta(days=step) for step in (-1, 0, 1)]
    found = min((datetime.combine(day, told_time, plan.agency.tz) for day in days), key=lambda one: abs(one - near))
    if not plan.starts - ROOM <= found <= plan.ends + ROOM:
        raise BadInput(_("This time does not lie in the shift"), mend=_("the shift is %s") % shift_words(plan))
    if found > now:
        raise BadInput(_("This time is still to come"), mend=_("tap when you are there, or tell it afterwards"))
    return found


urlpatterns: list[Any] = [
    path("plans/<uuid:plan_id>/units/<str:unit>/", sheet, name="plan_sheet"),
    path("plans/<uuid:plan_id>/units/<str:unit>/here/", tap(_here), name="plan_here"),
    path("plans/<uuid:plan_id>/units/<str:unit>/leave/", tap(_leave), name="plan_leave"),
    path("plans/<uuid:plan_id>/units/<str:unit>/undo/", tap(_undo), name="plan_tap_undo"),
    path("plans/<uuid:plan_id>/units/<str:unit>/visit/", tap(_late), name="plan_visit"),
]
