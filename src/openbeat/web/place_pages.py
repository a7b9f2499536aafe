"""What the pages of the Places desk show, made from questions."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openbeat.places import queries
from openbeat.places.readers import AreaTable
from openbeat.places.rules import DEFAULT_KMH, DETOUR, Layer
from openbeat.places.states import State
from openbeat.seeing import progress
from openbeat.web.ground import map_ground
from openbeat.web.place_forms import LAYERS
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.maps import Map
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table

ROWS_SHOWN = 8
COLUMNS_SHOWN = 8
LONGEST_SHOWN = 40


def tabs(here: str) -> list[dict[str, Any]]:
    """The three views of the desk."""
    views = (("places", _("Areas")), ("streets", _("Streets and basemap")), ("stations", _("Stations")))
    return [{"label": label, "url": reverse(view), "current": view == here} for view, label in views]


# --- areas -----------------------------------------------------------------------------------------------------------


def areas_page(request: Request, agency_id: UUID, *, may_manage: bool) -> dict[str, Any]:
    """Sets of areas, and the map of the layer that is looked at."""
    today = localdate(request.now)
    found = queries.area_sets(request.actor, agency_id)
    force = queries.area_sets_in_force(request.actor, agency_id, today)
    shown = force.get(request.GET.get("layer", "")) or next(iter(force.values()), None)
    page = {"tabs": tabs("places"), "table": _sets_table(request, list(found), force, may_manage=may_manage)}
    if shown is None:
        return page
    layers = [
        {"label": layer_words(key), "url": f"?layer={key}", "current": one == shown} for key, one in force.items()
    ]
    return page | {"layers": layers, "shown": shown, "may_manage": may_manage, **area_map(request, shown)}


def layer_words(layer: str) -> str:
    """A layer's name on the page."""
    return str(LAYERS[Layer(layer)])


def _sets_table(request: Request, sets: list[Any], force: dict[str, Any], *, may_manage: bool) -> Table:
    columns = [
        Column("layer", _("Layer")), Column("name", _("Name")), Column("state", _("State")),
        Column("from", _("From"), kind="time"), Column("count", _("Areas"), kind="number", digits=0),
        Column("km2", _("km²"), kind="number", digits=1), Column("source", _("File")),
    ]  # fmt: skip
    rows = [
        Row(
            [layer_words(one.layer), one.name, _state(one, force), one.valid_from, one.count, one.km2, one.source],
            url=reverse("area_set", args=[one.pk]),
        )
        for one in sets
    ]
    add = (_("Add areas"), reverse("area_upload")) if may_manage else ("", "")
    empty = Empty(
        _("No areas yet"), _("Beats, districts or neighbourhoods: forecasts and counts are made for them."), "map", *add
    )
    return Table(_("Sets of areas"), columns, rows, empty=empty, now=request.now)


def _state(one: Any, force: dict[str, Any]) -> Badge:
    if one.withdrawn_at is not None:
        return Badge(_("Withdrawn"), "bad")
    if force.get(one.layer) == one:
        return Badge(_("In force"), "good")
    current = force.get(one.layer)
    later = current is None or one.valid_from > current.valid_from
    return Badge(_("From its first day"), "info") if later else Badge(_("Replaced"), "neutral")


def area_map(request: Request, area_set: Any) -> dict[str, Any]:
    """The set's map and its twin table."""
    areas = list(queries.areas(request.actor, area_set))
    features = queries.area_collection(request.actor, area_set)["features"]
    data = {"type": "FeatureCollection", "features": [_for_map(feature) for feature in features]}
    ground = map_ground(request, area_set) | {"areas_url": ""}
    label = _("%(name)s: %(count)s areas, %(size)s km²") % {
        "name": area_set.name, "count": intcomma(len(areas)), "size": number(area_set.km2, 0),
    }  # fmt: skip
    columns = [
        Column("code", _("Code"), kind="code"),
        Column("name", _("Name")),
        Column("km2", _("km²"), kind="number", digits=2),
    ]
    twin = Table(
        _("Areas"), columns, [Row([one.code, one.name, one.km2]) for one in areas], total=len(areas), tall=True
    )
    return {"map": Map("places", label, data=data, tall=True, **ground), "twin": twin}


