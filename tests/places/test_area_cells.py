"""Points and cells find their area: exactly for points, without gap or overlap for cells."""

import h3.api.numpy_int as h3
import numpy as np
import polars as pl
import pytest
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import box
from tests.shared_data import shared

from openbeat.places.cells import CELL_RESOLUTION, hexagons, locate, resolution_for, resolve
from openbeat.places.readers import open_areas
from openbeat.places.shapes import Columns, make_areas

RING = MultiPolygon([Polygon(box(10.0, 50.0, 10.3, 50.3).exterior, [box(10.1, 50.1, 10.2, 50.2).exterior])])
HEART = MultiPolygon([box(10.1, 50.1, 10.2, 50.2)])


@pytest.mark.parametrize(
    ("lon", "lat", "area"),
    [(10.05, 50.05, 0), (10.15, 50.15, 1), (10.1, 50.15, 0), (10.3, 50.3, 0), (10.31, 50.1, -1), (9.9, 50.1, -1)],
)
def test_a_point_lies_in_its_area_and_on_an_edge_in_the_first(lon: float, lat: float, area: int) -> None:
    assert locate([RING, HEART], np.array([lon]), np.array([lat])).tolist() == [area]


def test_points_are_found_as_a_plain_search_finds_them() -> None:
    rng = np.random.default_rng(7)
    areas = [MultiPolygon([Polygon(rng.normal((x, 50), 0.1, (3, 2)))]) for x in rng.uniform(9, 11, 40)]
    lon, lat = rng.uniform(8.5, 11.5, 3000), rng.uniform(49.5, 50.5, 3000)
    plain = [
        next((i for i, a in enumerate(areas) if a.intersects(shapely.Point(p))), -1) for p in zip(lon, lat, strict=True)
    ]
    assert locate(areas, lon, lat).tolist() == plain


def test_no_points_and_no_areas_are_fine() -> None:
    nothing = np.array([])
    assert locate([RING], nothing, nothing).tolist() == []
    assert locate([], np.array([1.0]), np.array([2.0])).tolist() == [-1]


def test_cells_part_the_ground_among_the_areas_and_leave_no_rim() -> None:
    ring, heart = resolve([RING, HEART], 8)
    assert not set(ring.tolist()) & set(heart.tolist())
    cover = shapely.union_all(hexagons([*ring.tolist(), *heart.tolist()]))
    assert cover.covers(RING.union(HEART).buffer(-1e-9))
    inner = [cell for cell in ring.tolist() if RING.covers(shapely.Point(h3.cell_to_latlng(cell)[::-1]))]
    assert len(inner) > 0.8 * len(ring)


def test_a_rim_cell_goes_to_the_area_that_covers_most_of_it() -> None:
    cell = h3.latlng_to_cell(50.0, 10.0, 8)
    west, south, east, north = hexagons([cell])[0].bounds
    width = east - west
    low = MultiPolygon([box(west, south, west + 0.15 * width, north)])
    high = MultiPolygon([box(west + 0.15 * width, south, west + 0.45 * width, north)])
    cells = resolve([low, high], 8)
    assert cell not in cells[0]
    assert cell in cells[1]


@pytest.mark.parametrize(("km2", "resolution"), [(1, 10), (600, 10), (15_000, 10), (16_000, 9), (700_000, 8), (1e9, 5)])
def test_larger_ground_is_resolved_more_coarsely(km2: float, resolution: int) -> None:
    assert resolution_for(km2) == resolution


def test_cells_agree_with_exact_places_over_a_real_citys_beats() -> None:
    boundaries = shared("chicago/boundaries/police-beats-dec2012.shp.zip")
    incidents = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"), columns=["lon", "lat"], n_rows=40_000)
    areas = make_areas(open_areas(boundaries.name, boundaries.read_bytes()), Columns("BEAT_NUM", "")).areas
    grounds = [area.geometry for area in areas]
    lon, lat = (incidents[name].cast(pl.Float64).to_numpy() for name in ("lon", "lat"))
    exact = locate(grounds, lon, lat)
    home = {cell: index for index, cells in enumerate(resolve(grounds)) for cell in cells.tolist()}
    by_cell = np.array([home.get(h3.latlng_to_cell(y, x, CELL_RESOLUTION), -1) for x, y in zip(lon, lat, strict=True)])
    assert np.mean(exact == -1) < 0.005
    assert np.mean(by_cell[exact >= 0] == -1) == 0
    assert np.mean(by_cell == exact) > 0.8
