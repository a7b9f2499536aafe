"""The Places desk: areas, streets with travel times and basemap, stations."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from openbeat.access import Permission, permits, scopes
from openbeat.kernel.errors import BadInput, NotFound, OpenbeatError
from openbeat.kernel.ids import new_id
from openbeat.places import actions, queries, store
from openbeat.places.readers import AreaTable, open_areas
from openbeat.places.rules import Layer, stations_of
from openbeat.places.shapes import guess_columns, make_areas
from openbeat.places.statistics import read_statistics
from openbeat.web.place_forms import (
    LAYERS,
    AreaColumnsForm,
    AreaFileForm,
    ExtractForm,
    SpeedForm,
    StationsForm,
    StatisticsForm,
)
from openbeat.web.place_pages import area_page, areas_page, stations_page, streets_page, streets_work, upload_preview
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.tiles import basemap_tiles


def _agency_id(request: Request) -> UUID:
    if request.agency is None:
        raise NotFound("this page belongs to an agency")
    return request.agency.pk


def _person_id(request: Request) -> UUID:
    if request.actor.person_id is None:
        raise NotFound("a file is put aside for a person")
    return request.actor.person_id


def _may_manage(request: Request) -> bool:
    return bool(scopes(request.actor, Permission.PLACES_MANAGE))


def _refused(form: Form, refusal: OpenbeatError, field: str | None = None) -> None:
    form.add_error(field, sentences(refusal))


# --- areas -----------------------------------------------------------------------------------------------------------


@login_required
def places(request: HttpRequest) -> HttpResponse:
    """Every set of areas, those in force on the map."""
    seen = cast("Request", request)
    return render(request, "places/areas.html", areas_page(seen, _agency_id(seen), may_manage=_may_manage(seen)))


@login_required
def area_set(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """One set on the map and as a table."""
    seen = cast("Request", request)
    found = queries.area_set(seen.actor, set_id)
    may = found.withdrawn_at is None and permits(seen.actor, Permission.PLACES_MANAGE, found)
    form = StatisticsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _bring_statistics(seen, found, form):
        return redirect(f"{reverse('area_set', args=[set_id])}#statistics")
    context = area_page(seen, found) | {"may_withdraw": may, "form": form}
    return render(request, "places/area_set.html", context, status=422 if form.errors else 200)


def _bring_statistics(request: Request, found: Any, form: StatisticsForm) -> bool:
    """Whether the table was taken; what is wrong with it stands at the form."""
    codes = queries.areas(request.actor, found).values_list("code", flat=True)
    try:
        text = form.cleaned_data["file"].read().decode("utf-8-sig")
        table, source = read_statistics(text, list(codes)), form.cleaned_data["source"]
        actions.bring_statistics(request.actor, found, statistics=table, source=source, at=request.now)
    except UnicodeDecodeError:
        form.add_error("file", _("The file is not text in UTF-8. Save it as CSV UTF-8."))
        return False
    except OpenbeatError as refusal:
        _refused(form, refusal, "file")
        return False
    messages.success(request, _("Kept: %(names)s.") % {"names": ", ".join(one.name for one in table)})
    return True


@require_POST
@login_required
def statistic_remove(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Forget a statistic of the set's areas."""
    seen = cast("Request", request)
    name = request.POST.get("name", "")
    actions.remove_statistic(seen.actor, queries.area_set(seen.actor, set_id), name=name)
    messages.success(request, _("%(name)s is forgotten.") % {"name": name})
    return redirect(f"{reverse('area_set', args=[set_id])}#statistics")


