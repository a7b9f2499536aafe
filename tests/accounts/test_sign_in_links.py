"""One-time sign-in links: used once, within minutes, by their button alone."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse, reverse_lazy

from openbeat.access import Role
from openbeat.accounts import actions, entering, founding
from openbeat.accounts.models import Person, SignInLink
from openbeat.audit.models import Entry
from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope
from openbeat.web.adapters import FactorAdapter

pytestmark = pytest.mark.django_db


def link_for(district, role=Role.ANALYST):
    person = district.person(role, password=None)
    with scope(district.house):
        return actions.issue_sign_in_link(district.actor(Role.ADMINISTRATOR), person, at=now())


def test_only_the_digest_is_kept(north):
    secret = link_for(north)
    with scope(north.house):
        kept = SignInLink.objects.get()
    assert secret not in str(vars(kept))
    assert kept.digest == entering.digest_of(secret)


def test_a_preview_uses_nothing_up_and_the_button_signs_in(school):
    address = reverse("sign_in_link", args=[link_for(school)])
    browser = Client()
    for _ in range(3):
        assert browser.get(address).status_code == 200
    assert "_auth_user_id" not in browser.session
    answer = browser.post(address)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert browser.get(reverse("home")).status_code == 200
    with scope(school.house):
        written = [(e.operation, e.deed) for e in Entry.objects.filter(operation="sign-in").order_by("id")]
    assert written == [("sign-in", "sign-in.link"), ("sign-in", "sign-in")]


def test_a_link_works_once(school):
    address = reverse("sign_in_link", args=[link_for(school)])
    assert Client().post(address).status_code == 302
    assert Client().get(address).status_code == 410
    again = Client()
    assert again.post(address).status_code == 410
    assert again.get(reverse("home")).status_code == 302
    with scope(school.house):
        refused = Entry.objects.filter(operation="refusal").get()
    assert refused.refused.startswith("link-spent")


@pytest.mark.parametrize(("minutes", "stands"), [(0, True), (14.9, True), (15, False), (600, False)])
def test_a_link_works_for_fifteen_minutes(in_north, minutes, stands):
    person = in_north.person(Role.ANALYST, password=None)
    made = now()
    secret = actions.issue_sign_in_link(in_north.actor(Role.ADMINISTRATOR), person, at=made)
    assert entering.link_stands(secret, at=made + timedelta(minutes=minutes)) is stands


def test_a_new_link_stops_the_older_one(school):
    first, second = link_for(school), link_for(school)
    assert Client().get(reverse("sign_in_link", args=[first])).status_code == 410
    assert Client().get(reverse("sign_in_link", args=[second])).status_code == 200


def test_a_link_that_never_was_says_no_more_than_a_spent_one(db):
    answer = Client().get(reverse("sign_in_link", args=["nothing"]))
    assert answer.status_code == 410


def test_no_link_for_a_closed_account(in_north):
    person, admin = in_north.person(Role.ANALYST), in_north.actor(Role.ADMINISTRATOR)
    actions.close_account(admin, person, at=now())
    with pytest.raises(NotInThisState):
        actions.issue_sign_in_link(admin, person, at=now())


@pytest.mark.parametrize(
    ("state", "where"), [("locked", reverse_lazy("account_locked")), ("closed", None), ("active", reverse_lazy("home"))]
)
def test_a_link_opens_no_shut_account(school, state, where):
    secret, person = link_for(school), school.people["analyst"]
    with scope(school.house):
        locked_at = now() if state == "locked" else None
        Person.objects.filter(pk=person.pk).update(state=state, locked_at=locked_at)
    answer = Client().post(reverse("sign_in_link", args=[secret]))
    assert answer.get("Location") == where
    assert answer.status_code == (410 if state == "closed" else 302)


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_gets_in(school):
    secret, start, got = link_for(school), threading.Barrier(10), []

    def use() -> None:
        start.wait()
        try:
            with scope(school.house):
                got.append(entering.use_sign_in_link(secret, at=now(), source_address=""))
        except entering.LinkSpent as refusal:
            got.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count("link-spent") == 9
    assert school.people["analyst"] in got


def test_shut_rows_are_not_taken_for_absent_ones(north):
    """Else a second factor would seem not to be there, and not be asked for."""
    person = north.person(Role.ANALYST)
    with pytest.raises(RuntimeError, match="shut"):
        FactorAdapter().is_mfa_enabled(person)
    with scope(north.house):
        assert FactorAdapter().is_mfa_enabled(person) is False


def test_training_links_are_one_a_role_and_for_training_only(school, north):
    for role in (Role.ANALYST, Role.COMMANDER, Role.ADMINISTRATOR):
        school.person(role, password=None)
    links = founding.training_links(school.agency, at=now())
    assert [link.role for link in links] == ["analyst", "commander", "administrator"]
    for link in links:
        browser = Client()
        assert browser.post(link.url.removeprefix("http://127.0.0.1:8000")).status_code == 302
        assert browser.get("/").status_code == 200
    with pytest.raises(Contradiction):
        founding.training_links(north.agency, at=now())


def test_the_first_administrator_comes_in_by_a_link(db):
    agency, person = founding.found(
        name="Қарағанды", zone="Asia/Almaty", administrator="Aigerim", administrator_name="Aigerim B.", at=now()
    )
    assert (agency.slug[:7], person.username, person.has_usable_password()) == ("agency-", "aigerim", False)
    address = founding.sign_in_address(agency, person, at=now())
    assert Client().post(address.removeprefix("http://127.0.0.1:8000")).status_code == 302
