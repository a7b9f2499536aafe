"""From a signed-in person to an actor: which holdings are in force, and how far each reaches."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from openbeat.access import Actor, Permission, Role
from openbeat.access import Holding as Held
from openbeat.accounts.models import Agency, Holding, Person, Token
from openbeat.kernel.time import in_utc, on_training_day


def actor_of(person: Person, *, at: datetime, source_address: str = "") -> Actor:
    """The person as an actor at this moment."""
    held = Holding.objects.filter(Q(until=None) | Q(until__gt=at), person=person, since__lte=at)
    return _actor(person, list(held.select_related("post").order_by("since")), source_address)


def actor_of_token(token: Token, *, source_address: str = "") -> Actor:
    """A programme as an actor: its holding's rights, narrowed to the permissions its token names."""
    holding = token.holding
    actor = _actor(holding.person, [holding], source_address)
    scope = frozenset(Permission(name) for name in token.permissions)
    return Actor(holding.person_id, token.agency_id, actor.holdings, source_address, scope, token.id)


def _actor(person: Person, held: list[Holding], source_address: str) -> Actor:
    below = subtree()
    holdings = tuple(Held(Role(h.role), h.post.agency_id, h.post_id, frozenset(below[h.post.agency_id])) for h in held)
    return Actor(person.pk, person.agency_id, holdings, source_address)


def subtree() -> dict[UUID, set[UUID]]:
    """Agency → itself and every agency below it."""
    parents = dict(Agency.objects.values_list("id", "parent_id"))
    below: dict[UUID, set[UUID]] = defaultdict(set)
    for agency in parents:
        above: UUID | None = agency
        while above is not None and agency not in below[above]:
            below[above].add(agency)
            above = parents.get(above)
    return below


def agency_now(agency: Agency, wall: datetime) -> datetime:
    """The agency's now: the wall clock, or in training its time of day on the training day."""
    if agency.training_today is None:
        return in_utc(wall)
    return on_training_day(wall, agency.training_today, agency.tz)
