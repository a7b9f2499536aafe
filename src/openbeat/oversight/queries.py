"""Questions about checks of the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.audit import queries as trail
from openbeat.kernel.errors import NotFound
from openbeat.oversight.models import LogCheck
from openbeat.oversight.rules import Checked, weigh
from openbeat.seeing.visible import visible
from witness.source import Folder
from witness.verify import verify

__all__ = ["LogCheck", "check", "checked", "checks"]

LATE = timedelta(seconds=10)
"""An entry that has no index after this long is late: the sequencer does not work."""


def checks(actor: Actor) -> QuerySet[LogCheck]:
    """Checks in reach, newest first."""
    return visible(actor, Permission.LOG_CHECK, LogCheck.objects.all()).select_related("author").order_by("-asked_at")


def check(actor: Actor, check_id: UUID | str) -> LogCheck:
    """One check in reach."""
    found = checks(actor).select_related("agency").filter(pk=check_id).first()
    if found is None:
        raise NotFound("there is no such check, or it is not yours to see")
    return found


def checked(actor: Actor, *, now: datetime) -> Checked:
    """Verify the published log as a stranger would, then hold every entry in reach against its leaf."""
    report = verify(Folder(settings.LOG_TILES))
    compared, changed = 0, []
    for count, differences in trail.compare(actor):
        compared += count
        changed += differences
    late = trail.unnumbered(actor, before=now - LATE)
    return weigh(report, compared, [(one.index, one.entry_id) for one in changed], late)
