"""The People desk: who works here, which roles they hold, how they come in; release, close, forget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from openbeat.access import Permission, scopes
from openbeat.accounts import actions, founding, queries
from openbeat.accounts.identity import Person
from openbeat.acting import witnessed
from openbeat.audit.words import Operation
from openbeat.kernel.errors import NotPermitted, OpenbeatError
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people_forms import FilterForm, PersonChangeForm, PersonForm, RoleForm
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.roles import STATES, role_name
from openbeat.web.ui.tables import Column, Empty, Row, Table

MOST = 500
"""People on one page; a longer list is narrowed by its filters."""


def tabs(request: Request) -> list[dict[str, Any]]:
    """The parts of the desk that are in reach."""
    every = (
        (_("People"), "people", Permission.PEOPLE_VIEW),
        (_("Agencies and posts"), "agencies", Permission.AGENCY_ADMINISTER),
        (_("Devices"), "devices", Permission.AGENCY_ADMINISTER),
        (_("Programmes"), "tokens", Permission.TOKEN_MANAGE),
    )
    reachable = [(words, reverse(name)) for words, name, permission in every if scopes(request.actor, permission)]
    return [{"label": words, "url": url, "current": request.path == url, "count": None} for words, url in reachable]


def require(request: HttpRequest, permission: Permission) -> Request:
    """Our request, if its actor holds the permission anywhere; a refused try at a deed is written down here."""
    ours = cast("Request", request)
    if not scopes(ours.actor, permission):
        refusal = NotPermitted("this page is not for your role", mend="ask an administrator of your agency")
        if request.method == "POST":
            told = f"{refusal.code}: {refusal.words}"
            witnessed(Operation.REFUSAL, permission.value, ours.actor, agency_id=ours.actor.agency_id, refused=told)
        raise refusal
    return ours


def tell(form: Form, refusal: OpenbeatError) -> None:
    """Put a refusal's words on the form that met it; nothing typed is lost."""
    form.add_error(None, sentences(refusal))


def filled(request: HttpRequest, form: Form, save: Callable[[dict[str, Any]], str]) -> HttpResponse | None:
    """Save a posted form that is right and go where `save` says; otherwise None, and the form says why."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return HttpResponseRedirect(save(form.cleaned_data))
    except OpenbeatError as refusal:
        tell(form, refusal)
        return None


def page(request: HttpRequest, template: str, form: Form | None = None, **context: Any) -> HttpResponse:
    """A page of the desk; a form that came back wrong answers 422."""
    status = 422 if form is not None and form.is_bound and form.errors else 200
    given = {"form": form, "tabs": tabs(cast("Request", request))} | context
    return render(request, template, given, status=status)


@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in reach, by name."""
    ours = require(request, Permission.PEOPLE_VIEW)
    form = FilterForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = list(queries.people(ours.actor, at=ours.wall, **asked)[: MOST + 1])
    may_add = bool(scopes(ours.actor, Permission.PEOPLE_ADMINISTER))
    table = _table(ours, found[:MOST], cut=len(found) > MOST)
    return page(request, "people/people.html", filters=form, table=table, may_add=may_add)


def _table(request: Request, found: list[Person], *, cut: bool) -> Table:
    columns = [Column("name", _("Name")), Column("roles", _("Roles now")), Column("account", _("Account")),
               Column("seen", _("Last signed in"), kind="time")]  # fmt: skip
    return Table(
        _("People"), columns, [_row(person) for person in found], request.GET, total=len(found), now=request.wall,
        empty=None if request.GET else Empty(_("Nobody yet"), _("People are added here, one by one."), "users"),
        note=_("Only the first %(count)d are shown: narrow the list.") % {"count": MOST} if cut else "",
    )  # fmt: skip


def _row(person: Person) -> Row:
    held = ", ".join(f"{role_name(h.role)} ({h.post.name})" for h in getattr(person, queries.IN_FORCE))
    return Row([person.name, held or _("none"), STATES[person.state], person.last_login], url=_address(person))


def _address(person: Person) -> str:
    return reverse("person", args=[person.pk])


@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Add someone who is to sign in."""
    ours = require(request, Permission.PEOPLE_ADMINISTER)
    form = PersonForm(request.POST or None, actor=ours.actor, initial={"agency": ours.actor.agency_id})

    def save(given: dict[str, Any]) -> str:
        agency = queries.agency(ours.actor, UUID(given.pop("agency")))
        return _address(actions.add_person(ours.actor, agency, at=ours.wall, **given))

    return filled(request, form, save) or page(request, "people/add.html", form)


@never_cache
@login_required
def person(request: HttpRequest, person_id: UUID, link: str = "") -> HttpResponse:
    """One person: roles, how they sign in, where they are signed in."""
    ours = require(request, Permission.PEOPLE_VIEW)
    found = queries.person(ours.actor, person_id)
    may, me = bool(scopes(ours.actor, Permission.PEOPLE_ADMINISTER)), found.pk == ours.actor.person_id
    return page(
        request, "people/person.html", person=found, badge=STATES[found.state], may=may and not me, self=me,
        holdings=_holdings(ours, found), link=link,
        factors=_factors(ours, found), sessions=queries.sessions(ours.actor, found),
        crumbs=[{"name": _("People"), "url": reverse("people")}],
    )  # fmt: skip


def _holdings(request: Request, person: Person) -> list[dict[str, Any]]:
    return [
        {
            "thing": holding,
            "role": role_name(holding.role),
            "now": holding.since <= request.wall and (holding.until is None or holding.until > request.wall),
            "open": holding.until is None or holding.until > request.wall,
        }
        for holding in queries.holdings(request.actor, person)
    ]


def _factors(request: Request, person: Person) -> list[tuple[str, str]]:
    names = {"password": _("Password"), "totp": _("Authenticator app"), "webauthn": _("Passkeys"),
             "recovery_codes": _("Recovery codes"), "external": _("Single sign-on")}  # fmt: skip
    known = queries.factors(request.actor, person)
    many = ("webauthn",)
    return [(name, str(known[key]) if key in many else _("set up")) for key, name in names.items() if known.get(key)]


@login_required
def change(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """How a person is called and reached."""
    ours = require(request, Permission.PEOPLE_ADMINISTER)
    found = queries.person(ours.actor, person_id)
    known = {"name": found.name, "email": found.email, "language": found.language}
    form = PersonChangeForm(request.POST or None, initial=known)

    def save(given: dict[str, Any]) -> str:
        return _address(actions.change_person(ours.actor, found, **given))

    return filled(request, form, save) or page(request, "people/change.html", form, person=found, back=_address(found))


@login_required
def role(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Give a role for a post and a period."""
    ours = require(request, Permission.PEOPLE_ADMINISTER)
    found = queries.person(ours.actor, person_id)
    form = RoleForm(request.POST or None, actor=ours.actor)

    def save(given: dict[str, Any]) -> str:
        post = queries.post(ours.actor, UUID(given["post"]))
        since = given["since"] or ours.wall
        actions.give_role(ours.actor, found, post=post, role=given["role"], since=since, until=given["until"])
        return _address(found)

    context = {"person": found, "back": _address(found), "zone": timezone.get_current_timezone_name()}
    return filled(request, form, save) or page(request, "people/role.html", form, **context)


