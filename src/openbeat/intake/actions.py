"""Changes to imports: a file received, mapped, tried, brought in, mended, withdrawn; profiles kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import UUID

from django.db import transaction

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.incidents.loading import take_back
from openbeat.intake import queries, store
from openbeat.intake.bringing import Tell, bring
from openbeat.intake.guess import as_written, guess
from openbeat.intake.mending import as_file
from openbeat.intake.models import Import, RefusedRow, SavedProfile
from openbeat.intake.profile import Profile, from_table, read_as, require_columns, shipped, to_table, to_toml
from openbeat.intake.quality import Report
from openbeat.intake.readers import look, preview
from openbeat.intake.states import State, moved
from openbeat.kernel.errors import Contradiction
from openbeat.seeing import progress


@action(Permission.IMPORT_RUN)
def receive_file(
    actor: Actor, agency: Agency, /, *, path: Path, file_name: str, at: datetime, mends: Import | None = None
) -> Import:
    """Keep an uploaded file and find out what it looks like; a file that mends refused rows is read as they were."""
    imported = Import(agency=agency, author_id=actor.person_id, made_at=at, mends=mends)
    try:
        kept, imported.size, imported.sha256 = store.take(imported.pk, path, file_name)
        imported.file, imported.file_name = str(kept), kept.name
        _look_into(imported, kept)
        imported.save()
    except BaseException:
        store.drop(imported.pk)
        raise
    return imported


def _look_into(imported: Import, path: Path) -> None:
    """What the file holds, and a first profile for it: that of the rows it mends, a shipped one, or a guess."""
    found = look(path)
    sample = preview(path, found.reading)
    first = guess(sample, reading=found.reading, zone=imported.agency.zone, name="own", source="own")
    imported.found = {
        "kind": found.reading.kind, "columns": list(found.columns), "sheets": list(found.sheets),
        "fits": list(first.fits),
    }  # fmt: skip
    profile = first.profile
    if imported.mends is not None:
        profile = from_table(imported.mends.profile or {})
        require_columns(profile, found.columns)
        imported.state = State.MAPPED
    elif first.fits:
        profile, doubts = as_written(shipped(first.fits[0]), sample)
        imported.doubts = [list(doubt) for doubt in doubts]
    else:
        imported.doubts = [list(doubt) for doubt in first.doubts]
    imported.profile = to_table(read_as(profile, found.reading)) if profile else None


@action(Permission.IMPORT_RUN)
def map_columns(actor: Actor, imported: Import, /, *, profile: Profile) -> Import:
    """Say how the file is read; a report made before is no longer true."""
    moved(imported.state, State.MAPPED)
    found = look(Path(imported.file), profile.read)
    require_columns(profile, found.columns)
    imported.profile = to_table(read_as(profile, found.reading))
    imported.report, imported.doubts, imported.failure = None, [], ""
    imported.found = imported.found | {"columns": list(found.columns), "sheets": list(found.sheets)}
    return _become(imported, State.MAPPED)


@action(Permission.IMPORT_RUN)
def ask_for_check(actor: Actor, imported: Import, /) -> Import:
    """Have the worker read the whole file and report, bringing nothing in."""
    if not imported.profile:
        raise Contradiction("nobody has said yet how this file is read", mend="say what its columns mean")
    imported.failure, imported.finished_at = "", None
    _become(imported, State.CHECKING)
    later("intake.check", agency_id=imported.agency_id, import_id=str(imported.pk))
    return imported


@action(Permission.IMPORT_RUN)
def finish_check(actor: Actor, imported: Import, /, *, report: Report) -> Import:
    """Keep what the dry run found."""
    imported.report = report.as_table() | {"may_import": report.may_import}
    return _become(imported, State.CHECKED)


@action(Permission.IMPORT_RUN)
def ask_for_import(actor: Actor, imported: Import, /) -> Import:
    """Have the worker bring the file in."""
    if not (imported.report or {}).get("may_import"):
        raise Contradiction("the dry run stands against this import", mend="correct the columns and try again")
    _become(imported, State.IMPORTING)
    later("intake.bring_in", agency_id=imported.agency_id, import_id=str(imported.pk))
    return imported


@action(Permission.IMPORT_RUN, operation=Operation.COLLECTION)
def bring_in(actor: Actor, imported: Import, /, *, at: datetime, tell: Tell) -> Import:
    """Bring the whole file in, or nothing of it: incidents, refused rows, provenance; one collection in the trail."""
    _become(imported, State.IMPORTING)  # under its lock: of two workers the second finds it done
    brought = bring(imported, at=at, ground=queries.ground(actor, imported, at=at), tell=tell)
    imported.batch, imported.finished_at = brought.loader.batch, at
    imported.rows_new, imported.rows_changed = brought.counts.new, brought.counts.changed
    imported.rows_same, imported.rows_refused = brought.counts.same, brought.refused
    imported.rows_left_out = brought.left_out
    imported.file = ""  # what came in is incidents now, and what was refused is kept row by row
    transaction.on_commit(lambda: store.drop(imported.pk))
    note(asked_by=imported.author_id, source=brought.loader.source.name)
    return _become(imported, State.DONE)


@action(Permission.IMPORT_RUN)
def fail_import(actor: Actor, imported: Import, /, *, words: str, at: datetime) -> Import:
    """The work broke off; nothing was brought in, and what happened is kept in words."""
    imported.failure, imported.finished_at = words, at
    return _become(imported, State.FAILED)


@action(Permission.IMPORT_RUN)
def stop_import(actor: Actor, imported: Import, /) -> Import:
    """Ask the work under way to end; it ends at its next step and leaves nothing behind."""
    progress.ask_to_stop(imported.pk, imported.agency_id)
    return imported


@action(Permission.IMPORT_RUN)
def discard_import(actor: Actor, imported: Import, /, *, at: datetime) -> Import:
    """Give a file up before anything of it was brought in; the file is removed."""
    imported.file, imported.finished_at = "", at
    transaction.on_commit(lambda: store.drop(imported.pk))
    return _become(imported, State.DISCARDED)


@action(Permission.IMPORT_WITHDRAW, operation=Operation.ERASURE)
def withdraw_import(actor: Actor, imported: Import, /, *, reason: str, at: datetime) -> Import:
    """Take back what an import brought: its incidents are deleted, those it changed say again what they said before."""
    if not reason.strip():
        raise Contradiction("say why the import is withdrawn")
    imported.withdrawn_why = reason
    _become(imported, State.WITHDRAWN)
    undone = take_back(cast("UUID", imported.batch_id), at=at)
    RefusedRow.objects.filter(mended_by=imported).update(mended_by=None)
    note(incidents_deleted=undone.new, incidents_restored=undone.changed)
    return imported


@action(Permission.IMPORT_RUN)
def mend_rows(actor: Actor, imported: Import, /, *, rows: Mapping[UUID, Mapping[str, str]], at: datetime) -> Import:
    """Bring refused rows again with corrected fields: a new import that mends this one, ready for its dry run."""
    refused = list(RefusedRow.objects.filter(of=imported, mended_by=None, pk__in=rows).order_by("row"))
    if not refused:
        raise Contradiction("none of these rows waits to be mended", mend="reload the page")
    path = as_file([(one.row, one.reason, one.detail, one.fields | dict(rows[one.pk])) for one in refused])
    try:
        return receive_file(actor, imported.agency, path=path, file_name="mended.csv", at=at, mends=imported)
    finally:
        path.unlink()


@action(Permission.IMPORT_RUN)
def save_profile(actor: Actor, agency: Agency, /, *, profile: Profile, at: datetime) -> SavedProfile:
    """Keep a profile for the agency's next files; one of the same name is replaced."""
    told = {"title": profile.title, "toml": to_toml(profile), "made_at": at}
    saved, _ = SavedProfile.objects.update_or_create(agency=agency, name=profile.name, defaults=told)
    return saved


@action(Permission.IMPORT_RUN)
def forget_profile(actor: Actor, saved: SavedProfile, /) -> None:
    """Remove a profile; imports made with it keep their own copy."""
    saved.delete()


def _become(imported: Import, state: State) -> Import:
    """Move the row under its lock, so that two people can't move it at once."""
    current = Import.objects.select_for_update().only("state").get(pk=imported.pk)
    imported.state = moved(current.state, state)
    imported.save()
    return imported
