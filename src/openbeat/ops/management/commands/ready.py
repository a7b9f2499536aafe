"""`openbeat manage ready`: brings the database and the files to the state of this code, and says how to sign in."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command
from django.db import connections

from openbeat.accounts import founding
from openbeat.kernel.time import now
from openbeat.ops import telling
from openbeat.ops.static import collect
from openbeat.ops.words import compile_words

NO_CITY = "none"


class Command(BaseCommand):
    """Migrations as the owner, words, static files; the training agencies' sign-in links as JSON on standard output."""

    help = "Migrate, gather static files, load the first data, issue the training agency's sign-in links."

    def add_arguments(self, parser: CommandParser) -> None:
        """A city's folder, where another than the sample is wanted; `none` for no city at all."""
        parser.add_argument("--city", default="")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Each step does nothing where nothing has changed."""
        with telling.step("migrations"):
            call_command("migrate", database="owner", verbosity=0, interactive=False)
        compile_words(settings.LOCALE_PATHS[0])
        with telling.step("static files"):
            collect()
        self.stdout.write(json.dumps(training_links()))


def founded() -> bool:
    """Whether any agency exists."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM accounts_agency)")
        return bool(cursor.fetchone()[0])


def training_links() -> list[dict[str, str]]:
    """A fresh one-time link for every role of every training agency."""
    return [
        {"agency": agency.name, "role": link.role, "link": link.url}
        for agency in founding.agencies_in_training()
        for link in founding.training_links(agency, at=now())
    ]
