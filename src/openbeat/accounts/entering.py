"""Signing in and out: what happens before, and just after, anyone holds a right.

The doors below are the only questions that the database answers without a row ticket: each tells from a name, an
id or a digest which person and agency it belongs to, and nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.auth.hashers import make_password
from django.db import connection

from openbeat.access import Actor
from openbeat.accounts import rules
from openbeat.accounts.models import FailedSignIn, Person, SignInLink
from openbeat.accounts.states import AccountState, moved
from openbeat.acting import together, witnessed
from openbeat.audit.words import Operation
from openbeat.kernel.errors import BadInput, Refusal

LAST_STEP = "last_step"
"""Where an authenticator app keeps the time step of the last code that was used."""


class Locked(Refusal):
    """The account is locked until an administrator releases it."""

    code = "account-locked"


class LinkSpent(Refusal):
    """The sign-in link was used, is too old, or never was."""

    code = "link-spent"


class Door(NamedTuple):
    """Whose door a name, an id or a digest opens."""

    person_id: UUID
    agency_id: UUID


def _ask(question: str, *given: str | UUID) -> Door | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id, agency_id FROM {question}", given)  # noqa: S608 fixed names
        row = cursor.fetchone()
    return Door(*row) if row else None


def door_of_name(name: str) -> Door | None:
    """Whose sign-in name this is."""
    try:
        return _ask("accounts_door_of_name(%s)", rules.sign_in_name(name))
    except BadInput:
        return None


def door_of_person(person_id: UUID) -> Door | None:
    """To which agency the person belongs."""
    return _ask("accounts_door_of_person(%s)", person_id)


def door_of_link(text: str) -> Door | None:
    """Whom the sign-in link was made for."""
    return _ask("accounts_door_of_link(%s)", digest_of(text))


def door_of_token(text: str) -> Door | None:
    """For whose role the programme's token was made, and in which agency."""
    return _ask("accounts_door_of_token(%s)", digest_of(text))


def door_of_external(provider: str, uid: str) -> Door | None:
    """Who has signed in before as this identity of the agency's single sign-on."""
    return _ask("accounts_door_of_external(%s, %s)", provider, uid)


def new_secret() -> str:
    """A fresh secret for a link or a token: 256 bits."""
    return secrets.token_urlsafe(32)


def digest_of(text: str) -> str:
    """The digest of a link's or a token's secret: all that is kept of it."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_password(person_id: UUID, password: str, *, at: datetime, source_address: str) -> Person | None:
    """The person, if the password is theirs; a wrong one counts. Tries on one account wait for each other."""
    with together():
        person = hold(person_id)
        if person.state == AccountState.LOCKED:
            refused_locked(person, source_address=source_address)
            spend_time(password)
            return None
        if person.check_password(password):
            return person if person.is_active else None
        count_failure(person, "password", at=at, source_address=source_address)
        return None


def spend_time(password: str) -> None:
    """Take as long as a real check takes, so that the time tells nothing about the account."""
    make_password(password)


def check_code(person_id: UUID, code_fits: Callable[[], bool], *, how: str, at: datetime, source_address: str) -> bool:
    """Whether a second factor fits, asked under the account's row lock; a wrong one counts like a wrong password."""
    with together():
        person = hold(person_id)
        if person.state == AccountState.LOCKED:
            refused_locked(person, source_address=source_address)
            return False
        if code_fits():
            return True
        count_failure(person, how, at=at, source_address=source_address)
        return False


def use_code(app: Authenticator, code: str, *, at: datetime) -> bool:
    """Whether the app's code is newer than the last one that was used, in whichever process; inside `check_code`.

    RFC 6238, 5.2: the second use of a code is refused. The time step that was used is kept with the app.
    """
    secret, now = decrypt(app.data["secret"]), int(at.timestamp()) // app_settings.TOTP_PERIOD
    near = range(now + 1, now - 2, -1)  # the clock may have gone on while the request waited
    step = next((one for one in near if _shows(secret, one, code)), None)
    kept = Authenticator.objects.get(pk=app.pk).data
    if step is None or step <= kept.get(LAST_STEP, 0):
        return False
    app.data = kept | {LAST_STEP: step}
    app.save(update_fields=["data"])
    return True


def _shows(secret: str, step: int, code: str) -> bool:
    """Whether the app shows this code in this time step."""
    return bool(compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))))


def hold(person_id: UUID) -> Person:
    """The person under a row lock, for a check whose failure counts; inside `together()`."""
    return Person.objects.select_for_update().get(pk=person_id)


def person_at(door: Door) -> Person:
    """The person behind the door, once their agency's rows are open."""
    return Person.objects.get(pk=door.person_id)


def person_of_session(person_id: UUID) -> Person | None:
    """The person whom a session names, with their agency, unless the account is closed."""
    found = Person.objects.select_related("agency").filter(pk=person_id).first()
    return found if found is not None and found.is_active else None


