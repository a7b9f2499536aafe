"""Pages without sign-in: what an agency publishes, who may do what, and the log itself."""

from __future__ import annotations

import csv
import io
import mimetypes
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.access import Permission
from openbeat.access.actors import NOBODY
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotFound, OpenbeatError
from openbeat.places import queries as places
from openbeat.seeing.scope import scope
from openbeat.transparency import actions, queries
from openbeat.transparency.queries import Agency, MonthTable, Release
from openbeat.transparency.rules import THRESHOLD, months, who_may
from openbeat.web.people import require
from openbeat.web.public_tables import area_table, class_table, counts_chart, forecast_cards, rights_table
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.trail import BASES

LOG_PATH = re.compile(r"checkpoint|keys/\d{1,6}|tile/(entries|\d{1,2})(/x\d{3})*/\d{3}(\.p/\d{1,3})?")
"""Every path that the layout of the log has; nothing else is handed out."""


def public(request: HttpRequest) -> HttpResponse:
    """The agencies that publish; straight to the one where there is one."""
    found = list(queries.publishing_agencies(NOBODY))
    if len(found) == 1:
        return redirect("public_agency", found[0].slug)
    return render(request, "public/agencies.html", {"agencies": found})


def public_agency(request: HttpRequest, slug: str) -> HttpResponse:
    """What one agency publishes."""
    agency = queries.publishing_agency(NOBODY, slug)
    anyone = queries.anyone(NOBODY, agency, request.META.get("REMOTE_ADDR", ""))
    with scope(anyone), timezone.override(agency.tz):
        release = queries.releases(anyone).first()
        tables = queries.month_tables(anyone)
        context = _published(request, agency, release, tables)
        return render(request, "public/agency.html", context)


def _published(
    request: HttpRequest, agency: Agency, release: Release | None, tables: list[MonthTable]
) -> dict[str, Any]:
    note = settings.LOG_TILES / "checkpoint"
    context: dict[str, Any] = {
        "agency": agency,
        "release": release,
        "rights": rights_table(who_may()),
        "checkpoint": note.read_text() if note.exists() else "",
        "command": f"python -m witness verify {settings.BASE_URL}/log",
        "threshold": THRESHOLD,
    }
    if release is None or not tables:
        return context
    chosen = _chosen(request, tables)
    names = queries.area_names(NOBODY, release)
    return context | {
        "months": [table.month for table in reversed(tables)],
        "shown": chosen,
        "chart": counts_chart(tables),
        "areas": area_table(chosen, names),
        "classes": class_table(chosen),
        "cards": forecast_cards(release),
    }


def _chosen(request: HttpRequest, tables: Sequence[MonthTable]) -> MonthTable:
    wanted = request.GET.get("month", "")
    return next((table for table in tables if table.month.isoformat() == wanted), tables[-1])


def public_csv(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """All months as one open CSV file."""
    if kind not in {"areas", "classes", "cells"}:
        raise NotFound(_("There is no such file"))
    agency = queries.publishing_agency(NOBODY, slug)
    anyone = queries.anyone(NOBODY, agency)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["month", {"areas": "area", "classes": "offence", "cells": "h3_cell"}[kind], "incidents"])
    with scope(anyone):
        for table in queries.month_tables(anyone):
            rows = getattr(table, kind)
            writer.writerows([table.month.isoformat(), name, "" if count is None else count] for name, count in rows)
    headers = {"Content-Disposition": f'attachment; filename="{agency.slug}-{kind}.csv"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def log_file(request: HttpRequest, where: str) -> HttpResponse:
    """A file of the published log, as tlog-tiles lays it out; the largest has 16 kB."""
    if not LOG_PATH.fullmatch(where):
        raise NotFound(_("The log has no such file"))
    file = settings.LOG_TILES / where
    if not file.is_file():
        raise NotFound(_("The log has no such file"))
    kind = "text/plain; charset=utf-8" if where == "checkpoint" else mimetypes.guess_type(where)[0]
    response = HttpResponse(file.read_bytes(), content_type=kind or "application/octet-stream")
    whole = where.startswith("tile/") and ".p/" not in where
    response["Cache-Control"] = "public, max-age=31536000, immutable" if whole else "no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    return response


class PublishForm(forms.Form):
    """What is to be released, and on what ground."""

    area_set = forms.ChoiceField(label=gettext_lazy("Areas"))
    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date", "class": "short"})
    )
    last = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date", "class": "short"}))
    basis = forms.ChoiceField(label=gettext_lazy("Legal basis"), choices=[(b.value, w) for b, w in BASES.items()])
    reason = forms.CharField(
        label=gettext_lazy("Reason"), min_length=5, max_length=300,
        help_text=gettext_lazy("For example: monthly figures, council decision of 2021."),
    )  # fmt: skip

    def __init__(self, request: Request, data: Any = None) -> None:
        span = incidents.span(request.actor)
        last = span[1] if span else request.now.date()
        super().__init__(data, initial={"first": date(last.year - 1, 1, 1), "last": last, "basis": "obligation"})
        found = places.area_sets(request.actor, request.agency.id) if request.agency else []
        self.sets = {str(one.id): one for one in found}
        self.fields["area_set"].choices = [(key, one.name) for key, one in self.sets.items()]  # type: ignore[attr-defined]


@login_required
def publishing(request: HttpRequest) -> HttpResponse:
    """The commander's page: what is published, and a new release."""
    seen = require(request, Permission.PUBLICATION_MAKE)
    if seen.agency is None:
        raise NotFound(_("Figures belong to an agency"))
    form = PublishForm(seen, request.POST or None)
    if request.method == "POST" and form.is_valid() and _publish(seen, form):
        return redirect("publishing")
    found = list(queries.releases(seen.actor)[:20])
    public_url = reverse("public_agency", args=[seen.agency.slug])
    context = {"form": form, "releases": found, "public_url": public_url, "threshold": THRESHOLD}
    return render(request, "public/publishing.html", context, status=422 if form.errors else 200)


def _publish(request: Request, form: PublishForm) -> bool:
    given = form.cleaned_data
    if request.agency is None:
        return False
    try:
        release = actions.publish(
            request.actor, request.agency, area_set=form.sets[given["area_set"]], first=given["first"],
            last=given["last"], at=request.now, reason=given["reason"], basis=given["basis"],
        )  # fmt: skip
    except OpenbeatError as refusal:
        form.add_error(None, sentences(refusal))
        return False
    shown = len(months(given["first"], given["last"])) - len(release.held_back)
    messages.success(request, _("%(count)d months are published.") % {"count": shown})
    return True


urlpatterns = [
    path("public/", public, name="public"),
    path("public/<slug:slug>/", public_agency, name="public_agency"),
    path("public/<slug:slug>/<str:kind>.csv", public_csv, name="public_csv"),
    path("publishing/", publishing, name="publishing"),
    path("log/<path:where>", log_file, name="log_file"),
]
