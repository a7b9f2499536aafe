"""Changes to plans: ask, solve, edit, approve, withdraw; units; visits given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.forecast.queries import Run
from openbeat.forecast.rules import usable
from openbeat.forecast.states import State as ForecastState
from openbeat.kernel.csv_file import as_csv
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.build import Solved
from openbeat.patrol.dosage import Given, Taken, elsewhere, overlap, sorted_out
from openbeat.patrol.edits import Edit, as_edit, as_told, edited, findings_of, straight_ways
from openbeat.patrol.models import Plan, Source, Unit, Visit, as_given
from openbeat.patrol.rules import (
    LONGEST_VISIT,
    Asked,
    move,
    require_ahead,
    require_minutes,
    require_past,
    require_shift,
    whole_minutes,
)
from openbeat.patrol.states import State
from openbeat.places.queries import Station
from openbeat.seeing import progress
from placewise.plan import PlanError


@action(Permission.PLAN_MAKE)
def add_unit(actor: Actor, agency: Agency, /, *, call_sign: str, station: Station, crew: int = 2) -> Unit:
    """A unit that plans can count on."""
    name = call_sign.strip()
    if not name:
        raise Contradiction("a unit has a call sign")
    if Unit.objects.filter(agency=agency, call_sign=name, retired_at=None).exists():
        raise Contradiction("there is a unit {name} already", mend="choose another call sign", name=name)
    if station.agency_id != agency.id:
        raise Contradiction("the station belongs to another agency")
    return Unit.objects.create(agency=agency, call_sign=name, station=station, crew=crew)


@action(Permission.PLAN_MAKE)
def retire_unit(actor: Actor, unit: Unit, /, *, at: datetime) -> Unit:
    """Take a unit out of use; plans that name it keep it."""
    if unit.retired_at:
        raise Contradiction("{call_sign} is retired already", call_sign=unit.call_sign)
    unit.retired_at = at
    unit.save()
    return unit


@action(Permission.PLAN_MAKE, operation=Operation.COMBINATION)
def ask_for_plan(
    actor: Actor,
    forecast: Run,
    /,
    *,
    title: str,
    starts: datetime,
    ends: datetime,
    units: Sequence[Unit],
    asked: Asked,
    at: datetime,
    seed: int = 1,
) -> Plan:
    """Queue a plan of one shift for these units, from an offered forecast."""
    require_shift(starts, ends)
    zone = forecast.agency.tz
    first, last = starts.astimezone(zone).date(), ends.astimezone(zone).date()
    if not usable(ForecastState(forecast.state), forecast.expires, at.astimezone(zone).date()):
        raise Contradiction("this forecast is not offered, or no longer", mend="choose one that is, or ask the analyst")
    if not (forecast.starts <= first < forecast.ends and last <= forecast.ends):
        raise Contradiction(
            "the forecast covers {starts} to {ends}; plan a shift in these days",
            starts=forecast.starts,
            ends=forecast.ends,
        )
    require_ahead(ends, at)
    _require_units(forecast, units)
    plan = Plan.objects.create(
        agency_id=forecast.agency_id, author_id=actor.person_id, forecast=forecast, title=title, made_at=at,
        starts=starts, ends=ends, seed=seed, settings={**asked.as_plain(), "units": [str(unit.id) for unit in units]},
    )  # fmt: skip
    note(units=len(units))
    later("patrol.solve", agency_id=plan.agency_id, plan_id=str(plan.id))
    return plan


def _require_units(forecast: Run, units: Sequence[Unit]) -> None:
    if not units:
        raise Contradiction("a plan needs at least one unit")
    strange = sorted(unit.call_sign for unit in units if unit.agency_id != forecast.agency_id or unit.retired_at)
    if strange:
        raise Contradiction(
            "not in use here: {listed}", mend="choose units of the forecast's agency", listed=", ".join(strange)
        )


@action(Permission.PLAN_MAKE)
def begin_plan(actor: Actor, plan: Plan, /) -> Plan:
    """The worker takes the plan up."""
    return _become(plan, State.SOLVING)


@action(Permission.PLAN_MAKE)
def finish_plan(
    actor: Actor,
    plan: Plan,
    /,
    *,
    solved: Solved,
) -> Plan:
    """Keep the solved plan with what the independent checker found."""
    plan.problem, plan.solution = solved.problem.to_dict(), solved.plan.to_dict()
    plan.findings, plan.travel, plan.routes = solved.findings, solved.travel, solved.routes
    progress.forget(plan.id)
    return _become(plan, State.DRAFT)


@action(Permission.PLAN_MAKE)
def fail_plan(actor: Actor, plan: Plan, /, *, words: str) -> Plan:
    """The plan could not be made; what happened is kept in words."""
    plan.failure = words
    progress.forget(plan.id)
    return _become(plan, State.FAILED)


@action(Permission.PLAN_MAKE)
def retry_plan(actor: Actor, plan: Plan, /, *, at: datetime) -> Plan:
    """Queue a plan that failed once more, as it was asked; its forecast must still be offered."""
    _require_fresh(plan, at)
    plan.failure = ""
    _become(plan, State.QUEUED)
    later("patrol.solve", agency_id=plan.agency_id, plan_id=str(plan.id))
    return plan


@action(Permission.PLAN_MAKE)
def edit_plan(actor: Actor, plan: Plan, /, *, edit: Edit, reason: str, at: datetime) -> Plan:
    """A commander's edit, with the reason: lock, drop, move or add a visit. What was not touched is kept."""
    _require_draft(plan)
    if not reason.strip():
        raise Contradiction("say why the plan is changed")
    try:
        found = edited(*plan.values, [as_edit(told) for told in plan.edits], edit)
    except PlanError as failure:
        raise Contradiction(str(failure), mend="nothing was changed; try another place or unit") from failure
    told = as_told(edit) | {"reason": reason, "by": str(actor.person_id), "at": at.isoformat()}
    plan.edits = [*plan.edits, told | {"before": plan.solution}]
    note(edit=told)
    return _keep(plan, found)


