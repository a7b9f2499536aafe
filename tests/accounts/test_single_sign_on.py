"""The agency's own sign-on: finds people, never makes them. The issuer here is a small one on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from openbeat.access import Role
from openbeat.accounts import entering
from openbeat.accounts.models import Person
from openbeat.audit.models import Entry
from openbeat.kernel.time import now
from openbeat.seeing.scope import rows_of, scope

pytestmark = pytest.mark.django_db


class Issuer(ThreadingHTTPServer):
    """An OpenID provider that says of everybody what `claims` say."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims: dict[str, Any] = {}
        self.asked: dict[str, Any] = {}


class _Answers(BaseHTTPRequestHandler):
    server: Issuer

    def _say(self, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        url = self.server.url
        if self.path.startswith("/.well-known"):
            self._say({"issuer": url, "authorization_endpoint": f"{url}/authorize", "token_endpoint": f"{url}/token",
                       "userinfo_endpoint": f"{url}/userinfo", "jwks_uri": f"{url}/keys"})  # fmt: skip
        else:
            self._say(self.server.claims)

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.server.asked = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
        self._say({"access_token": "x", "token_type": "Bearer"})

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    server = Issuer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    app = {"provider_id": "agency", "name": "District sign-on", "client_id": "openbeat", "secret": "s",
           "settings": {"server_url": server.url, "oauth_pkce_enabled": True}}  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def come_by(issuer: Issuer, browser: Client, **claims: Any):
    issuer.claims = claims
    assert "District sign-on" in browser.get(reverse("account_login")).content.decode()
    away = browser.get(reverse("openid_connect_login", args=["agency"]))
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert away["Location"].startswith(f"{issuer.url}/authorize")
    assert asked["code_challenge_method"] == ["S256"]
    back = {"code": "c", "state": asked["state"][0]}
    return browser.get(reverse("openid_connect_callback", args=["agency"]), back)


def test_a_person_is_found_by_name_and_afterwards_by_identity(north, issuer):
    person, browser = north.person(Role.ANALYST, password=None), Client()
    answer = come_by(issuer, browser, sub="77", preferred_username=person.username)
    assert answer["Location"] == reverse("home")
    assert "code_verifier" in issuer.asked
    assert browser.get("/").status_code == 200, "the agency's sign-on secures the account itself"
    assert entering.door_of_external("agency", "77") == (person.pk, north.agency.pk)
    with scope(north.house):
        methods = Entry.objects.filter(deed="sign-in", operation="sign-in").get().changes
    assert methods == {"methods": ["socialaccount"]}

    renamed = Client()
    come_by(issuer, renamed, sub="77", preferred_username="renamed.over.there")
    assert renamed.get("/").wsgi_request.person == person


@pytest.mark.parametrize("claims", [{"preferred_username": "nobody.here"}, {"email": "analyst.north"}, {}])
def test_nobody_is_made(north, issuer, claims):
    north.person(Role.ANALYST, password=None)
    browser = Client()
    answer = come_by(issuer, browser, sub="78", **claims)
    assert answer.status_code == 200
    assert "no account for you here" in answer.content.decode()
    assert browser.get("/").status_code == 302
    with rows_of({north.agency.pk}):
        assert Person.objects.count() == 1


def test_a_locked_person_does_not_come_in(north, issuer):
    person, browser = north.person(Role.ANALYST, password=None), Client()
    with scope(north.house):
        Person.objects.filter(pk=person.pk).update(state="locked", locked_at=now())
    assert come_by(issuer, browser, sub="79", preferred_username=person.username)["Location"] == reverse(
        "account_locked"
    )
    assert browser.get("/").status_code == 302


def test_a_forged_return_opens_nothing(north, issuer):
    browser = Client()
    answer = browser.get(reverse("openid_connect_callback", args=["agency"]), {"code": "c", "state": "forged"})
    assert "did not work" in answer.content.decode()
    assert browser.get("/").status_code == 302
