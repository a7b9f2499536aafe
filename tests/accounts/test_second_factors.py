"""Passkeys, authenticator apps and recovery codes: set up when first needed, asked for ever after."""

from __future__ import annotations

import json
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.accounts.conftest import PASSWORD
from tests.accounts.soft_key import SoftKey

from openbeat.access import Role
from openbeat.accounts import actions, entering
from openbeat.accounts.models import Person
from openbeat.audit.models import Entry
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db
LOGIN = "account_login"


@pytest.fixture(autouse=True)
def forget_used_codes():
    cache.clear()


def by_link(district, role=Role.ANALYST, *, password=None) -> Client:
    person = district.person(role, password=password)
    with scope(district.house):
        secret = actions.issue_sign_in_link(district.house, person, at=now())
    browser = Client()
    assert browser.post(reverse("sign_in_link", args=[secret])).status_code == 302
    return browser


def code(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def half_a_minute_later(district) -> None:
    """The codes used so far belong to an earlier time step."""
    with scope(district.house):
        app = Authenticator.objects.get(type="totp")
        app.data["last_step"] -= 1
        app.save()


def with_app(district, role=Role.ANALYST) -> str:
    """Set up a password and an app by the pages; the app's secret."""
    browser = by_link(district, role)
    browser.post(reverse("account_set_password"), {"password1": PASSWORD, "password2": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/"})
    page = browser.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    answer = browser.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer.status_code == 302, answer.content.decode()
    cache.clear()
    assert browser.get("/").status_code == 200
    return secret


def with_passkey(district, role=Role.ANALYST, **key) -> SoftKey:
    browser, made = by_link(district, role), SoftKey(**key)
    page = browser.get(reverse("mfa_add_webauthn"))
    options = page.context["js_data"]["creation_options"]["publicKey"]
    options = json.loads(json.dumps(options, default=str))
    answer = browser.post(reverse("mfa_add_webauthn"), {"name": "phone", "credential": json.dumps(made.make(options))})
    made.status = answer.status_code
    return made


def show_passkey(browser: Client, key: SoftKey):
    asked = browser.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    answer = key.show(asked["request_options"]["publicKey"])
    return browser.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(answer)})


def test_an_account_at_work_is_secured_before_anything_else(north):
    browser = by_link(north)
    assert browser.get("/")["Location"] == reverse("account_secure")
    page = browser.get(reverse("account_secure"))
    assert page.status_code == 200
    assert "passkey" in page.content.decode()
    assert browser.get("/people/")["Location"] == reverse("account_secure")


def test_a_password_alone_does_not_secure_it(north):
    browser = by_link(north, password=PASSWORD)
    assert browser.get("/")["Location"] == reverse("account_secure")


def test_training_asks_for_none_of_it(school):
    assert by_link(school).get("/").status_code == 200


@pytest.mark.parametrize("password", ["short", "password1234", "elevenchars"])
def test_weak_passwords_are_refused(north, password):
    browser = by_link(north)
    answer = browser.post(reverse("account_set_password"), {"password1": password, "password2": password})
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_password_and_app(north):
    secret = with_app(north)
    person = north.people["analyst"]
    browser = Client()
    first = browser.post(reverse(LOGIN), {"login": person.username.upper(), "password": PASSWORD})
    assert first["Location"] == reverse("mfa_authenticate")
    assert browser.get("/").status_code == 302
    assert browser.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    second = browser.post(reverse("mfa_authenticate"), {"code": code(secret)})
    assert second["Location"] == "/"
    assert browser.get("/").status_code == 200
    with scope(north.house):
        entry = Entry.objects.filter(deed="sign-in", operation="sign-in").latest("id")
        stored = Authenticator.objects.get(type="totp").data["secret"]
    assert entry.changes == {"methods": ["password", "totp"]}
    assert secret not in stored


def test_a_code_works_once_in_all_processes_together(north):
    secret = with_app(north)
    fixed = code(secret)
    for expected in ("/", None, None):
        browser = Client()
        browser.post(reverse(LOGIN), {"login": north.people["analyst"].username, "password": PASSWORD})
        answer = browser.post(reverse("mfa_authenticate"), {"code": fixed})
        assert answer.get("Location") == expected
        cache.clear()  # what another process remembers of this one's codes: nothing
    half_a_minute_later(north)
    browser = Client()
    browser.post(reverse(LOGIN), {"login": north.people["analyst"].username, "password": PASSWORD})
    assert browser.post(reverse("mfa_authenticate"), {"code": code(secret)})["Location"] == "/"


def test_a_code_older_than_the_last_one_used_is_spent(north):
    secret = with_app(north)
    with scope(north.house):
        app = Authenticator.objects.get(type="totp")
        at = now()
        assert entering.use_code(app, code(secret, 1), at=at)
        assert not entering.use_code(app, code(secret), at=at)
        assert not entering.use_code(app, "000000", at=at)
        assert Authenticator.objects.get(type="totp").data.keys() == {"secret", "last_step"}


def test_wrong_codes_lock_like_wrong_passwords(north):
    secret = with_app(north)
    browser = Client()
    browser.post(reverse(LOGIN), {"login": north.people["analyst"].username, "password": PASSWORD})
    for _ in range(4):
        assert browser.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert browser.post(reverse("mfa_authenticate"), {"code": "000000"})["Location"] == reverse("account_locked")
    assert browser.post(reverse("mfa_authenticate"), {"code": code(secret)})["Location"] == reverse("account_locked")
    assert browser.get("/").status_code == 302


def test_a_recovery_code_works_once(north):
    with_app(north)
    with scope(north.house):
        codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    for expected in ("/", None):
        browser = Client()
        browser.post(reverse(LOGIN), {"login": north.people["analyst"].username, "password": PASSWORD})
        assert browser.post(reverse("mfa_authenticate"), {"code": codes[0]}).get("Location") == expected


def test_a_passkey_signs_in_by_itself(north):
    key = with_passkey(north)
    assert key.status == 302
    browser = Client()
    assert show_passkey(browser, key)["Location"] == "/"
    assert browser.get("/").status_code == 200
    with scope(north.house):
        entry = Entry.objects.filter(deed="sign-in", operation="sign-in").latest("id")
        own = [e.changes["what"] for e in Entry.objects.filter(deed="account.own").order_by("id")]
    assert entry.changes == {"methods": ["webauthn"]}
    assert own[0] == "webauthn_added"


def test_a_passkey_that_does_not_verify_its_holder_is_refused(north):
    key = with_passkey(north, verifies=False)
    assert key.status == 200
    with scope(north.house):
        assert not Authenticator.objects.exists()


def test_a_passkey_of_another_account_opens_nothing(north, south):
    key, other = with_passkey(north), with_passkey(south)
    key.user = other.user
    browser = Client()
    assert show_passkey(browser, key)["Location"] == reverse(LOGIN)
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("credential", ["", "{}", "[]", '{"response": {"userHandle": "AAAA"}}', "nonsense"])
def test_a_broken_answer_opens_nothing(north, credential):
    browser = Client()
    answer = browser.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert answer["Location"] == reverse(LOGIN)


def test_a_locked_person_does_not_come_in_by_passkey(north):
    key, person = with_passkey(north), north.people["analyst"]
    with scope(north.house):
        Person.objects.filter(pk=person.pk).update(state="locked", locked_at=now())
    browser = Client()
    assert show_passkey(browser, key)["Location"] == reverse("account_locked")
    assert browser.get("/").status_code == 302


def test_a_full_sign_in_takes_both_factors(north):
    from datetime import datetime, timedelta

    from openbeat.accounts.sessions import BEGUN

    secret = with_app(north)
    browser = Client()
    browser.post(reverse(LOGIN), {"login": north.people["analyst"].username, "password": PASSWORD})
    browser.post(reverse("mfa_authenticate"), {"code": code(secret)})
    session = browser.session
    session[BEGUN] = (datetime.fromisoformat(session[BEGUN]) - timedelta(hours=13)).isoformat()
    session.save()
    cache.clear()
    half_a_minute_later(north)
    assert browser.get("/").status_code == 302
    half = browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/"})
    assert half["Location"].startswith(reverse("account_again"))
    assert browser.get("/").status_code == 302
    assert browser.get(half["Location"])["Location"].startswith(reverse("mfa_reauthenticate"))
    whole = browser.post(reverse("mfa_reauthenticate"), {"code": code(secret), "next": "/"})
    assert whole["Location"] == "/"
    assert browser.get("/").status_code == 200


def test_the_app_alone_can_be_taken_away_only_to_be_asked_for_again(north):
    with_app(north)
    browser = by_link(north)
    answer = browser.get("/")
    assert answer.status_code == 302
    with scope(north.house):
        secret_page = browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert secret_page.status_code == 200


def test_an_administrator_forgets_lost_factors(north):
    with_app(north)
    person = north.people["analyst"]
    with scope(north.house):
        assert actions.forget_factors(north.actor(Role.ADMINISTRATOR), person) == 2
        assert not Person.objects.get(pk=person.pk).has_usable_password()
    assert by_link(north).get("/")["Location"] == reverse("account_secure")
