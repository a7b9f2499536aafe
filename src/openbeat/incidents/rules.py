"""Rules of incidents: the code lists, which classes may feed a forecast, and cells as SQL and Python count them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from openbeat.kernel.errors import BadInput, Contradiction


class Scheme(StrEnum):
    """A list of offence classes."""

    NIBRS = "NIBRS"
    ICCS = "ICCS"


class Precision(StrEnum):
    """How exactly a source tells the time."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class NotReportedByVictims(Contradiction):
    """A class that patrols discover cannot feed a forecast: its counts follow where patrols went."""

    code = "not-reported-by-victims"


class UnknownClass(BadInput):
    """A code that its list does not have."""

    code = "unknown-class"


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """One class of a code list, as its file states it."""

    scheme: Scheme
    code: str
    name: str
    group: str
    against: str
    iccs: str
    federal_only: bool
    valid_from: date | None
    valid_to: date | None
    reported_by_victims: bool
    reason: str

    def valid_on(self, day: date) -> bool:
        """Whether the class is in force on that day; no date means no bound."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


LIST_FILES = MappingProxyType({Scheme.NIBRS: "nibrs.csv", Scheme.ICCS: "iccs.csv"})


@cache
def code_list(scheme: Scheme) -> Mapping[str, ClassEntry]:
    """The classes of a list by their code."""
    text = (files("openbeat.incidents") / "codes" / LIST_FILES[scheme]).read_text(encoding="utf-8")
    entries = (_entry(scheme, row) for row in csv.DictReader(text.splitlines()))
    return MappingProxyType({entry.code: entry for entry in entries})


def _entry(scheme: Scheme, row: Mapping[str, str]) -> ClassEntry:
    return ClassEntry(
        scheme=scheme,
        code=row["code"],
        name=row["name"],
        group=row["group"],
        against=row["against"],
        iccs=row["iccs"],
        federal_only=row["federal_only"] == "yes",
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        reported_by_victims=row["reported_by_victims"] == "yes",
        reason=row["reason"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def can_be_reported(scheme: Scheme, group: str, against: str) -> bool:
    """Whether a class may ever be marked as reported by victims: in NIBRS, group A with someone harmed."""
    return scheme is not Scheme.NIBRS or (group == "A" and against in {"person", "property"})


def require_reported(classes: Iterable[tuple[str, bool]]) -> None:
    """Refuse to learn from classes (name, reported by victims?) that patrols discover: it would lead patrols back."""
    discovered = sorted(code for code, reported in classes if not reported)
    if discovered:
        raise NotReportedByVictims(
            "{listed}: found by patrols rather than reported by victims, so no forecast or warning learns from them",
            mend="choose classes that victims or callers report",
            listed=", ".join(discovered),
        )


def require_known(scheme: Scheme, codes: Iterable[str]) -> None:
    """Refuse codes that the list does not have."""
    unknown = sorted(set(codes) - set(code_list(scheme)))
    if unknown:
        raise UnknownClass(
            "{scheme} has no class {listed}",
            mend="correct the profile's codes",
            scheme=scheme.value,
            listed=", ".join(unknown),
        )


ARREST_SHARE = 0.6
"""Above this share of arrests a class is flagged: its counts may follow where units work, not where harm falls."""
ENOUGH_FOR_SHARE = 30
"""Fewer rows than this say nothing about a class's arrest share."""


def arrest_flagged(rows: int, arrests: int) -> bool:
    """Whether a class's arrests are so many that it looks discovered by patrols."""
    return rows >= ENOUGH_FOR_SHARE and arrests > ARREST_SHARE * rows


RESOLUTION_SHIFT = 52
DIGIT_BITS = 3
FINEST = 15


Cells = TypeVar("Cells", int, NDArray[np.int64])


def parent_cell(cell: Cells, resolution: int) -> Cells:
    """The H3 cell (or cells) of a coarser resolution that holds this one, by its bits: as the SQL function does it."""
    digits = (1 << (DIGIT_BITS * (FINEST - resolution))) - 1
    return cell & ~(FINEST << RESOLUTION_SHIFT) | (resolution << RESOLUTION_SHIFT) | digits
