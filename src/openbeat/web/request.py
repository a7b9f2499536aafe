"""The request as our middleware hands it on."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

from django.http import HttpRequest

from openbeat.access import Actor
from openbeat.accounts.identity import Agency, Person


class Request(HttpRequest):
    """A request with its actor, the agency's now and the wall clock's; `rows` holds what it opened in the database."""

    actor: Actor
    now: datetime
    wall: datetime
    agency: Agency | None
    person: Person | None
    source_address: str
    rows: ExitStack
    idle_seconds: int | None
