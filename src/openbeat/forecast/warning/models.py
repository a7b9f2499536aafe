"""Watches with their classes, the scans of each night, and the alarms that came of them. Never a person's record."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from openbeat.accounts.models import Agency, Person
from openbeat.forecast.warning.rules import LinkKind, Outcome
from openbeat.forecast.warning.states import UNDER_WAY, AlarmState, ScanState, WatchState
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.privacy import INTERNAL, OPEN, PrivacyMap
from openbeat.places.models import AreaSet
from openbeat.seeing.things import Columns, Thing


class Watch(Thing):
    """What is scanned each night: classes, area, the greatest circle and stretch, and from when on it is told."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "author": INTERNAL, "title": OPEN, "state": OPEN, "made_at": OPEN,
        "area_set": OPEN, "radius": OPEN, "days": OPEN, "least_interval": OPEN, "least_cases": OPEN,
        "by_weekday": OPEN, "approved_by": OPEN, "approved_at": OPEN, "paused_why": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="watches")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="watches_set_up")
    title = models.CharField(max_length=160)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in WatchState], default=WatchState.PROPOSED
    )
    made_at = models.DateTimeField()
    area_set = models.ForeignKey(AreaSet, on_delete=models.PROTECT, related_name="watches")
    radius = models.PositiveIntegerField()
    """Metres: the greatest circle looked at."""
    days = models.PositiveSmallIntegerField()
    """The longest stretch looked at."""
    least_interval = models.PositiveIntegerField()
    """Days of the recurrence interval from which a cluster becomes an alarm."""
    least_cases = models.PositiveSmallIntegerField(default=3)
    by_weekday = models.BooleanField(default=True)
    approved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="watches_approved")
    approved_at = models.DateTimeField(null=True)
    paused_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=WatchState.WATCHING) | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="watch_watches_only_if_approved",
            ),
            models.CheckConstraint(
                condition=Q(radius__gt=0, days__gt=0, least_interval__gt=0, least_cases__gte=2),
                name="watch_settings_sensible",
            ),
        ]
        indexes = [models.Index(fields=["agency", "-made_at"], name="watch_newest")]

    def __str__(self) -> str:
        return self.title


class WatchClass(models.Model):
    """A class of offence in a watch. The database refuses one that patrols discover: see the migration."""

    PRIVACY: ClassVar[PrivacyMap] = {"id": OPEN, "watch": OPEN, "offence_class": OPEN, "reported_by_victims": OPEN}

    id = models.BigAutoField(primary_key=True)
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="classes")
    offence_class = models.ForeignKey(OffenceClass, on_delete=models.PROTECT, related_name="+")
    reported_by_victims = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watch", "offence_class"], name="watch_class_once"),
            models.CheckConstraint(condition=Q(reported_by_victims=True), name="watch_class_reported_by_victims"),
        ]

    def __str__(self) -> str:
        return str(self.offence_class)


