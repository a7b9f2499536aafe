"""Area files in, areas out: every format a service has, every way a file can be broken."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
import shapefile
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import box, mapping
from tests.shared_data import shared

from openbeat.places import readers
from openbeat.places.readers import AreaFileUnreadable, CoordinateSystemUnknown, open_areas, read_area_file
from openbeat.places.shapes import ColumnMissing, Columns, guess_columns, km2, make_areas, outlines

WEST, EAST = box(10.0, 50.0, 10.1, 50.1), box(10.1, 50.0, 10.2, 50.1)

KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="{space}"><Document><Folder><name>Beats</name>
<Placemark><name>Old Town</name><ExtendedData><SchemaData><SimpleData name="code">7</SimpleData></SchemaData>
</ExtendedData><MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>
10,50,0 10.3,50,0 10.3,50.3,0 10,50.3,0 10,50,0</coordinates></LinearRing></outerBoundaryIs>
<innerBoundaryIs><LinearRing><coordinates>10.1,50.1 10.2,50.1 10.2,50.2 10.1,50.2 10.1,50.1</coordinates></LinearRing>
</innerBoundaryIs></Polygon></MultiGeometry></Placemark>
<Placemark><name>A station</name><Point><coordinates>10,50</coordinates></Point></Placemark>
</Folder></Document></kml>"""


def collection(*features: tuple[object, dict[str, object]], **more: object) -> bytes:
    listed = [{"type": "Feature", "properties": row, "geometry": geometry} for geometry, row in features]
    return json.dumps({"type": "FeatureCollection", "features": listed, **more}).encode()


def two_beats() -> bytes:
    return collection(
        (mapping(WEST), {"beat": "01", "label": "West"}), (mapping(EAST), {"beat": "02", "label": "East"})
    )


def zipped_shapefile(epsg: int, *, prj: bool = True) -> bytes:
    to_plane = Transformer.from_crs(4326, epsg, always_xy=True)
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POLYGON, encoding="utf-8") as writer:
        writer.field("BEAT", "N", 6)
        writer.field("NAME", "C", 20)
        for number, name, ground in ((1, "Zürich", WEST), (2, "Ost", EAST)):
            ring = [
                to_plane.transform(*point)
                for point in shapely.orient_polygons(ground, exterior_cw=True).exterior.coords
            ]
            writer.poly([ring])
            writer.record(number, name)
    return zipped(
        {"a/b.shp": shp, "a/b.shx": shx, "a/b.dbf": dbf} | ({"a/b.prj": CRS(epsg).to_wkt("WKT1_ESRI")} if prj else {})
    )


def zipped(parts: dict[str, object]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content.getvalue() if isinstance(content, io.BytesIO) else content)
    return whole.getvalue()


def read(filename: str, content: bytes, **how: int) -> dict[str, tuple[str, float]]:
    table = open_areas(filename, content)
    reading = make_areas(table, guess_columns(table), **how)
    return {area.code: (area.name, round(area.km2, 1)) for area in reading.areas}


BEATS = {"01": ("West", 79.7), "02": ("East", 79.7)}


@pytest.mark.parametrize(
    ("filename", "content", "expected"),
    [
        ("a.geojson", two_beats(), BEATS),
        ("A.JSON", two_beats(), BEATS),
        ("a.geojson.gz", gzip.compress(two_beats()), BEATS),
        ("a.zip", zipped({"deep/a.geojson": two_beats(), "__MACOSX/a.geojson": b"x"}), BEATS),
        ("one.geojson", json.dumps(mapping(WEST)).encode(), {"1": ("1", 79.7)}),
        (
            "one.geojson",
            json.dumps({"type": "Feature", "id": 5, "properties": None, "geometry": mapping(WEST)}).encode(),
            {"5": ("5", 79.7)},
        ),
        ("a.zip", zipped_shapefile(25832), {"1": ("Zürich", 79.7), "2": ("Ost", 79.7)}),
        ("a.zip", zipped_shapefile(4326), {"1": ("Zürich", 79.7), "2": ("Ost", 79.7)}),
        ("a.kml", KML.format(space="http://www.opengis.net/kml/2.2").encode(), {"7": ("Old Town", 636.0)}),
        ("a.kml", KML.format(space="http://earth.google.com/kml/2.1").encode(), {"7": ("Old Town", 636.0)}),
        ("a.kmz", zipped({"doc.kml": KML.format(space="http://www.opengis.net/kml/2.2")}), {"7": ("Old Town", 636.0)}),
    ],
)
def test_reads_what_a_service_has(filename: str, content: bytes, expected: dict[str, tuple[str, float]]) -> None:
    assert read(filename, content) == expected


