"""What the worker does: each task opens the scope of its agency, calls one use of a domain, and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from procrastinate.contrib.django import app

from openbeat.access import Actor
from openbeat.access.actors import service
from openbeat.seeing.scope import scope

P = ParamSpec("P")


@contextmanager
def at_work(agency_id: UUID) -> Iterator[Actor]:
    """The service itself at work for one agency, its rows open."""
    actor = service(agency_id)
    with scope(actor):
        yield actor


def task(name: str, *, retry: int = 0) -> Callable[[Callable[Concatenate[Actor, P], None]], object]:
    """Register a function `(actor, **arguments)` as the task that `acting.later` names."""

    def register(function: Callable[Concatenate[Actor, P], None]) -> object:
        @wraps(function)
        def run(agency_id: str, **arguments: object) -> None:
            with at_work(UUID(agency_id)) as actor:
                function(actor, **arguments)  # type: ignore[call-arg]

        return app.task(name=name, retry=retry, pass_context=False)(run)

    return register
