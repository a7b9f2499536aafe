"""The erasure routine: the one way in which an entry leaves the table."""

from __future__ import annotations

from uuid import UUID

from django.db import connection


def erase(entry_id: UUID) -> bool:
    """Delete an entry in reach and its salt; whether there was one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_erase(%s)", [entry_id])
        return bool(cursor.fetchone()[0])
