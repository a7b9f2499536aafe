"""Both users of a database made ready: our own server's, or one that the operator brings."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.database import TestDatabase

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import database as prepared
from openbeat.ops import marks, postgres, roles
from openbeat.ops.database import as_application
from openbeat.ops.paths import Var

THEIRS = "their_own"


@pytest.fixture
def theirs(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """An operator's own empty database on the run's server, its owner in DATABASE_URL; yields its superuser."""
    with psycopg.connect(database.server.superuser_address(), autocommit=True) as connection:
        name = sql.Identifier(THEIRS)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'secret'").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        connection.execute("GRANT openbeat_app TO their_own WITH ADMIN TRUE")
        monkeypatch.setenv("DATABASE_URL", database.server.address(THEIRS, "secret", THEIRS))
        monkeypatch.delenv("OPENBEAT_APP_DATABASE_URL", raising=False)
        yield connection
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE; DROP ROLE {}").format(name, name))
        password = database.application.split(":")[2].partition("@")[0]
        connection.execute(sql.SQL("ALTER ROLE openbeat_app PASSWORD {}").format(password))


def test_an_operators_database_gets_the_working_role(theirs: psycopg.Connection, tmp_path: Path) -> None:
    made = prepared.prepare(Var(tmp_path))
    assert made.server is None
    with psycopg.connect(made.application) as connection:
        assert connection.info.user == roles.APPLICATION
        assert connection.info.dbname == THEIRS
    kept = tmp_path / "keys" / "database-app.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    again = prepared.prepare(Var(tmp_path))
    assert again == made


def test_the_working_role_may_connect_and_nothing_else(theirs: psycopg.Connection, tmp_path: Path) -> None:
    made = prepared.prepare(Var(tmp_path))
    with psycopg.connect(made.owner, autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (n int)")
    with psycopg.connect(made.application, autocommit=True) as connection:
        for deed in ("SELECT * FROM kept", "CREATE TABLE own (n int)", "CREATE ROLE friend", "DROP TABLE kept"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(deed.encode())


def test_an_owner_who_may_make_no_roles_is_told_what_to_ask_for(theirs: psycopg.Connection, tmp_path: Path) -> None:
    theirs.execute("REVOKE openbeat_app FROM their_own; ALTER ROLE their_own NOCREATEROLE")
    with pytest.raises(Misconfigured, match="may not make the role openbeat_app") as refusal:
        prepared.prepare(Var(tmp_path))
    assert "CREATE ROLE openbeat_app LOGIN PASSWORD" in refusal.value.mend
    assert "OPENBEAT_APP_DATABASE_URL" in refusal.value.mend


def test_the_operators_own_working_role_is_taken_as_it_is(
    theirs: psycopg.Connection, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from openbeat.ops.database import prepare

    monkeypatch.setenv("OPENBEAT_APP_DATABASE_URL", "postgresql://their_app:x@db/their_own")
    assert prepare(Var(tmp_path)).application == "postgresql://their_app:x@db/their_own"
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("address", ["postgresql://a:b@127.0.0.1:1/c", "postgresql://nobody:wrong@{place}/their_own"])
def test_a_database_that_does_not_answer(
    theirs: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    place = f"127.0.0.1:{theirs.info.port}"
    monkeypatch.setenv("DATABASE_URL", address.format(place=place))
    with pytest.raises(Misconfigured, match="DATABASE_URL does not answer") as refusal:
        prepared.prepare(Var(tmp_path))
    assert "wrong" not in refusal.value.words


def test_a_database_that_is_too_old(
    theirs: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(roles, "LEAST_VERSION", 190000)
    with pytest.raises(Misconfigured, match="PostgreSQL 18 is too old"):
        prepared.prepare(Var(tmp_path))


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("postgresql://o:p@h:5/d", "postgresql://openbeat_app:s@h:5/d"),
        ("postgresql://o:p%40@[::1]:5/d?sslmode=require", "postgresql://openbeat_app:s@[::1]:5/d?sslmode=require"),
        ("postgresql://h/d", "postgresql://openbeat_app:s@h/d"),
    ],
)
def test_the_same_place_as_another_user(owner: str, expected: str) -> None:
    assert as_application(owner, "s") == expected


def test_the_last_of_several_users_stops_the_embedded_database(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("OPENBEAT_APP_DATABASE_URL", raising=False)
    var = Var(own_folder / "var")
    with prepared.in_use(var):
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
            marks.leave(var.run / "database-users" / str(other.pid), other.pid)
            assert prepared.stop_if_unused(var) is False
            other.kill()
        assert postgres.running(var)
    assert postgres.running(var) is None
    assert os.listdir(var.run / "database-users") == []  # noqa: PTH208