@pytest.mark.parametrize(
    ("filename", "content", "words"),
    [
        ("a.pdf", b"%PDF", "is not an area file"),
        ("a.geojson", b'{"type": "FeatureColl', "not whole JSON"),
        ("a.geojson", b'{"rows": []}', "not GeoJSON"),
        ("a.geojson", b"[1, 2]", "not GeoJSON"),
        ("a.geojson", collection(), "holds no features"),
        ("a.geojson", collection(({"type": "Polygon", "coordinates": [[[1, 2], [3]]]}, {})), "broken"),
        ("a.geojson.gz", b"plain", "not whole gzip"),
        ("a.kml", b"<kml><Placemark>", "not whole XML"),
        ("a.kml", b'<!DOCTYPE kml [<!ENTITY a "aa">]><kml/>', "declares a document type"),
        ("a.kml", KML.replace("10.3,50,0", "10.3;50").format(space="x").encode(), "broken coordinates"),
        ("a.zip", b"<html>", "called a zip but is not one"),
        ("a.zip", zipped({"a.shp": b"x"}), "no .dbf"),
        ("a.zip", zipped({"a.shp": b"x", "a.dbf": b"y"}), "shapefile is broken"),
        ("a.zip", zipped({"a.geojson": two_beats(), "b.geojson": two_beats()}), "exactly one area file"),
        ("a.zip", zipped({"notes.txt": "hello"}), "it holds: none"),
    ],
)
def test_says_why_a_file_cannot_be_read(filename: str, content: bytes, words: str) -> None:
    with pytest.raises(AreaFileUnreadable, match=words) as refused:
        open_areas(filename, content)
    assert refused.value.mend


@pytest.mark.parametrize("name", ["a.geojson.gz", "a.zip"])
def test_a_file_that_unfolds_too_far_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LARGEST", 100)
    content = gzip.compress(two_beats()) if name.endswith(".gz") else zipped({"a.geojson": two_beats() * 3})
    with pytest.raises(AreaFileUnreadable, match="unfolds to more than"):
        open_areas(name, content)


def test_features_without_a_shape_or_with_plain_data_are_read() -> None:
    bare = {"type": "Feature", "properties": {"beat": "03"}, "geometry": None}
    content = two_beats().replace(b'"features": [', b'"features": [' + json.dumps(bare).encode() + b",")
    assert read("a.geojson", content) == BEATS
    data = KML.replace(
        '<SchemaData><SimpleData name="code">7</SimpleData></SchemaData>', '<Data name="code"><value>7</value></Data>'
    )
    assert read("a.kml", data.format(space="x").encode()) == {"7": ("Old Town", 636.0)}


def test_metres_without_a_coordinate_system_are_refused_until_it_is_given() -> None:
    bare = zipped_shapefile(25832, prj=False)
    with pytest.raises(CoordinateSystemUnknown, match="not degrees"):
        read("a.zip", bare)
    assert read("a.zip", bare, epsg=25832) == {"1": ("Zürich", 79.7), "2": ("Ost", 79.7)}


def test_old_geojson_may_name_its_coordinate_system() -> None:
    to_plane = Transformer.from_crs(4326, 3857, always_xy=True)
    moved = shapely.transform(WEST, to_plane.transform, interleaved=False)
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    assert read("a.geojson", collection((mapping(moved), {"id": "w"}), crs=named)) == {"w": ("w", 79.7)}
    unknown = {"type": "name", "properties": {"name": "urn:of:nothing"}}
    with pytest.raises(CoordinateSystemUnknown, match="urn:of:nothing"):
        read("a.geojson", collection((mapping(moved), {"id": "w"}), crs=unknown))


