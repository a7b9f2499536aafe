"""Each deed tried by a friend (an administrator), a colleague (an analyst) and a stranger (another district's)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.accounts.conftest import found

from openbeat.access import Role
from openbeat.access.actors import service
from openbeat.accounts import actions
from openbeat.accounts.models import Device, DeviceProfile, Holding, Person, Token
from openbeat.acting import REGISTER
from openbeat.audit.models import Entry
from openbeat.kernel.errors import BadInput, Contradiction, NotInThisState, NotPermitted
from openbeat.kernel.time import now
from openbeat.seeing.scope import rows_of, scope

pytestmark = pytest.mark.django_db
AT = now()


class Made:
    """One thing of each kind in a training district."""

    def __init__(self, district):
        self.district, house = district, district.house
        self.person = district.person(Role.OFFICER)
        self.holding = Holding.objects.get(person=self.person)
        self.profile = DeviceProfile.objects.create(agency=district.agency, name="P")
        self.device = Device.objects.create(agency=district.agency, profile=self.profile, name="D", assigned_at=AT)
        admin = district.actor(Role.ADMINISTRATOR)
        actions.issue_token(admin, district.agency, holding=self.holding, name="T", permissions=["places.view"], at=AT,
                            expires=AT + timedelta(days=1))  # fmt: skip
        self.token = Token.objects.get()
        self.house = house

    def state(self, state):
        locked = AT if state == "locked" else None
        Person.objects.filter(pk=self.person.pk).update(state=state, locked_at=locked)
        self.person.refresh_from_db()
        return self.person


def _person(made, state="active"):
    return made.state(state)


LIMITS = {"name": "Q", "idle_minutes": None, "again_hours": None}
DEEDS = {
    "add_agency": (lambda m: m.district.agency, {"name": "Ward", "zone": "UTC"}),
    "change_agency": (lambda m: m.district.agency, {
        "name": "New", "zone": "UTC", "banner": "", "attribution": "", "publishes": True,
    }),
    "set_training_day": (lambda m: m.district.agency, {"today": date(2021, 1, 1)}),
    "forget_old_tries": (lambda m: m.district.agency, {"at": AT}),
    "add_post": (lambda m: m.district.agency, {"name": "Beat"}),
    "rename_post": (lambda m: m.district.post, {"name": "Beat"}),
    "add_person": (lambda m: m.district.agency, {"username": "new", "name": "New", "at": AT}),
    "change_person": (_person, {"name": "Other", "email": "", "language": ""}),
    "give_role": (_person, {"post": lambda m: m.district.post, "role": "officer", "since": AT}),
    "end_role": (lambda m: m.holding, {"at": AT}),
    "issue_sign_in_link": (_person, {"at": AT}),
    "release_account": (lambda m: _person(m, "locked"), {}),
    "close_account": (_person, {"at": AT}),
    "reopen_account": (lambda m: _person(m, "closed"), {}),
    "end_sessions": (_person, {}),
    "forget_factors": (_person, {}),
    "add_device_profile": (lambda m: m.district.agency, LIMITS),
    "change_device_profile": (lambda m: m.profile, LIMITS),
    "assign_device": (lambda m: m.profile, {"name": "E", "at": AT}),
    "withdraw_device": (lambda m: m.device, {"at": AT}),
    "issue_token": (lambda m: m.district.agency, {
        "holding": lambda m: m.holding, "name": "U", "permissions": ["places.view"], "at": AT,
        "expires": AT + timedelta(days=1),
    }),
    "revoke_token": (lambda m: m.token, {"at": AT}),
}  # fmt: skip
NOBODYS = {"found_agency"}
"""Done by the house alone, before anybody is there."""


def test_every_deed_is_tried_here():
    known = {name.rpartition(".")[2] for name in REGISTER if name.startswith("openbeat.accounts.actions.")}
    assert known == set(DEEDS) | NOBODYS


def do(name, actor, made):
    thing, given = DEEDS[name]
    ready = {key: value(made) if callable(value) else value for key, value in given.items()}
    return getattr(actions, name)(actor, thing(made), **ready)


@pytest.fixture
def made(school):
    with scope(school.house):
        yield Made(school)


@pytest.mark.parametrize("name", DEEDS)
def test_a_friend_may_and_it_is_written(made, name):
    admin = made.district.actor(Role.ADMINISTRATOR)
    do(name, admin, made)
    entry = Entry.objects.order_by("id").last()
    operation = "erasure" if name == "forget_old_tries" else "administration"
    assert (entry.operation, entry.actor_id, entry.role) == (operation, admin.person_id, "administrator")
    assert entry.agency_id is not None


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("role", [Role.ANALYST, Role.COMMANDER, Role.OVERSEER])
def test_a_colleague_may_not(made, name, role):
    with pytest.raises(NotPermitted):
        do(name, made.district.actor(role), made)


@pytest.mark.parametrize("name", DEEDS)
def test_a_stranger_may_not_and_the_try_is_written(made, south, name):
    stranger = south.actor(Role.ADMINISTRATOR)
    with rows_of({made.district.agency.pk, south.agency.pk}):
        with pytest.raises(NotPermitted):
            do(name, stranger, made)
        entry = Entry.objects.order_by("id").last()
    assert (entry.operation, entry.actor_id) == ("refusal", stranger.person_id)


def test_an_administrator_above_reaches_below_but_not_the_other_way(made):
    above = made.district.actor(Role.ADMINISTRATOR)
    ward = actions.add_agency(above, made.district.agency, name="Ward", zone="UTC")
    above = made.district.actor(Role.ADMINISTRATOR)
    house = service(ward.pk)
    with rows_of({ward.pk, made.district.agency.pk}):
        post = actions.add_post(above, ward, name="Desk")
        below = actions.add_person(house, ward, username="below", name="Below", at=AT)
        actions.give_role(above, below, post=post, role="administrator", since=AT - timedelta(days=1))
        from openbeat.accounts.identity import actor_of

        with pytest.raises(NotPermitted):
            actions.change_person(actor_of(below, at=now()), made.person, name="x", email="", language="")


def test_roles_are_given_only_for_posts_in_reach(made, south):
    with rows_of({made.district.agency.pk, south.agency.pk}), pytest.raises(NotPermitted):
        actions.give_role(
            made.district.actor(Role.ADMINISTRATOR), made.person, post=south.post, role="officer", since=AT
        )


@pytest.mark.parametrize(
    ("name", "given", "refusal"),
    [
        ("add_person", {"username": "a b", "name": "x", "at": AT}, BadInput),
        ("add_person", {"username": "OFFICER.school", "name": "x", "at": AT}, Contradiction),
        ("add_person", {"username": "okay", "name": "x" * 200, "at": AT}, BadInput),
        ("add_post", {"name": "Command"}, Contradiction),
        ("add_agency", {"name": "x", "zone": "Mars/Base"}, BadInput),
        ("add_device_profile", {"name": "x", "idle_minutes": 0, "again_hours": 1}, Contradiction),
    ],
)
def test_what_cannot_be_is_refused_in_words(made, name, given, refusal):
    with pytest.raises(refusal):
        getattr(actions, name)(made.house, made.district.agency, **given)


def test_moves_that_do_not_lead_from_here_are_refused(made):
    admin = made.district.actor(Role.ADMINISTRATOR)
    for deed, thing in (("release_account", made.person), ("reopen_account", made.person)):
        with pytest.raises(NotInThisState):
            getattr(actions, deed)(admin, thing)
    actions.end_role(admin, made.holding, at=AT)
    actions.revoke_token(admin, made.token, at=AT)
    actions.withdraw_device(admin, made.device, at=AT)
    for deed, thing in (("end_role", made.holding), ("revoke_token", made.token), ("withdraw_device", made.device)):
        with pytest.raises(NotInThisState):
            getattr(actions, deed)(admin, thing, at=AT)


def test_a_role_that_has_not_begun_ends_before_it_does(made):
    later = AT + timedelta(days=9)
    held = actions.give_role(made.house, made.person, post=made.district.post, role="analyst", since=later)
    assert actions.end_role(made.house, held, at=AT).until == later


def test_nobody_closes_themselves_or_gives_to_the_closed(made):
    admin = made.district.actor(Role.ADMINISTRATOR)
    me = made.district.people["administrator"]
    with pytest.raises(Contradiction):
        actions.close_account(admin, me, at=AT)
    with pytest.raises(Contradiction):
        actions.give_role(admin, me, post=made.district.post, role="analyst", since=AT)
    closed = made.state("closed")
    with pytest.raises(Contradiction):
        actions.give_role(admin, closed, post=made.district.post, role="analyst", since=AT)


def test_a_closed_account_leaves_no_open_role_or_token(made):
    actions.close_account(made.district.actor(Role.ADMINISTRATOR), made.person, at=AT)
    assert not Holding.objects.filter(person=made.person, until=None).exists()
    assert Token.objects.get().revoked_at == AT


def test_an_agency_at_work_has_no_training_day(in_north):
    with pytest.raises(Contradiction):
        actions.set_training_day(in_north.house, in_north.agency, today=date(2020, 1, 1))


def test_tokens_can_do_no_more_than_their_role(made):
    admin, agency = made.district.actor(Role.ADMINISTRATOR), made.district.agency
    given = {"holding": made.holding, "name": "U", "at": AT, "expires": AT + timedelta(days=1)}
    for permissions, refusal in ((["people.administer"], Contradiction), ([], BadInput), (["nonsense"], Contradiction)):
        with pytest.raises(refusal):
            actions.issue_token(admin, agency, permissions=permissions, **given)
    with pytest.raises(BadInput):
        actions.issue_token(admin, agency, permissions=["places.view"], **(given | {"expires": AT}))
    ward = actions.add_agency(admin, agency, name="Ward", zone="UTC")
    with rows_of({ward.pk, agency.pk}), pytest.raises(Contradiction):
        actions.issue_token(service_admin(ward), ward, permissions=["places.view"], **given)


def service_admin(agency):
    from openbeat.access import Actor
    from openbeat.access import Holding as Held

    return Actor(None, agency.pk, (Held(Role.ADMINISTRATOR, agency.pk, None, frozenset({agency.pk})),))


def test_no_personal_data_in_the_trail(made):
    actions.change_person(made.house, made.person, name="Very Personal", email="p@example.org", language="ru")
    entry = Entry.objects.order_by("id").last()
    assert "Very Personal" not in str(entry.changes)
    assert entry.changes == {"name": "changed", "email": "changed", "language": ["", "ru"]}


def test_the_notice_is_read_before_entering(db):
    district = found("Banner", training=True)
    person = district.person(Role.ANALYST, password="a long and quiet sentence")
    with scope(district.house):
        actions.change_agency(district.house, district.agency, name="Banner", zone="UTC", banner="Watched.",
                              attribution="", publishes=True)  # fmt: skip
    browser = Client()
    browser.post(reverse("account_login"), {"login": person.username, "password": "a long and quiet sentence"})
    asked = browser.get("/?x=1")
    assert asked["Location"] == "/account/notice?next=%2F%3Fx%3D1"
    assert "Watched." in browser.get(asked["Location"]).content.decode()
    assert browser.get("/", headers={"HX-Request": "true"}).status_code == 401
    assert browser.post(reverse("account_notice"), {"next": "/?x=1"})["Location"] == "/?x=1"
    assert browser.get("/?x=1").status_code == 200
    assert browser.get(reverse("account_notice")).status_code == 200
