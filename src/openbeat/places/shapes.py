"""From a table of features to areas: columns chosen, coordinates in WGS 84, shapes valid, codes unique."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from openbeat.kernel.errors import BadInput
from openbeat.places.readers import WGS84, AreaTable, CoordinateSystemUnknown

GEOD = Geod(ellps="WGS84")
DECIMALS = 6
"""Decimals of a degree that are kept: 0.1 m."""
OUTLINE_TOLERANCE_M = 15.0
"""How far a map's outline may stray from the area itself, metres."""
CODE_WORDS = ("code", "num", "beat", "dist", "ward", "geoid", "area_num", "id", "objectid")
MEASURE = re.compile(r"-?\d+\.\d+")
NAME_WORDS = ("name", "label", "community", "title", "beat", "district")


class ColumnMissing(BadInput):
    """A chosen column is not in the file."""

    code = "column-missing"


@dataclass(frozen=True)
class AreaShape:
    """One area: its code, its name and its ground in degrees, WGS 84."""

    code: str
    name: str
    geometry: MultiPolygon

    @property
    def km2(self) -> float:
        """Its size on the ellipsoid, square kilometres."""
        return km2(self.geometry)


@dataclass(frozen=True)
class Columns:
    """Which columns tell an area's code and its name."""

    code: str
    name: str


@dataclass(frozen=True)
class AreaReading:
    """The areas made from a file, and what was done to get them, in words."""

    areas: tuple[AreaShape, ...]
    notes: tuple[str, ...]


def km2(geometry: BaseGeometry) -> float:
    """A shape's size on the ellipsoid, square kilometres."""
    return abs(float(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0])) / 1e6


def guess_columns(table: AreaTable) -> Columns:
    """The likeliest code and name columns: full and unique ones, in the order in which the field names them."""
    if not table.columns:
        return Columns("", "")
    code = min(table.columns, key=lambda c: (-_telling(table, c), _rank(c, CODE_WORDS), table.columns.index(c)))
    worded = [c for c in table.columns if _rank(c, NAME_WORDS) < len(NAME_WORDS) and _telling(table, c) > 0.5]
    return Columns(code, min(worded or [code], key=lambda c: (-_wordy(table, c), _rank(c, NAME_WORDS))))


def _telling(table: AreaTable, column: str) -> float:
    """How well a column tells features apart: its share of distinct values; none if it holds measures or prose."""
    values = [row.get(column, "") for row in table.rows]
    measure = any(MEASURE.fullmatch(value) for value in values) or max(map(len, values)) > 40
    return 0.0 if measure else round(len({value for value in values if value}) / len(values), 1)


def _wordy(table: AreaTable, column: str) -> bool:
    return any(character.isalpha() for row in table.rows[:50] for character in row.get(column, ""))


def _rank(column: str, words: Sequence[str]) -> int:
    return next((index for index, word in enumerate(words) if word in column.lower()), len(words))


def make_areas(table: AreaTable, columns: Columns, *, epsg: int | None = None) -> AreaReading:
    """Valid areas with unique codes. `epsg` overrides what the file says of its coordinates.

    Features of one code are joined; points, lines and empty shapes are left out, and each such deed is noted.
    Raises ColumnMissing, CoordinateSystemUnknown.
    """
    for column in (columns.code, columns.name):
        if column and column not in table.columns:
            raise ColumnMissing(
                "the file has no column «{column}»",
                mend="it has: {known}",
                column=column,
                known=", ".join(table.columns),
            )
    grounds = [polygons_of(shape) for shape in _in_wgs84(table, epsg)]
    joined: dict[str, list[MultiPolygon]] = {}
    names: dict[str, str] = {}
    for index, (row, ground) in enumerate(zip(table.rows, grounds, strict=True)):
        code = row.get(columns.code, "") or str(index + 1)
        if not ground.is_empty:
            joined.setdefault(code, []).append(ground)
            names.setdefault(code, row.get(columns.name, "") or code)
    areas = tuple(AreaShape(code, names[code], _union(grounds)) for code, grounds in joined.items())
    if not areas:
        raise ColumnMissing("the file holds no polygons", mend="choose the file that holds the areas' outlines")
    return AreaReading(areas, tuple(_notes(table, joined)))


def _notes(table: AreaTable, joined: Mapping[str, list[MultiPolygon]]) -> list[str]:
    used = sum(map(len, joined.values()))
    several = sorted(code for code, parts in joined.items() if len(parts) > 1)
    notes = []
    if used < len(table.shapes):
        notes.append(f"{len(table.shapes) - used} features without ground were left out")
    if several:
        notes.append(f"{used - len(joined)} features were joined to others of their code: {', '.join(several[:10])}")
    if broken := int((~shapely.is_valid(np.array(table.shapes, dtype=object))).sum()):
        notes.append(f"{broken} shapes crossed themselves and were mended")
    return notes


def polygons_of(shape: BaseGeometry) -> MultiPolygon:
    """The shape's ground alone, valid, and rounded to the decimals kept; empty where it has none."""
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    valid = shapely.make_valid(rounded, method="structure", keep_collapsed=False)
    return MultiPolygon([part for part in shapely.get_parts(shapely.get_parts(valid)) if part.geom_type == "Polygon"])


def _union(grounds: Sequence[MultiPolygon]) -> MultiPolygon:
    return grounds[0] if len(grounds) == 1 else polygons_of(shapely.union_all(grounds))


def _in_wgs84(table: AreaTable, epsg: int | None) -> list[BaseGeometry]:
    crs = _crs(f"EPSG:{epsg}" if epsg else table.crs)
    if crs is None or crs.is_geographic:
        _refuse_non_degrees(table.shapes)
    if crs is None or crs.equals(CRS(WGS84), ignore_axis_order=True):
        return list(table.shapes)
    mover = Transformer.from_crs(crs, WGS84, always_xy=True)
    return [shapely.transform(shape, lambda xy: np.column_stack(mover.transform(*xy.T))) for shape in table.shapes]


def _crs(told: str | None) -> CRS | None:
    if not told:
        return None
    try:
        return CRS(told)
    except CRSError as error:
        raise CoordinateSystemUnknown(
            "the file's coordinate system is not known: {told}", mend="give its EPSG number", told=told[:80]
        ) from error


def _refuse_non_degrees(shapes: Sequence[BaseGeometry]) -> None:
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise CoordinateSystemUnknown(
            "the coordinates ({west:.0f}, {south:.0f}) are not degrees and the file does not say what they are",
            mend="add the .prj file, or give the EPSG number of the coordinate system",
            west=west,
            south=south,
        )


def outlines(areas: Sequence[AreaShape]) -> list[BaseGeometry]:
    """Lighter shapes for maps, at most 15 m off, simplified together so that neighbours keep meeting."""
    shapes = np.array([area.geometry for area in areas], dtype=object)
    lighter = shapely.coverage_simplify(shapes, OUTLINE_TOLERANCE_M / 111_000)
    whole = shapely.is_valid(lighter) & ~shapely.is_empty(lighter)
    return [light if fine else full for light, full, fine in zip(lighter, shapes, whole, strict=True)]


def as_geojson(geometry: BaseGeometry) -> dict[str, object]:
    """The shape as a GeoJSON geometry, rounded to the decimals kept."""
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, DECIMALS))
    found: dict[str, object] = json.loads(shapely.to_geojson(rounded))
    return found


def from_geojson(geometry: Mapping[str, object]) -> BaseGeometry:
    """A stored GeoJSON geometry as a shape."""
    return shapely.from_geojson(json.dumps(geometry))
