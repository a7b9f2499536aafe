"""`openbeat import FILE --profile NAME`: a file brought in from the command line, by the house for one agency."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandParser

from openbeat.access import Actor
from openbeat.accounts.identity import Agency, agency_now, agency_of, subtree
from openbeat.intake import actions, queries
from openbeat.intake.queries import Import
from openbeat.kernel.errors import BadInput
from openbeat.kernel.time import now
from openbeat.ops import telling
from openbeat.ops.files import receive
from openbeat.ops.tasks import at_work


class Command(BaseCommand):
    """Receives, maps, tries and brings in, in one go; the same deeds as on the pages."""

    help = "Bring a file of incident records in."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, how it is read, for whom, and whether only to try."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--profile", default="", help="a profile's name, or a TOML file; without it, the one that fits"
        )
        parser.add_argument("--agency", default="", help="the agency's short name, where there is more than one")
        parser.add_argument("--dry-run", action="store_true", help="report what the file holds, and bring nothing in")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Bring it in and say what became of the rows."""
        agency = chosen_agency(options["agency"])
        with at_work(agency.pk) as actor:
            imported = receive(actor, agency, options["file"], options["profile"])
            if options["dry_run"]:
                report(actor, imported)
                actions.discard_import(actor, imported, at=agency_now(agency, now()))
            else:
                bring(actor, imported)


def chosen_agency(slug: str) -> Agency:
    """The agency of this short name; the only one, where none is said."""
    every = [agency_of(key) for key in subtree()]
    found = [agency for agency in every if slug in ("", agency.slug)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(agency.slug for agency in every)) or "none yet: openbeat found makes one"
    raise BadInput("say for which agency", mend=f"--agency is one of: {known}")


def bring(actor: Actor, imported: Import) -> Import:
    """Bring the file in with a bar, and say what became of the rows."""
    with telling.bars() as advance:

        def tell(share: float, words: str) -> bool:
            advance(imported.file_name, int(words.replace(",", "").split()[0]), 0)
            return False

        done = actions.bring_in(actor, imported, at=agency_now(imported.agency, now()), tell=tell)
    telling.say(
        f"{done.rows_new:,} new, {done.rows_changed:,} changed, {done.rows_same:,} as they were, "
        f"{done.rows_refused:,} refused, {done.rows_left_out:,} left out"
    )
    if done.rows_refused:
        telling.say("The refused rows wait on the page of this import, with their reasons.")
    return done


def report(actor: Actor, imported: Import) -> None:
    """What a dry run finds, in plain lines."""
    found = queries.dry_run(actor, imported, at=agency_now(imported.agency, now()), tell=lambda _share, _words: False)
    telling.say(f"{found.rows:,} rows from {found.first} to {found.last}; times by the {found.precision_found}")
    telling.say(f"{found.accepted:,} can be brought in, {found.refused:,} refused, {found.left_out:,} left out")
    for refusal in found.refusals:
        telling.say(f"  {refusal.rows:>9,}  refused: {refusal.words}")
    for finding in found.findings:
        telling.say(f"  {finding.rows:>9,}  {finding.weight.value}: {finding.words}")
    if not found.may_import:
        sys.exit(1)
