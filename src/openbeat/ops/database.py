"""The database made ready: our own or the operator's, with both its users, as two connections."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import marks, passwords, postgres, roles
from openbeat.ops.paths import Var, make_folder
from openbeat.ops.postgres import Pause, Say, Server


@dataclass(frozen=True, slots=True)
class Connections:
    """How the owner and the application reach the database; `server` is ours if it is the embedded one."""

    owner: str
    application: str
    server: Server | None

    def export(self) -> None:
        """Makes them the settings of this process and of its children."""
        os.environ["DATABASE_URL"] = self.owner
        os.environ["OPENBEAT_APP_DATABASE_URL"] = self.application


@contextmanager
def in_use(var: Var, *, say: Say = lambda _: None, pause: Pause = time.sleep) -> Iterator[Connections]:
    """The database for as long as we work; the last of several users stops the embedded one."""
    mine = marks.leave(_users(var) / str(os.getpid()))
    try:
        yield prepare(var, say=say, pause=pause)
    finally:
        mine.unlink(missing_ok=True)
        stop_if_unused(var)


def stop_if_unused(var: Var) -> bool:
    """Stops the embedded database unless a living process of ours still works on it."""
    users = [marks.living(file) for file in _users(var).glob("*")]
    return not any(users) and postgres.stop(var)


def _users(var: Var) -> Path:
    return make_folder(var.run / "database-users")


def prepare(var: Var, *, say: Say = lambda _: None, pause: Pause = time.sleep) -> Connections:
    """The database at DATABASE_URL, else the embedded one, started; the working role exists and may log in."""
    server = None if os.environ.get("DATABASE_URL") else postgres.start(var, say=say, pause=pause)
    owner = roles.ensure_owner(server) if server else os.environ["DATABASE_URL"]
    return Connections(owner, _application(var, owner), server)


def _application(var: Var, owner: str) -> str:
    """The application's connection: the operator's own, or made with a password of chance."""
    given = os.environ.get("OPENBEAT_APP_DATABASE_URL")
    if given:
        _try_owner(owner)
        return given
    password = passwords.ensure(var.keys / "database-app.json")
    address = as_application(owner, password)
    if not roles.answers(address):
        _try_owner(owner)
        roles.ensure_application(owner, password)
    return address


def as_application(owner: str, password: str) -> str:
    """The owner's address with the application's name and password in their place."""
    parts = urlsplit(owner)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{roles.APPLICATION}:{quote(password)}@{place}"))


def _try_owner(owner: str) -> None:
    """Refuses in words where the owner's connection does not work."""
    try:
        with psycopg.connect(owner, connect_timeout=10) as connection:
            roles.require_version(connection)
    except psycopg.OperationalError as error:
        raise Misconfigured(
            f"the database at DATABASE_URL does not answer: {error}".strip(),
            mend="check that it runs, and the user, password, host and name in DATABASE_URL",
        ) from error
