"""The states of an account and the moves between them, as data."""

from __future__ import annotations

from enum import StrEnum

from openbeat.kernel.errors import NotInThisState


class AccountState(StrEnum):
    """Whether a person may sign in."""

    ACTIVE = "active"
    LOCKED = "locked"
    """Too many failed tries; an administrator releases it."""
    CLOSED = "closed"
    """The person has left."""


MOVES: dict[AccountState, frozenset[AccountState]] = {
    AccountState.ACTIVE: frozenset({AccountState.LOCKED, AccountState.CLOSED}),
    AccountState.LOCKED: frozenset({AccountState.ACTIVE, AccountState.CLOSED}),
    AccountState.CLOSED: frozenset({AccountState.ACTIVE}),
}


def moved(state: str, target: AccountState) -> AccountState:
    """The target, if a move leads to it from here."""
    if target not in MOVES[AccountState(state)]:
        raise NotInThisState(
            "this account is {state}; it can't become {target}",
            mend="reload the page",
            state=AccountState(state),
            target=target,
        )
    return target
