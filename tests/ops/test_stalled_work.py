"""A worker killed in the middle of its work: the work is run again from its beginning, or given up in words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from shapely import MultiPolygon, box
from tests.database import TestDatabase

from openbeat.access import Actor, Holding, Role
from openbeat.accounts.models import Agency
from openbeat.audit.models import Entry
from openbeat.kernel.ids import new_id
from openbeat.ops import stalled
from openbeat.ops.management.commands.work import Lead
from openbeat.ops.tasks import FAILS
from openbeat.places import actions
from openbeat.places.models import StreetNetwork
from openbeat.places.rules import Layer
from openbeat.places.shapes import AreaShape
from openbeat.places.states import State
from openbeat.seeing.scope import scope

T0 = datetime(2026, 1, 2, tzinfo=UTC)
PATIENCE = 60.0


@pytest.fixture
def analyst(transactional_db: None, database: TestDatabase, settings: Any) -> Iterator[Actor]:
    settings.VAR = database.server.var.root
    for log in ("tiles", "keys/log"):  # another test's, whose entries are gone
        shutil.rmtree(settings.VAR / log, ignore_errors=True)
    agency = Agency.objects.create(name="North", slug="north")
    actor = Actor(new_id(), agency.id, (Holding(Role.ANALYST, agency.id, new_id(), frozenset({agency.id})),))
    with scope(actor):
        yield actor


@pytest.fixture
def network(analyst: Actor, tmp_path: Path) -> StreetNetwork:
    """Streets that wait for the worker, in an agency with one beat around them."""
    area = AreaShape("1", "One", MultiPolygon([box(9.9, 49.9, 10.1, 50.1)]))
    actions.add_areas(
        analyst, Agency.objects.get(), layer=Layer.BEATS, name="B", valid_from=date(2020, 1, 1), areas=[area],
        source="b", at=T0,
    )  # fmt: skip
    nodes, edges = tmp_path / "nodes.csv", tmp_path / "edges.csv"
    nodes.write_text("node,longitude,latitude\n1,10.0,50.0\n2,10.01,50.0\n3,10.01,50.01\n")
    edges.write_text("u,v,length_m\n1,2,700\n2,3,1100\n")
    actions.receive_street_lists(
        analyst, Agency.objects.get(), nodes=nodes, edges=edges, name="lists", kmh=30, attribution="me", at=T0
    )
    return StreetNetwork.objects.get()


@contextmanager
def working(database: TestDatabase) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on the test's database, killed in the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBEAT_", "DATABASE_"))}
    environment = {**kept, **database.environment(), "OPENBEAT_TESTING": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "openbeat.settings"
    with (database.server.var.root / "worker.txt").open("ab") as said:
        process = subprocess.Popen([sys.executable, "-m", "django", "work"], env=environment, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)


def until(true: Callable[[], bool], database: TestDatabase) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, (database.server.var.root / "worker.txt").read_text()[-3000:]
        time.sleep(0.1)


def state_of(network: StreetNetwork) -> str:
    network.refresh_from_db()
    return network.state


def silent_for_a_minute(as_owner: psycopg.Connection) -> None:
    """What the killed worker left behind, a minute later."""
    as_owner.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")


def killed_at_work(network: StreetNetwork, database: TestDatabase, as_owner: psycopg.Connection) -> None:
    """A worker takes the streets up, is held in the middle of them, and is killed with -9."""
    with psycopg.connect(database.owner) as holding, working(database) as worker:
        holding.execute("LOCK TABLE places_areaset")  # the last thing the work looks at
        doing = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
        held = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'places_areaset'::regclass"
        until(lambda: as_owner.execute(doing).fetchone() == (1,), database)
        until(lambda: as_owner.execute(held).fetchone() == (1,), database)
        assert state_of(network) == State.WORKING
        worker.kill()
        worker.wait(PATIENCE)
        holding.rollback()
    silent_for_a_minute(as_owner)


def jobs(as_owner: psycopg.Connection) -> list[tuple[str, str, int]]:
    return as_owner.execute("SELECT task_name, status::text, attempts FROM procrastinate_jobs").fetchall()


@pytest.mark.slow
def test_another_worker_runs_the_work_of_a_killed_one_again(
    network: StreetNetwork, database: TestDatabase, as_owner: psycopg.Connection
) -> None:
    killed_at_work(network, database, as_owner)
    assert jobs(as_owner) == [("places.build_streets", "doing", 0)]
    with working(database):
        until(lambda: state_of(network) == State.READY and not jobs(as_owner), database)
    assert network.facts_told["points_read"] == 3
    done = Entry.objects.filter(object_type="StreetNetwork", object_id=str(network.pk)).order_by("id")
    assert [one.changes.get("state") for one in done if "state" in one.changes] == [
        ["waiting", "working"],
        ["working", "ready"],
    ]


@pytest.mark.slow
def test_work_that_ended_its_worker_three_times_is_given_up_in_words(
    network: StreetNetwork, analyst: Actor, database: TestDatabase, as_owner: psycopg.Connection
) -> None:
    as_owner.execute("UPDATE procrastinate_jobs SET attempts = 2")  # it was taken up twice before
    killed_at_work(network, database, as_owner)
    with working(database):
        until(lambda: state_of(network) == State.FAILED, database)
    assert network.failure == "its worker ended 3 times in the middle of the work; nothing of it was kept"
    assert jobs(as_owner) == [("places.build_streets", "failed", 3)]
    # a person asks again: the failed job does not stand against the new one
    actions.retry_streets(analyst, network)
    stalled.settle(set())
    assert (state_of(network), network.failure) == (State.WAITING, "")


def test_the_jobs_of_a_living_worker_are_left_to_it(network: StreetNetwork, as_owner: psycopg.Connection) -> None:
    worker = as_owner.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone()
    as_owner.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", worker)
    stalled.take_up(None)
    assert jobs(as_owner) == [("places.build_streets", "doing", 0)]
    silent_for_a_minute(as_owner)  # it is busy, and its heart beats late
    stalled.take_up(worker[0])  # type: ignore[index]
    assert jobs(as_owner) == [("places.build_streets", "doing", 0)]
    stalled.take_up(None)
    assert jobs(as_owner) == [("places.build_streets", "todo", 1)]


def test_a_failed_job_whose_thing_still_says_it_works_is_told_to_it_once(
    network: StreetNetwork, as_owner: psycopg.Connection
) -> None:
    as_owner.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    as_owner.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    settled: set[int] = set()
    stalled.settle(settled)
    assert (state_of(network), network.failure) == (State.FAILED, stalled.FAILED)
    assert len(settled) == 1
    told = Entry.objects.count()
    stalled.settle(settled)
    stalled.settle(set())
    assert Entry.objects.count() == told


def test_failed_jobs_of_things_that_are_gone_or_of_no_agency_hold_nothing_up(
    network: StreetNetwork, as_owner: psycopg.Connection
) -> None:
    as_owner.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    as_owner.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    other = "UPDATE procrastinate_jobs SET args = args || jsonb_build_object('network_id', gen_random_uuid())"
    as_owner.execute(other)
    stalled.settle(set())
    as_owner.execute("UPDATE procrastinate_jobs SET task_name = 'of.yesterday'")
    stalled.settle(set())
    assert state_of(network) == State.WAITING


def test_looking_goes_on_when_the_database_is_away(analyst: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, looks = threading.Event(), []

    def look(own: int | None) -> None:
        looks.append(own)
        if len(looks) == 2:
            stop.set()
        raise stalled.ConnectorException

    monkeypatch.setattr(stalled, "PAUSE", 0.0)
    monkeypatch.setattr(stalled, "take_up", look)
    stalled.keep_taking_up(stop, Lead().number)
    assert looks == [None, None]


def test_all_work_that_a_thing_waits_for_can_be_given_up() -> None:
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    ours = {
        name for name in app.tasks if name.partition(".")[0] in {"forecast", "patrol", "places", "intake", "oversight"}
    }
    assert ours - set(FAILS) == {"patrol.ways"}  # its plan is whole without it
