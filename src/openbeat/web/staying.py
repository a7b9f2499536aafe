"""How long one stays signed in: the idle lock, the full sign-in that is due, and the account that is not yet secured.

A locked session is still the same person's: after showing who they are, they go on where they were, and what they
had just sent is done then.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from openbeat.accounts import entering, rules
from openbeat.accounts.identity import Person, is_secured, limits_of
from openbeat.accounts.rules import Stay
from openbeat.accounts.sessions import BEGUN
from openbeat.acting import together
from openbeat.web.request import Request

SEEN = "seen"
"""Where a session keeps when it was last used."""
BEFORE = "before"
"""Where a session keeps when its person had signed in the last time before."""
LOCK = "lock"
"""Where a session keeps since when it is locked, and whether a full sign-in is due."""
SECURED = "secured"
READ = "read"
"""Where a session keeps that the agency's notice was read."""
NOTED_EVERY = timedelta(minutes=1)
DEVICE_COOKIE = "device"
DEVICE_YEARS = 5
SIGNER = Signer(salt="openbeat.device")

PASSKEY = "passkey"
GOING_ON = "going-on"
"""Only in training, for people who have no means of their own."""
KINDS = {"reauthenticate": "password", "mfa_reauthenticate": "code", "mfa_reauthenticate:webauthn": PASSKEY}

ALWAYS = frozenset({
    "account_again", "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout",
    "account_locked", "account_lock", "account_go_on", "account_notice", "set_language", "appearance", "healthz",
    "sign_in_link",
})  # fmt: skip
"""What a locked session may still ask for."""
SETTING_UP = frozenset({
    "account_secure", "account_set_password", "account_change_password", "mfa_activate_totp", "mfa_add_webauthn",
    "mfa_view_recovery_codes", "mfa_download_recovery_codes", "account_still_here",
})  # fmt: skip
"""What an account that is not yet secured may ask for besides."""


class StayMiddleware:
    """Before each page of a signed-in person: may this session go on, and is the account secured?"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """Run after the check against forged posts, so that only a genuine one is kept for later."""
        ours = cast("Request", request)
        if ours.person is None or _name(ours) in ALWAYS:
            return None
        if not _may_go_on(ours):
            return to_lock(ours)
        if _name(ours) in SETTING_UP:
            return None
        if must_secure(ours):
            return HttpResponseRedirect(reverse("account_secure"))
        return to_notice(ours) if must_read(ours) else None


def _name(request: Request) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match else ""


def limits(request: Request) -> tuple[int | None, int | None]:
    """Idle minutes and hours until a full sign-in, for the device that this browser is."""
    return limits_of(device_of(request))


def device_of(request: HttpRequest) -> UUID | None:
    """The device that an administrator made of this browser."""
    try:
        return UUID(SIGNER.unsign(request.COOKIES.get(DEVICE_COOKIE, "")))
    except (BadSignature, ValueError):
        return None


def mark_device(response: HttpResponse, device_id: UUID) -> None:
    """Let this browser remember which device it is."""
    response.set_cookie(
        DEVICE_COOKIE, SIGNER.sign(str(device_id)), max_age=timedelta(days=365 * DEVICE_YEARS), httponly=True,
        secure=settings.SESSION_COOKIE_SECURE, samesite="Lax",
    )  # fmt: skip


def _may_go_on(request: Request) -> bool:
    """Whether the session is open; one used too long ago, or entered too long ago, is locked here."""
    idle_minutes, again_hours = limits(request)
    session = request.session
    request.idle_seconds = idle_minutes * 60 if idle_minutes else None
    state = rules.stay(
        entered=_moment(session, BEGUN), seen=_moment(session, SEEN), at=request.wall, idle_minutes=idle_minutes,
        again_hours=again_hours,
    )  # fmt: skip
    if state is not Stay.OPEN:
        lock(request, full=state is Stay.OVER)
    if LOCK in session:
        return False
    _note_use(request, watched=idle_minutes is not None)
    return True


def lock(request: Request, *, full: bool = False) -> None:
    """Lock the session from now on, if it isn't locked already."""
    before = request.session.get(LOCK, {"since": request.wall.timestamp(), "full": False})
    request.session[LOCK] = {"since": before["since"], "full": before["full"] or full}


def _moment(session: Any, name: str) -> datetime:
    return datetime.fromisoformat(session.get(name, datetime.min.replace(tzinfo=UTC).isoformat()))


def _note_use(request: Request, *, watched: bool) -> None:
    """What a page fetches by itself is no use of it, or an open board would never lock; a console's board is."""
    background = watched and request.method == "GET" and request.headers.get("HX-Request") == "true"
    if not background and request.wall - _moment(request.session, SEEN) >= NOTED_EVERY:
        request.session[SEEN] = request.wall.isoformat()


def ways(request: Request) -> list[dict[str, str]]:
    """How this person can show who they are; where a full sign-in is due, only the ways still missing."""
    known: list[dict[str, str]] = get_adapter().get_reauthentication_methods(request.user)
    done = _done(request)
    return [way for way in known if KINDS.get(way["id"]) not in done]


def _done(request: Request) -> set[str]:
    """What was shown again since the lock."""
    since = request.session.get(LOCK, {}).get("since", float("inf"))
    records = get_authentication_records(request, cast("Person", request.user))
    again = [record for record in records if record.get("reauthenticated") and record["at"] >= since]
    return {_kind(record) for record in again}


def _kind(record: dict[str, Any]) -> str:
    if record["method"] == "mfa":
        return PASSKEY if record.get("type") == "webauthn" else "code"
    return str(record["method"])


def unlock(request: Request) -> bool:
    """Open the session again if enough was shown since the lock: one way, or all that a full sign-in takes."""
    done, full = _done(request), request.session[LOCK]["full"]
    missing = {KINDS[way["id"]] for way in ways(request)} - {PASSKEY}
    if not done or (full and missing and not done & {PASSKEY, GOING_ON}):
        return False
    with together():
        witness = entering.shown_again
        witness(cast("Person", request.person), source_address=request.source_address, methods=sorted(done))
        request.session[SEEN] = request.wall.isoformat()
        if full:
            request.session[BEGUN] = request.wall.isoformat()
        del request.session[LOCK]
    return True


def to_lock(request: Request) -> HttpResponse:
    """To the lock, whence one comes back; a post is kept and done then. What a page fetched by itself is only told."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"Openbeat-Locked": "1"})
    return suspend_request(request, reverse("account_again"))  # type: ignore[no-any-return]


def must_secure(request: Request) -> bool:
    """Whether the person must set up a passkey or a second factor before anything else."""
    person, agency = cast("Person", request.person), request.agency
    if agency is None or agency.training or request.session.get(SECURED):
        return False
    methods = {record["method"] for record in get_authentication_records(request, person)}
    if "socialaccount" in methods or is_secured(person):
        request.session[SECURED] = True
        return False
    return True


def must_read(request: Request) -> bool:
    """Whether the agency has a notice before entering that this session has not yet read."""
    return request.agency is not None and bool(request.agency.banner) and not request.session.get(READ)


def have_read(request: HttpRequest) -> None:
    """This session has read the notice; one that changes meanwhile is shown at the next sign-in."""
    request.session[READ] = True


def to_notice(request: Request) -> HttpResponse:
    """To the notice before entering, and from there on to where one wanted to go."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    wanted = request.get_full_path() if request.method == "GET" else reverse("home")
    return HttpResponseRedirect(reverse("account_notice", query={"next": wanted}))


def left_unsecured(request: HttpRequest) -> None:
    """A factor was taken away: look again at the next page."""
    request.session.pop(SECURED, None)
