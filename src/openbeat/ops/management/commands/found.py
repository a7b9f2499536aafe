"""`openbeat found`: the agency of a fresh installation and its first administrator, who signs in by a one-time link."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management import BaseCommand, CommandParser

from openbeat.accounts import founding
from openbeat.kernel.errors import BadInput
from openbeat.kernel.time import now
from openbeat.ops import telling


class Command(BaseCommand):
    """Founds an agency; nobody ever gets a password that somebody else chose."""

    help = "Found an agency with its first administrator, and print their one-time sign-in link."

    def add_arguments(self, parser: CommandParser) -> None:
        """The agency and its first administrator."""
        parser.add_argument("--name", required=True, help="the agency's name")
        parser.add_argument("--zone", required=True, help="its time zone, as Asia/Almaty")
        parser.add_argument("--country", default="", help="its country's two letters, as KZ")
        parser.add_argument("--administrator", required=True, help="the administrator's sign-in name")
        parser.add_argument("--administrator-name", required=True, help="the administrator's own name")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Founds it and prints the link, which works once and for fifteen minutes."""
        agency, person = founding.found(
            name=options["name"], zone=zone(options["zone"]), country=options["country"],
            administrator=options["administrator"], administrator_name=options["administrator_name"], at=now(),
        )  # fmt: skip
        telling.say(f"{agency.name} is founded. {person.name} signs in here, once, within 15 minutes:")
        self.stdout.write(founding.sign_in_address(agency, person, at=now()))


def zone(name: str) -> str:
    """The name of a time zone that exists."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"there is no time zone {name!r}", mend="give it as Region/City, for example Asia/Almaty"
        ) from None
