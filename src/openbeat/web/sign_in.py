"""Signing in: one-time links, passwords, passkeys, second factors, and the pages about one's own account."""

from __future__ import annotations

import base64
import json
from typing import Any, cast
from uuid import UUID

from allauth.account import views as account
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.socialaccount import views as social
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from openbeat.accounts import entering
from openbeat.accounts.entering import LinkSpent, Locked
from openbeat.accounts.identity import agency_of
from openbeat.web.adapters import AccountAdapter, seen
from openbeat.web.middleware import open_rows
from openbeat.web.sign_in_forms import SignInForm
from openbeat.web.staying import have_read


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of a one-time link. Only its button uses the link up: a preview that fetches the page does not."""
    door = entering.door_of_link(secret)
    if door is None:
        return _spent(request)
    open_rows(seen(request), {door.agency_id})
    if request.method == "POST":
        return _enter_by_link(request, secret)
    if not entering.link_stands(secret, at=seen(request).wall):
        return _spent(request)
    return render(request, "account/link.html", {"agency": agency_of(door.agency_id)})


def _enter_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    ours = seen(request)
    try:
        person = entering.use_sign_in_link(secret, at=ours.wall, source_address=ours.source_address)
    except LinkSpent:
        return _spent(request)
    except Locked:
        return HttpResponseRedirect(reverse("account_locked"))
    if request.user.is_authenticated:
        AccountAdapter(request).logout(request)
    record_authentication(request, person, method="link", reauthenticated=True)
    have_read(request)
    return perform_login(request, Login(user=person))  # type: ignore[no-any-return]


def _spent(request: HttpRequest) -> HttpResponse:
    return render(request, "account/link_spent.html", status=410)


@never_cache
def locked(request: HttpRequest) -> HttpResponse:
    """The account is locked: what happened, and who can release it."""
    return render(request, "account/locked.html", status=403)


class SignInView(account.LoginView):  # type: ignore[misc]
    """Name and password, a passkey, or the agency's single sign-on."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The rows of the agency whose name was given are open for what follows."""
        self.door = entering.door_of_name(request.POST.get("login", ""))
        if self.door is not None:
            open_rows(seen(request), {self.door.agency_id})
        return cast("HttpResponse", super().post(request, *args, **kwargs))

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """A locked account is told so in words; everything else is one and the same answer."""
        if self.door is not None and entering.is_locked(self.door.person_id):
            return HttpResponseRedirect(reverse("account_locked"))
        return cast("HttpResponse", self.render_to_response(self.get_context_data(form=form), status=422))


class PasskeyView(passkeys.LoginWebAuthnView):  # type: ignore[misc]
    """A passkey tells whose it is; the rows of that person's agency are open for its check."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The passkey's answer to our challenge."""
        holder = _holder(request.POST.get("credential", ""))
        door = entering.door_of_person(holder) if holder else None
        if door is not None:
            open_rows(seen(request), {door.agency_id})
        return cast("HttpResponse", super().post(request, *args, **kwargs))

    def form_invalid(self, form: Form) -> HttpResponse:
        """Say it on the sign-in page; what exactly did not fit would help a thief alone."""
        messages.error(self.request, _("This passkey was not accepted. Try again, or use another way."))
        return HttpResponseRedirect(reverse("account_login"))


def _holder(credential: str) -> UUID | None:
    """The person's id, as the passkey keeps it; None where the answer can't be read."""
    try:
        handle = json.loads(credential)["response"]["userHandle"]
        return UUID(base64.urlsafe_b64decode(handle + "=" * (-len(handle) % 4)).decode())
    except (ValueError, KeyError, TypeError):
        return None


class AddPasskeyView(passkeys.AddWebAuthnView):  # type: ignore[misc]
    """Set up a passkey that can sign in by itself."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The challenge for a key that keeps the account and verifies its holder."""
        given = super().get_context_data(**kwargs)
        given["js_data"] = {"creation_options": webauthn.begin_registration(self.request.user, passwordless=True)}
        return cast("dict[str, Any]", given)


urlpatterns: list[URLPattern | URLResolver] = [
    path("enter/<str:secret>", sign_in_link, name="sign_in_link"),
    path("account/sign-in", SignInView.as_view(), name="account_login"),
    path("account/sign-in/passkey", PasskeyView.as_view(), name="mfa_login_webauthn"),
    path("account/sign-in/code", factors.authenticate, name="mfa_authenticate"),
    path("account/sign-out", account.logout, name="account_logout"),
    path("account/locked", locked, name="account_locked"),
    path("account/closed", account.account_inactive, name="account_inactive"),
    path("account/security", factors.index, name="mfa_index"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/password/set", account.password_set, name="account_set_password"),
    path("account/app", totp.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/recovery-codes/file", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/passkeys/add", AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("account/passkeys/<int:pk>/remove", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/passkeys/<int:pk>/name", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/single-sign-on/failed", social.login_error, name="socialaccount_login_error"),
    path("account/single-sign-on/left", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("", include("openbeat.web.account")),
    path("account/single-sign-on/", include("allauth.socialaccount.providers.openid_connect.urls")),
]
