"""The incidents desk: map and table by the address, counts, one incident with its provenance, export, codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from openbeat.access import Permission, scopes
from openbeat.incidents import actions, queries
from openbeat.kernel.errors import BadInput, OpenbeatError
from openbeat.web import incident_pages as pages
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.incident_filters import FilterForm, cursor
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.trail import HANDED_OVER_ON


@login_required
@require_GET
def incidents(request: HttpRequest) -> HttpResponse:
    """The incidents that the address asks for: counts, map, table."""
    seen = cast("Request", request)
    form = FilterForm(seen)
    filters = form.filters()
    place = request.GET.get("cursor", "")
    older, newer = (None, cursor(place[1:])) if place.startswith("~") else (cursor(place), None)
    page = queries.page(seen.actor, filters, older=older, newer=newer)
    context = pages.desk(seen, filters, page) | {
        "form": form,
        "may_import": bool(scopes(seen.actor, Permission.IMPORT_RUN)),
        "may_export": bool(scopes(seen.actor, Permission.INCIDENT_EXPORT)),
        "bases": HANDED_OVER_ON,
        "export_url": f"{reverse('incidents_export')}?{request.GET.urlencode()}",
    }
    return render(request, "incidents/desk.html", context)


@login_required
@require_GET
def incident(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """One incident: what is known of it, from where, and what it said before."""
    seen = cast("Request", request)
    return render(request, "incidents/incident.html", pages.one(seen, queries.incident(seen.actor, incident_id)))


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The incidents as CSV, handed over with a reason and a legal basis."""
    seen = cast("Request", request)
    if seen.agency is None:
        raise BadInput("no agency is at work here", mend="sign in again")
    filters = FilterForm(seen).filters()
    given = {"reason": request.POST.get("reason", ""), "basis": request.POST.get("legal_basis", "")}
    try:
        file = actions.export_incidents(seen.actor, seen.agency, filters=filters, **given)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect(f"{reverse('incidents')}?{request.GET.urlencode()}")
    return FileResponse(file, as_attachment=True, filename="incidents.csv", content_type="text/csv; charset=utf-8")


@login_required
@require_GET
def offences(request: HttpRequest) -> HttpResponse:
    """The classes in use, which of them forecasts may take, and the sources' own codes."""
    seen = cast("Request", request)
    may = bool(scopes(seen.actor, Permission.OFFENCES_MANAGE))
    return render(request, "incidents/offences.html", pages.offences(seen, may=may))


@login_required
@require_POST
def map_code(request: HttpRequest, code_id: UUID) -> HttpResponse:
    """Say which class a source's own code means."""
    seen = cast("Request", request)
    code = queries.local_code(seen.actor, code_id)
    chosen: Any = queries.offence_class(seen.actor, request.POST.get("class", ""))
    try:
        actions.map_local_code(seen.actor, code, offence_class=chosen, patrol_found="patrol" in request.POST)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
    else:
        messages.success(request, _("The code is mapped; its incidents follow."))
    return redirect(f"{reverse('offences')}?source={code.source_id}")


@needs
def code_needs(request: Request) -> Iterator[Need]:
    """Codes that mean no class yet: forecasts can't take their incidents."""
    if not scopes(request.actor, Permission.OFFENCES_MANAGE):
        return
    for source_id, title, codes, rows in queries.codes_without_class(request.actor):
        words = ngettext(
            "%(codes)s offence code means no class yet; forecasts leave its incidents out (%(rows)s)",
            "%(codes)s offence codes mean no class yet; forecasts leave their incidents out (%(rows)s)",
            codes,
        )
        url = f"{reverse('offences')}?source={source_id}"
        yield Need(title, words % {"codes": f"{codes:,}", "rows": f"{rows:,}"}, url, Urgency.SOON, act=_t("Map them"))


urlpatterns = [
    path("incidents/", incidents, name="incidents"),
    path("incidents/export/", export, name="incidents_export"),
    path("incidents/offences/", offences, name="offences"),
    path("incidents/offences/<uuid:code_id>/", map_code, name="offence_map"),
    path("incidents/<uuid:incident_id>/", incident, name="incident"),
]
