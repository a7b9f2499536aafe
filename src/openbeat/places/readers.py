"""Area files as a service has them: GeoJSON, KML and KMZ, shapefiles; any of them gzipped or zipped.

Each is opened as a table of columns and shapes (`open_areas`), then, once the code and name columns are
chosen, made into valid WGS 84 areas (`make_areas`).
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

import shapefile
import shapely
import shapely.geometry
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from openbeat.kernel.errors import BadInput

LARGEST = 512 * 2**20
"""Bytes an area file may unfold to; a larger one is refused before it is unfolded."""
WGS84 = "EPSG:4326"


class AreaFileUnreadable(BadInput):
    """The file holds no areas that can be read."""

    code = "area-file-unreadable"


class CoordinateSystemUnknown(BadInput):
    """The file's coordinates are not degrees, and it does not say what they are."""

    code = "coordinate-system-unknown"


@dataclass(frozen=True)
class AreaTable:
    """A file as it was found: one row of properties and one shape a feature, in the file's own coordinates."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    shapes: tuple[BaseGeometry, ...]
    crs: str | None
    """What the file says of its coordinates (WKT or authority code); None where it says nothing."""


def open_areas(filename: str, content: bytes) -> AreaTable:
    """The file's features as a table. Raises AreaFileUnreadable."""
    name, content = _unwrapped(filename.lower(), content)
    reader = READERS.get(PurePosixPath(name).suffix)
    if reader is None:
        raise AreaFileUnreadable(
            "{filename} is not an area file that Openbeat reads",
            mend="give GeoJSON (.geojson, .json), KML (.kml, .kmz) or a zipped shapefile (.zip)",
            filename=filename,
        )
    table = reader(content)
    if not table.shapes:
        raise AreaFileUnreadable(
            "{filename} holds no features", mend="choose the file that holds the areas", filename=filename
        )
    return table


def read_area_file(path: Path) -> AreaTable:
    """The features of a file on disk; of a shapefile with the parts that lie beside it. Raises AreaFileUnreadable."""
    if path.suffix.lower() != ".shp":
        return open_areas(path.name, path.read_bytes())
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            archive.write(part, part.name)
    return open_areas(f"{path.name}.zip", whole.getvalue())


def _unwrapped(name: str, content: bytes) -> tuple[str, bytes]:
    """The name and bytes inside a gzip wrapping, or as they are."""
    if not name.endswith(".gz"):
        return name, content
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            inner = stream.read(LARGEST + 1)
    except (OSError, EOFError) as error:
        raise AreaFileUnreadable("the file is not whole gzip", mend="compress or download it again") from error
    if len(inner) > LARGEST:
        raise _too_large()
    return name.removesuffix(".gz"), inner


def _too_large() -> AreaFileUnreadable:
    return AreaFileUnreadable(
        "the file unfolds to more than {most} MB",
        mend="leave out what is not an area, or simplify it",
        most=LARGEST // 2**20,
    )


# --- GeoJSON ---------------------------------------------------------------------------------------------------------


def _read_geojson(content: bytes) -> AreaTable:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise AreaFileUnreadable("the file is not whole JSON", mend="export or download it again") from error
    found = [(_properties(f), shape) for f in _features(document) if (shape := _geojson_shape(f)) is not None]
    columns = tuple(dict.fromkeys(key for row, _ in found for key in row))
    crs = document.get("crs") if isinstance(document, dict) else None
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    return AreaTable(columns, tuple(row for row, _ in found), tuple(shape for _, shape in found), name)


def _features(document: object) -> list[dict[str, object]]:
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        return [feature for feature in document["features"] if isinstance(feature, dict)]  # type: ignore[index]
    if kind == "Feature":
        return [document]  # type: ignore[list-item]
    if kind in {"Polygon", "MultiPolygon", "GeometryCollection"}:
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    raise AreaFileUnreadable("the file is JSON, but not GeoJSON", mend="export it as GeoJSON (RFC 7946)")


def _properties(feature: dict[str, object]) -> dict[str, str]:
    given = feature.get("properties")
    row = {str(key): _word(value) for key, value in given.items()} if isinstance(given, dict) else {}
    return row | ({"id": _word(feature["id"])} if "id" in feature and "id" not in row else {})


