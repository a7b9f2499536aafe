"""Row locks in the database: the migration step that sets one, and the grants that make them count."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.migrations import RunSQL

from openbeat.seeing.tickets import pads

ROLE = "openbeat_app"

GRANTS = (
    f"GRANT USAGE ON SCHEMA public TO {ROLE}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}",
    f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
    f"REVOKE UPDATE, DELETE ON audit_entry, audit_leaf FROM {ROLE}",
    f"REVOKE ALL ON seeing_key FROM {ROLE}",
    f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {ROLE}",
)
"""All that the application's role may do: work on rows, never on the trail's past, the row key or the schema."""


def row_lock(table: str, column: str = "agency_id") -> RunSQL:
    """A migration step: rows of `table` are seen and written only within the ticket's agencies."""
    return RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY {table}_reach ON {table} "
        f"USING ({column} = ANY ((SELECT openbeat_reach())::uuid[])) "
        f"WITH CHECK ({column} = ANY ((SELECT openbeat_reach())::uuid[]));",
        f"DROP POLICY {table}_reach ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def prepare(*, using: str, **_: Any) -> None:
    """After a migration by the owner: grant what the application's role needs, and lay down the row key."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [ROLE])
        if cursor.fetchone():
            for words in GRANTS:
                cursor.execute(words)
        inner, outer = pads(settings.ROW_KEY)
        cursor.execute("DELETE FROM seeing_key")
        cursor.execute("INSERT INTO seeing_key VALUES (%s, %s)", [inner, outer])
