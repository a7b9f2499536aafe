"""What the frame around each page shows: desks in reach, agency, clock, person, commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from openbeat.access import Permission, scopes
from openbeat.web.home import Urgency, waiting
from openbeat.web.request import Request
from openbeat.web.roles import role_name


@dataclass(frozen=True, slots=True)
class Desk:
    """A place in the product: its name, address, icon and the permission that opens it."""

    name: Promise | str
    view: str
    icon: str
    permission: Permission | None = None


DESKS = (
    Desk(_("Home"), "home", "house"),
    Desk(_("Incidents"), "incidents", "map-pin", Permission.INCIDENT_VIEW),
    Desk(_("Import"), "imports", "upload", Permission.IMPORT_VIEW),
    Desk(_("Forecasts"), "forecasts", "trending-up", Permission.FORECAST_VIEW),
    Desk(_("Warnings"), "warnings", "bell-ring", Permission.WARNING_VIEW),
    Desk(_("Patrol plans"), "plans", "route", Permission.PLAN_VIEW),
    Desk(_("What if"), "what_ifs", "git-compare", Permission.WHAT_IF_VIEW),
    Desk(_("Standby"), "standby_plans", "map-pinned", Permission.STANDBY_VIEW),
    Desk(_("Beats"), "beats", "hexagon", Permission.BEATS_VIEW),
    Desk(_("Places"), "places", "map", Permission.PLACES_VIEW),
    Desk(_("Publishing"), "publishing", "landmark", Permission.PUBLICATION_MAKE),
    Desk(_("Log"), "log_checks", "shield-check", Permission.LOG_CHECK),
    Desk(_("Trail"), "trail", "scroll-text", Permission.TRAIL_READ),
    Desk(_("People"), "people", "users", Permission.PEOPLE_VIEW),
)

ACTS = (
    Desk(_("Import a file"), "import_upload", "upload", Permission.IMPORT_RUN),
    Desk(_("New forecast"), "forecast_ask", "plus", Permission.FORECAST_RUN),
    Desk(_("Set up a watch"), "warning_watch_new", "plus", Permission.WARNING_SET),
    Desk(_("Watches"), "warning_watches", "eye", Permission.WARNING_VIEW),
    Desk(_("Register of warnings"), "warning_register", "list", Permission.WARNING_VIEW),
    Desk(_("New patrol plan"), "plan_ask", "plus", Permission.PLAN_MAKE),
    Desk(_("New what-if"), "what_if_ask", "plus", Permission.WHAT_IF_RUN),
    Desk(_("New standby plan"), "standby_ask", "plus", Permission.STANDBY_PLACE),
    Desk(_("Draw beats"), "beats_ask", "plus", Permission.BEATS_DRAW),
    Desk(_("Units"), "units", "car", Permission.PLAN_VIEW),
    Desk(_("Dosage: asked and given"), "dosage", "clipboard-list", Permission.PLAN_VIEW),
    Desk(_("Before and after"), "evaluation", "scale", Permission.INCIDENT_VIEW),
    Desk(_("Add areas"), "area_upload", "plus", Permission.PLACES_MANAGE),
    Desk(_("Streets and basemap"), "streets", "route", Permission.PLACES_VIEW),
    Desk(_("Offences and codes"), "offences", "tag", Permission.INCIDENT_VIEW),
    Desk(_("Add a person"), "person_add", "plus", Permission.PEOPLE_ADMINISTER),
    Desk(_("My sign-in and security"), "mfa_index", "lock"),
)
"""What the palette offers besides the desks."""


def _badges(request: Request, desks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The desks, each with how many of its things wait for this person now."""
    now = [need.url for need in waiting(request) if need.urgency is Urgency.NOW]
    for desk in desks:
        desk["badge"] = sum(url.startswith(desk["url"]) for url in now) if desk["url"] != "/" else 0
    return desks


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's context: desks that are built and in reach, and who is looking."""
    seen = cast("Request", request)
    if getattr(seen, "agency", None) is None:
        return {"frame": {"desks": [], "commands": [], "person": None, "agency": None, "now": None}}
    desks = [entry for desk in DESKS if (entry := _entry(seen, desk))]
    acts = [entry for act in ACTS if (entry := _entry(seen, act))]
    return {
        "frame": {
            "desks": SimpleLazyObject(lambda: _badges(seen, desks)),
            "commands": [*desks, *acts],
            "agency": seen.agency,
            "now": seen.now,
            "idle_seconds": seen.idle_seconds,
            "person": _person(seen),
        }
    }


def _entry(request: Request, desk: Desk) -> dict[str, Any] | None:
    if desk.permission is not None and not scopes(request.actor, desk.permission):
        return None
    try:
        url = reverse(desk.view)
    except NoReverseMatch:
        return None  # a desk that isn't built isn't shown
    current = request.path == url or (url != "/" and request.path.startswith(url))
    return {"name": desk.name, "url": url, "icon": desk.icon, "current": current}


def _person(request: Request) -> dict[str, Any]:
    roles = ", ".join(sorted(role_name(role) for role in request.actor.roles))
    return {"name": request.user.name, "role": roles}  # type: ignore[union-attr]
