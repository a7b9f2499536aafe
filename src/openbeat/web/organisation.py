"""The other half of the People desk: agencies and posts, devices and their profiles, programmes' tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from openbeat.access import Permission
from openbeat.accounts import actions, queries
from openbeat.web.people import filled, page, require
from openbeat.web.people_forms import AgencyBelowForm, AgencyForm, DeviceForm, PostForm, ProfileForm, TokenForm
from openbeat.web.request import Request
from openbeat.web.roles import role_name
from openbeat.web.staying import device_of, mark_device
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.tables import Column, Empty, Row, Table


@login_required
def agencies(request: HttpRequest) -> HttpResponse:
    """The agencies in reach, each with its posts."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    posts = list(queries.posts(ours.actor))
    tree = [
        {"agency": agency, "posts": [post for post in posts if post.agency_id == agency.pk]}
        for agency in queries.agencies(ours.actor).select_related("parent")
    ]
    return page(request, "people/agencies.html", tree=tree)


@login_required
def agency(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """What an agency is called, its zone, its notice before entering."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    found = queries.agency(ours.actor, agency_id)
    known = {name: getattr(found, name) for name in ("name", "zone", "banner", "attribution", "publishes")}
    form = AgencyForm(request.POST or None, initial=known)

    def save(given: dict[str, Any]) -> str:
        actions.change_agency(ours.actor, found, **given)
        messages.success(request, _("Saved."))
        return reverse("agencies")

    return filled(request, form, save) or page(request, "people/agency.html", form, agency=found)


@login_required
def agency_below(request: HttpRequest) -> HttpResponse:
    """Add an agency below one of ours."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    zone = ours.agency.zone if ours.agency else "UTC"
    form = AgencyBelowForm(request.POST or None, actor=ours.actor, initial={"zone": zone})

    def save(given: dict[str, Any]) -> str:
        actions.add_agency(ours.actor, queries.agency(ours.actor, UUID(given.pop("parent"))), **given)
        return reverse("agencies")

    return filled(request, form, save) or page(request, "people/agency_below.html", form)


@login_required
def post_add(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Add a post to an agency."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    found = queries.agency(ours.actor, agency_id)
    form = PostForm(request.POST or None)

    def save(given: dict[str, Any]) -> str:
        actions.add_post(ours.actor, found, **given)
        return reverse("agencies")

    return filled(request, form, save) or page(request, "people/post.html", form, agency=found)


@login_required
def post_change(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Give a post another name."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    found = queries.post(ours.actor, post_id)
    form = PostForm(request.POST or None, initial={"name": found.name})

    def save(given: dict[str, Any]) -> str:
        actions.rename_post(ours.actor, found, **given)
        return reverse("agencies")

    return filled(request, form, save) or page(request, "people/post.html", form, agency=found.agency, post=found)


@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """Kinds of devices with their limits, and which devices have one."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    form = DeviceForm(request.POST or None, actor=ours.actor)
    if request.method == "POST" and form.is_valid():
        return _assign(ours, form.cleaned_data)
    known = list(queries.devices(ours.actor))
    here = next((device for device in known if device.pk == device_of(request)), None)
    profiles = queries.device_profiles(ours.actor)
    return page(request, "people/devices.html", form, profiles=profiles, devices=known, here=here)


def _assign(request: Request, given: dict[str, Any]) -> HttpResponse:
    profile = queries.device_profile(request.actor, UUID(given["profile"]))
    device = actions.assign_device(request.actor, profile, name=given["name"], at=request.wall)
    response = HttpResponseRedirect(reverse("devices"))
    mark_device(response, device.pk)
    return response


@require_POST
@login_required
def device_withdraw(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Make a device an ordinary one again."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    actions.withdraw_device(ours.actor, queries.device(ours.actor, device_id), at=ours.wall)
    messages.success(request, _("The device is an ordinary one again."))
    return HttpResponseRedirect(reverse("devices"))


@login_required
def profile_add(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """A new kind of device."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    found = queries.agency(ours.actor, agency_id)
    form = ProfileForm(request.POST or None)

    def save(given: dict[str, Any]) -> str:
        actions.add_device_profile(ours.actor, found, **given)
        return reverse("devices")

    return filled(request, form, save) or page(request, "people/profile.html", form, agency=found)


@login_required
def profile_change(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Other limits for a kind of device."""
    ours = require(request, Permission.AGENCY_ADMINISTER)
    found = queries.device_profile(ours.actor, profile_id)
    known = {name: getattr(found, name) for name in ("name", "idle_minutes", "again_hours")}
    form = ProfileForm(request.POST or None, initial=known)

    def save(given: dict[str, Any]) -> str:
        actions.change_device_profile(ours.actor, found, **given)
        return reverse("devices")

    return filled(request, form, save) or page(request, "people/profile.html", form, agency=found.agency)


@never_cache
@login_required
def tokens(request: HttpRequest, secret: str = "") -> HttpResponse:
    """Programmes' tokens: those in force first."""
    ours = require(request, Permission.TOKEN_MANAGE)
    found = list(queries.tokens(ours.actor))
    running = [token for token in found if token.revoked_at is None and token.expires > ours.wall]
    return page(request, "people/tokens.html", table=_tokens(ours, found), running=running, secret=secret)


def _tokens(request: Request, found: list[Any]) -> Table:
    columns = [Column("name", _("Programme")), Column("role", _("Stands on")), Column("may", _("May")),
               Column("until", _("Works until"), kind="time"), Column("used", _("Last used"), kind="time"),
               Column("state", _("State"))]  # fmt: skip
    rows = [
        Row([token.name, f"{token.holding.person.name} · {role_name(token.holding.role)}", ", ".join(token.permissions),
             token.expires, token.last_used, _state(request, token)])
        for token in found
    ]  # fmt: skip
    empty = Empty(
        _("No token yet"), _("A token lets another programme read or write here, within a role."), "key-round"
    )
    return Table(_("Programmes"), columns, rows, request.GET, now=request.wall, empty=empty)


def _state(request: Request, token: Any) -> Badge:
    if token.revoked_at is not None:
        return Badge(_("Revoked"), "neutral")
    return Badge(_("In force"), "good") if token.expires > request.wall else Badge(_("Ended"), "neutral")


@never_cache
@login_required
def token_add(request: HttpRequest) -> HttpResponse:
    """Make a token and show its secret once."""
    ours = require(request, Permission.TOKEN_MANAGE)
    form = TokenForm(request.POST or None, actor=ours.actor, at=ours.wall)
    shown: list[str] = []

    def save(given: dict[str, Any]) -> str:
        holding = queries.holding(ours.actor, UUID(given["holding"]))
        shown.append(
            actions.issue_token(
                ours.actor, queries.agency(ours.actor, holding.agency_id), holding=holding, name=given["name"],
                permissions=given["permissions"], at=ours.wall, expires=ours.wall + timedelta(days=given["days"]),
            )
        )  # fmt: skip
        return ""

    if filled(request, form, save) is not None:
        return tokens(request, secret=shown[0])
    return page(request, "people/token.html", form)


@require_POST
@login_required
def token_revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """A token opens nothing from now on."""
    ours = require(request, Permission.TOKEN_MANAGE)
    actions.revoke_token(ours.actor, queries.token(ours.actor, token_id), at=ours.wall)
    messages.success(request, _("The token opens nothing any more."))
    return HttpResponseRedirect(reverse("tokens"))


urlpatterns: list[URLPattern] = [
    path("people/agencies/", agencies, name="agencies"),
    path("people/agencies/add", agency_below, name="agency_below"),
    path("people/agencies/<uuid:agency_id>", agency, name="agency"),
    path("people/agencies/<uuid:agency_id>/posts/add", post_add, name="post_add"),
    path("people/posts/<uuid:post_id>", post_change, name="post_change"),
    path("people/devices/", devices, name="devices"),
    path("people/devices/<uuid:device_id>/withdraw", device_withdraw, name="device_withdraw"),
    path("people/agencies/<uuid:agency_id>/profiles/add", profile_add, name="profile_add"),
    path("people/profiles/<uuid:profile_id>", profile_change, name="profile_change"),
    path("people/programmes/", tokens, name="tokens"),
    path("people/programmes/add", token_add, name="token_add"),
    path("people/programmes/<uuid:token_id>/revoke", token_revoke, name="token_revoke"),
]
