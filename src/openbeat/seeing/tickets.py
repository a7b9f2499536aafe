"""Row tickets: which agencies' rows this connection may touch now, sealed so that a query can't widen them.

The policies of the database call `openbeat_reach()`, which opens the ticket with the key that only the owner's
tables hold. A hostile statement from the application's role can blank the ticket, not forge one (HMAC, RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

from psycopg import Connection

BLOCK = 64


def pads(key: bytes) -> tuple[bytes, bytes]:
    """HMAC-SHA-256's inner and outer padded keys, as the database keeps them."""
    block = key.ljust(BLOCK, b"\0") if len(key) <= BLOCK else hashlib.sha256(key).digest().ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def ticket(agencies: Iterable[UUID], key: bytes) -> str:
    """A sealed ticket for these agencies, in the form that `openbeat_reach()` opens."""
    text = "{" + ",".join(sorted(str(agency) for agency in agencies)) + "}"
    return f"{text}|{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def forget(connection: Connection) -> None:
    """Take all back that a borrower of the connection left on it: row ticket, session, locks, settings."""
    connection.autocommit = True
    connection.execute("DISCARD ALL")
