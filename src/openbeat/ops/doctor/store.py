"""What the database must be: new enough, migrated, on time, and shut to the application but for its work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg

from openbeat.ops import roles
from openbeat.ops.doctor.findings import Finding, fail, ok, warn

SKEW_NOTICED = 1.0
SKEW_HARMFUL = 5.0
"""Seconds between our clock and the database's."""
CLOSED = frozenset({"seeing_key"})
"""Tables that the application's role must not read: the key of the row locks themselves."""


def version(owner: psycopg.Connection) -> Iterator[Finding]:
    """PostgreSQL 15 or newer."""
    roles.require_version(owner)
    facts = owner.info
    yield ok("database", f"PostgreSQL {owner.info.parameter_status('server_version')} at {facts.host}:{facts.port}")


def clock(owner: psycopg.Connection) -> Iterator[Finding]:
    """Our clock against the database's: the trail's times come from ours."""
    before = datetime.now(UTC)
    theirs = owner.execute("SELECT clock_timestamp()").fetchone()
    skew = abs(((theirs[0] if theirs else before) - before).total_seconds())
    words = f"this machine and the database differ by {skew:.1f} s"
    mend = "set both clocks by NTP (chrony or systemd-timesyncd)"
    if skew > SKEW_HARMFUL:
        yield fail("clock", words, mend)
    elif skew > SKEW_NOTICED:
        yield warn("clock", words, mend)
    else:
        yield ok("clock", words)


def application_role(owner: psycopg.Connection, application: psycopg.Connection) -> Iterator[Finding]:
    """The role the service works as: no owner, not above row-level security, no member of one that is."""
    me = application.info.user
    faults = list(_rights_too_many(owner, me))
    if me == owner.info.user:
        faults.append("the same as the owner")
    owned = _names(owner, _TABLES + " AND pg_get_userbyid(c.relowner) = %s", me)
    if owned:
        faults.append(f"owner of {', '.join(owned)}")
    if faults:
        yield fail(
            "application role", f"{me} is {'; '.join(faults)}: row-level security does not bind it",
            f"ALTER ROLE {me} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB; give its tables back to the owner",
        )  # fmt: skip
    else:
        yield ok("application role", f"{me} owns nothing and is bound by row-level security")


def _rights_too_many(owner: psycopg.Connection, role: str) -> Iterator[str]:
    row = owner.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, pg_has_role(%s, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = %s",
        [role, role],
    ).fetchone()
    names = ("a superuser", "above row-level security", "allowed to make roles", "allowed to make databases",
             "a member of the owner")  # fmt: skip
    yield from (name for name, given in zip(names, row or (), strict=False) if given)


def grants(owner: psycopg.Connection, application: psycopg.Connection) -> Iterator[Finding]:
    """What the role needs for its work, and nothing that empties a table at a stroke."""
    me = application.info.user
    unread = _names(owner, _TABLES + " AND NOT has_table_privilege(%s, c.oid, 'SELECT')", me)
    unread = [name for name in unread if name not in CLOSED]
    emptied = _names(owner, _TABLES + " AND has_table_privilege(%s, c.oid, 'TRUNCATE')", me)
    if unread:
        tables = ", ".join(unread)
        yield fail("grants", f"{me} cannot read {tables}", f"as owner: GRANT SELECT ON {tables} TO {me}")
    if emptied:
        tables = ", ".join(emptied)
        yield fail("grants", f"{me} may empty {tables}", f"as owner: REVOKE TRUNCATE ON {tables} FROM {me}")
    if not unread and not emptied:
        yield ok("grants", f"{me} may do its work, and empty no table")


def row_locks(owner: psycopg.Connection) -> Iterator[Finding]:
    """Every table whose rows name their agency keeps agencies apart by itself."""
    held = "AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'agency_id')"
    policed = "c.relrowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)"
    open_ones = _names(owner, f"{_TABLES} {held} AND NOT ({policed})")
    if open_ones:
        words = f"no row-level security on {', '.join(open_ones)}"
        yield fail("row-level security", words, "run `make up`: the migrations set it; then look here again")
    else:
        yield ok("row-level security", "on every table whose rows name an agency")


_TABLES = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
)


def _names(owner: psycopg.Connection, question: str, *values: str) -> list[str]:
    """The first column of the answer, sorted."""
    return sorted(str(row[0]) for row in owner.execute(question, values or None))


def migrations() -> Iterator[Finding]:
    """Whether the tables are those of this code."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    missing = [str(step) for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        yield fail("migrations", f"{len(missing)} not applied, the first: {missing[0]}", "run `make up`")
    else:
        yield ok("migrations", f"all {len(executor.loader.applied_migrations)} applied")


def extensions(owner: psycopg.Connection) -> Iterator[Finding]:
    """The extensions that the migrations ask for."""
    from django.contrib.postgres.operations import CreateExtension
    from django.db.migrations.loader import MigrationLoader

    steps = (step for one in MigrationLoader(None).disk_migrations.values() for step in one.operations)
    needed = sorted({step.name for step in steps if isinstance(step, CreateExtension)})
    there = _names(owner, "SELECT extname FROM pg_extension")
    absent = [name for name in needed if name not in there]
    for name in absent:
        mend = f"as the database's administrator: CREATE EXTENSION {name}"
        yield fail("extensions", f"{name} is not installed", mend)
    if not absent:
        yield ok("extensions", f"all there: {', '.join(needed)}" if needed else "none is needed")
