"""Search: the places and acts of the palette behind Ctrl-K, without a script too, and things by their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode

from openbeat.access import Permission, scopes
from openbeat.accounts import queries as accounts
from openbeat.forecast import queries as forecasts
from openbeat.forecast.warning import queries as warnings
from openbeat.incidents import queries as incidents
from openbeat.intake import queries as intake
from openbeat.patrol import queries as patrol
from openbeat.places import queries as places
from openbeat.web.frame import frame
from openbeat.web.request import Request
from openbeat.web.warning_words import headline

LEAST = 2
"""Letters without which things are not looked for."""
MOST = 10
"""Things of one kind."""


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Places and acts whose words begin with every word asked for, and things whose names hold what was asked."""
    asked = request.GET.get("q", "").strip()
    commands = frame(request)["frame"]["commands"]
    found = [command for command in commands if fits(command, asked)]
    if len(asked) >= LEAST:
        found += _things(cast("Request", request), asked)
    return render(request, "search/search.html", {"asked": asked, "found": found})


def fits(command: dict[str, Any], asked: str) -> bool:
    """Whether each word asked for begins a word of the command."""
    known = f"{command['name']} {command.get('keywords', '')}".casefold().split()
    return all(any(word.startswith(each) for word in known) for each in asked.casefold().split())


def _things(request: Request, asked: str) -> Iterator[dict[str, Any]]:
    """Things in reach: incidents by their number, what is named so, the newest first. Their own pages open them."""
    yield from _incidents(request, asked)
    yield from _made(request, asked)
    if scopes(request.actor, Permission.PEOPLE_ADMINISTER):
        people = accounts.people(request.actor, at=request.wall, words=asked)
        yield from (_thing(f"{one.name} ({one.username})", "person", one.pk, "user") for one in people[:MOST])


def _incidents(request: Request, asked: str) -> Iterator[dict[str, Any]]:
    """An incident of this number, the classes and areas of this name with their incidents."""
    actor, agency = request.actor, request.agency
    if agency is None or not scopes(actor, Permission.INCIDENT_VIEW):
        return
    for one in incidents.numbered(actor, asked)[:MOST]:
        yield _thing(f"{one.source.title} {one.source_key}", "incident", one.pk, "map-pin")
    for offence, _count in incidents.classes_present(actor):
        if asked.casefold() in f"{offence.code} {offence.name}".casefold():
            yield _among("offence", offence.pk, offence.name, "tag")
    for area in places.areas_named(actor, agency.pk, timezone.localdate(request.now), asked)[:MOST]:
        yield _among("area", area.pk, area.name, "map")


def _made(request: Request, asked: str) -> Iterator[dict[str, Any]]:
    """Forecasts, warnings and their watches, plans and imports."""
    actor = request.actor
    if scopes(actor, Permission.FORECAST_VIEW):
        runs = forecasts.runs(actor).defer("report", "explanation", "exposure").filter(title__icontains=asked)
        yield from (_thing(run.title, "forecast", run.pk, "trending-up") for run in runs[:MOST])
    if scopes(actor, Permission.WARNING_VIEW):
        found = warnings.alarms_named(actor, asked)[:MOST]
        yield from (_thing(headline(one), "warning", one.pk, "bell-ring") for one in found)
        watches = warnings.watches(actor).filter(title__icontains=asked)[:MOST]
        yield from (_thing(one.title, "warning_watch", one.pk, "eye") for one in watches)
    if scopes(actor, Permission.PLAN_VIEW):
        plans = patrol.plans(actor).defer("solution").filter(title__icontains=asked)
        yield from (_thing(plan.title, "plan", plan.pk, "route") for plan in plans[:MOST])
    if scopes(actor, Permission.IMPORT_VIEW):
        files = intake.imports(actor).defer("report", "profile").filter(file_name__icontains=asked)
        yield from (_thing(file.file_name, "import", file.pk, "upload") for file in files[:MOST])


def _among(filtered: str, key: object, name: str, icon: str) -> dict[str, Any]:
    """The incidents of a class or an area."""
    return {"name": name, "url": f"{reverse('incidents')}?{urlencode({filtered: str(key)})}", "icon": icon}


def _thing(name: str, view: str, key: object, icon: str) -> dict[str, Any]:
    return {"name": name, "url": reverse(view, args=[key]), "icon": icon}


urlpatterns = [path("search", search, name="search")]
