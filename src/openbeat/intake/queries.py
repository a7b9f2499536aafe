"""Questions about imports: those in reach, their previews, refused rows, profiles to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import polars as pl
from django.db.models import Count, OuterRef, QuerySet, Subquery

from openbeat.access import Actor, Permission
from openbeat.intake import bringing, mending
from openbeat.intake.bringing import Tell
from openbeat.intake.models import Import, RefusedRow, SavedProfile
from openbeat.intake.normalise import Ground, local_code_of
from openbeat.intake.profile import Profile, from_table, from_toml, shipped, shipped_names
from openbeat.intake.quality import Report
from openbeat.intake.readers import AS_FOUND, MORE, ROW, preview
from openbeat.intake.rules import REASONS
from openbeat.intake.states import OVER, State
from openbeat.kernel.errors import NotFound
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.seeing.progress import Standing
from openbeat.seeing.visible import visible

__all__ = ["Import"]  # edges name the type; models they hold none

SAMPLE = 2_000
"""Rows looked at for their codes before the whole file is tried."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A profile that can be chosen: shipped, or saved by the agency (then `saved` is its id)."""

    name: str
    title: str
    note: str
    fits: bool
    saved: UUID | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as text, with their numbers."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def needing_files(actor: Actor) -> set[UUID]:
    """The imports in reach whose files may still be read."""
    seen = visible(actor, Permission.IMPORT_VIEW, Import.objects.exclude(state__in=OVER))
    return set(seen.values_list("pk", flat=True))


def imports(actor: Actor) -> QuerySet[Import]:
    """The imports in reach, the newest first."""
    seen = visible(actor, Permission.IMPORT_VIEW, Import.objects.all())
    return seen.select_related("author", "agency", "batch", "mends").order_by("-made_at", "-id")


def one_import(actor: Actor, import_id: UUID | str) -> Import:
    """One import in reach."""
    found = imports(actor).filter(pk=import_id).first()
    if found is None:
        raise NotFound("there is no such import, or it is not yours to see")
    return found


def standing(actor: Actor, imported: Import) -> Standing:
    """How far the work on an import has come."""
    return progress.standing(one_import(actor, imported.pk).pk)


def profile_of(actor: Actor, imported: Import) -> Profile | None:
    """How the file is read, if anyone has said or guessed it."""
    return from_table(imported.profile) if imported.profile else None


def choices(actor: Actor, imported: Import) -> list[Choice]:
    """The profiles to choose from: those that fit the file first, then the agency's own, then the shipped."""
    columns = set(imported.found.get("columns", ()))
    own = [(from_toml(saved.toml), saved.pk) for saved in saved_profiles(actor).filter(agency=imported.agency)]
    every = own + [(shipped(name), None) for name in shipped_names()]
    found = [Choice(p.name, p.title, p.note, set(p.columns()) <= columns, pk) for p, pk in every]
    return sorted(found, key=lambda choice: not choice.fits)


def saved_profiles(actor: Actor) -> QuerySet[SavedProfile]:
    """The profiles that the agency keeps."""
    return visible(actor, Permission.IMPORT_VIEW, SavedProfile.objects.all()).order_by("title")


def saved_profile(actor: Actor, profile_id: UUID | str) -> SavedProfile:
    """One saved profile in reach."""
    found = saved_profiles(actor).filter(pk=profile_id).first()
    if found is None:
        raise NotFound("there is no such profile, or it is not yours to see")
    return found


def named_profile(actor: Actor, name: str) -> Profile:
    """A profile by its name: the agency's own before the shipped one."""
    own = saved_profiles(actor).filter(name=name).first()
    return from_toml(own.toml) if own else shipped(name)


def first_rows(actor: Actor, imported: Import, *, rows: int = 20) -> Preview:
    """The file's first rows as text."""
    profile = profile_of(actor, imported)
    frame = preview(Path(imported.file), profile.read if profile else AS_FOUND, rows=rows)
    numbers = frame[ROW].to_list()
    plain = frame.drop(ROW, MORE, strict=False).select(pl.all().cast(pl.String).fill_null(""))
    return Preview(plain.columns, [(number, list(row)) for number, row in zip(numbers, plain.iter_rows(), strict=True)])


def sample_codes(actor: Actor, imported: Import, profile: Profile) -> list[str]:
    """The offence codes in the file's first rows, the commonest first."""
    if not profile.offence.columns or not set(profile.offence.columns) <= set(imported.found.get("columns", ())):
        return []
    frame = preview(Path(imported.file), profile.read, rows=SAMPLE)
    codes = frame.select(local_code_of(profile, frame).alias("code")).to_series().drop_nulls()
    return codes.value_counts(sort=True).to_series().to_list()


def dry_run(actor: Actor, imported: Import, *, at: datetime, tell: Tell) -> Report:
    """What the whole file holds; nothing is brought in."""
    return bringing.examine(imported, at=at, ground=ground(actor, imported, at=at), tell=tell)


def ground(actor: Actor, imported: Import, *, at: datetime) -> Ground | None:
    """What the agency's areas cover, by the widest set in force; none while it has no areas."""
    day = at.astimezone(imported.agency.tz).date()
    sets = places.area_sets_in_force(actor, imported.agency_id, day).values()
    widest = max(sets, key=lambda one: one.km2, default=None)
    if widest is None:
        return None
    found = places.cells_by_area(actor, widest)
    return Ground(found.cells, found.resolution)


def refused_rows(actor: Actor, imported: Import, *, reason: str = "") -> QuerySet[RefusedRow]:
    """An import's refused rows that nobody has mended yet, in the file's order."""
    seen = visible(actor, Permission.IMPORT_VIEW, RefusedRow.objects.filter(of=imported, mended_by=None))
    return (seen.filter(reason=reason) if reason else seen).order_by("row")


def with_refused_rows(actor: Actor, *, most: int) -> list[tuple[Import, int]]:
    """Imports that are done but for refused rows which nobody has mended, and how many; the newest first."""
    rows = visible(actor, Permission.IMPORT_VIEW, RefusedRow.objects.filter(mended_by=None))
    counts = rows.filter(of=OuterRef("pk")).order_by().values("of").annotate(rows=Count("pk")).values("rows")
    done = imports(actor).filter(state=State.DONE, rows_refused__gt=0).defer("report", "profile")
    found = done.annotate(waiting=Subquery(counts)).filter(waiting__gt=0)[:most]
    return [(one, one.waiting) for one in found]


def refused_by_reason(actor: Actor, imported: Import) -> list[tuple[str, str, int]]:
    """Reason's code, its words and how many rows wait, the most first."""
    counts = refused_rows(actor, imported).order_by().values_list("reason").annotate(Count("pk"))
    return sorted(((code, REASONS[code], rows) for code, rows in counts), key=lambda item: -item[2])


def refused_csv(actor: Actor, imported: Import) -> Iterator[str]:
    """The refused rows as CSV, to be corrected and brought again."""
    rows = refused_rows(actor, imported).values_list("row", "reason", "detail", "fields")
    return mending.as_csv(rows.iterator(), imported.found.get("columns", ()))