@require_POST
@login_required
def end_role(request: HttpRequest, holding_id: UUID) -> HttpResponse:
    """End a role now."""
    ours = require(request, Permission.PEOPLE_ADMINISTER)
    holding = actions.end_role(ours.actor, queries.holding(ours.actor, holding_id), at=ours.wall)
    messages.success(request, _("The role has ended."))
    return HttpResponseRedirect(reverse("person", args=[holding.person_id]))


@require_POST
@login_required
def link(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Make a sign-in link and show it once."""
    ours = require(request, Permission.PEOPLE_ADMINISTER)
    found = queries.person(ours.actor, person_id)
    secret = actions.issue_sign_in_link(ours.actor, found, at=ours.wall)
    return person(request, person_id, link=founding.address_of(secret))


Deed = Callable[[Request, Person], str]


def _deed(do: Deed) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """A button of a person's page: do it, say it, come back."""

    @require_POST
    @login_required
    def view(request: HttpRequest, person_id: UUID) -> HttpResponse:
        ours = require(request, Permission.PEOPLE_ADMINISTER)
        found = queries.person(ours.actor, person_id)
        messages.success(request, do(ours, found))
        return HttpResponseRedirect(_address(found))

    return view


def _release(request: Request, found: Person) -> str:
    actions.release_account(request.actor, found)
    return _("%(name)s can sign in again.") % {"name": found.name}


def _close(request: Request, found: Person) -> str:
    actions.close_account(request.actor, found, at=request.wall)
    return _("The account is closed; roles have ended, sessions are shut.")


def _reopen(request: Request, found: Person) -> str:
    actions.reopen_account(request.actor, found)
    return _("The account is open again. Give the roles anew.")


def _sign_out(request: Request, found: Person) -> str:
    ended = actions.end_sessions(request.actor, found)
    return ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended) % {"count": ended}


def _forget(request: Request, found: Person) -> str:
    actions.forget_factors(request.actor, found)
    return _("Forgotten. Make a sign-in link: it leads to setting up a new passkey or password.")


@needs
def what_waits(request: Request) -> Iterator[Need]:
    """What an administrator is waited for: locked accounts, people without a role, tokens about to end."""
    if not scopes(request.actor, Permission.PEOPLE_ADMINISTER):
        return
    for found in queries.locked(request.actor):
        words = _("Locked after five failed tries. Speak to them before you release it.")
        yield Need(_("%(name)s can't sign in") % {"name": found.name}, words, _address(found), act=_("Look"))
    yield from _without_role(request, request.wall)
    yield from _ending_tokens(request, request.wall)


def _without_role(request: Request, at: datetime) -> Iterator[Need]:
    count = queries.without_role(request.actor, at=at).count()
    if count:
        title = ngettext("%(count)d person holds no role", "%(count)d people hold no role", count) % {"count": count}
        yield Need(title, _("They can sign in and see nothing."), reverse("people"), Urgency.KNOW)


def _ending_tokens(request: Request, at: datetime) -> Iterator[Need]:
    for token in queries.ending_tokens(request.actor, at=at):
        title = _("The token «%(name)s» ends soon") % {"name": token.name}
        yield Need(title, _("The programme that uses it will be turned away."), reverse("tokens"), Urgency.SOON)


urlpatterns: list[URLPattern] = [
    path("people/", people, name="people"),
    path("people/add", add, name="person_add"),
    path("people/<uuid:person_id>", person, name="person"),
    path("people/<uuid:person_id>/change", change, name="person_change"),
    path("people/<uuid:person_id>/role", role, name="person_role"),
    path("people/<uuid:person_id>/link", link, name="person_link"),
    path("people/<uuid:person_id>/release", _deed(_release), name="person_release"),
    path("people/<uuid:person_id>/close", _deed(_close), name="person_close"),
    path("people/<uuid:person_id>/reopen", _deed(_reopen), name="person_reopen"),
    path("people/<uuid:person_id>/sign-out", _deed(_sign_out), name="person_sign_out"),
    path("people/<uuid:person_id>/forget", _deed(_forget), name="person_forget"),
    path("people/roles/<uuid:holding_id>/end", end_role, name="role_end"),
]
