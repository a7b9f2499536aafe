"""Decisions of intake: why a row is refused, which differences matter, when a whole file is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PRECISIONS = ("minute", "hour", "day", "month")
DUPLICATES = ("refuse", "keep")
UNKNOWN_CODES = ("keep", "refuse")
KINDS = ("csv", "excel", "parquet", "geojson")

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "too-many-fields": "the row has more fields than the header",
        "unreadable-characters": "the row holds characters that no text can hold",
        "missing-time": "no date is given",
        "unreadable-time": "the date is in none of the formats of the profile",
        "too-early": "the date lies before the earliest one that the profile allows",
        "in-future": "the date lies in the future",
        "ends-before-start": "the end lies before the beginning",
        "missing-place": "no position is given",
        "unreadable-place": "the position is not two numbers",
        "impossible-place": "the position is not on Earth",
        "outside-area": "the position lies outside the agency's area",
        "missing-class": "no offence code is given",
        "unknown-code": "the offence code is not in the profile",
        "duplicate-id": "another row of the file has the same id",
        "duplicate-row": "another row of the file says the same",
        "id-too-long": "the id is longer than 200 characters",
    }
)
"""Why a row is refused: code → words."""

LONGEST_ID = 200
SPIKE = 3.0
"""An hour or a day that holds so many times the median is a habit of the record, not of the city."""


def whole_file_refused(rows: int, refused: int) -> bool:
    """Whether so many rows are refused that the profile, not the rows, must be wrong: more than half."""
    return rows > 0 and refused * 2 > rows
