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
    State.RUNNING: frozenset({State.READY, State.NOT_BETTER, State.FAILED, State.CANCELLED, State.RUNNING}),
    State.READY: frozenset({State.OFFERED, State.WITHDRAWN}),
    State.OFFERED: frozenset({State.WITHDRAWN}),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset(),
    State.NOT_BETTER: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""A worker that died at its run is followed by another: a run may begin again; one that failed may be tried again."""

UNDER_WAY = frozenset({State.QUEUED, State.RUNNING})
