"""Small areas from their outlines: which lie beside which, how long their borders are, where their middles lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from placewise.kernels.arrays import Floats, Ints
from placewise.plan.beats import Border, SmallArea
from placewise.plan.drive import drive_to
from placewise.plan.errors import BadProblem
from placewise.space.area import in_metres, local_crs
from placewise.streets import TravelTimes

TOUCH = 5.0  # metres between outlines that were drawn apart and are one border
LEAST_BORDER = 25.0  # metres: who meets only at a corner are no neighbours


@dataclass(frozen=True, eq=False)
class Outlines:
    """Small areas by name, their shapes in degrees (WGS 84) and on the ground in metres."""

    names: tuple[str, ...]
    shapes: NDArray[Any]
    metric: NDArray[Any]

    @staticmethod
    def of(features: Sequence[Mapping[str, Any]], name: str | None = None) -> "Outlines":
        """The outlines of GeoJSON features; `name` is the property they are called by, without it their number."""
        try:
            read = [shapely.make_valid(shapely.geometry.shape(dict(one["geometry"]))) for one in features]
            names = [str(i if name is None else one["properties"][name]) for i, one in enumerate(features, 1)]
        except (shapely.errors.ShapelyError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise BadProblem(f"areas are GeoJSON polygons, each with a property {name or 'or two'}: {error}") from error
        if hollow := [title for title, shape in zip(names, read, strict=True) if not shape.area > 0]:
            raise BadProblem(f"area without an inside: {hollow[0]}")
        return Outlines.laid(names, np.array(read, dtype=object))

    @staticmethod
    def laid(names: Sequence[str], shapes: NDArray[Any]) -> "Outlines":
        """The outlines of shapes (n,) in degrees."""
        spot = shapely.union_all(shapely.centroid(shapes)).centroid
        return Outlines(tuple(names), shapes, np.array(in_metres(shapes, local_crs(spot.x, spot.y)), dtype=object))

    def middles(self, lon_lat: Floats | None = None) -> Floats:
        """(n, 2) a place in each area; lon, lat: of some positions (m, 2) in it the one nearest to their median.

        Without any, its centre where that lies inside.
        """
        centre = shapely.centroid(self.shapes)
        inside = shapely.contains(self.shapes, centre)
        middles = np.asarray(shapely.get_coordinates(np.where(inside, centre, shapely.point_on_surface(self.shapes))))
        if lon_lat is not None:
            number = self.area_of(lon_lat)
            for area in np.unique(number[number >= 0]).tolist():
                own = lon_lat[number == area]
                middles[area] = own[np.argmin(np.abs(own - np.median(own, axis=0)).sum(axis=1))]
        return middles

    def area_of(self, lon_lat: Floats) -> Ints:
        """(m,) the area in which each of some positions (m, 2) lies, the first where it is on a border; −1 outside."""
        number = np.full(len(lon_lat), -1, dtype=np.int64)
        for area in range(len(self.names) - 1, -1, -1):
            west, south, east, north = shapely.bounds(self.shapes[area])
            lon, lat = lon_lat[:, 0], lon_lat[:, 1]
            near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
            shapely.prepare(self.shapes[area])
            number[near[shapely.intersects_xy(self.shapes[area], *lon_lat[near].T)]] = area
        return number

    def borders(self) -> tuple[tuple[Border, ...], tuple[tuple[str, str], ...]]:
        """Shared borders; and the pairs, nearest to each other, that join what would hang apart: islands."""
        one, other = shapely.STRtree(self.metric).query(self.metric, "dwithin", distance=TOUCH)
        pairs = [(int(a), int(b)) for a, b in zip(one, other, strict=True) if a < b]
        found = [Border(a, b, length) for a, b in pairs if (length := self._shared(a, b)) >= LEAST_BORDER]
        bridges = self._bridges(found)
        return (*found, *bridges), tuple((self.names[each.one], self.names[each.other]) for each in bridges)

    def _shared(self, one: int, other: int) -> float:
        """Metres of the outline of one that run along the other."""
        near = shapely.buffer(self.metric[other], TOUCH, quad_segs=2)
        return float(shapely.length(shapely.intersection(shapely.boundary(self.metric[one]), near)))

    def _bridges(self, borders: Sequence[Border]) -> list[Border]:
        """Borders of no length between the nearest areas of parts that hang apart."""
        bridges = list[Border]()
        while len(parts := self._parts([*borders, *bridges])) > 1:
            own, rest = parts[-1], np.concatenate(parts[:-1])
            tree = shapely.STRtree(self.metric[rest])
            at, metres = tree.query_nearest(self.metric[own], return_distance=True)
            best = int(np.lexsort((rest[at[1]], own[at[0]], metres.round(2)))[0])
            bridges.append(Border(int(own[at[0, best]]), int(rest[at[1, best]]), 0.0))
        return bridges

    def _parts(self, borders: Sequence[Border]) -> list[Ints]:
        """The areas of each part that borders hold together, the largest first."""
        ends = [border.one for border in borders], [border.other for border in borders]
        joined = coo_array((np.ones(len(borders)), ends), shape=(len(self.names),) * 2)
        part = connected_components(joined, directed=False)[1]
        return sorted((np.flatnonzero(part == p) for p in range(part.max() + 1)), key=len, reverse=True)

    def areas(self, workload: Sequence[float], today: Sequence[str] | None = None) -> tuple[SmallArea, ...]:
        """The small areas with their workload and, if known, today's beats."""
        grounds, outlines = shapely.area(self.metric), shapely.length(self.metric)
        beats = today or [""] * len(self.names)
        rows = zip(self.names, workload, grounds, outlines, beats, strict=True)
        return tuple(SmallArea(n, float(w), float(g), float(o), t) for n, w, g, o, t in rows)


def drive_between(times: TravelTimes, middles: Floats) -> tuple[Floats, Floats]:
    """(n, n) seconds between the middles of areas; and (n,) metres that they lie off any street, 0 where near one.

    What lies off is counted on the great circle at a slow speed.
    """
    seconds, off, _ = drive_to(times, middles, middles)
    np.fill_diagonal(seconds, 0.0)
    return seconds, off


def merged(outlines: Outlines, of_area: Mapping[str, str]) -> dict[str, Any]:
    """The shape of each beat, as GeoJSON geometries by its name."""
    numbers = {name: i for i, name in enumerate(outlines.names)}
    parts: dict[str, list[int]] = {}
    for area, beat in of_area.items():
        parts.setdefault(beat, []).append(numbers[area])
    shapes = {beat: shapely.union_all(outlines.shapes[inside]) for beat, inside in parts.items()}
    return {beat: shapely.geometry.mapping(shape) for beat, shape in shapes.items()}
