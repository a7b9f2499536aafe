"""A warning's whole life on real records: watched, scanned, raised, continued, handled by people, ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from tests.town import NEIGHBOURHOODS, TODAY, Town, raised, taken_back

from openbeat.access import Actor, Permission, Role
from openbeat.audit.models import Entry
from openbeat.forecast.warning import actions, queries
from openbeat.forecast.warning.compute import Found, Question, Scanned, scanned
from openbeat.forecast.warning.feed import events_of
from openbeat.forecast.warning.models import Alarm, Scan, Watch, WatchClass
from openbeat.forecast.warning.rules import LinkKind, Outcome, Stretch
from openbeat.forecast.warning.states import AlarmState, ScanState, WatchState
from openbeat.incidents.models import Incident, OffenceClass
from openbeat.kernel.errors import Contradiction, NotFound, NotInThisState, NotPermitted, ReasonMissing
from openbeat.kernel.ids import new_id
from openbeat.ops import tasks, warning_work
from openbeat.places import queries as places
from openbeat.seeing import progress

BURGLARY, DRUGS = "NIBRS-220", "NIBRS-35A"


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def analyst(town: Town) -> Actor:
    return town.actor(Role.ANALYST)


def set_up(town: Town, actor: Actor, **settings: object) -> Watch:
    asked = {
        "title": "Burglary", "classes": [OffenceClass.objects.get(pk=BURGLARY)], "radius": 1000, "days": 28,
        "least_interval": 100, "at": town.at,
    }  # fmt: skip
    return actions.set_up_watch(actor, town.areas, **asked | settings)  # type: ignore[arg-type]


@pytest.fixture
def watch(town: Town, analyst: Actor) -> Watch:
    return actions.approve_watch(analyst, set_up(town, analyst), at=town.at)


def ask(town: Town, watch: Watch, night: date = TODAY, *, nightly: bool = True) -> Scan:
    return actions.ask_for_scan(town.house, watch, night=night, nightly=nightly, at=town.at)


def work(scan: Scan) -> Scan:
    warning_work.scan_watch(agency_id=str(scan.agency_id), scan_id=str(scan.id))
    scan.refresh_from_db()
    return scan


LON, LAT = -79.38, 43.66


def cluster(night: date = TODAY, **settings: object) -> Found:
    """What a scan may find: 14 reports in two weeks where 4.2 are expected."""
    where = Stretch(LON, LAT, 400.0, night - timedelta(days=14), night - timedelta(days=1))
    given = {
        "stretch": where, "observed": 14, "expected": 4.2, "statistic": 7.1, "p": 0.003, "recurrence": 340.0,
        "cells": [["8a2b9bd0a6affff", 9], ["8a2b9bd0a6a7fff", 5]],
        "timeline": {"first": (night - timedelta(days=182)).isoformat(), "observed": [0] * 168 + [1] * 14,
                     "expected": [0.3] * 182},
    }  # fmt: skip
    return Found(**given | settings)  # type: ignore[arg-type]


def brought(town: Town, watch: Watch, *found: Found, night: date = TODAY, nightly: bool = True) -> Scan:
    """A scan that found these clusters, by the worker's own deeds."""
    scan = ask(town, watch, night, nightly=nightly)
    actions.begin_scan(town.house, scan)
    told = Scanned(cases=900, clusters=len(found) + 1, found=found)
    return actions.finish_scan(town.house, scan, scanned=told, names=["Moss Park"] * len(found), at=town.at)


@pytest.fixture
def alarm(town: Town, watch: Watch) -> Alarm:
    brought(town, watch, cluster())
    return Alarm.objects.get()


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


# --- computed --------------------------------------------------------------------------------------------------------


