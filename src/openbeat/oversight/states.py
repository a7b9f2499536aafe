"""The life of a check of the log, as data."""

from __future__ import annotations

from enum import StrEnum

from openbeat.kernel.errors import NotInThisState


class State(StrEnum):
    """Where a check stands."""

    ASKED = "asked"
    HOLDS = "holds"
    BROKEN = "broken"
    """Something was changed, or is missing: the findings name it."""
    FAILED = "failed"


MOVES: dict[State, frozenset[State]] = {
    State.ASKED: frozenset({State.HOLDS, State.BROKEN, State.FAILED}),
    State.HOLDS: frozenset(),
    State.BROKEN: frozenset(),
    State.FAILED: frozenset(),
}


def moved(state: str, target: State) -> State:
    """The target, if a move leads to it from here."""
    if target not in MOVES[State(state)]:
        raise NotInThisState("this check is {state} already", mend="ask for a new one", state=State(state))
    return target
