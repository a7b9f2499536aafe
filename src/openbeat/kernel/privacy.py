"""Privacy classes of stored fields: how a field may travel and how long it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a field may travel."""

    OPEN = "open"
    """May be published once small numbers and exact places are dealt with."""
    INTERNAL = "internal"
    """About the work, not about a person: seen by the agency and its overseers."""
    PERSONAL = "personal"
    """About a person: never in the log, never in an analytic input."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """A field's class and how many years it is kept after its record closes; None: as long as the record."""

    kind: Kind
    years: int | None = None


PrivacyMap = Mapping[str, Privacy]

OPEN = Privacy(Kind.OPEN)
INTERNAL = Privacy(Kind.INTERNAL)


def personal(*, years: int | None = None) -> Privacy:
    """Personal data, kept so many years after the record closes."""
    return Privacy(Kind.PERSONAL, years)


def internal(*, years: int | None = None) -> Privacy:
    """Internal data, kept so many years after the record closes."""
    return Privacy(Kind.INTERNAL, years)
