"""A district with its people, made by its own actions, and browsers to sign in with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from openbeat.access import Actor, Role
from openbeat.access.actors import service
from openbeat.accounts import actions
from openbeat.accounts.identity import actor_of
from openbeat.accounts.models import Agency, Person, Post
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope

PASSWORD = "a long and quiet sentence"


@dataclass
class District:
    """An agency, its command post and those who work there."""

    agency: Agency
    post: Post
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def house(self) -> Actor:
        return service(self.agency.pk)

    def person(self, role: Role, *, password: str | None = PASSWORD) -> Person:
        """Someone who holds the role, made once."""
        if role.value not in self.people:
            at = now() - timedelta(days=30)
            with scope(self.house):
                name = f"{role.value}.{self.agency.slug}"
                made = actions.add_person(self.house, self.agency, username=name, name=name.title(), at=at)
                actions.give_role(self.house, made, post=self.post, role=role, since=at)
                if password:
                    made.set_password(password)
                    made.save()
            self.people[role.value] = made
        return self.people[role.value]

    def actor(self, role: Role) -> Actor:
        person = self.person(role)
        with scope(self.house):
            return actor_of(person, at=now())


def found(name: str, *, training: bool = False) -> District:
    """A district with a post and nobody yet."""
    founding = actions.Founding()
    house = service(founding.pk)
    with scope(house):
        agency = actions.found_agency(
            house,
            founding,
            name=name,
            zone="America/Toronto",
            slug=name.lower(),
            training_today=date(2022, 1, 1) if training else None,
        )
        return District(agency, actions.add_post(house, agency, name="Command"))


@pytest.fixture
def north(db: Any) -> District:
    return found("North")


@pytest.fixture
def south(db: Any) -> District:
    return found("South")


@pytest.fixture
def school(db: Any) -> District:
    return found("School", training=True)


@pytest.fixture
def in_north(north: District) -> Iterator[District]:
    """North's rows are open."""
    with scope(north.house):
        yield north
