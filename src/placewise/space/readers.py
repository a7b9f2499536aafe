"""Incidents from tables: Polars and Arrow in memory; CSV, Parquet, Arrow and GeoJSON files. Only the named columns."""

import gzip
import json
from collections.abc import Iterable, Sequence
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
from placewise.space.events import Events, UnknownClass

_HOUR = np.timedelta64(1, "h")
_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y")
_TIMES = (None, "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M")
_ZONED = r"(Z|[+-]\d\d:?\d\d)$"
_MOST_NAMED = 40


class UnknownColumn(PlacewiseError):
    """A column that the table does not have."""


class UnreadableTable(PlacewiseError):
    """A file that is not what its ending says, files of different layouts, or times that can't be told."""


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; nothing else in the table is read.

    `lon`, `lat` are degrees unless `crs` names a projection; `end` closes a span that `time` opens; `hour` (0 to 23)
    completes a `time` that holds the date alone; times without a zone of their own are the wall clock; of a GeoJSON
    file the points are taken, whatever `lon` and `lat` say.
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
    hour: str | None = None


@dataclass(frozen=True)
class Read:
    """Events from a table, and how many of its rows had no time or no place and were left out.

    in_degrees: whether the positions were degrees as they stood, whatever projection was named.
    """

    events: Events
    rows: int
    left_out: int
    in_degrees: bool = True


