"""Cuts an extract's features into vector tiles and writes them as one PMTiles archive (Mapbox Vector Tile 2.1)."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely import MultiLineString, MultiPoint, MultiPolygon
from shapely.geometry.base import BaseGeometry

from openbeat.places.extract import ATTRIBUTION, Extract, ExtractElsewhere, Layer, Progress, read_extract

ZOOMS = range(8, 15)
UNITS = 4096
"""A tile's side in its own units."""
MARGIN = 80
"""Units by which shapes run on past a tile's edge, so that strokes meet unseen."""
LEAST_GROUND = {"water": 900.0, "green": 2500.0, "buildings": 0.0}
"""Square units below which ground isn't drawn, before the last zoom: a dot of 4 and of 6 pixels."""


Properties = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class Basemap:
    """What was written: how many tiles and bytes, and the bounds in degrees."""

    tiles: int
    size: int
    bounds: tuple[float, float, float, float]
    snapshot: str


def build_basemap(
    extract: Path,
    target: Path,
    *,
    within: tuple[float, float, float, float] | None = None,
    progress: Progress | None = None,
) -> Basemap:
    """Read an `.osm.pbf` and write its basemap; the target appears whole or not at all.

    Raises ExtractUnreadable, ExtractElsewhere.
    """
    tell = progress or (lambda _share, _words: None)
    found = read_extract(extract, within=within, progress=tell)
    if not any(layer.shapes for layer in found.layers.values()):
        raise ExtractElsewhere
    part = target.with_suffix(".part")
    count = 0
    with part.open("wb") as stream:
        writer: Any = Writer(stream)  # type: ignore[no-untyped-call]
        for tile_id, content in _tiles(found, tell):
            writer.write_tile(tile_id, content)
            count += 1
        writer.finalize(_header(found), _metadata(found))
    part.replace(target)
    return Basemap(count, target.stat().st_size, found.bounds, found.snapshot)


def _tiles(extract: Extract, tell: Progress) -> Iterator[tuple[int, bytes]]:
    """Every tile that holds something, in the archive's order."""
    layers = {name: Flat.of(layer) for name, layer in extract.layers.items() if layer.shapes}
    for zoom in ZOOMS:
        tell((4.0 ** (zoom - ZOOMS[-1])), f"drawing zoom {zoom}")
        drawn = {name: layer.at(zoom, LEAST_GROUND.get(name, 0.0)) for name, layer in layers.items()}
        for tile_id, x, y in _grid(extract.bounds, zoom):
            if content := _encode(drawn, x, y):
                yield tile_id, content


def _grid(bounds: tuple[float, float, float, float], zoom: int) -> list[tuple[int, int, int]]:
    """The tiles over the bounds: archive number, column, row."""
    (left, bottom), (right, top) = mercator(np.array([bounds[:2], bounds[2:]])) * 2**zoom
    columns, rows = range(math.floor(left), math.floor(right) + 1), range(math.floor(top), math.floor(bottom) + 1)
    return sorted((zxy_to_tileid(zoom, x, y), x, y) for x in columns for y in rows)


