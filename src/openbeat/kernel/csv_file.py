"""Tables as CSV files that leave the house."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable


def as_csv(lines: Iterable[Iterable[object]]) -> bytes:
    """The lines as a CSV file in UTF-8, each cell inert."""
    text = io.StringIO()
    csv.writer(text).writerows([inert(cell) for cell in line] for line in lines)
    return text.getvalue().encode()


def inert(cell: object) -> str:
    """A cell of a file that a spreadsheet will not take for a formula (CWE-1236)."""
    text = "" if cell is None else str(cell)
    return (
        f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not isinstance(cell, int | float) else text
    )
