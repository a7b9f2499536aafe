"""A programme's token opens the rows of its agency for the request, and no more than it names."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import Protocol, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from openbeat.access import Actor
from openbeat.accounts.entering import door_of_token
from openbeat.accounts.identity import Agency, actor_of_token, agency_now, token_in_force
from openbeat.kernel.time import now
from openbeat.seeing.scope import rows_of


class Asking(Protocol):
    """The request as the middleware hands it on."""

    actor: Actor
    agency: Agency | None
    now: datetime
    wall: datetime
    source_address: str
    rows: ExitStack


class TokenAuth(HttpBearer):
    """`Authorization: Bearer TOKEN`."""

    openapi_description = "A token that an administrator of the agency issued, scoped to permissions."

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The actor behind the token, its rows open until the request ends; None turns the request away."""
        asking = seen(request)
        door = door_of_token(token)
        if door is None:
            return None
        asking.rows.enter_context(rows_of({door.agency_id}))
        found = token_in_force(token, at=asking.wall)
        if found is None:
            return None
        asking.agency = found.agency
        asking.now = agency_now(found.agency, now())
        asking.actor = actor_of_token(found, source_address=asking.source_address)
        asking.rows.enter_context(rows_of(asking.actor.reach))
        return asking.actor


def actor(request: HttpRequest) -> Actor:
    """The request's actor."""
    return seen(request).actor


def seen(request: HttpRequest) -> Asking:
    """The request with its actor, agency and now."""
    return cast("Asking", request)
