"""The basemap from an extract: what is drawn, at which zoom, and that the archive is one that a map can read."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely import LineString, box
from shapely.geometry import shape
from tests.places.small_city import EAST, NORTH, SOUTH, WEST, write
from tests.shared_data import shared

from openbeat.places.extract import ExtractUnreadable, read_extract, sea
from openbeat.places.tiles import UNITS, build_basemap, mercator


def tiles(path: Path) -> Iterator[tuple[tuple[int, int, int], dict[str, Any]]]:
    with path.open("rb") as stream:
        for place, content in all_tiles(MmapSource(stream)):
            options = {"y_coord_down": True}
            yield place, mapbox_vector_tile.decode(gzip.decompress(content), default_options=options)


def kinds(path: Path, zoom: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for (z, _, _), layers in tiles(path):
        for name, layer in layers.items() if z == zoom else ():
            found.setdefault(name, set()).update(feature["properties"]["kind"] for feature in layer["features"])
    return found


def ground(path: Path, layer: str, kind: str, zoom: int = 14) -> float:
    """The area drawn, in square degrees as the extract has it, each tile counted within its own edges."""
    total = 0.0
    own = box(0, 0, UNITS, UNITS)
    for (z, x, y), layers in tiles(path):
        if z == zoom and layer in layers:
            (lon0, lat0), (lon1, lat1) = (
                (x / 2**z * 360 - 180, row_lat(y, z)),
                ((x + 1) / 2**z * 360 - 180, row_lat(y + 1, z)),
            )
            for feature in layers[layer]["features"]:
                if feature["properties"]["kind"] == kind:
                    part = shapely.make_valid(shape(feature["geometry"])).intersection(own)
                    total += part.area / UNITS**2 * abs((lon1 - lon0) * (lat1 - lat0))
    return total


def row_lat(y: int, z: int) -> float:
    return float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**z)))))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    build_basemap(write(folder / "city.osm"), folder / "city.pmtiles")
    return folder / "city.pmtiles"


def test_the_last_zoom_draws_everything(built: Path) -> None:
    assert kinds(built, 14) == {
        "water": {"water", "sea", "stream"},
        "green": {"park"},
        "buildings": {"building"},
        "roads": {"major", "minor", "path", "rail"},
        "names": {"town", "street", "water", "park"},
    }


@pytest.mark.parametrize(
    ("zoom", "roads"),
    [
        (8, None),
        (9, {"major"}),
        (10, {"major", "rail"}),
        (12, {"major", "rail", "minor"}),
        (14, {"major", "rail", "minor", "path"}),
    ],
)
def test_farther_out_only_greater_roads_are_drawn(built: Path, zoom: int, roads: set[str] | None) -> None:
    assert kinds(built, zoom).get("roads") == roads


def test_an_island_is_left_out_of_its_lake_and_the_sea_lies_right_of_its_coast(built: Path) -> None:
    assert ground(built, "water", "water") == pytest.approx(0.01 * 0.01 - 0.004 * 0.004, rel=0.01)
    assert ground(built, "water", "sea") == pytest.approx(0.01 * 0.03, rel=0.01)
    assert ground(built, "green", "park") == pytest.approx(0.007 * 0.007, rel=0.01)


def test_names_are_kept_as_they_are_written(built: Path) -> None:
    names = {
        (feature["properties"]["name"], feature["properties"]["kind"], feature["properties"]["rank"])
        for (z, _, _), layers in tiles(built)
        if z == 14
        for feature in layers.get("names", {"features": []})["features"]
    }
    assert names == {
        ("Ås", "town", 2), ("High Street", "street", 8), ("Mill Lane", "street", 9), ("Lake", "water", 7),
        ("Green", "park", 7),
    }  # fmt: skip


def test_the_archive_tells_its_bounds_source_and_layers(built: Path) -> None:
    with built.open("rb") as stream:
        reader = Reader(MmapSource(stream))
        header, metadata = reader.header(), reader.metadata()
    assert [header[key] / 1e7 for key in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")] == [
        WEST,
        SOUTH,
        EAST,
        NORTH,
    ]
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (8, 14, True)
    assert metadata["attribution"] == "© OpenStreetMap contributors"
    assert [layer["id"] for layer in metadata["vector_layers"]] == ["water", "green", "buildings", "roads", "names"]


def test_polygons_wind_as_the_format_asks(built: Path) -> None:
    for _, layers in tiles(built):
        for feature in layers.get("water", {"features": []})["features"]:
            geometry = shape(feature["geometry"])
            for part in shapely.get_parts(geometry):
                if part.geom_type == "Polygon":
                    assert part.exterior.is_ccw  # with y downward: clockwise on the screen
                    assert not any(hole.is_ccw for hole in part.interiors)


def test_ways_out_of_order_are_put_in_order(tmp_path: Path, built: Path) -> None:
    build_basemap(write(tmp_path / "city.osm", backward=True), tmp_path / "city.pmtiles")
    assert (tmp_path / "city.pmtiles").read_bytes() == built.read_bytes()


def test_only_the_ground_asked_for_is_drawn(tmp_path: Path) -> None:
    target = tmp_path / "city.pmtiles"
    made = build_basemap(write(tmp_path / "city.osm"), target, within=(10.016, 50.016, 10.026, 50.026))
    assert made.bounds == (10.016, 50.016, 10.026, 50.026)
    assert "buildings" not in kinds(target, 14)
    assert kinds(target, 14)["green"] == {"park"}


@pytest.mark.parametrize("content", [b"", b"not a map", b"<osm"])
def test_a_broken_extract_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "city.osm"
    broken.write_bytes(content)
    with pytest.raises(ExtractUnreadable):
        build_basemap(broken, tmp_path / "city.pmtiles")
    assert [path.name for path in tmp_path.iterdir()] == ["city.osm"]


FRAME = (0.0, 0.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("coast", "water"),
    [
        ([], 0.0),
        ([[(5, -1), (5, 11)]], 50.0),  # northward: water in the east
        ([[(5, 11), (5, -1)]], 50.0),
        ([[(5, -1), (5, 4)], [(5, 4), (5, 11)]], 50.0),  # in pieces
        ([[(3, 3), (3, 7), (7, 7), (7, 3), (3, 3)]], 16.0),  # clockwise: an enclosed sea
        ([[(3, 3), (7, 3), (7, 7), (3, 7), (3, 3)]], 84.0),  # an island in the sea
        ([[(5, 0.5), (5, 9.5)]], 50.0),  # cut a little short
        ([[(5, 3), (5, 7)]], 0.0),  # cut too short to tell
    ],
)
def test_the_sea_lies_on_the_right_of_its_coast(coast: list[list[tuple[float, float]]], water: float) -> None:
    found = sea([LineString(line) for line in coast], FRAME)
    assert (found.area if found is not None else 0.0) == pytest.approx(water)


def test_northward_coast_has_its_water_in_the_east() -> None:
    found = sea([LineString([(5, -1), (5, 11)])], FRAME)
    assert found is not None
    assert found.bounds == (5.0, 0.0, 10.0, 10.0)


def test_mercator_agrees_with_known_corners() -> None:
    corners = mercator(np.array([[-180.0, 85.0511287798], [0.0, 0.0], [180.0, -85.0511287798]]))
    assert corners == pytest.approx(np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]), abs=1e-4)


def test_real_extracts_give_real_water(tmp_path: Path) -> None:
    baltimore = read_extract(shared("osm/baltimore.osm.pbf"))
    harbour = next(
        s
        for s, p in zip(baltimore.layers["water"].shapes, baltimore.layers["water"].properties, strict=True)
        if p["kind"] == "sea"
    )
    assert harbour.contains(shapely.Point(-76.585, 39.275))
    assert not harbour.contains(shapely.Point(-76.585, 39.29))
    helsinki = build_basemap(shared("osm/Helsinki.osm.pbf"), tmp_path / "h.pmtiles")
    assert 8 <= helsinki.tiles <= 20
    assert kinds(tmp_path / "h.pmtiles", 14)["water"] >= {"sea", "water"}
    lines = build_basemap(shared("portland/portland-central-filtered.osm.pbf"), tmp_path / "p.pmtiles")
    assert lines.bounds == pytest.approx((-122.71, 45.48, -122.61, 45.55), abs=0.01)
