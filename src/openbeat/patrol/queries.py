"""Questions about units, plans and visits."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.kernel.errors import NotFound
from openbeat.patrol.models import Plan, Unit, Visit
from openbeat.patrol.rules import Dosage, dosage
from openbeat.seeing.visible import visible


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
    """Plans in reach, the latest shift first, without their problems."""
    seen = visible(actor, Permission.PLAN_VIEW, Plan.objects)
    return seen.select_related("author", "approved_by", "forecast").defer("problem").order_by("-starts", "-made_at")


def plan(actor: Actor, plan_id: UUID | str) -> Plan:
    """One plan in reach, whole."""
    seen = visible(actor, Permission.PLAN_VIEW, Plan.objects)
    found = seen.select_related("author", "approved_by", "forecast", "agency").filter(pk=plan_id).first()
    if found is None:
        raise NotFound("there is no such plan, or it is not yours to see")
    return found


def visits(actor: Actor, plan: Plan) -> QuerySet[Visit]:
    """Visits given on a plan, in order."""
    return visible(actor, Permission.PLAN_VIEW, Visit.objects.filter(plan=plan)).order_by("arrived_at")


def dosage_of(actor: Actor, plan: Plan) -> list[Dosage]:
    """Asked against given, by place."""
    given = visits(actor, plan).values_list("place", "minutes")
    return dosage(plan.solution, given) if plan.solution else []
