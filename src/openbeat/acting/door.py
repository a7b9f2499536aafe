"""`@action`: the only way in which anything is changed, handed over or looked at closely."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import transaction

from openbeat.access import RULES, Actor, Permission, TellsFacts, permits
from openbeat.access.decisions import holding_used
from openbeat.acting.changes import difference, plain, snapshot
from openbeat.audit import trail
from openbeat.audit.words import NEEDS_REASON, Draft, LegalBasis, Operation
from openbeat.kernel.errors import NotPermitted, ReasonMissing, Refusal
from openbeat.kernel.time import now

P = ParamSpec("P")
T = TypeVar("T", bound=TellsFacts)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Deed:
    """An action as the door registers it."""

    name: str
    permission: Permission
    operation: Operation
    needs_reason: bool


REGISTER: dict[str, Deed] = {}
"""Every action by its full name, for the tests of the house and the page «who may do what»."""


@dataclass(frozen=True, slots=True)
class _Try:
    """Somebody comes to the door: with which deed, to which thing, saying what."""

    deed: Deed
    actor: Actor
    thing: TellsFacts
    told: Mapping[str, str]


_notes: ContextVar[dict[str, Any] | None] = ContextVar("notes", default=None)
_refused: ContextVar[list[Draft] | None] = ContextVar("refused", default=None)

TOLD = ("reason", "basis", "case", "recipient")


def note(**facts: object) -> None:
    """Add facts to the present deed's entry (counts, recipients); never personal data."""
    notes = _notes.get()
    if notes is None:
        raise RuntimeError("note() is called inside an action")
    notes.update({name: plain(value) for name, value in facts.items()})


@contextmanager
def together() -> Iterator[None]:
    """Several deeds in one transaction: all of them happen and are written, or none; refusals are written after."""
    if _refused.get() is not None:
        with transaction.atomic():
            yield
        return
    waiting: list[Draft] = []
    token = _refused.set(waiting)
    try:
        with transaction.atomic():
            yield
    finally:
        _refused.reset(token)
        for draft in waiting:
            trail.append(draft)


def action(
    permission: Permission, *, operation: Operation = Operation.ALTERATION
) -> Callable[[Callable[Concatenate[Actor, T, P], R]], Callable[Concatenate[Actor, T, P], R]]:
    """Register a function `verb_noun(actor, thing, /, *, …)` at the door.

    The door asks for the permission, opens the transaction, lets the deed happen and writes its trail entry in the
    same transaction. A refused try leaves the data as they were and is written outside of the transaction.
    """

    def register(function: Callable[Concatenate[Actor, T, P], R]) -> Callable[Concatenate[Actor, T, P], R]:
        needs_reason = RULES[permission].reason or operation in NEEDS_REASON
        deed = Deed(f"{function.__module__}.{function.__name__}", permission, operation, needs_reason)
        takes = inspect.signature(function).parameters
        if needs_reason and not {"reason", "basis"} <= set(takes):
            raise TypeError(f"{deed.name} must take reason= and basis=")
        REGISTER[deed.name] = deed

        @functools.wraps(function)
        def through_the_door(actor: Actor, thing: T, /, *args: P.args, **kwargs: P.kwargs) -> R:
            told = {name: str(kwargs.get(name) or "") for name in TOLD}
            attempt = _Try(deed, actor, thing, told)
            with together():
                try:
                    _ask(attempt)
                    return _happen(attempt, lambda: function(actor, thing, *args, **kwargs))
                except Refusal as refusal:
                    _hold_refusal(attempt, refusal)
                    raise

        return cast("Callable[Concatenate[Actor, T, P], R]", through_the_door)

    return register


def witnessed(
    operation: Operation,
    deed: str,
    actor: Actor,
    *,
    agency_id: UUID | None = None,
    object_type: str = "",
    object_id: str = "",
    changes: dict[str, Any] | None = None,
    refused: str = "",
) -> None:
    """Write what happens before anyone holds a right: a sign-in, a failed one, a lock."""
    told = {name: plain(value) for name, value in (changes or {}).items()}
    trail.append(
        Draft(
            at=now(),
            operation=operation,
            deed=deed,
            actor_id=actor.person_id,
            source_address=actor.source_address,
            agency_id=agency_id or actor.agency_id,
            object_type=object_type,
            object_id=object_id,
            changes=told,
            refused=refused,
        )
    )


def _ask(attempt: _Try) -> None:
    deed, told = attempt.deed, attempt.told
    if not permits(attempt.actor, deed.permission, attempt.thing):
        raise NotPermitted(
            "you may not do this here ({permission})",
            mend="ask an administrator of your agency for the role, or a colleague who holds it",
            permission=deed.permission.value,
        )
    if deed.needs_reason and not (told["reason"].strip() and told["basis"].strip()):
        raise ReasonMissing("this needs a reason and a legal basis", mend="say why you look, and on what ground")
    if told["basis"] and told["basis"] not in set(LegalBasis):
        raise ReasonMissing("this is no legal basis", mend="one of {listed}", listed=", ".join(LegalBasis))


def _happen(attempt: _Try, deed: Callable[[], R]) -> R:
    before = snapshot(attempt.thing)
    notes: dict[str, Any] = {}
    token = _notes.set(notes)
    try:
        result = deed()
    finally:
        _notes.reset(token)
    trail.append(_entry(attempt, result, before, notes))
    return result


def _entry(attempt: _Try, result: object, before: dict[str, object], notes: dict[str, Any]) -> Draft:
    """The entry is about what the deed gave back, where that is a thing of ours, else about what it was done to."""
    about = cast("TellsFacts", result) if hasattr(result, "PRIVACY") and hasattr(result, "facts") else attempt.thing
    same = type(about) is type(attempt.thing) and getattr(about, "pk", None) == getattr(attempt.thing, "pk", None)
    changes = difference(about, before if same else {}, snapshot(about))
    return _draft(attempt, about, changes | notes)


def _draft(attempt: _Try, about: TellsFacts, changes: dict[str, Any]) -> Draft:
    actor, deed, told = attempt.actor, attempt.deed, attempt.told
    holding = holding_used(actor, deed.permission, attempt.thing)
    return Draft(
        at=now(),
        operation=deed.operation,
        deed=deed.permission.value,
        actor_id=actor.person_id,
        source_address=actor.source_address,
        token_id=actor.token_id,
        role=holding.role.value if holding else "",
        post_id=holding.post_id if holding else None,
        agency_id=about.facts().agency_id,
        object_type=type(about).__name__,
        object_id=str(getattr(about, "pk", "")),
        reason=told["reason"],
        legal_basis=told["basis"] if told["basis"] in set(LegalBasis) else "",
        case=told["case"],
        recipient=told["recipient"],
        changes=changes,
    )


def _hold_refusal(attempt: _Try, refusal: Refusal) -> None:
    """Keep the refusal's entry until the transaction is undone; a refusal that passes several doors is told once."""
    waiting = _refused.get()
    if waiting is None or refusal.told:
        return
    refusal.told = True
    draft = _draft(attempt, attempt.thing, {})
    waiting.append(replace(draft, operation=Operation.REFUSAL, refused=f"{refusal.code}: {refusal.words}"))
