"""`openbeat found_agency NAME`: an agency and its first administrator, who gets a one-time sign-in link."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandParser

from openbeat.accounts import founding
from openbeat.kernel.time import now


class Command(BaseCommand):
    """There is no default password: the link is printed here, once, and works for 15 minutes."""

    help = "Found an agency and print a one-time sign-in link for its first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        """The agency and its first administrator."""
        parser.add_argument("name", help="the agency's name")
        parser.add_argument("--zone", required=True, help="its time zone, as the IANA database names it")
        parser.add_argument("--admin", required=True, help="the sign-in name of its first administrator")
        parser.add_argument("--admin-name", default="", help="that person's name")
        parser.add_argument("--country", default="", help="two letters, ISO 3166-1")
        parser.add_argument("--slug", default="", help="a short name for addresses")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Agency, post, administrator and link, all or none."""
        at = now()
        agency, person = founding.found(
            name=options["name"], zone=options["zone"], slug=options["slug"], country=options["country"],
            administrator=options["admin"], administrator_name=options["admin_name"] or options["admin"], at=at,
        )  # fmt: skip
        self.stdout.write(founding.sign_in_address(agency, person, at=at))
