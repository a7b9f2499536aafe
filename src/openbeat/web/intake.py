"""The import desk: upload, preview, map columns, dry run, import, result; refused rows mended, imports withdrawn."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.incidents import queries as incidents
from openbeat.intake import actions, queries
from openbeat.intake.profile import Profile, from_toml, to_toml
from openbeat.intake.queries import Import
from openbeat.intake.states import OVER, WORKING, State
from openbeat.kernel.errors import BadInput, OpenbeatError
from openbeat.web import intake_pages as pages
from openbeat.web.deeds import deeds_on
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.intake_forms import LEAST, ColumnsForm, UploadForm, as_name
from openbeat.web.refusals import sentences
from openbeat.web.request import Request

AT_ONCE = 10


@login_required
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """Every import in reach, the newest first."""
    seen = cast("Request", request)
    may = bool(scopes(seen.actor, Permission.IMPORT_RUN))
    context = {"table": pages.listing(seen), "may_import": may, "profiles": pages.profile_list(seen, may=may)}
    return render(request, "intake/list.html", context)


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """A file is given, kept and looked into."""
    seen = cast("Request", request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            imported = received(seen, form.cleaned_data["file"])
        except OpenbeatError as refusal:
            form.add_error("file", sentences(refusal))
        else:
            return redirect("import", imported.pk)
    return render(request, "intake/upload.html", {"form": form}, status=422 if form.errors else 200)


def received(request: Request, file: UploadedFile[bytes], *, mends: Import | None = None) -> Import:
    """The uploaded file as an import."""
    if request.agency is None:
        raise BadInput("no agency is at work here", mend="sign in again")
    with tempfile.NamedTemporaryFile() as copy:
        for part in file.chunks():
            copy.write(part)
        copy.flush()
        return actions.receive_file(
            request.actor, request.agency, path=Path(copy.name), file_name=file.name or "file", at=request.now,
            mends=mends,
        )  # fmt: skip


@login_required
def one_import(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """An import where it stands: its columns, its dry run, its progress, its result."""
    seen = cast("Request", request)
    imported = queries.one_import(seen.actor, import_id)
    may = permits(seen.actor, Permission.IMPORT_RUN, imported)
    if imported.state in WORKING:
        return render(request, "intake/waiting.html", pages.waiting(seen, imported) | {"may": may})
    if imported.state in OVER or not may:
        return render(request, "intake/result.html", pages.result(seen, imported) | {"may": may})
    if imported.state == State.CHECKED and "columns" not in request.GET:
        return render(request, "intake/report.html", pages.report(seen, imported))
    try:
        return columns(seen, imported)
    except BadInput:
        if imported.state != State.FAILED:
            raise
        return render(request, "intake/result.html", pages.result(seen, imported) | {"may": may})


def columns(request: Request, imported: Import) -> HttpResponse:
    """What the columns mean: guessed or by a profile, corrected by hand, then tried."""
    base = _base(request, imported)
    form = ColumnsForm(imported, base, pages.open_codes(request, imported, base), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _mapped(request, imported, form)
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
    context = pages.columns(request, imported, base) | {"form": form}
    return render(request, "intake/columns.html", context, status=422 if form.errors else 200)


def _base(request: Request, imported: Import) -> Profile:
    chosen = request.POST.get("base") or request.GET.get("profile")
    if chosen:
        return queries.named_profile(request.actor, chosen)
    return queries.profile_of(request.actor, imported) or LEAST


def _mapped(request: Request, imported: Import, form: ColumnsForm) -> HttpResponse:
    """Keep the mapping, as a profile too if a name is given, and try it."""
    form.cleaned_data["save_as"] = as_name(form.cleaned_data["save_as"])
    profile = form.profile()
    actions.map_columns(request.actor, imported, profile=profile)
    if form.cleaned_data["save_as"]:
        actions.save_profile(request.actor, imported.agency, profile=profile, at=request.now)
    actions.ask_for_check(request.actor, imported)
    return redirect("import", imported.pk)


@login_required
@require_GET
def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """How far the work has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    imported = queries.one_import(seen.actor, import_id)
    if imported.state in WORKING:
        return render(request, "intake/progress.html", pages.waiting(seen, imported))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@login_required
