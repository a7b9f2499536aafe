"""The scope in which an edge works: the database shows rows of the actor's agencies and no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection
from psycopg.pq import TransactionStatus

from openbeat.access import Actor
from openbeat.seeing.tickets import ticket

# for the session, not the transaction: a page reads outside of transactions too; the inner query goes first
OPEN = """
SELECT old.ticket, set_config('openbeat.ticket', %s, false)
FROM (SELECT current_setting('openbeat.ticket', true) AS ticket OFFSET 0) old
"""


@contextmanager
def scope(actor: Actor) -> Iterator[None]:
    """Open the rows of the actor's agencies on this connection; on leaving, what was open before is open again."""
    with rows_of(actor.reach):
        yield


@contextmanager
def rows_of(agencies: Iterable[UUID]) -> Iterator[None]:
    """Open the rows of these agencies, where no actor is known yet: a door of sign-in, a programme's token."""
    before = _set(ticket(agencies, settings.ROW_KEY))
    try:
        yield
    finally:
        if _listens():
            try:
                _set(before)
            except OperationalError:
                connection.close()  # the server went away: nothing is open any more


def _listens() -> bool:
    """Whether the connection takes statements; what was opened in a transaction that failed goes with its rollback."""
    raw = connection.connection
    return (
        raw is not None and not connection.needs_rollback and raw.info.transaction_status != TransactionStatus.INERROR
    )


def _set(value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [value])
        before: str | None = cursor.fetchone()[0]
    return before or ""
