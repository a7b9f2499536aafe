"""The request as our middleware hands it on."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from openbeat.access import Actor
from openbeat.accounts.identity import Agency


class Request(HttpRequest):
    """A request with its actor, the agency's now and the wall clock's."""

    actor: Actor
    now: datetime
    wall: datetime
    agency: Agency | None
