"""Each permission in words that a resident understands; the same words wherever a deed is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openbeat.access import Permission, Role
from openbeat.web.roles import role_name

DEEDS: Mapping[str, Promise] = MappingProxyType(
    {
        Permission.AGENCY_ADMINISTER.value: _("Keep agencies, posts and devices"),
        Permission.PEOPLE_ADMINISTER.value: _("Add people, give and end roles"),
        Permission.PEOPLE_VIEW.value: _("See who works here in which role"),
        Permission.TOKEN_MANAGE.value: _("Let another programme in"),
        Permission.PLACES_VIEW.value: _("See areas, streets and stations"),
        Permission.PLACES_MANAGE.value: _("Change areas, streets and stations"),
        Permission.IMPORT_VIEW.value: _("See what was imported"),
        Permission.IMPORT_RUN.value: _("Import incident records"),
        Permission.IMPORT_WITHDRAW.value: _("Take an import back"),
        Permission.INCIDENT_VIEW.value: _("See incidents"),
        Permission.INCIDENT_EXPORT.value: _("Export incidents"),
        Permission.OFFENCES_MANAGE.value: _("Say which class a local code means"),
        Permission.FORECAST_VIEW.value: _("See forecasts"),
        Permission.FORECAST_RUN.value: _("Run a forecast"),
        Permission.FORECAST_APPROVE.value: _("Approve a forecast"),
        Permission.FORECAST_WITHDRAW.value: _("Withdraw a forecast"),
        Permission.WARNING_VIEW.value: _("See early warnings"),
        Permission.WARNING_SET.value: _("Set up and pause a watch"),
        Permission.WARNING_APPROVE.value: _("Let a watch scan each night"),
        Permission.WARNING_SCAN.value: _("Scan for early warnings"),
        Permission.WARNING_HANDLE.value: _("Say what is done about a warning"),
        Permission.WARNING_EXPORT.value: _("Export the register of warnings"),
        Permission.PLAN_VIEW.value: _("See patrol plans"),
        Permission.PLAN_MAKE.value: _("Make and change a patrol plan"),
        Permission.PLAN_APPROVE.value: _("Approve a patrol plan"),
        Permission.PLAN_WITHDRAW.value: _("Withdraw a patrol plan"),
        Permission.VISIT_RECORD.value: _("Record a visit"),
        Permission.WHAT_IF_VIEW.value: _("See what-ifs"),
        Permission.WHAT_IF_RUN.value: _("Simulate a what-if"),
        Permission.STANDBY_VIEW.value: _("See standby plans"),
        Permission.STANDBY_PLACE.value: _("Work out where units wait"),
        Permission.BEATS_VIEW.value: _("See drawings of beats"),
        Permission.BEATS_DRAW.value: _("Draw beats"),
        Permission.BEATS_ADOPT.value: _("Adopt beats"),
        Permission.TRAIL_READ.value: _("Read the trail"),
        Permission.TRAIL_ERASE.value: _("Erase an entry of the trail"),
        Permission.LOG_CHECK.value: _("Check the log"),
        Permission.PUBLICATION_VIEW.value: _("See published figures"),
        Permission.PUBLICATION_MAKE.value: _("Publish figures"),
    }
)


def deed_name(deed: str) -> str:
    """A deed in the reader's language; one that needs no right, such as a sign-in, by its own name."""
    return str(DEEDS.get(deed, deed))


def who_may(roles: Iterable[str]) -> str:
    """Those who may, in words; where a resident may, everybody does."""
    if Role.RESIDENT.value in roles:
        return str(_("Everybody"))
    return ", ".join(str(_("The service itself")) if role == Role.SERVICE.value else role_name(role) for role in roles)
