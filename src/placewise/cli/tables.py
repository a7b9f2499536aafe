"""Plain tables and areas that the commands read: named places, units, positions; refusals name the file and the row."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from placewise.kernels.arrays import Floats
from placewise.kernels.errors import PlacewiseError


class BadTable(PlacewiseError):
    """A table without a column that is needed, or with a value that can't be told."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a table and where it stands, so that a refusal can name it."""

    file: str
    line: int
    values: Mapping[str, str]

    def text(self, column: str, default: str | None = None) -> str:
        """A value as it stands; refuses an empty one without a default."""
        found = self.values.get(column, "").strip() or default
        if found is None:
            raise BadTable(f"{self.file}, line {self.line}: no {column}")
        return found

    def number(self, column: str, default: float | None = None) -> float:
        """A value as a number."""
        found = self.text(column, None if default is None else str(default))
        try:
            number = float(found)
        except ValueError as error:
            raise BadTable(f"{self.file}, line {self.line}: {column} is {found!r}, not a number") from error
        if not np.isfinite(number):
            raise BadTable(f"{self.file}, line {self.line}: {column} is {found!r}, not a number")
        return number

    def whole(self, column: str, default: int | None = None) -> int:
        """A value as a whole number."""
        number = self.number(column, default)
        if number != int(number):
            raise BadTable(f"{self.file}, line {self.line}: {column} is {number}, not a whole number")
        return int(number)

    def words(self, column: str) -> tuple[str, ...]:
        """Words between spaces or semicolons."""
        return tuple(self.text(column, " ").replace(";", " ").split())

    def place(self) -> tuple[float, float]:
        """Longitude and latitude."""
        lon, lat = self.number("lon"), self.number("lat")
        if abs(lon) > 180 or abs(lat) > 90:
            raise BadTable(f"{self.file}, line {self.line}: {lon}, {lat} is no longitude and latitude")
        return lon, lat


def rows(path: Path, *columns: str) -> list[Row]:
    """The rows of a CSV (also .gz) that has these columns; refuses a table without rows."""
    path.stat()  # a file that is not there is told by its name
    try:
        table = pl.read_csv(path, infer_schema=False).fill_null("")
    except pl.exceptions.PolarsError as error:
        raise BadTable(f"{path.name} is no table: {error}") from error
    if missing := [column for column in columns if column not in table.columns]:
        raise BadTable(f"{path.name} has no column {', '.join(missing)}; there are {', '.join(table.columns)}")
    if not len(table):
        raise BadTable(f"{path.name} holds no row")
    return [Row(path.name, line, values) for line, values in enumerate(table.iter_rows(named=True), 2)]


def places(path: Path) -> tuple[list[str], Floats]:
    """Names (else the number of the row) and (n, 2) positions of a CSV with lon and lat."""
    found = rows(path, "lon", "lat")
    names = [row.text("name", str(number)) for number, row in enumerate(found, 1)]
    return names, np.array([row.place() for row in found])


def positions(path: Path, lon: str, lat: str) -> Floats:
    """(n, 2) positions of a table of incidents, CSV or Parquet; rows without one are left out."""
    path.stat()
    wanted = {lon: pl.Float64, lat: pl.Float64}
    try:
        scan = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
        table = scan.select(pl.col(name).cast(kind, strict=False) for name, kind in wanted.items()).collect()
    except pl.exceptions.PolarsError as error:
        raise BadTable(f"{path.name} has no columns {lon} and {lat}: {error}") from error
    table = table.drop_nulls().filter(pl.all_horizontal(pl.all().is_finite()))
    if not len(table):
        raise BadTable(f"{path.name} holds no position")
    return table.to_numpy().astype(np.float64)


def features(path: Path) -> list[dict[str, Any]]:
    """The features with an outline of a GeoJSON file, gzipped or not."""
    raw = path.read_bytes()
    try:
        read = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)["features"]
        found = [one for one in read if one["geometry"]]
    except (ValueError, TypeError, LookupError, gzip.BadGzipFile) as error:
        raise BadTable(f"{path.name} is no GeoJSON collection of features") from error
    if not found:
        raise BadTable(f"{path.name} holds no feature with an outline")
    return found


Part: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A GeoJSON geometry and its properties."""


def geojson(parts: Iterable[Part]) -> str:
    """A GeoJSON collection as text, a feature a line."""
    made = [{"type": "Feature", "properties": dict(told), "geometry": dict(shape)} for shape, told in parts]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, allow_nan=False) for one in made)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