def _for_map(feature: dict[str, Any]) -> dict[str, Any]:
    told = feature["properties"]
    detail = _("code %(code)s, %(km2)s km²") % {"code": told["code"], "km2": number(told["km2"], 2)}
    return feature | {"properties": {"id": feature["id"], "name": told["name"], "kind": detail}}


def area_page(request: Request, area_set: Any) -> dict[str, Any]:
    """One set: its map, its table and what is known of it."""
    facts = [
        (_("Layer"), layer_words(area_set.layer)),
        (_("In force from"), area_set.valid_from),
        (_("Areas"), intcomma(area_set.count)),
        (_("Size"), f"{number(area_set.km2, 1)} km²"),
        (_("Counted by"), _("H3 cells of resolution %(r)d") % {"r": area_set.resolution}),
        (_("File"), area_set.source),
        (_("Thanks to"), area_set.attribution or "–"),
    ]
    crumbs = [{"name": _("Places"), "url": reverse("places")}]
    statistics = [
        {"name": one.name, "source": one.source, "made_at": one.made_at, "words": _spread(one)}
        for one in queries.statistics(request.actor, area_set)
    ]
    shown = {"area_set": area_set, "facts": facts, "crumbs": crumbs, "statistics": statistics}
    return shown | area_map(request, area_set)


def _spread(statistic: Any) -> str:
    """What a statistic says: from the least to the most, or its groups."""
    values = list(statistic.values.values())
    if all(isinstance(value, float) for value in values):
        words = _("residents: %(low)s to %(high)s an area") if statistic.residents else _("%(low)s to %(high)s")
        return words % {"low": number(min(values), 1), "high": number(max(values), 1)}
    return ", ".join(sorted(set(values)))


def upload_preview(name: str, table: AreaTable) -> dict[str, Any]:
    """What the file holds: its first rows, so that the columns can be told."""
    columns = table.columns[:COLUMNS_SHOWN]
    rows = [Row([_short(row.get(column, "")) for column in columns]) for row in table.rows[:ROWS_SHOWN]]
    left_out = len(table.columns) - len(columns)
    note = (
        ngettext("%(count)d more column", "%(count)d more columns", left_out) % {"count": left_out} if left_out else ""
    )
    preview = Table(_("First rows"), [Column(column, column) for column in columns], rows, note=note, stacks=False)
    crumbs = [{"name": _("Places"), "url": reverse("places")}]
    return {"file": name, "features": len(table.shapes), "preview": preview if columns else None, "crumbs": crumbs}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


# --- streets and basemap ---------------------------------------------------------------------------------------------


def streets_page(request: Request, agency_id: UUID) -> dict[str, Any]:
    """How travel times are made, the basemap, and what the worker has in hand."""
    network = queries.network_in_use(request.actor, agency_id)
    basemap = queries.basemap_in_use(request.actor, agency_id)
    newest = {
        "streets_retry": queries.networks(request.actor, agency_id).filter(extract__isnull=False).first(),
        "basemap_retry": queries.basemaps(request.actor, agency_id).first(),
    }
    failures = [
        {"thing": one, "url": reverse(view, args=[one.pk])}
        for view, one in newest.items()
        if one is not None and one.state == State.FAILED
    ]
    with_streets = network is not None and network.extract is not None
    kmh = (network and network.kmh) or DEFAULT_KMH
    return {
        "kmh": kmh,
        "tabs": tabs("streets"),
        "with_streets": with_streets,
        "guess": {"kmh": number(kmh, 0), "detour": number(DETOUR, 1)},
        "network_facts": _network_facts(network) if with_streets else [],
        "basemap_facts": _basemap_facts(basemap) if basemap else [],
        "map": basemap and _basemap_map(basemap),
        "failures": failures,
        "work": streets_work(request, agency_id),
    }


