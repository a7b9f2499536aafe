"""The first page of each role: what needs me now. Each desk says what it has for the one who looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from openbeat.access import Role
from openbeat.web.request import Request
from openbeat.web.roles import role_name
from openbeat.web.staying import BEFORE


class Urgency(IntEnum):
    """How soon something needs me."""

    NOW = 0
    """It waits for me and for nobody else, or somebody waits for it."""
    SOON = 1
    """It has a day by which it is due."""
    KNOW = 2
    """Good to know; nothing is due."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs the reader: what, more in words, where to go, how soon."""

    title: str
    words: str
    url: str
    urgency: Urgency = Urgency.NOW
    act: str = ""
    """The words on its button; without, «Open»."""


Source = Callable[[Request], Iterable[Need]]

SOURCES: list[Source] = []
"""Every desk's answer to «what needs me now»."""


def needs(source: Source) -> Source:
    """Register a desk's answer: a function of the request that gives `Need`s. It looks at rights itself."""
    SOURCES.append(source)
    return source


def waiting(request: Request) -> list[Need]:
    """Everything that needs this person, the most urgent first."""
    return sorted((need for source in SOURCES for need in source(request)), key=lambda need: need.urgency)


HEADINGS: dict[Urgency, tuple[Promise, str]] = {
    Urgency.NOW: (gettext_lazy("Now"), "warn"),
    Urgency.SOON: (gettext_lazy("Soon"), "info"),
    Urgency.KNOW: (gettext_lazy("Good to know"), "neutral"),
}

COMING: dict[Role, Promise] = {
    Role.ANALYST: gettext_lazy("Early warnings, imports that need mending and forecasts to judge come here."),
    Role.COMMANDER: gettext_lazy("Early warnings, plans to approve and forecasts offered to you come here."),
    Role.DISPATCHER: gettext_lazy("The plans of today and tomorrow come here when a commander approves them."),
    Role.OFFICER: gettext_lazy("Your tour's plan comes here when your commander approves it."),
    Role.OVERSEER: gettext_lazy("Anything in the log that does not verify comes here."),
    Role.ADMINISTRATOR: gettext_lazy("Locked accounts, people without a role and tokens about to end come here."),
}
"""What comes to a role whose desks are built."""
NO_DESK = gettext_lazy("Your role has no desk of its own in this installation yet. Your account and its security work.")


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What needs this person now, by the roles held."""
    return render(request, "home/home.html", _page(cast("Request", request)))


def _page(request: Request) -> dict[str, Any]:
    found = waiting(request)
    groups = [
        {"heading": heading, "tone": tone, "needs": [need for need in found if need.urgency is urgency]}
        for urgency, (heading, tone) in HEADINGS.items()
    ]
    held = [role for role in Role if role in request.actor.roles]
    return {
        "groups": [group for group in groups if group["needs"]],
        "coming": [COMING[role] for role in held if role in COMING] or [NO_DESK],
        "no_role": not held,
        "before": _before(request),
        "roles": [role_name(role) for role in held],
    }


def _before(request: Request) -> datetime | None:
    """When the person had signed in the last time before this."""
    known = request.session.get(BEFORE)
    return datetime.fromisoformat(known) if known else None


urlpatterns = [path("", home, name="home")]
