"""OGC API Features 1.0 (part 1: core, GeoJSON) over what an agency publishes; QGIS opens it without an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote

import h3
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from openbeat.access import Actor
from openbeat.access.actors import NOBODY
from openbeat.api.ogc_words import COLLECTIONS, CONFORMANCE, openapi
from openbeat.kernel.errors import BadInput, NotFound, OpenbeatError
from openbeat.seeing.scope import scope
from openbeat.transparency import queries
from openbeat.transparency.queries import Agency

MOST = 1_000
GEOJSON = "application/geo+json"
CORNERS = 4

P = ParamSpec("P")

View = Callable[..., HttpResponse]
Feature = dict[str, Any]


def open_to_all(view: Callable[Concatenate[HttpRequest, Agency, Actor, str, P], HttpResponse]) -> View:
    """A view of one agency's published data, as everybody; refusals as JSON."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str, *args: P.args, **rest: P.kwargs) -> HttpResponse:
        try:
            agency = queries.publishing_agency(NOBODY, slug)
            anyone = queries.anyone(NOBODY, agency, request.META.get("REMOTE_ADDR", ""))
            base = request.build_absolute_uri(f"/ogc/{slug}")
            with scope(anyone):
                response = view(request, agency, anyone, base, *args, **rest)
        except OpenbeatError as refusal:
            status = 404 if isinstance(refusal, NotFound) else 400
            words = ". ".join(part for part in refusal.said(gettext) if part)
            response = JsonResponse({"code": refusal.code, "description": words}, status=status)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answer


def _link(href: str, rel: str, kind: str = "application/json", title: str = "") -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title or rel}


@open_to_all
def landing(request: HttpRequest, agency: Agency, anyone: Actor, base: str) -> HttpResponse:
    """What there is, with links."""
    links = [
        _link(base, "self", title="This page"),
        _link(f"{base}/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0", "The interface"),
        _link(f"{base}/conformance", "conformance", title="What it conforms to"),
        _link(f"{base}/collections", "data", title="The data"),
    ]
    return JsonResponse(
        {"title": f"{agency.name}: open data", "description": "Counts without small numbers.", "links": links}
    )


@open_to_all
def conformance(request: HttpRequest, agency: Agency, anyone: Actor, base: str) -> HttpResponse:
    """Which classes of the standard hold."""
    return JsonResponse({"conformsTo": list(CONFORMANCE)})


@open_to_all
def api_document(request: HttpRequest, agency: Agency, anyone: Actor, base: str) -> HttpResponse:
    """The interface as OpenAPI 3.0."""
    kind = "application/vnd.oai.openapi+json;version=3.0"
    return JsonResponse(openapi(agency.name, base), content_type=kind)


def _collection(name: str, base: str, extent: dict[str, Any]) -> dict[str, Any]:
    title, description = COLLECTIONS[name]
    links = [
        _link(f"{base}/collections/{name}", "self", title=title),
        _link(f"{base}/collections/{name}/items", "items", GEOJSON, title),
    ]
    return {
        "id": name,
        "title": title,
        "description": description,
        "itemType": "feature",
        "extent": extent,
        "links": links,
    }


def _extent(anyone: Actor) -> dict[str, Any]:
    release = queries.releases(anyone).first()
    tables = queries.month_tables(anyone)
    if release is None or not tables:
        return {}
    span = [f"{tables[0].month}T00:00:00Z", f"{tables[-1].month}T00:00:00Z"]
    crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    return {"spatial": {"bbox": [list(release.area_set.bounds)], "crs": crs}, "temporal": {"interval": [span]}}


@open_to_all
def collections(request: HttpRequest, agency: Agency, anyone: Actor, base: str) -> HttpResponse:
    """Every collection."""
    extent = _extent(anyone)
    links = [_link(f"{base}/collections", "self")]
    return JsonResponse({"links": links, "collections": [_collection(name, base, extent) for name in COLLECTIONS]})


@open_to_all
def collection(request: HttpRequest, agency: Agency, anyone: Actor, base: str, name: str) -> HttpResponse:
    """One collection."""
    _require(name)
    return JsonResponse(_collection(name, base, _extent(anyone)))


def _require(name: str) -> None:
    if name not in COLLECTIONS:
        raise NotFound(
            "there is no collection {name}", mend="there are {known}", name=name, known=", ".join(COLLECTIONS)
        )


