"""A forecast's whole life on real records: asked, computed, judged, offered by a person or not at all, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import h3
import numpy as np
import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from tests.town import NEIGHBOURHOODS, TODAY, Town, raised, taken_back

from openbeat.access import Actor, Permission, Role
from openbeat.audit.models import Entry
from openbeat.forecast import actions, queries
from openbeat.forecast.compute import Computed
from openbeat.forecast.feed import known_of
from openbeat.forecast.models import Run, RunClass, Surface
from openbeat.forecast.states import State
from openbeat.incidents import queries as incidents
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.errors import Contradiction, NotFound, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.ops import tasks
from openbeat.seeing import progress
from openbeat.seeing.scope import scope
from placewise.evaluate.report import Backtest

BURGLARY = "NIBRS-220"
DRUGS = "NIBRS-35A"


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture(scope="module")
def computed(town: Town) -> Computed:
    """What the worker computes for a burglary forecast of the town, once for this file."""
    with taken_back():
        run = ask(town, town.actor(Role.ANALYST))
        return tasks._compute(town.house, queries.run(town.house, run.id))


@pytest.fixture
def analyst(town: Town) -> Actor:
    return town.actor(Role.ANALYST)


def ask(town: Town, actor: Actor, **settings: object) -> Run:
    asked = {
        "title": "Burglary", "classes": [OffenceClass.objects.get(pk=BURGLARY)], "starts": TODAY, "horizon": 7,
        "resolution": 9, "estimator": "ewma", "at": town.at,
    }  # fmt: skip
    return actions.ask_for_forecast(actor, town.areas, **asked | settings)  # type: ignore[arg-type]


def finished(town: Town, actor: Actor, computed: Computed, *, better: bool) -> Run:
    """A run that came out better than the plain count, or not, by the worker's own deeds."""
    run = ask(town, actor)
    actions.begin_run(town.house, run)
    verdict = {"offered": better, "reasons": ["as this test needs it"]}
    return actions.finish_run(town.house, run, computed=replace(computed, better=better, verdict=verdict), at=town.at)


@pytest.fixture
def ready(town: Town, analyst: Actor, computed: Computed) -> Run:
    return finished(town, analyst, computed, better=True)


@pytest.fixture
def offered(town: Town, analyst: Actor, ready: Run) -> Run:
    return actions.approve_forecast(analyst, ready, expires=date(2022, 1, 7), at=town.at)


def work(run: Run) -> Run:
    """The worker does the run."""
    tasks.run_forecast(agency_id=str(run.agency_id), run_id=str(run.id))
    run.refresh_from_db()
    return run


# --- asked and computed ----------------------------------------------------------------------------------------------


def test_the_worker_tests_on_the_past_and_keeps_what_came_of_it(town: Town, analyst: Actor) -> None:
    run = work(ask(town, analyst))
    report = Backtest.from_dict(run.report)
    assert run.state == (State.READY if report.verdict("ewma").offered else State.NOT_BETTER)
    assert run.better is report.verdict("ewma").offered
    assert {"count3y", "kde", "ewma"} <= set(report.models)
    assert report.origins[-1].startswith("2021-12-25")
    assert len(report.origins) >= 8
    assert (run.first_event, run.data_until, run.finished_at) == (date(2018, 9, 1), TODAY, run.finished_at)
    assert 0 < (run.events_used or 0) < town.incidents
    assert progress.standing(run.id) == progress.NOT_BEGUN
    asked, *done = Entry.objects.filter(object_id=str(run.id)).order_by("id")
    assert (asked.operation, asked.deed, asked.changes["classes"]) == ("combination", "forecast.run", ["220"])
    assert {entry.role for entry in done} == {"service"}


def test_the_combination_learns_from_the_other_reported_classes(town: Town, analyst: Actor) -> None:
    run = ask(town, analyst, estimator="ours")
    known = known_of(town.house, run)
    assert known.context is not None
    reported = {one.name for one, _ in incidents.classes_present(town.house, reported=True)}
    assert set(known.context.classes) == reported - {"Burglary/Breaking & Entering"}
    assert len(known.events) + len(known.context) <= town.incidents
    assert known.context.times.max() < np.datetime64(TODAY)
    assert known_of(town.house, ask(town, analyst, estimator="ewma")).context is None


def test_the_card_keeps_which_classes_informed_it(computed: Computed, town: Town, analyst: Actor) -> None:
    run = ask(town, analyst)
    actions.begin_run(town.house, run)
    context = [{"name": "Robbery", "reports": 12}]
    done = actions.finish_run(town.house, run, computed=replace(computed, context=context), at=town.at)
    assert queries.run(analyst, done.id).context == context
    assert computed.context == []