@action(Permission.PLAN_MAKE)
def undo_edit(actor: Actor, plan: Plan, /) -> Plan:
    """Take the last edit back: the plan is again as it was before it."""
    _require_draft(plan)
    if not plan.edits:
        raise Contradiction("there is no edit to take back")
    *kept, last = plan.edits
    plan.edits = kept
    return _keep(plan, last["before"])


@action(Permission.PLAN_MAKE)
def redraw_ways(actor: Actor, plan: Plan, /, *, routes: Mapping[str, Any]) -> Plan:
    """The units' ways over the streets, after edits."""
    plan.routes = dict(routes)
    plan.save(update_fields=["routes"])
    return plan


def _require_draft(plan: Plan) -> None:
    """Edits wait for the row's lock: of two commanders the second edits what the first left."""
    current = Plan.objects.select_for_update().get(pk=plan.pk)
    if current.state != State.DRAFT:
        raise Contradiction("a plan that is {state} is not edited", mend="make a new plan", state=State(current.state))
    plan.solution, plan.edits, plan.problem = current.solution, current.edits, current.problem


def _keep(plan: Plan, solution: Mapping[str, Any]) -> Plan:
    """The changed plan with a fresh check; straight ways until the worker has drawn the streets."""
    plan.solution = dict(solution)
    plan.findings = findings_of(*plan.values)
    plan.routes = straight_ways(*plan.values)
    plan.save()
    later("patrol.ways", agency_id=plan.agency_id, plan_id=str(plan.id))
    return plan


@action(Permission.PLAN_APPROVE)
def approve_plan(actor: Actor, plan: Plan, /, *, at: datetime) -> Plan:
    """A named commander answers for the plan; from then on it is not changed."""
    if actor.person_id is None or actor.token_id is not None:
        raise Contradiction("a plan is approved by a named person, never by a programme")
    if plan.findings:
        raise Contradiction(
            "the checker found {count} broken promises in this plan",
            mend="mend them or make a new plan",
            count=len(plan.findings),
        )
    _require_fresh(plan, at)
    require_ahead(plan.ends, at)
    _require_units_free(plan)
    plan.approved_by_id, plan.approved_at = actor.person_id, at
    return _become(plan, State.APPROVED)


