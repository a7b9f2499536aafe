"""Connections are borrowed: what one request left on one, by mistake or on purpose, the next does not find."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from tests.database import TestDatabase

from openbeat.access.actors import service
from openbeat.accounts import founding
from openbeat.accounts.models import Agency
from openbeat.kernel import env
from openbeat.kernel.time import now
from openbeat.seeing.tickets import forget, ticket

LOCK = 4711


@pytest.fixture
def agency(transactional_db: None) -> Agency:
    made, _ = founding.found(
        name="North", zone="UTC", slug="north", administrator="ada", administrator_name="Ada", at=now()
    )
    return made


@pytest.fixture
def borrow(agency: Agency, database: TestDatabase) -> Iterator[object]:
    """Each call is a request's connection, from a pool of one."""
    told = deepcopy(connections["default"].settings_dict)
    told |= env.database(database.application, pool={"min_size": 1, "max_size": 1, "reset": forget, "timeout": 20})
    alias = f"borrowed-{uuid4()}"
    made: list[DatabaseWrapper] = []

    def one() -> DatabaseWrapper:
        made.append(DatabaseWrapper(told, alias))
        return made[-1]

    yield one
    for wrapper in made:
        wrapper.close()
    made[0].close_pool()


def ask(wrapper: DatabaseWrapper, words: str, *values: object) -> list[tuple[object, ...]]:
    with wrapper.cursor() as cursor:
        cursor.execute(words, values)
        return cursor.fetchall() if cursor.description else []


def left_by_a_hostile_request(wrapper: DatabaseWrapper, agency: Agency) -> int:
    """Opens rows, a session, settings, a table and a lock, and goes; the number of the server's process."""
    own = ticket(service(agency.pk).reach, settings.ROW_KEY)
    for words, value in (
        ("SELECT set_config('openbeat.ticket', %s, false)", own),
        ("SELECT set_config('openbeat.session', %s, false)", "0" * 64),
        ("SELECT pg_advisory_lock(%s)", LOCK),
        ("SELECT set_config('search_path', %s, false)", "pg_temp, public"),
        ("SELECT set_config('TimeZone', %s, false)", "Asia/Almaty"),
    ):
        ask(wrapper, words, value)
    ask(wrapper, "CREATE TEMPORARY TABLE accounts_person (name text)")
    assert ask(wrapper, "SELECT count(*) FROM public.accounts_person") == [(1,)]
    return wrapper.connection.info.backend_pid


def after(wrapper: DatabaseWrapper) -> dict[str, object]:
    names = ("openbeat.ticket", "openbeat.session", "search_path", "TimeZone")
    found: dict[str, object] = {
        name: ask(wrapper, "SELECT coalesce(current_setting(%s, true), '')", name)[0][0] for name in names
    }
    found["people"] = ask(wrapper, "SELECT count(*) FROM accounts_person")[0][0]
    found["temporary"] = ask(wrapper, "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()")[0][0]
    return found


CLEAN = {
    "openbeat.ticket": "", "openbeat.session": "", "search_path": '"$user", public', "TimeZone": "UTC", "people": 0,
    "temporary": 0,
}  # fmt: skip


@pytest.mark.parametrize("ending", ["in order", "in a transaction", "in a failed one"])
def test_the_next_borrower_finds_nothing(
    borrow: object, agency: Agency, ending: str, as_owner: psycopg.Connection
) -> None:
    first = borrow()  # type: ignore[operator]
    process = left_by_a_hostile_request(first, agency)
    if ending != "in order":
        first.set_autocommit(False)
        ask(first, "SELECT set_config('openbeat.ticket', %s, true)", "x")
    if ending == "in a failed one":
        with pytest.raises(Exception, match="division by zero"):
            ask(first, "SELECT 1 / 0")
    first.close()
    second = borrow()  # type: ignore[operator]
    assert after(second) == CLEAN
    assert second.connection.info.backend_pid == process
    assert as_owner.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (True,)


def test_a_forged_ticket_is_refused_on_a_borrowed_connection_too(borrow: object, agency: Agency) -> None:
    first = borrow()  # type: ignore[operator]
    ask(first, "SELECT set_config('openbeat.ticket', %s, false)", ticket({agency.pk}, b"not the key"))
    with pytest.raises(Exception, match="not one of ours"):
        ask(first, "SELECT count(*) FROM accounts_person")
    first.close()
    assert after(borrow()) == CLEAN  # type: ignore[operator]


def test_a_connection_that_ended_is_not_lent_again(borrow: object, agency: Agency, database: TestDatabase) -> None:
    first = borrow()  # type: ignore[operator]
    process = left_by_a_hostile_request(first, agency)
    first.close()
    with psycopg.connect(database.server.superuser_address(), autocommit=True) as keeper:
        keeper.execute("SELECT pg_terminate_backend(%s)", [process])
    second = borrow()  # type: ignore[operator]
    assert after(second) == CLEAN
    assert second.connection.info.backend_pid != process


def test_the_service_borrows_and_takes_all_back() -> None:
    told = env.database("postgresql://u@h/n?options=-c%20geqo=off", pool={"reset": forget})["OPTIONS"]
    assert told == {"pool": {"reset": forget}, "options": "-c geqo=off -c TimeZone=UTC"}
    text = (settings.PACKAGE / "settings.py").read_text()
    assert '"reset": forget}' in text
    assert "pool=_POOL" in text
