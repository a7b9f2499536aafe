"""From a signed-in person to an actor: which holdings are in force, and how far each reaches."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Q

from openbeat.access import Actor, Permission, Role
from openbeat.access import Holding as Held
from openbeat.accounts import rules
from openbeat.accounts.entering import digest_of
from openbeat.accounts.models import Agency, Device, Holding, Person, Token
from openbeat.kernel.time import in_utc, on_training_day

__all__ = [
    "Agency",
    "Person",
    "actor_of",
    "actor_of_token",
    "agency_now",
    "agency_of",
    "every_agency",
    "is_secured",
    "limits_of",
    "subtree",
    "token_in_force",
]


def actor_of(person: Person, *, at: datetime, source_address: str = "") -> Actor:
    """The person as an actor at this moment."""
    held = Holding.objects.filter(Q(until=None) | Q(until__gt=at), person=person, since__lte=at)
    return Actor(person.pk, person.agency_id, _held(list(held.order_by("since"))), source_address)


def token_in_force(text: str, *, at: datetime) -> Token | None:
    """The programme's token with this secret, if it and the role it stands on are in force; within its agency."""
    in_force = Q(holding__until=None) | Q(holding__until__gt=at)
    found = Token.objects.filter(in_force, digest=digest_of(text), revoked_at=None, expires__gt=at)
    return found.filter(holding__since__lte=at).select_related("holding", "agency").first()


def actor_of_token(token: Token, *, source_address: str = "") -> Actor:
    """A programme as an actor: its holding's rights, narrowed to the permissions its token names."""
    holding = token.holding
    held = _held([holding])
    scope = frozenset(Permission(name) for name in token.permissions)
    return Actor(holding.person_id, token.agency_id, held, source_address, scope, token.id)


def _held(held: list[Holding]) -> tuple[Held, ...]:
    below = subtree()
    return tuple(Held(Role(h.role), h.agency_id, h.post_id, frozenset(below[h.agency_id])) for h in held)


def every_agency() -> list[Agency]:
    """All agencies of the installation, oldest first. That they exist is open."""
    return list(Agency.objects.order_by("id"))


def agency_of(agency_id: UUID) -> Agency:
    """The agency with this id; what is known of an agency is open."""
    return Agency.objects.get(pk=agency_id)


def limits_of(device_id: UUID | None) -> tuple[int | None, int | None]:
    """Idle minutes and hours until a full sign-in for this device; the ordinary ones where it has no profile."""
    devices = Device.objects.filter(withdrawn_at=None).select_related("profile")
    found = devices.filter(pk=device_id).first() if device_id else None
    if found is None:
        return rules.IDLE_MINUTES, rules.AGAIN_HOURS
    return found.profile.idle_minutes, found.profile.again_hours


def is_secured(person: Person) -> bool:
    """Whether the account is guarded by a passkey or by a password with an authenticator app."""
    kinds = set(Authenticator.objects.filter(user_id=person.pk).values_list("type", flat=True))
    return rules.secured(
        password=person.has_usable_password(), totp=Authenticator.Type.TOTP in kinds,
        passkey=Authenticator.Type.WEBAUTHN in kinds, external=False,
    )  # fmt: skip


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
