"""Changes to places: areas added and withdrawn, stations, extracts and what the worker makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import shapely
from django.db import connection
from django.db.models import ProtectedError

from openbeat.access import Actor, Permission, TellsFacts
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.kernel.errors import Contradiction
from openbeat.kernel.ids import new_id
from openbeat.places import store
from openbeat.places.cells import resolution_for, resolve
from openbeat.places.extract import ATTRIBUTION, header_of
from openbeat.places.models import Area, AreaSet, AreaStatistic, Basemap, Extract, Station, StreetNetwork
from openbeat.places.rules import (
    LONGEST_CODE,
    LONGEST_NAME,
    Layer,
    StationRow,
    require_extract,
    require_reason,
    stated_speed,
)
from openbeat.places.shapes import AreaShape, as_geojson, outlines
from openbeat.places.states import State, moved
from openbeat.places.statistics import AreaValues
from openbeat.places.tiles import Basemap as Built
from openbeat.seeing import progress

Made = TypeVar("Made", StreetNetwork, Basemap)


@action(Permission.PLACES_MANAGE, operation=Operation.COLLECTION)
def add_areas(
    actor: Actor,
    agency: TellsFacts,
    /,
    *,
    layer: Layer,
    name: str,
    valid_from: date,
    areas: Sequence[AreaShape],
    source: str,
    at: datetime,
    attribution: str = "",
) -> AreaSet:
    """Keep a layer's areas as they stand from a day on, with the cells that each resolves to."""
    return _add_areas(
        actor, _agency(agency), layer=layer, name=name, valid_from=valid_from, areas=areas, source=source,
        attribution=attribution, at=at,
    )  # fmt: skip


@action(Permission.BEATS_ADOPT, operation=Operation.COLLECTION)
def adopt_beats(
    actor: Actor,
    agency: TellsFacts,
    /,
    *,
    name: str,
    valid_from: date,
    areas: Sequence[AreaShape],
    source: str,
    attribution: str,
    reason: str,
    at: datetime,
) -> AreaSet:
    """Keep beats that were drawn here as the agency's own from a day on; the reason goes to the trail."""
    note(beats=len(areas))
    return _add_areas(
        actor, _agency(agency), layer=Layer.BEATS, name=name, valid_from=valid_from, areas=areas, source=source,
        attribution=attribution, at=at,
    )  # fmt: skip


def _add_areas(
    actor: Actor,
    agency_id: UUID,
    *,
    layer: Layer,
    name: str,
    valid_from: date,
    areas: Sequence[AreaShape],
    source: str,
    attribution: str,
    at: datetime,
) -> AreaSet:
    if AreaSet.objects.filter(agency_id=agency_id, layer=layer, valid_from=valid_from, withdrawn_at=None).exists():
        raise Contradiction(
            "there are {layer} from {valid_from} already",
            mend="choose another first day, or withdraw those",
            layer=layer,
            valid_from=valid_from,
        )
    size = sum(area.km2 for area in areas)
    west, south, east, north = shapely.total_bounds(np.array([area.geometry for area in areas], dtype=object))
    made = AreaSet.objects.create(
        agency_id=agency_id, layer=layer, name=name[:120], valid_from=valid_from, source=source[:200],
        attribution=attribution, count=len(areas), km2=size, resolution=resolution_for(size),
        west=west, south=south, east=east, north=north, made_at=at, author_id=actor.person_id,
    )  # fmt: skip
    _keep_areas(made, areas)
    return made


def _keep_areas(area_set: AreaSet, areas: Sequence[AreaShape]) -> None:
    rows = [_area(area_set, area, light) for area, light in zip(areas, outlines(areas), strict=True)]
    Area.objects.bulk_create(rows, batch_size=200)
    cells = resolve([area.geometry for area in areas], area_set.resolution)
    with connection.cursor() as cursor:
        for row, own in zip(rows, cells, strict=True):
            cursor.execute(
                "INSERT INTO places_areacell (agency_id, area_set_id, area_id, cell)"
                " SELECT %s, %s, %s, unnest(%s::bigint[])",
                [area_set.agency_id, area_set.pk, row.pk, own.astype(np.int64).tolist()],
            )


