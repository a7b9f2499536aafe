"""Beat drawings: what was asked, the beats drawn, and which of them were adopted. Places and work; never a person's."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from openbeat.accounts.models import Agency, Person
from openbeat.kernel.privacy import INTERNAL, PrivacyMap
from openbeat.patrol.beats.states import DRAWN, State
from openbeat.places.models import AreaSet
from openbeat.seeing.things import Columns, Thing

HAS_BEATS = sorted(DRAWN)


class Drawing(Thing):
    """Beats to choose from, drawn of whole small areas by the work in them, beside today's."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "author": INTERNAL, "title": INTERNAL, "state": INTERNAL,
        "made_at": INTERNAL, "finished_at": INTERNAL, "area_set": INTERNAL, "today": INTERNAL, "asked": INTERNAL,
        "result": INTERNAL, "failure": INTERNAL, "adopted": INTERNAL, "adopted_plan": INTERNAL,
        "adopted_at": INTERNAL, "adopted_why": INTERNAL, "adopter": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="beat_drawings")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="beats_asked")
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], default=State.QUEUED)
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    area_set = models.ForeignKey(AreaSet, on_delete=models.PROTECT, related_name="beat_drawings")
    """The areas that are grouped, or whose ground is cut into cells."""
    today = models.ForeignKey(AreaSet, null=True, on_delete=models.PROTECT, related_name="beat_drawings_beside")
    """The beats to compare with."""
    asked = models.JSONField()
    """`rules.Asked` as plain values."""
    result = models.JSONField(null=True)
    """What `compute.computed` tells: small areas, and each alternative with its beats and figures."""
    failure = models.TextField(blank=True)
    adopted = models.ForeignKey(AreaSet, null=True, on_delete=models.PROTECT, related_name="drawn_as")
    """The beats as they are kept among the agency's places."""
    adopted_plan = models.CharField(max_length=20, blank=True)
    adopted_at = models.DateTimeField(null=True)
    adopted_why = models.TextField(blank=True)
    adopter = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="beats_adopted")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=HAS_BEATS) | Q(result__isnull=False, finished_at__isnull=False),
                name="beats_drawn_have_their_result",
            ),
            models.CheckConstraint(
                condition=Q(state__in=HAS_BEATS) | Q(result__isnull=True), name="beats_result_only_if_drawn"
            ),
            models.CheckConstraint(condition=~Q(state=State.FAILED) | ~Q(failure=""), name="beats_failed_with_words"),
            models.CheckConstraint(
                condition=~Q(state=State.ADOPTED)
                | (Q(adopted__isnull=False, adopted_at__isnull=False) & ~Q(adopted_plan="") & ~Q(adopted_why="")),
                name="beats_adopted_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["agency", "-made_at"], name="beats_newest")]

    def __str__(self) -> str:
        return self.title
