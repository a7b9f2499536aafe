"""Imports, the rows they refused, and the agency's own profiles."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from openbeat.accounts.models import Agency, Person
from openbeat.incidents.models import Batch
from openbeat.intake.states import State
from openbeat.kernel.privacy import INTERNAL, PrivacyMap, personal
from openbeat.seeing.things import Columns, Thing

REFUSED_YEARS = 1
"""Refused rows hold whatever the file held; they are kept for mending, not for good."""


class Import(Thing):
    """One file on its way in: where it lies, how it is read, what the dry run found, what became of its rows."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "author": INTERNAL, "state": INTERNAL, "made_at": INTERNAL,
        "finished_at": INTERNAL, "file": INTERNAL, "file_name": INTERNAL, "size": INTERNAL, "sha256": INTERNAL,
        "found": INTERNAL, "doubts": INTERNAL, "profile": INTERNAL, "report": INTERNAL, "batch": INTERNAL,
        "mends": INTERNAL, "rows_new": INTERNAL, "rows_changed": INTERNAL, "rows_same": INTERNAL,
        "rows_refused": INTERNAL, "rows_left_out": INTERNAL, "failure": INTERNAL, "withdrawn_why": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="imports")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="imports")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State], default=State.UPLOADED)
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=255, blank=True)
    """Where it lies in the store; empty once it is removed."""
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    found = models.JSONField(default=dict)
    """What was found out about the file: kind, columns, sheets, shipped profiles that fit."""
    doubts = models.JSONField(default=list)
    """What a person should check of a guessed profile: [field, words]."""
    profile = models.JSONField(null=True)
    report = models.JSONField(null=True)
    batch = models.OneToOneField(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    mends = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="mended_by")
    """The import whose refused rows this one brings again."""
    rows_new = models.PositiveIntegerField(null=True)
    rows_changed = models.PositiveIntegerField(null=True)
    rows_same = models.PositiveIntegerField(null=True)
    rows_refused = models.PositiveIntegerField(null=True)
    rows_left_out = models.PositiveIntegerField(null=True)
    failure = models.TextField(blank=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[State.MAPPED, State.CHECKED, State.IMPORTING, State.DONE])
                | Q(profile__isnull=False),
                name="import_mapped_has_profile",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.DONE, State.WITHDRAWN]) | Q(batch__isnull=False, rows_new__isnull=False),
                name="import_done_has_batch_and_counts",
            ),
            models.CheckConstraint(condition=~Q(state=State.FAILED) | ~Q(failure=""), name="import_failed_with_words"),
            models.CheckConstraint(
                condition=~Q(state=State.WITHDRAWN) | ~Q(withdrawn_why=""), name="import_withdrawn_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["agency", "-made_at"], name="import_newest")]

    def __str__(self) -> str:
        return self.file_name


class RefusedRow(Thing):
    """A row that was not brought in: its number, why, and everything it said."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "of": INTERNAL, "row": INTERNAL, "reason": INTERNAL,
        "detail": personal(years=REFUSED_YEARS), "fields": personal(years=REFUSED_YEARS), "mended_by": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refused", db_index=False)
    row = models.PositiveIntegerField()
    reason = models.CharField(max_length=24)
    detail = models.TextField()
    fields = models.JSONField()
    """Column → text, as the file had it."""
    mended_by = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")
    """The import that brought it in after all."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "row"], name="refused_row_once")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"


class SavedProfile(Thing):
    """A profile that the agency keeps for its own files."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "name": INTERNAL, "title": INTERNAL, "toml": INTERNAL, "made_at": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="profiles")
    name = models.CharField(max_length=64)
    title = models.CharField(max_length=160)
    toml = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="saved_profile_once")]

    def __str__(self) -> str:
        return self.title