@require_GET
def profile_toml(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The import's profile as TOML, to be kept or corrected elsewhere."""
    seen = cast("Request", request)
    profile = queries.profile_of(seen.actor, queries.one_import(seen.actor, import_id)) or LEAST
    name = f'attachment; filename="{profile.name}.toml"'
    return HttpResponse(to_toml(profile), content_type="application/toml", headers={"Content-Disposition": name})


@login_required
@require_GET
def refused_csv(request: HttpRequest, import_id: UUID) -> StreamingHttpResponse:
    """The refused rows as CSV."""
    seen = cast("Request", request)
    imported = queries.one_import(seen.actor, import_id)
    lines = list(queries.refused_csv(seen.actor, imported))
    name = f'attachment; filename="refused-{imported.pk}.csv"'
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


@login_required
def refused(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Refused rows, to be mended on the page or in a file."""
    seen = cast("Request", request)
    imported = queries.one_import(seen.actor, import_id)
    if request.method == "POST":
        try:
            mending = _mend(seen, imported)
        except OpenbeatError as refusal:
            messages.error(request, sentences(refusal))
        else:
            actions.ask_for_check(seen.actor, mending)
            return redirect("import", mending.pk)
    context = pages.refused(seen, imported, reason=request.GET.get("reason", ""))
    context["may"] = permits(seen.actor, Permission.IMPORT_RUN, imported)
    return render(request, "intake/refused.html", context)


def _mend(request: Request, imported: Import) -> Import:
    if "file" in request.FILES:
        return received(request, cast("UploadedFile[bytes]", request.FILES["file"]), mends=imported)
    rows = pages.corrected(request, imported)
    if not rows:
        raise BadInput(_t("no field was changed"), mend=_t("correct at least one row"))
    return actions.mend_rows(request.actor, imported, rows=rows, at=request.now)


deed = deeds_on(queries.one_import, "import")


def _check(request: Request, imported: Import) -> None:
    actions.ask_for_check(request.actor, imported)


def _bring(request: Request, imported: Import) -> None:
    actions.ask_for_import(request.actor, imported)


def _stop(request: Request, imported: Import) -> None:
    actions.stop_import(request.actor, imported)


def _discard(request: Request, imported: Import) -> None:
    actions.discard_import(request.actor, imported, at=request.now)


def _withdraw(request: Request, imported: Import) -> None:
    actions.withdraw_import(request.actor, imported, reason=request.POST.get("reason", ""), at=request.now)


def _read_toml(request: Request, imported: Import) -> None:
    profile = from_toml(request.POST.get("toml", ""))
    actions.map_columns(request.actor, imported, profile=profile)
    actions.ask_for_check(request.actor, imported)


@require_POST
@login_required
def forget_profile(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Remove a profile of the agency's own."""
    seen = cast("Request", request)
    actions.forget_profile(seen.actor, queries.saved_profile(seen.actor, profile_id))
    messages.success(request, _("The profile is removed; imports made with it keep their own copy."))
    return redirect(reverse("imports"))


@needs
def import_needs(request: Request) -> Iterator[Need]:
    """Files that wait for a word, broke off or are at work; refused rows that wait to be mended."""
    if not scopes(request.actor, Permission.IMPORT_RUN):
        return
    if not incidents.sources(request.actor).exists():
        words = _t("Bring the first file in: CSV, Excel, Parquet or GeoJSON")
        yield Need(_t("There are no records yet"), words, reverse("import_upload"), act=_t("Import a file"))
    for found in queries.imports(request.actor).defer("report", "profile").filter(state__in=pages.TO_DO)[:AT_ONCE]:
        urgency = Urgency.KNOW if found.state in WORKING else Urgency.NOW
        yield Need(found.file_name, str(pages.TO_DO[State(found.state)]), reverse("import", args=[found.pk]), urgency)
    for found, rows in queries.with_refused_rows(request.actor, most=AT_ONCE):
        words = ngettext("%(rows)d refused row can be mended", "%(rows)d refused rows can be mended", rows)
        url = reverse("import_refused", args=[found.pk])
        yield Need(found.file_name, words % {"rows": rows}, url, Urgency.SOON, act=_t("Mend"))


urlpatterns = [
    path("imports/", imports, name="imports"),
    path("imports/new/", upload, name="import_upload"),
    path("imports/profiles/<uuid:profile_id>/forget/", forget_profile, name="import_profile_forget"),
    path("imports/<uuid:import_id>/", one_import, name="import"),
    path("imports/<uuid:import_id>/progress/", progress, name="import_progress"),
    path("imports/<uuid:import_id>/profile.toml", profile_toml, name="import_profile"),
    path("imports/<uuid:import_id>/toml/", deed(_read_toml, ""), name="import_toml"),
    path("imports/<uuid:import_id>/check/", deed(_check, ""), name="import_check"),
    path("imports/<uuid:import_id>/bring/", deed(_bring, ""), name="import_bring"),
    path("imports/<uuid:import_id>/stop/", deed(_stop, _("It stops at its next step.")), name="import_stop"),
    path(
        "imports/<uuid:import_id>/discard/",
        deed(_discard, _("The file is removed; nothing of it was brought in.")),
        name="import_discard",
    ),
    path(
        "imports/<uuid:import_id>/withdraw/",
        deed(_withdraw, _("The import is withdrawn; what it brought is taken back.")),
        name="import_withdraw",
    ),
    path("imports/<uuid:import_id>/refused/", refused, name="import_refused"),
    path("imports/<uuid:import_id>/refused.csv", refused_csv, name="import_refused_csv"),
]