def test_a_surface_is_of_the_areas_cells_densest_first(analyst: Actor, ready: Run, computed: Computed) -> None:
    found = queries.surface(analyst, ready)
    assert (np.diff(found.expected / cell_areas(found.cells)) <= 1e-9).all()
    assert (found.low <= found.expected).all()
    assert (found.expected <= found.high).all()
    assert len({len(found.cells), len(found.expected), len(found.low), len(found.high)}) == 1


def cell_areas(cells: np.ndarray) -> np.ndarray:
    return np.array([h3.cell_area(h3.int_to_str(int(cell)), unit="km^2") for cell in cells])


def test_exposure_adds_up_to_the_whole(ready: Run) -> None:
    assert [one["area"] for one in ready.exposure or []] == list(NEIGHBOURHOODS)
    for name in ("ground", "past", "expected", "planned"):
        shares = [one[name] for one in ready.exposure or []]
        assert all(0 <= share <= 1 for share in shares)
        # cells on the rim, whose middle lies in no area, count in the whole
        assert 0.85 <= sum(shares) <= 1.0001, name


def test_the_plain_count_itself_is_never_offered(town: Town, analyst: Actor) -> None:
    run = work(ask(town, analyst, estimator="count3y"))
    assert (run.state, run.better) == (State.NOT_BETTER, False)
    assert run.verdict == {"offered": False, "reasons": ["it is the plain count that a forecast has to beat"]}
    with pytest.raises(Contradiction, match="did not beat"):
        actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"classes": []}, "at least one class"),
        ({"horizon": 8}, "7, 14, 28 days, not 8"),
        ({"resolution": 15}, "resolution 9 or 10, not 15"),
        ({"estimator": "oracle"}, "no method oracle"),
        ({"starts": date(9999, 12, 31)}, "year 9999"),
    ],
)
def test_what_cannot_be_forecast_is_refused_and_the_try_is_kept(
    town: Town, analyst: Actor, settings: dict[str, object], words: str
) -> None:
    with pytest.raises(Contradiction, match=words):
        ask(town, analyst, **settings)
    assert not Run.objects.exists()
    assert Entry.objects.filter(operation="refusal", deed="forecast.run").count() == 1


def test_a_class_named_twice_is_taken_in_once(town: Town, analyst: Actor) -> None:
    run = ask(town, analyst, classes=[OffenceClass.objects.get(pk=BURGLARY)] * 2)
    assert run.classes.count() == 1


def test_a_forecast_of_records_that_are_not_there_fails_in_words(town: Town, analyst: Actor) -> None:
    run = work(ask(town, analyst, classes=[OffenceClass.objects.get(pk="NIBRS-200")]))
    assert run.state == State.FAILED
    assert "no incident of Arson before 2022-01-01" in run.failure


def test_records_too_short_for_a_test_fail_in_words(town: Town, analyst: Actor) -> None:
    run = work(ask(town, analyst, starts=date(2021, 1, 1)))
    assert run.state == State.FAILED
    assert "too short for three years of count and 8 tests" in run.failure


