"""Questions about places: areas in force, points and cells by area, stations, streets, the basemap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import h3
import numpy as np
import shapely
from django.db.models import Q, QuerySet
from numpy.typing import NDArray
from shapely import MultiPolygon

from openbeat.access import Actor, Permission
from openbeat.kernel.errors import NotFound
from openbeat.places import store
from openbeat.places.cells import locate
from openbeat.places.models import Area, AreaCell, AreaSet, AreaStatistic, Basemap, Extract, Station, StreetNetwork
from openbeat.places.rules import DEFAULT_KMH, DETOUR, in_force
from openbeat.places.shapes import from_geojson, polygons_of
from openbeat.places.states import State
from openbeat.seeing.visible import visible

__all__ = ["AreaSet", "Basemap", "Extract", "Station", "StreetNetwork"]  # things that callers name in their types

if TYPE_CHECKING:
    from placewise.streets import CrowFlight, StreetGraph


EMPTY = np.empty(0, np.float64)


@dataclass(frozen=True, slots=True)
class CellsByArea:
    """(n,) cells (int64, sorted) of a set and, for each, the index of its area in `areas` (ids in order of code)."""

    cells: NDArray[np.int64]
    area: NDArray[np.int32]
    areas: tuple[UUID, ...]
    resolution: int


def area_sets(actor: Actor, agency_id: UUID | None = None) -> QuerySet[AreaSet]:
    """Sets of areas that are in use or will be, newest first; of one agency where it is named."""
    seen = visible(actor, Permission.PLACES_VIEW, AreaSet.objects.filter(withdrawn_at=None))
    return (seen.filter(agency_id=agency_id) if agency_id else seen).order_by("layer", "-valid_from")


def area_sets_in_force(actor: Actor, agency_id: UUID, day: date) -> dict[str, AreaSet]:
    """Layer → the set that holds on the day."""
    return in_force(area_sets(actor, agency_id), day)


def area_sets_to_choose(actor: Actor, day: date, agency_id: UUID | None = None) -> list[AreaSet]:
    """The same for a list to choose from: those that are still to come on the day are the last."""
    return sorted(area_sets(actor, agency_id), key=lambda one: one.valid_from > day)


def area_set(actor: Actor, set_id: UUID | str) -> AreaSet:
    """One set, withdrawn ones too: what was counted by it still shows it."""
    found = visible(actor, Permission.PLACES_VIEW, AreaSet.objects.all()).filter(pk=set_id).first()
    if found is None:
        raise NotFound("there are no such areas, or they are not yours to see")
    return found


def areas(actor: Actor, area_set: AreaSet) -> QuerySet[Area]:
    """The set's areas by code, without their shapes."""
    seen = visible(actor, Permission.PLACES_VIEW, Area.objects.filter(area_set=area_set))
    return seen.defer("geometry", "outline").order_by("code")


def statistics(actor: Actor, area_set: AreaSet) -> QuerySet[AreaStatistic]:
    """What other offices say of the set's areas, by name."""
    seen = visible(actor, Permission.PLACES_VIEW, AreaStatistic.objects.filter(area_set=area_set))
    return seen.order_by("name")


def areas_named(actor: Actor, agency_id: UUID, day: date, words: str) -> QuerySet[Area]:
    """Areas in force on a day whose name or code holds these words, by name."""
    in_force = [one.pk for one in area_sets_in_force(actor, agency_id, day).values()]
    seen = visible(actor, Permission.PLACES_VIEW, Area.objects.filter(area_set__in=in_force))
    return seen.filter(Q(name__icontains=words) | Q(code=words)).defer("geometry", "outline").order_by("name", "pk")


def area_collection(actor: Actor, area_set: AreaSet, *, exact: bool = False) -> dict[str, Any]:
    """The set as a GeoJSON FeatureCollection, with outlines for maps or with exact shapes."""
    shape = "geometry" if exact else "outline"
    rows = visible(actor, Permission.PLACES_VIEW, Area.objects.filter(area_set=area_set)).order_by("code")
    listed = rows.values_list("id", "code", "name", "km2", "lon", "lat", shape)
    features = [
        {
            "type": "Feature",
            "id": str(key),
            "properties": {"code": code, "name": name, "km2": round(km2, 3), "label": [lon, lat]},
            "geometry": geometry,
        }
        for key, code, name, km2, lon, lat, geometry in listed
    ]
    bounds = [round(degree, 6) for degree in area_set.bounds]
    return {"type": "FeatureCollection", "bbox": bounds, "features": features}


def shapes(actor: Actor, area_set: AreaSet) -> tuple[list[UUID], list[MultiPolygon]]:
    """The areas' ids and exact shapes, in order of code."""
    rows = visible(actor, Permission.PLACES_VIEW, Area.objects.filter(area_set=area_set)).order_by("code")
    found = list(rows.values_list("id", "geometry"))
    return [key for key, _ in found], [polygons_of(from_geojson(geometry)) for _, geometry in found]


def ground(actor: Actor, area_set: AreaSet) -> MultiPolygon:
    """All that the set covers, as one shape."""
    return polygons_of(shapely.union_all(shapes(actor, area_set)[1]))


