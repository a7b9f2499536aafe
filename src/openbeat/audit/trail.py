"""Writing the trail. Only the two doors call this."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from openbeat.audit.body import FIELDS, canonical_entry, commitment
from openbeat.audit.words import Draft
from openbeat.kernel.ids import new_id


# one statement, one round trip: the entry and its place in the queue stand or fall together
APPEND = (
    f'WITH entry AS (INSERT INTO audit_entry ("{'", "'.join(FIELDS)}", "salt") '  # noqa: S608 fixed names
    f"VALUES ({', '.join(['%s'] * (len(FIELDS) + 1))})) "
    "INSERT INTO audit_pending (entry_id, commitment) VALUES (%s, %s)"
)


def append(draft: Draft) -> UUID:
    """Write one entry in the present transaction; its index in the log follows within a second of the commit."""
    row = _row(draft)
    salt = secrets.token_bytes(32)
    values = [Jsonb(row[name]) if name == "changes" else row[name] for name in FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [*values, salt, row["id"], commitment(salt, canonical_entry(row))])
    return UUID(str(row["id"]))


def _row(draft: Draft) -> dict[str, Any]:
    holding = next((h for h in draft.actor.holdings if h.role.value == draft.role), None)
    return {
        "id": new_id(),
        "at": draft.at,
        "operation": draft.operation.value,
        "deed": draft.deed,
        "actor_id": draft.actor.person_id,
        "role": draft.role,
        "post_id": holding.post_id if holding else None,
        "agency_id": draft.agency_id or draft.actor.agency_id,
        "token_id": draft.actor.token_id,
        "object_type": draft.object_type,
        "object_id": draft.object_id,
        "reason": draft.reason,
        "legal_basis": draft.legal_basis,
        "case": draft.case,
        "recipient": draft.recipient,
        "source_address": draft.actor.source_address,
        "changes": dict(draft.changes),
        "refused": draft.refused,
    }
