"""Changes to beat drawings: ask, begin, finish, fail, cancel, try again, adopt; and handing an alternative over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from openbeat.access import Actor, Permission
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.beats import export, queries
from openbeat.patrol.beats.ground import cells_about
from openbeat.patrol.beats.models import Drawing
from openbeat.patrol.beats.rules import (
    AS_THEY_ARE,
    Asked,
    move,
    require_adoptable,
    require_asked,
    require_names,
    require_reason,
)
from openbeat.patrol.beats.states import State
from openbeat.places import actions as places
from openbeat.places.queries import AreaSet
from openbeat.places.shapes import AreaShape
from openbeat.seeing import progress


@action(Permission.BEATS_DRAW, operation=Operation.COMBINATION)
def ask_beats(
    actor: Actor, area_set: AreaSet, /, *, title: str, asked: Asked, today: AreaSet | None, at: datetime
) -> Drawing:
    """Queue a drawing of beats from these areas, to be compared with today's."""
    small = area_set.count if asked.fineness == AS_THEY_ARE else cells_about(area_set.km2, asked.fineness)
    require_asked(asked, small)
    if today is not None and today.agency_id != area_set.agency_id:
        raise Contradiction("beats are compared with those of the same agency")
    found = Drawing.objects.create(
        agency_id=area_set.agency_id, author_id=actor.person_id, title=title, made_at=at, area_set=area_set,
        today=today, asked=asked.as_plain(),
    )  # fmt: skip
    note(beats=asked.count, small_areas=small)
    _queue(found)
    return found


@action(Permission.BEATS_DRAW)
def begin_beats(actor: Actor, found: Drawing, /) -> Drawing:
    """The worker takes it up."""
    return _become(found, State.RUNNING)


@action(Permission.BEATS_DRAW)
def finish_beats(actor: Actor, found: Drawing, /, *, result: Mapping[str, Any], at: datetime) -> Drawing:
    """Keep the beats that were drawn."""
    found.result, found.finished_at = dict(result), at
    progress.forget(found.id)
    return _become(found, State.DONE)


@action(Permission.BEATS_DRAW)
def fail_beats(actor: Actor, found: Drawing, /, *, words: str, at: datetime) -> Drawing:
    """No beats came of it; what happened is kept in words."""
    found.failure, found.finished_at = words, at
    progress.forget(found.id)
    return _become(found, State.FAILED)


@action(Permission.BEATS_DRAW)
def cancel_beats(actor: Actor, found: Drawing, /, *, at: datetime) -> Drawing:
    """Stop one that waits or is under way; nothing of it is kept but what was asked."""
    if found.state == State.RUNNING:
        progress.ask_to_stop(found.id, found.agency_id)
    found.finished_at = at
    return _become(found, State.CANCELLED)


@action(Permission.BEATS_DRAW)
def retry_beats(actor: Actor, found: Drawing, /) -> Drawing:
    """Queue one that failed once more, as it was asked."""
    found.failure, found.finished_at = "", None
    _become(found, State.QUEUED)
    _queue(found)
    return found


@action(Permission.BEATS_ADOPT)
def adopt_beats(
    actor: Actor,
    found: Drawing,
    /,
    *,
    plan: str,
    name: str,
    valid_from: date,
    names: Mapping[str, str],
    reason: str,
    at: datetime,
) -> Drawing:
    """The agency's beats are those of this alternative from a day on; `names` says what each is to be called."""
    chosen = queries.plan_of(actor, found, plan)
    in_use = found.adopted is not None and found.adopted.withdrawn_at is None
    require_adoptable(chosen, in_use=in_use)
    called = require_names(names, [beat["name"] for beat in chosen["beats"]])
    why = require_reason(reason)
    shapes = queries.beat_shapes(actor, found, chosen)
    areas = [AreaShape(called[beat], called[beat], shape) for beat, shape in shapes.items()]
    found.adopted = places.adopt_beats(
        actor, found.agency, name=name, valid_from=valid_from, areas=areas, source=f"{found.title}: {plan}",
        attribution=found.area_set.attribution, reason=why, at=at,
    )  # fmt: skip
    found.adopted_plan, found.adopted_at, found.adopted_why, found.adopter_id = plan, at, why, actor.person_id
    note(plan=plan, beats=len(areas))
    return _become(found, State.ADOPTED)


@action(Permission.BEATS_VIEW, operation=Operation.DISCLOSURE)
def export_beats(actor: Actor, found: Drawing, /, *, plan: str, kind: str, reason: str, basis: str) -> bytes:
    """An alternative as CSV (a row for each beat) or GeoJSON (its ground too); known later by its digest."""
    chosen = queries.plan_of(actor, found, plan)
    if kind == "csv":
        file = export.as_table(chosen)
    elif kind == "geojson":
        file = export.as_collection(chosen, queries.beat_shapes(actor, found, chosen))
    else:
        raise Contradiction("beats are handed over as CSV or GeoJSON")
    note(plan=plan, beats=len(chosen["beats"]), sha256=hashlib.sha256(file).hexdigest())
    return file


def _queue(found: Drawing) -> None:
    later("beats.draw", agency_id=found.agency_id, drawing_id=str(found.id))


def _become(found: Drawing, state: State) -> Drawing:
    """Move the row under its lock, so that two people can't move it at once."""
    current = Drawing.objects.select_for_update().only("state").get(pk=found.pk)
    found.state = move(State(current.state), state)
    found.save()
    return found
