"""Questions about standby plans."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.kernel.errors import NotFound
from openbeat.patrol.standby.models import StandbyPlan
from openbeat.patrol.standby.rules import Asked, asked_from
from openbeat.seeing.visible import visible

__all__ = ["StandbyPlan", "asked_of", "standby_plan", "standby_plans"]


def standby_plans(actor: Actor) -> QuerySet[StandbyPlan]:
    """Standby plans in reach, the newest first, without their results."""
    seen = visible(actor, Permission.STANDBY_VIEW, StandbyPlan.objects.all())
    return seen.defer("result").select_related("author", "agency", "area_set").order_by("-made_at")


def standby_plan(actor: Actor, standby_plan_id: UUID | str) -> StandbyPlan:
    """One standby plan in reach, whole."""
    seen = visible(actor, Permission.STANDBY_VIEW, StandbyPlan.objects.all())
    found = seen.select_related("author", "agency", "area_set").filter(pk=standby_plan_id).first()
    if found is None:
        raise NotFound("there is no such standby plan, or it is not yours to see")
    return found


def asked_of(actor: Actor, found: StandbyPlan) -> Asked:
    """What was asked, as values."""
    return asked_from(found.asked)
