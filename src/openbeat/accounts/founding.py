"""The first administrator of a fresh installation, and the sign-in links of a training agency.

Neither has a person behind it yet, so the house itself acts, for one agency at a time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from openbeat.access import Role
from openbeat.access.actors import service
from openbeat.accounts import actions, queries
from openbeat.accounts.models import Agency, Holding, Person
from openbeat.acting import together
from openbeat.kernel.errors import Contradiction
from openbeat.seeing.scope import scope


class RoleLink(NamedTuple):
    """A one-time sign-in address for someone who holds the role."""

    role: str
    url: str


def found(
    *, name: str, zone: str, administrator: str, administrator_name: str, at: datetime, slug: str = "",
    country: str = "", training_today: date | None = None, attribution: str = "",
) -> tuple[Agency, Person]:  # fmt: skip
    """An agency with its first administrator, who has no password: they come in by a sign-in link."""
    founding = actions.Founding()
    house = service(founding.pk)
    with scope(house), together():
        agency = actions.found_agency(
            house, founding, name=name, zone=zone, slug=slug, country=country, training_today=training_today,
            attribution=attribution,
        )  # fmt: skip
        post = actions.add_post(house, agency, name="Administration")
        person = actions.add_person(house, agency, username=administrator, name=administrator_name, at=at)
        actions.give_role(house, person, post=post, role=Role.ADMINISTRATOR, since=at)
    return agency, person


def sign_in_address(agency: Agency, person: Person, *, at: datetime) -> str:
    """A fresh one-time sign-in address for one person, issued by the house."""
    house = service(agency.pk)
    with scope(house):
        return address_of(actions.issue_sign_in_link(house, person, at=at))


def address_of(secret: str) -> str:
    """The address that a sign-in link's secret makes."""
    return settings.BASE_URL.rstrip("/") + reverse("sign_in_link", args=[secret])


def training_links(agency: Agency, *, at: datetime) -> list[RoleLink]:
    """A fresh one-time sign-in address for each role held in a training agency; refused for an agency at work."""
    if not agency.training:
        raise Contradiction("links for every role are for training agencies only", mend="sign in as yourself")
    house = service(agency.pk)
    with scope(house), together():
        people = queries.people(house, at=at, state="active")
        held: list[Holding] = [holding for person in people for holding in getattr(person, queries.IN_FORCE)]
        first = {holding.role: holding.person for holding in sorted(held, key=lambda h: h.since, reverse=True)}
        order = [role.value for role in Role if role.value in first]
        return [RoleLink(role, address_of(actions.issue_sign_in_link(house, first[role], at=at))) for role in order]


def agencies_in_training() -> list[Agency]:
    """Every training agency of the installation, oldest first. That they exist is open."""
    return list(Agency.objects.exclude(training_today=None).order_by("id"))
