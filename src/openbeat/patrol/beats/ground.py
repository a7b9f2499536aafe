"""Small areas as beats are drawn of them: areas of a set or cells of its ground; and beats' own ground again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import h3.api.numpy_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from openbeat.kernel.errors import Contradiction
from openbeat.places.cells import hexagons
from openbeat.places.shapes import DECIMALS, AreaShape, polygons_of
from openbeat.places.shapes import outlines as lighter

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LABEL = 1e-3
"""Degrees: a name need not lie nearer to the farthest point than this."""
GRID = 10.0**-DECIMALS
"""Degrees: ground is joined on the grid on which it is kept, so that neighbours leave no slits."""


@dataclass(frozen=True, eq=False)
class Small:
    """(n,) small areas: what tells them apart, what they are called, and their ground in degrees."""

    keys: tuple[str, ...]
    titles: tuple[str, ...]
    shapes: Shapes

    @staticmethod
    def of_areas(told: Sequence[tuple[str, str]], shapes: Sequence[MultiPolygon]) -> Small:
        """The areas of a set, told by code and name, as they are."""
        return Small(tuple(code for code, _ in told), tuple(name for _, name in told), np.array(shapes, dtype=object))

    @staticmethod
    def of_cells(ground: MultiPolygon, resolution: int) -> Small:
        """The ground cut along H3 cells; what lies beyond the cells whose centre is inside goes to the nearest."""
        centred = _cells(ground, resolution, "center")
        if not centred:
            raise Contradiction("these cells are larger than the ground", mend="choose smaller cells")
        own = [shapely.intersection(one, ground) for one in hexagons(centred)]
        rim = sorted(set(_cells(ground, resolution, "overlap")) - set(centred))
        pieces = [part for one in hexagons(rim) for part in shapely.get_parts(shapely.intersection(one, ground))]
        joined: dict[int, list[BaseGeometry]] = {index: [shape] for index, shape in enumerate(own)}
        tree = shapely.STRtree(own)
        for piece in pieces:
            if piece.area > 0:
                joined[_home(tree, own, piece)].append(piece)
        names = tuple(h3.int_to_str(cell) for cell in centred)
        whole = [polygons_of(shapely.union_all(parts, grid_size=GRID)) for parts in joined.values()]
        return Small(names, names, np.array(whole, dtype=object))

    def told_by(self, names: Sequence[str]) -> Small:
        """The same cells, each called by the name of the area around it and the part of its own that differs."""
        titles = (
            f"{name} · {key[2:-1].rstrip('f')}".removeprefix(" · ") for name, key in zip(names, self.keys, strict=True)
        )
        return Small(self.keys, tuple(titles), self.shapes)


def cells_about(km2: float, resolution: int) -> int:
    """About how many cells of this resolution so many square kilometres hold."""
    each: float = h3.average_hexagon_area(resolution, "km^2")
    return max(1, round(km2 / each))


def _cells(ground: MultiPolygon, resolution: int, contain: str) -> list[int]:
    """The cells whose centre lies in the ground, or that overlap it, in order."""
    found: set[int] = set()
    for part in ground.geoms:
        rings = [[(lat, lon) for lon, lat in ring.coords[:-1]] for ring in (part.exterior, *part.interiors)]
        shape = h3.LatLngPoly(rings[0], *rings[1:])
        found.update(h3.h3shape_to_cells_experimental(shape, resolution, contain=contain).tolist())
    return sorted(found)


def _home(tree: shapely.STRtree, own: Sequence[BaseGeometry], piece: BaseGeometry) -> int:
    """The area that a piece of the rim lies longest beside; the nearest where it touches none."""
    near = tree.query(piece, predicate="dwithin", distance=GRID).tolist()
    if not near:
        return int(tree.nearest(piece))
    edge = shapely.boundary(piece)
    beside = [float(shapely.length(shapely.intersection(edge, shapely.buffer(own[i], GRID)))) for i in near]
    return int(near[int(np.argmax(beside))])


def dissolved(small: Small, beats: Mapping[str, Collection[str]]) -> dict[str, MultiPolygon]:
    """The ground of each beat, from the small areas that it is made of."""
    row = {key: i for i, key in enumerate(small.keys)}
    parts = {name: small.shapes[[row[key] for key in keys]] for name, keys in beats.items()}
    return {name: polygons_of(shapely.union_all(shapes, grid_size=GRID)) for name, shapes in parts.items()}


def outlines(shapes: Mapping[str, MultiPolygon]) -> dict[str, BaseGeometry]:
    """The beats' shapes as light as a map needs them, neighbours still meeting."""
    areas = [AreaShape(name, name, shape) for name, shape in shapes.items()]
    return dict(zip(shapes, lighter(areas), strict=True))


def label_of(shape: MultiPolygon) -> list[float]:
    """Where a beat's name is written, degrees: the point farthest from its border, in its largest part."""
    largest = max(shape.geoms, key=lambda part: part.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=LABEL)
    return [round(degree, DECIMALS) for degree in circle.coords[0]]


def middles(small: Small, lon: Floats, lat: Floats, at: Ints) -> Floats:
    """(n, 2) where each small area's work is: of its incidents the one nearest to their median; else its inside.

    `at` is the area of each incident (m,), −1 outside.
    """
    centre = shapely.centroid(small.shapes)
    inside = np.where(shapely.contains(small.shapes, centre), centre, shapely.point_on_surface(small.shapes))
    found = np.asarray(shapely.get_coordinates(inside))
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(small.keys) + 1))
    for area in np.flatnonzero(np.diff(starts)).tolist():
        rows = order[starts[area] : starts[area + 1]]
        own = np.column_stack([lon[rows], lat[rows]])
        found[area] = own[np.argmin(np.abs(own - np.median(own, axis=0)).sum(axis=1))]
    return found
