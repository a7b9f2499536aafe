"""Work that a killed worker left in the middle: taken up again from its beginning, or given up in words."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from django.db import Error, close_old_connections, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from openbeat.kernel.errors import OpenbeatError
from openbeat.ops.tasks import FAILS, at_work

PAUSE = 10.0
"""Seconds between looks."""
SILENCE = 30.0
"""Seconds without a heartbeat after which a worker counts as gone; it beats every ten."""
MOST_STARTS = 3
"""Work that ended its worker this often is given up: the fourth start would end it too."""
LOCK = 7_302_554_801
"""The advisory lock of looking, so that two workers don't take up the same job."""

WORDS = f"its worker ended {MOST_STARTS} times in the middle of the work; nothing of it was kept"
FAILED = "the work broke off; nothing of it was kept, and the service's log says why"

# what failed and is not at work again; its thing may still say that it is under way, if the database was away
UNSETTLED = """
SELECT job.id, job.task_name, job.args, job.attempts FROM procrastinate_jobs job
WHERE job.status = 'failed' AND NOT job.id = ANY(%s) AND NOT EXISTS (
  SELECT FROM procrastinate_jobs other
  WHERE other.task_name = job.task_name AND other.args = job.args AND other.status IN ('todo', 'doing'))
"""

log = structlog.get_logger("worker")


def keep_taking_up(stop: threading.Event, own: Callable[[], int | None]) -> None:
    """Look at once and every few seconds until told to stop; `own` is this worker's number, whose jobs live."""
    settled: set[int] = set()
    while not stop.is_set():
        try:
            close_old_connections()
            take_up(own())
            settle(settled)
        except (Error, ConnectorException) as failure:
            log.warning("stalled.not_looked", failure=type(failure).__name__)
        finally:
            connection.close()
        stop.wait(PAUSE)


def take_up(own: int | None) -> None:
    """Queue the jobs of workers that are gone again; those that ended their workers too often become failed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for job in async_to_sync(app.job_manager.get_stalled_jobs)(seconds_since_heartbeat=SILENCE):
            if own is None or job.worker_id != own:
                _again_or_failed(job)


def _again_or_failed(job: Job) -> None:
    starts = job.attempts + 1
    if starts < MOST_STARTS:
        log.warning("stalled.again", job=job.id, task=job.task_name, starts=starts)
        async_to_sync(app.job_manager.retry_job)(job)
    else:
        log.error("stalled.given_up", job=job.id, task=job.task_name, starts=starts)
        async_to_sync(app.job_manager.finish_job)(job, status=Status.FAILED, delete_job=False)


def settle(settled: set[int]) -> None:
    """Let the things of failed jobs say so, in words; `settled` are those that were looked at already."""
    with connection.cursor() as cursor:
        cursor.execute(UNSETTLED, [list(settled)])
        failed = cursor.fetchall()
    for number, task, arguments, attempts in failed:
        _settle_one(task, json.loads(arguments), WORDS if attempts + 1 >= MOST_STARTS else FAILED)
        settled.add(number)


def _settle_one(task: str, arguments: Mapping[str, str], words: str) -> None:
    told = dict(arguments)
    agency_id = told.pop("agency_id", None)
    if task not in FAILS or agency_id is None:
        return
    try:
        with at_work(UUID(agency_id)) as actor:
            FAILS[task](actor, words, *told.values())
    except OpenbeatError as refusal:  # its thing is gone: nobody waits for it
        log.warning("stalled.not_settled", task=task, failure=type(refusal).__name__)