def _word(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _geojson_shape(feature: dict[str, object]) -> BaseGeometry | None:
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        return None
    try:
        return shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    except (shapely.GEOSException, ValueError) as error:
        raise AreaFileUnreadable(
            "a feature's geometry is broken: {error}", mend="repair or export it again", error=error
        ) from error


# --- KML -------------------------------------------------------------------------------------------------------------


def _read_kml(content: bytes) -> AreaTable:
    """Every placemark with a polygon, whatever the KML version's namespace and however deep its folder."""
    if b"<!DOCTYPE" in content[:4096]:
        raise AreaFileUnreadable("the KML file declares a document type", mend="export plain KML")
    try:
        root = ET.fromstring(content)  # noqa: S314 no document type, hence no entities
    except ET.ParseError as error:
        raise AreaFileUnreadable(
            "the file is not whole XML: {error}", mend="export or download it again", error=error
        ) from error
    marks = [mark for mark in root.iter() if _tag(mark) == "Placemark"]
    found = [(_placemark(mark), MultiPolygon(polygons)) for mark in marks if (polygons := list(_polygons(mark)))]
    columns = tuple(dict.fromkeys(key for row, _ in found for key in row))
    return AreaTable(columns, tuple(row for row, _ in found), tuple(shape for _, shape in found), WGS84)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _placemark(mark: ET.Element) -> dict[str, str]:
    row: dict[str, str] = {}
    for item in mark.iter():
        if _tag(item) == "name":
            row.setdefault("name", (item.text or "").strip())
        elif _tag(item) == "SimpleData":
            row[item.get("name", "")] = (item.text or "").strip()
        elif _tag(item) == "Data":
            row[item.get("name", "")] = "".join(item.itertext()).strip()
    return row


def _polygons(mark: ET.Element) -> Iterator[Polygon]:
    for polygon in (item for item in mark.iter() if _tag(item) == "Polygon"):
        outer = [ring for side in polygon if _tag(side) == "outerBoundaryIs" for ring in _rings(side)]
        inner = [ring for side in polygon if _tag(side) == "innerBoundaryIs" for ring in _rings(side)]
        yield from (Polygon(ring, inner) for ring in outer[:1])


def _rings(side: ET.Element) -> Iterator[list[tuple[float, float]]]:
    for item in side.iter():
        if _tag(item) == "coordinates":
            points = [word.split(",") for word in (item.text or "").split()]
            try:
                yield [(float(point[0]), float(point[1])) for point in points]
            except (ValueError, IndexError) as error:
                raise AreaFileUnreadable("a KML ring has broken coordinates", mend="export it again") from error


# --- shapefiles and zips ---------------------------------------------------------------------------------------------


def _read_zip(content: bytes) -> AreaTable:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise AreaFileUnreadable(
            "the file is called a zip but is not one", mend="download it again; it may be a web page saved by mistake"
        ) from error
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
        raise _too_large()
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX") and not name.endswith("/")]
    inside = [name for name in names if PurePosixPath(name.lower()).suffix in {".shp", *READERS} - {".zip", ".kmz"}]
    if len(inside) != 1:
        listed = ", ".join(inside) or "none"
        raise AreaFileUnreadable(
            "the zip must hold exactly one area file; it holds: {listed}",
            mend="zip one shapefile with its parts alone",
            listed=listed,
        )
    if not inside[0].lower().endswith(".shp"):
        return READERS[PurePosixPath(inside[0].lower()).suffix](archive.read(inside[0]))
    return _read_shapefile(archive, inside[0], {name.lower(): name for name in names})


def _read_shapefile(archive: zipfile.ZipFile, shp: str, names: Mapping[str, str]) -> AreaTable:
    stem = shp[:-4].lower()
    parts = {end: archive.read(names[stem + end]) for end in (".dbf", ".prj", ".cpg") if stem + end in names}
    if ".dbf" not in parts:
        raise AreaFileUnreadable(
            "{shp} has no .dbf beside it", mend="put .shp, .dbf, .shx and .prj into the zip", shp=shp
        )
    encoding = parts.get(".cpg", b"").decode("ascii", "ignore").strip() or "utf-8"
    try:
        reader = shapefile.Reader(
            shp=io.BytesIO(archive.read(shp)),
            dbf=io.BytesIO(parts[".dbf"]),
            encoding=_codec(encoding),
            encodingErrors="replace",
        )
        found = [(item.record.as_dict(), item.shape) for item in reader.iterShapeRecords()]
    except (shapefile.ShapefileException, struct.error, ValueError, OSError) as error:
        raise AreaFileUnreadable(
            "the shapefile is broken: {error}", mend="export or download it again", error=error
        ) from error
    kept = [(row, shape) for row, shape in found if shape.shapeTypeName.startswith("POLYGON")]
    rows = tuple({key: _word(value) for key, value in row.items()} for row, _ in kept)
    shapes = tuple(shapely.force_2d(shapely.geometry.shape(shape.__geo_interface__)) for _, shape in kept)
    crs = parts[".prj"].decode("utf-8", "replace").strip() if ".prj" in parts else None
    return AreaTable(tuple(rows[0]) if rows else (), rows, shapes, crs)


def _codec(name: str) -> str:
    """A .cpg's code page as Python names it: Esri writes bare numbers and «UTF-8» alike."""
    plain = name.lower().replace("ansi ", "cp").replace("windows-", "cp")
    return f"cp{plain}" if plain.isdigit() and len(plain) <= 4 else plain


def _read_kmz(content: bytes) -> AreaTable:
    return _read_zip(content)


READERS: Mapping[str, Callable[[bytes], AreaTable]] = {
    ".geojson": _read_geojson,
    ".json": _read_geojson,
    ".kml": _read_kml,
    ".kmz": _read_kmz,
    ".zip": _read_zip,
}