def _area(area_set: AreaSet, area: AreaShape, light: Any) -> Area:
    inside = shapely.point_on_surface(area.geometry)
    return Area(
        agency_id=area_set.agency_id, area_set=area_set, code=area.code[:LONGEST_CODE], name=area.name[:LONGEST_NAME],
        geometry=as_geojson(area.geometry), outline=as_geojson(light), km2=area.km2,
        lon=round(inside.x, 6), lat=round(inside.y, 6),
    )  # fmt: skip


@action(Permission.PLACES_MANAGE)
def withdraw_areas(actor: Actor, area_set: AreaSet, /, *, reason: str, at: datetime) -> AreaSet:
    """Take a set out of use; what was counted by it keeps its link."""
    if area_set.withdrawn_at is not None:
        raise Contradiction("these areas are withdrawn already")
    area_set.withdrawn_why, area_set.withdrawn_at = require_reason(reason), at
    area_set.save(update_fields=["withdrawn_why", "withdrawn_at"])
    return area_set


@action(Permission.PLACES_MANAGE, operation=Operation.COLLECTION)
def bring_statistics(
    actor: Actor, area_set: AreaSet, /, *, statistics: Sequence[AreaValues], source: str, at: datetime
) -> int:
    """Keep statistics of the set's areas; one of the same name is replaced."""
    if not source.strip():
        raise Contradiction(
            "a statistic names its source", mend="say which office publishes it, and when it was counted"
        )
    for one in statistics:
        AreaStatistic.objects.update_or_create(
            area_set=area_set,
            name=one.name,
            defaults={
                "agency_id": area_set.agency_id, "source": source.strip()[:200], "values": dict(one.values),
                "residents": one.counts_residents, "made_at": at, "author_id": actor.person_id,
            },
        )  # fmt: skip
    note(statistics=[one.name for one in statistics])
    return len(statistics)


@action(Permission.PLACES_MANAGE, operation=Operation.ERASURE)
def remove_statistic(actor: Actor, area_set: AreaSet, /, *, name: str) -> None:
    """Forget one statistic of the set's areas; forecasts that used it keep what they found."""
    AreaStatistic.objects.filter(area_set=area_set, name=name).delete()
    note(statistics=[name])


@action(Permission.PLACES_MANAGE, operation=Operation.COLLECTION)
def set_stations(actor: Actor, agency: TellsFacts, /, *, stations: Sequence[StationRow]) -> int:
    """The agency's stations are these; those of other codes are no more."""
    agency_id = _agency(agency)
    gone = Station.objects.filter(agency_id=agency_id).exclude(code__in=[row.code for row in stations])
    try:
        gone.delete()
    except ProtectedError as error:
        listed = ", ".join(gone.order_by("code").values_list("code", flat=True)[:10])
        raise Contradiction(
            "stations that the list leaves out are in use: {listed}",
            mend="move their units first, or keep them",
            listed=listed,
        ) from error
    for row in stations:
        told = {"name": row.name, "lon": row.lon, "lat": row.lat}
        Station.objects.update_or_create(agency_id=agency_id, code=row.code, defaults=told)
    note(stations=len(stations))
    return len(stations)


@action(Permission.PLACES_MANAGE, operation=Operation.COLLECTION)
def receive_extract(actor: Actor, agency: TellsFacts, /, *, file: Path, name: str, at: datetime) -> Extract:
    """Keep an OpenStreetMap extract; the worker then makes its street network and its basemap."""
    require_extract(name)
    header_of(file, "pbf")
    made = _receive(
        actor, _agency(agency), {store.OSM: file}, kind=Extract.Kind.OSM, name=name, attribution=ATTRIBUTION, at=at
    )
    _begin_streets(StreetNetwork.objects.create(agency_id=made.agency_id, extract=made, made_at=at))
    _begin_basemap(Basemap.objects.create(agency_id=made.agency_id, extract=made, made_at=at))
    return made


@action(Permission.PLACES_MANAGE, operation=Operation.COLLECTION)
def receive_street_lists(
    actor: Actor,
    agency: TellsFacts,
    /,
    *,
    nodes: Path,
    edges: Path,
    name: str,
    kmh: float,
    attribution: str,
    at: datetime,
) -> Extract:
    """Keep streets given as a list of nodes and one of edges, driven at one stated speed."""
    files = {store.NODES: nodes, store.EDGES: edges}
    made = _receive(actor, _agency(agency), files, kind=Extract.Kind.LISTS, name=name, attribution=attribution, at=at)
    speed = stated_speed(kmh)
    _begin_streets(StreetNetwork.objects.create(agency_id=made.agency_id, extract=made, kmh=speed, made_at=at))
    return made


