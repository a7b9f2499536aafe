"""Who acts: a person on duty, a programme with a token, the service itself, or the public."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from openbeat.access.permissions import Permission


class Role(StrEnum):
    """A role, held for a post and a period; `resident` is everyone, `service` the house's own routines."""

    ANALYST = "analyst"
    COMMANDER = "commander"
    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    INVESTIGATOR = "investigator"
    CUSTODIAN = "custodian"
    PARTNER = "partner"
    OVERSEER = "overseer"
    ADMINISTRATOR = "administrator"
    RESIDENT = "resident"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Holding:
    """One role held for one post; `reach` are the agencies to which it extends, its own included."""

    role: Role
    agency_id: UUID
    post_id: UUID | None
    reach: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who acts now. `scope`, where given, narrows a token to the permissions it names."""

    person_id: UUID | None
    agency_id: UUID | None
    holdings: tuple[Holding, ...] = ()
    source_address: str = ""
    scope: frozenset[Permission] | None = None
    token_id: UUID | None = None
    roles: frozenset[Role] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", frozenset(holding.role for holding in self.holdings))

    @property
    def reach(self) -> frozenset[UUID]:
        """Every agency that some holding extends to."""
        return frozenset().union(*(holding.reach for holding in self.holdings))


def service(agency_id: UUID, *, reach: frozenset[UUID] | None = None) -> Actor:
    """The house's own routines at work for one agency (scheduled runs, sequencing)."""
    holding = Holding(Role.SERVICE, agency_id, None, reach or frozenset({agency_id}))
    return Actor(None, agency_id, (holding,))


def resident(agency_id: UUID, source_address: str = "") -> Actor:
    """Anyone at all, reading what one agency publishes."""
    holding = Holding(Role.RESIDENT, agency_id, None, frozenset({agency_id}))
    return Actor(None, agency_id, (holding,), source_address)


NOBODY = Actor(None, None)
"""Who has not signed in: holds nothing, reaches nothing."""
