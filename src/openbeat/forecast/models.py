"""Forecast runs, the classes they take in, their surfaces and what is known of their progress."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from openbeat.accounts.models import Agency, Person
from openbeat.forecast.states import State
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.privacy import INTERNAL, OPEN, PrivacyMap
from openbeat.places.models import AreaSet
from openbeat.seeing.things import Columns, Thing


class Run(Thing):
    """One forecast: what was asked, what came of it, who approved it and until when it may be used."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "author": INTERNAL, "title": OPEN, "state": OPEN, "made_at": OPEN,
        "area_set": OPEN, "resolution": OPEN, "starts": OPEN, "ends": OPEN, "estimator": OPEN, "seed": OPEN,
        "data_until": OPEN, "events_used": OPEN, "first_event": OPEN, "report": OPEN, "explanation": OPEN,
        "exposure": OPEN, "fairness": OPEN, "peers": OPEN, "context": OPEN, "verdict": OPEN, "finished_at": OPEN,
        "failure": INTERNAL, "approved_by": OPEN,
        "approved_at": OPEN, "expires": OPEN, "withdrawn_why": OPEN, "better": OPEN,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="forecasts")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="forecasts_made")
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State], default=State.QUEUED)
    made_at = models.DateTimeField()
    area_set = models.ForeignKey(AreaSet, on_delete=models.PROTECT, related_name="forecasts")
    resolution = models.PositiveSmallIntegerField()
    starts = models.DateField()
    ends = models.DateField()
    estimator = models.CharField(max_length=40)
    seed = models.PositiveIntegerField(default=1)
    data_until = models.DateField()
    events_used = models.PositiveIntegerField(null=True)
    first_event = models.DateField(null=True)
    report = models.JSONField(null=True)
    explanation = models.JSONField(null=True)
    exposure = models.JSONField(null=True)
    fairness = models.JSONField(null=True)
    peers = models.JSONField(default=list)
    """Names of other methods that the back-test measures beside it."""
    context = models.JSONField(default=list)
    """The other reported classes that informed it: name and number of reports."""
    verdict = models.JSONField(null=True)
    better = models.BooleanField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    approved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="forecasts_approved")
    approved_at = models.DateTimeField(null=True)
    expires = models.DateField(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="forecast_ends_after_start"),
            models.CheckConstraint(condition=Q(starts__gte=F("data_until")), name="forecast_is_of_the_future"),
            models.CheckConstraint(
                condition=~Q(state=State.OFFERED)
                | Q(
                    better=True,
                    better__isnull=False,
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    expires__isnull=False,
                ),  # better must be told: a comparison with nothing is not false, and would pass
                name="forecast_offered_only_if_better_and_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.READY, State.NOT_BETTER])
                | Q(state=State.READY, better=True)
                | Q(state=State.NOT_BETTER, better=False),
                name="forecast_state_tells_its_verdict",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.READY, State.NOT_BETTER]) | Q(better__isnull=False, report__isnull=False),
                name="forecast_finished_has_its_back_test",
            ),
        ]
        indexes = [models.Index(fields=["agency", "-made_at"], name="forecast_newest")]

    def __str__(self) -> str:
        return self.title


class RunClass(models.Model):
    """A class of offence in a run. The database refuses one that patrols discover: see the migration."""

    PRIVACY: ClassVar[PrivacyMap] = {"id": OPEN, "run": OPEN, "offence_class": OPEN, "reported_by_victims": OPEN}

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="classes")
    offence_class = models.ForeignKey(OffenceClass, on_delete=models.PROTECT, related_name="+")
    reported_by_victims = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "offence_class"], name="run_class_once"),
            models.CheckConstraint(condition=Q(reported_by_victims=True), name="run_class_reported_by_victims"),
        ]

    def __str__(self) -> str:
        return str(self.offence_class)


class Surface(models.Model):
    """A run's expected counts: arrays of equal length n in little-endian bytes, densest cell first."""

    PRIVACY: ClassVar[PrivacyMap] = {"run": OPEN, "cells": OPEN, "expected": OPEN, "low": OPEN, "high": OPEN}

    run = models.OneToOneField(Run, primary_key=True, on_delete=models.CASCADE, related_name="surface")
    cells = models.BinaryField()
    """(n,) int64, H3 indices."""
    expected = models.BinaryField()
    """(n,) float64, incidents expected in the run's days."""
    low = models.BinaryField()
    """(n,) float64, lower end of the 90 % predictive interval."""
    high = models.BinaryField()
    """(n,) float64, upper end."""

    def __str__(self) -> str:
        return f"surface of {self.run_id}"