def test_more_reports_put_into_one_place_are_found_there(town: Town, watch: Watch) -> None:
    """Thirty reports in a week at one corner of Moss Park, where there were few."""
    some = Incident.objects.filter(offence_class=BURGLARY, day__lt=TODAY).exclude(cell=None).order_by("-occurred_from")
    pattern = some[0]
    for number in range(30):
        pattern.pk, pattern.source_key = new_id(), f"put-{number}"
        pattern.occurred_from = datetime.fromisoformat(f"2021-12-{25 + number % 7}T12:00:00+00:00")
        pattern.occurred_to, pattern.day, pattern.hour = None, pattern.occurred_from.date(), 7
        pattern.save(force_insert=True)
    scan = work(ask(town, watch))
    assert scan.state == ScanState.DONE, scan.failure
    found = Alarm.objects.order_by("-statistic").first()
    assert found is not None
    assert found.near in NEIGHBOURHOODS
    assert found.observed >= 30
    assert found.expected < found.observed / 3
    assert found.ends == date(2021, 12, 31)
    assert found.recurrence >= watch.least_interval
    assert abs(found.lon - pattern.lon) < 0.02
    assert abs(found.lat - pattern.lat) < 0.02
    assert sum(count for _cell, count in found.cells) == found.observed
    timeline = found.timeline
    assert (timeline["first"], len(timeline["observed"]), len(timeline["expected"])) == ("2021-07-03", 182, 182)
    assert sum(timeline["observed"][-7:]) >= 30
    assert progress.standing(scan.id) == progress.NOT_BEGUN


def test_a_scan_knows_only_what_lies_before_its_night(town: Town, watch: Watch) -> None:
    scan = ask(town, watch, date(2021, 6, 1))
    events = events_of(town.house, scan)
    assert len(events) > 0
    assert events.times.max() < np.datetime64("2021-06-01")


def test_no_input_of_a_scan_is_about_a_person(town: Town, watch: Watch) -> None:
    events = events_of(town.house, ask(town, watch))
    told = {name for name in vars(events) if not name.startswith("_")}
    assert told == {"times", "ends", "lon", "lat", "codes", "classes", "zone", "since", "root", "rows"}


def test_the_same_night_scanned_twice_finds_the_same(town: Town, watch: Watch) -> None:
    events, ground = events_of(town.house, ask(town, watch)), places.ground(town.house, town.areas)
    question = Question(TODAY, 1000.0, 28, 2, by_weekday=False, tries=99, keep=0.0)
    told: list[tuple[float, str]] = []
    first = scanned(question, events, ground)
    second = scanned(question, events, ground, lambda share, words: told.append((share, words)))
    assert first == second
    shares, steps = zip(*told, strict=True)
    assert list(shares) == sorted(shares)
    assert (steps[0], steps[1], steps[2]) == (
        "drawing the ground in cells", "looking for clusters", "trying chance: 16 of 99",
    )  # fmt: skip
    assert told[-1] == (pytest.approx(0.95), "trying chance: 99 of 99")
    assert first.cases > 100
    assert first.clusters == len(first.found) > 0
    assert all(1 <= (one.stretch.ends - one.stretch.starts).days + 1 <= 28 for one in first.found)


def test_classes_without_a_report_fail_in_words(town: Town, analyst: Actor) -> None:
    arson = set_up(town, analyst, classes=[OffenceClass.objects.get(pk="NIBRS-200")])
    scan = work(ask(town, actions.approve_watch(analyst, arson, at=town.at)))
    assert scan.state == ScanState.FAILED
    assert "there is no report of Arson before 2022-01-01" in scan.failure


