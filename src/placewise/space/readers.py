"""Incidents from tables: Polars and Arrow in memory; CSV, Parquet, Arrow and GeoJSON files. Only the named columns."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely
from pyproj import Transformer

from placewise.kernels.arrays import Bools, Floats, Moments, floats
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import Moment
from placewise.space.events import Events


class UnknownColumn(PlacewiseError):
    """A column that the table does not have."""


class UnreadableTable(PlacewiseError):
    """A file of a kind that is not read, or times in it that can't be told."""


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; nothing else in the table is read.

    `lon`, `lat` are degrees unless `crs` names a projection; `end` closes a span that `time` opens; times without a
    zone of their own are the wall clock; of a GeoJSON file the points are taken, whatever `lon` and `lat` say.
    """

    time: str
    lon: str = "lon"
    lat: str = "lat"
    kind: str | None = None
    end: str | None = None
    crs: str | None = None
    date_only: bool = False
    zone: str = "UTC"
    since: Moment | None = None


@dataclass(frozen=True)
class Read:
    """Events from a table, and how many of its rows had no time or no place and were left out."""

    events: Events
    rows: int
    left_out: int


def read_events(paths: Sequence[str | Path], columns: Columns, classes: Sequence[str] | None = None) -> Read:
    """Events from files of one layout: .csv, .parquet, .arrow, .feather, .geojson; text may be gzipped."""
    frames = [_frame(Path(path), columns) for path in paths]
    return from_frame(pl.concat(frames, how="vertical_relaxed"), columns, classes)


def from_frame(table: Any, columns: Columns, classes: Sequence[str] | None = None) -> Read:
    """Events from a Polars frame, or from an Arrow table (anything that speaks the Arrow C stream)."""
    frame = table if isinstance(table, pl.DataFrame) else pl.DataFrame(table)
    wanted = _wanted(columns)
    if missing := [name for name in wanted if name not in frame.columns]:
        raise UnknownColumn(f"no column {', '.join(missing)}; there are {', '.join(frame.columns)}")
    frame = frame.select(wanted)
    if classes and columns.kind:
        frame = frame.filter(pl.col(columns.kind).cast(pl.String).is_in(list(classes)))
    rows = frame.height
    lon, lat = _degrees(frame, columns)
    times, dated = _times(frame[columns.time], columns.zone)
    ends = None if columns.end is None else _times(frame[columns.end], columns.zone)[0]
    good = ~np.isnat(times) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    events = Events.from_arrays(
        times[good],
        lon[good],
        lat[good],
        None if columns.kind is None else frame[columns.kind].cast(pl.String).fill_null("").to_numpy()[good],
        ends=None if ends is None else np.where(np.isnat(ends), times, ends)[good],
        date_only=columns.date_only or dated,
        zone=columns.zone,
        local=True,
        since=columns.since,
    )
    return Read(events, rows, int(rows - good.sum()))


def _wanted(columns: Columns) -> list[str]:
    """The names of the columns that are read."""
    named = (columns.time, columns.lon, columns.lat, columns.kind, columns.end)
    return list(dict.fromkeys(name for name in named if name is not None))


def _frame(path: Path, columns: Columns) -> pl.DataFrame:
    """One file's wanted columns."""
    suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    if suffix in {".csv", ".csv.gz"}:
        return _picked(pl.read_csv(path, infer_schema_length=10_000), columns)
    if suffix == ".parquet":
        return _picked(pl.read_parquet(path), columns)
    if suffix in {".arrow", ".feather", ".ipc"}:
        return _picked(pl.read_ipc(path), columns)
    if suffix in {".geojson", ".json", ".geojson.gz", ".json.gz"}:
        return _points(path, columns)
    raise UnreadableTable(f"{path.name}: files are CSV, Parquet, Arrow or GeoJSON")


def _picked(frame: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Only the wanted columns, those that are there."""
    return frame.select([name for name in _wanted(columns) if name in frame.columns])


def _points(path: Path, columns: Columns) -> pl.DataFrame:
    """The points of a GeoJSON file and their wanted properties."""
    raw = path.read_bytes()
    features = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)["features"]
    spots = [shapely.geometry.shape(f["geometry"]).centroid if f.get("geometry") else None for f in features]
    names = [name for name in _wanted(columns) if name not in {columns.lon, columns.lat}]
    data: dict[str, list[Any]] = {name: [f["properties"].get(name) for f in features] for name in names}
    data[columns.lon] = [None if spot is None else spot.x for spot in spots]
    data[columns.lat] = [None if spot is None else spot.y for spot in spots]
    return pl.DataFrame(data)


def _degrees(frame: pl.DataFrame, columns: Columns) -> tuple[Floats, Floats]:
    """Longitudes and latitudes, NaN where there is none."""
    x, y = (
        floats(frame[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy())
        for name in (columns.lon, columns.lat)
    )
    if columns.crs is None:
        return x, y
    lon, lat = Transformer.from_crs(columns.crs, "EPSG:4326", always_xy=True).transform(x, y)
    return floats(lon), floats(lat)


def _times(column: pl.Series, zone: str) -> tuple[Moments, bool | Bools]:
    """Wall-clock times, NaT where there is none, and which of them are dates only."""
    if column.dtype == pl.String:
        return _texts(column)
    if column.dtype == pl.Date:
        return column.to_numpy().astype("datetime64[us]"), True
    if not isinstance(column.dtype, pl.Datetime):
        raise UnreadableTable(f"column {column.name} holds no times but {column.dtype}")
    if column.dtype.time_zone is not None:
        column = column.dt.convert_time_zone(zone).dt.replace_time_zone(None, ambiguous="earliest")
    return column.to_numpy().astype("datetime64[us]"), False


def _texts(column: pl.Series) -> tuple[Moments, bool]:
    """Times written as text; of one length of ten signs they are dates."""
    texts = column.str.strip_chars()
    dated = texts.null_count() < texts.len() and bool((texts.drop_nulls().str.len_chars() <= 10).all())
    for way in ("%Y-%m-%d", "%m/%d/%Y", "%Y/%m/%d") if dated else (None, "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M"):
        parsed = _parsed(texts, way)
        if parsed is not None and parsed.null_count() <= texts.null_count() + 0.01 * texts.len():
            return parsed.to_numpy().astype("datetime64[us]"), dated
    raise UnreadableTable(
        f"column {column.name}: times like {texts.drop_nulls().head(1).to_list()} can't be told apart"
    )


def _parsed(texts: pl.Series, way: str | None) -> pl.Series | None:
    """The texts read in one way, None where that way does not fit at all."""
    try:
        if way is None:
            return texts.str.replace("Z$", "").str.to_datetime(strict=False, time_unit="us")
        return texts.str.to_datetime(way, strict=False, time_unit="us")
    except pl.exceptions.PolarsError:
        return None
