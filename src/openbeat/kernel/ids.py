"""Identifiers: UUID version 7, sortable by time and safe to mint off line (RFC 9562)."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A fresh UUID version 7."""
    return uuid_utils.compat.uuid7()
