"""The People desk and Home: every page and button, for who may and who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.accounts.conftest import PASSWORD

from openbeat.access import Role
from openbeat.accounts import actions, entering, queries
from openbeat.accounts.identity import actor_of_token, token_in_force
from openbeat.accounts.models import Agency, Device, DeviceProfile, Holding, Person, Post, Token
from openbeat.kernel.time import now
from openbeat.seeing.scope import rows_of, scope

pytestmark = pytest.mark.django_db


def signed_in(district, role=Role.ADMINISTRATOR) -> Client:
    person = district.person(role, password=PASSWORD)
    with scope(district.house):
        secret = actions.issue_sign_in_link(district.house, person, at=now())
    browser = Client()
    assert browser.post(reverse("sign_in_link", args=[secret])).status_code == 302
    return browser


@pytest.fixture
def admin(school) -> Client:
    return signed_in(school)


def page_of(browser, name, *args, status=200):
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def test_people_by_name_and_filters(admin, school):
    school.person(Role.ANALYST)
    assert "Analyst.School" in page_of(admin, "people")
    found = admin.get(reverse("people"), {"role": "commander"}).content.decode()
    assert "Analyst.School" not in found
    assert "Analyst.School" in admin.get(reverse("people"), {"words": "ANALYST"}).content.decode()


def test_add_give_link_end(admin, school):
    page_of(admin, "person_add")
    given = {"name": "Ayşe K.", "username": "Ayse.K", "agency": str(school.agency.pk), "language": "kk"}
    added = admin.post(reverse("person_add"), given)
    with scope(school.house):
        person = Person.objects.get(username="ayse.k")
    assert added["Location"] == reverse("person", args=[person.pk])
    assert "No role yet" in page_of(admin, "person", person.pk)
    assert "hold no role" in page_of(admin, "home") or "holds no role" in page_of(admin, "home")

    page_of(admin, "person_role", person.pk)
    admin.post(reverse("person_role", args=[person.pk]), {"role": "officer", "post": str(school.post.pk)})
    assert "Officer · Command" in page_of(admin, "person", person.pk)

    shown = admin.post(reverse("person_link", args=[person.pk])).content.decode()
    assert "/enter/" in shown

    with scope(school.house):
        holding = Holding.objects.get(person=person)
    admin.post(reverse("role_end", args=[holding.pk]))
    with scope(school.house):
        assert Holding.objects.get(pk=holding.pk).until <= now()


def test_a_taken_name_is_told_on_the_form_and_nothing_typed_is_lost(admin, school, south):
    other = south.person(Role.ANALYST)
    answer = admin.post(
        reverse("person_add"), {"name": "Kept", "username": other.username, "agency": str(school.agency.pk)}
    )
    assert answer.status_code == 422
    assert "is taken" in answer.content.decode()
    assert "Kept" in answer.content.decode()


def test_nobody_gives_themselves_a_role(admin, school):
    me = school.people["administrator"]
    answer = admin.post(reverse("person_role", args=[me.pk]), {"role": "analyst", "post": str(school.post.pk)})
    assert answer.status_code == 422
    assert "Nobody gives themselves a role" in answer.content.decode()


def test_release_from_home(admin, school):
    person = school.person(Role.ANALYST)
    with scope(school.house):
        for _ in range(5):
            entering.check_password(person.pk, "wrong", at=now(), source_address="")
    assert "sign in" in page_of(admin, "home")
    assert "Release the account" in page_of(admin, "person", person.pk)
    admin.post(reverse("person_release", args=[person.pk]))
    with scope(school.house):
        assert Person.objects.get(pk=person.pk).state == "active"


@pytest.mark.parametrize(("button", "state"), [("person_close", "closed"), ("person_forget", "active")])
def test_trouble(admin, school, button, state):
    person = school.person(Role.ANALYST)
    assert admin.post(reverse(button, args=[person.pk])).status_code == 302
    with scope(school.house):
        assert Person.objects.get(pk=person.pk).state == state
    page_of(admin, "person", person.pk)
    if state == "closed":
        admin.post(reverse("person_reopen", args=[person.pk]))
        with scope(school.house):
            assert Person.objects.get(pk=person.pk).state == "active"
            assert not Holding.objects.filter(person=person, until=None).exists()


def test_sign_out_everywhere(admin, school):
    other = signed_in(school, Role.ANALYST)
    admin.post(reverse("person_sign_out", args=[school.people["analyst"].pk]))
    assert other.get("/").status_code == 302


def test_change_a_person(admin, school):
    person = school.person(Role.ANALYST)
    page_of(admin, "person_change", person.pk)
    admin.post(reverse("person_change", args=[person.pk]), {"name": "Other", "email": "", "language": "ru"})
    with scope(school.house):
        assert Person.objects.get(pk=person.pk).name == "Other"


def test_agencies_posts_and_banner(admin, school):
    page_of(admin, "agencies")
    page_of(admin, "agency", school.agency.pk)
    admin.post(reverse("agency", args=[school.agency.pk]), {
        "name": "School", "zone": "Asia/Almaty", "banner": "For service use only.", "attribution": "",
    })  # fmt: skip
    assert Agency.objects.get(pk=school.agency.pk).banner == "For service use only."
    admin.post(reverse("post_add", args=[school.agency.pk]), {"name": "Beat 7"})
    with scope(school.house):
        post = Post.objects.get(name="Beat 7")
    admin.post(reverse("post_change", args=[post.pk]), {"name": "Beat 8"})
    assert "Beat 8" in page_of(admin, "agencies")
    page_of(admin, "agency_below")
    below = {"name": "Ward", "parent": str(school.agency.pk), "level": "local", "zone": "UTC"}
    assert admin.post(reverse("agency_below"), below).status_code == 302
    assert "Ward" in page_of(admin, "agencies")
    with scope(school.house):
        secret = actions.issue_sign_in_link(school.house, school.person(Role.ANALYST), at=now())
    assert "For service use only." in Client().get(reverse("sign_in_link", args=[secret])).content.decode()


def test_a_device_remembers_what_it_is(admin, school):
    page_of(admin, "devices")
    admin.post(
        reverse("profile_add", args=[school.agency.pk]), {"name": "Console", "idle_minutes": "", "again_hours": ""}
    )
    with scope(school.house):
        profile = DeviceProfile.objects.get()
    assert (profile.idle_minutes, profile.again_hours) == (None, None)
    admin.post(
        reverse("profile_change", args=[profile.pk]), {"name": "Console", "idle_minutes": "5", "again_hours": ""}
    )
    admin.post(reverse("devices"), {"name": "Console 1", "profile": str(profile.pk)})
    assert "this one" in page_of(admin, "devices")
    with scope(school.house):
        device = Device.objects.get()
    admin.post(reverse("device_withdraw", args=[device.pk]))
    assert "this one" not in page_of(admin, "devices")


def test_a_token_is_shown_once_and_does_no_more_than_its_role(admin, school):
    school.person(Role.ANALYST)
    page_of(admin, "tokens")
    assert "See incidents (incident.view)" in page_of(admin, "token_add")
    with scope(school.house):
        holding = Holding.objects.get(person=school.people["analyst"])
    given = {"name": "Feed", "holding": str(holding.pk), "days": "5", "permissions": ["incident.view"]}
    shown = admin.post(reverse("token_add"), given).content.decode()
    assert "shown this once" in shown
    assert "ends soon" in page_of(admin, "home")
    beyond = admin.post(reverse("token_add"), given | {"permissions": ["incident.view", "people.administer"]})
    assert beyond.status_code == 422
    with scope(school.house):
        token = Token.objects.get()
    admin.post(reverse("token_revoke", args=[token.pk]))
    with scope(school.house):
        assert Token.objects.get().revoked_at is not None


def test_a_token_opens_until_it_ends_or_its_role_does(in_north):
    person, admin = in_north.person(Role.ANALYST), in_north.actor(Role.ADMINISTRATOR)
    holding, at = Holding.objects.get(person=person), now()
    secret = actions.issue_token(
        admin, in_north.agency, holding=holding, name="Feed", permissions=["incident.view"], at=at,
        expires=at + timedelta(days=1),
    )  # fmt: skip
    door = entering.door_of_token(secret)
    assert door == (person.pk, in_north.agency.pk)
    with rows_of({door.agency_id}):
        actor = actor_of_token(token_in_force(secret, at=at))
        assert [permission.value for permission in actor.scope] == ["incident.view"]
        assert actor.roles == {Role.ANALYST}
        assert token_in_force(secret, at=at + timedelta(days=1)) is None
        actions.end_role(admin, holding, at=at + timedelta(hours=1))
        assert token_in_force(secret, at=at + timedelta(hours=2)) is None


PAGES = ("people", "person_add", "agencies", "agency_below", "devices", "tokens", "token_add")


@pytest.mark.parametrize("name", PAGES)
def test_the_desk_is_shut_to_other_roles(school, name):
    assert signed_in(school, Role.ANALYST).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_the_desk_is_shut_to_everybody_outside(db, name):
    assert Client().get(reverse(name)).status_code == 302


def test_an_overseer_looks_and_changes_nothing(school):
    overseer, person = signed_in(school, Role.OVERSEER), school.person(Role.ANALYST)
    assert "Analyst.School" in page_of(overseer, "people")
    shown = page_of(overseer, "person", person.pk)
    assert "Make a sign-in link" not in shown
    for button in ("person_link", "person_close", "person_forget", "person_sign_out"):
        assert overseer.post(reverse(button, args=[person.pk])).status_code == 403


@pytest.mark.parametrize("name", ["person", "person_change", "person_role"])
def test_somebody_elses_people_are_not_there(admin, south, name):
    stranger = south.person(Role.ANALYST)
    assert admin.get(reverse(name, args=[stranger.pk])).status_code == 404


def test_the_pages_stand_without_a_role(school):
    browser = signed_in(school, Role.ANALYST)
    with scope(school.house):
        actions.end_role(school.house, Holding.objects.get(person=school.people["analyst"]), at=now())
    assert "You hold no role now" in page_of(browser, "home")


@pytest.mark.parametrize("role", list(Role)[:9])
def test_home_of_each_role(school, role):
    shown = page_of(signed_in(school, role), "home")
    assert "What needs me now" in shown


def test_ones_own_pages(school):
    browser = signed_in(school, Role.ANALYST)
    for name in ("mfa_index", "mfa_list_webauthn", "account_secure", "account_still_here"):
        page_of(browser, name)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/"})
    for name in ("mfa_add_webauthn", "mfa_activate_totp", "account_change_password"):
        page_of(browser, name)
    assert browser.post(reverse("appearance"), {"theme": "dark"}).cookies["theme"].value == "dark"
    assert browser.post(reverse("set_language"), {"language": "ru", "next": "/"}).status_code == 302
    with scope(school.house):
        person = Person.objects.get(pk=school.people["analyst"].pk)
    assert (person.theme, person.language) == ("dark", "ru")


def test_words_of_locked_and_left_pages(db):
    for name, status in (("account_login", 200), ("account_locked", 403), ("account_inactive", 200),
                         ("socialaccount_login_error", 401), ("socialaccount_login_cancelled", 200)):  # fmt: skip
        assert "<h1>" in page_of(Client(), name, status=status)


def test_queries_show_an_administrator_the_whole_branch(in_north, south):
    above = in_north.actor(Role.ADMINISTRATOR)
    ward = actions.add_agency(above, in_north.agency, name="Ward", zone="UTC")
    reach = in_north.actor(Role.ADMINISTRATOR)
    assert {agency.pk for agency in queries.agencies(reach)} == {in_north.agency.pk, ward.pk}