def streets_work(request: Request, agency_id: UUID) -> list[dict[str, Any]]:
    """What is being made now: words, per cent, and the thing."""
    waiting = [
        *queries.networks(request.actor, agency_id).filter(state__in=[State.WAITING, State.WORKING]),
        *queries.basemaps(request.actor, agency_id).filter(state__in=[State.WAITING, State.WORKING]),
    ]
    return [_in_hand(one, basemap=hasattr(one, "tiles")) for one in waiting]


def _in_hand(one: Any, *, basemap: bool) -> dict[str, Any]:
    now = progress.standing(one.pk)
    what = _("Basemap") if basemap else _("Streets")
    doing = now.words or (_("waiting for the worker") if one.state == State.WAITING else _("reading the extract"))
    return {"words": f"{what}: {doing}", "value": round(100 * now.share, 1) or None, "id": f"work-{one.pk}"}


def _network_facts(network: Any) -> list[tuple[str, Any]]:
    told = network.facts_told
    facts = [
        (_("Extract"), network.extract.name),
        (_("Crossings"), intcomma(told.get("vertices", "–"))),
        (_("Streets between them"), intcomma(told.get("chains", "–"))),
        (_("Turn rules"), intcomma(told.get("turn_rules", 0))),
        (_("Made"), network.finished_at),
    ]
    return facts if network.kmh is None else [*facts, (_("Speed"), f"{number(network.kmh, 0)} km/h")]


def _basemap_facts(basemap: Any) -> list[tuple[str, Any]]:
    return [
        (_("Extract"), basemap.extract.name),
        (_("Map data of"), basemap.snapshot or "–"),
        (_("Tiles"), intcomma(basemap.tiles)),
        (_("Size"), filesizeformat(basemap.size)),
        (_("Made"), basemap.finished_at),
    ]


def _basemap_map(basemap: Any) -> Map:
    bounds = (basemap.west, basemap.south, basemap.east, basemap.north)
    tiles = reverse("basemap_tiles", args=[basemap.pk])
    return Map(
        "places", _("Basemap"), data={"type": "FeatureCollection", "features": []}, tiles_url=tiles, bounds=bounds
    )


# --- stations --------------------------------------------------------------------------------------------------------


def stations_page(request: Request, agency_id: UUID) -> dict[str, Any]:
    """The stations on the map and as a table."""
    found = list(queries.stations(request.actor, agency_id))
    columns = [
        Column("code", _("Code"), kind="code"), Column("name", _("Name")),
        Column("lon", _("Longitude"), kind="number", digits=5), Column("lat", _("Latitude"), kind="number", digits=5),
    ]  # fmt: skip
    empty = Empty(_("No stations yet"), _("Units start and end their shifts at a station."), "building-2")
    rows = [Row([one.code, one.name, one.lon, one.lat]) for one in found]
    page = {"tabs": tabs("stations"), "table": Table(_("Stations"), columns, rows, empty=empty, total=len(found))}
    if not found:
        return page
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
            "properties": {"id": str(one.pk), "name": one.name, "kind": _("station %(code)s") % {"code": one.code}},
        }
        for one in found
    ]
    data = cast("Any", {"type": "FeatureCollection", "features": features})
    ground = _ground(request, agency_id) | {"bounds": _around(found)}
    return page | {"map": Map("places", _("Stations"), data=data, **ground)}


def _ground(request: Request, agency_id: UUID) -> dict[str, Any]:
    """Basemap and the outlines of the areas in force, where there are some."""
    force = queries.area_sets_in_force(request.actor, agency_id, localdate(request.now))
    shown: Any = next(iter(force.values()), None)
    if shown is not None:
        return map_ground(request, shown)
    basemap = queries.basemap_in_use(request.actor, agency_id)
    return {"tiles_url": reverse("basemap_tiles", args=[basemap.pk])} if basemap else {}


def _around(found: list[Any], margin: float = 0.01) -> tuple[float, float, float, float]:
    lons, lats = [one.lon for one in found], [one.lat for one in found]
    return (min(lons) - margin, min(lats) - margin, max(lons) + margin, max(lats) + margin)
