"""The table of rights: one decision for a thing, the same decision as a query, for everybody."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from django.db import models

from openbeat.access import RULES, Actor, Facts, Holding, Permission, Role, Rule, Sensitivity, Within, permits
from openbeat.kernel.ids import new_id
from openbeat.seeing.things import Columns, Thing
from openbeat.seeing.visible import visible

AGENCIES = [new_id() for _ in range(4)]
POSTS = [new_id() for _ in range(4)]
PEOPLE = [new_id() for _ in range(4)]
STATES = ["draft", "published", None]
CASES = 10_000


class Specimen(Thing):
    """A thing with every fact as a column, known to this test alone."""

    PRIVACY = {}
    FACTS = Columns(agency="agency_id", post="post_id", sensitivity="level", state="state", author="author_id")

    agency_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    level = models.IntegerField()
    state = models.CharField(null=True, max_length=20)
    author_id = models.UUIDField(null=True)

    class Meta:
        app_label = "specimens"
        managed = False
        db_table = "specimen"

    def __str__(self) -> str:
        return str(self.id)


def a_rule(dice: random.Random) -> Rule:
    return Rule(
        roles=frozenset(dice.sample(list(Role), 3)),
        within=dice.choice(list(Within)),
        up_to=dice.choice(list(Sensitivity)),
        states=dice.choice([None, None, frozenset({"published"}), frozenset({"draft", "published"})]),
        second_person=dice.random() < 0.3,
    )


def an_actor(dice: random.Random) -> Actor:
    """A friend, a colleague or a stranger: zero to three holdings, sometimes through a narrowed token."""
    held = []
    for _ in range(dice.randint(0, 3)):
        home = dice.choice(AGENCIES)
        below = frozenset({home, *dice.sample(AGENCIES, dice.randint(0, 2))})
        held.append(Holding(dice.choice(list(Role)), home, dice.choice([*POSTS, None]), below))
    scope = frozenset(dice.sample(list(Permission), 5)) if dice.random() < 0.2 else None
    return Actor(dice.choice([*PEOPLE, None]), dice.choice(AGENCIES), tuple(held), scope=scope)


def a_thing(dice: random.Random) -> Specimen:
    return Specimen(
        agency_id=dice.choice([*AGENCIES, None]),
        post_id=dice.choice([*POSTS, None]),
        level=dice.choice(list(Sensitivity)),
        state=dice.choice(STATES),
        author_id=dice.choice([*PEOPLE, None]),
    )


@pytest.fixture
def specimens(django_db_blocker: object, transactional: None) -> list[Specimen]:
    dice = random.Random(7)
    made = [a_thing(dice) for _ in range(CASES // 25)]
    Specimen.objects.bulk_create(made)
    return made


@pytest.fixture
def transactional(db: None) -> None:
    """A temporary table for the specimens: the application's role may make one, and no other."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE specimen (id uuid PRIMARY KEY, agency_id uuid, post_id uuid, level int, "
            "state text, author_id uuid) ON COMMIT DROP"
        )


def test_visible_rows_are_the_permitted_things(specimens: list[Specimen], monkeypatch: pytest.MonkeyPatch) -> None:
    """thing in visible(actor, p, all) ⇔ permits(actor, p, thing), over generated actors, rules and things."""
    dice = random.Random(11)
    told = seen = 0
    for _ in range(400):
        permission = dice.choice(list(Permission))
        monkeypatch.setattr("openbeat.access.decisions.RULES", {**RULES, permission: a_rule(dice)})
        actor = an_actor(dice)
        permitted = {thing.id for thing in specimens if permits(actor, permission, thing)}
        assert set(visible(actor, permission, Specimen.objects).values_list("id", flat=True)) == permitted
        told += len(specimens)
        seen += len(permitted)
    assert told >= CASES
    assert 0 < seen < told


class Plain:
    """A thing outside of the database."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def facts(self) -> Facts:
        return self._facts


def someone(role: Role, agency: UUID = AGENCIES[0], reach: frozenset[UUID] = frozenset()) -> Actor:
    return Actor(PEOPLE[0], agency, (Holding(role, agency, POSTS[0], reach | {agency}),))


OURS = Plain(Facts(AGENCIES[0]))
BELOW = Plain(Facts(AGENCIES[1]))
SEALED = Plain(Facts(AGENCIES[0], sensitivity=Sensitivity.SEALED))
PUBLISHED = Plain(Facts(AGENCIES[0], sensitivity=Sensitivity.OPEN))


@pytest.mark.parametrize("permission", list(Permission))
def test_every_right_for_friend_colleague_and_stranger(permission: Permission) -> None:
    rule = RULES[permission]
    thing = PUBLISHED if rule.up_to == Sensitivity.OPEN else OURS
    friend = next(iter(rule.roles - {Role.RESIDENT, Role.SERVICE}))
    assert permits(someone(friend), permission, thing)
    for colleague in set(Role) - rule.roles:
        assert not permits(someone(colleague), permission, thing)
    assert not permits(someone(friend, AGENCIES[2]), permission, thing)
    assert not permits(Actor(None, None), permission, thing)
    assert not permits(someone(friend), permission, SEALED)


@pytest.mark.parametrize("permission", [p for p in Permission if RULES[p].within is Within.REACH])
def test_reach_goes_down_the_tree(permission: Permission) -> None:
    friend = next(iter(RULES[permission].roles))
    assert permits(someone(friend, reach=frozenset({AGENCIES[1]})), permission, BELOW)
    assert not permits(someone(friend), permission, BELOW)


def test_a_token_does_no_more_than_it_names() -> None:
    analyst = someone(Role.ANALYST)
    narrowed = Actor(
        analyst.person_id, analyst.agency_id, analyst.holdings, scope=frozenset({Permission.FORECAST_VIEW})
    )
    assert permits(narrowed, Permission.FORECAST_VIEW, OURS)
    assert permits(analyst, Permission.FORECAST_RUN, OURS)
    assert not permits(narrowed, Permission.FORECAST_RUN, OURS)
