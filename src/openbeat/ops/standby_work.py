"""What the worker does for standby plans: reads what is known, places the units, keeps where they are to wait."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from openbeat.access import Actor
from openbeat.accounts.identity import agency_now
from openbeat.kernel.time import now
from openbeat.ops.tasks import kept_in_words, task
from openbeat.patrol.standby import actions, queries
from openbeat.patrol.standby.compute import PlacingStopped, computed
from openbeat.patrol.standby.feed import known_of
from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.states import UNDER_WAY, State
from openbeat.places import queries as places
from openbeat.seeing import progress


def _fail_standby_plan(actor: Actor, words: str, standby_plan_id: str) -> None:
    found = queries.standby_plan(actor, standby_plan_id)
    if found.state in UNDER_WAY:
        actions.fail_standby_plan(actor, found, words=words, at=agency_now(found.agency, now()))


@task("standby.place", fails=_fail_standby_plan)
def place_standby_units(actor: Actor, *, standby_plan_id: str) -> None:
    """Work out where units are to wait; what goes wrong is kept in words."""
    found = queries.standby_plan(actor, standby_plan_id)
    if found.state not in UNDER_WAY:
        return  # it was stopped while it waited, or is done
    actions.begin_standby_plan(actor, found)
    failing = kept_in_words(lambda words: _fail_standby_plan(actor, words, standby_plan_id), found.id)
    with failing, suppress(PlacingStopped):
        result = _placed(actor, found)
        if queries.standby_plan(actor, found.id).state != State.CANCELLED:
            actions.finish_standby_plan(actor, found, result=result, at=agency_now(found.agency, now()))
    progress.forget(found.id)


def _placed(actor: Actor, found: StandbyPlan) -> dict[str, Any]:
    def tell(share: float, words: str) -> bool:
        return progress.tell(found.id, found.agency_id, share, words)

    tell(0.01, "reading the incidents")
    asked = queries.asked_of(actor, found)
    times = places.travel_times(actor, found.agency_id)
    return computed(known_of(actor, found, asked), asked, times, times.facts, tell)