def mercator(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Web Mercator (EPSG:3857) of longitudes and latitudes as shares of the world's square, y downward."""
    sine = np.sin(np.radians(np.clip(points[:, 1], -85.05, 85.05)))
    return np.column_stack((points[:, 0] / 360 + 0.5, 0.5 - np.arctanh(sine) / (2 * np.pi)))


@dataclass(frozen=True)
class Flat:
    """A layer on the world's square."""

    shapes: NDArray[np.object_]
    zooms: NDArray[np.int64]
    properties: NDArray[np.object_]

    @classmethod
    def of(cls, layer: Layer) -> Flat:
        """The layer's shapes moved from degrees."""
        shapes = shapely.transform(np.array(layer.shapes, dtype=object), mercator)
        return cls(shapes, np.array(layer.zooms), np.array(layer.properties, dtype=object))

    def at(self, zoom: int, least_ground: float) -> Drawn:
        """The features that this zoom draws, as fine as it can show, in its tiles' units."""
        here = self.zooms <= zoom
        scaled = shapely.transform(self.shapes[here], lambda xy: xy * (2.0**zoom * UNITS))
        last = zoom == ZOOMS[-1]
        shapes = shapely.simplify(scaled, 1.0 if last else 5.0, preserve_topology=True)
        size = shapely.area(shapes)
        kept = (shapely.get_dimensions(shapes) < 2) | (size >= (1.0 if last else least_ground))
        return Drawn(shapes[kept], self.properties[here][kept])


class Drawn:
    """A layer's features at one zoom, found by place."""

    def __init__(self, shapes: NDArray[np.object_], properties: NDArray[np.object_]) -> None:
        self.shapes = shapes
        self.properties = properties
        self.tree = shapely.STRtree(shapes)

    def cut(self, x: int, y: int) -> list[dict[str, object]]:
        """The features of one tile, in its own units; those with the same properties are one feature."""
        west, north = x * UNITS, y * UNITS
        box = (west - MARGIN, north - MARGIN, west + UNITS + MARGIN, north + UNITS + MARGIN)
        near = np.sort(self.tree.query(shapely.box(*box)))
        if not near.size:
            return []
        clipped = shapely.clip_by_rect(self.shapes[near], *box)
        local = shapely.transform(clipped, lambda xy: np.round(xy - (west, north)))
        groups: dict[tuple[str, Properties], list[BaseGeometry]] = {}
        for shape, row in zip(local, self.properties[near], strict=True):
            for part in shapely.get_parts(shape):
                if _shows(part):
                    groups.setdefault((part.geom_type, tuple(row.items())), []).append(part)
        return [{"geometry": _joined(parts), "properties": dict(row)} for (_, row), parts in groups.items()]


def _shows(part: BaseGeometry) -> bool:
    return part.geom_type == "Point" or (part.geom_type == "LineString" and part.length > 0) or part.area > 0


def _joined(parts: list[Any]) -> BaseGeometry:
    """The parts as one shape: lines run together, rings wind as the tile format asks (outer ones clockwise)."""
    match parts[0].geom_type:
        case "LineString":
            return cast("BaseGeometry", shapely.line_merge(MultiLineString(parts)))
        case "Polygon":
            return cast("BaseGeometry", shapely.orient_polygons(MultiPolygon(parts)))
        case _:
            return MultiPoint(parts)


def _encode(drawn: Mapping[str, Drawn], x: int, y: int) -> bytes:
    layers = [{"name": name, "features": features} for name, layer in drawn.items() if (features := layer.cut(x, y))]
    if not layers:
        return b""
    options = {"y_coord_down": True, "check_winding_order": False, "extents": UNITS}
    return gzip.compress(mapbox_vector_tile.encode(layers, default_options=options), 9, mtime=0)


def _header(extract: Extract) -> dict[str, object]:
    west, south, east, north = (round(degree * 1e7) for degree in extract.bounds)
    return {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
        "center_zoom": 12, "center_lon_e7": (west + east) // 2, "center_lat_e7": (south + north) // 2,
    }  # fmt: skip


FIELDS: Mapping[str, dict[str, str]] = {
    "water": {"kind": "String"},
    "green": {"kind": "String"},
    "buildings": {"kind": "String"},
    "roads": {"kind": "String"},
    "names": {"name": "String", "kind": "String", "rank": "Number"},
}


def _metadata(extract: Extract) -> dict[str, object]:
    layers = [
        {"id": name, "fields": FIELDS[name], "minzoom": ZOOMS[0], "maxzoom": ZOOMS[-1]}
        for name, layer in extract.layers.items()
        if layer.shapes
    ]
    return {"name": "Openbeat basemap", "attribution": ATTRIBUTION, "type": "baselayer", "vector_layers": layers}
