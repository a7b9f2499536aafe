"""Changes to what-ifs: ask, begin, finish, fail, cancel, try again, hand over, delete."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from openbeat.access import Actor, Permission
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.kernel.csv_file import as_csv
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.what_if.models import WhatIf
from openbeat.patrol.what_if.rules import Asked, move, require_asked, require_ended, require_past
from openbeat.patrol.what_if.states import State
from openbeat.places.queries import AreaSet
from openbeat.seeing import progress


@action(Permission.WHAT_IF_RUN, operation=Operation.COMBINATION)
def ask_what_if(actor: Actor, area_set: AreaSet, /, *, title: str, asked: Asked, at: datetime) -> WhatIf:
    """Queue a simulation of today and its alternatives, told by these areas."""
    require_asked(asked)
    require_past(asked, (at + timedelta(days=1)).date())  # wherever the agency lies, its day is not later
    found = WhatIf.objects.create(
        agency_id=area_set.agency_id, author_id=actor.person_id, title=title, made_at=at, area_set=area_set,
        asked=asked.as_plain(),
    )  # fmt: skip
    note(alternatives=len(asked.setups) - 1)
    _queue(found)
    return found


@action(Permission.WHAT_IF_RUN)
def begin_what_if(actor: Actor, found: WhatIf, /) -> WhatIf:
    """The worker takes it up."""
    return _become(found, State.RUNNING)


@action(Permission.WHAT_IF_RUN)
def finish_what_if(actor: Actor, found: WhatIf, /, *, result: Mapping[str, Any], at: datetime) -> WhatIf:
    """Keep what the simulation answered."""
    found.result, found.finished_at = dict(result), at
    progress.forget(found.id)
    return _become(found, State.DONE)


@action(Permission.WHAT_IF_RUN)
def fail_what_if(actor: Actor, found: WhatIf, /, *, words: str, at: datetime) -> WhatIf:
    """It could not be simulated; what happened is kept in words."""
    found.failure, found.finished_at = words, at
    progress.forget(found.id)
    return _become(found, State.FAILED)


@action(Permission.WHAT_IF_RUN)
def cancel_what_if(actor: Actor, found: WhatIf, /, *, at: datetime) -> WhatIf:
    """Stop one that waits or is under way; nothing of it is kept but what was asked."""
    if found.state == State.RUNNING:
        progress.ask_to_stop(found.id, found.agency_id)
    found.finished_at = at
    return _become(found, State.CANCELLED)


@action(Permission.WHAT_IF_RUN)
def retry_what_if(actor: Actor, found: WhatIf, /) -> WhatIf:
    """Queue one that failed once more, as it was asked."""
    found.failure, found.finished_at = "", None
    _become(found, State.QUEUED)
    _queue(found)
    return found


@action(Permission.WHAT_IF_VIEW, operation=Operation.DISCLOSURE)
def export_what_if(
    actor: Actor, found: WhatIf, /, *, lines: Sequence[Sequence[object]], reason: str, basis: str
) -> bytes:
    """A result's lines as CSV, first the names of the columns; what was handed over is known by its digest."""
    if found.state != State.DONE:
        raise Contradiction("there is no result yet to hand over")
    file = as_csv(lines)
    note(rows=len(lines) - 1, sha256=hashlib.sha256(file).hexdigest())
    return file


@action(Permission.WHAT_IF_RUN, operation=Operation.ERASURE)
def delete_what_if(actor: Actor, found: WhatIf, /, *, reason: str) -> None:
    """Delete what was asked and answered; the trail keeps that it was there, and why it went."""
    if not reason.strip():
        raise Contradiction("say why the what-if is deleted")
    current = WhatIf.objects.select_for_update().only("state").get(pk=found.pk)
    require_ended(State(current.state))
    note(asked=found.made_at.isoformat())
    WhatIf.objects.filter(pk=found.pk).delete()


def _queue(found: WhatIf) -> None:
    later("what_if.simulate", agency_id=found.agency_id, what_if_id=str(found.id))


def _become(found: WhatIf, state: State) -> WhatIf:
    """Move the row under its lock, so that two people can't move it at once."""
    current = WhatIf.objects.select_for_update().only("state").get(pk=found.pk)
    found.state = move(State(current.state), state)
    found.save()
    return found
