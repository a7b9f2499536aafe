"""Work left for the worker by a deed: it starts if and when the deed's transaction is committed."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app


def later(task: str, *, agency_id: UUID, once: str | None = None, **arguments: str | int | bool) -> None:
    """Queue the named task for an agency; with `once`, only if no job of that name waits already."""
    app.configure_task(task, queueing_lock=once).defer(agency_id=str(agency_id), **arguments)
