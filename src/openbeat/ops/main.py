"""The `openbeat` command: what a keeper types."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from openbeat.kernel.errors import Misconfigured, OpenbeatError
from openbeat.ops import database, telling
from openbeat.ops.doctor.visit import doctor
from openbeat.ops.paths import here
from openbeat.ops.up import stop, up

COMMANDS = {
    "up": "start everything in this terminal   [--city FOLDER, or none]",
    "stop": "stop what runs elsewhere",
    "found": "found an agency with its first administrator",
    "link": "print a fresh one-time sign-in link for a person",
    "import": "bring a file of records in   FILE [--profile NAME] [--dry-run]",
    "doctor": "say what is missing or wrong, and how to mend it   [--json]",
    "manage": "run any of Django's commands on this installation's database",
}
MANAGED = {"import": "import_file"}
"""Names a keeper types, and the management commands that do it."""


def main() -> None:
    """Reads the command line; a refusal becomes its words, what to do, and exit code 1."""
    try:
        sys.exit(run(sys.argv[1:]))
    except OpenbeatError as error:
        telling.say(f"Openbeat: {error.words}", style="red")
        if error.mend:
            telling.say(f"What to do: {error.mend}")
        sys.exit(1)


def run(arguments: list[str]) -> int:
    """Runs one command and gives its exit code."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name in {"help", "-h", "--help"}:
        return show_help()
    if name == "up":
        return up(read_city(rest))
    if name == "stop":
        return stop()
    if name == "doctor":
        return doctor(as_json="--json" in rest)
    if name == "manage":
        return manage(rest)
    return on_our_tables([MANAGED.get(name, name), *rest])


def show_help() -> int:
    """The commands, one a line."""
    telling.say("openbeat COMMAND …")
    for name, words in COMMANDS.items():
        telling.say(f"  {name:<10} {words}")
    return 0


def read_city(arguments: list[str]) -> str:
    """The folder of another city, where one was given; `none` means no city."""
    parser = argparse.ArgumentParser(prog="openbeat up")
    parser.add_argument("--city", default="")
    city: str = parser.parse_args(arguments).city
    return city if city in {"", "none"} else str(Path(city).resolve())


def on_our_tables(arguments: list[str]) -> int:
    """A command that needs the tables of this code; where they are not there, says so."""
    from django.db import ProgrammingError

    try:
        return manage(arguments)
    except ProgrammingError as error:
        raise Misconfigured(
            f"the database's tables are not those of this code: {str(error).splitlines()[0]}",
            mend="run `make up` once, or `openbeat manage migrate --database owner`",
        ) from error


def manage(arguments: list[str]) -> int:
    """One of Django's commands, with the database running for as long as it takes."""
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeat.settings")
    with database.in_use(here(), say=telling.say) as connections:
        connections.export()
        execute_from_command_line(["openbeat", *arguments])
    return 0


if __name__ == "__main__":
    main()
