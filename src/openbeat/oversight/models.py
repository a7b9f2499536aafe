"""Checks of the log: who asked, and what held."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from openbeat.accounts.models import Agency, Person
from openbeat.kernel.privacy import INTERNAL, PrivacyMap
from openbeat.oversight.states import State
from openbeat.seeing.things import Columns, Thing


class LogCheck(Thing):
    """One check of the published log and of the table behind it."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "author": INTERNAL, "state": INTERNAL, "asked_at": INTERNAL,
        "finished_at": INTERNAL, "size": INTERNAL, "root": INTERNAL, "compared": INTERNAL, "findings": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="log_checks")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in State], default=State.ASKED)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(null=True)
    """Entries in the signed log."""
    root = models.CharField(max_length=64, blank=True)
    compared = models.BigIntegerField(null=True)
    """Entries of the table that were held against their leaves."""
    findings = models.JSONField(default=list)
    """What holds and what does not, in words; each with the failure's name where it does not."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.ASKED) | Q(finished_at__isnull=False), name="log_check_finished_has_its_time"
            )
        ]
        indexes = [models.Index(fields=["agency", "-asked_at"], name="log_check_newest")]

    def __str__(self) -> str:
        return f"check of {self.asked_at:%Y-%m-%d %H:%M}"
