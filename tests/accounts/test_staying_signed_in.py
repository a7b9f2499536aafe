"""Idle locks, the full sign-in after twelve hours, device profiles, ended roles and revoked sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.accounts.conftest import PASSWORD

from openbeat.access import Role
from openbeat.accounts import actions, rules
from openbeat.accounts.models import Holding, Person
from openbeat.accounts.rules import Stay
from openbeat.accounts.sessions import BEGUN
from openbeat.audit.models import Entry
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope
from openbeat.web.staying import LOCK, SEEN

HOUR = timedelta(hours=1)
NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


@pytest.mark.parametrize(
    ("entered", "idle", "limits", "what"),
    [
        (0, 29.9, (30, 12), Stay.OPEN),
        (0, 30, (30, 12), Stay.IDLE),
        (11.9, 1, (30, 12), Stay.OPEN),
        (12, 0, (30, 12), Stay.OVER),
        (12, 40, (30, 12), Stay.OVER),
        (300, 600, (None, None), Stay.OPEN),
        (300, 10, (5, None), Stay.IDLE),
    ],
)
def test_how_long_one_stays(entered, idle, limits, what):
    assert (
        rules.stay(
            entered=NOON - entered * HOUR, seen=NOON - timedelta(minutes=idle), at=NOON, idle_minutes=limits[0],
            again_hours=limits[1],
        )
        is what
    )  # fmt: skip


def entered(district, role=Role.ANALYST, *, password=PASSWORD) -> Client:
    """A browser signed in by a link, with a password set, in training."""
    person = district.person(role, password=password)
    with scope(district.house):
        secret = actions.issue_sign_in_link(district.house, person, at=now())
    browser = Client()
    assert browser.post(reverse("sign_in_link", args=[secret])).status_code == 302
    assert browser.get("/").status_code == 200
    return browser


def turn_back(browser: Client, **names: timedelta) -> None:
    session = browser.session
    for name, by in names.items():
        session[name] = (datetime.fromisoformat(session[name]) - by).isoformat()
    session.save()


@pytest.mark.django_db
def test_half_an_hour_without_use_locks_and_the_password_opens(school):
    browser = entered(school)
    turn_back(browser, seen=31 * timedelta(minutes=1))
    answer = browser.get("/?x=1")
    assert answer["Location"] == "/account/again?next=%2F%3Fx%3D1"
    way = browser.get(answer["Location"])
    assert way["Location"].startswith(reverse("account_reauthenticate"))
    page = browser.get(way["Location"])
    assert "Locked" in page.content.decode()
    assert browser.post(way["Location"], {"password": "wrong", "next": "/?x=1"}).status_code == 200
    assert browser.get("/").status_code == 302
    opened = browser.post(way["Location"], {"password": PASSWORD, "next": "/?x=1"})
    assert opened["Location"] == "/?x=1"
    assert browser.get("/").status_code == 200
    with scope(school.house):
        assert Entry.objects.filter(deed="sign-in.again").get().changes == {"methods": ["password"]}


@pytest.mark.django_db
def test_use_keeps_it_open_but_what_a_page_fetches_by_itself_does_not(school):
    browser = entered(school)
    turn_back(browser, seen=timedelta(minutes=20))
    browser.get("/", headers={"HX-Request": "true"})
    turn_back(browser, seen=timedelta(minutes=11))
    assert browser.get("/").status_code == 302
    other = entered(school, Role.COMMANDER)
    turn_back(other, seen=timedelta(minutes=20))
    other.get("/")
    turn_back(other, seen=timedelta(minutes=11))
    assert other.get("/").status_code == 200


@pytest.mark.django_db
def test_a_page_that_polls_is_told_and_nothing_else(school):
    browser = entered(school)
    turn_back(browser, seen=HOUR)
    answer = browser.get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Openbeat-Locked"]) == (401, "1")


@pytest.mark.django_db
def test_what_was_sent_to_a_locked_session_is_done_after_unlocking(school):
    browser = entered(school)
    turn_back(browser, seen=HOUR)
    address = reverse("account_set_password")
    password = "another long and quiet sentence"
    first = browser.post(reverse("account_change_password"), {
        "oldpassword": PASSWORD, "password1": password, "password2": password,
    })  # fmt: skip
    assert first.status_code == 302
    assert "password" not in first["Location"].replace(address, "").split("next=")[0]
    with scope(school.house):
        assert Person.objects.get(pk=school.people["analyst"].pk).check_password(PASSWORD)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("account_change_password")})
    with scope(school.house):
        assert Person.objects.get(pk=school.people["analyst"].pk).check_password(password)


@pytest.mark.django_db
def test_after_twelve_hours_use_does_not_help(school):
    browser = entered(school)
    turn_back(browser, **{BEGUN: 12 * HOUR})
    assert browser.get("/").status_code == 302
    assert browser.session[LOCK]["full"] is True
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/"})
    assert browser.get("/").status_code == 200
    assert datetime.fromisoformat(browser.session[BEGUN]) > now() - HOUR


@pytest.mark.django_db
def test_in_training_a_button_opens_for_who_has_nothing_else(school, north):
    browser = entered(school, password=None)
    turn_back(browser, seen=HOUR)
    page = browser.get(browser.get("/")["Location"])
    assert "In training" in page.content.decode()
    assert browser.post(reverse("account_go_on"), {"next": "/"})["Location"] == "/"
    assert browser.get("/").status_code == 200
    armed = entered(school, Role.COMMANDER)
    turn_back(armed, seen=HOUR)
    assert armed.post(reverse("account_go_on"), {"next": "/"}).status_code == 403
    assert armed.get("/").status_code == 302


@pytest.mark.django_db
def test_a_session_is_locked_by_hand(school):
    browser = entered(school)
    assert browser.post(reverse("account_lock"), {"next": "/"}).status_code == 302
    assert browser.get("/").status_code == 302
    assert browser.post(reverse("account_logout")).status_code == 302


@pytest.mark.django_db
def test_a_dispatch_console_is_exempt_until_it_is_withdrawn(school):
    browser = entered(school)
    admin = school.actor(Role.ADMINISTRATOR)
    with scope(school.house):
        profile = actions.add_device_profile(admin, school.agency, name="Console", idle_minutes=None, again_hours=None)
        device = actions.assign_device(admin, profile, name="Console 1", at=now())
    from openbeat.web.staying import DEVICE_COOKIE, SIGNER

    browser.cookies[DEVICE_COOKIE] = SIGNER.sign(str(device.pk))
    turn_back(browser, **{BEGUN: 30 * HOUR, SEEN: 20 * HOUR})
    assert browser.get("/").status_code == 200
    with scope(school.house):
        actions.withdraw_device(admin, device, at=now())
    turn_back(browser, **{SEEN: 20 * HOUR})
    assert browser.get("/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["", "nonsense", "0198a2f0-0000-7000-8000-000000000000:forged"])
def test_a_forged_device_is_an_ordinary_one(school, cookie):
    browser = entered(school)
    browser.cookies["device"] = cookie
    turn_back(browser, seen=HOUR)
    assert browser.get("/").status_code == 302


@pytest.mark.django_db
def test_a_role_ends_at_the_next_request(school):
    browser = entered(school, Role.ADMINISTRATOR)
    assert browser.get("/").wsgi_request.actor.roles == {Role.ADMINISTRATOR}
    with scope(school.house):
        actions.end_role(school.house, Holding.objects.get(person=school.people["administrator"]), at=now())
    assert browser.get("/").wsgi_request.actor.roles == frozenset()


@pytest.mark.django_db
def test_revoked_sessions_end_at_the_next_request(school):
    browser, person = entered(school), school.people["analyst"]
    with scope(school.house):
        assert actions.end_sessions(school.actor(Role.ADMINISTRATOR), person) == 1
    assert browser.get("/")["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_a_closed_account_is_out_at_the_next_request(school):
    browser, person = entered(school), school.people["analyst"]
    with scope(school.house):
        actions.close_account(school.actor(Role.ADMINISTRATOR), person, at=now())
    assert browser.get("/")["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_signing_out_is_written(school):
    browser = entered(school)
    browser.post(reverse("account_logout"))
    assert browser.get("/").status_code == 302
    with scope(school.house):
        assert Entry.objects.filter(deed="sign-out", operation="sign-in").count() == 1
