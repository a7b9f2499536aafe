"""How allauth asks this house about people: what it may do, and what is written when it does."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, cast
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from openbeat.accounts import entering
from openbeat.accounts.identity import Person
from openbeat.accounts.sessions import AGENCY, BEGUN, SOURCE
from openbeat.acting import together
from openbeat.seeing.scope import rows_of
from openbeat.web.middleware import open_rows
from openbeat.web.request import Request
from openbeat.web.staying import BEFORE, SEEN, left_unsecured


def seen(request: HttpRequest) -> Request:
    """The request as our middleware made it."""
    return cast("Request", request)


def name_of(person: Person) -> str:
    """How a person is called where allauth shows one."""
    return person.name


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """Checks a password under the account's row lock, so that the fifth failure locks it whatever runs beside."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Person | None:
        """The person of this name and password; None where they don't fit or the account is locked."""
        name, password = credentials.get("username"), credentials.get("password")
        if request is None or not name or not password:
            return None
        door = entering.door_of_name(name)
        if door is None:
            entering.spend_time(password)
            return None
        ours = seen(request)
        with rows_of({door.agency_id}):
            return entering.check_password(door.person_id, password, at=ours.wall, source_address=ours.source_address)

    def get_user(self, user_id: UUID) -> Person | None:
        """The session's person with their agency; None where the account is closed or its rows are shut."""
        return entering.person_of_session(user_id)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by an administrator, never by themselves; each coming and going is written."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def pre_login(self, request: HttpRequest, user: Person, **hooks: Any) -> HttpResponse | None:
        """After the first factor: the session opens the person's agency; a locked account goes no further."""
        refuse_locked(request, user)
        request.session[AGENCY] = str(user.agency_id)
        return cast("HttpResponse | None", super().pre_login(request, user, **hooks))

    def login(self, request: HttpRequest, user: Person) -> None:
        """The person is in: session and trail entry stand together."""
        ours = seen(request)
        refuse_locked(request, user)
        methods = [record.get("type", record["method"]) for record in get_authentication_records(request, user)]
        with together():
            before = user.last_login
            super().login(request, user)
            request.session[BEFORE] = before.isoformat() if before else ""
            request.session[AGENCY] = str(user.agency_id)
            request.session[BEGUN] = request.session[SEEN] = ours.wall.isoformat()
            request.session[SOURCE] = ours.source_address
            entering.entered(user, source_address=ours.source_address, methods=methods)

    def logout(self, request: HttpRequest) -> None:
        """The person leaves."""
        with together():
            if request.user.is_authenticated:
                entering.left(request.user, source_address=seen(request).source_address)
            super().logout(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """On to what still secures the account, or to the word that it is."""
        return reverse("account_secure")

    def set_password(self, user: Person, password: str) -> None:
        """A person sets their own password."""
        with together():
            super().set_password(user, password)
            _own(user, "password")

    def send_notification_mail(self, template_prefix: str, user: Person, *_: Any, **__: Any) -> None:
        """What allauth would mail about is written to the trail instead."""
        what = template_prefix.rpartition("/")[2]
        left_unsecured(context.request)
        if not what.startswith("password"):
            _own(user, what)

    def add_message(self, *_: Any, **__: Any) -> None:
        """Our pages say what happened themselves."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that our middleware saw."""
        return seen(request).source_address or "unknown"


def refuse_locked(request: HttpRequest, person: Person) -> None:
    """Send a locked person to the page that says so."""
    if entering.is_locked(person.pk):
        entering.refused_locked(person, source_address=seen(request).source_address)
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_locked")))


def _own(person: Person, what: str) -> None:
    entering.changed_own_account(person, what, source_address=seen(context.request).source_address)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on finds people; it never makes them."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find whose identity this is: known from before, or by the claim that carries the sign-in name."""
        account = sociallogin.account
        known = entering.door_of_external(account.provider, account.uid)
        door = known or entering.door_of_name(_claim(account.extra_data))
        if door is None:
            return
        open_rows(seen(request), {door.agency_id})
        if known:
            sociallogin.lookup()
        else:
            sociallogin.connect(request, entering.person_at(door))

    def send_notification_mail(self, template_prefix: str, user: Person, *_: Any, **__: Any) -> None:
        """A first sign-in by the agency's identity is written to the trail."""
        _own(user, template_prefix.rpartition("/")[2])


def _claim(data: dict[str, Any]) -> str:
    """The claim that carries the sign-in name; allauth keeps ID token and user info apart."""
    for part in (data.get("id_token"), data.get("userinfo"), data):
        if isinstance(part, dict) and isinstance(part.get(settings.OIDC_CLAIM), str):
            return str(part[settings.OIDC_CLAIM])
    return ""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors and passkeys: secrets are sealed, names are people's."""

    def encrypt(self, text: str) -> str:
        """Seal a secret before it is stored."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a stored secret."""
        return _seal().decrypt(encrypted_text.encode()).decode()

    def is_mfa_enabled(self, user: Person, types: list[Authenticator.Type] | None = None) -> bool:
        """Whether the person has a second factor; never «no» only because their rows are shut."""
        if not user.is_anonymous:
            entering.require_open(user.pk)
        return bool(super().is_mfa_enabled(user, types))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """This service, as a passkey names it."""
        return {"id": context.request.get_host().partition(":")[0], "name": settings.MFA_TOTP_ISSUER}


def _seal() -> Fernet:
    key = hmac.new(settings.SECRET_KEY.encode(), b"second factors", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
