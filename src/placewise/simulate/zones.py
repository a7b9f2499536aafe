"""Zones from where calls came: hexagons, each seen as the middle of its calls, named by areas where there are some."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import h3
import numpy as np
import shapely

from placewise.kernels.arrays import Floats
from placewise.simulate.arrivals import nearest_zone
from placewise.simulate.errors import BadScenario, OffStreets
from placewise.simulate.scenario import Zone
from placewise.space.events import Events
from placewise.streets import TravelTimes


def zones_of(events: Events, resolution: int = 8, areas: Mapping[str, Any] | None = None) -> tuple[Zone, ...]:
    """The H3 cells in which there were calls, by name; each stands at the median of its calls, so on a street mostly.

    `areas` are outlines by name, GeoJSON geometries or shapely ones; a zone in none of them belongs to the nearest.
    """
    if not len(events):
        raise BadScenario("no zones: there are no calls")
    names = np.array([h3.latlng_to_cell(lat, lon, resolution) for lon, lat in zip(events.lon, events.lat, strict=True)])
    cells, of_call = np.unique(names, return_inverse=True)
    order = np.argsort(of_call, kind="stable")
    edges = np.searchsorted(of_call[order], np.arange(len(cells) + 1))
    rows = [order[start:end] for start, end in pairwise(edges.tolist())]
    middles = np.array([(np.median(events.lon[mine]), np.median(events.lat[mine])) for mine in rows])
    inside = _areas(middles, areas) if areas else [""] * len(cells)
    return tuple(
        Zone(str(cell), float(lon), float(lat), area)
        for cell, (lon, lat), area in zip(cells, middles.tolist(), inside, strict=True)
    )


def driven_to(zones: tuple[Zone, ...], events: Events, times: TravelTimes) -> tuple[tuple[Zone, ...], int]:
    """The zones that streets lead to, and how many calls of others will count at the nearest of them; or OffStreets."""
    off = times.out_of_reach([(one.lon, one.lat) for one in zones])
    if off.all():
        raise OffStreets("none of these calls lies near a street that is known; is it the extract of this city?")
    if not off.any():
        return zones, 0
    moved = int(off[nearest_zone(zones, events.lon, events.lat)].sum())
    return tuple(one for one, far in zip(zones, off.tolist(), strict=True) if not far), moved


def _areas(middles: Floats, areas: Mapping[str, Any]) -> list[str]:
    """The area that each place lies in, or the nearest."""
    names = list(areas)
    shapes = [_shape(areas[name]) for name in names]
    points = shapely.points(middles)
    distance = np.array([shapely.distance(shape, points) for shape in shapes])
    return [names[nearest] for nearest in distance.argmin(axis=0)]


def _shape(outline: Any) -> shapely.Geometry:
    """A geometry that holds."""
    made = outline if isinstance(outline, shapely.Geometry) else shapely.geometry.shape(outline)
    return shapely.make_valid(made)


def areas_from(features: Sequence[Mapping[str, Any]], name: str) -> dict[str, shapely.Geometry]:
    """Outlines by name from GeoJSON features; several of one name are one area."""
    found: dict[str, list[shapely.Geometry]] = {}
    for feature in features:
        told = (feature.get("properties") or {}).get(name)
        if told is None:
            raise BadScenario(f"an area has no property {name!r}")
        found.setdefault(str(told), []).append(_shape(feature["geometry"]))
    return {told: shapely.union_all(parts) for told, parts in found.items()}
