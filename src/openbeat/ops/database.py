"""The database made ready: our own or the operator's, with both its users, as two connections."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import passwords, postgres, roles
from openbeat.ops.paths import Var
from openbeat.ops.postgres import Say, Server


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


def prepare(var: Var, *, tied: bool = False, say: Say = lambda _: None) -> Connections:
    """The database at DATABASE_URL, else the embedded one, started; the working role exists and may log in."""
    server = None if os.environ.get("DATABASE_URL") else postgres.start(var, tied=tied, say=say)
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
