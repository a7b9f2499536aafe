"""What an OpenStreetMap extract holds for a basemap: water, green, roads, buildings and names.

Read with pyosmium in two passes (areas of multipolygon relations are assembled), kept as shapely shapes in degrees.
Map data © OpenStreetMap contributors, ODbL: whoever shows it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from openbeat.kernel.errors import BadInput

ATTRIBUTION = "© OpenStreetMap contributors"
Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Progress = Callable[[float, str], None]

ROADS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("motorway", "motorway_link", "trunk", "trunk_link"), "motorway")
    | dict.fromkeys(("primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link"), "major")
    | dict.fromkeys(("residential", "unclassified", "living_street", "pedestrian", "service", "road"), "minor")
    | dict.fromkeys(("footway", "path", "cycleway", "steps", "track", "bridleway"), "path")
)
ROAD_ZOOM: Mapping[str, int] = MappingProxyType(
    {"motorway": 8, "trunk": 8, "primary": 9, "secondary": 10, "tertiary": 11, "residential": 12, "unclassified": 12,
     "living_street": 12, "pedestrian": 13, "road": 12, "service": 13, "path": 14}
)  # fmt: skip
PLACES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"city": (1, 8), "town": (2, 8), "borough": (3, 10), "suburb": (4, 11), "village": (4, 10), "quarter": (5, 12),
     "neighbourhood": (6, 13), "hamlet": (6, 12), "island": (5, 11), "locality": (7, 13), "square": (7, 14)}
)  # fmt: skip
"""A place's rank and the zoom from which it is named."""
STREET_RANK: Mapping[str, tuple[int, int]] = MappingProxyType({"motorway": (8, 11), "major": (8, 12), "minor": (9, 14)})
GREEN: Mapping[tuple[str, str], str] = MappingProxyType(
    {("leisure", value): "park" for value in ("park", "garden", "golf_course", "nature_reserve", "recreation_ground",
                                              "playground", "pitch", "dog_park", "common")}
    | {("landuse", value): "park" for value in ("cemetery", "village_green", "recreation_ground", "allotments")}
    | {("landuse", value): "wood" for value in ("forest",)}
    | {("natural", value): "wood" for value in ("wood", "scrub")}
    | {("landuse", value): "grass" for value in ("grass", "meadow", "orchard", "vineyard")}
    | {("natural", value): "grass" for value in ("grassland", "heath", "wetland")}
)  # fmt: skip
WATERWAYS: Mapping[str, int] = MappingProxyType({"river": 8, "canal": 10, "stream": 13, "drain": 14, "ditch": 14})
RAILS = frozenset({"rail", "light_rail", "subway", "tram"})
KEYS = ("highway", "railway", "waterway", "natural", "water", "landuse", "leisure", "building", "place", "amenity")


class ExtractUnreadable(BadInput):
    """The file is no OpenStreetMap extract, or it is broken."""

    code = "extract-unreadable"


class ExtractElsewhere(BadInput):
    """The extract is of other ground than the agency's areas."""

    code = "extract-elsewhere"

    def __init__(self) -> None:
        super().__init__("the extract holds nothing where your areas are", mend="give the extract of your own city")


@dataclass
class Layer:
    """Features of one layer: shapes in degrees, the zoom from which each is drawn, and its properties."""

    shapes: list[BaseGeometry] = field(default_factory=list)
    zooms: list[int] = field(default_factory=list)
    properties: list[dict[str, str | int]] = field(default_factory=list)

    def add(self, shape: BaseGeometry | None, zoom: int, **properties: str | int) -> None:
        """Take a feature in; a shape that came to nothing is left out."""
        if shape is not None and not shape.is_empty:
            self.shapes.append(shape)
            self.zooms.append(zoom)
            self.properties.append(properties)


@dataclass(frozen=True)
class Extract:
    """Everything of an extract that is drawn, within its bounds."""

    bounds: Bounds
    layers: Mapping[str, Layer]
    snapshot: str
    """The day to which the map data stand, as the file tells it; empty where it doesn't."""


TIE = 0.03
"""Share of the bounds' length within which a coast's loose end is drawn on to the edge."""
LAYERS = ("water", "green", "buildings", "roads", "names")


def read_extract(path: Path, *, within: Bounds | None = None, progress: Progress | None = None) -> Extract:
    """The extract's features; `within` leaves out what lies outside. Raises ExtractUnreadable."""
    layers = {name: Layer() for name in LAYERS}
    coast: list[LineString] = []
    with ordered(path) as sorted_path:
        header = header_of(path)
        for count, item in enumerate(_objects(sorted_path)):
            _take(item, layers, coast)
            if progress and count % 20_000 == 0:
                progress(0.0, f"{count:,} map objects read")
    bounds = _bounds(header, layers, within)
    layers["water"].add(sea(coast, bounds), 8, kind="sea")
    return Extract(bounds, {name: _near(layer, bounds) for name, layer in layers.items()}, _snapshot(header))


