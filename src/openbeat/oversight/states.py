"""The life of a check of the log, as data."""

from __future__ import annotations

from enum import StrEnum


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
