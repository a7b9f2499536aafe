"""What the worker tidies up at night, and what it leaves alone."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from procrastinate.contrib.django import app

from openbeat.access.actors import service
from openbeat.accounts import actions, founding
from openbeat.accounts.models import Agency, FailedSignIn, Person, SignInLink
from openbeat.accounts.sessions import SessionStore
from openbeat.audit.models import Entry
from openbeat.intake.models import Import
from openbeat.intake.states import State
from openbeat.kernel.ids import new_id
from openbeat.kernel.time import now
from openbeat.ops.housekeeping import keep_house
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(settings: Any, tmp_path: Path) -> Agency:
    settings.VAR = tmp_path
    agency, _ = founding.found(
        name="North", zone="UTC", slug="north", administrator="ada", administrator_name="Ada", at=now()
    )
    return agency


def tidy_up() -> None:
    keep_house(timestamp=0)


def session(ends: datetime) -> SessionBase:
    made = SessionStore()
    made["colour"] = "green"
    made.set_expiry(ends)
    made.save()
    return made


def test_sessions_whose_time_is_over_are_gone(north: Agency) -> None:
    old, fresh = session(now() - timedelta(minutes=1)), session(now() + timedelta(hours=1))
    tidy_up()
    assert not SessionStore().exists(old.session_key or "")
    assert SessionStore(fresh.session_key)["colour"] == "green"


@pytest.mark.parametrize(("days", "stays"), [(0, True), (6, True), (8, False)])
def test_sign_in_links_are_told_as_spent_for_a_week(north: Agency, days: int, stays: bool) -> None:
    house = service(north.pk)
    with scope(house):
        actions.issue_sign_in_link(house, Person.objects.get(), at=now() - timedelta(days=days))
        tidy_up()
        assert SignInLink.objects.exists() is stays


@pytest.mark.parametrize(("days", "stays"), [(300, True), (366, False)])
def test_failed_tries_are_forgotten_after_a_year(north: Agency, days: int, stays: bool) -> None:
    with scope(service(north.pk)):
        FailedSignIn.objects.create(agency=north, person=Person.objects.get(), at=now() - timedelta(days=days))
        tidy_up()
        assert FailedSignIn.objects.exists() is stays
        told = Entry.objects.filter(operation="erasure", object_type="Agency").get()
    assert (told.role, told.changes) == ("service", {"links": 0, "failed_tries": 0 if stays else 1})


@pytest.mark.parametrize(
    ("state", "days", "stays"),
    [
        (State.UPLOADED, 400, True),
        (State.FAILED, 400, True),
        (State.DISCARDED, 2, False),
        (State.DISCARDED, 0, True),
        (None, 2, False),
        (None, 0, True),
    ],
)
def test_files_of_imports_that_are_over_are_removed(
    north: Agency, tmp_path: Path, state: State | None, days: int, stays: bool
) -> None:
    key = new_id()
    with scope(service(north.pk)):
        if state is not None:
            Import.objects.create(
                pk=key, agency=north, state=state, made_at=now(), file_name="a.csv", size=1, sha256="0" * 64,
                failure="why",
            )  # fmt: skip
    home = aged(tmp_path / "imports" / str(key), days)
    tidy_up()
    assert home.exists() is stays


@pytest.mark.parametrize(("days", "stays"), [(1, True), (8, False)])
def test_area_files_put_aside_and_never_decided_are_removed(
    north: Agency, tmp_path: Path, days: int, stays: bool
) -> None:
    home = aged(tmp_path / "aside" / str(new_id()), days)
    tidy_up()
    assert home.exists() is stays


def aged(home: Path, days: int) -> Path:
    """A folder with a file, last written to so many days ago."""
    home.mkdir(parents=True)
    (home / "a.csv").write_text("a\n")
    moment = (now() - timedelta(days=days)).timestamp()
    os.utime(home, (moment, moment))
    return home


def test_jobs_that_failed_long_ago_are_told_no_more(north: Agency) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("old", "new"):
            cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', %s)", [name])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '15 days' WHERE job_id ="
            " (SELECT id FROM procrastinate_jobs WHERE task_name = 'old')"
        )
        tidy_up()
        cursor.execute("SELECT task_name FROM procrastinate_jobs")
        assert cursor.fetchall() == [("new",)]


def test_it_is_done_each_night_and_never_twice_at_once() -> None:
    known = {
        task.task.name: (task.cron, task.task.queueing_lock) for task in app.periodic_registry.periodic_tasks.values()
    }
    assert known["ops.housekeeping"] == ("17 3 * * *", "ops.housekeeping")
