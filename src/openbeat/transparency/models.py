"""Releases: what a named person published, month by month."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from openbeat.access import Sensitivity
from openbeat.accounts.models import Agency, Person
from openbeat.kernel.privacy import INTERNAL, OPEN, PrivacyMap
from openbeat.places.models import AreaSet
from openbeat.seeing.things import Columns, Thing


class Release(Thing):
    """One act of publishing: who, when, and the cards of the forecasts that were in use."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "author": OPEN, "made_at": OPEN, "area_set": OPEN, "forecasts": OPEN,
        "threshold": OPEN, "held_back": OPEN,
    }  # fmt: skip
    FACTS = Columns(sensitivity=Sensitivity.OPEN)

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="releases")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="releases")
    made_at = models.DateTimeField()
    area_set = models.ForeignKey(AreaSet, on_delete=models.PROTECT, related_name="+")
    forecasts = models.JSONField(default=list)
    threshold = models.PositiveSmallIntegerField()
    held_back = models.JSONField(default=list)
    """Months that could not be shown."""

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(threshold__gte=3), name="release_hides_small_counts")]
        indexes = [models.Index(fields=["agency", "-made_at"], name="release_newest")]

    def __str__(self) -> str:
        return f"release of {self.made_at:%Y-%m-%d}"


class MonthTable(Thing):
    """A month's counts as published."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "release": OPEN, "month": OPEN, "total": OPEN, "areas": OPEN, "classes": OPEN,
        "cells": OPEN,
    }  # fmt: skip
    FACTS = Columns(sensitivity=Sensitivity.OPEN)

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="months")
    month = models.DateField()
    total = models.PositiveIntegerField()
    areas = models.JSONField()
    """[[area's code, count or null], …]"""
    classes = models.JSONField()
    cells = models.JSONField()
    """[[H3 index of resolution 7, count in steps of five or null], …]"""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "month"], name="month_table_once_a_release")]
        indexes = [models.Index(fields=["agency", "month"], name="month_table_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class MonthBase(Thing):
    """The counts that a month's last release was made from: never shown, needed to hold back small changes."""

    PRIVACY: ClassVar[PrivacyMap] = {"id": INTERNAL, "agency": INTERNAL, "month": INTERNAL, "counts": INTERNAL}

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()
    counts = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "month"], name="month_base_once")]

    def __str__(self) -> str:
        return f"base of {self.month:%Y-%m}"
