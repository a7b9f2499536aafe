"""The life of a beat drawing, as data."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a drawing stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    ADOPTED = "adopted"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.RUNNING: frozenset({State.DONE, State.FAILED, State.CANCELLED, State.RUNNING}),
    State.DONE: frozenset({State.ADOPTED}),
    State.ADOPTED: frozenset({State.ADOPTED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset(),
}
"""A worker that died at its drawing is followed by another; beats that were withdrawn again may be adopted anew."""

UNDER_WAY = frozenset({State.QUEUED, State.RUNNING})
DRAWN = frozenset({State.DONE, State.ADOPTED})
"""There are beats to choose from."""