class Scan(Thing):
    """One scan of a watch: until when the records were read, what was found, or why it failed."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "watch": OPEN, "author": INTERNAL, "state": OPEN, "night": OPEN, "nightly": OPEN,
        "asked_at": OPEN, "finished_at": OPEN, "cases": OPEN, "clusters": OPEN, "raised": OPEN, "continued": OPEN,
        "failure": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state", author="author_id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="scans")
    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="scans")
    author = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    """Who asked for it at once; nobody, where the night did."""
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in ScanState], default=ScanState.QUEUED)
    night = models.DateField()
    """Nothing on or after this day was read."""
    nightly = models.BooleanField(default=True)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cases = models.PositiveIntegerField(null=True)
    clusters = models.PositiveIntegerField(null=True)
    """Clusters found, those below the threshold too."""
    raised = models.PositiveIntegerField(null=True)
    continued = models.PositiveIntegerField(null=True)
    failure = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watch", "night"], condition=Q(nightly=True), name="scan_of_a_night_once"),
            models.UniqueConstraint(
                fields=["watch"], condition=Q(state__in=sorted(UNDER_WAY)), name="scan_under_way_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=ScanState.DONE)
                | Q(cases__isnull=False, clusters__isnull=False, raised__isnull=False, continued__isnull=False),
                name="scan_done_tells_what_it_found",
            ),
            models.CheckConstraint(
                condition=~Q(state=ScanState.FAILED) | ~Q(failure=""), name="scan_failed_with_words"
            ),
        ]
        indexes = [models.Index(fields=["watch", "-asked_at"], name="scan_newest")]

    def __str__(self) -> str:
        return f"{self.watch_id} until {self.night}"


class Alarm(Thing):
    """More reports than expected in a circle over some days: as the latest scan found it, and what became of it."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "watch": OPEN, "state": OPEN, "living": OPEN, "near": OPEN, "lon": INTERNAL,
        "lat": INTERNAL, "radius": OPEN, "cells": INTERNAL, "starts": OPEN, "ends": OPEN, "observed": OPEN,
        "expected": OPEN, "statistic": OPEN, "p": OPEN, "recurrence": OPEN, "highest": OPEN, "timeline": INTERNAL,
        "first_seen": OPEN, "last_seen": OPEN, "raised_at": OPEN, "link_kind": INTERNAL, "link_id": INTERNAL,
        "link_words": INTERNAL, "outcome": OPEN, "outcome_words": INTERNAL, "ended_by": INTERNAL, "ended_at": OPEN,
    }  # fmt: skip
    FACTS = Columns(state="state")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="alarms")
    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="alarms")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in AlarmState], default=AlarmState.NEW)
    living = models.BooleanField(default=True)
    """Whether the latest scan of its watch found it."""
    near = models.CharField(max_length=160)
    """The name of the area that its centre lies in; published places are no finer."""
    lon = models.FloatField()
    lat = models.FloatField()
    radius = models.FloatField()
    """Metres."""
    cells = models.JSONField(default=list)
    """[H3 cell in hexadecimal, reports in these days] of each cell inside, the most first."""
    starts = models.DateField()
    ends = models.DateField()
    """The last day."""
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    statistic = models.FloatField()
    """Logarithm of the likelihood ratio."""
    p = models.FloatField()
    recurrence = models.FloatField()
    """Days: how often chance alone would be told of."""
    highest = models.FloatField()
    """The greatest recurrence interval of any night."""
    timeline = models.JSONField(default=dict)
    """From a first day on: reports inside by day, and how many were to be expected."""
    first_seen = models.DateField()
    last_seen = models.DateField()
    """The night of the latest scan that found it."""
    raised_at = models.DateTimeField()
    link_kind = models.CharField(max_length=10, blank=True, choices=[(k.value, k.value) for k in LinkKind])
    link_id = models.UUIDField(null=True)
    """A plan's id. Plans are made on a floor above, so this is no foreign key."""
    link_words = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=14, blank=True, choices=[(o.value, o.value) for o in Outcome])
    outcome_words = models.TextField(blank=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts"), observed__gte=1, expected__gte=0, radius__gte=0),
                name="alarm_is_some_days_and_reports",
            ),
            models.CheckConstraint(condition=Q(last_seen__gte=F("first_seen")), name="alarm_last_seen_after_first"),
            models.CheckConstraint(
                condition=~Q(state__in=[AlarmState.DISMISSED, AlarmState.CLOSED])
                | Q(outcome__gt="", outcome_words__gt="", ended_by__isnull=False, ended_at__isnull=False),
                name="alarm_ended_by_a_person_with_its_outcome",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[AlarmState.DISMISSED, AlarmState.CLOSED]) | Q(outcome=""),
                name="alarm_open_has_no_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state=AlarmState.LINKED) | Q(link_kind__gt="", link_words__gt=""),
                name="alarm_linked_says_to_what",
            ),
            models.CheckConstraint(
                condition=~Q(state=AlarmState.CLOSED) | Q(living=False), name="alarm_closed_lives_no_more"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-raised_at"], name="alarm_newest"),
            models.Index(fields=["watch", "state"], name="alarm_followed"),
        ]

    def __str__(self) -> str:
        return f"{self.near}, {self.starts} – {self.ends}"


class Sighting(models.Model):
    """An alarm as one scan found it."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "alarm": OPEN, "scan": OPEN, "night": OPEN, "starts": OPEN, "ends": OPEN, "radius": OPEN,
        "observed": OPEN, "expected": OPEN, "recurrence": OPEN,
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="sightings")
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="sightings")
    night = models.DateField()
    starts = models.DateField()
    ends = models.DateField()
    radius = models.FloatField()
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    recurrence = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "scan"], name="sighting_once")]

    def __str__(self) -> str:
        return f"{self.alarm_id} on {self.night}"


class Step(models.Model):
    """What a person did about an alarm."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "alarm": OPEN, "at": INTERNAL, "by": INTERNAL, "became": OPEN, "words": INTERNAL,
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    became = models.CharField(max_length=12, choices=[(s.value, s.value) for s in AlarmState])
    words = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.became}"
