"""What the worker does for early warnings: looks each hour which watch is due, and scans what is asked."""

from __future__ import annotations

from datetime import datetime

import shapely
import structlog
from procrastinate.contrib.django import app

from openbeat.access import Actor
from openbeat.accounts.identity import Agency, agency_now, every_agency
from openbeat.forecast.warning import actions, queries
from openbeat.forecast.warning.compute import Question, Scanned, scanned
from openbeat.forecast.warning.feed import events_of
from openbeat.forecast.warning.queries import Scan
from openbeat.forecast.warning.rules import KEEP, tries
from openbeat.forecast.warning.states import UNDER_WAY, WatchState
from openbeat.kernel.errors import Contradiction, Refusal
from openbeat.kernel.time import now
from openbeat.ops.tasks import at_work, kept_in_words, task, teller
from openbeat.places import queries as places

HOURLY = "23 * * * *"
"""A night is scanned once; looking each hour catches up after a stop, and takes up records that come late."""

log = structlog.get_logger("warnings")


@app.periodic(cron=HOURLY)
@app.task(name="warning.look", queueing_lock="warning.look", pass_context=False)
def look(timestamp: int) -> None:
    """Ask for the scans that are due, agency by agency."""
    wall = now()
    for agency in every_agency():
        with at_work(agency.pk) as actor:
            ask_due(actor, agency, agency_now(agency, wall))


def ask_due(actor: Actor, agency: Agency, at: datetime) -> None:
    """Queue a scan of each of the agency's watches that has a night to scan."""
    for watch, night in queries.due(actor, agency.pk, at.astimezone(agency.tz)):
        try:
            actions.ask_for_scan(actor, watch, night=night, nightly=True, at=at)
        except Refusal as refusal:  # another worker was quicker, or it was paused just now
            log.info("warnings.not_asked", watch=str(watch.pk), why=refusal.words)


def _fail_scan(actor: Actor, words: str, scan_id: str) -> None:
    scan = queries.scan(actor, scan_id)
    if scan.state in UNDER_WAY:
        actions.fail_scan(actor, scan, words=words, at=agency_now(scan.watch.agency, now()))


@task("warning.scan", fails=_fail_scan)
def scan_watch(actor: Actor, *, scan_id: str) -> None:
    """Scan the last year of a watch's records; what goes wrong is kept in words."""
    scan = queries.scan(actor, scan_id)
    if scan.state not in UNDER_WAY:
        return
    actions.begin_scan(actor, scan)
    with kept_in_words(lambda words: _fail_scan(actor, words, scan_id), scan.id):
        brought = _scanned(actor, scan)
        names = _names(actor, scan, brought)
        if queries.watch(actor, scan.watch_id).state != WatchState.WATCHING:
            raise Contradiction("the watch was paused meanwhile; nothing of this scan was kept")
        actions.finish_scan(actor, scan, scanned=brought, names=names, at=agency_now(scan.watch.agency, now()))


def _scanned(actor: Actor, scan: Scan) -> Scanned:
    watch = scan.watch
    tell = teller(actor, scan.id, scan.agency_id)
    tell(0.0, "reading the reports")
    events = events_of(actor, scan)
    ground = places.ground(actor, watch.area_set)
    question = Question(
        night=scan.night, radius=watch.radius, days=watch.days, least_cases=watch.least_cases,
        by_weekday=watch.by_weekday, tries=tries(watch.least_interval), keep=KEEP * watch.least_interval,
    )  # fmt: skip
    return scanned(question, events, ground, tell)


def _names(actor: Actor, scan: Scan, brought: Scanned) -> list[str]:
    """The area that each cluster's centre lies in; the nearest thing to an address that is kept."""
    keys, shapes = places.shapes(actor, scan.watch.area_set)
    names = places.areas(actor, scan.watch.area_set).in_bulk()
    told = []
    for found in brought.found:
        point = shapely.Point(found.stretch.lon, found.stretch.lat)
        nearest = min(range(len(shapes)), key=lambda i: shapes[i].distance(point))
        told.append(names[keys[nearest]].name)
    return told
