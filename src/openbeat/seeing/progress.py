"""Telling and reading how far long work has come. Written at once, outside of the deed's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from openbeat.kernel.time import now
from openbeat.seeing.models import Progress


@dataclass(frozen=True, slots=True)
class Standing:
    """How far work has come: a share from 0 to 1, in words, and whether someone asked it to stop."""

    share: float
    words: str
    stop_asked: bool


NOT_BEGUN = Standing(0.0, "", stop_asked=False)


def tell(thing_id: UUID, agency_id: UUID, share: float, words: str) -> bool:
    """Leave word of the work on a thing; returns whether it was asked to stop meanwhile."""
    told = {"agency_id": agency_id, "share": min(max(share, 0.0), 1.0), "words": words[:200], "at": now()}
    row, _ = Progress.objects.update_or_create(thing_id=thing_id, defaults=told)
    return row.stop_asked


def standing(thing_id: UUID) -> Standing:
    """How far the work on a thing has come."""
    row = Progress.objects.filter(thing_id=thing_id).first()
    return Standing(row.share, row.words, row.stop_asked) if row else NOT_BEGUN


def ask_to_stop(thing_id: UUID, agency_id: UUID) -> None:
    """Ask the work on a thing to end at its next step."""
    asked = {"agency_id": agency_id, "stop_asked": True, "at": now()}
    Progress.objects.update_or_create(thing_id=thing_id, defaults=asked)


def forget(thing_id: UUID) -> None:
    """The work has ended; its thing tells the rest."""
    Progress.objects.filter(thing_id=thing_id).delete()
