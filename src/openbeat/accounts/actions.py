"""Changes to agencies, posts, people and the roles they hold; each through the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.utils.text import slugify

from openbeat.access import Actor, Facts, Permission, permits
from openbeat.accounts import rules
from openbeat.accounts.entering import digest_of, new_secret
from openbeat.accounts.models import (
    Agency,
    Device,
    DeviceProfile,
    FailedSignIn,
    Holding,
    Person,
    Post,
    SignInLink,
    Token,
)
from openbeat.accounts.states import AccountState, moved
from openbeat.acting import action, note
from openbeat.audit.words import Operation
from openbeat.kernel.errors import BadInput, Contradiction, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id

ADMINISTRATION = Operation.ADMINISTRATION

Kept = TypeVar("Kept", bound=Model)


@dataclass(frozen=True, slots=True)
class Founding:
    """The place of an agency that is about to be founded; its id is known before it is."""

    pk: UUID = field(default_factory=new_id)

    def facts(self) -> Facts:
        """It belongs to the agency to come."""
        return Facts(agency_id=self.pk)


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def found_agency(
    actor: Actor, founding: Founding, /, *, name: str, zone: str, slug: str = "", level: str = Agency.Level.LOCAL,
    country: str = "", training_today: date | None = None, attribution: str = "",
) -> Agency:  # fmt: skip
    """The first agency of an installation, or the top of another tree."""
    return _keep(
        Agency(
            id=founding.pk, name=name, slug=_slug(slug or name, founding.pk), zone=zone, level=level, country=country,
            training_today=training_today, attribution=attribution,
        )
    )  # fmt: skip


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def add_agency(
    actor: Actor, parent: Agency, /, *, name: str, zone: str, slug: str = "", level: str = Agency.Level.LOCAL,
    country: str = "",
) -> Agency:  # fmt: skip
    """An agency below this one."""
    place = new_id()
    return _keep(
        Agency(
            id=place, parent=parent, name=name, slug=_slug(slug or name, place), zone=zone, level=level,
            country=country or parent.country, training_today=parent.training_today,
        )
    )  # fmt: skip


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def change_agency(
    actor: Actor, agency: Agency, /, *, name: str, zone: str, banner: str, attribution: str, publishes: bool
) -> Agency:
    """What the agency is called, its time zone, what it shows before signing in, and whether it publishes."""
    agency.name, agency.zone, agency.banner = name, zone, banner
    agency.attribution, agency.publishes = attribution, publishes
    return _keep(agency)


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def set_training_day(actor: Actor, agency: Agency, /, *, today: date) -> Agency:
    """Move a training agency's clock; an agency at work has none to move."""
    if not agency.training:
        raise Contradiction("only a training agency has a training day", mend="found a training agency of its own")
    agency.training_today = today
    return _keep(agency)


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def add_post(actor: Actor, agency: Agency, /, *, name: str) -> Post:
    """A place in the organisation for which roles can be held."""
    return _keep(Post(agency=agency, name=name))


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def rename_post(actor: Actor, post: Post, /, *, name: str) -> Post:
    """Another name for the same place."""
    post.name = name
    return _keep(post)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def add_person(
    actor: Actor, agency: Agency, /, *, username: str, name: str, at: datetime, email: str = "", language: str = ""
) -> Person:
    """Someone who will sign in; without a password until they set one by a sign-in link."""
    person = Person(
        agency=agency, username=rules.sign_in_name(username), name=name, email=email, language=language, joined_at=at
    )
    person.set_unusable_password()
    taken = Contradiction("the sign-in name {name} is taken", mend="choose another", name=person.username)
    return _keep(person, taken=taken)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def change_person(actor: Actor, person: Person, /, *, name: str, email: str, language: str) -> Person:
    """How the person is called and reached, and in which language."""
    person.name, person.email, person.language = name, email, language
    return _keep(person)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def give_role(
    actor: Actor, person: Person, /, *, post: Post, role: str, since: datetime, until: datetime | None = None
) -> Holding:
    """A role, held for a post and a period."""
    rules.refuse_own_role(actor.person_id, person.pk)
    if not permits(actor, Permission.AGENCY_ADMINISTER, post):
        raise NotPermitted("you may not give roles for this post", mend="ask an administrator of that agency")
    if person.state == AccountState.CLOSED:
        raise Contradiction("this person has left", mend="reopen the account first")
    return _keep(Holding(agency_id=post.agency_id, person=person, post=post, role=role, since=since, until=until))


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def end_role(actor: Actor, holding: Holding, /, *, at: datetime) -> Holding:
    """The role ends now; the holder's next request no longer has it."""
    if holding.until is not None and holding.until <= at:
        raise NotInThisState("this role has ended already", mend="reload the page")
    holding.until = max(at, holding.since)
    return _keep(holding)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def issue_sign_in_link(actor: Actor, person: Person, /, *, at: datetime) -> str:
    """The secret of a link that signs this person in once within 15 minutes; older links of theirs stop working."""
    if person.state != AccountState.ACTIVE:
        raise NotInThisState(
            "this account is {state}", mend="release or reopen it first", state=AccountState(person.state)
        )
    person.sign_in_links.filter(used_at=None, expires__gt=at).update(expires=at)
    secret = new_secret()
    link = SignInLink.objects.create(
        agency_id=person.agency_id, person=person, digest=digest_of(secret), expires=at + rules.LINK_LIFE
    )
    note(link=link.id, expires=link.expires)
    return secret


