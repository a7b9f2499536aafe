"""From a request to an actor in its scope, and from a refusal to words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from http import HTTPStatus
from typing import cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.utils import timezone, translation

from openbeat.access.actors import NOBODY
from openbeat.accounts.identity import actor_of, agency_now
from openbeat.accounts.sessions import AGENCY
from openbeat.kernel.errors import BadInput, NotFound, OpenbeatError, Refusal
from openbeat.kernel.time import now
from openbeat.seeing.scope import rows_of
from openbeat.web.request import Request

SENT_BY_SCRIPT = "X-Sent-By-Script"

Handler = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Give the request its actor, its agency's now, and open the database's rows for both.

    The session names the agency whose rows it opens, so that the person can be loaded behind the row locks.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = cast("Request", request)
        seen.wall = seen.now = now()
        seen.source_address = request.META.get("REMOTE_ADDR", "")
        seen.actor, seen.agency, seen.person, seen.idle_seconds = NOBODY, None, None, None
        with ExitStack() as seen.rows:
            _identify(seen)
            return self.get_response(request)


def open_rows(request: Request, agencies: Iterable[UUID]) -> None:
    """Open the rows of these agencies for the rest of the request, instead of those open before."""
    request.rows.enter_context(rows_of(agencies))


def _identify(request: Request) -> None:
    agency_id = request.session.get(AGENCY)
    if not agency_id:
        open_rows(request, ())  # nothing that an earlier use of the connection left open
        return
    open_rows(request, {UUID(agency_id)})
    if not request.user.is_authenticated:
        return
    request.person = request.user
    request.agency = request.person.agency
    request.now = agency_now(request.agency, request.wall)
    request.rows.enter_context(timezone.override(request.agency.tz))
    if request.person.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        request.rows.enter_context(translation.override(request.person.language))
    request.actor = actor_of(request.person, at=request.wall, source_address=request.source_address)
    open_rows(request, request.actor.reach | {request.agency.pk})


class LandingMiddleware:
    """A script that sends a form is told where to go on: what is said there is said once, to the page that stays."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if SENT_BY_SCRIPT not in request.headers or not isinstance(response, HttpResponseRedirectBase):
            return response
        landing = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": response.url})
        landing.cookies = response.cookies
        return landing


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
        said = exception.said(translation.gettext)
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"code": exception.code, "detail": said.words, "mend": said.mend}, status=status)
        return render(request, "errors/refusal.html", {"error": said, "status": int(status)}, status=status)
