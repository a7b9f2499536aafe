"""Changes to plans: ask, solve, edit, approve, withdraw; units; visits given."""

from __future__ import annotations

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
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.build import Solved
from openbeat.patrol.edits import Edit, as_edit, as_told, edited, findings_of, straight_ways
from openbeat.patrol.models import Plan, Unit, Visit
from openbeat.patrol.rules import LONGEST_VISIT, Asked, move, require_shift
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
) -> Visit:
    """A visit given, told by the unit; telling the same one twice changes nothing."""
    if plan.state != State.APPROVED:
        raise Contradiction("visits are recorded on approved plans")
    if not 1 <= minutes <= LONGEST_VISIT:
        raise Contradiction(
            "a visit lasts from 1 to {longest_visit} minutes, not {minutes}",
            longest_visit=LONGEST_VISIT,
            minutes=minutes,
        )
    known = {one["name"] for one in (plan.problem or {})["places"]}
    if place not in known:
        raise Contradiction("this place is not in the plan")
    if unit_name not in {one["name"] for one in (plan.problem or {})["units"]}:
        raise Contradiction("this unit is not in the plan")
    visit, _ = Visit.objects.get_or_create(
        plan=plan,
        unit_name=unit_name,
        place=place,
        arrived_at=arrived_at,
        defaults={
            "agency_id": plan.agency_id, "cell": int(place, 16), "minutes": minutes, "recorded_by_id": actor.person_id,
            "recorded_at": at, "note": note_text,
        },
    )  # fmt: skip
    return visit


def _become(plan: Plan, state: State) -> Plan:
    """Move the row under its lock, so that two people can't move it at once."""
    current = Plan.objects.select_for_update().only("state").get(pk=plan.pk)
    plan.state = move(State(current.state), state)
    plan.save()
    return plan
