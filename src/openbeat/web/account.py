"""One's own account: the lock and how to open it, securing the account, language and appearance."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import BaseReauthenticateView, ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as set_cookie_language

from openbeat.accounts import entering
from openbeat.accounts.identity import is_secured
from openbeat.kernel.errors import NotPermitted
from openbeat.web.adapters import seen
from openbeat.web.request import Request
from openbeat.web.staying import GOING_ON, LOCK, have_read, left_unsecured, lock, unlock, ways

THEMES = ("", "light", "dark")


class _Unlocks(BaseReauthenticateView):  # type: ignore[misc]
    """Between showing who one is and going on stands the lock: where it needs more, the next way is asked for."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Go on, or to what is still missing."""
        request = seen(self.request)
        if LOCK in request.session and not unlock(request):
            return HttpResponseRedirect(self.passthrough_next_url(reverse("account_again")))
        return cast("HttpResponse", super().form_valid(form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether this is the lock, and the other ways."""
        request = seen(self.request)
        others = [way for way in ways(request) if way["url"] != request.path]
        for way in others:
            way["url"] = self.passthrough_next_url(way["url"])
        given = super().get_context_data(**kwargs)
        return cast("dict[str, Any]", given) | {"lock": request.session.get(LOCK), "others": others}


class PasswordAgain(ReauthenticateView, _Unlocks):  # type: ignore[misc]
    """Show who you are by your password."""


class CodeAgain(CodeView, _Unlocks):  # type: ignore[misc]
    """Show who you are by a code."""


class PasskeyAgain(ReauthenticateWebAuthnView, _Unlocks):  # type: ignore[misc]
    """Show who you are by a passkey."""

    def form_invalid(self, form: Form) -> HttpResponse:
        """The same page again, with what went wrong."""
        return cast("HttpResponse", self.render_to_response(self.get_context_data(form=form), status=422))


@never_cache
@login_required
def again(request: HttpRequest) -> HttpResponse:
    """The lock: to the first way of showing who one is that is still missing."""
    ours = seen(request)
    known = ways(ours)
    if known:
        return HttpResponseRedirect(f"{known[0]['url']}?{request.GET.urlencode()}")
    may_go_on = ours.agency is not None and ours.agency.training
    context = {"lock": ours.session.get(LOCK), "may_go_on": may_go_on, "next": request.GET.get("next", "")}
    return render(request, "account/again.html", context)


@require_POST
@login_required
def go_on(request: HttpRequest) -> HttpResponse:
    """In training, who has no password and no passkey opens the lock by a button."""
    ours = seen(request)
    if ways(ours) or ours.agency is None or not ours.agency.training:
        raise NotPermitted("the lock does not open by itself", mend="show who you are")
    record_authentication(request, request.user, method=GOING_ON, reauthenticated=True)
    if LOCK in ours.session:
        unlock(ours)
    return HttpResponseRedirect(get_next_redirect_url(request) or reverse("home"))


@require_POST
@login_required
def lock_now(request: HttpRequest) -> HttpResponse:
    """Lock this session by hand, or because nobody touched the page for long."""
    lock(seen(request))
    back = {"next": request.POST.get("next", "")}
    return HttpResponseRedirect(reverse("account_again", query={k: v for k, v in back.items() if v}))


@never_cache
@login_required
def still_here(request: HttpRequest) -> HttpResponse:
    """Someone works on a page without sending anything: its session stays open."""
    return render(request, "account/still_here.html")


@never_cache
@login_required
def secure(request: HttpRequest) -> HttpResponse:
    """Secure the account: a passkey, or a password with an authenticator app."""
    ours = seen(request)
    assert ours.person is not None  # noqa: S101 login is required
    left_unsecured(request)
    context = {"done": is_secured(ours.person), "has_password": ours.person.has_usable_password()}
    return render(request, "account/secure.html", context)


@never_cache
@login_required
def notice(request: HttpRequest) -> HttpResponse:
    """The agency's notice before entering: read, then on to work."""
    ours = seen(request)
    onward = get_next_redirect_url(request) or reverse("home")
    if ours.agency is None or not ours.agency.banner:
        return HttpResponseRedirect(onward)
    if request.method == "POST":
        have_read(request)
        return HttpResponseRedirect(onward)
    return render(request, "account/notice.html", {"agency": ours.agency, "next": onward})


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The reader's language, in a cookie and, for someone signed in, with their account."""
    response = set_cookie_language(request)
    chosen = request.POST.get("language", "")
    ours = seen(request)
    if ours.person is not None and chosen in dict(settings.LANGUAGES):
        entering.prefer(ours.person, language=chosen, source_address=ours.source_address)
    return response


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system has it."""
    ours, chosen = seen(request), request.POST.get("theme", "")
    chosen = chosen if chosen in THEMES else ""
    response = HttpResponseRedirect(_back(ours))
    response.set_cookie("theme", chosen, max_age=365 * 24 * 3600, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
    if ours.person is not None:
        entering.prefer(ours.person, theme=chosen, source_address=ours.source_address)
    return response


def _back(request: Request) -> str:
    """The page from which the form came, if it is ours."""
    came = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(came, {request.get_host()}, require_https=request.is_secure())
    return came if safe else reverse("home")


urlpatterns: list[URLPattern] = [
    path("account/again", again, name="account_again"),
    path("account/again/password", PasswordAgain.as_view(), name="account_reauthenticate"),
    path("account/again/code", CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("account/again/passkey", PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/again/go-on", go_on, name="account_go_on"),
    path("account/lock", lock_now, name="account_lock"),
    path("account/still-here", still_here, name="account_still_here"),
    path("account/notice", notice, name="account_notice"),
    path("account/secure", secure, name="account_secure"),
    path("language", set_language, name="set_language"),
    path("appearance", appearance, name="appearance"),
]
