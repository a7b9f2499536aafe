"""What every test shares: a real PostgreSQL of this run's own, reached as the role that owns nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from tests.database import TestDatabase, throw_away, throwaway

# a busy machine is no fault of the code: nothing is judged by its time
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def database(django_test_environment: None, django_db_blocker: Any) -> Iterator[TestDatabase]:
    """The run's own server, with a freshly migrated database that `default` reaches as the application's role."""
    with django_db_blocker.unblock():
        made = throwaway(_migrate)
        _point_django_at(made)
    yield made
    with django_db_blocker.unblock():
        _close_connections()
    throw_away(made)


@pytest.fixture(scope="session")
def django_db_setup(database: TestDatabase) -> Iterator[None]:
    """Row-level security is real in tests; what a transactional test committed goes with its whole database."""
    from django.test import TransactionTestCase

    def renew(_: TransactionTestCase) -> None:
        database.renew()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew)
        yield


@pytest.fixture
def as_owner(database: TestDatabase) -> Iterator[psycopg.Connection]:
    """A connection as the owner of the tables, who is above row-level security; each statement commits."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def as_application(database: TestDatabase) -> Iterator[psycopg.Connection]:
    """A bare connection as the application's role, with nobody signed in; each statement commits."""
    with psycopg.connect(database.application, autocommit=True) as connection:
        yield connection


def _migrate(made: TestDatabase) -> None:
    from django.core.management import call_command

    _point_django_at(made)
    call_command("migrate", database="owner", verbosity=0)
    _close_connections()


def _point_django_at(made: TestDatabase) -> None:
    """Turns both of Django's aliases to the database under test."""
    from django.db import connections

    from openbeat.kernel import env

    _close_connections()
    # a driven browser leaves its loop running in this thread, and beside a loop Django would keep a second connection
    connections._connections = threading.local()
    for alias, address in (("default", made.application), ("owner", made.owner)):
        connections.databases[alias].update(env.database(address))
        connections[alias].settings_dict.update(connections.databases[alias])


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
