"""`@action`: the only way in which anything is changed, handed over or looked at closely."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import transaction

from openbeat.access import RULES, Actor, Permission, TellsFacts, permits
from openbeat.access.decisions import role_used
from openbeat.acting.changes import difference, plain, snapshot
from openbeat.audit import trail
from openbeat.audit.words import NEEDS_REASON, Draft, Operation
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


@dataclass(slots=True)
class _Telling:
    """What a deed adds to its own entry, and the refusals that wait for the transaction to be undone."""

    notes: dict[str, Any] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


_telling: ContextVar[_Telling | None] = ContextVar("telling", default=None)
_refused: ContextVar[list[Draft] | None] = ContextVar("refused", default=None)

TOLD = ("reason", "basis", "case", "recipient")


def note(**facts: object) -> None:
    """Add facts to the present deed's entry (counts, recipients); never personal data."""
    telling = _telling.get()
    if telling is None:
        raise RuntimeError("note() is called inside an action")
    telling.notes.update({name: plain(value) for name, value in facts.items()})


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
            with together():
                try:
                    return _do(deed, function, actor, thing, told, args, kwargs)
                except Refusal as refusal:
                    _hold_refusal(deed, actor, thing, told, refusal)
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
    draft = Draft(
        at=now(), operation=operation, deed=deed, actor=actor, agency_id=agency_id, object_type=object_type,
        object_id=object_id, changes=told, refused=refused,
    )  # fmt: skip
    trail.append(draft)


def _do(
    deed: Deed,
    function: Callable[..., R],
    actor: Actor,
    thing: TellsFacts,
    told: dict[str, str],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> R:
    if not permits(actor, deed.permission, thing):
        raise NotPermitted(
            f"you may not do this here ({deed.permission.value})",
            mend="ask an administrator of your agency for the role, or a colleague who holds it",
        )
    if deed.needs_reason and not (told["reason"].strip() and told["basis"].strip()):
        raise ReasonMissing("this needs a reason and a legal basis", mend="say why you look, and on what ground")
    before = snapshot(thing)
    telling = _Telling()
    token = _telling.set(telling)
    try:
        result = function(actor, thing, *args, **kwargs)
    finally:
        _telling.reset(token)
    trail.append(_entry(deed, actor, thing, result, before, told, telling))
    return result


def _entry(
    deed: Deed,
    actor: Actor,
    thing: TellsFacts,
    result: object,
    before: dict[str, object],
    told: dict[str, str],
    telling: _Telling,
) -> Draft:
    """The entry is about what was made, where the deed made something, else about the thing itself."""
    made = hasattr(result, "PRIVACY") and result is not thing and getattr(result, "pk", 0) != getattr(thing, "pk", 1)
    about = cast("TellsFacts", result) if made else thing
    changes = difference(about, {} if made else before, snapshot(about))
    return _draft(deed, deed.operation, actor, about, told, changes | telling.notes)


def _draft(
    deed: Deed, operation: Operation, actor: Actor, about: TellsFacts, told: dict[str, str], changes: dict[str, Any]
) -> Draft:
    return Draft(
        at=now(),
        operation=operation,
        deed=deed.permission.value,
        actor=actor,
        role=role_used(actor, deed.permission),
        agency_id=about.facts().agency_id,
        object_type=type(about).__name__,
        object_id=str(getattr(about, "pk", "")),
        reason=told["reason"],
        legal_basis=told["basis"],
        case=told["case"],
        recipient=told["recipient"],
        changes=changes,
    )


def _hold_refusal(deed: Deed, actor: Actor, thing: TellsFacts, told: dict[str, str], refusal: Refusal) -> None:
    """Keep the refusal's entry until the transaction is undone; a refusal that passes several doors is told once."""
    waiting = _refused.get()
    if waiting is None or refusal.told:
        return
    refusal.told = True
    draft = _draft(deed, Operation.REFUSAL, actor, thing, told, {})
    waiting.append(replace(draft, refused=f"{refusal.code}: {refusal.words}"))
