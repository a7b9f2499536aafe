"""`openbeat manage ready`: brings the database and the files to the state of this code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command

from openbeat.ops import telling
from openbeat.ops.static import collect
from openbeat.ops.words import compile_words


class Command(BaseCommand):
    """Migrations as the owner, static files; says on standard output, as JSON, how to sign in."""

    help = "Migrate, collect static files, load the first data."

    def add_arguments(self, parser: CommandParser) -> None:
        """A city's folder, where another than the sample is wanted."""
        parser.add_argument("--city", type=Path)

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Each step does nothing where nothing has changed."""
        with telling.step("migrations"):
            call_command("migrate", database="owner", verbosity=0, interactive=False)
        compile_words(settings.LOCALE_PATHS[0])
        with telling.step("static files"):
            collect()
        links: list[dict[str, str]] = []
        self.stdout.write(json.dumps(links))
