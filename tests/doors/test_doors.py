"""The two doors on the real database: what happens is written, what is refused leaves no trace but its refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from openbeat.access import Actor, Holding, Permission, Role
from openbeat.accounts.models import Agency
from openbeat.acting import action, note, together
from openbeat.audit.models import Entry, Leaf, Pending
from openbeat.audit.words import Operation
from openbeat.kernel.errors import Contradiction, NotPermitted, ReasonMissing
from openbeat.kernel.ids import new_id
from openbeat.seeing.scope import scope
from openbeat.seeing.tickets import ticket

pytestmark = pytest.mark.django_db

T0 = datetime(2026, 1, 1, tzinfo=UTC)


@action(Permission.AGENCY_ADMINISTER)
def rename_agency(actor: Actor, agency: Agency, /, *, name: str) -> Agency:
    """A deed of this test."""
    agency.name = name
    agency.save()
    note(letters=len(name))
    if name == "":
        raise Contradiction("an agency has a name")
    return agency


@action(Permission.TRAIL_READ, operation=Operation.CONSULTATION)
def look_at_agency(actor: Actor, agency: Agency, /, *, reason: str, basis: str) -> str:
    """A look of this test."""
    return agency.name


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="North", slug=f"north-{new_id()}")


def someone(agency: Agency, role: Role) -> Actor:
    return Actor(new_id(), agency.id, (Holding(role, agency.id, new_id(), frozenset({agency.id})),), "192.0.2.7")


@pytest.fixture
def admin(agency: Agency) -> Iterator[Actor]:
    actor = someone(agency, Role.ADMINISTRATOR)
    with scope(actor):
        yield actor


def test_a_deed_and_its_entry_stand_together(admin: Actor, agency: Agency) -> None:
    rename_agency(admin, agency, name="South")
    entry = Entry.objects.get()
    assert (entry.operation, entry.deed, entry.role) == ("alteration", "agency.administer", "administrator")
    assert (entry.actor_id, entry.agency_id, entry.object_id) == (admin.person_id, agency.id, str(agency.id))
    assert entry.changes == {"name": ["North", "South"], "letters": 5}
    assert entry.source_address == "192.0.2.7"
    assert entry.at.tzinfo is not None
    assert Pending.objects.filter(entry_id=entry.id).count() == 1


def test_a_refused_try_changes_nothing_and_is_written(agency: Agency) -> None:
    stranger = someone(Agency.objects.create(name="Far", slug="far"), Role.ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        rename_agency(stranger, agency, name="Mine")
    agency.refresh_from_db()
    assert agency.name == "North"
    with scope(someone(agency, Role.OVERSEER)):
        entry = Entry.objects.get()
    assert entry.operation == "refusal"
    assert entry.refused.startswith("not-permitted")
    assert entry.actor_id == stranger.person_id


def test_a_broken_rule_undoes_the_deed_and_is_written(admin: Actor, agency: Agency) -> None:
    with pytest.raises(Contradiction):
        rename_agency(admin, agency, name="")
    assert Agency.objects.get(pk=agency.pk).name == "North"
    assert [entry.refused for entry in Entry.objects.all()] == ["contradiction: an agency has a name"]


def test_a_journey_is_one_transaction_and_tells_a_refusal_once(admin: Actor, agency: Agency) -> None:
    def journey() -> None:
        with together():
            rename_agency(admin, agency, name="South")
            rename_agency(admin, agency, name="")

    with pytest.raises(Contradiction):
        journey()
    assert Agency.objects.get(pk=agency.pk).name == "North"
    assert [entry.operation for entry in Entry.objects.all()] == ["refusal"]


def test_a_look_needs_its_reason_and_ground(admin: Actor, agency: Agency) -> None:
    with pytest.raises(ReasonMissing):
        look_at_agency(admin, agency, reason=" ", basis="task")
    assert look_at_agency(admin, agency, reason="yearly check", basis="oversight") == "North"
    looks = Entry.objects.filter(operation="consultation")
    assert [(look.reason, look.legal_basis) for look in looks] == [("yearly check", "oversight")]


def test_personal_data_stay_out_of_the_changes(admin: Actor, agency: Agency) -> None:
    from openbeat.accounts.models import Person
    from openbeat.acting.changes import difference, snapshot

    person = Person(agency=agency, username="a", name="Old Name", joined_at=T0)
    before = snapshot(person)
    person.name, person.language = "New Name", "kk"
    assert difference(person, before, snapshot(person)) == {"name": "changed", "language": ["", "kk"]}


@pytest.mark.django_db(transaction=True)  # the owner's rows are committed: the database is renewed after
@pytest.mark.parametrize(
    "words",
    [
        "UPDATE audit_entry SET deed = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_leaf SET index = 9",
        "DELETE FROM audit_leaf",
        "TRUNCATE audit_leaf",
    ],
)
def test_the_database_refuses_to_change_the_trail(
    words: str, as_owner: psycopg.Connection, as_application: psycopg.Connection
) -> None:
    as_owner.execute(
        "INSERT INTO audit_leaf (index, entry_id, commitment) VALUES (0, gen_random_uuid(), '\\x00') "
        "ON CONFLICT DO NOTHING"
    )
    _owner_entry(as_owner)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        as_owner.execute(words)  # type: ignore[arg-type]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"permission denied|append-only"):
        as_application.execute(words)  # type: ignore[arg-type]


def _owner_entry(owner: psycopg.Connection) -> None:
    owner.execute(
        "INSERT INTO audit_entry (id, at, operation, deed, role, object_type, object_id, reason, legal_basis, "
        '"case", recipient, source_address, changes, refused, salt) '
        "VALUES (gen_random_uuid(), now(), 'alteration', 'x', '', '', '', '', '', '', '', '', '{}', '', '\\x00')"
    )


def test_rows_of_another_agency_stay_shut(admin: Actor, agency: Agency) -> None:
    rename_agency(admin, agency, name="South")
    other = Agency.objects.create(name="Far", slug="far")
    with scope(someone(other, Role.OVERSEER)):
        assert not Entry.objects.exists()
    assert Entry.objects.count() == 1


def test_a_forged_ticket_opens_nothing(agency: Agency) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('openbeat.ticket', %s, true)", [ticket([agency.id], b"not the key")])
        with pytest.raises(Exception, match="not one of ours"):
            cursor.execute("SELECT openbeat_reach()")


def test_the_application_cannot_read_the_row_key(as_application: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute("SELECT * FROM seeing_key")


def test_an_entry_is_erased_and_its_leaf_stays(admin: Actor, agency: Agency) -> None:
    rename_agency(admin, agency, name="South")
    entry = Entry.objects.get()
    Leaf.objects.create(index=10**6, entry_id=entry.id, commitment=b"\x01" * 32)
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_erase(%s)", [entry.id])
    assert not Entry.objects.exists()
    assert Leaf.objects.filter(entry_id=entry.id).exists()


def test_the_post_of_a_role_is_told(agency: Agency) -> None:
    post_id = new_id()
    actor = Actor(new_id(), agency.id, (Holding(Role.ADMINISTRATOR, agency.id, post_id, frozenset({agency.id})),))
    with scope(actor):
        rename_agency(actor, agency, name="South")
        assert Entry.objects.get().post_id == post_id


def test_parallel_workers_see_the_same_rows_and_no_more(admin: Actor, agency: Agency) -> None:
    rename_agency(admin, agency, name="South")
    asked = "SELECT agency_id FROM audit_entry"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int >= 160000")
        forced = "debug_parallel_query" if cursor.fetchone()[0] else "force_parallel_mode"
        cursor.execute(f"SET LOCAL {forced} = on")
        cursor.execute("EXPLAIN (COSTS OFF) " + asked)
        assert "Gather" in "".join(line for (line,) in cursor.fetchall())
        cursor.execute(asked)
        assert set(cursor.fetchall()) == {(agency.id,)}
        with scope(someone(agency, Role.ANALYST)):
            cursor.execute("SELECT set_config('openbeat.ticket', '', true)")
            cursor.execute(asked)
            assert cursor.fetchall() == []
