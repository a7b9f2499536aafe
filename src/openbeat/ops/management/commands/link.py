"""`openbeat link USERNAME`: a fresh one-time sign-in link, for whoever keeps the machine to hand to its owner."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandParser

from openbeat.access.actors import service
from openbeat.accounts import entering, founding, queries
from openbeat.kernel.errors import NotFound
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope


class Command(BaseCommand):
    """The way back in for an administrator whose first link was spent or grew old."""

    help = "Print a fresh one-time sign-in link for a person."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose link."""
        parser.add_argument("username")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Issues it in the name of the house; the trail says so."""
        door = entering.door_of_name(options["username"])
        if door is None:
            raise NotFound(f"nobody signs in as {options['username']!r}", mend="check the sign-in name")
        house = service(door.agency_id)
        with scope(house):
            person = queries.person(house, door.person_id)
        self.stdout.write(founding.sign_in_address(person.agency, person, at=now()))
