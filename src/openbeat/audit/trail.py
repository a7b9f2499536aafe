"""Writing the trail. Only the two doors call this."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from openbeat.audit.body import FIELDS, canonical_entry, commitment
from openbeat.audit.words import Draft
from openbeat.kernel.ids import new_id

# one statement, one round trip: the entry and its place in the queue stand or fall together
NAMES = ", ".join(f'"{name}"' for name in (*FIELDS, "salt"))
PLACES = ", ".join(["%s"] * (len(FIELDS) + 1))
APPEND = (
    f"WITH entry AS (INSERT INTO audit_entry ({NAMES}) VALUES ({PLACES})) "  # noqa: S608 names of ours
    "INSERT INTO audit_pending (entry_id, commitment) VALUES (%s, %s)"
)


def append(draft: Draft) -> UUID:
    """Write one entry in the present transaction; its index in the log follows within a second of the commit."""
    entry_id = new_id()
    row: dict[str, Any] = {**asdict(draft), "id": entry_id, "operation": draft.operation.value}
    salt = secrets.token_bytes(32)
    values: list[Any] = [Jsonb(row[name]) if name == "changes" else row[name] for name in FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [*values, salt, entry_id, commitment(salt, canonical_entry(row))])
    return entry_id