def header_of(path: Path, form: str = "") -> Any:
    """What the extract says of itself, and the first test of whether it is one. Raises ExtractUnreadable.

    `form` is osmium's name of the file's form, where the file's own name doesn't tell it.
    """
    try:
        return osmium.io.Reader(osmium.io.File(str(path), form), osmium.osm.NOTHING).header()
    except RuntimeError as error:
        raise _unreadable(error) from error


def _unreadable(error: RuntimeError) -> ExtractUnreadable:
    return ExtractUnreadable(
        "the extract cannot be read: {error}", mend="download your city's .osm.pbf again", error=error
    )


@contextmanager
def ordered(path: Path) -> Iterator[Path]:
    """The extract with its objects in the order of their ids: itself, or a sorted copy for as long as it is read."""
    try:
        sorted_already = _in_order(path)
        with TemporaryDirectory() as folder:
            yield path if sorted_already else _sorted_copy(path, Path(folder) / "sorted.osm.pbf")
    except RuntimeError as error:
        raise _unreadable(error) from error


def _in_order(path: Path) -> bool:
    """Whether ways come by rising id, as assembling areas needs (editors write new objects with negative ids)."""
    before = 0
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
        if way.id < before:
            return False
        before = way.id
    return True


def _sorted_copy(path: Path, target: Path) -> Path:
    merged = osmium.MergeInputReader()
    merged.add_file(str(path))
    with osmium.SimpleWriter(str(target)) as writer:
        merged.apply(writer)
    return target


def _objects(path: Path) -> Iterator[Any]:
    wanted = osmium.filter.KeyFilter(*KEYS)
    return iter(osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted))


def _snapshot(header: Any) -> str:
    return str(header.get("osmosis_replication_timestamp"))[:10]


def _bounds(header: Any, layers: Mapping[str, Layer], within: Bounds | None) -> Bounds:
    """The extract's own ground, and of it what was asked for."""
    own = _own_bounds(header, layers)
    if within is None:
        return own
    west, south = max(own[0], within[0]), max(own[1], within[1])
    east, north = min(own[2], within[2]), min(own[3], within[3])
    if west >= east or south >= north:
        raise ExtractElsewhere
    return (west, south, east, north)


