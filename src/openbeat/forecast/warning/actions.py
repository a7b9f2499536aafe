"""Changes to watches, scans and alarms: set up, approve, pause; scan; what a person does about a warning."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.forecast.rules import require_reported
from openbeat.forecast.warning import queries
from openbeat.forecast.warning.compute import Found, Scanned
from openbeat.forecast.warning.models import Alarm, Scan, Sighting, Step, Watch, WatchClass
from openbeat.forecast.warning.rules import (
    LinkKind,
    Outcome,
    Stretch,
    continued,
    move,
    reach,
    require_dismissal,
    require_ended,
    require_settings,
    require_words,
)
from openbeat.forecast.warning.states import BACK, UNDER_WAY, AlarmState, ScanState, WatchState
from openbeat.incidents.queries import OffenceClass
from openbeat.kernel.csv_file import as_csv
from openbeat.kernel.errors import Contradiction
from openbeat.places.queries import AreaSet
from openbeat.seeing import progress

EXPORTED = (
    "raised", "watch", "offences", "near", "first day", "last day", "circle m", "observed", "expected",
    "recurrence days", "highest recurrence days", "first seen", "last seen", "state", "outcome",
)  # fmt: skip


@action(Permission.WARNING_SET)
def set_up_watch(
    actor: Actor,
    area_set: AreaSet,
    /,
    *,
    title: str,
    classes: Sequence[OffenceClass],
    radius: int,
    days: int,
    least_interval: int,
    at: datetime,
    least_cases: int = 3,
    by_weekday: bool = True,
) -> Watch:
    """Propose a watch of these classes; it scans when a named person has approved it."""
    require_reported([(one.name, one.reported_by_victims) for one in classes])
    require_settings(radius, days, least_interval, least_cases)
    watch = Watch.objects.create(
        agency_id=area_set.agency_id, author_id=actor.person_id, title=title, made_at=at, area_set=area_set,
        radius=radius, days=days, least_interval=least_interval, least_cases=least_cases, by_weekday=by_weekday,
    )  # fmt: skip
    WatchClass.objects.bulk_create(WatchClass(watch=watch, offence_class=one) for one in dict.fromkeys(classes))
    note(classes=[one.code for one in classes])
    return watch


@action(Permission.WARNING_APPROVE)
def approve_watch(actor: Actor, watch: Watch, /, *, at: datetime) -> Watch:
    """A named person lets the watch scan each night, or lets a paused one go on."""
    _require_person(actor)
    watch.approved_by_id, watch.approved_at, watch.paused_why = actor.person_id, at, ""
    return _watch_becomes(watch, WatchState.WATCHING)


@action(Permission.WARNING_SET)
def pause_watch(actor: Actor, watch: Watch, /, *, reason: str) -> Watch:
    """Stop scanning, saying why; what it warned of is followed no more, and waits for its outcome."""
    watch.paused_why = require_words(reason)
    Alarm.objects.filter(watch=watch, living=True).update(living=False)
    return _watch_becomes(watch, WatchState.PAUSED)


@action(Permission.WARNING_SCAN, operation=Operation.COMBINATION)
def ask_for_scan(actor: Actor, watch: Watch, /, *, night: date, nightly: bool, at: datetime) -> Scan:
    """Queue a scan of the records before a day; one at a time for a watch, and one nightly for each night."""
    current = Watch.objects.select_for_update().get(pk=watch.pk)
    if current.state != WatchState.WATCHING:
        raise Contradiction("this watch does not scan", mend="approve it first")
    if Scan.objects.filter(watch=watch, state__in=UNDER_WAY).exists():
        raise Contradiction("a scan of this watch is under way", mend="wait until it has ended")
    if nightly and Scan.objects.filter(watch=watch, night=night, nightly=True).exists():
        raise Contradiction("the records before {night} were scanned already", night=night)
    scan = Scan.objects.create(
        agency_id=watch.agency_id, watch=watch, author_id=actor.person_id, night=night, nightly=nightly, asked_at=at
    )
    later("warning.scan", agency_id=scan.agency_id, scan_id=str(scan.id))
    return scan


@action(Permission.WARNING_SCAN)
def begin_scan(actor: Actor, scan: Scan, /) -> Scan:
    """The worker takes the scan up."""
    return _scan_becomes(scan, ScanState.RUNNING)


@action(Permission.WARNING_SCAN)
def finish_scan(actor: Actor, scan: Scan, /, *, scanned: Scanned, names: Sequence[str], at: datetime) -> Scan:
    """Keep what was found: clusters that continue an alarm, new ones above the threshold; the rest ends.

    names: the area that each found cluster's centre lies in.
    """
    _scan_becomes(scan, ScanState.DONE, save=False)
    known = dict(enumerate(queries.followed(actor, scan.watch)))
    goes_on = continued([one.stretch for one in scanned.found], {key: _stretch(one) for key, one in known.items()})
    raised = 0
    for number, found in enumerate(scanned.found):
        if number in goes_on:
            _sight(_go_on(known[goes_on[number]], found, scan, names[number]), found, scan)
        elif found.recurrence >= scan.watch.least_interval:
            _sight(_raise_alarm(found, scan, names[number], at), found, scan)
            raised += 1
    ended = [one.pk for key, one in known.items() if key not in goes_on.values()]
    Alarm.objects.filter(pk__in=ended).update(living=False)
    scan.cases, scan.clusters, scan.raised, scan.continued = scanned.cases, scanned.clusters, raised, len(goes_on)
    scan.finished_at = at
    progress.forget(scan.id)
    scan.save()
    return scan


@action(Permission.WARNING_SCAN)
def fail_scan(actor: Actor, scan: Scan, /, *, words: str, at: datetime) -> Scan:
    """The scan ended without a result; what happened is kept in words."""
    scan.failure, scan.finished_at = words, at
    progress.forget(scan.id)
    return _scan_becomes(scan, ScanState.FAILED)


@action(Permission.WARNING_HANDLE)
def acknowledge_alarm(actor: Actor, alarm: Alarm, /, *, at: datetime, words: str = "") -> Alarm:
    """A named person has seen it and looks into it."""
    return _alarm_becomes(actor, alarm, AlarmState.ACKNOWLEDGED, at, words)


@action(Permission.WARNING_HANDLE)
def link_alarm(
    actor: Actor, alarm: Alarm, /, *, kind: LinkKind, words: str, at: datetime, thing_id: UUID | None = None
) -> Alarm:
    """Say what is done about it: a patrol plan by its id, or a programme in words."""
    told = {"link_kind": kind, "link_id": thing_id, "link_words": require_words(words)[:200]}
    return _alarm_becomes(actor, alarm, AlarmState.LINKED, at, words, told)


@action(Permission.WARNING_HANDLE)
def dismiss_alarm(actor: Actor, alarm: Alarm, /, *, outcome: Outcome, reason: str, at: datetime) -> Alarm:
    """Nothing is done about it, and why; while the cluster lasts it does not come again as new."""
    told = _ended(actor, require_dismissal(outcome), require_words(reason), at)
    return _alarm_becomes(actor, alarm, AlarmState.DISMISSED, at, reason, told)


@action(Permission.WARNING_HANDLE)
def close_alarm(actor: Actor, alarm: Alarm, /, *, outcome: Outcome, reason: str, at: datetime) -> Alarm:
    """It lives no more: a named person says what came of it."""
    current = Alarm.objects.only("living").get(pk=alarm.pk)
    require_ended(living=current.living)
    told = _ended(actor, outcome, require_words(reason), at)
    return _alarm_becomes(actor, alarm, AlarmState.CLOSED, at, reason, told)


@action(Permission.WARNING_HANDLE)
def take_back(actor: Actor, alarm: Alarm, /, *, at: datetime) -> Alarm:
    """Undo the latest deed: what was acknowledged is new again, what was linked or ended is acknowledged again."""
    now = AlarmState(Alarm.objects.only("state").get(pk=alarm.pk).state)
    if now not in BACK:
        raise Contradiction("nothing was done about it yet")
    blank = {"link_kind": "", "link_id": None, "link_words": "", "outcome": "", "outcome_words": "",
             "ended_by_id": None, "ended_at": None}  # fmt: skip
    return _alarm_becomes(actor, alarm, BACK[now], at, "", blank)


@action(Permission.WARNING_EXPORT, operation=Operation.DISCLOSURE)
def export_alarms(
    actor: Actor, agency: Agency, /, *, filters: queries.Filters, reason: str, basis: str, recipient: str = ""
) -> bytes:
    """The register as CSV: places by the name of their area, never their centre; known by its digest."""
    rows = list(queries.alarms(actor, filters).filter(agency=agency))
    if not rows:
        raise Contradiction("no warning passes these filters: there is nothing to hand over")
    file = as_csv([EXPORTED, *(_exported(one) for one in rows)])
    note(rows=len(rows), sha256=hashlib.sha256(file).hexdigest())
    return file


def _exported(alarm: Alarm) -> list[object]:
    classes = "; ".join(one.offence_class.name for one in alarm.watch.classes.all())
    return [
        alarm.raised_at.isoformat(), alarm.watch.title, classes, alarm.near, alarm.starts, alarm.ends,
        reach(alarm.radius), alarm.observed, round(alarm.expected, 2), round(alarm.recurrence),
        round(alarm.highest), alarm.first_seen, alarm.last_seen, alarm.state, alarm.outcome,
    ]  # fmt: skip


def _require_person(actor: Actor) -> None:
    if actor.person_id is None or actor.token_id is not None:
        raise Contradiction("this is decided by a named person, never by a programme")


def _ended(actor: Actor, outcome: Outcome, reason: str, at: datetime) -> dict[str, Any]:
    return {"outcome": outcome, "outcome_words": reason, "ended_by_id": actor.person_id, "ended_at": at}


def _stretch(alarm: Alarm) -> Stretch:
    return Stretch(alarm.lon, alarm.lat, alarm.radius, alarm.starts, alarm.ends)


def _as_found(found: Found, scan: Scan, near: str) -> dict[str, Any]:
    """An alarm's columns that each scan writes anew."""
    where = found.stretch
    return {
        "near": near, "lon": where.lon, "lat": where.lat, "radius": where.radius, "starts": where.starts,
        "ends": where.ends, "cells": found.cells, "observed": found.observed, "expected": found.expected,
        "statistic": found.statistic, "p": found.p, "recurrence": found.recurrence, "timeline": found.timeline,
        "last_seen": scan.night, "living": True,
    }  # fmt: skip


