"""What the doors do at their rims: notes outside of a deed, refusals through two doors, connections that went away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from tests.database import TestDatabase

from openbeat.access import Actor, Holding, Permission, Role
from openbeat.accounts.models import Agency
from openbeat.acting import action, note, together
from openbeat.acting.changes import difference, plain, snapshot
from openbeat.audit import queries as trail
from openbeat.audit.models import Entry, Leaf, Pending
from openbeat.kernel.errors import Contradiction, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.seeing import locks, progress
from openbeat.seeing.models import Progress
from openbeat.seeing.scope import rows_of, scope

KEY = UUID("00000000-0000-7000-8000-000000000001")


@action(Permission.AGENCY_ADMINISTER)
def rename_inside(actor: Actor, agency: Agency, /, *, name: str) -> Agency:
    """The inner deed of this test."""
    if not name:
        raise Contradiction("an agency has a name")
    agency.name = name
    agency.save()
    return agency


@action(Permission.AGENCY_ADMINISTER)
def rename_through_two(actor: Actor, agency: Agency, /, *, name: str) -> Agency:
    """A deed that does another one."""
    return rename_inside(actor, agency, name=name)


@pytest.fixture
def admin(db: None) -> Iterator[Actor]:
    agency = Agency.objects.create(name="North", slug="north")
    holding = Holding(Role.ADMINISTRATOR, agency.id, new_id(), frozenset({agency.id}))
    actor = Actor(new_id(), agency.id, (holding,))
    with scope(actor):
        yield actor


def test_a_note_is_part_of_a_deed() -> None:
    with pytest.raises(RuntimeError, match="inside an action"):
        note(letters=3)


def test_a_deed_that_needs_a_reason_takes_one() -> None:
    with pytest.raises(TypeError, match="must take reason= and basis="):

        @action(Permission.TRAIL_READ)
        def look(actor: Actor, agency: Agency, /) -> None:
            """It has no place for a reason."""


def test_a_refusal_that_passes_two_doors_is_written_once(admin: Actor) -> None:
    agency = Agency.objects.get()
    with pytest.raises(Contradiction):
        rename_through_two(admin, agency, name="")
    assert [entry.refused for entry in Entry.objects.all()] == ["contradiction: an agency has a name"]


def test_what_is_refused_among_several_deeds_is_written_after_them(admin: Actor) -> None:
    agency = Agency.objects.get()
    stranger = Actor(new_id(), agency.id)
    with together():
        rename_inside(admin, agency, name="South")
        with pytest.raises(NotPermitted):
            rename_inside(stranger, agency, name="West")
        assert [entry.operation for entry in Entry.objects.all()] == ["alteration"]
    assert [entry.operation for entry in Entry.objects.order_by("id")] == ["alteration", "refusal"]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (-(2**53), "-9007199254740992"),
        (0.5, "0.5"),
        (Decimal("1.20"), "1.20"),
        (KEY, str(KEY)),
        (datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))), "2026-01-01T00:00:00.000000+00:00"),
        (date(2026, 1, 1), "2026-01-01"),
        (b"abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (memoryview(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ({1: [0.5]}, {"1": ["0.5"]}),
        ((1, "a"), [1, "a"]),
        ("x" * 201, None),
    ],
)
def test_values_are_kept_as_every_reader_of_json_reads_them(value: object, kept: object) -> None:
    if isinstance(value, str):
        assert plain(value).startswith("sha256:")
        assert len(plain(value)) == 71
    else:
        assert plain(value) == kept


def test_what_has_no_privacy_classes_tells_no_change() -> None:
    thing = SimpleNamespace(name="x")
    assert snapshot(thing) == {}
    assert difference(thing, {}, {}) == {}


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_scope_whose_connection_ended_is_closed_and_not_restored(
    transactional_db: None, database: TestDatabase, as_owner: psycopg.Connection
) -> None:
    with rows_of({KEY}), psycopg.connect(database.server.superuser_address(), autocommit=True) as keeper:
        keeper.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'openbeat_app' AND datname = %s",
            [connection.settings_dict["NAME"]],
        )
    assert connection.connection is None
    with connection.cursor() as cursor:  # a fresh one opens nothing
        cursor.execute("SELECT coalesce(current_setting('openbeat.ticket', true), '')")
        assert cursor.fetchone() == ("",)


def test_a_scope_in_a_transaction_that_failed_leaves_the_rest_to_its_rollback(transactional_db: None) -> None:
    def fail_inside() -> None:
        with transaction.atomic(), rows_of({KEY}), connection.cursor() as cursor:
            cursor.execute("SELECT no_such FROM accounts_agency")

    with pytest.raises(ProgrammingError, match="no_such"):
        fail_inside()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('openbeat.ticket', true), '')")
        assert cursor.fetchone() == ("",)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_where_the_owner_does_the_work_itself_there_is_nobody_to_grant_to(
    monkeypatch: pytest.MonkeyPatch, as_owner: psycopg.Connection
) -> None:
    before = as_owner.execute("SELECT inner_pad FROM seeing_key").fetchone()
    monkeypatch.setattr(locks, "ROLE", "nobody_at_all")
    locks.prepare(using="owner")
    assert as_owner.execute("SELECT inner_pad FROM seeing_key").fetchone() == before


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_after_a_migration_the_application_may_work_on_rows_and_no_more(as_owner: psycopg.Connection) -> None:
    may = "SELECT has_table_privilege('openbeat_app', %s, %s)"
    as_owner.execute("CREATE TABLE a_new_table (id int)")
    assert as_owner.execute(may, ["a_new_table", "INSERT"]).fetchone() == (False,)
    locks.prepare(using="owner")
    for table, right, held in (
        ("a_new_table", "INSERT", True), ("a_new_table", "TRUNCATE", False), ("audit_entry", "DELETE", False),
        ("audit_entry", "INSERT", True), ("seeing_key", "SELECT", False), ("django_migrations", "UPDATE", False),
    ):  # fmt: skip
        assert as_owner.execute(may, [table, right]).fetchone() == (held,), (table, right)


def test_a_row_lock_is_a_step_of_a_migration_that_can_be_taken_back() -> None:
    step = locks.row_lock("patrol_unit", "owner_id")
    assert "ENABLE ROW LEVEL SECURITY" in str(step.sql)
    assert str(step.sql).count("owner_id = ANY ((SELECT openbeat_reach())::uuid[])") == 2
    assert "DROP POLICY patrol_unit_reach" in str(step.reverse_sql)


def test_things_name_themselves_in_words() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert str(Entry(at=at, operation="alteration", deed="plan.make")) == "2026-01-02 03:04:05 alteration plan.make"
    assert str(Leaf(index=7)) == "leaf 7"
    assert str(Pending(entry_id=KEY)) == f"pending {KEY}"
    assert str(Progress(share=0.5, words="half")) == "50% half"


def test_an_entry_without_its_place_in_the_log_is_no_file_yet(admin: Actor) -> None:
    rename_inside(admin, Agency.objects.get(), name="South")
    entry: Any = Entry.objects.get()
    assert trail.entry_file(admin, entry.id) is None
    assert trail.entry_file(admin, new_id()) is None
    assert trail.deeds(admin) == ["agency.administer"]
    assert progress.standing(new_id()) == progress.NOT_BEGUN