@login_required
def area_set_geojson(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """The set's outlines for maps; `?exact=1` gives the shapes as they were brought in."""
    seen = cast("Request", request)
    found = queries.area_set(seen.actor, set_id)
    collection = queries.area_collection(seen.actor, found, exact=request.GET.get("exact") == "1")
    headers = {"Cache-Control": "private, max-age=3600"}
    return JsonResponse(collection, content_type="application/geo+json", headers=headers)


@login_required
def area_upload(request: HttpRequest) -> HttpResponse:
    """First step: the file."""
    seen = cast("Request", request)
    form = AreaFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read()
        try:
            open_areas(file.name, content)
        except BadInput as refusal:
            _refused(form, refusal, "file")
        else:
            key = new_id()
            store.put_aside(_person_id(seen), key, file.name, content)
            return redirect("area_columns", key)
    return render(request, "places/area_upload.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def area_columns(request: HttpRequest, key: UUID) -> HttpResponse:
    """Second step: what the columns mean, with what the file holds beside it."""
    seen = cast("Request", request)
    given = store.put_aside_earlier(_person_id(seen), key)
    if given is None:
        raise NotFound("this file is no longer here", mend="choose it again")
    name, content = given
    table = open_areas(name, content)
    form = AreaColumnsForm(table, request.POST or None, initial=_initial(seen, name, table))
    if request.method == "POST" and form.is_valid():
        try:
            made = _add_areas(seen, form, table, name)
        except OpenbeatError as refusal:
            _refused(form, refusal)
        else:
            store.forget_aside(_person_id(seen))
            return redirect("area_set", made)
    context = upload_preview(name, table) | {"form": form}
    return render(request, "places/area_columns.html", context, status=422 if form.errors else 200)


def _initial(request: Request, name: str, table: AreaTable) -> dict[str, Any]:
    guess = guess_columns(table)
    layer = next((layer for layer in LAYERS if layer.value.rstrip("s") in name.lower()), Layer.BEATS)
    day = localdate(request.now).replace(month=1, day=1)
    return {
        "layer": layer.value, "name": LAYERS[layer], "valid_from": day, "code_column": guess.code,
        "name_column": guess.name,
    }  # fmt: skip


def _add_areas(request: Request, form: AreaColumnsForm, table: AreaTable, source: str) -> UUID:
    told = form.cleaned_data
    reading = make_areas(table, form.columns, epsg=told["epsg"])
    made = actions.add_areas(
        request.actor, cast("Any", request.agency), layer=Layer(told["layer"]), name=told["name"],
        valid_from=told["valid_from"], areas=reading.areas, source=source, attribution=told["attribution"],
        at=request.now,
    )  # fmt: skip
    messages.success(request, _("The areas are in force from %(day)s.") % {"day": told["valid_from"]})
    for note in reading.notes:
        messages.info(request, note)
    return made.pk


@require_POST
@login_required
def area_withdraw(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Take a set out of use, with a reason."""
    seen = cast("Request", request)
    found = queries.area_set(seen.actor, set_id)
    try:
        actions.withdraw_areas(seen.actor, found, reason=request.POST.get("reason", ""), at=seen.now)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect("area_set", set_id)
    messages.success(request, _("The areas are withdrawn."))
    return redirect("places")


# --- streets and basemap ---------------------------------------------------------------------------------------------


@login_required
def streets(request: HttpRequest) -> HttpResponse:
    """How travel times are made, and the basemap; extract and speed come in here."""
    seen = cast("Request", request)
    page = streets_page(seen, _agency_id(seen))
    extract, speed = ExtractForm(), SpeedForm(initial={"kmh": page["kmh"]})
    status = 200
    if request.method == "POST":
        extract = ExtractForm(request.POST, request.FILES) if "extract" in request.POST else extract
        speed = SpeedForm(request.POST) if "speed" in request.POST else speed
        given = extract if extract.is_bound else speed
        if given.is_valid() and _streets_deed(seen, given):
            return redirect("streets")
        status = 422
    context = page | {"extract_form": extract, "speed_form": speed, "may_manage": _may_manage(seen)}
    return render(request, "places/streets.html", context, status=status)


def _streets_deed(request: Request, form: Form) -> bool:
    agency, at = cast("Any", request.agency), request.now
    try:
        if isinstance(form, SpeedForm):
            actions.state_speed(request.actor, agency, kmh=form.cleaned_data["kmh"], at=at)
            return True
        upload = form.cleaned_data["file"]
        with _on_disk(upload) as file:
            actions.receive_extract(request.actor, agency, file=file, name=upload.name, at=at)
    except OpenbeatError as refusal:
        _refused(form, refusal, next(iter(form.fields)))
        return False
    messages.success(request, _("The extract is kept. Streets and basemap are being made; you can leave this page."))
    return True


@contextmanager
def _on_disk(upload: UploadedFile[bytes]) -> Iterator[Path]:
    """The upload as a file: where it lies already, or written for as long as it is needed."""
    if hasattr(upload, "temporary_file_path"):
        yield Path(upload.temporary_file_path())
        return
    with NamedTemporaryFile() as file:
        file.writelines(upload.chunks())
        file.flush()
        yield Path(file.name)


@login_required
def streets_progress(request: HttpRequest) -> HttpResponse:
    """How far streets and basemap have come; the page is loaded anew when both have ended."""
    seen = cast("Request", request)
    work = streets_work(seen, _agency_id(seen))
    if not work:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "places/streets_progress.html", {"work": work})


@require_POST
@login_required
def streets_retry(request: HttpRequest, network_id: UUID) -> HttpResponse:
    """Have the streets of an extract read again."""
    seen = cast("Request", request)
    return _again(seen, lambda: actions.retry_streets(seen.actor, queries.network(seen.actor, network_id)))


@require_POST
@login_required
def basemap_retry(request: HttpRequest, basemap_id: UUID) -> HttpResponse:
    """Have the basemap of an extract drawn again."""
    seen = cast("Request", request)
    return _again(seen, lambda: actions.retry_basemap(seen.actor, queries.basemap(seen.actor, basemap_id)))


def _again(request: Request, retry: Callable[[], object]) -> HttpResponse:
    try:
        retry()
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
    else:
        messages.success(request, _("The work is queued again."))
    return redirect("streets")


# --- stations --------------------------------------------------------------------------------------------------------


@login_required
def stations(request: HttpRequest) -> HttpResponse:
    """Where units start and end their shifts."""
    seen = cast("Request", request)
    form = StationsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["file"].read().decode("utf-8-sig")
            rows = stations_of(csv.DictReader(io.StringIO(text)))
            count = actions.set_stations(seen.actor, cast("Any", seen.agency), stations=rows)
        except UnicodeDecodeError:
            form.add_error("file", _("The file is not text in UTF-8. Save it as CSV UTF-8."))
        except OpenbeatError as refusal:
            _refused(form, refusal, "file")
        else:
            messages.success(request, _("%(count)d stations are kept.") % {"count": count})
            return redirect("stations")
    context = stations_page(seen, _agency_id(seen)) | {"form": form, "may_manage": _may_manage(seen)}
    return render(request, "places/stations.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("places/", places, name="places"),
    path("places/areas/new/", area_upload, name="area_upload"),
    path("places/areas/new/<uuid:key>/", area_columns, name="area_columns"),
    path("places/areas/<uuid:set_id>/", area_set, name="area_set"),
    path("places/areas/<uuid:set_id>.geojson", area_set_geojson, name="area_set_geojson"),
    path("places/areas/<uuid:set_id>/statistics/remove/", statistic_remove, name="statistic_remove"),
    path("places/areas/<uuid:set_id>/withdraw/", area_withdraw, name="area_withdraw"),
    path("places/streets/", streets, name="streets"),
    path("places/streets/progress/", streets_progress, name="streets_progress"),
    path("places/streets/<uuid:network_id>/retry/", streets_retry, name="streets_retry"),
    path("places/basemap/<uuid:basemap_id>/retry/", basemap_retry, name="basemap_retry"),
    path("places/stations/", stations, name="stations"),
    path("places/basemap/<uuid:basemap_id>.pmtiles", basemap_tiles, name="basemap_tiles"),
]
