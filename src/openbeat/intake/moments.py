"""Columns of dates and times into wall times, whatever their format; each is tried only on what none before read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import polars as pl

EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 a spreadsheet's day count has no zone
EXCEL_LAST = 2_958_465
MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 wall time
WALL = pl.Datetime("us")

ISO = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M%#z",
)
"""ISO 8601: a date, or a date and a time with or without seconds, fractions and an offset."""
OFFSETS = ("%z", "%#z", "%:z")


def read_moments(values: pl.Series, formats: tuple[str, ...], zone: str) -> pl.Series:
    """A column as wall time of the zone, by the first of the formats that reads each value; null where none does."""
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        return (_wall(values, zone) if kind.time_zone else values).cast(WALL)
    if kind == pl.Date:
        return values.cast(WALL)
    if kind == pl.Null:
        return values.cast(WALL)
    text = values.cast(pl.String).str.strip_chars()
    return _first_that_reads(text, [_reader(wanted, zone) for wanted in _spelt_out(formats)], WALL)


def read_clock(values: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """A column of times of day as the time since midnight; "745" is a quarter to eight."""
    if values.dtype == pl.Time:
        return values.cast(pl.Duration("us"))
    text = values.cast(pl.String).str.strip_chars()
    short = text.str.contains(r"^\d{1,3}$").fill_null(value=False)
    text = "2000-01-01 " + text.zip_with(~short, text.str.zfill(4))
    readers = [_reader(f"%Y-%m-%d {wanted}", "UTC") for wanted in formats]
    return _first_that_reads(text, readers, WALL) - MIDNIGHT


def read_hours(values: pl.Series) -> pl.Series:
    """A column of hours 0 to 23 as the time since midnight."""
    number = values.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    hour = pl.col(values.name)
    good = pl.when((hour >= 0) & (hour < 24)).then(hour.floor())
    return number.to_frame().select(pl.duration(hours=good).cast(pl.Duration("us"))).to_series()


Reader = Callable[[pl.Series], pl.Series]


def _first_that_reads(text: pl.Series, readers: list[Reader], kind: pl.DataType) -> pl.Series:
    found = pl.Series(values=[None], dtype=kind).new_from_index(0, len(text)) if not readers else readers[0](text)
    for reader in readers[1:]:
        open_ = found.is_null() & text.is_not_null()
        if not open_.any():
            break
        found = found.zip_with(~open_, reader(text.zip_with(open_, text.clear(len(text)))))
    return found


def _spelt_out(formats: tuple[str, ...]) -> list[str]:
    return [one for wanted in formats for one in (ISO if wanted == "iso" else (wanted,))]


def _reader(wanted: str, zone: str) -> Reader:
    if wanted == "excel":
        return _excel
    if wanted in {"epoch", "epoch-ms"}:
        return lambda text: _epoch(text, 1_000_000 if wanted == "epoch" else 1_000, zone)
    return lambda text: _formatted(text, wanted, zone)


def _formatted(text: pl.Series, wanted: str, zone: str) -> pl.Series:
    if wanted in ISO:
        text = text.str.replace("T", " ", literal=True)
    has_offset = any(mark in wanted for mark in OFFSETS)
    if has_offset:
        text = text.str.replace(r"[Zz]$", "+00:00")
    found = text.str.to_datetime(wanted, strict=False, time_unit="us")
    return _wall(found, zone) if has_offset else found


def _excel(text: pl.Series) -> pl.Series:
    days = text.cast(pl.Float64, strict=False)
    days = days.zip_with(days.is_between(1, EXCEL_LAST).fill_null(value=False), days.clear(len(days)))
    micros = (days * 86_400).round(0).cast(pl.Int64) * 1_000_000
    return micros.cast(pl.Duration("us")) + EXCEL_EPOCH


def _epoch(text: pl.Series, micros: int, zone: str) -> pl.Series:
    since = (text.cast(pl.Float64, strict=False) * micros).cast(pl.Int64, strict=False)
    return _wall(since.cast(pl.Datetime("us", "UTC")), zone)


def _wall(moments: pl.Series, zone: str) -> pl.Series:
    return moments.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def to_utc(wall: pl.Expr, zone: str) -> pl.Expr:
    """Wall times as UTC. An hour that the clocks skipped is an hour later; one that came twice is the first."""
    return pl.coalesce(to_utc_strictly(wall, zone), to_utc_strictly(wall + pl.duration(hours=1), zone))


def to_utc_strictly(wall: pl.Expr, zone: str) -> pl.Expr:
    """Wall times as UTC, null where the clocks skipped the hour."""
    return wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
