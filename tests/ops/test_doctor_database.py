"""Each finding of the doctor about the database and what runs behind the pages, provoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.database import DATABASE, TestDatabase

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import roles
from openbeat.ops.doctor import store, work
from openbeat.ops.doctor.findings import Finding, Level
from witness import Log

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL

pytestmark = pytest.mark.usefixtures("django_db_setup")


@pytest.fixture
def god(database: TestDatabase) -> Iterator[psycopg.Connection]:
    """The superuser in the database under test; what a test spoils is made anew after it."""
    with psycopg.connect(database.server.superuser_address(DATABASE), autocommit=True) as connection:
        yield connection
        connection.execute("ALTER ROLE openbeat_app NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB")
        connection.execute(
            "REVOKE openbeat_owner FROM openbeat_app; GRANT openbeat_app TO openbeat_owner WITH ADMIN TRUE"
        )
    database.renew()


def one(found: Iterator[Finding]) -> Finding:
    """The one finding; each that is not well says how to mend it."""
    (finding,) = found
    assert bool(finding.mend) == (finding.level is not OK)
    return finding


def test_version(as_owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(store.version(as_owner)).words.startswith("PostgreSQL 18.")
    monkeypatch.setattr(roles, "LEAST_VERSION", 190000)
    with pytest.raises(Misconfigured, match="PostgreSQL 18 is too old"):
        list(store.version(as_owner))


@pytest.mark.parametrize(("seconds", "level"), [(0, OK), (-2, WARN), (2, WARN), (60, FAIL), (-60, FAIL)])
def test_clock(seconds: float, level: Level) -> None:
    theirs = datetime.now(UTC) + timedelta(seconds=seconds)
    elsewhere: Any = SimpleNamespace(execute=lambda _: SimpleNamespace(fetchone=lambda: (theirs,)))
    assert one(store.clock(elsewhere)).level is level


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("ALTER ROLE openbeat_app SUPERUSER", "a superuser"),
        ("ALTER ROLE openbeat_app BYPASSRLS", "above row-level security"),
        ("ALTER ROLE openbeat_app CREATEROLE", "allowed to make roles"),
        ("ALTER ROLE openbeat_app CREATEDB", "allowed to make databases"),
        ("REVOKE openbeat_app FROM openbeat_owner; GRANT openbeat_owner TO openbeat_app", "a member of the owner"),
        ("ALTER TABLE audit_entry OWNER TO openbeat_app", "owner of audit_entry"),
    ],
)
def test_application_role(
    as_owner: psycopg.Connection, as_application: psycopg.Connection, god: psycopg.Connection, spoil: str, words: str
) -> None:
    assert one(store.application_role(as_owner, as_application)).level is OK
    god.execute(spoil.encode())
    finding = one(store.application_role(as_owner, as_application))
    assert finding.level is FAIL
    assert words in finding.words


def test_the_owner_at_work_is_found_out(as_owner: psycopg.Connection) -> None:
    finding = one(store.application_role(as_owner, as_owner))
    assert finding.level is FAIL
    assert "the same as the owner" in finding.words


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("REVOKE SELECT ON accounts_agency FROM openbeat_app", "cannot read accounts_agency"),
        ("GRANT TRUNCATE ON audit_entry TO openbeat_app", "may empty audit_entry"),
    ],
)
def test_grants(
    as_owner: psycopg.Connection, as_application: psycopg.Connection, god: psycopg.Connection, spoil: str, words: str
) -> None:
    assert one(store.grants(as_owner, as_application)).level is OK
    god.execute(spoil.encode())
    finding = one(store.grants(as_owner, as_application))
    assert finding.level is FAIL
    assert words in finding.words


@pytest.mark.parametrize(
    "spoil",
    [
        "CREATE TABLE open_rows (agency_id uuid)",
        "CREATE TABLE open_rows (agency_id uuid); ALTER TABLE open_rows ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE open_rows (agency_id uuid); CREATE POLICY p ON open_rows USING (true)",
    ],
)
def test_row_locks(as_owner: psycopg.Connection, god: psycopg.Connection, spoil: str) -> None:
    assert one(store.row_locks(as_owner)).level is OK
    god.execute(spoil.encode())
    finding = one(store.row_locks(as_owner))
    assert finding.level is FAIL
    assert "open_rows" in finding.words


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_migrations(as_owner: psycopg.Connection) -> None:
    assert one(store.migrations()).level is OK
    as_owner.execute("DELETE FROM django_migrations WHERE app = 'audit'")
    finding = one(store.migrations())
    assert finding.level is FAIL
    assert "not applied, the first: audit.0001_initial" in finding.words


def test_extensions(as_owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.postgres.operations import CreateExtension

    assert one(store.extensions(as_owner)).level is OK
    steps = [CreateExtension("plpgsql"), CreateExtension("hstore")]
    loader = SimpleNamespace(disk_migrations={("app", "0001"): SimpleNamespace(operations=steps)})
    monkeypatch.setattr("django.db.migrations.loader.MigrationLoader", lambda _: loader)
    finding = one(store.extensions(as_owner))
    assert (finding.level, finding.words) == (FAIL, "hstore is not installed")


@pytest.mark.parametrize(("silence", "level"), [(None, WARN), (5, OK), (29, OK), (300, FAIL)])
def test_worker(god: psycopg.Connection, silence: float | None, level: Level) -> None:
    if silence is not None:
        god.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 s')", [silence]
        )
    heard, jobs = work.worker(god)
    assert (heard.level, jobs.level) == (level, OK)


def test_failed_jobs(god: psycopg.Connection) -> None:
    god.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 'a', 'failed'), ('q', 'b', 'todo')"
    )
    _, jobs = work.worker(god)
    assert (jobs.level, jobs.words) == (WARN, "1 failed, 1 wait")


@pytest.mark.parametrize(
    ("word", "level"),
    [
        (None, WARN),
        ({"age": 0, "state": "signing", "size": 7}, OK),
        ({"age": 60, "state": "signing", "size": 7}, WARN),
        ({"age": 0, "state": "RootMismatch", "words": "the tree does not match"}, FAIL),
    ],
)
def test_sequencer(tmp_path: Path, settings: Any, word: dict[str, Any] | None, level: Level) -> None:
    settings.VAR = tmp_path
    if word:
        at = datetime.now(UTC) - timedelta(seconds=word.pop("age"))
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "sequencer.json").write_text(json.dumps({"at": at.isoformat(), **word}))
    finding = one(work.sequencer())
    assert finding.level is level
    assert word is None or word.get("words", "") in finding.words


def test_unpublished(god: psycopg.Connection) -> None:
    assert one(work.unpublished(god)).level is OK
    god.execute("SET session_replication_role = replica")
    for seconds in (0, 60):
        entry = uuid4()
        god.execute(
            "INSERT INTO audit_entry (id, at, operation, deed, role, object_type, object_id, reason, legal_basis, "
            '"case", recipient, source_address, changes, refused, salt) VALUES '
            "(%s, now() - %s * interval '1 s', 'x', 'x', '', '', '', '', '', '', '', '', '{}', '', '')",
            [entry, seconds],
        )
        god.execute("INSERT INTO audit_pending (entry_id, commitment) VALUES (%s, '')", [entry])
    finding = one(work.unpublished(god))
    assert (finding.level, finding.words.startswith("1 entries")) == (WARN, True)


@pytest.fixture
def log(tmp_path: Path, settings: Any) -> Path:
    """A published log of three entries."""
    settings.LOG_TILES, settings.LOG_LAST_CHECKPOINT = tmp_path / "tiles", tmp_path / "last-checkpoint"
    written = Log(settings.LOG_TILES, tmp_path / "keys", "test.example/log", last=settings.LOG_LAST_CHECKPOINT)
    written.catch_up(0, [bytes([number]) * 32 for number in range(3)])
    written.checkpoint()
    written.close()
    return tmp_path / "tiles"


def test_published_log(log: Path) -> None:
    assert one(work.published_log()).words == "the published log verifies: 3 entries"


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)


@pytest.mark.parametrize("pattern", ["tile/entries/**/*", "tile/0/**/*"])
def test_a_flipped_byte_of_the_published_log(log: Path, pattern: str) -> None:
    flip(next(file for file in log.glob(pattern) if file.is_file()))
    found = list(work.published_log())
    assert found
    assert {finding.level for finding in found} == {FAIL}


def test_nothing_is_published_yet(tmp_path: Path, settings: Any) -> None:
    settings.LOG_TILES = tmp_path
    assert one(work.published_log()).level is WARN


@pytest.mark.parametrize(
    ("states", "kept", "level"),
    [
        ([], False, WARN),
        (["failed"], False, WARN),
        (["ready"], True, OK),
        (["failed", "ready"], True, OK),
        (["ready"], False, FAIL),
    ],
)
def test_basemaps(tmp_path: Path, settings: Any, states: list[str], kept: bool, level: Level) -> None:
    settings.VAR = tmp_path
    rows = [(uuid4(), state) for state in states]
    for number, _ in rows if kept else []:
        work.tiles(number).parent.mkdir(exist_ok=True)
        work.tiles(number).touch()
    stored: Any = SimpleNamespace(execute=lambda _: SimpleNamespace(fetchall=lambda: rows))
    assert one(work.basemaps(stored)).level is level


def test_the_basemaps_are_asked_of_the_real_table(as_owner: psycopg.Connection) -> None:
    assert one(work.basemaps(as_owner)).words == "none: maps have no background"
