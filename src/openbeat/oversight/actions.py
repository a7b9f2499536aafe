"""Deeds of oversight: read the trail, hand out or erase an entry, check the log. Each is itself an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit import erasure
from openbeat.audit import queries as trail
from openbeat.audit.queries import EVERYTHING, Filters, Line
from openbeat.audit.words import Operation
from openbeat.kernel.errors import NotFound
from openbeat.oversight.models import LogCheck
from openbeat.oversight.rules import reach
from openbeat.oversight.states import State, moved


@action(Permission.TRAIL_READ, operation=Operation.CONSULTATION)
def read_trail(
    actor: Actor,
    agency: Agency,
    /,
    *,
    reason: str,
    basis: str,
    filters: Filters = EVERYTHING,
    before: UUID | None = None,
) -> list[Line]:
    """A page of the trail, newest first."""
    found = trail.lines(reach(actor, Permission.TRAIL_READ), filters, before=before)
    note(asked=filters.as_plain(), shown=len(found))
    return found


@action(Permission.TRAIL_READ, operation=Operation.CONSULTATION)
def read_entry(actor: Actor, agency: Agency, /, *, entry_id: UUID, reason: str, basis: str) -> Line:
    """One entry, whole."""
    note(entry=entry_id)
    found = trail.line(reach(actor, Permission.TRAIL_READ), entry_id)
    if found is None:
        raise NotFound("there is no such entry in your reach; it may have been erased")
    return found


@action(Permission.TRAIL_READ, operation=Operation.DISCLOSURE)
def hand_out_entry(
    actor: Actor, agency: Agency, /, *, entry_id: UUID, recipient: str, reason: str, basis: str
) -> bytes:
    """An entry with its salt as a file, so that its recipient can find it in the log."""
    note(entry=entry_id)
    found = trail.entry_file(reach(actor, Permission.TRAIL_READ), entry_id)
    if found is None:
        raise NotFound("this entry has no place in the log yet", mend="try again in a second")
    return found


@action(Permission.TRAIL_ERASE, operation=Operation.ERASURE)
def erase_entry(actor: Actor, agency: Agency, /, *, entry_id: UUID, reason: str, basis: str) -> None:
    """Delete an entry and its salt; its leaf stays, so that the log still proves that there was one."""
    note(entry=entry_id)
    if trail.line(reach(actor, Permission.TRAIL_ERASE), entry_id) is None or not erasure.erase(entry_id):
        raise NotFound("there is no such entry in your reach")


@action(Permission.LOG_CHECK, operation=Operation.ADMINISTRATION)
def ask_for_check(actor: Actor, agency: Agency, /, *, at: datetime) -> LogCheck:
    """Have the worker check the whole log and the table behind it."""
    check = LogCheck.objects.create(agency=agency, author_id=actor.person_id, asked_at=at)
    later("oversight.check", agency_id=agency.id, check_id=str(check.id))
    return check


@action(Permission.LOG_CHECK, operation=Operation.ADMINISTRATION)
def fail_check(actor: Actor, check: LogCheck, /, *, words: str, at: datetime) -> LogCheck:
    """The check could not be made; what happened is kept as its finding."""
    check.state, check.finished_at = moved(check.state, State.FAILED), at
    check.findings = [{"failure": "not-checked", "words": words}]
    check.save()
    return check


@action(Permission.LOG_CHECK, operation=Operation.ADMINISTRATION)
def finish_check(
    actor: Actor,
    check: LogCheck,
    /,
    *,
    state: State,
    findings: Sequence[dict[str, Any]],
    size: int | None,
    root: str,
    compared: int,
    at: datetime,
) -> LogCheck:
    """Keep what was found."""
    check.state, check.findings, check.size, check.root = moved(check.state, state), list(findings), size, root
    check.compared, check.finished_at = compared, at
    check.save()
    return check
