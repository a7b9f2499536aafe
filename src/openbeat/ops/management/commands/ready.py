"""`openbeat manage ready`: brings the database and the files to the state of this code, and says how to sign in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command
from django.db import connections
from django.urls import set_urlconf
from django.utils.text import slugify

from openbeat.accounts import founding
from openbeat.kernel.time import now
from openbeat.ops import telling
from openbeat.ops.static import collect
from openbeat.ops.words import compile_words

NO_CITY = "none"


class Command(BaseCommand):
    """Migrations as the owner, words, static files; the training agencies' sign-in links as JSON on standard output."""

    requires_system_checks = ()  # the gates run them; each start need not
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
        load_first_data(options["city"])
        self.stdout.write(json.dumps(training_links()))


def load_first_data(city: str) -> None:
    """The city of this folder if it is not there yet; without a folder, the sample city if no agency exists."""
    there = agencies()
    if city == NO_CITY or (there and not city):
        return
    from openbeat.ops import sample

    folder = Path(city) if city else sample.SAMPLE
    if slug_of(folder) in there:
        telling.say(f"{slug_of(folder)} is there already; nothing is loaded")
        return
    with telling.step("loading the city"), telling.bars() as tell:
        sample.load_city(folder, tell)


def slug_of(folder: Path) -> str:
    """The short name of the agency that a city's folder describes."""
    from openbeat.ops.sample.folder import read_folder

    told = read_folder(folder).agency
    return told.slug or slugify(told.name)


def agencies() -> set[str]:
    """The short names of every agency there is."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT slug FROM accounts_agency")
        return {slug for (slug,) in cursor.fetchall()}


def training_links() -> list[dict[str, str]]:
    """A fresh one-time link for every role of every training agency."""
    set_urlconf("openbeat.web.sign_in")  # loading every other page would take a second of each start
    try:
        return [
            {"agency": agency.name, "role": link.role, "link": link.url}
            for agency in founding.agencies_in_training()
            for link in founding.training_links(agency, at=now())
        ]
    finally:
        set_urlconf(None)