@open_to_all
def items(request: HttpRequest, agency: Agency, anyone: Actor, base: str, name: str) -> HttpResponse:
    """A page of features."""
    _require(name)
    limit, offset = _number(request, "limit", 100, 1), _number(request, "offset", 0, 0)
    limit = min(limit, MOST)
    known = {"limit", "offset", "bbox", "datetime", "f", "crs", "bbox-crs"}
    if strange := sorted(set(request.GET) - known):
        raise BadInput(
            "there is no parameter {listed}",
            mend="there are {known}",
            listed=", ".join(strange),
            known=", ".join(sorted(known)),
        )
    found = list(_features(anyone, name, _months(request.GET.get("datetime", ""))))
    box = _box(request.GET.get("bbox", ""))
    if box is not None:
        found = [feature for feature in found if _meets(feature, box)]
    shown = found[offset : offset + limit]
    links = [_link(request.build_absolute_uri(), "self", GEOJSON), _link(f"{base}/collections/{name}", "collection")]
    if offset + limit < len(found):
        query = request.GET.copy()
        query["offset"], query["limit"] = str(offset + limit), str(limit)
        links.append(_link(f"{base}/collections/{name}/items?{query.urlencode()}", "next", GEOJSON))
    body = {
        "type": "FeatureCollection", "features": shown, "links": links, "numberMatched": len(found),
        "numberReturned": len(shown),
    }  # fmt: skip
    return JsonResponse(body, content_type=GEOJSON)


@open_to_all
def item(request: HttpRequest, agency: Agency, anyone: Actor, base: str, *, name: str, feature_id: str) -> HttpResponse:
    """One feature."""
    _require(name)
    found = next((one for one in _features(anyone, name, None) if one["id"] == feature_id), None)
    if found is None:
        raise NotFound("there is no such feature", mend="take its id from the list")
    here = f"{base}/collections/{name}"
    links = [_link(f"{here}/items/{quote(feature_id, safe='')}", "self", GEOJSON), _link(here, "collection")]
    return JsonResponse({**found, "links": links}, content_type=GEOJSON)


def _features(anyone: Actor, name: str, span: tuple[date, date] | None) -> Iterable[Feature]:
    """Each published count with its shape: by area, or by cell of about 5 km²."""
    release = queries.releases(anyone).first()
    if release is None:
        return
    shapes = {code: (label, shape) for code, label, shape in queries.area_shapes(anyone, release)}
    for table in queries.month_tables(anyone):
        if span and not span[0] <= table.month <= span[1]:
            continue
        for key, count in table.areas if name == "areas" else table.cells:
            label, shape = shapes.get(key, (key, None)) if name == "areas" else (key, _hexagon(key))
            properties = {"month": table.month.isoformat(), "name": label, "incidents": count, "hidden": count is None}
            yield {"type": "Feature", "id": f"{table.month:%Y-%m}.{key}", "geometry": shape, "properties": properties}


def _hexagon(cell: str) -> dict[str, Any]:
    ring = [[round(lon, 6), round(lat, 6)] for lat, lon in h3.cell_to_boundary(cell)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _number(request: HttpRequest, name: str, default: int, least: int) -> int:
    text = request.GET.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= 10**9:
        raise BadInput(
            "{name} is no whole number from {least}",
            mend="send {name}={default}",
            name=name,
            least=least,
            default=default,
        )
    return int(text)


def _box(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == CORNERS + 2:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != CORNERS or not all(-360 <= number <= 360 for number in numbers):
        raise BadInput("bbox is not west,south,east,north", mend="send four numbers in degrees")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _months(text: str) -> tuple[date, date] | None:
    if not text:
        return None
    ends = text.split("/") if "/" in text else [text, text]
    if len(ends) != 2:
        raise BadInput("datetime is no moment and no interval", mend="send 2021-01-01/2021-12-31 or 2021-01-01/..")
    first, last = (_day(end, open_end) for end, open_end in zip(ends, (date.min, date.max), strict=True))
    return first.replace(day=1), last


def _day(text: str, open_end: date) -> date:
    if text in {"", ".."}:
        return open_end
    try:
        found = parse_date(text[:10])
    except ValueError:
        found = None
    if found is None:
        raise BadInput("{text} is no day", mend="send 2021-01-31 or 2021-01-31T00:00:00Z", text=text)
    return found


def _meets(feature: Feature, box: Sequence[float]) -> bool:
    points = list(_points((feature["geometry"] or {}).get("coordinates", [])))
    if not points:
        return False
    west, south, east, north = box
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    across = west > east  # the box spans the antimeridian (part 1, 7.15.3)
    beside = (min(lons) <= east or max(lons) >= west) if across else (min(lons) <= east and max(lons) >= west)
    return beside and min(lats) <= north and max(lats) >= south


def _points(part: Any) -> Iterable[Sequence[float]]:
    if part and isinstance(part[0], (int, float)):
        yield part
    else:
        for inner in part:
            yield from _points(inner)


urlpatterns = [
    path("ogc/<slug:slug>", landing, name="ogc"),
    path("ogc/<slug:slug>/", landing),
    path("ogc/<slug:slug>/conformance", conformance),
    path("ogc/<slug:slug>/api", api_document),
    path("ogc/<slug:slug>/collections", collections),
    path("ogc/<slug:slug>/collections/<slug:name>", collection),
    path("ogc/<slug:slug>/collections/<slug:name>/items", items),
    path("ogc/<slug:slug>/collections/<slug:name>/items/<path:feature_id>", item),
]
