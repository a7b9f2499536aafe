"""What the worker does for beat drawings: reads the work and the areas, seeks beats, checks them, keeps the answer."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from openbeat.access import Actor
from openbeat.accounts.identity import agency_now
from openbeat.kernel.time import now
from openbeat.ops.tasks import kept_in_words, task, teller
from openbeat.patrol.beats import actions, queries
from openbeat.patrol.beats.compute import DrawingStopped, computed
from openbeat.patrol.beats.feed import known_of
from openbeat.patrol.beats.queries import Drawing
from openbeat.patrol.beats.states import UNDER_WAY, State
from openbeat.places import queries as places
from openbeat.seeing import progress


def _fail_beats(actor: Actor, words: str, drawing_id: str) -> None:
    found = queries.drawing(actor, drawing_id)
    if found.state in UNDER_WAY:
        actions.fail_beats(actor, found, words=words, at=agency_now(found.agency, now()))


@task("beats.draw", fails=_fail_beats)
def draw_beats(actor: Actor, *, drawing_id: str) -> None:
    """Draw beats to choose from; what goes wrong is kept in words."""
    found = queries.drawing(actor, drawing_id)
    if found.state not in UNDER_WAY:
        return  # it was stopped while it waited, or is done
    actions.begin_beats(actor, found)
    with kept_in_words(lambda words: _fail_beats(actor, words, drawing_id), found.id), suppress(DrawingStopped):
        result = _drawn(actor, found)
        if queries.drawing(actor, found.id).state != State.CANCELLED:
            actions.finish_beats(actor, found, result=result, at=agency_now(found.agency, now()))
    progress.forget(found.id)


def _drawn(actor: Actor, found: Drawing) -> dict[str, Any]:
    tell = teller(actor, found.id, found.agency_id)
    tell(0.01, "reading incidents and areas")
    asked = queries.asked_of(actor, found)
    known = known_of(actor, found, asked)
    tell(0.04, "reading streets")
    return computed(known, asked, places.travel_times(actor, found.agency_id), tell)
