"""Gives each committed entry its index in the log, extends the tiles and signs; one at a time in the whole service."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from witness.log import Log

ADVISORY_LOCK = 0x6F70656E62656174
"""«openbeat» in ASCII: the lock that only one sequencer holds."""

BATCH = 20_000

TAKE = """
WITH taken AS (
  DELETE FROM audit_pending WHERE id IN (SELECT id FROM audit_pending ORDER BY id LIMIT %s)
  RETURNING id, entry_id, commitment)
INSERT INTO audit_leaf (index, entry_id, commitment)
SELECT %s + row_number() OVER (ORDER BY id) - 1, entry_id, commitment FROM taken
RETURNING index, commitment
"""


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What one step did: how many entries got an index, and the size of the signed log."""

    added: int
    size: int


class Sequencer:
    """The one writer of the log. Open it, call `step()` again and again, close it."""

    def __init__(self) -> None:
        self._log = open_log()
        try:
            self._catch_up()
        except BaseException:
            self._log.close()  # else the next try would only find the log busy, and not say why
            raise

    def close(self) -> None:
        """Let another process take over."""
        self._log.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])

    def step(self) -> Sequenced:
        """Number what waits, publish it, sign. The database has every leaf before the log does."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TAKE, [BATCH, self._log.size])
            rows = sorted(cursor.fetchall())
        if rows:
            self._log.catch_up(rows[0][0], [bytes(leaf) for _, leaf in rows])
            self._log.checkpoint()
        return Sequenced(len(rows), self._log.size)

    def _catch_up(self) -> None:
        """Bring the log up to the database: a run may have been cut off between the two."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM audit_leaf")
            missing = self._log.missing(cursor.fetchone()[0])
            for start in range(missing.start, missing.stop, BATCH):
                cursor.execute(
                    "SELECT commitment FROM audit_leaf WHERE index >= %s ORDER BY index LIMIT %s", [start, BATCH]
                )
                self._log.catch_up(start, [bytes(leaf) for (leaf,) in cursor.fetchall()])
        self._log.checkpoint()


def take_lock() -> bool:
    """Whether this process is now the one sequencer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def open_log() -> Log:
    """The log where the settings say; begun with a new key where there is none."""
    return Log(settings.LOG_TILES, settings.LOG_KEYS, settings.LOG_ORIGIN, last=settings.LOG_LAST_CHECKPOINT)
