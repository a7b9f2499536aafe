"""What the worker tidies up each night: sessions, sign-in links, files and jobs that nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from procrastinate.contrib.django import app

from openbeat.accounts import actions as accounts
from openbeat.accounts import sessions
from openbeat.accounts.identity import Agency, every_agency
from openbeat.intake import queries as intake
from openbeat.intake import store as uploads
from openbeat.kernel.time import now
from openbeat.ops.tasks import at_work
from openbeat.places import store as areas

NIGHTLY = "17 3 * * *"
UNTOUCHED = timedelta(days=1)
"""A file is removed only when nothing was written to it for so long: an upload may be under way."""
UNDECIDED = timedelta(days=7)
JOBS_KEPT = 14 * 24
"""Hours for which `openbeat doctor` tells of a failed job."""

log = structlog.get_logger("housekeeping")


@app.periodic(cron=NIGHTLY)
@app.task(name="ops.housekeeping", queueing_lock="ops.housekeeping", pass_context=False)
def keep_house(timestamp: int) -> None:
    """Tidy up; each part is told, with its count."""
    at = now()
    agencies = every_agency()
    log.info("housekeeping.sessions", removed=sessions.sweep())
    log.info("housekeeping.sign_ins", removed=sum(_forget_old_tries(agency, at) for agency in agencies))
    log.info("housekeeping.uploads", removed=_drop_uploads([agency.pk for agency in agencies], at))
    log.info("housekeeping.area_files", removed=areas.forget_aside_before(at - UNDECIDED))
    async_to_sync(app.job_manager.delete_old_jobs)(nb_hours=JOBS_KEPT, include_failed=True)


def _forget_old_tries(agency: Agency, at: datetime) -> int:
    with at_work(agency.pk) as actor:
        return accounts.forget_old_tries(actor, agency, at=at)


def _drop_uploads(agencies: list[UUID], at: datetime) -> int:
    """Remove the files of imports that are over, and those whose import never came to be; how many."""
    old = set(uploads.kept_before(at - UNTOUCHED))  # before asking: what is new now, is not among them
    needed: set[UUID] = set()
    for agency_id in agencies:
        with at_work(agency_id) as actor:
            needed |= intake.needing_files(actor)
    for import_id in old - needed:
        uploads.drop(import_id)
    return len(old - needed)
