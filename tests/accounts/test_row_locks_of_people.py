"""A hostile query from the application's role gets nobody: no person, role, post, token, factor or session."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from openbeat.access import Role
from openbeat.accounts import actions, entering
from openbeat.accounts.models import Agency, DeviceProfile, Holding, Person, Post, Session, SignInLink, Token
from openbeat.accounts.sessions import SessionStore, shown
from openbeat.kernel.time import now
from openbeat.seeing.scope import rows_of, scope

pytestmark = pytest.mark.django_db

LOCKED = (
    "accounts_person", "accounts_post", "accounts_holding", "accounts_deviceprofile", "accounts_device",
    "accounts_signinlink", "accounts_failedsignin", "accounts_token", "accounts_session", "mfa_authenticator",
    "account_emailaddress", "account_emailconfirmation", "socialaccount_socialaccount", "socialaccount_socialtoken",
)  # fmt: skip


@pytest.fixture
def full(north):
    """A district with a row in each of the tables."""
    person, admin = north.person(Role.ANALYST), north.actor(Role.ADMINISTRATOR)
    with scope(north.house):
        profile = actions.add_device_profile(admin, north.agency, name="Desk", idle_minutes=30, again_hours=12)
        actions.assign_device(admin, profile, name="Desk 4", at=now())
        link = actions.issue_sign_in_link(admin, person, at=now())
        holding = Holding.objects.get(person=person)
        actions.issue_token(
            admin,
            north.agency,
            holding=holding,
            name="Feed",
            permissions=["incident.view"],
            at=now(),
            expires=now() + timedelta(days=1),
        )
        entering.check_password(person.pk, "wrong", at=now(), source_address="")
        Authenticator.objects.create(user_id=person.pk, type="totp", data={"secret": "x"})
    assert Client().post(reverse("sign_in_link", args=[link])).status_code == 302
    return north


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('openbeat.session', '', false)")
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("table", LOCKED)
def test_without_a_ticket_nobody_is_seen(full, table):
    assert count(table) == 0


@pytest.mark.parametrize("table", LOCKED)
def test_with_another_agencys_ticket_nobody_is_seen(full, south, table):
    before = {"accounts_post": 1}.get(table, 0)
    with scope(south.house):
        assert count(table) == before


@pytest.mark.parametrize("table", [t for t in LOCKED if not t.startswith(("account_email", "socialaccount"))])
def test_with_its_own_ticket_the_rows_are_there(full, table):
    with scope(full.house):
        assert count(table) > 0


def test_every_table_of_accounts_has_its_lock(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relrowsecurity "
            "AND relname ~ '^(accounts|account|mfa|socialaccount)_'"
        )
        open_tables = {row[0] for row in cursor.fetchall()}
    # the single sign-on's own settings hold nobody; they come from the environment
    assert open_tables == {"socialaccount_socialapp"}


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE accounts_person SET state = 'active', locked_at = NULL",
        "UPDATE accounts_holding SET role = 'administrator'",
        "UPDATE accounts_agency SET parent_id = NULL",
        "DELETE FROM accounts_agency",
        "DELETE FROM accounts_token",
        "DELETE FROM mfa_authenticator",
    ],
)
def test_a_blind_change_reaches_nothing(full, words):
    with connection.cursor() as cursor:
        cursor.execute(words)
        assert cursor.rowcount == 0


def test_nobody_is_added_from_outside(full):
    agency = full.agency.pk
    with pytest.raises(Exception, match="row-level security"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_post (id, agency_id, name) VALUES (gen_random_uuid(), %s, 'Mine')", [agency]
        )


def test_a_role_bears_its_posts_agency(north, south):
    person = north.person(Role.ANALYST)
    with rows_of({north.agency.pk, south.agency.pk}), transaction.atomic():
        wrong = Holding.objects.create(agency=north.agency, person=person, post=south.post, role="analyst", since=now())
        with pytest.raises(Exception, match="holding_of_post"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        wrong.delete()


def test_the_doors_tell_no_more_than_whose_they_are(full):
    person = full.people["analyst"]
    assert entering.door_of_name(person.username.upper()) == (person.pk, full.agency.pk)
    assert entering.door_of_person(person.pk) == (person.pk, full.agency.pk)
    assert entering.door_of_name("nobody") is None
    assert entering.door_of_name("\x00") is None
    assert entering.door_of_link("guess") is None
    assert entering.door_of_token("guess") is None
    assert entering.door_of_external("agency", "guess") is None


def test_the_application_owns_no_door(as_application: psycopg.Connection) -> None:
    found = as_application.execute(
        "SELECT count(*) FROM pg_proc WHERE proname ~ '^accounts_door' AND proowner = (SELECT oid FROM pg_roles "
        "WHERE rolname = current_user)"
    ).fetchone()
    assert found == (0,)


def test_a_session_row_gives_neither_key_nor_contents(school):
    link = school.person(Role.ANALYST, password=None)
    with scope(school.house):
        secret = actions.issue_sign_in_link(school.actor(Role.ADMINISTRATOR), link, at=now())
    browser = Client()
    browser.post(reverse("sign_in_link", args=[secret]))
    key = browser.cookies["sessionid"].value
    with scope(school.house):
        row = Session.objects.get(person=link)
        assert key not in str(vars(row))
        assert str(link.pk) not in row.session_data
        thief = Client()
        thief.get(reverse("account_login"))
        stolen = thief.session
        stolen["x"] = 1
        stolen.save()
        thief.cookies["sessionid"] = stolen.session_key
        Session.objects.filter(session_key=shown(stolen.session_key)).update(session_data=row.session_data)
    assert "_auth_user_id" not in thief.session
    assert browser.get("/").status_code == 200


def test_stale_sessions_are_swept_unseen(full):
    with scope(full.house):
        Session.objects.update(expire_date=now() - timedelta(minutes=1))
        assert Session.objects.count() == 1
    assert count("accounts_session") == 0
    SessionStore.clear_expired()
    with scope(full.house):
        assert not Session.objects.exists()


def test_open_agencies_stay_open(full):
    assert Agency.objects.filter(name="North").exists()
    for model in (Person, Post, DeviceProfile, SignInLink, Token):
        assert not model.objects.exists()