def _require_fresh(plan: Plan, at: datetime) -> None:
    """What is approved is what the commander saw, from a forecast that may still be used."""
    current = Plan.objects.select_for_update().select_related("forecast", "agency").get(pk=plan.pk)
    if current.edits != plan.edits or current.solution != plan.solution:
        raise Contradiction("the plan was changed meanwhile", mend="look at it again, then approve")
    forecast, today = current.forecast, at.astimezone(current.agency.tz).date()
    if not usable(ForecastState(forecast.state), forecast.expires, today):
        raise Contradiction(
            "the forecast behind this plan is withdrawn or has expired", mend="make a plan from one that is offered"
        )


def _require_units_free(plan: Plan) -> None:
    """A unit has one sheet at a time: none of these is out with another approved plan in the same hours."""
    mine = {unit["name"] for unit in plan.values[0]["units"]}
    same = Plan.objects.filter(agency_id=plan.agency_id, state=State.APPROVED).exclude(pk=plan.pk)
    for other in same.filter(starts__lt=plan.ends, ends__gt=plan.starts):
        if both := sorted(mine & {unit["name"] for unit in other.values[0]["units"]}):
            raise Contradiction(
                "out with {title} in these hours already: {listed}",
                mend="withdraw that plan, or make this one with other units",
                title=other.title,
                listed=", ".join(both),
            )


@action(Permission.PLAN_WITHDRAW)
def withdraw_plan(actor: Actor, plan: Plan, /, *, reason: str) -> Plan:
    """Take a plan back, saying why."""
    if not reason.strip():
        raise Contradiction("say why the plan is withdrawn")
    plan.withdrawn_why = reason
    return _become(plan, State.WITHDRAWN)


@action(Permission.VISIT_RECORD, operation=Operation.COLLECTION)
def record_visit(
    actor: Actor,
    plan: Plan,
    /,
    *,
    unit_name: str,
    place: str,
    arrived_at: datetime,
    minutes: int,
    at: datetime,
    note_text: str = "",
    slot: int | None = None,
) -> Visit:
    """A visit given, told with its time; telling the same one twice changes nothing."""
    _require_visit(plan, unit_name, place)
    require_minutes(minutes)
    require_past(arrived_at, at)
    told = Given(unit_name, place, arrived_at, minutes)
    _require_here_alone(plan, told)
    known = Visit.objects.filter(plan=plan, unit_name=unit_name, place=place)
    for one in known:
        if one.arrived_at != arrived_at and overlap(as_given(one), told):
            raise Contradiction(
                "{unit} is known to have been there from {since} for {minutes} minutes",
                mend="correct the time, or leave it as it is",
                unit=unit_name,
                since=one.arrived_at.astimezone(plan.agency.tz).strftime("%H:%M"),
                minutes=one.minutes or "?",
            )
    return known.filter(arrived_at=arrived_at).first() or _visit(
        actor, plan, told, at=at, source=Source.HAND, slot=slot, note_text=note_text
    )


@action(Permission.VISIT_RECORD, operation=Operation.COLLECTION)
def arrive(actor: Actor, plan: Plan, /, *, unit_name: str, place: str, slot: int | None, at: datetime) -> Visit:
    """«We are here», tapped. Where the unit had not said that it left the last place, that visit ends now.

    It is then taken to have lasted as long as it was asked to, or until now where that is less.
    """
    _require_visit(plan, unit_name, place)
    Plan.objects.select_for_update().only("pk").get(pk=plan.pk)  # two phones of one unit: one after the other
    before = Visit.objects.filter(plan=plan, unit_name=unit_name, minutes=None).first()
    if before is not None and (before.place, before.slot) == (place, slot):
        return before
    if before is not None:
        before.minutes = min(whole_minutes(before.arrived_at, at), plan.settings.get("dwell", LONGEST_VISIT))
        before.save(update_fields=["minutes"])
        note(ended=str(before.pk))
    return _visit(actor, plan, Given(unit_name, place, at, None), at=at, source=Source.TAP, slot=slot)


@action(Permission.VISIT_RECORD)
def leave(actor: Actor, visit: Visit, /, *, at: datetime) -> Visit:
    """«We leave», tapped; tapping twice changes nothing."""
    current = Visit.objects.select_for_update().get(pk=visit.pk)
    if current.minutes is None:
        current.minutes = whole_minutes(current.arrived_at, at)
        current.save(update_fields=["minutes"])
    visit.minutes = current.minutes
    return visit


