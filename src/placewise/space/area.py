"""The study area: the ground that forecasts cover and scores are relative to."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from placewise.kernels.arrays import Bools, Floats, floats
from placewise.kernels.errors import PlacewiseError
from placewise.space.events import Events

Ground: TypeAlias = "Area | Mapping[str, Any] | str | Path | BaseGeometry"
Lines: TypeAlias = "Mapping[str, Any] | str | Path | Sequence[BaseGeometry]"


class NoArea(PlacewiseError):
    """A study area that encloses nothing, or that is no GeoJSON in degrees."""


class NoLines(PlacewiseError):
    """Street segments that are no lines."""


@dataclass(frozen=True)
class Area:
    """A polygon or several, in degrees WGS 84."""

    geometry: BaseGeometry

    def __post_init__(self) -> None:
        if self.geometry.is_empty or self.geometry.area <= 0:
            raise NoArea("the study area has no inside; bring polygons in longitude and latitude")
        west, south, east, north = self.geometry.bounds
        if west < -180 or south < -90 or east > 180 or north > 90:
            raise NoArea("the study area is not in longitude and latitude; bring polygons in degrees WGS 84")

    @staticmethod
    def of(ground: Ground) -> "Area":
        """An area from GeoJSON (a mapping, or a file that may be gzipped), a shapely geometry, or an area."""
        if isinstance(ground, Area):
            return ground
        if isinstance(ground, BaseGeometry):
            return Area(ground)
        if isinstance(ground, (str, Path)):
            ground = _read(Path(ground))
        return Area(shapely.union_all([shapely.make_valid(part) for part in _shapes(ground)]))

    @staticmethod
    def projected(geometry: BaseGeometry, crs: str) -> "Area":
        """An area whose coordinates are in `crs`, such as EPSG:2913."""
        move = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        return Area(shapely.transform(geometry, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))))

    @staticmethod
    def covering(events: Events, reach: float = 300.0) -> "Area":
        """The ground within `reach` metres of any of the events, for cities whose outline is not at hand."""
        if not len(events):
            raise NoArea("no events, so no ground around them")
        crs = local_crs(float(np.mean(events.lon)), float(np.mean(events.lat)))
        x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(events.lon, events.lat)
        spots = np.unique(np.round(np.column_stack([x, y]) / 25), axis=0) * 25
        return Area.projected(shapely.union_all(shapely.buffer(shapely.points(spots), reach, quad_segs=4)), crs)

    @property
    def crs(self) -> str:
        """The metric projection of the place: its UTM zone."""
        spot = self.geometry.centroid
        return local_crs(spot.x, spot.y)

    def contains(self, lon: Floats, lat: Floats) -> Bools:
        """Which positions lie inside."""
        shapely.prepare(self.geometry)
        return shapely.contains_xy(self.geometry, lon, lat)

    def in_crs(self, crs: str) -> BaseGeometry:
        """The polygons with coordinates in `crs`."""
        move = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        return shapely.transform(self.geometry, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))

    def square_metres(self) -> float:
        """Area on the ground, in m²."""
        return float(self.in_crs(self.crs).area)

    def geojson(self) -> dict[str, Any]:
        """The polygons as a GeoJSON geometry."""
        return dict(mapping(self.geometry))


def local_crs(lon: float, lat: float) -> str:
    """The UTM zone of a place, as EPSG:326xx north or 327xx south."""
    zone = int((lon + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def unit_metres(crs: str) -> float:
    """Metres in one unit of a projection."""
    axis = CRS.from_user_input(crs).axis_info[0]
    if "degree" in axis.unit_name:
        raise NoArea(f"{crs} measures in degrees; squares need a projection in metres or feet")
    return float(axis.unit_conversion_factor)


def project(crs: str, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Positions in a projection, to the millimetre, so that a point on a border falls on the same side everywhere."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    return floats(np.round(x, 3)), floats(np.round(y, 3))


def as_lines(lines: Lines) -> list[BaseGeometry]:
    """Lines in degrees, each part of a line of several parts by itself."""
    if isinstance(lines, (str, Path)):
        lines = _read(Path(lines))
    brought = _shapes(lines) if isinstance(lines, Mapping) else list(lines)
    parts = [part for one in brought for part in getattr(one, "geoms", [one])]
    if not parts or any(part.geom_type != "LineString" or part.length == 0 for part in parts):
        raise NoLines("street segments are LineStrings with a length, in longitude and latitude")
    return parts


def in_metres(lines: npt.NDArray[Any], crs: str) -> Sequence[BaseGeometry]:
    """Lines in degrees (n,) with coordinates in a metric `crs`."""
    move = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return list(shapely.transform(lines, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1]))))


def _read(path: Path) -> Mapping[str, Any]:
    """A GeoJSON file, gzipped or not."""
    raw = path.read_bytes()
    try:
        parsed = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except (ValueError, gzip.BadGzipFile) as error:
        raise NoArea(f"{path.name} is no GeoJSON: {error}") from error
    if not isinstance(parsed, dict):
        raise NoArea(f"{path.name} is no GeoJSON: it names no type")
    return parsed


def _shapes(geojson: Mapping[str, Any]) -> list[BaseGeometry]:
    """The geometries in any GeoJSON object."""
    kind = geojson.get("type")
    if kind == "FeatureCollection":
        return [part for feature in geojson["features"] for part in _shapes(feature)]
    if kind == "Feature":
        return [] if geojson.get("geometry") is None else _shapes(geojson["geometry"])
    try:
        return [shape(dict(geojson))]
    except (shapely.errors.ShapelyError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise NoArea(f"that is no GeoJSON of areas: its type is {kind}") from error
