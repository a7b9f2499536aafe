"""What a check comes to, pure: from the stranger's report and the table's comparison to findings in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openbeat.access import Actor, Permission, scopes
from openbeat.oversight.states import State
from witness.verify import Report

NAMED = 20
"""Changed entries that a check names one by one; of more it tells the number."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check's outcome: what holds and what does not, in words."""

    state: State
    findings: list[dict[str, Any]]
    size: int | None
    root: str
    compared: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The agencies whose entries a permission opens: a colleague's other roles elsewhere open no trail there."""

    reach: frozenset[UUID]


def reach(actor: Actor, permission: Permission) -> Reach:
    """What of the trail the permission opens to the actor."""
    return Reach(frozenset().union(*(way.agencies for way in scopes(actor, permission))))


def weigh(report: Report, compared: int, changed: Sequence[tuple[int, UUID]], late: int) -> Checked:
    """The findings of the log's files, of the table, and of what waits."""
    findings: list[dict[str, Any]] = [{"words": one.words, "failure": one.failure} for one in report.findings]
    findings += _table(compared, changed)
    if late:
        findings.append({"words": f"{late} entries wait for their place in the log", "failure": "EntriesWaiting"})
    broken = any(one["failure"] for one in findings)
    checkpoint = report.checkpoint
    return Checked(
        State.BROKEN if broken else State.HOLDS,
        findings,
        checkpoint.size if checkpoint else None,
        checkpoint.root.hex() if checkpoint else "",
        compared,
    )


def _table(compared: int, changed: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    if not changed:
        return [{"words": f"all {compared} entries of the table are what the log committed to", "failure": None}]
    named = [
        {
            "words": f"entry {index} ({entry_id}) in the table is not what the log committed to",
            "failure": "EntryChanged",
        }
        for index, entry_id in changed[:NAMED]
    ]
    more = len(changed) - NAMED
    return named + ([{"words": f"and {more} more", "failure": "EntryChanged"}] if more > 0 else [])
