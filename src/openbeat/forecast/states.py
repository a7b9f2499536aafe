"""The life of a forecast run, as data."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_BETTER = "not_better"
    """Its own back-test did not beat the plain count: kept, marked, never offered."""
    READY = "ready"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.RUNNING: frozenset({State.READY, State.NOT_BETTER, State.FAILED, State.CANCELLED}),
    State.READY: frozenset({State.OFFERED, State.WITHDRAWN}),
    State.OFFERED: frozenset({State.WITHDRAWN}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.NOT_BETTER: frozenset(),
    State.WITHDRAWN: frozenset(),
}
