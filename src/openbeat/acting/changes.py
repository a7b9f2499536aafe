"""What a deed changed, before and after, told without personal data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from openbeat.kernel.privacy import Kind, PrivacyMap

LONGEST = 200
"""Longer values are told by their digest: the log says that they changed and to what, not what they say."""


EXACT = 2**53 - 1
"""Greater integers, such as a cell's, are told as text: not every reader of JSON keeps them (RFC 8259, 6)."""


def snapshot(thing: object) -> dict[str, object]:
    """The thing's fields by name, personal ones as a digest that only serves to notice a change."""
    privacy: PrivacyMap | None = getattr(thing, "PRIVACY", None)
    return {name: getattr(thing, _column(thing, name), None) for name in privacy} if privacy else {}


def _column(thing: object, name: str) -> str:
    """A relation is read by its id, so that telling a change never fetches a row."""
    return f"{name}_id" if hasattr(thing, f"{name}_id") else name


def difference(thing: object, before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """Field → [before, after] for each that changed; of a personal field only that it changed."""
    privacy: PrivacyMap = getattr(thing, "PRIVACY", {})
    changed = [name for name in after if before.get(name) != after[name]]
    return {
        name: "changed" if privacy[name].kind is Kind.PERSONAL else [plain(before.get(name)), plain(after[name])]
        for name in changed
    }


def plain(value: Any) -> Any:  # noqa: PLR0911 one line a kind of value
    """A value as the trail keeps it: JSON without floating point, long ones by digest."""
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= EXACT else str(value)
        case float() | Decimal() | UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case bytes() | memoryview():
            return "sha256:" + hashlib.sha256(value).hexdigest()
        case dict():
            return _short({str(key): plain(item) for key, item in value.items()})
        case list() | tuple() | set() | frozenset():
            return _short([plain(item) for item in value])
        case _:
            return _short(str(value))


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value if len(text) <= LONGEST else "sha256:" + hashlib.sha256(text.encode()).hexdigest()
