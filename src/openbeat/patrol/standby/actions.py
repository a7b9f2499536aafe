"""Changes to standby plans: ask, begin, finish, fail, cancel, try again, hand over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openbeat.access import Actor, Permission
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.kernel.csv_file import as_csv
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.standby.models import StandbyPlan
from openbeat.patrol.standby.rules import Asked, move, require_asked
from openbeat.patrol.standby.states import State
from openbeat.places.queries import AreaSet
from openbeat.seeing import progress


@action(Permission.STANDBY_PLACE, operation=Operation.COMBINATION)
def ask_standby_plan(actor: Actor, area_set: AreaSet, /, *, title: str, asked: Asked, at: datetime) -> StandbyPlan:
    """Queue the search for where units are to wait, told by these areas."""
    require_asked(asked)
    found = StandbyPlan.objects.create(
        agency_id=area_set.agency_id, author_id=actor.person_id, title=title, made_at=at, area_set=area_set,
        asked=asked.as_plain(),
    )  # fmt: skip
    note(units=asked.units, stations=len(asked.stands))
    _queue(found)
    return found


@action(Permission.STANDBY_PLACE)
def begin_standby_plan(actor: Actor, found: StandbyPlan, /) -> StandbyPlan:
    """The worker takes it up."""
    return _become(found, State.RUNNING)


@action(Permission.STANDBY_PLACE)
def finish_standby_plan(
    actor: Actor, found: StandbyPlan, /, *, result: Mapping[str, Any], at: datetime
) -> StandbyPlan:  # fmt: skip
    """Keep where the units are to wait."""
    found.result, found.finished_at = dict(result), at
    progress.forget(found.id)
    return _become(found, State.DONE)


@action(Permission.STANDBY_PLACE)
def fail_standby_plan(actor: Actor, found: StandbyPlan, /, *, words: str, at: datetime) -> StandbyPlan:
    """It could not be worked out; what happened is kept in words."""
    found.failure, found.finished_at = words, at
    progress.forget(found.id)
    return _become(found, State.FAILED)


@action(Permission.STANDBY_PLACE)
def cancel_standby_plan(actor: Actor, found: StandbyPlan, /, *, at: datetime) -> StandbyPlan:
    """Stop one that waits or is under way; nothing of it is kept but what was asked."""
    if found.state == State.RUNNING:
        progress.ask_to_stop(found.id, found.agency_id)
    found.finished_at = at
    return _become(found, State.CANCELLED)


@action(Permission.STANDBY_PLACE)
def retry_standby_plan(actor: Actor, found: StandbyPlan, /) -> StandbyPlan:
    """Queue one that failed once more, as it was asked."""
    found.failure, found.finished_at = "", None
    _become(found, State.QUEUED)
    _queue(found)
    return found


@action(Permission.STANDBY_VIEW, operation=Operation.DISCLOSURE)
def export_standby_plan(
    actor: Actor, found: StandbyPlan, /, *, lines: Sequence[Sequence[object]], reason: str, basis: str
) -> bytes:
    """A plan's lines as CSV, first the names of the columns; what was handed over is known by its digest."""
    if found.state != State.DONE:
        raise Contradiction("there is no result yet to hand over")
    file = as_csv(lines)
    note(rows=len(lines) - 1, sha256=hashlib.sha256(file).hexdigest())
    return file


def _queue(found: StandbyPlan) -> None:
    later("standby.place", agency_id=found.agency_id, standby_plan_id=str(found.id))


def _become(found: StandbyPlan, state: State) -> StandbyPlan:
    """Move the row under its lock, so that two people can't move it at once."""
    current = StandbyPlan.objects.select_for_update().only("state").get(pk=found.pk)
    found.state = move(State(current.state), state)
    found.save()
    return found
