"""Questions about watches, scans and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth

from openbeat.access import Actor, Permission
from openbeat.forecast.warning.models import Alarm, Scan, Sighting, Step, Watch, WatchClass
from openbeat.forecast.warning.rules import LinkKind, is_due, night_of
from openbeat.forecast.warning.states import FOLLOWED, UNDER_WAY, AlarmState, WatchState
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotFound
from openbeat.seeing.visible import visible

__all__ = ["Alarm", "Scan", "Watch"]  # things that callers name in their types


@dataclass(frozen=True, slots=True)
class Filters:
    """Which alarms: empty means all. Days are those on which an alarm was raised, inclusive."""

    watch: UUID | None = None
    states: tuple[AlarmState, ...] = ()
    outcome: str = ""
    first: date | None = None
    last: date | None = None
    near: str = ""


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the register: alarms raised, and how many of them came to which end."""

    month: date
    raised: int
    waiting: int
    by_outcome: dict[str, int]


def watches(actor: Actor) -> QuerySet[Watch]:
    """Watches in reach, newest first."""
    seen = visible(actor, Permission.WARNING_VIEW, Watch.objects.all())
    return (
        seen.select_related("author", "approved_by", "area_set", "agency")
        .prefetch_related("classes__offence_class")
        .order_by("-made_at")
    )


def watch(actor: Actor, watch_id: UUID | str) -> Watch:
    """One watch in reach."""
    found = watches(actor).filter(pk=watch_id).first()
    if found is None:
        raise NotFound("there is no such watch, or it is not yours to see")
    return found


def scans(actor: Actor, watch: Watch) -> QuerySet[Scan]:
    """The scans of a watch, newest first."""
    seen = visible(actor, Permission.WARNING_VIEW, Scan.objects.filter(watch=watch))
    return seen.select_related("author").order_by("-asked_at")


def scan(actor: Actor, scan_id: UUID | str) -> Scan:
    """One scan in reach."""
    seen = visible(actor, Permission.WARNING_VIEW, Scan.objects.select_related("watch__agency", "watch__area_set"))
    found = seen.filter(pk=scan_id).first()
    if found is None:
        raise NotFound("there is no such scan, or it is not yours to see")
    return found


def latest_scans(actor: Actor) -> dict[UUID, Scan]:
    """Watch → its newest scan, whatever became of it."""
    seen = visible(actor, Permission.WARNING_VIEW, Scan.objects.all())
    return {one.watch_id: one for one in seen.order_by("watch", "-asked_at").distinct("watch")}


def last_record(actor: Actor, agency_id: UUID) -> date | None:
    """The day of the agency's newest record, of whatever class."""
    rows = incidents.incidents(actor).filter(agency_id=agency_id)
    newest: date | None = rows.order_by("-occurred_from").values_list("day", flat=True).first()
    return newest


def night_for(actor: Actor, watch: Watch, today: date) -> date:
    """Until which day a scan of the watch would read now; refused while there are no records."""
    return night_of(today, last_record(actor, watch.agency_id))


def due(actor: Actor, agency_id: UUID, local: datetime) -> list[tuple[Watch, date]]:
    """The agency's watches whose scan of a night is due and not under way, each with the night."""
    newest = last_record(actor, agency_id)
    if newest is None:
        return []
    night = night_of(local.date(), newest)
    busy = Scan.objects.filter(watch=OuterRef("pk"), state__in=UNDER_WAY)
    ours = watches(actor).filter(agency_id=agency_id, state=WatchState.WATCHING).exclude(Exists(busy))
    done = Scan.objects.filter(watch__in=ours, night=night, nightly=True).values_list("watch", flat=True)
    known = set(done)
    return [(one, night) for one in ours if is_due(local, night, {night} if one.pk in known else ())]


def alarms(actor: Actor, filters: Filters = EVERYTHING) -> QuerySet[Alarm]:
    """Alarms in reach that pass the filters, the latest raised first."""
    seen = visible(actor, Permission.WARNING_VIEW, Alarm.objects.all()).filter(_condition(filters))
    return (
        seen.select_related("watch", "ended_by")
        .prefetch_related("watch__classes__offence_class")
        .order_by("-raised_at", "-recurrence")
    )


def alarms_named(actor: Actor, words: str) -> QuerySet[Alarm]:
    """Alarms whose area, watch, class or link has these words in its name, the latest raised first."""
    kept = Q(near__icontains=words) | Q(watch__title__icontains=words) | Q(link_words__icontains=words)
    of_class = Exists(WatchClass.objects.filter(watch=OuterRef("watch"), offence_class__name__icontains=words))
    return alarms(actor).filter(kept | of_class)


def answered_by(actor: Actor, plan_id: UUID) -> QuerySet[Alarm]:
    """Alarms that a patrol plan answers, the latest raised first."""
    return alarms(actor).filter(link_kind=LinkKind.PLAN, link_id=plan_id)


def linked_at(actor: Actor, alarm: Alarm) -> datetime | None:
    """When it was last said what is done about it; nothing while nobody did, or took it back."""
    if not alarm.link_kind:
        return None
    step = steps(actor, alarm).filter(became=AlarmState.LINKED).first()
    return step.at if step else None


def _condition(filters: Filters) -> Q:
    asked: dict[str, Any] = {
        "watch": filters.watch,
        "state__in": filters.states,
        "outcome": filters.outcome,
        "first_seen__gte": filters.first,
        "first_seen__lte": filters.last,
        "near__icontains": filters.near,
    }
    return Q(**{lookup: value for lookup, value in asked.items() if value})


def alarm(actor: Actor, alarm_id: UUID | str) -> Alarm:
    """One alarm in reach."""
    seen = visible(actor, Permission.WARNING_VIEW, Alarm.objects.all())
    found = seen.select_related("watch__area_set", "watch__agency", "ended_by").filter(pk=alarm_id).first()
    if found is None:
        raise NotFound("there is no such warning, or it is not yours to see")
    return found


def followed(actor: Actor, watch: Watch) -> list[Alarm]:
    """The alarms of a watch that tonight's clusters may continue."""
    return list(alarms(actor, Filters(watch=watch.pk, states=tuple(FOLLOWED))))


def sightings(actor: Actor, alarm: Alarm) -> QuerySet[Sighting]:
    """The alarm as each scan found it, the latest first; the database shows them only with their alarm."""
    return Sighting.objects.filter(alarm=alarm).order_by("-scan__asked_at")


def steps(actor: Actor, alarm: Alarm) -> QuerySet[Step]:
    """What people did about it, the latest first."""
    return Step.objects.filter(alarm=alarm).select_related("by").order_by("-id")


def register(actor: Actor, filters: Filters = EVERYTHING) -> list[Month]:
    """How many alarms were raised each month, and what came of them; the latest month first."""
    months: dict[date, dict[str, int]] = {}
    found = alarms(actor, filters).order_by().annotate(month=TruncMonth("first_seen"))
    for month, outcome, rows in found.values_list("month", "outcome").annotate(Count("pk")):
        months.setdefault(month, {})[outcome] = rows
    return [_month(month, counts) for month, counts in sorted(months.items(), reverse=True)]


def _month(month: date, counts: dict[str, int]) -> Month:
    told = {outcome: rows for outcome, rows in counts.items() if outcome}
    return Month(month, sum(counts.values()), counts.get("", 0), told)