@action(Permission.PEOPLE_ADMINISTER, operation=Operation.ERASURE)
def forget_old_tries(actor: Actor, agency: Agency, /, *, at: datetime) -> int:
    """Forget sign-in links that stopped working a week ago, and failed tries to sign in of a year ago."""
    links, _ = SignInLink.objects.filter(agency=agency, expires__lt=at - rules.LINK_KEPT).delete()
    tries, _ = FailedSignIn.objects.filter(agency=agency, at__lt=at - rules.FAILURE_KEPT).delete()
    note(links=links, failed_tries=tries)
    return links + tries


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def release_account(actor: Actor, person: Person, /) -> Person:
    """Let a locked person sign in again; the failures until now no longer count."""
    if person.state != AccountState.LOCKED:
        raise NotInThisState("this account is not locked", mend="reload the page")
    if actor.person_id == person.pk:
        raise Contradiction("nobody releases their own account", mend="ask another administrator")
    person.failed_sign_ins.all().delete()
    return _become(person, AccountState.ACTIVE)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def close_account(actor: Actor, person: Person, /, *, at: datetime) -> Person:
    """The person has left: roles end, tokens stop, sessions close."""
    if actor.person_id == person.pk:
        raise Contradiction("nobody closes their own account", mend="ask another administrator")
    for holding in person.holdings.filter(until=None) | person.holdings.filter(until__gt=at):
        holding.until = max(at, holding.since)
        holding.save(update_fields=["until"])
    stopped = Token.objects.filter(holding__person=person, revoked_at=None).update(revoked_at=at)
    closed, _ = person.sessions.all().delete()
    note(tokens=stopped, sessions=closed)
    return _become(person, AccountState.CLOSED)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def reopen_account(actor: Actor, person: Person, /) -> Person:
    """The person is back; roles are given anew."""
    if person.state != AccountState.CLOSED:
        raise NotInThisState("this account is not closed", mend="reload the page")
    return _become(person, AccountState.ACTIVE)


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def end_sessions(actor: Actor, person: Person, /) -> int:
    """Sign the person out everywhere; how many sessions ended."""
    ended, _ = person.sessions.all().delete()
    note(sessions=ended)
    return ended


