"""Units, plans with what they promise, and the visits that were really made."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from openbeat.accounts.models import Agency, Person
from openbeat.forecast.models import Run
from openbeat.kernel.privacy import INTERNAL, PrivacyMap, personal
from openbeat.patrol.dosage import Given
from openbeat.patrol.states import State
from openbeat.places.models import Station
from openbeat.seeing.things import Columns, Thing


class Unit(Thing):
    """A crew that patrols: call sign, home station, how many people. Never who they are."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "call_sign": INTERNAL, "station": INTERNAL, "crew": INTERNAL,
        "skills": INTERNAL, "retired_at": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="units")
    call_sign = models.CharField(max_length=24)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="units")
    crew = models.PositiveSmallIntegerField(default=2)
    skills = models.JSONField(default=list)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "call_sign"], condition=Q(retired_at=None), name="unit_call_sign_once"
            ),
            models.CheckConstraint(condition=Q(crew__gte=1), name="unit_has_a_crew"),
        ]

    def __str__(self) -> str:
        return self.call_sign


class Plan(Thing):
    """One shift's plan: what it was made from, what it asks of whom, and who answers for it."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "author": INTERNAL, "forecast": INTERNAL, "title": INTERNAL,
        "state": INTERNAL, "made_at": INTERNAL, "starts": INTERNAL, "ends": INTERNAL, "settings": INTERNAL,
        "problem": INTERNAL, "solution": INTERNAL,
        "routes": INTERNAL, "findings": INTERNAL, "travel": INTERNAL, "edits": INTERNAL,
        "failure": INTERNAL, "approved_by": INTERNAL, "approved_at": INTERNAL, "withdrawn_why": INTERNAL,
        "seed": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="plans")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="plans_made")
    forecast = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="plans")
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.QUEUED)
    made_at = models.DateTimeField()
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    seed = models.PositiveIntegerField()
    settings = models.JSONField()
    """Dwell, visits, slots, breaks, spacing, cells, exposure limit: as the commander asked."""
    travel = models.JSONField(default=dict)
    """How travel times were made: over streets, or great circle at a stated speed."""
    problem = models.JSONField(null=True)
    solution = models.JSONField(null=True)
    routes = models.JSONField(default=dict)
    """Unit → its way as [longitude, latitude] pairs, station to station."""
    findings = models.JSONField(default=list)
    """What the independent checker found; a plan with findings is not approved."""
    edits = models.JSONField(default=list)
    """The commander's changes in order, each with its reason."""
    failure = models.TextField(blank=True)
    approved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="plans_approved")
    approved_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="plan_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(state=State.APPROVED)
                | Q(approved_by__isnull=False, approved_at__isnull=False, findings=[], solution__isnull=False),
                name="plan_approved_by_a_person_and_without_findings",
            ),
        ]
        indexes = [models.Index(fields=["agency", "-starts"], name="plan_newest")]

    def __str__(self) -> str:
        return self.title

    @property
    def values(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Problem and solution of a plan that is made."""
        if self.problem is None or self.solution is None:
            raise ValueError("this plan is not made yet")
        return self.problem, self.solution


class Source(models.TextChoices):
    """How a visit became known."""

    TAP = "tap", gettext_lazy("tapped on the sheet")
    POSITION = "position", gettext_lazy("from positions")
    HAND = "hand", gettext_lazy("told by hand")


class Visit(Thing):
    """A visit given: which unit was at which place, when and how long; asked for by a plan or not.

    Positions of units, from which some visits are made, are personal data of officers: they have no field here.
    """

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "plan": INTERNAL, "unit_name": INTERNAL, "place": INTERNAL,
        "cell": INTERNAL, "slot": INTERNAL, "arrived_at": INTERNAL, "minutes": INTERNAL, "source": INTERNAL,
        "recorded_by": personal(years=5), "recorded_at": INTERNAL, "note": personal(years=5),
    }  # fmt: skip
    FACTS = Columns(author="recorded_by_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="visits")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="visits")
    unit_name = models.CharField(max_length=24)
    place = models.CharField(max_length=80)
    """The place's name in the plan."""
    cell = models.BigIntegerField()
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    """The slot of the stop that it was said to be for; nothing where only place and time are known."""
    arrived_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    """How long; nothing while the unit is there, or where its leaving was never told."""
    source = models.CharField(max_length=8, choices=Source, default=Source.HAND)
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "unit_name", "place", "arrived_at"], name="visit_once"),
            models.UniqueConstraint(
                fields=["plan", "unit_name"], condition=Q(minutes=None), name="visit_one_place_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(minutes=None) | Q(minutes__gte=1, minutes__lte=720), name="visit_minutes_sensible"
            ),
        ]
        indexes = [models.Index(fields=["agency", "cell", "arrived_at"], name="visit_cell")]

    def __str__(self) -> str:
        return f"{self.unit_name} at {self.place}"


def as_given(visit: Visit) -> Given:
    """The visit as questions of dosage take it."""
    return Given(visit.unit_name, visit.place, visit.arrived_at, visit.minutes, visit.source, visit.slot)
