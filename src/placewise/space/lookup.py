"""Which cell a position falls in: squares of a projection, and H3 hexagons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import h3
import h3.api.numpy_int as h3n
import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.space.area import Area, project

_NOWHERE = -1e15  # where a projection has no place for a position on the other side of the globe


class Lookup(Protocol):
    """Finds the cell of a position and draws the cells."""

    def index(self, lon: Floats, lat: Floats) -> Ints:
        """(n,) cell index of each position, −1 outside the study area."""
        ...

    def outlines(self) -> Sequence[BaseGeometry]:
        """The cells' shapes in degrees WGS 84."""
        ...


@dataclass(frozen=True, eq=False)
class SquareLookup:
    """Squares of `size` units of `crs`, their corners on multiples of it; `table` maps column and row to a cell."""

    crs: str
    size: float
    column: Ints
    row: Ints
    table: Ints
    corner: tuple[int, int]

    @staticmethod
    def inside(area: Area, crs: str, size: float) -> "SquareLookup":
        """The squares whose centre lies inside the area, row by row from the south-west."""
        shape = area.in_crs(crs)
        west, south, east, north = np.floor(np.array(shape.bounds) / size).astype(int)
        columns, rows = np.arange(west, east + 1), np.arange(south, north + 1)
        x, y = np.meshgrid((columns + 0.5) * size, (rows + 0.5) * size)
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, x, y)
        table = np.full(inside.shape, -1, dtype=np.int64)
        table[inside] = np.arange(inside.sum())
        row, column = np.nonzero(inside)
        return SquareLookup(crs, size, ints(column + west), ints(row + south), table, (int(west), int(south)))

    def index(self, lon: Floats, lat: Floats) -> Ints:
        """Cell of each position, −1 outside."""
        x, y = (np.where(np.isfinite(part), part, _NOWHERE) for part in project(self.crs, lon, lat))
        column = np.floor(x / self.size).astype(np.int64) - self.corner[0]
        row = np.floor(y / self.size).astype(np.int64) - self.corner[1]
        height, width = self.table.shape
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        return np.where(inside, self.table[np.where(inside, row, 0), np.where(inside, column, 0)], -1)

    def outlines(self) -> Sequence[BaseGeometry]:
        """The squares in degrees."""
        x, y = self.column * self.size, self.row * self.size
        boxes = shapely.box(x, y, x + self.size, y + self.size)
        move = Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        return list(shapely.transform(boxes, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))))


@dataclass(frozen=True, eq=False)
class HexLookup:
    """H3 cells of one resolution, sorted by their number."""

    resolution: int
    ids: Ints

    @staticmethod
    def inside(area: Area, resolution: int) -> "HexLookup":
        """The H3 cells whose centre lies inside the area."""
        numbers = h3n.geo_to_cells(area.geojson(), resolution)
        return HexLookup(resolution, np.sort(np.asarray(numbers, dtype=np.uint64).astype(np.int64)))

    def index(self, lon: Floats, lat: Floats) -> Ints:
        """Cell of each position, −1 outside."""
        numbers = h3_numbers(lon, lat, self.resolution)
        at = np.minimum(np.searchsorted(self.ids, numbers), self.ids.size - 1)
        return np.where(self.ids[at] == numbers, at, -1)

    def centres(self) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of the cells' centres."""
        pairs = [h3.cell_to_latlng(h3.int_to_str(number)) for number in self.ids.tolist()]
        lat, lon = np.array(pairs, dtype=float).reshape(-1, 2).T
        return floats(lon), floats(lat)

    def square_metres(self) -> Floats:
        """Area of each cell, in m²."""
        return floats([h3.cell_area(h3.int_to_str(number), "m^2") for number in self.ids.tolist()])

    def outlines(self) -> Sequence[BaseGeometry]:
        """The hexagons in degrees."""
        rings = (h3.cell_to_boundary(h3.int_to_str(number)) for number in self.ids.tolist())
        return [shapely.Polygon([(lon, lat) for lat, lon in ring]) for ring in rings]


@dataclass(frozen=True, eq=False)
class SegmentLookup:
    """Street segments as lines in metres of `crs`; a position belongs to the nearest one within `reach` metres."""

    crs: str
    lines: tuple[BaseGeometry, ...]
    reach: float
    width: float

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The lines, ready to be asked for the nearest."""
        return shapely.STRtree(self.lines)

    def index(self, lon: Floats, lat: Floats) -> Ints:
        """The nearest segment of each position, the first of equals, −1 where none is within reach."""
        x, y = (np.where(np.isfinite(part), part, _NOWHERE) for part in project(self.crs, lon, lat))
        found = np.full(lon.size, -1, dtype=np.int64)
        near = self.tree.query_nearest(shapely.points(x, y), max_distance=self.reach, all_matches=True)
        found[near[0][::-1]] = near[1][::-1]
        return found

    def outlines(self) -> Sequence[BaseGeometry]:
        """The segments as bands in degrees."""
        bands = shapely.buffer(np.array(self.lines), self.width / 2, cap_style="flat")
        move = Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        return list(shapely.transform(bands, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))))


def h3_numbers(lon: Floats, lat: Floats, resolution: int) -> Ints:
    """The H3 cell of each position, as a signed 64-bit number."""
    found = map(h3n.latlng_to_cell, lat.tolist(), lon.tolist(), [resolution] * lon.size)
    return np.fromiter(found, dtype=np.uint64, count=lon.size).astype(np.int64)
