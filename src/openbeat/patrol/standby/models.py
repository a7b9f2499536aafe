"""Standby plans: what was asked, and where units are to wait. Places, times and units; never a person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from openbeat.accounts.models import Agency, Person
from openbeat.kernel.privacy import INTERNAL, PrivacyMap
from openbeat.patrol.standby.states import State
from openbeat.places.models import AreaSet
from openbeat.seeing.things import Columns, Thing


class StandbyPlan(Thing):
    """How many units wait at each station or waiting place, so that a free one is likely to be near."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "author": INTERNAL, "title": INTERNAL, "state": INTERNAL,
        "made_at": INTERNAL, "finished_at": INTERNAL, "area_set": INTERNAL, "asked": INTERNAL, "result": INTERNAL,
        "failure": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="standby_plans")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="standby_plans_asked")
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.QUEUED)
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    area_set = models.ForeignKey(AreaSet, on_delete=models.PROTECT, related_name="standby_plans")
    """The areas by which chances are told."""
    asked = models.JSONField()
    """`rules.Asked` as plain values: stations, waiting places, calls, hours, units, minutes, busy share."""
    result = models.JSONField(null=True)
    """What `compute.computed` tells: units of each place, chances by zone and area, what further units would add."""
    failure = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.DONE) | Q(result__isnull=False, finished_at__isnull=False),
                name="standby_done_has_its_result",
            ),
            models.CheckConstraint(
                condition=Q(state=State.DONE) | Q(result__isnull=True), name="standby_result_only_if_done"
            ),
            models.CheckConstraint(condition=~Q(state=State.FAILED) | ~Q(failure=""), name="standby_failed_with_words"),
        ]
        indexes = [models.Index(fields=["agency", "-made_at"], name="standby_newest")]

    def __str__(self) -> str:
        return self.title
