"""A plan's whole life on real records: asked, solved, edited with reasons, approved by a person, driven, measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Actor, Permission, Role
from openbeat.audit.models import Entry
from openbeat.forecast import actions as forecast_actions
from openbeat.forecast import queries as forecasts
from openbeat.forecast.models import Run
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.errors import Contradiction, NotFound, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.ops import tasks
from openbeat.patrol import actions, queries
from openbeat.patrol.edits import Add, Drop, Lock, Move
from openbeat.patrol.models import Plan, Unit, Visit
from openbeat.patrol.rules import Asked
from openbeat.patrol.states import State
from openbeat.places import queries as places
from openbeat.seeing.scope import scope
from openbeat.web.plan_board import edit_lines
from placewise.plan import Plan as Solution
from placewise.plan import Problem, check

STARTS = datetime(2022, 1, 1, 18, tzinfo=ZoneInfo("America/Toronto"))
SHIFT = {"starts": STARTS, "ends": STARTS + timedelta(hours=4)}
ASKED = Asked(places=6, visits=2, dwell=10, slot=60, spacing=30, rest=20, max_share=100, balance=100, seconds=1)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with django_db_blocker.unblock(), raised(folder) as made, pytest.MonkeyPatch.context() as patch:  # type: ignore[attr-defined]
        # the solver's own thread would tell on a connection that can't see what this one has not committed
        patch.setattr(tasks, "TELL_PAUSE", 1e9)
        yield made


@pytest.fixture(scope="module")
def offered(town: Town) -> Run:
    """A burglary forecast for the first week of 2022, offered by the analyst."""
    analyst, burglary = town.actor(Role.ANALYST), OffenceClass.objects.get(pk="NIBRS-220")
    run = forecast_actions.ask_for_forecast(
        analyst, town.areas, title="Burglary", classes=[burglary], starts=TODAY, horizon=7, resolution=9,
        estimator="ewma", at=town.at,
    )  # fmt: skip
    computed = tasks._compute(town.house, forecasts.run(town.house, run.id))
    forecast_actions.begin_run(town.house, run)
    forecast_actions.finish_run(town.house, run, computed=replace(computed, better=True), at=town.at)
    return forecast_actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)


@pytest.fixture(scope="module")
def solved(town: Town, offered: Run) -> Plan:
    """A plan for four hours and two units, as the worker left it."""
    return work(ask(town, town.actor(Role.COMMANDER), offered))


@pytest.fixture(autouse=True)
def undone(town: Town, solved: Plan) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def commander(town: Town) -> Actor:
    return town.actor(Role.COMMANDER)


@pytest.fixture
def plan(commander: Actor, solved: Plan) -> Plan:
    return queries.plan(commander, solved.id)


@pytest.fixture
def approved(town: Town, commander: Actor, plan: Plan) -> Plan:
    return actions.approve_plan(commander, plan, at=town.at)


def ask(town: Town, actor: Actor, forecast: Run, **settings: Any) -> Plan:
    units = list(queries.units(town.house, town.agency.pk))
    asked = {"title": "Evening", **SHIFT, "units": units, "asked": ASKED, "at": town.at}
    return actions.ask_for_plan(actor, forecast, **asked | settings)


def work(plan: Plan) -> Plan:
    """The worker makes the plan."""
    tasks.solve_plan(agency_id=str(plan.agency_id), plan_id=str(plan.id))
    plan.refresh_from_db()
    return plan


def stops(plan: Plan) -> list[tuple[str, str, int]]:
    """Unit, place and slot of every visit, units by turns and the fullest first: so drops keep their shares even."""
    tours = plan.values[1]["tours"]
    visits = [[(tour["unit"], one["place"], one["slot"]) for one in tour["items"] if "place" in one] for tour in tours]
    by_turns = zip_longest(*sorted(visits, key=len, reverse=True))
    return [visit for turn in by_turns for visit in turn if visit is not None]


# --- asked and solved ------------------------------------------------------------------------------------------------


def test_the_worker_makes_a_draft_that_keeps_its_promises(plan: Plan) -> None:
    assert (plan.state, plan.findings, plan.failure) == (State.DRAFT, [], "")
    problem, solution = Problem.from_dict(plan.values[0]), Solution.from_dict(plan.values[1])
    assert check(problem, solution) == []
    assert len(problem.places) == 6
    assert {unit.name for unit in problem.units} == {"U01", "U02"} == set(plan.routes)
    assert len(stops(plan)) == len({(place, slot) for _, place, slot in stops(plan)}) > 6
    assert plan.travel == {"source": "great circle", "kmh": 30.0, "factor": 1.3}
    deeds = [entry.operation for entry in Entry.objects.filter(object_id=str(plan.id)).order_by("id")]
    assert deeds == ["combination", "alteration", "alteration"]


def test_a_plan_that_was_taken_up_is_not_taken_up_again(plan: Plan) -> None:
    before = plan.solution
    assert work(plan).solution == before


def test_what_cannot_be_solved_fails_in_words(
    town: Town, commander: Actor, offered: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object) -> None:
        raise NotFound("there are no streets")

    monkeypatch.setattr(places, "travel_times", nowhere)
    plan = work(ask(town, commander, offered))
    assert (plan.state, plan.failure) == (State.FAILED, "there are no streets")
    with pytest.raises(ValueError, match="not made yet"):
        _ = plan.values
    assert queries.dosage_of(commander, plan) == []
    client, address = town.client(Role.COMMANDER), reverse("plan_retry", args=[plan.id])
    assert address in client.get(reverse("plan", args=[plan.id])).content.decode()
    client.post(address)
    plan.refresh_from_db()
    assert (plan.state, plan.failure) == (State.QUEUED, "")
    monkeypatch.undo()
    actions.begin_plan(town.house, plan)  # and its worker is killed
    assert work(plan).state == State.DRAFT
    tasks.FAILS["patrol.solve"](town.house, "too late to matter", str(plan.id))
    plan.refresh_from_db()
    assert plan.state == State.DRAFT


WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"units": []}, "at least one unit"),
        ({"ends": STARTS + timedelta(hours=20)}, "one to fourteen hours"),
        ({"starts": STARTS - WEEK, "ends": STARTS - WEEK + timedelta(hours=4)}, "covers 2022-01-01 to 2022-01-08"),
        ({"starts": STARTS + WEEK, "ends": STARTS + WEEK + timedelta(hours=4)}, "covers 2022-01-01 to 2022-01-08"),
        ({"at": STARTS + WEEK}, "not offered, or no longer"),
    ],
)
def test_what_cannot_be_planned_is_refused_and_the_try_is_kept(
    town: Town, commander: Actor, offered: Run, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(Contradiction, match=words):
        ask(town, commander, offered, **settings)
    assert Entry.objects.filter(operation="refusal", deed="plan.make").count() == 1
    assert Plan.objects.count() == 1


def test_the_night_into_the_day_after_the_last_belongs_to_the_forecast(
    town: Town, commander: Actor, offered: Run
) -> None:
    starts = STARTS + timedelta(days=6, hours=4)
    assert ask(town, commander, offered, starts=starts, ends=starts + timedelta(hours=8)).state == State.QUEUED


def test_nothing_is_planned_from_a_forecast_that_is_withdrawn(town: Town, commander: Actor, offered: Run) -> None:
    run = forecasts.run(commander, offered.id)
    forecast_actions.withdraw_forecast(commander, run, reason="records were wrong")
    with pytest.raises(Contradiction, match="not offered, or no longer"):
        ask(town, commander, run)


def test_units_are_added_once_and_retired_once(town: Town, commander: Actor, offered: Run) -> None:
    station = places.stations(commander, town.agency.pk)[0]
    with pytest.raises(Contradiction, match="a call sign"):
        actions.add_unit(commander, town.agency, call_sign=" ", station=station)
    with pytest.raises(Contradiction, match="U01 already"):
        actions.add_unit(commander, town.agency, call_sign="U01", station=station)
    station.agency_id = town.far.pk
    with pytest.raises(Contradiction, match="another agency"):
        actions.add_unit(commander, town.agency, call_sign="U09", station=station)
    unit = queries.unit(commander, queries.units(commander, town.agency.pk)[0].id)
    retired = actions.retire_unit(commander, unit, at=town.at)
    assert [one.call_sign for one in queries.units(commander, town.agency.pk)] == ["U02"]
    with pytest.raises(Contradiction, match="retired already"):
        actions.retire_unit(commander, retired, at=town.at)
    with pytest.raises(Contradiction, match="not in use here: U01"):
        ask(town, commander, offered, units=[retired])
    with pytest.raises(NotFound):
        queries.unit(commander, new_id())


# --- edits -----------------------------------------------------------------------------------------------------------


def test_each_edit_is_kept_with_its_reason_and_checked_again(town: Town, commander: Actor, plan: Plan) -> None:
    unit, place, slot = stops(plan)[0]
    other = "U02" if unit == "U01" else "U01"
    edit = {"reason": "a closed road", "at": town.at}
    plan = actions.edit_plan(commander, plan, edit=Lock(place, slot), **edit)
    plan = actions.edit_plan(commander, plan, edit=Move(place, slot, other), **edit)
    assert (other, place, slot) in stops(plan)
    plan = actions.edit_plan(commander, plan, edit=Drop(place, slot), **edit)
    assert (place, slot) not in {(p, s) for _, p, s in stops(plan)}
    plan = actions.edit_plan(commander, plan, edit=Add(place, slot, unit), **edit)
    assert (unit, place, slot) in stops(plan)
    kept = queries.plan(commander, plan.id)
    assert [told["kind"] for told in kept.edits] == ["lock", "move", "drop", "add"]
    assert {told["reason"] for told in kept.edits} == {"a closed road"}
    assert {told["by"] for told in kept.edits} == {str(commander.person_id)}
    assert kept.findings == []
    assert kept.routes.keys() == {"U01", "U02"}


def test_edits_are_taken_back_one_by_one(town: Town, commander: Actor, plan: Plan) -> None:
    before = plan.solution
    _, place, slot = stops(plan)[0]
    plan = actions.edit_plan(commander, plan, edit=Drop(place, slot), reason="a closed road", at=town.at)
    plan = actions.undo_edit(commander, plan)
    assert (plan.solution, plan.edits) == (before, [])
    with pytest.raises(Contradiction, match="no edit to take back"):
        actions.undo_edit(commander, plan)


def test_an_edit_without_a_reason_or_of_nothing_is_refused(town: Town, commander: Actor, plan: Plan) -> None:
    before = plan.solution
    _, place, slot = stops(plan)[0]
    with pytest.raises(Contradiction, match="say why"):
        actions.edit_plan(commander, plan, edit=Drop(place, slot), reason=" ", at=town.at)
    for edit in (Drop("nowhere", 0), Move(place, slot, "U77"), Drop(place, 99)):
        with pytest.raises(Contradiction):
            actions.edit_plan(commander, plan, edit=edit, reason="a closed road", at=town.at)
    assert queries.plan(commander, plan.id).solution == before


def test_the_second_of_two_commanders_edits_what_the_first_left(town: Town, commander: Actor, plan: Plan) -> None:
    (_, place, slot), (_, place2, slot2), *_ = stops(plan)
    stale = queries.plan(commander, plan.id)
    actions.edit_plan(commander, plan, edit=Drop(place, slot), reason="a closed road", at=town.at)
    actions.edit_plan(commander, stale, edit=Drop(place2, slot2), reason="a closed park", at=town.at)
    left = {(p, s) for _, p, s in stops(queries.plan(commander, plan.id))}
    assert not left & {(place, slot), (place2, slot2)}


def test_the_worker_draws_the_ways_anew(town: Town, commander: Actor, plan: Plan) -> None:
    _, place, slot = stops(plan)[0]
    plan = actions.edit_plan(commander, plan, edit=Drop(place, slot), reason="a closed road", at=town.at)
    tasks.draw_ways(agency_id=str(plan.agency_id), plan_id=str(plan.id))
    assert queries.plan(commander, plan.id).routes.keys() == {"U01", "U02"}


# --- approved --------------------------------------------------------------------------------------------------------


def test_a_commander_approves_and_then_nothing_is_changed(town: Town, commander: Actor, approved: Plan) -> None:
    assert (approved.state, approved.approved_by_id) == (State.APPROVED, commander.person_id)
    _, place, slot = stops(approved)[0]
    with pytest.raises(Contradiction, match="approved is not edited"):
        actions.edit_plan(commander, approved, edit=Drop(place, slot), reason="too late", at=town.at)
    with pytest.raises(Contradiction, match="approved is not edited"):
        actions.undo_edit(commander, approved)


def test_broken_promises_are_not_approved(town: Town, commander: Actor, plan: Plan) -> None:
    plan.findings = [{"kind": "late"}]
    plan.save()
    with pytest.raises(Contradiction, match="1 broken promise"):
        actions.approve_plan(commander, plan, at=town.at)


def test_no_programme_and_no_service_approves(town: Town, commander: Actor, plan: Plan) -> None:
    programme = Actor(
        commander.person_id, commander.agency_id, commander.holdings, scope=frozenset(Permission), token_id=new_id()
    )
    for actor in (programme, Actor(None, commander.agency_id, commander.holdings)):
        with pytest.raises(Contradiction, match="by a named person"):
            actions.approve_plan(actor, plan, at=town.at)
    with pytest.raises(NotPermitted):
        actions.approve_plan(town.house, plan, at=town.at)


def test_a_plan_of_a_forecast_that_no_longer_holds_is_not_approved(
    town: Town, commander: Actor, plan: Plan, offered: Run
) -> None:
    with pytest.raises(Contradiction, match="withdrawn or has expired"):
        actions.approve_plan(commander, plan, at=town.at + timedelta(days=9))
    forecast_actions.withdraw_forecast(commander, forecasts.run(commander, offered.id), reason="records were wrong")
    with pytest.raises(Contradiction, match="withdrawn or has expired"):
        actions.approve_plan(commander, plan, at=town.at)


def test_a_unit_has_one_approved_plan_at_a_time(town: Town, commander: Actor, approved: Plan, offered: Run) -> None:
    second = Plan.objects.get(pk=approved.pk)
    second.pk, second.title, second.state, second.approved_by, second.approved_at = (
        new_id(),
        "Twice",
        "draft",
        None,
        None,
    )
    second.starts, second.ends = approved.starts + timedelta(hours=3), approved.ends + timedelta(hours=3)
    second.save(force_insert=True)
    with pytest.raises(Contradiction, match="out with Evening in these hours already: U01, U02"):
        actions.approve_plan(commander, second, at=town.at)
    Plan.objects.filter(pk=second.pk).update(starts=approved.ends, ends=approved.ends + timedelta(hours=4))
    later = actions.approve_plan(commander, queries.plan(commander, second.pk), at=town.at)
    assert later.state == State.APPROVED  # one shift after the other


def test_a_shift_that_is_over_is_neither_planned_nor_approved(
    town: Town, commander: Actor, plan: Plan, offered: Run
) -> None:
    with pytest.raises(Contradiction, match="this shift is over"):
        ask(town, commander, offered, at=SHIFT["ends"])
    with pytest.raises(Contradiction, match="this shift is over"):
        actions.approve_plan(commander, plan, at=plan.ends)


def test_a_change_by_hand_is_listed_with_its_time_and_where_the_visit_went(
    town: Town, commander: Actor, plan: Plan
) -> None:
    unit, place, slot = stops(plan)[0]
    other = next(name for name in ("U01", "U02") if name != unit)
    actions.edit_plan(commander, plan, edit=Drop(place, slot), reason="road works", at=town.at)
    actions.edit_plan(commander, plan, edit=Add(place, slot, other), reason="they end at ten", at=town.at)
    lines = edit_lines(queries.plan(commander, plan.id))
    when = f"{town.at.astimezone(town.agency.tz):%H:%M}"
    assert [line.startswith(f"{when} · ") for line in lines] == [True, True]
    assert lines[0].endswith(f"added → {other}: they end at ten")
    assert lines[1].endswith("dropped: road works")


def test_a_sheet_is_named_by_the_day_on_which_its_shift_begins_here(town: Town, plan: Plan) -> None:
    late = datetime(2022, 1, 1, 22, tzinfo=town.agency.tz)  # in UTC it is the day after
    Plan.objects.filter(pk=plan.pk).update(starts=late, ends=late + timedelta(hours=4))
    answer = town.client(Role.COMMANDER).get(reverse("plan_download", args=[plan.id, "gpx"]), {"unit": "U01"})
    assert answer["Content-Disposition"] == 'attachment; filename="plan-20220101-U01.gpx"'


def test_a_plan_that_was_changed_meanwhile_is_looked_at_again(town: Town, commander: Actor, plan: Plan) -> None:
    seen = queries.plan(commander, plan.id)
    _, place, slot = stops(plan)[0]
    actions.edit_plan(commander, plan, edit=Drop(place, slot), reason="a closed road", at=town.at)
    with pytest.raises(Contradiction, match="changed meanwhile"):
        actions.approve_plan(commander, seen, at=town.at)


def test_a_plan_is_withdrawn_with_a_reason(commander: Actor, approved: Plan) -> None:
    with pytest.raises(Contradiction, match="say why"):
        actions.withdraw_plan(commander, approved, reason="")
    assert actions.withdraw_plan(commander, approved, reason="storm").state == State.WITHDRAWN
    with pytest.raises(NotInThisState):
        actions.withdraw_plan(commander, approved, reason="storm")


@pytest.mark.parametrize("who", ["approved_by_id = NULL", "approved_at = NULL", "solution = NULL", "findings = '[1]'"])
def test_the_database_refuses_an_approval_by_nobody_or_with_findings(approved: Plan, who: str) -> None:
    refused = pytest.raises(IntegrityError, match="approved_by_a_person_and_without_findings")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE patrol_plan SET {who} WHERE id = %s", [approved.id])


# --- driven and measured ---------------------------------------------------------------------------------------------


def record(town: Town, actor: Actor, plan: Plan, **settings: Any) -> Visit:
    unit, place, _ = stops(plan)[0]
    told = {"unit_name": unit, "place": place, "arrived_at": STARTS, "minutes": 11, "at": STARTS + timedelta(hours=1)}
    return actions.record_visit(actor, plan, **told | settings)


def test_an_officer_tells_a_visit_and_telling_it_twice_changes_nothing(
    town: Town, commander: Actor, approved: Plan
) -> None:
    officer = town.actor(Role.OFFICER)
    visit = record(town, officer, approved)
    assert record(town, officer, approved, minutes=14) == visit
    assert [(one.minutes, one.recorded_by_id) for one in queries.visits(commander, approved)] == [
        (11, officer.person_id)
    ]
    assert str(visit) == f"{visit.unit_name} at {visit.place}"
    mine = {one.place: one for one in queries.dosage_of(commander, approved)}[visit.place]
    assert (mine.given, mine.minutes_given, mine.minutes_asked) == (1, 11, 10 * mine.asked)
    assert mine.asked >= 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"unit_name": "U77"}, "unit is not in the plan"),
        ({"place": "89aaaaaaaaaffff"}, "place is not in the plan"),
        ({"minutes": 0}, "from 1 to 720 minutes, not 0"),
        ({"minutes": 721}, "from 1 to 720 minutes, not 721"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(town: Town, approved: Plan, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(Contradiction, match=words):
        record(town, town.actor(Role.OFFICER), approved, **settings)


def test_visits_are_told_of_approved_plans_alone(town: Town, plan: Plan) -> None:
    with pytest.raises(Contradiction, match="on approved plans"):
        record(town, town.actor(Role.OFFICER), plan)


# --- friend, colleague, stranger -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OFFICER, Role.DISPATCHER, Role.OVERSEER])
def test_a_colleague_looks_and_does_not_plan(town: Town, offered: Run, plan: Plan, role: Role) -> None:
    colleague = town.actor(role)
    assert queries.plan(colleague, plan.id) == plan
    _, place, slot = stops(plan)[0]
    for deed in (
        lambda: ask(town, colleague, offered),
        lambda: actions.edit_plan(colleague, plan, edit=Drop(place, slot), reason="a closed road", at=town.at),
        lambda: actions.undo_edit(colleague, plan),
        lambda: actions.approve_plan(colleague, plan, at=town.at),
        lambda: actions.withdraw_plan(colleague, plan, reason="storm"),
    ):
        with pytest.raises(NotPermitted):
            deed()


def test_a_stranger_sees_no_plan_no_unit_and_no_visit(town: Town, offered: Run, approved: Plan) -> None:
    record(town, town.actor(Role.OFFICER), approved)
    stranger = town.stranger(Role.COMMANDER)
    with pytest.raises(NotPermitted):
        ask(town, stranger, offered)
    with pytest.raises(NotPermitted):
        record(town, stranger, approved)
    with scope(stranger):
        assert not queries.plans(stranger).exists()
        with pytest.raises(NotFound):
            queries.plan(stranger, approved.id)
        assert (Plan.objects.count(), Visit.objects.count(), Unit.objects.count()) == (0, 0, 0)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Unit.objects.create(agency_id=town.agency.pk, call_sign="X", station_id=Unit(id=new_id()).id)
    assert (Plan.objects.count(), Visit.objects.count(), Unit.objects.count()) == (1, 1, 2)


def test_things_are_called_by_their_names(town: Town, plan: Plan) -> None:
    assert [str(plan), *map(str, queries.units(town.house, town.agency.pk))] == ["Evening", "U01", "U02"]
