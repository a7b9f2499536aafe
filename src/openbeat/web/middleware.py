"""From a request to an actor in its scope, and from a refusal to words."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from openbeat.access import Actor
from openbeat.accounts.identity import actor_of, agency_now
from openbeat.kernel.errors import BadInput, NotFound, OpenbeatError, Refusal
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope
from openbeat.web.request import Request

Handler = Callable[[HttpRequest], HttpResponse]

NOBODY = Actor(None, None)


class ActorMiddleware:
    """Give the request its actor, its agency's now, and open the database's rows for both."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = cast("Request", request)
        seen.wall = seen.now = now()
        seen.actor, seen.agency = NOBODY, None
        if not request.user.is_authenticated:
            return self.get_response(request)
        seen.agency = request.user.agency
        seen.now = agency_now(seen.agency, seen.wall)
        seen.actor = actor_of(request.user, at=seen.wall, source_address=request.META.get("REMOTE_ADDR", ""))
        with scope(seen.actor):
            return self.get_response(request)


class RefusalMiddleware:
    """Turn a named refusal into a page that says what happened, what to do, and that nothing was lost."""

    STATUS = ((NotFound, HTTPStatus.NOT_FOUND), (BadInput, HTTPStatus.BAD_REQUEST), (Refusal, HTTPStatus.FORBIDDEN))

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer an `OpenbeatError`; anything else goes on to the server's error page."""
        if not isinstance(exception, OpenbeatError):
            return None
        status = next((code for kind, code in self.STATUS if isinstance(exception, kind)), HTTPStatus.CONFLICT)
        if "application/json" in request.headers.get("Accept", ""):
            body = {"code": exception.code, "detail": exception.words, "mend": exception.mend}
            return JsonResponse(body, status=status)
        return render(request, "errors/refusal.html", {"error": exception, "status": int(status)}, status=status)
