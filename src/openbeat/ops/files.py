"""A file on this machine taken in as an import: from the command line, and from a city's folder."""

from __future__ import annotations

from pathlib import Path

from openbeat.access import Actor
from openbeat.accounts.identity import Agency, agency_now
from openbeat.intake import actions, queries
from openbeat.intake.profile import Profile, from_toml
from openbeat.intake.queries import Import
from openbeat.kernel.errors import BadInput
from openbeat.kernel.time import now


def receive(actor: Actor, agency: Agency, path: Path, profile: str) -> Import:
    """The file as an import, read by the profile of this name or file."""
    if not path.is_file():
        raise BadInput(f"there is no file {path}", mend="give the path of a CSV, Excel, Parquet or GeoJSON file")
    at = agency_now(agency, now())
    imported = actions.receive_file(actor, agency, path=path, file_name=path.name, at=at)
    chosen = named(actor, profile) if profile else queries.profile_of(actor, imported)
    if chosen is None or (not profile and not imported.found["fits"]):
        actions.discard_import(actor, imported, at=at)
        raise BadInput("no profile fits this file", mend="name one with --profile, or map the columns on the pages")
    return actions.map_columns(actor, imported, profile=chosen)


def named(actor: Actor, profile: str) -> Profile:
    """The profile of a TOML file or of a name."""
    if profile.endswith(".toml"):
        return from_toml(Path(profile).read_text(encoding="utf-8"))
    return queries.named_profile(actor, profile)
