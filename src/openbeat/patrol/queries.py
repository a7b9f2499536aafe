"""Questions about units, plans and visits."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.forecast import queries as forecasts
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotFound
from openbeat.patrol.build import Crew, Ground, Shift, problem_of
from openbeat.patrol.models import Plan, Unit, Visit
from openbeat.patrol.rules import Asked, Dosage, dosage
from openbeat.places import queries as places
from openbeat.seeing.visible import visible
from placewise.plan import Problem
from placewise.streets import TravelTimes

__all__ = [
    "Plan",
    "asked_of",
    "crews_of",
    "dosage_of",
    "ground_of",
    "plan",
    "plans",
    "problem",
    "shift_of",
    "unit",
    "units",
    "visits",
]


def units(actor: Actor, agency_id: UUID) -> QuerySet[Unit]:
    """The agency's units in use, by call sign."""
    seen = visible(actor, Permission.PLAN_VIEW, Unit.objects.filter(agency_id=agency_id, retired_at=None))
    return seen.select_related("station").order_by("call_sign")


def unit(actor: Actor, unit_id: UUID | str) -> Unit:
    """One unit in reach."""
    found = visible(actor, Permission.PLAN_VIEW, Unit.objects.select_related("agency")).filter(pk=unit_id).first()
    if found is None:
        raise NotFound("there is no such unit, or it is not yours to see")
    return found


def plans(actor: Actor) -> QuerySet[Plan]:
    """Plans in reach, the latest shift first, without their problems, travel times and ways."""
    seen = visible(actor, Permission.PLAN_VIEW, Plan.objects.all())
    light = seen.defer("problem", "travel", "routes")
    return light.select_related("author", "approved_by", "forecast", "agency").order_by("-starts", "-made_at")


def plan(actor: Actor, plan_id: UUID | str) -> Plan:
    """One plan in reach, whole."""
    seen = visible(actor, Permission.PLAN_VIEW, Plan.objects.all())
    found = seen.select_related("author", "approved_by", "forecast", "agency").filter(pk=plan_id).first()
    if found is None:
        raise NotFound("there is no such plan, or it is not yours to see")
    return found


def visits(actor: Actor, plan: Plan) -> QuerySet[Visit]:
    """Visits given on a plan, in order."""
    return visible(actor, Permission.PLAN_VIEW, Visit.objects.filter(plan=plan)).order_by("arrived_at")


def ground_of(actor: Actor, plan: Plan) -> Ground:
    """The places to choose from: the forecast's densest cells with the incidents expected there in a day."""
    run = plan.forecast
    count = asked_of(actor, plan).places
    surface = forecasts.surface(actor, run)
    days = max(1, (run.ends - run.starts).days)
    cells = surface.cells[:count]
    return Ground(cells, surface.expected[:count] / days, places.names_of_cells(actor, run.area_set, cells))


def shift_of(actor: Actor, plan: Plan) -> Shift:
    """When, and how the day's incidents of the forecast's classes fall on its hours."""
    classes = tuple(one.offence_class_id for one in plan.forecast.classes.all())
    counts = incidents.counts_by_hour(actor, incidents.Filters(classes=classes, last=plan.forecast.data_until))
    whole = sum(counts)
    hours = [count / whole for count in counts] if whole else [1 / 24] * 24
    return Shift(plan.starts, plan.ends, plan.agency.tz, hours)


def crews_of(actor: Actor, plan: Plan) -> list[Crew]:
    """The units that the plan is for, with their stations."""
    found = visible(actor, Permission.PLAN_VIEW, Unit.objects.filter(pk__in=plan.settings["units"]))
    rows = found.select_related("station").order_by("call_sign")
    return [Crew(u.call_sign, u.station.name, u.station.lon, u.station.lat, u.crew) for u in rows]


def problem(actor: Actor, plan: Plan, times: TravelTimes) -> Problem:
    """The planning problem that the plan is to solve."""
    asked = asked_of(actor, plan)
    return problem_of(ground_of(actor, plan), shift_of(actor, plan), crews_of(actor, plan), asked, times)


def asked_of(actor: Actor, plan: Plan) -> Asked:
    """What the commander asked."""
    return Asked(**{name: value for name, value in plan.settings.items() if name != "units"})


def dosage_of(actor: Actor, plan: Plan) -> list[Dosage]:
    """Asked against given, by place."""
    given = visits(actor, plan).values_list("place", "minutes")
    return dosage(plan.solution, given) if plan.solution else []
