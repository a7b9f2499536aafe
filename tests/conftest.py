"""What every test shares: a real PostgreSQL of this run's own, reached as the role that owns nothing."""

from __future__ import annotations

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
        _close_connections()
        database.renew()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew)
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """A connection that the server has ended, when an earlier test's database was put back, is not used again."""
    from django.db import connections

    for one in connections.all(initialized_only=True):
        if one.connection is not None and not one.in_atomic_block and not one.is_usable():
            one.close()


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
    for alias, address in (("default", made.application), ("owner", made.owner)):
        connections.databases[alias].update(env.database(address))
        connections[alias].settings_dict.update(connections.databases[alias])


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