def areas_at(
    actor: Actor, area_set: AreaSet, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[list[UUID], NDArray[np.int32]]:
    """The area of each point (degrees), exactly: the areas' ids in order of code, and (n,) indices, -1 outside."""
    keys, found = shapes(actor, area_set)
    return keys, locate(found, lon, lat)


def cells_by_area(actor: Actor, area_set: AreaSet) -> CellsByArea:
    """The set's cells, each with its area: what counting by area joins on."""
    keys = tuple(areas(actor, area_set).values_list("id", flat=True))
    number = {key: index for index, key in enumerate(keys)}
    rows = list(
        AreaCell.objects.filter(area_set=area_set, area_id__in=keys).order_by("cell").values_list("cell", "area_id")
    )
    cells = np.array([cell for cell, _ in rows], np.int64)
    return CellsByArea(cells, np.array([number[area] for _, area in rows], np.int32), keys, area_set.resolution)


def cells_of_area(actor: Actor, area_id: UUID | str) -> tuple[list[int], int]:
    """One area's cells and their resolution."""
    area = visible(actor, Permission.PLACES_VIEW, Area.objects.filter(pk=area_id)).select_related("area_set").first()
    if area is None:
        raise NotFound("there is no such area, or it is not yours to see")
    return list(AreaCell.objects.filter(area=area).values_list("cell", flat=True)), area.area_set.resolution


def names_of_cells(actor: Actor, area_set: AreaSet, cells: NDArray[np.int64]) -> list[str]:
    """The name of the area that each cell's centre lies in; empty outside of the set."""
    corners = [h3.cell_to_latlng(h3.int_to_str(cell)) for cell in cells.tolist()]
    lat, lon = (np.array(part, dtype=np.float64) for part in zip(*corners, strict=True)) if corners else (EMPTY, EMPTY)
    keys, found = areas_at(actor, area_set, lon, lat)
    names = dict(areas(actor, area_set).values_list("id", "name"))
    return [names[keys[index]] if index >= 0 else "" for index in found.tolist()]


def bounds(actor: Actor, agency_id: UUID, margin: float = 0.02) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all the agency's areas with a margin, degrees; None while it has none."""
    boxes = [one.bounds for one in area_sets(actor, agency_id)]
    if not boxes:
        return None
    west, south, east, north = (
        pick(edges) for pick, edges in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
    )
    return (west - margin, south - margin, east + margin, north + margin)


def stations(actor: Actor, agency_id: UUID) -> QuerySet[Station]:
    """The agency's stations by code."""
    seen = visible(actor, Permission.PLACES_VIEW, Station.objects.filter(agency_id=agency_id))
    return seen.order_by("code")


# --- streets and basemap ---------------------------------------------------------------------------------------------


def networks(actor: Actor, agency_id: UUID) -> QuerySet[StreetNetwork]:
    """Every street network of the agency, newest first, those under way and failed ones too."""
    seen = visible(actor, Permission.PLACES_VIEW, StreetNetwork.objects.filter(agency_id=agency_id))
    return seen.select_related("extract").order_by("-id")  # ids rise with the wall clock, which a training day does not


def network_in_use(actor: Actor, agency_id: UUID) -> StreetNetwork | None:
    """The newest finished one with streets; without any, the newest stated speed."""
    ready = networks(actor, agency_id).filter(state=State.READY)
    return ready.filter(extract__isnull=False).first() or ready.first()


def travel_times(actor: Actor, agency_id: UUID) -> StreetGraph | CrowFlight:
    """Seconds, paths and reach for the agency: over its streets, or great circle × 1.3 at the stated speed."""
    from placewise.streets import CrowFlight

    network = network_in_use(actor, agency_id)
    if network is None or network.extract is None:
        return CrowFlight((network.kmh if network else None) or DEFAULT_KMH, DETOUR)
    return graph_of(actor, network)


def graph_of(actor: Actor, network: StreetNetwork) -> StreetGraph:
    """The network's street graph, read from its extract the first time and kept beside it."""
    if network.extract is None:
        raise NotFound("this network has a stated speed and no streets")
    return _graph(network.extract.pk, network.extract.kind, network.kmh or DEFAULT_KMH)


@lru_cache(maxsize=2)
def _graph(extract_id: UUID, kind: str, kmh: float) -> StreetGraph:
    """Read once a process: a graph never changes, a new extract has a new id."""
    from placewise.streets import open_lists, open_osm

    home = store.folder(extract_id)
    if kind == Extract.Kind.OSM:
        return open_osm(home / store.OSM)
    return open_lists(home / store.NODES, home / store.EDGES, kmh=kmh)


def network(actor: Actor, network_id: UUID | str) -> StreetNetwork:
    """One street network."""
    seen = visible(actor, Permission.PLACES_VIEW, StreetNetwork.objects.select_related("extract"))
    found = seen.filter(pk=network_id).first()
    if found is None:
        raise NotFound("there is no such street network, or it is not yours to see")
    return found


def basemaps(actor: Actor, agency_id: UUID) -> QuerySet[Basemap]:
    """Every basemap of the agency, newest first, those under way and failed ones too."""
    seen = visible(actor, Permission.PLACES_VIEW, Basemap.objects.filter(agency_id=agency_id))
    return seen.select_related("extract").order_by("-id")  # ids rise with the wall clock, which a training day does not


def basemap_in_use(actor: Actor, agency_id: UUID) -> Basemap | None:
    """The newest finished one."""
    return basemaps(actor, agency_id).filter(state=State.READY).first()


def basemap(actor: Actor, basemap_id: UUID | str) -> Basemap:
    """One basemap."""
    seen = visible(actor, Permission.PLACES_VIEW, Basemap.objects.select_related("extract"))
    found = seen.filter(pk=basemap_id).first()
    if found is None:
        raise NotFound("there is no such basemap, or it is not yours to see")
    return found
