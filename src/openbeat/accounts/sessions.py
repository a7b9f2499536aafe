"""The session engine: a session is found by the digest of its key and opened with the key itself.

Who reads the table learns neither keys nor contents, and a row copied under another key does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.db.models.functions import Now

from openbeat.accounts.models import Session

AGENCY = "agency"
"""Where a session keeps the agency whose rows it opens."""
PERSON = "_auth_user_id"
BEGUN = "begun"
SOURCE = "source"


class SessionStore(DatabaseStore):
    """Django's sessions in the database, behind a row lock that only the key's digest opens."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table of sessions."""
        return Session

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return super().exists(shown(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """Forget the session with this key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=shown(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Forget the sessions of every agency whose time is over."""
        sweep()

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The contents, sealed with the session's key."""
        text = json.dumps(session_dict, separators=(",", ":"))
        return self._seal().encrypt(text.encode()).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The contents; empty where they were not sealed with this key."""
        try:
            return dict(json.loads(self._seal().decrypt(session_data)))
        except InvalidToken:
            return {}

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row for these contents."""
        begun = data.get(BEGUN)
        return Session(
            session_key=shown(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            agency_id=_id(data.get(AGENCY)),
            person_id=_id(data.get(PERSON)),
            begun_at=datetime.fromisoformat(begun) if begun else None,
            source_address=data.get(SOURCE, ""),
        )

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(session_key=shown(self.session_key or ""), expire_date__gt=Now()).first()
        if found is None:
            self._session_key = None
        return found

    def _seal(self) -> Fernet:
        key = hmac.new(settings.SECRET_KEY.encode(), (self.session_key or "").encode(), hashlib.sha256).digest()
        return Fernet(base64.urlsafe_b64encode(key))


def sweep() -> int:
    """Forget the sessions of every agency whose time is over; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_sweep_sessions()")
        return int(cursor.fetchone()[0])


def shown(key: str) -> str:
    """The key's digest, shown to the database on this connection, so that its row lock opens for that session."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('openbeat.session', %s, false)", [digest])
    return digest


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
