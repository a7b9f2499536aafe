"""An entry's canonical bytes: the same from the row in the database and from an exported file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from witness.entries import canonical_json, commitment

FIELDS = (
    "id", "at", "operation", "deed", "actor_id", "role", "post_id", "agency_id", "token_id", "object_type",
    "object_id", "reason", "legal_basis", "case", "recipient", "source_address", "changes", "refused",
)  # fmt: skip

__all__ = ["FIELDS", "as_plain", "canonical_entry", "commitment"]


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def as_plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The entry's fields as JSON knows them: ids as text, times in UTC to the microsecond."""
    return {name: _plain(row[name]) for name in FIELDS}


def canonical_entry(row: Mapping[str, Any]) -> bytes:
    """The entry's canonical JSON, the bytes that its leaf commits to."""
    return canonical_json(as_plain(row))