def _raise_alarm(found: Found, scan: Scan, near: str, at: datetime) -> Alarm:
    return Alarm.objects.create(
        agency_id=scan.agency_id, watch_id=scan.watch_id, first_seen=scan.night, raised_at=at,
        highest=found.recurrence, **_as_found(found, scan, near),
    )  # fmt: skip


def _go_on(alarm: Alarm, found: Found, scan: Scan, near: str) -> Alarm:
    told = _as_found(found, scan, near) | {"highest": max(alarm.highest, found.recurrence)}
    for name, value in told.items():
        setattr(alarm, name, value)
    alarm.save(update_fields=list(told))  # its state is left to people, who may be at it now
    return alarm


def _sight(alarm: Alarm, found: Found, scan: Scan) -> None:
    where = found.stretch
    Sighting.objects.create(
        alarm=alarm, scan=scan, night=scan.night, starts=where.starts, ends=where.ends, radius=where.radius,
        observed=found.observed, expected=found.expected, recurrence=found.recurrence,
    )  # fmt: skip


def _watch_becomes(watch: Watch, state: WatchState) -> Watch:
    """Move the row under its lock, so that two people can't move it at once."""
    current = Watch.objects.select_for_update().only("state").get(pk=watch.pk)
    watch.state = move(WatchState(current.state), state)
    watch.save()
    return watch


def _scan_becomes(scan: Scan, state: ScanState, *, save: bool = True) -> Scan:
    current = Scan.objects.select_for_update().only("state").get(pk=scan.pk)
    scan.state = move(ScanState(current.state), state)
    if save:
        scan.save()
    return scan


def _alarm_becomes(
    actor: Actor, alarm: Alarm, state: AlarmState, at: datetime, words: str, told: Mapping[str, Any] | None = None
) -> Alarm:
    """Move the row under its lock, by a named person, and keep the step."""
    _require_person(actor)
    current = Alarm.objects.select_for_update().only("state").get(pk=alarm.pk)
    alarm.state = move(AlarmState(current.state), state)
    for name, value in (told or {}).items():
        setattr(alarm, name, value)
    alarm.save(update_fields=["state", *(told or {})])
    Step.objects.create(alarm=alarm, at=at, by_id=actor.person_id, became=state, words=words.strip())
    return alarm
