"""Which area a point or a cell lies in: exact for points, by cell for counting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import h3.api.numpy_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

CELL_RESOLUTION = 10
"""Areas of a city are resolved to cells of edge 76 m, 0.015 km²: small against a beat, and parents of a place's own."""
MOST_CELLS = 1_000_000
"""A larger ground (over about 15,000 km²) is resolved more coarsely, so that a set stays countable."""
OUTSIDE = -1


def resolution_for(km2: float) -> int:
    """The cell resolution for a set of areas covering so many square kilometres."""
    fits = (r for r in range(CELL_RESOLUTION, 4, -1) if km2 / h3.average_hexagon_area(r, "km^2") < MOST_CELLS)
    return next(fits, 5)


def locate(areas: Sequence[MultiPolygon], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
    """The index of the area that each point (degrees) lies in, exactly; -1 outside. Of several, the first."""
    found = np.full(len(lon), OUTSIDE, np.int32)
    order = np.argsort(lon)
    sorted_lon, sorted_lat = lon[order], lat[order]
    for index, area in enumerate(areas):
        west, south, east, north = area.bounds
        strip = slice(*np.searchsorted(sorted_lon, (west, np.nextafter(east, np.inf))))
        y = sorted_lat[strip]
        near = order[strip][(y >= south) & (y <= north)]
        near = near[found[near] == OUTSIDE]
        if near.size:
            shapely.prepare(area)
            found[near[shapely.intersects_xy(area, lon[near], lat[near])]] = index
    return found


def resolve(areas: Sequence[MultiPolygon], resolution: int = CELL_RESOLUTION) -> list[NDArray[np.uint64]]:
    """The cells of each area, sorted: no cell belongs to two areas, and none that an area touches is left out.

    A cell belongs to the area that holds its centre; on the outer rim, where no area holds the centre, to the
    one that covers most of it.
    """
    taken: set[int] = set()
    cells: list[set[int]] = []
    for area in areas:
        own = _cells(area, resolution, "center") - taken
        taken |= own
        cells.append(own)
    claims: dict[int, tuple[float, int]] = {}
    for index, area in enumerate(areas):
        for cell, cover in _covers(area, _cells(area, resolution, "overlap") - taken):
            claims[cell] = max(claims.get(cell, (0.0, 0)), (cover, -index))
    for cell, (_, minus) in claims.items():
        cells[-minus].add(cell)
    return [np.array(sorted(own), dtype=np.uint64) for own in cells]


def _cells(area: MultiPolygon, resolution: int, contain: str) -> set[int]:
    found: set[int] = set()
    for part in area.geoms:
        shape = h3.LatLngPoly(_ring(part.exterior), *(_ring(hole) for hole in part.interiors))
        found.update(h3.h3shape_to_cells_experimental(shape, resolution, contain=contain).tolist())
    return found


def _ring(line: shapely.LinearRing) -> list[tuple[float, float]]:
    return [(lat, lon) for lon, lat in line.coords[:-1]]


def _covers(area: MultiPolygon, cells: set[int]) -> Iterable[tuple[int, float]]:
    """How much of each cell the area covers, square degrees; cells only touched are left out."""
    listed = sorted(cells)
    if not listed:
        return []
    shared = shapely.area(shapely.intersection(hexagons(listed), area))
    return [(cell, float(size)) for cell, size in zip(listed, shared, strict=True) if size > 0]


def hexagons(cells: Sequence[int]) -> NDArray[np.object_]:
    """The cells' shapes, degrees."""
    return np.array([Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells], dtype=object)
