"""Questions about units, plans and visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.forecast import queries as forecasts
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotFound
from openbeat.patrol.build import Crew, Ground, Shift, problem_of
from openbeat.patrol.dosage import Dosage, Given, dosage, stops
from openbeat.patrol.models import Plan, Source, Unit, Visit, as_given
from openbeat.patrol.rules import Asked
from openbeat.patrol.states import State
from openbeat.places import queries as places
from openbeat.seeing.visible import visible
from placewise.plan import Problem
from placewise.streets import TravelTimes

__all__ = [
    "Plan",
    "ShiftDosage",
    "Source",
    "Spot",
    "Visit",
    "asked_of",
    "crews_of",
    "dosage_of",
    "dosage_over",
    "given",
    "ground_of",
    "plan",
    "plans",
    "problem",
    "shift_dosage",
    "shift_of",
    "unit",
    "units",
    "visit",
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


def given(actor: Actor, plan: Plan) -> list[Given]:
    """Visits given on a plan, as questions of dosage take them."""
    return [as_given(one) for one in visits(actor, plan)]


def visit(actor: Actor, visit_id: UUID | str) -> Visit:
    """One visit in reach."""
    seen = visible(actor, Permission.PLAN_VIEW, Visit.objects.select_related("plan"))
    found = seen.filter(pk=visit_id).first()
    if found is None:
        raise NotFound("there is no such visit, or it is not yours to see")
    return found


@dataclass(frozen=True, slots=True)
class Spot:
    """A planned place: its name, the area it lies in, degrees."""

    name: str
    area: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class ShiftDosage:
    """Dosage of one shift: its plan (light), whether it is over, its places by name, and each place's dosage."""

    plan: Plan
    over: bool
    spots: dict[str, Spot]
    lines: list[Dosage]


def dosage_of(actor: Actor, plan: Plan) -> list[Dosage]:
    """Asked against given, by place."""
    if not plan.solution:
        return []
    return dosage(stops(plan.solution, plan.starts), given(actor, plan), _spacing(plan))


def shift_dosage(actor: Actor, plan: Plan, at: datetime) -> ShiftDosage:
    """Dosage of one plan's shift."""
    places = (plan.problem or {"places": []})["places"]
    return ShiftDosage(plan, plan.ends <= at, _spots(places), dosage_of(actor, plan))


def dosage_over(actor: Actor, agency: Agency, *, first: date, last: date, at: datetime) -> list[ShiftDosage]:
    """Dosage of each approved plan whose shift begins on these local days and has begun, in order of time."""
    since = datetime.combine(first, time(), agency.tz)
    until = datetime.combine(last + timedelta(days=1), time(), agency.tz)
    kept = Plan.objects.filter(agency=agency, state=State.APPROVED, starts__gte=since, starts__lt=until, starts__lte=at)
    rows = visible(actor, Permission.PLAN_VIEW, kept).annotate(spots=F("problem__places"))
    light = rows.defer("problem", "travel", "routes", "edits").select_related("agency", "forecast__area_set")
    found = light.order_by("starts", "id")
    told: dict[UUID, list[Given]] = defaultdict(list)
    for one in visible(actor, Permission.PLAN_VIEW, Visit.objects.filter(plan__in=kept)):
        told[one.plan_id].append(as_given(one))
    return [
        ShiftDosage(
            plan, plan.ends <= at, _spots(plan.spots),
            dosage(stops(plan.solution or {"tours": []}, plan.starts), told[plan.pk], _spacing(plan)),
        )
        for plan in found
    ]  # fmt: skip


def _spacing(plan: Plan) -> timedelta:
    return timedelta(minutes=plan.settings.get("spacing", 0))


def _spots(places: Sequence[Mapping[str, Any]]) -> dict[str, Spot]:
    return {one["name"]: Spot(one["name"], one["area"], one["lon"], one["lat"]) for one in places}
