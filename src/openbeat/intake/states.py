"""The life of an import, as data."""

from __future__ import annotations

from enum import StrEnum

from openbeat.kernel.errors import NotInThisState


class State(StrEnum):
    """Where an import stands."""

    UPLOADED = "uploaded"
    """The file is here; nobody has said how to read it."""
    MAPPED = "mapped"
    """A profile says how; it can be tried."""
    CHECKING = "checking"
    """The dry run reads the file."""
    CHECKED = "checked"
    """The report is there; nothing has been brought in."""
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    """Nothing was brought in; it can be mapped again."""
    WITHDRAWN = "withdrawn"
    """What it brought was taken back."""
    DISCARDED = "discarded"
    """Given up before anything was brought in."""


MOVES: dict[State, frozenset[State]] = {
    State.UPLOADED: frozenset({State.MAPPED, State.FAILED, State.DISCARDED}),
    State.MAPPED: frozenset({State.MAPPED, State.CHECKING, State.IMPORTING, State.DISCARDED}),
    State.CHECKING: frozenset({State.CHECKED, State.FAILED, State.CHECKING}),
    State.CHECKED: frozenset({State.MAPPED, State.IMPORTING, State.DISCARDED}),
    State.IMPORTING: frozenset({State.DONE, State.FAILED, State.IMPORTING}),
    State.DONE: frozenset({State.WITHDRAWN}),
    State.FAILED: frozenset({State.MAPPED, State.CHECKING, State.DISCARDED}),
    State.WITHDRAWN: frozenset(),
    State.DISCARDED: frozenset(),
}
"""From the command line a file is brought in without a dry run; it is refused whole if most of it is.

A worker that died at its work is followed by another: checking and importing may begin again.
A file whose import broke off may be tried again as it is."""

WORKING = frozenset({State.CHECKING, State.IMPORTING})
OVER = frozenset({State.DONE, State.WITHDRAWN, State.DISCARDED})


def moved(state: str, target: State) -> State:
    """The target, if a move leads to it from here."""
    if target not in MOVES[State(state)]:
        raise NotInThisState(
            "this import is {state}; it cannot become {target}",
            mend="reload the page",
            state=State(state),
            target=target,
        )
    return target
