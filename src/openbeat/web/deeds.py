"""Deeds done by a button: one way in, one way back to the thing's page, words either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from openbeat.access import Actor
from openbeat.kernel.errors import OpenbeatError
from openbeat.web.refusals import sentences
from openbeat.web.request import Request

Thing = TypeVar("Thing")
View = Callable[..., HttpResponse]


def deeds_on(
    find: Callable[[Actor, UUID], Thing], page: str, *, undo: str = ""
) -> Callable[[Callable[[Request, Thing], object], Any], View]:
    """A maker of views, each doing one deed to what `find` finds and going back to `page` with the words given.

    Both addresses take the thing's id alone; `undo` names the one that takes the deed back.
    """

    def deed(function: Callable[[Request, Thing], object], done: Any) -> View:
        @require_POST
        @login_required
        def view(request: HttpRequest, **at: UUID) -> HttpResponse:
            seen = cast("Request", request)
            (thing_id,) = at.values()
            thing = find(seen.actor, thing_id)
            try:
                function(seen, thing)
            except OpenbeatError as refusal:
                messages.error(request, sentences(refusal))
            else:
                if done:
                    messages.success(request, done, extra_tags=reverse(undo, args=[thing_id]) if undo else "")
            return redirect(page, thing_id)

        return view

    return deed