def _own_bounds(header: Any, layers: Mapping[str, Layer]) -> Bounds:
    """The file's own box, else where nearly all that it holds lies (ways may stick out far)."""
    box = header.box()
    if box.valid():
        return (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    shapes = [shape for layer in layers.values() for shape in layer.shapes]
    if not shapes:
        raise ExtractUnreadable("the extract holds nothing to draw", mend="choose the extract of your city")
    points = shapely.get_coordinates(np.array(shapes, dtype=object))
    west, south = np.quantile(points, 0.001, axis=0)
    east, north = np.quantile(points, 0.999, axis=0)
    return (float(west), float(south), float(east), float(north))


def _near(layer: Layer, bounds: Bounds) -> Layer:
    boxes = shapely.bounds(np.array(layer.shapes, dtype=object).reshape(-1))
    west, south, east, north = bounds
    inside = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    kept = np.flatnonzero(inside).tolist()
    return Layer([layer.shapes[i] for i in kept], [layer.zooms[i] for i in kept], [layer.properties[i] for i in kept])


# --- what each object is ---------------------------------------------------------------------------------------------


def _take(item: Any, layers: Mapping[str, Layer], coast: list[LineString]) -> None:
    if item.is_area():
        _take_area(item, layers)
    elif item.is_way():
        _take_way(item, layers, coast)
    elif item.is_node():
        _take_place(item, layers["names"])


def _take_place(node: Any, names: Layer) -> None:
    kind = node.tags.get("place", "")
    if kind in PLACES and "name" in node.tags:
        rank, zoom = PLACES[kind]
        names.add(shapely.Point(node.lon, node.lat), zoom, name=node.tags["name"], kind=kind, rank=rank)


def _take_way(way: Any, layers: Mapping[str, Layer], coast: list[LineString]) -> None:
    tags = way.tags
    if tags.get("natural") == "coastline":
        coast.extend(line for line in (_line(way),) if line is not None)
    elif tags.get("highway", "") in ROADS and tags.get("area") != "yes":
        _take_road(way, layers)
    elif tags.get("railway", "") in RAILS and "tunnel" not in tags and "service" not in tags:
        layers["roads"].add(_line(way), 10 if tags["railway"] == "rail" else 12, kind="rail")
    elif tags.get("waterway", "") in WATERWAYS and "tunnel" not in tags:
        layers["water"].add(_line(way), WATERWAYS[tags["waterway"]], kind=tags["waterway"])


def _take_road(way: Any, layers: Mapping[str, Layer]) -> None:
    highway = way.tags["highway"]
    kind, line = ROADS[highway], _line(way)
    layers["roads"].add(line, ROAD_ZOOM.get(highway.removesuffix("_link"), 14), kind=kind)
    if "name" in way.tags and kind in STREET_RANK and highway != "service":
        rank, zoom = STREET_RANK[kind]
        layers["names"].add(line, zoom, name=way.tags["name"], kind="street", rank=rank)


def _take_area(area: Any, layers: Mapping[str, Layer]) -> None:
    tags = area.tags
    if "building" in tags:
        layers["buildings"].add(_ground(area), 14, kind="building")
    elif is_water(tags):
        layers["water"].add(_ground(area), 8, kind="water")
        _name_area(area, layers, "water")
    elif kind := next(
        (GREEN[pair] for key in ("leisure", "landuse", "natural") if (pair := (key, tags.get(key))) in GREEN), ""
    ):
        layers["green"].add(_ground(area), 8, kind=kind)
        if kind == "park":
            _name_area(area, layers, "park")


def _name_area(area: Any, layers: Mapping[str, Layer], kind: str) -> None:
    """A lake or park is named at a point inside it, earlier the larger it is."""
    ground = _ground(area) if "name" in area.tags else None
    if ground is not None and not ground.is_empty:
        zoom = int(np.clip(np.ceil(6 - np.log2(max(np.sqrt(ground.area), 1e-9))), 10, 14))
        layers["names"].add(shapely.point_on_surface(ground), zoom, name=area.tags["name"], kind=kind, rank=7)


def is_water(tags: Any) -> bool:
    """Whether these tags of an area mean standing or flowing water."""
    return (
        tags.get("natural") in {"water", "bay"}
        or tags.get("waterway") in {"riverbank", "dock"}
        or tags.get("landuse") in {"reservoir", "basin"}
        or ("water" in tags and "natural" not in tags)
    )


def _line(way: Any) -> LineString | None:
    """The way's line through those of its nodes that the extract holds."""
    points = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    return LineString(points) if len(points) > 1 else None


def _ground(area: Any) -> BaseGeometry | None:
    try:
        return shapely.from_wkb(WKB.create_multipolygon(area))
    except (RuntimeError, shapely.GEOSException):
        return None  # rings that don't close: the extract was cut through them


WKB = osmium.geom.WKBFactory()


# --- the sea ---------------------------------------------------------------------------------------------------------


def sea(coast: list[LineString], bounds: Bounds) -> BaseGeometry | None:
    """The sea within the bounds: coastlines are drawn with the water on their right.

    The bounds are parted along the coast; each part goes by the longer length of coast that says water or land of
    it, so that a coast which the extract has cut short does no harm.
    """
    if not coast:
        return None
    frame = shapely.box(*bounds)
    lines = shapely.get_parts(shapely.line_merge(MultiLineString(coast)))
    inside = shapely.intersection(np.array([*lines, *_ties(lines, frame)], dtype=object), frame)
    parts = shapely.get_parts(shapely.polygonize([shapely.union_all([frame.boundary, *inside])]))
    if not len(parts):
        return None
    water = _votes(coast, parts) > 0
    return shapely.union_all(parts[water]) if water.any() else None


def _ties(lines: NDArray[np.object_], frame: Polygon) -> list[BaseGeometry]:
    """Where the extract's cut left a coast's end a little short of the frame: the missing stretch, straight."""
    ends = [shapely.Point(point) for line in lines if not line.is_closed for point in (line.coords[0], line.coords[-1])]
    reach = TIE * frame.length
    return [
        shapely.shortest_line(end, frame.boundary)
        for end in ends
        if frame.contains(end) and end.distance(frame.boundary) < reach
    ]


def _votes(coast: list[LineString], parts: NDArray[np.object_]) -> NDArray[np.float64]:
    """For each part, the length of coast with the part on its right less that with the part on its left."""
    votes = np.zeros(len(parts))
    tree = shapely.STRtree(parts)
    for line in coast:
        points = shapely.get_coordinates(line)
        step = np.diff(points, axis=0)
        length = np.hypot(*step.T)
        step, length, middle = step[length > 0], length[length > 0], ((points[1:] + points[:-1]) / 2)[length > 0]
        right = np.column_stack((step[:, 1], -step[:, 0])) / length[:, None] * 1e-6
        for sign in (1, -1):
            seen, part = tree.query(shapely.points(middle + sign * right), predicate="within")
            np.add.at(votes, part, sign * length[seen])
    return votes
