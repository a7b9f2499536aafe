"""The two users of the database: one owns and migrates, the other does the work and owns nothing."""

from __future__ import annotations

import psycopg
from psycopg import sql

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import passwords
from openbeat.ops.postgres import Server

DATABASE = "openbeat"
OWNER = "openbeat_owner"
APPLICATION = "openbeat_app"
LEAST_VERSION = 150000
"""PostgreSQL 15: the first where nobody may make tables in `public` unasked."""


def ensure_owner(server: Server, *, database: str = DATABASE) -> str:
    """The owner's connection to an embedded database, both made if absent. The owner is no superuser."""
    password = passwords.ensure(server.var.keys / "database-owner.json")
    address = server.address(OWNER, password, database)
    if not answers(address):
        with psycopg.connect(server.superuser_address(), autocommit=True) as connection:
            _ensure_role(connection, OWNER, password, rights="CREATEDB CREATEROLE")
            _ensure_database(connection, database)
    return address


def answers(address: str) -> bool:
    """Whether one can log in there."""
    try:
        psycopg.connect(address, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_application(owner_address: str, password: str) -> None:
    """The working role, with no right yet but to connect."""
    with psycopg.connect(owner_address, autocommit=True) as connection:
        require_version(connection)
        _ensure_role(connection, APPLICATION, password, rights="NOINHERIT")
        let_in(connection)


def let_in(connection: psycopg.Connection) -> None:
    """Only the owner and the working role may connect; what the latter may do there, the migrations grant."""
    names = {"name": sql.Identifier(connection.info.dbname), "role": sql.Identifier(APPLICATION)}
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {role}").format(**names))


def require_version(connection: psycopg.Connection) -> None:
    """Refuses a PostgreSQL older than 15."""
    if connection.info.server_version < LEAST_VERSION:
        raise Misconfigured(
            f"PostgreSQL {connection.info.server_version // 10000} is too old",
            mend="Openbeat needs PostgreSQL 15 or newer; without DATABASE_URL it brings its own",
        )


def _ensure_role(connection: psycopg.Connection, role: str, password: str, *, rights: str) -> None:
    """Makes the role, or sets its password. Only a salted verifier of the password is sent."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER ROLE {role} LOGIN" if known else f"CREATE ROLE {{role}} LOGIN {rights}"
    try:
        connection.execute(sql.SQL(verb + " PASSWORD {verifier}").format(role=sql.Identifier(role), verifier=verifier))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Misconfigured(
            f"the database's owner may not make the role {role}",
            mend=f"as its administrator run: CREATE ROLE {role} LOGIN PASSWORD '…'; "
            "and give that connection as OPENBEAT_APP_DATABASE_URL",
        ) from error


def _ensure_database(connection: psycopg.Connection, name: str) -> None:
    """Makes the owner's database if it is absent."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(
                name=sql.Identifier(name), owner=sql.Identifier(OWNER)
            )
        )
