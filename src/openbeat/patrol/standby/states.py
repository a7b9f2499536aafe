"""The life of a standby plan, as data."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a standby plan stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.RUNNING: frozenset({State.DONE, State.FAILED, State.CANCELLED, State.RUNNING}),
    State.DONE: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset(),
}
"""A worker that died at its search is followed by another: it may begin again; one that failed, be tried again."""

UNDER_WAY = frozenset({State.QUEUED, State.RUNNING})