def is_locked(person_id: UUID) -> bool:
    """Whether the account waits for its release now; the rows of its agency must be open."""
    require_open(person_id)
    return Person.objects.filter(pk=person_id, state=AccountState.LOCKED).exists()


def require_open(person_id: UUID) -> None:
    """Stop where a person's rows are shut: what is not seen must not be taken for what is not there."""
    if not Person.objects.filter(pk=person_id).exists():
        raise RuntimeError("a person's account was asked about while their agency's rows are shut")


def refused_locked(person: Person, *, source_address: str) -> None:
    """Write that a locked person tried to come in."""
    _witness(person, Operation.REFUSAL, "sign-in", source_address, refused="account-locked: the account is locked")


def count_failure(person: Person, how: str, *, at: datetime, source_address: str) -> None:
    """Write a failed try of a person held by `hold`, and lock the account when it is one too many."""
    FailedSignIn.objects.create(agency_id=person.agency_id, person=person, at=at, source_address=source_address)
    _witness(person, Operation.REFUSAL, "sign-in", source_address, refused=f"sign-in-failed: {how}")
    if person.state == AccountState.ACTIVE and rules.locks(_failures(person), at):
        person.state, person.locked_at = moved(person.state, AccountState.LOCKED), at
        person.save(update_fields=["state", "locked_at"])
        _witness(person, Operation.ADMINISTRATION, "account.lock", source_address, changes={"state": "locked"})


def _failures(person: Person) -> list[datetime]:
    return list(person.failed_sign_ins.order_by("-at").values_list("at", flat=True)[: rules.LOCK_AFTER])


def link_stands(text: str, *, at: datetime) -> bool:
    """Whether the link still lets someone in; asking uses nothing up. Within the link's agency."""
    link = SignInLink.objects.filter(digest=digest_of(text)).first()
    return link is not None and rules.link_stands(expires=link.expires, used_at=link.used_at, at=at)


def use_sign_in_link(text: str, *, at: datetime, source_address: str) -> Person:
    """Use the link up and give the person it is for. Of two at once, one gets in; a refused try is written too."""
    with together():
        link = SignInLink.objects.select_for_update().filter(digest=digest_of(text)).first()
        if link is None:
            raise LinkSpent("this sign-in link does not exist", mend="ask an administrator for a new one")
        person = hold(link.person_id)
        refused = _why_not(link, person, at)
        if refused is None:
            link.used_at = at
            link.save(update_fields=["used_at"])
        why = f"{refused.code}: {refused.words}" if refused else ""
        operation = Operation.REFUSAL if refused else Operation.SIGN_IN
        _witness(person, operation, "sign-in.link", source_address, changes={"link": link.id}, refused=why)
    if refused is not None:
        raise refused
    return person


def _why_not(link: SignInLink, person: Person, at: datetime) -> Refusal | None:
    if not rules.link_stands(expires=link.expires, used_at=link.used_at, at=at):
        return LinkSpent("this sign-in link no longer works", mend="ask an administrator for a new one")
    if person.state == AccountState.LOCKED:
        return Locked("this account is locked", mend="ask an administrator of your agency to release it")
    if not person.is_active:
        return LinkSpent("this account is closed", mend="ask an administrator of your agency")
    return None


def entered(person: Person, *, source_address: str, methods: list[str]) -> None:
    """Write that the person signed in, and how."""
    _witness(person, Operation.SIGN_IN, "sign-in", source_address, changes={"methods": methods})


def shown_again(person: Person, *, source_address: str, methods: list[str]) -> None:
    """Write that a person opened their locked session again, and how."""
    _witness(person, Operation.SIGN_IN, "sign-in.again", source_address, changes={"methods": methods})


def left(person: Person, *, source_address: str) -> None:
    """Write that the person signed out."""
    _witness(person, Operation.SIGN_IN, "sign-out", source_address)


def prefer(person: Person, *, source_address: str, language: str | None = None, theme: str | None = None) -> None:
    """Keep a person's own choice of language or appearance."""
    with together():
        person.language = person.language if language is None else language
        person.theme = person.theme if theme is None else theme
        person.save(update_fields=["language", "theme"])
        changed_own_account(person, "preferences", source_address=source_address)


def changed_own_account(person: Person, what: str, *, source_address: str) -> None:
    """Write that the person changed a password, a passkey or a second factor of their own."""
    _witness(person, Operation.ADMINISTRATION, "account.own", source_address, changes={"what": what})


def _witness(
    person: Person,
    operation: Operation,
    deed: str,
    source_address: str,
    *,
    changes: dict[str, object] | None = None,
    refused: str = "",
) -> None:
    witnessed(
        operation, deed, Actor(person.pk, person.agency_id, (), source_address), agency_id=person.agency_id,
        object_type="Person", object_id=str(person.pk), changes=changes, refused=refused,
    )  # fmt: skip
