"""Classes of offences, sources with their local codes, incidents, and what an incident said before."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from openbeat.accounts.models import Agency
from openbeat.incidents.rules import Precision, Scheme
from openbeat.kernel.privacy import INTERNAL, OPEN, PrivacyMap, personal
from openbeat.seeing.things import Thing

KEPT_YEARS = 10
"""An incident's exact place and time, which with local knowledge can point to a person."""


class OffenceClass(models.Model):
    """A class of a code list. Patrol-discovered classes can never be marked as reported by victims."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "scheme": OPEN, "code": OPEN, "name": OPEN, "group": OPEN, "against": OPEN, "iccs": OPEN,
        "federal_only": OPEN, "valid_from": OPEN, "valid_to": OPEN, "reported_by_victims": OPEN, "reason": OPEN,
    }  # fmt: skip

    id = models.CharField(primary_key=True, max_length=12)
    """Scheme and code: NIBRS-220."""
    scheme = models.CharField(max_length=8, choices=[(scheme.value, scheme.value) for scheme in Scheme])
    code = models.CharField(max_length=8)
    name = models.CharField(max_length=120)
    group = models.CharField(max_length=1, blank=True)
    against = models.CharField(max_length=8, blank=True)
    iccs = models.CharField(max_length=2, blank=True)
    federal_only = models.BooleanField(default=False)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    reported_by_victims = models.BooleanField()
    reason = models.CharField(max_length=200)
    """Why it is held to be reported by victims, or not."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="offence_class_once"),
            # what a forecast refers to, so that the database itself refuses the other kind
            models.UniqueConstraint(fields=["id", "reported_by_victims"], name="offence_class_and_reported"),
            models.CheckConstraint(
                condition=Q(reported_by_victims=False)
                | ~Q(scheme=Scheme.NIBRS)
                | Q(group="A", against__in=["person", "property"]),
                name="offence_class_patrol_discovered_not_reported",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="offence_class_ends_after_start",
            ),
        ]
        ordering = ("scheme", "code")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Source(Thing):
    """Where records come from: a records system, a portal, another agency."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "name": OPEN, "title": OPEN, "licence": OPEN, "attribution": OPEN,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    licence = models.CharField(max_length=160, blank=True)
    attribution = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="source_once")]

    def __str__(self) -> str:
        return self.title


class LocalCode(Thing):
    """A source's own offence code and the class it means; none while nobody has said."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "source": OPEN, "code": OPEN, "name": OPEN, "offence_class": OPEN,
        "patrol_found": OPEN, "incidents": OPEN, "arrests_told": OPEN, "arrests": OPEN,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="local_codes")
    code = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    offence_class = models.ForeignKey(OffenceClass, null=True, on_delete=models.PROTECT, related_name="+")
    patrol_found = models.BooleanField(default=False)
    incidents = models.PositiveIntegerField(default=0)
    """How many there are with this code, counted after each batch; so are the next two."""
    arrests_told = models.PositiveIntegerField(default=0)
    """Of how many the source tells whether someone was arrested."""
    arrests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "code"], name="local_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Batch(Thing):
    """Records that came together: from which file, read how. The provenance of every incident points here."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency": OPEN, "source": OPEN, "at": OPEN, "file_name": INTERNAL, "sha256": INTERNAL,
        "profile": OPEN, "fields": OPEN, "withdrawn_at": OPEN,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    profile = models.CharField(max_length=64)
    fields = models.JSONField()
    """Field of an incident → column or columns of the file."""
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name


class Incident(Thing):
    """Something that happened, as its source tells it. `day` and `hour` are local to the agency."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": OPEN, "source": OPEN, "source_key": INTERNAL, "batch": INTERNAL,
        "provenance": INTERNAL, "fingerprint": INTERNAL, "offence_class": OPEN, "local_code": OPEN,
        "patrol_found": OPEN, "occurred_from": personal(years=KEPT_YEARS), "occurred_to": personal(years=KEPT_YEARS),
        "precision": OPEN, "day": OPEN, "hour": OPEN, "reported_at": personal(years=KEPT_YEARS),
        "lon": personal(years=KEPT_YEARS), "lat": personal(years=KEPT_YEARS), "cell": personal(years=KEPT_YEARS),
        "area_hint": OPEN, "arrest": INTERNAL, "domestic": personal(years=KEPT_YEARS),
    }  # fmt: skip

    # the database keeps these three and the class by two keys of its own, checked a slice at a time: see the migration
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    source_key = models.CharField(max_length=210, db_collation="C")
    """The source's own id, or a digest of the row where it has none."""
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="incidents", db_constraint=False)
    """The batch that first brought it."""
    provenance = models.JSONField(default=dict)
    """Field → batch, for those that a later batch changed."""
    fingerprint = models.CharField(max_length=24, db_collation="C")
    offence_class = models.ForeignKey(
        OffenceClass, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    local_code = models.CharField(max_length=200)
    patrol_found = models.BooleanField(default=False)
    occurred_from = models.DateTimeField()
    occurred_to = models.DateTimeField(null=True)
    precision = models.CharField(max_length=6, choices=[(value.value, value.value) for value in Precision])
    day = models.DateField()
    hour = models.PositiveSmallIntegerField(null=True)
    """Null where the source tells no hour."""
    reported_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    cell = models.BigIntegerField(null=True)
    """H3, resolution 11; `openbeat_parent(cell, resolution)` gives the coarser ones."""
    area_hint = models.CharField(max_length=120, null=True)
    """The area as the source names it."""
    arrest = models.BooleanField(null=True)
    domestic = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "source", "source_key"], name="incident_once_a_source"),
            models.CheckConstraint(
                condition=Q(lon=None, lat=None, cell=None)
                | Q(
                    lon__isnull=False,
                    lat__isnull=False,
                    cell__isnull=False,
                    lon__range=(-180, 180),
                    lat__range=(-90, 90),
                ),
                name="incident_place_whole_or_none",
            ),
            models.CheckConstraint(
                condition=Q(occurred_to=None) | Q(occurred_to__gte=F("occurred_from")),
                name="incident_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(precision__in=["minute", "hour"], hour__isnull=False, hour__range=(0, 23))
                | Q(precision__in=["day", "month"], hour=None),
                name="incident_hour_only_where_told",
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-occurred_from", "-id"], name="incident_newest"),
            models.Index(fields=["agency", "offence_class", "day", "hour"], name="incident_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.local_code} {self.day:%Y-%m-%d}"


class Version(Thing):
    """What an incident said before a later batch changed it."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "incident": INTERNAL, "batch": INTERNAL, "at": INTERNAL,
        "before": personal(years=KEPT_YEARS), "provenance": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="versions")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    """The batch that changed it."""
    at = models.DateTimeField()
    before = models.JSONField()
    """Changed field → what it said before."""
    provenance = models.JSONField(default=dict)
    """The provenance as it was before."""

    def __str__(self) -> str:
        return f"before {self.at:%Y-%m-%d}"
