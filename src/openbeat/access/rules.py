"""The one table of rights: who may do what, to things of which agency, post, sensitivity and state.

When a move is possible is another question: each domain's `states.MOVES` answers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from openbeat.access.actors import Role
from openbeat.access.permissions import Permission
from openbeat.access.things import Sensitivity


class Within(StrEnum):
    """How far a rule reaches from the place where the role is held."""

    POST = "post"
    """Things of the post itself."""
    AGENCY = "agency"
    """Things of the agency in which the role is held."""
    REACH = "reach"
    """Things of that agency and of the agencies below it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may, how far, up to which sensitivity, in which states, and whether the author is barred."""

    roles: frozenset[Role]
    within: Within = Within.AGENCY
    up_to: Sensitivity = Sensitivity.INTERNAL
    states: frozenset[str] | None = None
    second_person: bool = False
    reason: bool = False
    """A reason and a legal basis must be given each time."""


def _rule(*roles: Role, **settings: object) -> Rule:
    return Rule(frozenset(roles), **settings)  # type: ignore[arg-type]


A, C, D, OFF = Role.ANALYST, Role.COMMANDER, Role.DISPATCHER, Role.OFFICER
ADMIN, SEER, SERVICE, RESIDENT = Role.ADMINISTRATOR, Role.OVERSEER, Role.SERVICE, Role.RESIDENT

RULES: Mapping[Permission, Rule] = MappingProxyType(
    {
        Permission.AGENCY_ADMINISTER: _rule(ADMIN, SERVICE, within=Within.REACH),
        Permission.PEOPLE_ADMINISTER: _rule(ADMIN, SERVICE, within=Within.REACH, up_to=Sensitivity.RESTRICTED),
        Permission.PEOPLE_VIEW: _rule(ADMIN, SEER, SERVICE, within=Within.REACH, up_to=Sensitivity.RESTRICTED),
        Permission.TOKEN_MANAGE: _rule(ADMIN),
        Permission.PLACES_VIEW: _rule(A, C, D, OFF, ADMIN, SEER, SERVICE, within=Within.REACH),
        Permission.PLACES_MANAGE: _rule(A, ADMIN, SERVICE),
        Permission.IMPORT_VIEW: _rule(A, C, SEER, SERVICE, within=Within.REACH),
        Permission.IMPORT_RUN: _rule(A, SERVICE),
        Permission.IMPORT_WITHDRAW: _rule(A),
        Permission.INCIDENT_VIEW: _rule(A, C, SERVICE, within=Within.REACH),
        Permission.INCIDENT_EXPORT: _rule(A, reason=True),
        Permission.OFFENCES_MANAGE: _rule(A, SERVICE),
        Permission.FORECAST_VIEW: _rule(A, C, SEER, SERVICE, within=Within.REACH),
        Permission.FORECAST_RUN: _rule(A, SERVICE),
        Permission.FORECAST_APPROVE: _rule(A),
        Permission.FORECAST_WITHDRAW: _rule(A, C),
        Permission.WARNING_VIEW: _rule(A, C, SEER, SERVICE, within=Within.REACH),
        Permission.WARNING_SET: _rule(A),
        Permission.WARNING_APPROVE: _rule(A, C),
        Permission.WARNING_SCAN: _rule(A, SERVICE),
        Permission.WARNING_HANDLE: _rule(A, C),
        Permission.WARNING_EXPORT: _rule(A, C, reason=True),
        Permission.PLAN_VIEW: _rule(A, C, D, OFF, SEER, SERVICE, within=Within.REACH),
        Permission.PLAN_MAKE: _rule(C, SERVICE),
        Permission.PLAN_APPROVE: _rule(C),
        Permission.PLAN_WITHDRAW: _rule(C),
        Permission.VISIT_RECORD: _rule(C, OFF),
        Permission.WHAT_IF_VIEW: _rule(A, C, SEER, SERVICE, within=Within.REACH),
        Permission.WHAT_IF_RUN: _rule(A, C, SERVICE),
        Permission.STANDBY_VIEW: _rule(A, C, SEER, SERVICE, within=Within.REACH),
        Permission.STANDBY_PLACE: _rule(A, C, SERVICE),
        Permission.BEATS_VIEW: _rule(A, C, SEER, SERVICE, within=Within.REACH),
        Permission.BEATS_DRAW: _rule(A, C, SERVICE),
        Permission.BEATS_ADOPT: _rule(C),
        Permission.TRAIL_READ: _rule(SEER, ADMIN, within=Within.REACH, up_to=Sensitivity.RESTRICTED, reason=True),
        Permission.TRAIL_ERASE: _rule(ADMIN, up_to=Sensitivity.RESTRICTED, reason=True),
        Permission.LOG_CHECK: _rule(SEER, ADMIN, C, A, SERVICE, within=Within.REACH),
        Permission.PUBLICATION_VIEW: _rule(*Role, up_to=Sensitivity.OPEN),
        Permission.PUBLICATION_MAKE: _rule(C, ADMIN),
    }
)
