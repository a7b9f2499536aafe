"""The ground of every map: our own basemap, the outlines of areas, the bounds to start from."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from django.urls import reverse

from openbeat.places import queries as places
from openbeat.web.request import Request


class Outlined(Protocol):
    """A set of areas as maps need it."""

    id: UUID
    agency_id: UUID
    attribution: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        ...


def map_ground(request: Request, area_set: Outlined) -> dict[str, Any]:
    """Arguments for `Map`: outlines, tiles where there are some, bounds, attribution."""
    basemap = places.basemap_in_use(request.actor, area_set.agency_id)
    return {
        "areas_url": reverse("area_set_geojson", args=[area_set.id]),
        "tiles_url": reverse("basemap_tiles", args=[basemap.id]) if basemap else "",
        "bounds": area_set.bounds,
        "attribution": area_set.attribution,
    }
