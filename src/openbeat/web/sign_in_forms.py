"""The forms of signing in: our words, and wrong codes that count towards the lock."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.forms import LoginForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from openbeat.accounts import entering
from openbeat.web.adapters import seen


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password; nothing is remembered beyond the browser's session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Sign-in name"),
            max_length=80,
            widget=forms.TextInput(attrs={"autocomplete": "username webauthn", "autocapitalize": "none"}),
        )
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.order_fields(["login", "password"])
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class _CountedCode:
    """A code of the authenticator app or a recovery code; a wrong one counts like a wrong password."""

    user: Any
    cleaned_data: dict[str, str]
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = cast("forms.Form", self).fields["code"]
        code.label, code.help_text = _("Code"), _("Six digits from your authenticator app, or a recovery code.")
        code.widget.attrs.pop("placeholder", None)

    def clean_code(self) -> str:
        """The code, tried under the account's row lock; where it locked the account, the page says so."""
        ours = seen(context.request)
        if entering.check_code(self.user.pk, self._fits, how="code", at=ours.wall, source_address=ours.source_address):
            return self.cleaned_data["code"]
        if entering.is_locked(self.user.pk):
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_locked")))
        raise ValidationError(_("This code does not fit. Codes change every 30 seconds; each works once."))

    def _fits(self) -> bool:
        try:
            super().clean_code()  # type: ignore[misc]
        except ValidationError:
            return False
        ours, factor = seen(context.request), self.authenticator
        return factor.type != factor.Type.TOTP or entering.use_code(factor, self.cleaned_data["code"], at=ours.wall)


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]
    """The second factor at sign-in."""


class CodeAgainForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]
    """The second factor shown again."""


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey to sign in with: it must have verified its holder (a fingerprint, a face, a number)."""

    passwordless = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this passkey")
        self.fields["name"].help_text = _("So that you know it again: «phone», «key on my ring».")

    def clean(self) -> dict[str, Any]:
        """The passkey's answer to our challenge."""
        self.cleaned_data["passwordless"] = True
        return cast("dict[str, Any]", super().clean())
