"""Questions about agencies, posts, people and their roles; each takes the actor first and shows what they may see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Count, Model, Prefetch, Q, QuerySet

from openbeat.access import Actor, Permission
from openbeat.accounts.models import Agency, Device, DeviceProfile, Holding, Person, Post, Session, Token
from openbeat.kernel.errors import NotFound, Word
from openbeat.seeing.visible import visible

Found = TypeVar("Found", bound=Model)

IN_FORCE = "held"
"""The attribute under which `people` hands on each person's roles in force."""


def agencies(actor: Actor) -> QuerySet[Agency]:
    """The agencies that the actor administers, by name."""
    return visible(actor, Permission.AGENCY_ADMINISTER, Agency.objects.order_by("name"))


def agency(actor: Actor, agency_id: UUID) -> Agency:
    """One of the agencies that the actor administers."""
    return _one(agencies(actor).filter(pk=agency_id), Word("agency"))


def training_agencies(actor: Actor) -> QuerySet[Agency]:
    """The training agencies that the actor administers."""
    return agencies(actor).exclude(training_today=None)


def posts(actor: Actor) -> QuerySet[Post]:
    """Posts of the agencies in reach, with how many roles are held for each."""
    in_reach = visible(actor, Permission.AGENCY_ADMINISTER, Post.objects.select_related("agency"))
    return in_reach.annotate(held=Count("holdings", filter=Q(holdings__until=None))).order_by("agency__name", "name")


def post(actor: Actor, post_id: UUID) -> Post:
    """One post in reach."""
    return _one(posts(actor).filter(pk=post_id), Word("post"))


def people(actor: Actor, *, at: datetime, words: str = "", role: str = "", state: str = "") -> QuerySet[Person]:
    """People in reach by name, narrowed to words in a name, a role held now, a state of the account."""
    found = visible(actor, Permission.PEOPLE_VIEW, Person.objects.select_related("agency").order_by("name"))
    if words:
        found = found.filter(Q(name__icontains=words) | Q(username__icontains=words))
    if role:
        found = found.filter(pk__in=_in_force(at).filter(role=role).values("person"))
    if state:
        found = found.filter(state=state)
    return found.prefetch_related(Prefetch("holdings", _in_force(at).select_related("post"), to_attr=IN_FORCE))


def names_of(actor: Actor, person_ids: set[UUID | None]) -> dict[UUID, str]:
    """Person → name, for those in reach."""
    seen = visible(
        actor, Permission.PEOPLE_VIEW, Person.objects.filter(pk__in={one for one in person_ids if one is not None})
    )
    return dict(seen.values_list("id", "name"))


def person(actor: Actor, person_id: UUID) -> Person:
    """One person in reach."""
    in_reach = visible(actor, Permission.PEOPLE_VIEW, Person.objects.select_related("agency"))
    return _one(in_reach.filter(pk=person_id), Word("person"))


def holdings(actor: Actor, person: Person) -> QuerySet[Holding]:
    """The roles that the person holds, held and will hold, as far as the actor may see; newest first."""
    held = visible(actor, Permission.PEOPLE_VIEW, person.holdings.select_related("post"))
    return held.order_by("-since")


def holding(actor: Actor, holding_id: UUID) -> Holding:
    """One role held, in reach."""
    return _one(visible(actor, Permission.PEOPLE_VIEW, Holding.objects.filter(pk=holding_id)), Word("role"))


def holdings_for_tokens(actor: Actor, agency: Agency, *, at: datetime) -> QuerySet[Holding]:
    """The roles in force in this agency on which a token can stand."""
    in_reach = visible(actor, Permission.PEOPLE_VIEW, _in_force(at).filter(agency=agency))
    return in_reach.select_related("person", "post").order_by("person__name", "role")


def sessions(actor: Actor, person: Person) -> QuerySet[Session]:
    """Where the person is signed in now."""
    in_reach = visible(actor, Permission.PEOPLE_VIEW, Person.objects.filter(pk=person.pk))
    return Session.objects.filter(person__in=in_reach).defer("session_data").order_by("-begun_at")


def factors(actor: Actor, person: Person) -> dict[str, int]:
    """How many means of signing in of each kind the person has set up; never what they are."""
    in_reach = visible(actor, Permission.PEOPLE_VIEW, Person.objects.filter(pk=person.pk)).first()
    if in_reach is None:
        return {}
    kinds = Authenticator.objects.filter(user_id=person.pk).values_list("type").annotate(count=Count("pk"))
    external = SocialAccount.objects.filter(user_id=person.pk).count()
    return {"password": int(in_reach.has_usable_password()), "external": external} | dict(kinds)


def locked(actor: Actor) -> QuerySet[Person]:
    """Accounts that wait for their release, longest first."""
    return visible(actor, Permission.PEOPLE_ADMINISTER, Person.objects.filter(state="locked")).order_by("locked_at")


def without_role(actor: Actor, *, at: datetime) -> QuerySet[Person]:
    """Active people who hold no role now."""
    active = visible(actor, Permission.PEOPLE_ADMINISTER, Person.objects.filter(state="active"))
    return active.exclude(pk__in=_in_force(at).values("person"))


def ending_tokens(actor: Actor, *, at: datetime, within: timedelta = timedelta(days=14)) -> QuerySet[Token]:
    """Tokens in force that end within these days, the next first."""
    return tokens(actor).filter(revoked_at=None, expires__gt=at, expires__lte=at + within).order_by("expires")


def device_profiles(actor: Actor) -> QuerySet[DeviceProfile]:
    """Kinds of devices of the agencies in reach."""
    in_reach = visible(actor, Permission.AGENCY_ADMINISTER, DeviceProfile.objects.select_related("agency"))
    return in_reach.order_by("agency__name", "name")


def device_profile(actor: Actor, profile_id: UUID) -> DeviceProfile:
    """One kind of device in reach."""
    return _one(device_profiles(actor).filter(pk=profile_id), Word("device profile"))


def devices(actor: Actor) -> QuerySet[Device]:
    """Devices that have a profile of their own."""
    in_reach = visible(actor, Permission.AGENCY_ADMINISTER, Device.objects.filter(withdrawn_at=None))
    return in_reach.select_related("profile", "agency").order_by("agency__name", "name")


def device(actor: Actor, device_id: UUID) -> Device:
    """One device in reach."""
    return _one(devices(actor).filter(pk=device_id), Word("device"))


def tokens(actor: Actor) -> QuerySet[Token]:
    """Programmes' tokens of the agencies in reach, those in force first."""
    in_reach = visible(actor, Permission.TOKEN_MANAGE, Token.objects.select_related("agency", "holding__person"))
    return in_reach.order_by("revoked_at", "-expires")


def token(actor: Actor, token_id: UUID) -> Token:
    """One token in reach."""
    return _one(tokens(actor).filter(pk=token_id), Word("token"))


def _in_force(at: datetime) -> QuerySet[Holding]:
    return Holding.objects.filter(Q(until=None) | Q(until__gt=at), since__lte=at)


def _one(found: QuerySet[Found], what: Word) -> Found:
    thing = found.first()
    if thing is None:
        raise NotFound("there is no such {what}", mend="it may have been removed, or is not yours to see", what=what)
    return thing
