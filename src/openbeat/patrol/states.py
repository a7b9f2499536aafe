"""The life of a patrol plan, as data."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a plan stands."""

    QUEUED = "queued"
    SOLVING = "solving"
    FAILED = "failed"
    DRAFT = "draft"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SOLVING, State.FAILED, State.WITHDRAWN}),
    State.SOLVING: frozenset({State.DRAFT, State.FAILED, State.SOLVING}),
    State.DRAFT: frozenset({State.APPROVED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.WITHDRAWN}),
    State.FAILED: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}
"""A worker that died at its plan is followed by another: solving may begin again; a failed plan, be tried again."""

UNDER_WAY = frozenset({State.QUEUED, State.SOLVING})