def test_what_nobody_foresaw_is_told_without_its_inside(
    town: Town, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(warning_work, "scanned", broken)
    scan = ask(town, watch)
    with pytest.raises(ZeroDivisionError):
        work(scan)
    scan.refresh_from_db()
    assert (scan.state, "inside" in scan.failure, str(scan.id) in scan.failure) == (ScanState.FAILED, False, True)


def test_a_scan_whose_worker_was_killed_is_run_again(town: Town, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = ask(town, watch)
    actions.begin_scan(town.house, scan)
    monkeypatch.setattr(warning_work, "scanned", lambda *_: Scanned(900, 1, (cluster(),)))
    assert work(scan).state == ScanState.DONE
    before = Entry.objects.count()
    work(scan)  # the job was done, only its end was not told
    assert (Entry.objects.count(), Alarm.objects.count()) == (before, 1)


def test_a_scan_given_up_is_told(town: Town, watch: Watch) -> None:
    scan = ask(town, watch)
    tasks.FAILS["warning.scan"](town.house, "its worker ended", str(scan.id))
    scan.refresh_from_db()
    assert (scan.state, scan.failure) == (ScanState.FAILED, "its worker ended")
    tasks.FAILS["warning.scan"](town.house, "once more", str(scan.id))
    scan.refresh_from_db()
    assert scan.failure == "its worker ended"


def test_a_watch_paused_meanwhile_keeps_nothing(
    town: Town, watch: Watch, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paused(*_: object) -> Scanned:
        actions.pause_watch(analyst, watch, reason="set up anew")
        return Scanned(900, 1, (cluster(),))

    monkeypatch.setattr(warning_work, "scanned", paused)
    scan = work(ask(town, watch))
    assert (scan.state, Alarm.objects.count()) == (ScanState.FAILED, 0)
    assert "paused meanwhile" in scan.failure


# --- asked each night ------------------------------------------------------------------------------------------------


def local(town: Town, hour: int, day: date = TODAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 23, tzinfo=town.agency.tz)


def test_a_night_is_asked_once_for_a_watch(town: Town, watch: Watch) -> None:
    warning_work.ask_due(town.house, town.agency, local(town, 3))
    assert not Scan.objects.exists()
    warning_work.ask_due(town.house, town.agency, local(town, 4))
    scan = Scan.objects.get()
    assert (scan.night, scan.nightly, scan.author, scan.state) == (TODAY, True, None, ScanState.QUEUED)
    warning_work.ask_due(town.house, town.agency, local(town, 5))  # under way
    actions.fail_scan(town.house, scan, words="broken", at=town.at)
    warning_work.ask_due(town.house, town.agency, local(town, 6))  # done with, whatever became of it
    assert Scan.objects.count() == 1


def test_nights_missed_are_caught_up_with_the_newest(town: Town, watch: Watch) -> None:
    brought(town, watch, night=date(2021, 12, 20))
    warning_work.ask_due(town.house, town.agency, local(town, 9))
    assert [scan.night for scan in Scan.objects.order_by("night")] == [date(2021, 12, 20), TODAY]


def test_where_no_records_came_nothing_is_scanned_again(town: Town, watch: Watch) -> None:
    brought(town, watch)
    warning_work.ask_due(town.house, town.agency, local(town, 9, later(5)))
    assert Scan.objects.count() == 1


def test_only_watches_that_are_approved_scan(town: Town, analyst: Actor) -> None:
    proposed = set_up(town, analyst)
    warning_work.ask_due(town.house, town.agency, local(town, 9))
    assert not Scan.objects.exists()
    with pytest.raises(Contradiction, match="does not scan"):
        ask(town, proposed)


def test_an_agency_without_records_has_nothing_due(town: Town) -> None:
    assert queries.due(town.stranger(Role.ANALYST), town.far.pk, local(town, 9)) == []


def test_the_worker_looks_at_every_agency(town: Town, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(warning_work, "ask_due", lambda _actor, agency, _at: asked.append(agency.slug))
    warning_work.look(0)
    assert {"town", "far"} <= set(asked)


def test_another_worker_that_was_quicker_is_no_trouble(
    town: Town, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(town, watch)
    monkeypatch.setattr(warning_work.queries, "due", lambda *_: [(watch, TODAY)])
    warning_work.ask_due(town.house, town.agency, local(town, 9))
    assert Scan.objects.count() == 1


def test_at_most_one_scan_of_a_watch_is_under_way(town: Town, watch: Watch) -> None:
    ask(town, watch)
    with pytest.raises(Contradiction, match="under way"):
        ask(town, watch, nightly=False)
    with pytest.raises(IntegrityError, match="scan_under_way_once"), transaction.atomic():
        Scan.objects.create(agency=town.agency, watch=watch, night=TODAY, nightly=False, asked_at=town.at)


def test_a_night_is_scanned_again_only_when_somebody_asks(town: Town, watch: Watch, analyst: Actor) -> None:
    brought(town, watch)
    with pytest.raises(Contradiction, match="scanned already"):
        ask(town, watch)
    scan = actions.ask_for_scan(analyst, watch, night=TODAY, nightly=False, at=town.at)
    assert scan.author_id == analyst.person_id


# --- set up ----------------------------------------------------------------------------------------------------------


def test_a_class_that_patrols_discover_is_refused_by_the_rule_and_by_the_database(town: Town, analyst: Actor) -> None:
    drugs = OffenceClass.objects.get(pk=DRUGS)
    with pytest.raises(Contradiction, match="found by patrols"):
        set_up(town, analyst, classes=[drugs])
    mine = set_up(town, analyst)
    for told in (True, False):
        with pytest.raises(IntegrityError), transaction.atomic():
            WatchClass.objects.create(watch=mine, offence_class=drugs, reported_by_victims=told)


def test_a_watch_is_approved_by_a_named_person(town: Town, analyst: Actor) -> None:
    mine = set_up(town, analyst)
    programme = replace(analyst, token_id=new_id())
    with pytest.raises(Contradiction, match="named person"):
        actions.approve_watch(programme, mine, at=town.at)
    with pytest.raises(IntegrityError, match="watch_watches_only_if_approved"), transaction.atomic():
        Watch.objects.filter(pk=mine.pk).update(state=WatchState.WATCHING)
    commander = town.actor(Role.COMMANDER)
    done = actions.approve_watch(commander, mine, at=town.at)
    assert (done.state, done.approved_by_id) == (WatchState.WATCHING, commander.person_id)


def test_a_paused_watch_follows_nothing_and_may_go_on(town: Town, watch: Watch, analyst: Actor, alarm: Alarm) -> None:
    with pytest.raises(Contradiction, match="say why"):
        actions.pause_watch(analyst, watch, reason=" ")
    actions.pause_watch(analyst, watch, reason="set up anew")
    alarm.refresh_from_db()
    assert alarm.living is False
    assert actions.approve_watch(analyst, watch, at=town.at).paused_why == ""


# --- raised and continued --------------------------------------------------------------------------------------------


def test_a_cluster_above_the_threshold_becomes_an_alarm(town: Town, watch: Watch) -> None:
    rare, known = cluster(), cluster(recurrence=99.0, stretch=replace(cluster().stretch, lat=43.7))
    scan = brought(town, watch, rare, known)
    alarm = Alarm.objects.get()
    assert (scan.cases, scan.clusters, scan.raised, scan.continued) == (900, 3, 1, 0)
    assert (alarm.state, alarm.living, alarm.near) == (AlarmState.NEW, True, "Moss Park")
    assert (alarm.observed, alarm.expected, alarm.recurrence, alarm.highest) == (14, 4.2, 340.0, 340.0)
    assert (alarm.first_seen, alarm.last_seen) == (TODAY, TODAY)
    assert alarm.sightings.count() == 1


def test_tonights_cluster_continues_the_alarm_down_to_half_of_the_threshold(
    town: Town, watch: Watch, alarm: Alarm
) -> None:
    moved = replace(cluster(later(1)).stretch, lat=LAT + 0.001, radius=500.0)
    scan = brought(town, watch, cluster(later(1), recurrence=60.0, observed=12, stretch=moved), night=later(1))
    alarm.refresh_from_db()
    assert (scan.raised, scan.continued, Alarm.objects.count()) == (0, 1, 1)
    assert (alarm.first_seen, alarm.last_seen, alarm.living) == (TODAY, later(1), True)
    assert (alarm.observed, alarm.radius, alarm.recurrence, alarm.highest) == (12, 500.0, 60.0, 340.0)
    assert [one.night for one in queries.sightings(town.house, alarm)] == [later(1), TODAY]


def test_a_cluster_elsewhere_is_new_and_the_old_one_ends(town: Town, watch: Watch, alarm: Alarm) -> None:
    far = replace(cluster(later(1)).stretch, lat=LAT + 0.05)
    scan = brought(town, watch, cluster(later(1), stretch=far), night=later(1))
    alarm.refresh_from_db()
    assert (scan.raised, scan.continued, alarm.living, alarm.last_seen) == (1, 0, False, TODAY)


def test_an_alarm_of_another_watch_is_left_alone(town: Town, watch: Watch, analyst: Actor, alarm: Alarm) -> None:
    other = actions.approve_watch(analyst, set_up(town, analyst, title="Other"), at=town.at)
    assert brought(town, other, cluster()).raised == 1
    alarm.refresh_from_db()
    assert alarm.living is True


def test_an_alarm_lost_for_a_night_goes_on_while_its_days_overlap(town: Town, watch: Watch, alarm: Alarm) -> None:
    brought(town, watch, night=later(1))
    alarm.refresh_from_db()
    assert alarm.living is False
    brought(town, watch, cluster(later(2)), night=later(2))
    alarm.refresh_from_db()
    assert (alarm.living, Alarm.objects.count()) == (True, 1)


def test_what_was_dismissed_does_not_come_again_while_it_lasts(
    town: Town, watch: Watch, analyst: Actor, alarm: Alarm
) -> None:
    actions.dismiss_alarm(analyst, alarm, outcome=Outcome.KNOWN_CAUSE, reason="A fair", at=town.at)
    assert brought(town, watch, cluster(later(1)), night=later(1)).raised == 0
    alarm.refresh_from_db()
    assert (alarm.state, alarm.living) == (AlarmState.DISMISSED, True)


def test_what_was_closed_comes_again_as_new(town: Town, watch: Watch, analyst: Actor, alarm: Alarm) -> None:
    brought(town, watch, night=later(1))
    actions.close_alarm(analyst, alarm, outcome=Outcome.NOTHING_FOUND, reason="Quiet again", at=town.at)
    assert brought(town, watch, cluster(later(2)), night=later(2)).raised == 1


# --- handled ---------------------------------------------------------------------------------------------------------


def test_the_way_of_an_alarm_from_new_to_its_outcome(town: Town, watch: Watch, analyst: Actor, alarm: Alarm) -> None:
    actions.acknowledge_alarm(analyst, alarm, at=town.at)
    plan = new_id()
    actions.link_alarm(analyst, alarm, kind=LinkKind.PLAN, thing_id=plan, words="Night shift", at=town.at)
    with pytest.raises(Contradiction, match="still finds it"):
        actions.close_alarm(analyst, alarm, outcome=Outcome.ACTED, reason="Two weeks of visits", at=town.at)
    brought(town, watch, night=later(1))
    closed = actions.close_alarm(analyst, alarm, outcome=Outcome.ACTED, reason="Two weeks of visits", at=town.at)
    assert (closed.state, closed.outcome, closed.ended_by_id) == (AlarmState.CLOSED, "acted", analyst.person_id)
    assert (closed.link_id, closed.link_words) == (plan, "Night shift")
    steps = [(step.became, step.words, step.by_id) for step in queries.steps(analyst, closed)]
    assert steps == [
        ("closed", "Two weeks of visits", analyst.person_id),
        ("linked", "Night shift", analyst.person_id),
        ("acknowledged", "", analyst.person_id),
    ]
    entries = Entry.objects.filter(object_id=str(alarm.id), deed="warning.handle", operation="alteration")
    assert entries.count() == 3


def test_deeds_are_taken_back(town: Town, watch: Watch, analyst: Actor, alarm: Alarm) -> None:
    with pytest.raises(Contradiction, match="nothing was done"):
        actions.take_back(analyst, alarm, at=town.at)
    actions.dismiss_alarm(analyst, alarm, outcome=Outcome.RECORDS, reason="Counted twice", at=town.at)
    alarm = actions.take_back(analyst, alarm, at=town.at)
    assert (alarm.state, alarm.outcome, alarm.outcome_words, alarm.ended_by_id) == ("acknowledged", "", "", None)
    assert actions.take_back(analyst, alarm, at=town.at).state == AlarmState.NEW


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lambda who, one, at: actions.dismiss_alarm(who, one, outcome=Outcome.ACTED, reason="x", at=at), "dismissed"),
        (lambda who, one, at: actions.dismiss_alarm(who, one, outcome=Outcome.RECORDS, reason=" ", at=at), "say why"),
        (lambda who, one, at: actions.link_alarm(who, one, kind=LinkKind.PROGRAMME, words="", at=at), "say why"),
        (
            lambda who, one, at: actions.acknowledge_alarm(replace(who, token_id=new_id()), one, at=at),
            "named person",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_the_try_is_kept(
    town: Town, analyst: Actor, alarm: Alarm, deed: object, words: str
) -> None:
    with pytest.raises(Contradiction, match=words):
        deed(analyst, alarm, town.at)  # type: ignore[operator]
    alarm.refresh_from_db()
    assert alarm.state == AlarmState.NEW
    assert Entry.objects.filter(operation="refusal", deed="warning.handle").count() == 1


def test_the_database_keeps_what_must_be_true_of_an_alarm(alarm: Alarm) -> None:
    for change, name in (
        ({"state": AlarmState.CLOSED}, "alarm_closed_lives_no_more"),
        ({"state": AlarmState.DISMISSED}, "alarm_ended_by_a_person"),
        ({"state": AlarmState.LINKED}, "alarm_linked_says_to_what"),
        ({"outcome": "acted"}, "alarm_open_has_no_outcome"),
        ({"ends": date(2020, 1, 1)}, "alarm_is_some_days"),
        ({"last_seen": date(2020, 1, 1)}, "alarm_last_seen_after_first"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Alarm.objects.filter(pk=alarm.pk).update(**change)


# --- rights ----------------------------------------------------------------------------------------------------------

DEEDS = {
    Permission.WARNING_SET: lambda who, town, one: actions.pause_watch(who, one.watch, reason="set up anew"),
    Permission.WARNING_APPROVE: lambda who, town, one: actions.approve_watch(
        who, Watch.objects.get(title="Proposed"), at=town.at
    ),
    Permission.WARNING_SCAN: lambda who, town, one: actions.ask_for_scan(
        who, one.watch, night=TODAY, nightly=False, at=town.at
    ),
    Permission.WARNING_HANDLE: lambda who, town, one: actions.acknowledge_alarm(who, one, at=town.at),
    Permission.WARNING_EXPORT: lambda who, town, one: actions.export_alarms(
        who, town.agency, filters=queries.EVERYTHING, reason="Yearly report", basis="task"
    ),
}
FRIENDS = {
    Permission.WARNING_SET: {Role.ANALYST},
    Permission.WARNING_APPROVE: {Role.ANALYST, Role.COMMANDER},
    Permission.WARNING_SCAN: {Role.ANALYST},
    Permission.WARNING_HANDLE: {Role.ANALYST, Role.COMMANDER},
    Permission.WARNING_EXPORT: {Role.ANALYST, Role.COMMANDER},
}
COLLEAGUES = (Role.ANALYST, Role.COMMANDER, Role.OVERSEER, Role.OFFICER, Role.ADMINISTRATOR)


@pytest.mark.parametrize("permission", DEEDS, ids=lambda one: one.name)
def test_a_friend_may_a_colleague_and_a_stranger_may_not(
    town: Town, analyst: Actor, alarm: Alarm, permission: Permission
) -> None:
    set_up(town, analyst, title="Proposed")
    deed = DEEDS[permission]
    for role in COLLEAGUES:
        with taken_back():
            if role in FRIENDS[permission]:
                deed(town.actor(role), town, alarm)
            else:
                with pytest.raises(NotPermitted):
                    deed(town.actor(role), town, alarm)
    for role in FRIENDS[permission]:
        with taken_back(), pytest.raises(NotPermitted):
            deed(town.stranger(role), town, alarm)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.ANALYST, True),
        (Role.COMMANDER, True),
        (Role.OVERSEER, True),
        (Role.OFFICER, False),
        (Role.DISPATCHER, False),
    ],
)
def test_who_sees_warnings(town: Town, watch: Watch, alarm: Alarm, role: Role, sees: bool) -> None:
    actor = town.actor(role)
    assert queries.alarms(actor).exists() is queries.watches(actor).exists() is sees
    assert not queries.alarms(town.stranger(role)).exists()
    for ask_for in (lambda: queries.alarm(actor, alarm.pk), lambda: queries.watch(actor, watch.pk)):
        if sees:
            ask_for()
        else:
            with pytest.raises(NotFound):
                ask_for()


def test_a_stranger_finds_neither_watch_nor_scan_nor_alarm(town: Town, watch: Watch, alarm: Alarm) -> None:
    stranger, scan = town.stranger(Role.ANALYST), Scan.objects.get()
    for ask_for in (queries.watch, queries.scan, queries.alarm):
        with pytest.raises(NotFound):
            ask_for(stranger, {queries.watch: watch, queries.scan: scan, queries.alarm: alarm}[ask_for].pk)
    assert queries.latest_scans(stranger) == {}


# --- the register ----------------------------------------------------------------------------------------------------


def test_the_register_tells_by_month_what_came_of_warnings(
    town: Town, watch: Watch, analyst: Actor, alarm: Alarm
) -> None:
    places_apart = [replace(cluster().stretch, lat=LAT + 0.03 * step) for step in (1, 2, 3)]
    brought(town, watch, *(cluster(stretch=where) for where in places_apart), nightly=False)
    first, second, *_rest = Alarm.objects.exclude(pk=alarm.pk)
    actions.dismiss_alarm(analyst, first, outcome=Outcome.FALSE_ALARM, reason="A new shop", at=town.at)
    brought(town, watch, night=later(31))
    actions.close_alarm(analyst, second, outcome=Outcome.ACTED, reason="Lights mended", at=town.at)
    month = queries.register(analyst)[0]
    assert (month.month, month.raised, month.waiting) == (date(2022, 1, 1), 4, 2)
    assert month.by_outcome == {"false_alarm": 1, "acted": 1}
    kept = queries.Filters(outcome="acted", watch=watch.pk, first=TODAY, last=TODAY, near="moss")
    assert list(queries.alarms(analyst, kept)) == [second]
    assert not queries.register(analyst, queries.Filters(states=(AlarmState.LINKED,)))


def test_the_register_is_handed_over_without_points_and_with_a_reason(
    town: Town, watch: Watch, analyst: Actor, alarm: Alarm
) -> None:
    given = {"filters": queries.EVERYTHING, "reason": "Report to the council", "basis": "task"}
    Watch.objects.filter(pk=watch.pk).update(title="=cmd()")
    text = actions.export_alarms(analyst, town.agency, **given).decode()
    head, row, *rest = text.split("\r\n")
    assert head.startswith("raised,watch,offences,near,first day")
    assert ",'=cmd(),Burglary/Breaking & Entering,Moss Park,2021-12-18,2021-12-31,500,14,4.2,340," in row
    assert rest == [""]
    assert not {f"{LON}", f"{LAT}"} & set(row.split(","))
    entry = Entry.objects.filter(deed="warning.export").get()
    assert (entry.operation, entry.changes["rows"], entry.reason) == ("disclosure", 1, "Report to the council")
    with pytest.raises(ReasonMissing):
        actions.export_alarms(analyst, town.agency, **given | {"reason": ""})
    with pytest.raises(Contradiction, match="nothing to hand over"):
        actions.export_alarms(analyst, town.agency, **given | {"filters": queries.Filters(near="nowhere")})


def test_a_closed_alarm_moves_only_back(town: Town, watch: Watch, analyst: Actor, alarm: Alarm) -> None:
    brought(town, watch, night=later(1))
    actions.close_alarm(analyst, alarm, outcome=Outcome.ACTED, reason="Done", at=town.at)
    with pytest.raises(NotInThisState, match="what is closed cannot become linked"):
        actions.link_alarm(analyst, alarm, kind=LinkKind.PROGRAMME, words="more", at=town.at)
    assert actions.take_back(analyst, alarm, at=town.at).state == AlarmState.ACKNOWLEDGED


def test_the_database_shows_parts_only_with_their_whole(town: Town, alarm: Alarm) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM warning_sighting")
        assert cursor.fetchone()[0] == 1
        cursor.execute("SET openbeat.ticket = ''")
        for table in ("watch", "watchclass", "scan", "alarm", "sighting", "step"):
            cursor.execute(f"SELECT count(*) FROM warning_{table}")
            assert cursor.fetchone()[0] == 0, table