@action(Permission.VISIT_RECORD)
def take_back_tap(actor: Actor, visit: Visit, /) -> Visit:
    """The unit's last tap undone: of «we leave» the unit is there again, of «we are here» the visit is gone."""
    mine = Visit.objects.select_for_update().filter(plan_id=visit.plan_id, unit_name=visit.unit_name)
    last = mine.filter(source=Source.TAP).order_by("-arrived_at").first()
    if last is None or last.pk != visit.pk:
        raise Contradiction("only the unit's last tap is taken back", mend="open the sheet again")
    if last.minutes is None:
        mine.filter(pk=last.pk).delete()
        note(undone="arrival")
    else:
        visit.minutes = last.minutes = None
        last.save(update_fields=["minutes"])
        note(undone="leaving")
    return visit


@action(Permission.VISIT_RECORD, operation=Operation.COLLECTION)
def take_over_stays(actor: Actor, plan: Plan, /, *, found: Sequence[Given], at: datetime) -> Taken:
    """Visits seen in positions; what is known already stays as it was told, and a tap without an end gets one.

    All of them or none. The positions themselves are not kept anywhere.
    """
    for one in found:
        _require_visit(plan, one.unit, one.place)
        require_minutes(one.minutes or 0)
        require_past(one.arrived, at)
    Plan.objects.select_for_update().only("pk").get(pk=plan.pk)
    known = list(Visit.objects.filter(plan=plan))
    new, ended, merged, against = sorted_out([as_given(one) for one in known], found)
    for number, minutes in ended.items():
        known[number].minutes = minutes
        known[number].save(update_fields=["minutes"])
    for one in new:
        _visit(actor, plan, one, at=at, source=Source.POSITION)
    note(new=len(new), ended=len(ended), known=merged, against=against)
    return Taken(len(new), len(ended), merged, against)


@action(Permission.PLAN_VIEW, operation=Operation.DISCLOSURE)
def export_dosage(
    actor: Actor, agency: Agency, /, *, lines: Sequence[Sequence[object]], reason: str, basis: str
) -> bytes:
    """Lines of dosage as CSV, first the names of the columns; what was handed over is known by its digest."""
    if len(lines) < 2:
        raise Contradiction("no visit passes these filters: there is nothing to hand over")
    file = as_csv(lines)
    note(rows=len(lines) - 1, sha256=hashlib.sha256(file).hexdigest())
    return file


def _require_visit(plan: Plan, unit_name: str, place: str) -> None:
    if plan.state != State.APPROVED:
        raise Contradiction("visits are recorded on approved plans")
    problem, _ = plan.values
    if place not in {one["name"] for one in problem["places"]}:
        raise Contradiction("this place is not in the plan")
    if unit_name not in {one["name"] for one in problem["units"]}:
        raise Contradiction("this unit is not in the plan")


def _require_here_alone(plan: Plan, told: Given) -> None:
    """No unit is told to have been at a place while it is known to have been at another."""
    for one in Visit.objects.filter(plan=plan, unit_name=told.unit).exclude(place=told.place):
        if elsewhere(as_given(one), told):
            raise Contradiction(
                "{unit} is known to have been at another stop from {since} for {minutes} minutes",
                mend="correct the time, or leave it as it is",
                unit=told.unit,
                since=one.arrived_at.astimezone(plan.agency.tz).strftime("%H:%M"),
                minutes=one.minutes or "?",
            )


def _visit(
    actor: Actor,
    plan: Plan,
    one: Given,
    *,
    at: datetime,
    source: Source,
    slot: int | None = None,
    note_text: str = "",
) -> Visit:
    return Visit.objects.create(
        agency_id=plan.agency_id, plan=plan, unit_name=one.unit, place=one.place, cell=int(one.place, 16), slot=slot,
        arrived_at=one.arrived, minutes=one.minutes, source=source, recorded_by_id=actor.person_id, recorded_at=at,
        note=note_text,
    )  # fmt: skip


def _become(plan: Plan, state: State) -> Plan:
    """Move the row under its lock, so that two people can't move it at once."""
    current = Plan.objects.select_for_update().only("state").get(pk=plan.pk)
    plan.state = move(State(current.state), state)
    plan.save()
    return plan
