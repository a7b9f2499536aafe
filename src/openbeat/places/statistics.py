"""Statistics of areas as offices give them: a table with one row an area, its code, and a column for each statistic."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from openbeat.kernel.errors import BadInput

MOST_COLUMNS = 12
MOST_GROUPS = 12
"""Groups that a table can still be read by."""
RESIDENTS = ("resident", "population", "inhabitant")
"""Words in the name of a column that counts people."""


class NotAStatistic(BadInput):
    """The table does not say something of every area."""

    code = "not-a-statistic"


@dataclass(frozen=True, slots=True)
class AreaValues:
    """One statistic: its name, and each area's number or group by the area's code."""

    name: str
    values: Mapping[str, float | str]

    @property
    def counts_residents(self) -> bool:
        """Whether its name says that it counts the people who live there."""
        numbers = all(isinstance(value, float) for value in self.values.values())
        return numbers and any(word in self.name.lower() for word in RESIDENTS)


def read_statistics(text: str, codes: Collection[str]) -> tuple[AreaValues, ...]:
    """The statistics of a CSV table whose column of codes is found by its values. Raises NotAStatistic."""
    rows = list(csv.DictReader(io.StringIO(text), skipinitialspace=True))
    columns = list(rows[0]) if rows else []
    if None in columns or len(columns) < 2:
        raise NotAStatistic(
            "the table has no column beside the areas' codes",
            mend="give one row an area: its code, then its statistics",
        )
    key = max(columns, key=lambda column: len({row[column] or "" for row in rows} & set(codes)))
    by_code = {(row[key] or "").strip(): row for row in rows}
    if len(by_code) < len(rows):
        raise NotAStatistic("an area stands in two rows of the table", mend="give each area one row")
    if missing := sorted(set(codes) - set(by_code)):
        raise NotAStatistic(
            "{count} of {areas} areas have no row: {first}",
            mend="give a row for every area, with the codes that this set has",
            count=len(missing),
            areas=len(codes),
            first=", ".join(missing[:5]),
        )
    others = [column for column in columns if column != key and column.strip()]
    if len(others) > MOST_COLUMNS:
        raise NotAStatistic("more than {most} statistics at once", mend="leave columns out", most=MOST_COLUMNS)
    return tuple(_one(column.strip(), {code: by_code[code][column] for code in sorted(codes)}) for column in others)


def _one(name: str, given: Mapping[str, str | None]) -> AreaValues:
    """Numbers where all are, else names of a few groups."""
    texts = {code: (value or "").strip() for code, value in given.items()}
    if empty := [code for code, value in texts.items() if not value]:
        raise NotAStatistic(
            "{name} says nothing of {first}",
            mend="fill the column, or leave it out",
            name=name,
            first=", ".join(empty[:5]),
        )
    numbers = {code: _number(value) for code, value in texts.items()}
    found = {code: value for code, value in numbers.items() if value is not None}
    if len(found) == len(texts):
        return AreaValues(name[:80], found)
    if len(set(texts.values())) > MOST_GROUPS:
        raise NotAStatistic(
            "{name} has neither numbers nor at most {most} groups",
            mend="give numbers, or leave the column out",
            name=name,
            most=MOST_GROUPS,
        )
    return AreaValues(name[:80], texts)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