def test_what_nobody_foresaw_is_told_without_its_inside(
    town: Town, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(tasks, "compute", broken)
    run = ask(town, analyst)
    with pytest.raises(ZeroDivisionError):
        work(run)
    run.refresh_from_db()
    assert (run.state, "inside" in run.failure, str(run.id) in run.failure) == (State.FAILED, False, True)


# --- stopped ---------------------------------------------------------------------------------------------------------


def test_a_run_stopped_while_it_waits_is_not_taken_up(town: Town, analyst: Actor) -> None:
    run = ask(town, analyst)
    actions.cancel_run(analyst, run, at=town.at)
    assert work(run).state == State.CANCELLED
    assert (run.report, run.finished_at is None) == (None, False)


@pytest.mark.parametrize("moment", ["in the back-test", "after it"])
def test_a_run_stopped_under_way_leaves_nothing_but_the_fact(
    town: Town, analyst: Actor, computed: Computed, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(town, analyst)
    monkeypatch.setattr(tasks, "TELL_PAUSE", 0.0)
    real = tasks.compute

    def stopped(*given):  # type: ignore[no-untyped-def]
        actions.cancel_run(analyst, queries.run(analyst, run.id), at=town.at)
        return real(*given) if moment == "in the back-test" else computed

    monkeypatch.setattr(tasks, "compute", stopped)
    assert work(run).state == State.CANCELLED
    assert (run.report, run.failure) == (None, "")
    assert not Surface.objects.filter(run=run).exists()
    assert progress.standing(run.id) == progress.NOT_BEGUN


def test_a_run_stopped_before_it_fails_is_stopped_not_failed(
    town: Town, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(town, analyst)

    def stopped(*_: object) -> None:
        actions.cancel_run(analyst, queries.run(analyst, run.id), at=town.at)
        raise Contradiction("too late to matter")

    monkeypatch.setattr(tasks, "compute", stopped)
    assert work(run).state == State.CANCELLED


def test_a_run_whose_worker_was_killed_is_run_again_from_its_beginning(
    town: Town, analyst: Actor, computed: Computed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(town, analyst)
    actions.begin_run(town.house, run)
    progress.tell(run.id, run.agency_id, 0.4, "testing on the past")
    monkeypatch.setattr(tasks, "compute", lambda *_: computed)
    assert work(run).state in {State.READY, State.NOT_BETTER}
    assert Surface.objects.filter(run=run).count() == 1
    before = Entry.objects.count()
    work(run)  # the job was done, only its end was not told
    assert Entry.objects.count() == before


def test_a_run_given_up_is_told_and_tried_again(town: Town, analyst: Actor, computed: Computed) -> None:
    run = ask(town, analyst)
    actions.begin_run(town.house, run)
    tasks.FAILS["forecast.run"](town.house, "its worker ended", str(run.id))
    run.refresh_from_db()
    assert (run.state, run.failure) == (State.FAILED, "its worker ended")
    tasks.FAILS["forecast.run"](town.house, "once more", str(run.id))
    client = town.client(Role.ANALYST)
    again = reverse("forecast_retry", args=[run.id])
    assert again in client.get(reverse("forecast", args=[run.id])).content.decode()
    assert again not in town.client(Role.COMMANDER).get(reverse("forecast", args=[run.id])).content.decode()
    client.post(again)
    run.refresh_from_db()
    assert (run.state, run.failure, run.finished_at) == (State.QUEUED, "", None)
    client.post(again)  # a second press finds it queued
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'run_id' = %s", [str(run.id)])
        assert cursor.fetchone() == (2,)
    with pytest.raises(NotPermitted):
        actions.retry_run(town.actor(Role.COMMANDER), run)


# --- offered and withdrawn -------------------------------------------------------------------------------------------


def test_an_analyst_offers_what_beat_the_count(town: Town, analyst: Actor, ready: Run) -> None:
    run = actions.approve_forecast(analyst, ready, expires=date(2022, 1, 7), at=town.at)
    assert (run.state, run.approved_by_id, run.expires) == (State.OFFERED, analyst.person_id, date(2022, 1, 7))
    assert list(queries.offered(analyst, TODAY)) == [run]
    assert not queries.offered(analyst, date(2022, 1, 8)).exists()
    card = queries.card(analyst, queries.run(analyst, run.id))
    assert (card["classes"], card["expires"]) == (["Burglary/Breaking & Entering"], "2022-01-07")
    assert card["back_test"] == run.report


def test_not_better_is_never_offered(town: Town, analyst: Actor, computed: Computed) -> None:
    run = finished(town, analyst, computed, better=False)
    assert run.state == State.NOT_BETTER
    with pytest.raises(Contradiction, match="not offered"):
        actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)
    run.better = True  # whoever tampers with the value still meets the table of moves
    with pytest.raises(NotInThisState), transaction.atomic():
        actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)
    assert not queries.offered(analyst, TODAY).exists()


@pytest.mark.parametrize("day", [date(2021, 12, 31), date(2022, 1, 9)])
def test_a_forecast_is_not_offered_beyond_its_days(town: Town, analyst: Actor, ready: Run, day: date) -> None:
    with pytest.raises(Contradiction, match="from 2022-01-01 until 2022-01-08"):
        actions.approve_forecast(analyst, ready, expires=day, at=town.at)


def test_no_programme_offers_a_forecast(town: Town, analyst: Actor, ready: Run) -> None:
    programme = replace_actor(analyst, scope=frozenset(Permission), token_id=new_id())
    nameless = replace_actor(analyst, person_id=None)
    for actor in (programme, nameless):
        with pytest.raises(Contradiction, match="by a named person"):
            actions.approve_forecast(actor, ready, expires=date(2022, 1, 7), at=town.at)
    with pytest.raises(NotPermitted):
        actions.approve_forecast(town.house, ready, expires=date(2022, 1, 7), at=town.at)


def replace_actor(actor: Actor, **changes: object) -> Actor:
    given = {name: getattr(actor, name) for name in ("person_id", "agency_id", "holdings", "source_address")}
    return Actor(**given | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.OVERSEER, Role.DISPATCHER, Role.ADMINISTRATOR])
def test_a_colleague_does_not_offer_a_forecast(town: Town, ready: Run, role: Role) -> None:
    with pytest.raises(NotPermitted):
        actions.approve_forecast(town.actor(role), ready, expires=date(2022, 1, 7), at=town.at)


def test_a_forecast_is_withdrawn_with_a_reason_and_does_not_come_back(town: Town, analyst: Actor, offered: Run) -> None:
    with pytest.raises(Contradiction, match="say why"):
        actions.withdraw_forecast(analyst, offered, reason="  ")
    run = actions.withdraw_forecast(town.actor(Role.COMMANDER), offered, reason="records were wrong")
    assert (run.state, run.withdrawn_why) == (State.WITHDRAWN, "records were wrong")
    with pytest.raises(NotInThisState):
        actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)