@action(Permission.PEOPLE_ADMINISTER, operation=ADMINISTRATION)
def forget_factors(actor: Actor, person: Person, /) -> int:
    """Forget password, passkeys and second factors of someone who lost them; how many there were.

    The person comes in by a new sign-in link and sets them up anew; running sessions end.
    """
    gone: int = Authenticator.objects.filter(user_id=person.pk).delete()[0]
    person.set_unusable_password()
    person.save(update_fields=["password"])
    ended, _ = person.sessions.all().delete()
    note(factors=gone, sessions=ended)
    return gone


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def add_device_profile(
    actor: Actor, agency: Agency, /, *, name: str, idle_minutes: int | None, again_hours: int | None
) -> DeviceProfile:
    """A kind of device and how long it may stay signed in; None: without limit (a dispatch console)."""
    return _keep(DeviceProfile(agency=agency, name=name, idle_minutes=idle_minutes, again_hours=again_hours))


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def change_device_profile(
    actor: Actor, profile: DeviceProfile, /, *, name: str, idle_minutes: int | None, again_hours: int | None
) -> DeviceProfile:
    """Other limits for this kind of device, from the next request on."""
    profile.name, profile.idle_minutes, profile.again_hours = name, idle_minutes, again_hours
    return _keep(profile)


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def assign_device(actor: Actor, profile: DeviceProfile, /, *, name: str, at: datetime) -> Device:
    """Give the device at which the administrator sits this profile; its browser keeps the device's signed id."""
    return _keep(Device(agency_id=profile.agency_id, profile=profile, name=name, assigned_at=at))


@action(Permission.AGENCY_ADMINISTER, operation=ADMINISTRATION)
def withdraw_device(actor: Actor, device: Device, /, *, at: datetime) -> Device:
    """The device is an ordinary one again, from its next request on."""
    if device.withdrawn_at is not None:
        raise NotInThisState("this device was withdrawn already", mend="reload the page")
    device.withdrawn_at = at
    return _keep(device)


@action(Permission.TOKEN_MANAGE, operation=ADMINISTRATION)
def issue_token(
    actor: Actor, agency: Agency, /, *, holding: Holding, name: str, permissions: list[str], at: datetime,
    expires: datetime,
) -> str:  # fmt: skip
    """The secret of a programme's token, shown once; it can do no more than the role it stands on."""
    if holding.agency_id != agency.pk:
        raise Contradiction("the role is held in another agency", mend="choose a role held in this agency")
    if expires <= at:
        raise BadInput("the token would have expired before it is made", mend="give a later day")
    secret = new_secret()
    token = _keep(
        Token(
            agency=agency, name=name, holding=holding, digest=digest_of(secret), made_at=at, expires=expires,
            permissions=rules.token_permissions(holding.role, permissions),
        )
    )  # fmt: skip
    note(token=token.id, holding=holding.id, permissions=token.permissions, expires=expires)
    return secret


@action(Permission.TOKEN_MANAGE, operation=ADMINISTRATION)
def revoke_token(actor: Actor, token: Token, /, *, at: datetime) -> Token:
    """The token opens nothing from now on."""
    if token.revoked_at is not None:
        raise NotInThisState("this token was revoked already", mend="reload the page")
    token.revoked_at = at
    return _keep(token)


def _become(person: Person, state: AccountState) -> Person:
    person.state, person.locked_at = moved(person.state, state), None
    person.save(update_fields=["state", "locked_at"])
    return person


def _keep(thing: Kept, *, taken: Contradiction | None = None) -> Kept:
    """Save what its own rules allow; what they forbid is refused in words."""
    try:
        thing.clean_fields(exclude=["password"])
        thing.save()
    except ValidationError as error:
        words = "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
        raise BadInput(words, mend="correct it and save again") from error
    except IntegrityError as error:
        raise (taken or Contradiction("this name is taken", mend="choose another")) from error
    return thing


def _slug(text: str, place: UUID) -> str:
    """A short name for addresses; from the id where the name has no Latin letters."""
    return slugify(text)[: rules.SLUG_LENGTH] or f"agency-{place.hex[-8:]}"
