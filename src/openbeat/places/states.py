"""The states of what the worker makes of an extract, and the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from openbeat.kernel.errors import NotInThisState


class State(StrEnum):
    """How far a street network or a basemap has come."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.WAITING: frozenset({State.WORKING, State.FAILED}),
        State.WORKING: frozenset(
            {State.READY, State.FAILED, State.WORKING}
        ),  # a worker that died is followed by another
        State.READY: frozenset(),
        State.FAILED: frozenset({State.WAITING}),
    }
)

UNDER_WAY = frozenset({State.WAITING, State.WORKING})


def moved(state: str, target: State) -> State:
    """The target, if a move leads to it from here."""
    if target not in MOVES[State(state)]:
        raise NotInThisState(
            "this is {state}; it cannot become {target}", mend="reload the page", state=State(state), target=target
        )
    return target