def test_broken_ground_is_mended_joined_or_left_out_and_noted() -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[10, 50], [10.2, 50.2], [10.2, 50], [10, 50.2], [10, 50]]]}
    point = {"type": "Point", "coordinates": [10, 50]}
    content = collection(
        (bow_tie, {"code": "a"}), (mapping(EAST), {"code": "b"}), (mapping(WEST), {"code": "b"}), (point, {"code": "c"})
    )
    reading = make_areas(open_areas("a.geojson", content), Columns("code", ""))
    assert [area.code for area in reading.areas] == ["a", "b"]
    assert all(area.geometry.is_valid and area.geometry.geom_type == "MultiPolygon" for area in reading.areas)
    assert reading.areas[1].km2 == pytest.approx(2 * km2(WEST), rel=1e-3)
    assert reading.notes == (
        "1 features without ground were left out",
        "1 features were joined to others of their code: b",
        "1 shapes crossed themselves and were mended",
    )


def test_columns_that_are_not_there_are_named() -> None:
    with pytest.raises(ColumnMissing, match="«sector»"):
        make_areas(open_areas("a.geojson", two_beats()), Columns("sector", "label"))
    lines = collection(({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, {"code": "a"}))
    with pytest.raises(ColumnMissing, match="no polygons"):
        make_areas(open_areas("a.geojson", lines), Columns("code", ""))


REAL = [
    ("chicago/boundaries/police-beats-dec2012.shp.zip", Columns("BEAT_NUM", "BEAT_NUM"), 275, 609),
    ("chicago/boundaries/police-districts-dec2012.shp.zip", Columns("DIST_NUM", "DIST_LABEL"), 23, 609),
    ("chicago/boundaries/commareas.geojson.gz", Columns("area_num_1", "community"), 77, 598),
    ("chicago/boundaries/tracts2010.geojson.gz", Columns("GEOID10", "NAMELSAD10"), 798, 619),
    ("chicago/boundaries/wards2015.geojson.gz", Columns("ward", "ward"), 50, 598),
]


@pytest.mark.parametrize(("path", "columns", "count", "size"), REAL)
def test_reads_a_real_citys_files(path: str, columns: Columns, count: int, size: float) -> None:
    file = shared(path)
    table = open_areas(file.name, file.read_bytes())
    assert guess_columns(table) == columns
    areas = make_areas(table, columns).areas
    assert len(areas) == count
    assert sum(area.km2 for area in areas) == pytest.approx(size, abs=1)


def test_a_shapefile_on_disk_is_read_with_its_parts() -> None:
    table = read_area_file(shared("portland/Portland_Police_Districts/Portland_Police_Districts.shp"))
    areas = make_areas(table, Columns("DISTRICT", "DISTRICT")).areas
    assert len(areas) == 60
    assert sum(area.km2 for area in areas) == pytest.approx(383, abs=1)
    boundary = outline_of(shared("portland/portland_boundary_coords.csv"))
    union = shapely.union_all([area.geometry for area in areas])
    assert union.intersection(boundary).area / union.union(boundary).area > 0.9


def outline_of(coordinates: Path) -> shapely.Polygon:
    """The study area's outline, which is given as points in feet."""
    points = [tuple(map(float, line.split(","))) for line in coordinates.read_text().split()[1:]]
    to_degrees = Transformer.from_crs(2913, 4326, always_xy=True)
    return shapely.make_valid(shapely.Polygon([to_degrees.transform(*point) for point in points]))


def test_a_web_page_saved_as_a_zip_is_told_from_one() -> None:
    file = shared("chicago/boundaries/police-districts-pre-2012-12-18.zip")
    with pytest.raises(AreaFileUnreadable, match="is not one"):
        open_areas(file.name, file.read_bytes())


def test_map_outlines_are_lighter_and_still_meet() -> None:
    file = shared("chicago/boundaries/police-beats-dec2012.shp.zip")
    areas = make_areas(open_areas(file.name, file.read_bytes()), Columns("BEAT_NUM", "")).areas
    light = outlines(areas)
    points = sum(shapely.get_num_coordinates(area.geometry) for area in areas)
    assert sum(map(shapely.get_num_coordinates, light)) < points / 5
    assert all(shapely.is_valid(light))
    assert shapely.area(shapely.union_all(light)) == pytest.approx(sum(map(shapely.area, light)), rel=1e-3)
