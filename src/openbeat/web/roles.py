"""The names of roles and account states as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openbeat.access import Role
from openbeat.web.ui.bits import Badge

ROLE_NAMES: Mapping[str, Promise] = MappingProxyType(
    {
        Role.ANALYST.value: _("Analyst"),
        Role.COMMANDER.value: _("Commander"),
        Role.DISPATCHER.value: _("Dispatcher"),
        Role.OFFICER.value: _("Officer"),
        Role.INVESTIGATOR.value: _("Investigator"),
        Role.CUSTODIAN.value: _("Evidence custodian"),
        Role.PARTNER.value: _("Partner"),
        Role.OVERSEER.value: _("Overseer"),
        Role.ADMINISTRATOR.value: _("Administrator"),
    }
)

STATES: Mapping[str, Badge] = MappingProxyType(
    {
        "active": Badge(_("Active"), "good"),
        "locked": Badge(_("Locked"), "bad", "lock"),
        "closed": Badge(_("Closed"), "neutral"),
    }
)


def role_name(role: str) -> str:
    """A role's name in the reader's language."""
    return str(ROLE_NAMES.get(role, role))
