"""What the worker does for what-ifs: reads what is known, simulates each setup on the same calls, keeps the answer."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from openbeat.access import Actor
from openbeat.accounts.identity import agency_now
from openbeat.kernel.time import now
from openbeat.ops.tasks import kept_in_words, task
from openbeat.patrol.what_if import actions, queries
from openbeat.patrol.what_if.compute import computed
from openbeat.patrol.what_if.feed import known_of
from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.scenario import built
from openbeat.patrol.what_if.states import UNDER_WAY, State
from openbeat.places import queries as places
from openbeat.seeing import progress
from placewise.simulate import SimulationStopped


def _fail_what_if(actor: Actor, words: str, what_if_id: str) -> None:
    found = queries.what_if(actor, what_if_id)
    if found.state in UNDER_WAY:
        actions.fail_what_if(actor, found, words=words, at=agency_now(found.agency, now()))


@task("what_if.simulate", fails=_fail_what_if)
def simulate_what_if(actor: Actor, *, what_if_id: str) -> None:
    """Simulate today and its alternatives; what goes wrong is kept in words."""
    found = queries.what_if(actor, what_if_id)
    if found.state not in UNDER_WAY:
        return  # it was stopped while it waited, or is done
    actions.begin_what_if(actor, found)
    with kept_in_words(lambda words: _fail_what_if(actor, words, what_if_id), found.id), suppress(SimulationStopped):
        result = _simulated(actor, found)
        if queries.what_if(actor, found.id).state != State.CANCELLED:
            actions.finish_what_if(actor, found, result=result, at=agency_now(found.agency, now()))
    progress.forget(found.id)


def _simulated(actor: Actor, found: WhatIf) -> dict[str, Any]:
    def tell(share: float, words: str) -> bool:
        return progress.tell(found.id, found.agency_id, share, words)

    tell(0.01, "reading incidents, units and areas")
    asked = queries.asked_of(actor, found)
    times = places.travel_times(actor, found.agency_id)
    known = known_of(actor, found, asked)
    tell(0.03, "working out travel times")
    return computed(built(known, asked, times), asked, times.facts, tell)
