"""Five failures in fifteen minutes lock an account, whatever runs beside; an administrator releases it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.accounts.conftest import PASSWORD

from openbeat.access import Role
from openbeat.accounts import actions, entering
from openbeat.accounts.models import FailedSignIn, Person
from openbeat.audit.models import Entry
from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope


def guess(person, password, at):
    return entering.check_password(person.pk, password, at=at, source_address="192.0.2.1")


def state(person) -> str:
    return Person.objects.get(pk=person.pk).state


@pytest.mark.django_db
def test_the_right_password_opens(in_north):
    person = in_north.person(Role.OFFICER)
    assert guess(person, PASSWORD, now()) == person
    assert not FailedSignIn.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("minutes", "after"),
    [
        ([0, 1, 2, 3], "active"),
        ([0, 1, 2, 3, 4], "locked"),
        ([0, 3, 6, 9, 14.9], "locked"),
        ([0, 4, 8, 12, 16], "active"),
        ([0, 4, 8, 12, 16, 17], "locked"),
        ([0, 5, 10, 15, 20, 25], "active"),
    ],
)
def test_five_failures_within_fifteen_minutes(in_north, minutes, after):
    person, start = in_north.person(Role.OFFICER), now()
    for minute in minutes:
        guess(person, "wrong", start + timedelta(minutes=minute))
    assert state(person) == after


@pytest.mark.django_db
def test_a_locked_account_stays_shut_to_the_right_password(in_north):
    person, at = in_north.person(Role.OFFICER), now()
    for _ in range(5):
        guess(person, "wrong", at)
    assert guess(person, PASSWORD, at + timedelta(days=1)) is None
    written = list(Entry.objects.filter(object_id=str(person.pk), deed__in=["sign-in", "account.lock"]).order_by("id"))
    assert [entry.refused.partition(":")[0] or entry.deed for entry in written] == (
        ["sign-in-failed"] * 5 + ["account.lock", "account-locked"]
    )
    assert {entry.source_address for entry in written} >= {"192.0.2.1"}


@pytest.mark.django_db
def test_a_right_password_between_does_not_reset_the_count(in_north):
    person, at = in_north.person(Role.OFFICER), now()
    for password in ("a", "b", PASSWORD, "c", "d", "e"):
        guess(person, password, at)
    assert state(person) == "locked"


@pytest.mark.django_db
def test_only_another_administrator_releases(in_north):
    person, at = in_north.person(Role.ADMINISTRATOR), now()
    for _ in range(5):
        guess(person, "wrong", at)
    person.refresh_from_db()
    with pytest.raises(Contradiction):
        actions.release_account(in_north.actor(Role.ADMINISTRATOR), person)
    actions.release_account(in_north.house, person)
    assert guess(person, "wrong", at) is None
    assert state(person) == "active"
    with pytest.raises(NotInThisState):
        actions.release_account(in_north.house, person)


@pytest.mark.django_db
def test_the_pages_say_locked_in_words(north):
    person = north.person(Role.OFFICER)
    browser, address = Client(), reverse("account_login")
    for _ in range(4):
        assert browser.post(address, {"login": person.username, "password": "wrong"}).status_code == 422
    fifth = browser.post(address, {"login": person.username, "password": "wrong"})
    assert (fifth.status_code, fifth["Location"]) == (302, reverse("account_locked"))
    page = browser.get(fifth["Location"])
    assert page.status_code == 403
    assert "administrator" in page.content.decode()
    right = browser.post(address, {"login": person.username, "password": PASSWORD})
    assert right["Location"] == reverse("account_locked")
    assert "_auth_user_id" not in browser.session


@pytest.mark.django_db
def test_a_name_nobody_has_is_answered_like_a_wrong_password(north):
    north.person(Role.OFFICER)
    answers = [
        Client().post(reverse("account_login"), {"login": name, "password": "wrong"})
        for name in (north.people["officer"].username, "nobody.at.all", "\x00 odd")
    ]
    assert {answer.status_code for answer in answers} == {422}
    told = {tuple(answer.context["form"].non_field_errors()) for answer in answers[:2]}
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_still_five(north):
    """Without the row lock each of them would see an open account."""
    person, at = north.person(Role.OFFICER), now()
    tried = [0] * 20
    start = threading.Barrier(len(tried))

    def one(number: int) -> None:
        try:
            start.wait()
            with scope(north.house):
                before = entering.check_password
                before(person.pk, f"guess {number}", at=at, source_address="")
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(tried))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with scope(north.house):
        assert state(person) == "locked"
        assert FailedSignIn.objects.filter(person=person).count() == 5
        refused = [entry.refused.partition(":")[0] for entry in Entry.objects.filter(deed="sign-in")]
    assert sorted(refused) == ["account-locked"] * 15 + ["sign-in-failed"] * 5
