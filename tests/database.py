"""The throwaway PostgreSQL of a test run: a copy of one cluster that was migrated once for this state of the code."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from openbeat.ops import passwords, postgres, roles
from openbeat.ops.database import as_application
from openbeat.ops.paths import CHECKOUT, Var
from openbeat.ops.postgres import Server

TEMPLATE = "openbeat_migrated"
DATABASE = "test_openbeat"
CACHE = CHECKOUT / "var" / "cache" / "tests"
KEYS = CHECKOUT / "var" / "test" / "keys"
SOURCE = CHECKOUT / "src" / "openbeat"


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A running throwaway server and the two connections to the database under test."""

    __test__ = False
    server: Server
    owner: str
    application: str

    @classmethod
    def of(cls, server: Server, name: str = DATABASE) -> TestDatabase:
        """The connections to one of the server's databases."""
        owner = roles.ensure_owner(server, database=TEMPLATE).rpartition("/")[0] + f"/{name}"
        return cls(server, owner, as_application(owner, passwords.ensure(server.var.keys / "database-app.json")))

    def environment(self) -> dict[str, str]:
        """What a child process needs to work on this database."""
        return {
            "OPENBEAT_VAR": str(self.server.var.root),
            "DATABASE_URL": self.owner,
            "OPENBEAT_APP_DATABASE_URL": self.application,
        }

    def renew(self) -> None:
        """Puts the database back to what the migrations made, whatever a test committed; nobody stays connected."""
        connections.close_all()
        name = sql.Identifier(DATABASE)
        with psycopg.connect(self.server.superuser_address(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                    name, sql.Identifier(TEMPLATE), sql.Identifier(roles.OWNER)
                )
            )
        with psycopg.connect(self.owner, autocommit=True) as connection:
            roles.let_in(connection)


def throwaway(migrate: Callable[[TestDatabase], None]) -> TestDatabase:
    """A server of our own with a migrated database; `migrate` is called only when the code's state is new."""
    var = Var(Path(tempfile.mkdtemp(prefix="openbeat-test-")) / "var")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = CACHE / state_of_code()
        if not kept.exists():
            _make(Var(kept.with_suffix(".new")), migrate)
            for old in CACHE.glob("*[!k]"):
                if old.suffix != ".new":
                    shutil.rmtree(old)
            kept.with_suffix(".new").rename(kept)
        subprocess.run(["cp", "-a", kept, var.root], check=True)
    for key in KEYS.glob("*.key"):
        shutil.copy2(key, var.keys)
    database = TestDatabase.of(postgres.start(var, durable=False, tied=True))
    database.renew()
    return database


def throw_away(database: TestDatabase) -> None:
    """Stops the server and removes all it kept."""
    postgres.stop(database.server.var, patience=0.5)
    shutil.rmtree(database.server.var.root.parent)


def _make(var: Var, migrate: Callable[[TestDatabase], None]) -> None:
    """A cluster with the migrated template, stopped in order."""
    shutil.rmtree(var.root, ignore_errors=True)
    server = postgres.start(var, durable=False, tied=True)
    try:
        database = TestDatabase.of(server, TEMPLATE)
        roles.ensure_application(database.owner, passwords.ensure(var.keys / "database-app.json"))
        migrate(database)
    finally:
        postgres.stop(var)


def state_of_code() -> str:
    """A name for all that decides what the migrations make: they, the models, and what they import."""
    files = {CHECKOUT / "requirements" / "base.txt", CHECKOUT / "tests" / "database.py"}
    files |= {SOURCE / "ops" / name for name in ("postgres.py", "roles.py")} | {SOURCE / "settings.py"}
    files |= set(KEYS.glob("*.key"))  # the row locks' key is laid down by the migrations
    own = [
        path
        for pattern in ("**/migrations/*", "**/models.py", "**/*.sql", "**/apps.py")
        for path in SOURCE.glob(pattern)
    ]
    files |= {path for path in own if path.is_file()}
    for path in own:
        if path.suffix == ".py":
            files |= _imported_by(path)
    digest = hashlib.sha256(settings.ROW_KEY)  # the database keeps the key with which its row tickets are opened
    for path in sorted(files):
        digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _imported_by(path: Path) -> set[Path]:
    """The files of our own modules that a file names in its imports."""
    names = re.findall(r"^\s*(?:from|import) openbeat\.([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    places = [SOURCE / name.replace(".", "/") for name in names]
    found = {place.with_suffix(".py") for place in places}
    found |= {file for place in places for file in place.glob("*.py")}
    return {file for file in found if file.is_file()}