# --- friend, colleague, stranger -------------------------------------------------------------------------------------


def test_who_may_ask_and_who_may_look(town: Town, ready: Run) -> None:
    for role in (Role.COMMANDER, Role.OVERSEER):
        colleague = town.actor(role)
        assert queries.run(colleague, ready.id) == ready
        with pytest.raises(NotPermitted):
            ask(town, colleague)
    for role in (Role.OFFICER, Role.DISPATCHER, Role.ADMINISTRATOR):
        assert not queries.runs(town.actor(role)).exists()
        with pytest.raises(NotFound):
            queries.surface(town.actor(role), ready)


def test_a_stranger_sees_no_forecast_and_no_part_of_one(town: Town, ready: Run) -> None:
    stranger = town.stranger(Role.ANALYST)
    with pytest.raises(NotPermitted):
        ask(town, stranger)
    with scope(stranger):
        assert not queries.runs(stranger).exists()
        with pytest.raises(NotFound):
            queries.run(stranger, ready.id)
        assert (Run.objects.count(), RunClass.objects.count(), Surface.objects.count()) == (0, 0, 0)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            RunClass.objects.create(run_id=ready.id, offence_class_id="NIBRS-120")
    assert (Run.objects.count(), RunClass.objects.count(), Surface.objects.count()) == (1, 1, 1)


# --- what the database itself refuses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "constraint"), [(False, "run_class_reported_by_victims"), (True, "run_class_is_reported")]
)
def test_the_database_refuses_a_class_that_patrols_discover(ready: Run, reported: bool, constraint: str) -> None:
    insert = "INSERT INTO forecast_runclass (run_id, offence_class_id, reported_by_victims) VALUES (%s, %s, %s)"
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(insert, [ready.id, DRUGS, reported])


@pytest.mark.parametrize(
    "change",
    [
        "state = 'offered'",
        "state = 'offered', better = true, approved_at = now(), expires = ends",
        "state = 'offered', better = false, approved_by_id = author_id, approved_at = now(), expires = ends",
        "state = 'offered', better = NULL, approved_by_id = author_id, approved_at = now(), expires = ends",
        "state = 'offered', better = true, approved_by_id = author_id, approved_at = now()",
    ],
)
def test_the_database_refuses_an_offer_without_approval_or_gain(ready: Run, change: str) -> None:
    refused = pytest.raises(IntegrityError, match="offered_only_if_better_and_approved")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE forecast_run SET {change}")


def test_the_database_keeps_a_finished_run_with_its_test_and_its_days_in_order(ready: Run) -> None:
    for change, name in (
        ("report = NULL", "finished_has_its_back_test"),
        ("better = false", "state_tells_its_verdict"),
        ("state = 'not_better'", "state_tells_its_verdict"),
        ("ends = starts", "ends_after_start"),
        ("data_until = starts + 1", "is_of_the_future"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE forecast_run SET {change}")


def test_things_are_called_by_their_names(ready: Run) -> None:
    assert (str(ready), str(ready.surface)) == ("Burglary", f"surface of {ready.id}")
    assert re.fullmatch(r"220 Burglary.*", str(ready.classes.get()))


def test_a_bare_connection_sees_no_forecast(as_application: psycopg.Connection) -> None:
    for table in ("forecast_run", "forecast_runclass", "forecast_surface", "patrol_plan", "patrol_visit"):
        assert as_application.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