def read_events(paths: Sequence[str | Path], columns: Columns, classes: Sequence[str] | None = None) -> Read:
    """Events from files of one layout: .csv, .parquet, .arrow, .feather, .geojson; text may be gzipped.

    A row at 0° east, 0° north has no place: it is how many systems write that they know none.
    """
    frames = [_frame(Path(path), columns) for path in paths]
    try:
        whole = pl.concat(frames, how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise UnreadableTable("the files differ in their layout; bring one layout at a time") from error
    return from_frame(whole, columns, classes)


def from_frame(table: Any, columns: Columns, classes: Sequence[str] | None = None) -> Read:
    """Events from a Polars frame, or from an Arrow table (anything that speaks the Arrow C stream)."""
    frame = table if isinstance(table, pl.DataFrame) else pl.DataFrame(table)
    _check_columns(frame.columns, columns, "the table")
    frame = _of_classes(frame.select(_wanted(columns)), columns, classes)
    lon, lat, in_degrees = _degrees(frame, columns)
    times, ends, dated = _spans(frame, columns)
    good = ~np.isnat(times) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ((lon != 0) | (lat != 0))
    events = Events.from_arrays(
        times[good],
        lon[good],
        lat[good],
        None if columns.kind is None else frame[columns.kind].fill_null("").to_numpy()[good],
        ends=ends[good],
        date_only=dated[good],
        zone=columns.zone,
        local=True,
        since=columns.since,
    )
    return Read(events, frame.height, int(frame.height - good.sum()), in_degrees)


def _wanted(columns: Columns) -> list[str]:
    """The names of the columns that are read."""
    named = (columns.time, columns.lon, columns.lat, columns.kind, columns.end, columns.hour)
    return list(dict.fromkeys(name for name in named if name is not None))


def _check_columns(there: Iterable[str], columns: Columns, where: str, given: Sequence[str] = ()) -> None:
    """Refuse a table that lacks a wanted column; `given` are not looked for."""
    names = list(there)
    if missing := [name for name in _wanted(columns) if name not in {*names, *given}]:
        raise UnknownColumn(f"{where} has no column {', '.join(missing)}; there are {', '.join(names)}")


def _of_classes(frame: pl.DataFrame, columns: Columns, classes: Sequence[str] | None) -> pl.DataFrame:
    """The rows of the classes asked for, with the classes as text."""
    if columns.kind is None:
        if classes:
            raise UnknownClass(f"say which column holds the classes {', '.join(classes)}")
        return frame
    kinds = frame[columns.kind].cast(pl.String)
    frame = frame.with_columns(kinds)
    if not classes:
        return frame
    counted = kinds.drop_nulls().value_counts(sort=True, name="incidents")
    names = counted[columns.kind].to_list()
    if missing := [name for name in classes if name not in names]:
        told = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
        raise UnknownClass(f"no incident is of class {', '.join(missing)}; there are {told or 'none at all'}")
    return frame.filter(pl.col(columns.kind).is_in(list(classes)))


def _frame(path: Path, columns: Columns) -> pl.DataFrame:
    """One file's wanted columns."""
    suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    readers = {
        ".csv": _csv, ".csv.gz": _csv, ".parquet": _parquet, ".arrow": _arrow, ".feather": _arrow, ".ipc": _arrow,
        ".geojson": _points, ".json": _points, ".geojson.gz": _points, ".json.gz": _points,
    }  # fmt: skip
    if suffix not in readers:
        raise UnreadableTable(f"{path.name}: files are CSV, Parquet, Arrow or GeoJSON")
    if not path.is_file():
        raise UnreadableTable(f"there is no file {path}")
    try:
        return readers[suffix](path, columns)
    except (pl.exceptions.PolarsError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UnreadableTable(f"{path.name} can't be read as {suffix}: {error}") from error


def _csv(path: Path, columns: Columns) -> pl.DataFrame:
    """Text as it stands; what it means is decided column by column."""
    _check_columns(pl.read_csv(path, n_rows=0).columns, columns, path.name)
    return pl.read_csv(path, columns=_wanted(columns), infer_schema=False, encoding="utf8-lossy")


def _parquet(path: Path, columns: Columns) -> pl.DataFrame:
    _check_columns(pl.read_parquet_schema(path), columns, path.name)
    return pl.read_parquet(path, columns=_wanted(columns))


def _arrow(path: Path, columns: Columns) -> pl.DataFrame:
    _check_columns(pl.read_ipc_schema(path), columns, path.name)
    return pl.read_ipc(path, columns=_wanted(columns))


def _points(path: Path, columns: Columns) -> pl.DataFrame:
    """The points of a GeoJSON file and their wanted properties."""
    raw = path.read_bytes()
    features = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)["features"]
    properties = [feature.get("properties") or {} for feature in features]
    place = (columns.lon, columns.lat)
    _check_columns(dict.fromkeys(name for one in properties for name in one), columns, path.name, place)
    spots = [shapely.geometry.shape(f["geometry"]).centroid if f.get("geometry") else None for f in features]
    names = [name for name in _wanted(columns) if name not in place]
    data: dict[str, list[Any]] = {name: [one.get(name) for one in properties] for name in names}
    data[columns.lon] = [None if spot is None else spot.x for spot in spots]
    data[columns.lat] = [None if spot is None else spot.y for spot in spots]
    return pl.DataFrame(data, strict=False)


def _degrees(frame: pl.DataFrame, columns: Columns) -> tuple[Floats, Floats, bool]:
    """Longitudes and latitudes, NaN where there is none, and whether they were degrees as they stood."""
    x, y = (_numbers(frame[name]) for name in (columns.lon, columns.lat))
    if columns.crs is None or _within_a_globe(x, y):
        return x, y, True
    lon, lat = Transformer.from_crs(columns.crs, "EPSG:4326", always_xy=True).transform(x, y)
    return floats(lon), floats(lat), False


def _within_a_globe(x: Floats, y: Floats) -> bool:
    """Whether all numbers are possible degrees: no city lies within 180 metres of where its projection begins."""
    return bool(np.all((np.abs(x) <= 180) | np.isnan(x)) and np.all((np.abs(y) <= 90) | np.isnan(y)))


def _numbers(column: pl.Series) -> Floats:
    """Numbers, NaN where there is none."""
    return floats(column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy())


def _spans(frame: pl.DataFrame, columns: Columns) -> tuple[Moments, Moments, Bools]:
    """First and last moment of each incident on the wall clock, and whether the date is all that is known."""
    times, dated = _times(frame[columns.time], columns.zone)
    ends, flags = times, np.full(times.size, columns.date_only or dated)
    if columns.hour is not None:
        hours = _numbers(frame[columns.hour])
        known = (hours >= 0) & (hours < 24)
        times = times.astype("datetime64[D]").astype("datetime64[us]")
        times[known] += hours[known].astype(np.int64) * _HOUR
        ends, flags = np.where(known, times + _HOUR, times), ~known | columns.date_only
    if columns.end is not None:
        later = _times(frame[columns.end], columns.zone)[0]
        ends = np.where(np.isnat(later), ends, later)
    return times, ends, flags


def _times(column: pl.Series, zone: str) -> tuple[Moments, bool]:
    """Wall-clock times, NaT where there is none, and whether they are dates only."""
    if column.dtype == pl.String:
        column, dated = _texts(column)
    elif column.dtype == pl.Date:
        dated = True
    elif isinstance(column.dtype, pl.Datetime):
        dated = False
    else:
        raise UnreadableTable(f"column {column.name} holds no times but {column.dtype}")
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        column = column.dt.convert_time_zone(zone).dt.replace_time_zone(None, ambiguous="earliest")
    return column.to_numpy().astype("datetime64[us]"), dated


def _texts(column: pl.Series) -> tuple[pl.Series, bool]:
    """Times written as text; those of up to ten signs are dates, those that name their zone keep it."""
    texts = column.str.strip_chars().replace({"": None})
    known = texts.drop_nulls()
    dated = len(known) > 0 and bool((known.str.len_chars() <= 10).all())
    zone = "UTC" if not dated and len(known) > 0 and bool(known.str.contains(_ZONED).all()) else None
    for way in _DATES if dated else _TIMES:
        parsed = _parsed(texts, way, zone)
        if parsed is not None and parsed.null_count() <= texts.null_count() + 0.01 * texts.len():
            return parsed, dated
    raise UnreadableTable(f"column {column.name}: what time {known.head(1).to_list()} is can't be told")


def _parsed(texts: pl.Series, way: str | None, zone: str | None) -> pl.Series | None:
    """The texts read in one way, None where that way does not fit at all."""
    try:
        return texts.str.to_datetime(way, strict=False, time_unit="us", time_zone=zone)
    except pl.exceptions.PolarsError:
        return None
