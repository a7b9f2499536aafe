"""Refused rows as a file that a person corrects and brings again."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from openbeat.intake.readers import ROW
from openbeat.intake.rules import REASONS

ROW_COLUMN, REASON_COLUMN, DETAIL_COLUMN = "row number", "why refused", "text at fault"
ADDED = (ROW_COLUMN, REASON_COLUMN, DETAIL_COLUMN)
"""Columns that the file of refused rows has before those of the source; the first ties a mended row to its old self."""

Row = tuple[int, str, str, Mapping[str, str | None]]
"""Row number, reason's code, text at fault, and column → text."""


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """The refused rows as CSV, line by line, the source's columns in their own order."""
    yield _line([*ADDED, *columns])
    for number, reason, detail, fields in rows:
        yield _line([str(number), REASONS[reason], detail, *(fields.get(name) or "" for name in columns)])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def as_file(rows: Sequence[Row]) -> Path:
    """The rows as a CSV file on disk, which the caller removes."""
    columns = list(dict.fromkeys(name for *_, fields in rows for name in fields))
    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False, encoding="utf-8", newline="") as file:
        file.writelines(as_csv(rows, columns))
    return Path(file.name)


def renumbered(frame: pl.DataFrame) -> pl.DataFrame:
    """A mended file's rows under the numbers that they had in the file they came from."""
    if ROW_COLUMN not in frame.columns:
        return frame
    number = pl.col(ROW_COLUMN).cast(pl.String).str.strip_chars().cast(pl.UInt32, strict=False)
    return frame.with_columns(pl.coalesce(number, pl.col(ROW)).alias(ROW)).drop(*ADDED, strict=False)