def _receive(
    actor: Actor,
    agency_id: UUID,
    files: dict[str, Path],
    *,
    kind: Extract.Kind,
    name: str,
    attribution: str,
    at: datetime,
) -> Extract:
    extract_id = new_id()
    size, sha256 = store.take(extract_id, files)
    return Extract.objects.create(
        id=extract_id, agency_id=agency_id, kind=kind, name=name[:200], size=size, sha256=sha256,
        attribution=attribution, received_at=at, author_id=actor.person_id,
    )  # fmt: skip


def _begin_streets(network: StreetNetwork) -> None:
    later("places.build_streets", agency_id=network.agency_id, network_id=str(network.pk))


def _begin_basemap(basemap: Basemap) -> None:
    later("places.build_basemap", agency_id=basemap.agency_id, basemap_id=str(basemap.pk))


@action(Permission.PLACES_MANAGE)
def retry_streets(actor: Actor, network: StreetNetwork, /) -> StreetNetwork:
    """Have the worker read the extract's streets once more."""
    network.failure, network.finished_at = "", None
    _become(network, State.WAITING)
    _begin_streets(network)
    return network


@action(Permission.PLACES_MANAGE)
def retry_basemap(actor: Actor, basemap: Basemap, /) -> Basemap:
    """Have the worker draw the extract's basemap once more."""
    basemap.failure, basemap.finished_at = "", None
    _become(basemap, State.WAITING)
    _begin_basemap(basemap)
    return basemap


@action(Permission.PLACES_MANAGE)
def state_speed(actor: Actor, agency: TellsFacts, /, *, kmh: float, at: datetime) -> StreetNetwork:
    """State the speed at which drives are guessed for as long as there are no streets."""
    return StreetNetwork.objects.create(
        agency_id=_agency(agency), kmh=stated_speed(kmh), state=State.READY, made_at=at, finished_at=at
    )


# --- the worker ------------------------------------------------------------------------------------------------------


@action(Permission.PLACES_MANAGE)
def begin_streets(actor: Actor, network: StreetNetwork, /) -> StreetNetwork:
    """The worker takes the street network up."""
    return _become(network, State.WORKING)


@action(Permission.PLACES_MANAGE, operation=Operation.COMBINATION)
def finish_streets(
    actor: Actor, network: StreetNetwork, /, *, told: dict[str, int | float | str], at: datetime
) -> StreetNetwork:
    """The street graph lies beside its extract; `told` is what it says of itself."""
    network.facts_told, network.finished_at = told, at
    return _become(network, State.READY)


@action(Permission.PLACES_MANAGE)
def fail_streets(actor: Actor, network: StreetNetwork, /, *, words: str, at: datetime) -> StreetNetwork:
    """No street graph came of it; what happened is kept in words."""
    network.failure, network.finished_at = words, at
    return _become(network, State.FAILED)


@action(Permission.PLACES_MANAGE)
def begin_basemap(actor: Actor, basemap: Basemap, /) -> Basemap:
    """The worker takes the basemap up."""
    return _become(basemap, State.WORKING)


@action(Permission.PLACES_MANAGE, operation=Operation.COMBINATION)
def finish_basemap(actor: Actor, basemap: Basemap, /, *, built: Built, at: datetime) -> Basemap:
    """The basemap's archive is written."""
    basemap.west, basemap.south, basemap.east, basemap.north = built.bounds
    basemap.tiles, basemap.size, basemap.snapshot, basemap.finished_at = built.tiles, built.size, built.snapshot, at
    return _become(basemap, State.READY)


@action(Permission.PLACES_MANAGE)
def fail_basemap(actor: Actor, basemap: Basemap, /, *, words: str, at: datetime) -> Basemap:
    """No basemap came of it; what happened is kept in words."""
    basemap.failure, basemap.finished_at = words, at
    return _become(basemap, State.FAILED)


def _become(made: Made, state: State) -> Made:
    """Move the row under its lock; when the work has ended, its progress is told no more."""
    current = type(made).objects.select_for_update().only("state").get(pk=made.pk)
    made.state = moved(current.state, state)
    made.save()
    if state in {State.READY, State.FAILED}:
        progress.forget(made.pk)
    return made


def _agency(agency: TellsFacts) -> UUID:
    agency_id = agency.facts().agency_id
    if agency_id is None:
        raise Contradiction("places belong to an agency")
    return agency_id
