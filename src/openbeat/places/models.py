"""Sets of areas and their cells, stations, extracts, and what is made of them: street networks and basemaps."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from openbeat.kernel.privacy import INTERNAL, OPEN, PrivacyMap
from openbeat.places.rules import Layer
from openbeat.places.states import State
from openbeat.seeing.things import Columns, Thing

STATES = [(state.value, state.value) for state in State]
LAYERS = [(layer.value, layer.value) for layer in Layer]


class AreaSet(Thing):
    """The areas of one layer as they stand from a day on: a later set of the same layer takes their place."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "layer": OPEN, "name": OPEN, "valid_from": OPEN, "source": OPEN,
        "attribution": OPEN, "count": OPEN, "km2": OPEN, "resolution": OPEN, "west": OPEN, "south": OPEN,
        "east": OPEN, "north": OPEN, "made_at": OPEN, "author_id": INTERNAL, "withdrawn_at": OPEN,
        "withdrawn_why": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(author="author_id")

    agency_id = models.UUIDField()
    layer = models.CharField(max_length=16, choices=LAYERS)
    name = models.CharField(max_length=120)
    valid_from = models.DateField()
    source = models.CharField(max_length=200)
    """The file's name."""
    attribution = models.TextField(blank=True)
    count = models.PositiveIntegerField()
    km2 = models.FloatField()
    resolution = models.PositiveSmallIntegerField()
    """H3 resolution of its cells."""
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    made_at = models.DateTimeField()
    author_id = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "layer", "valid_from"],
                condition=Q(withdrawn_at=None),
                name="area_set_once_a_layer_and_day",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_why=""), name="area_set_withdrawn_with_reason"
            ),
            models.CheckConstraint(condition=Q(west__lt=F("east"), south__lt=F("north")), name="area_set_has_ground"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        return (self.west, self.south, self.east, self.north)


class Area(Thing):
    """One area of a set: its code, its name and its ground as GeoJSON, exact and as a lighter outline for maps."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "area_set": OPEN, "code": OPEN, "name": OPEN, "geometry": OPEN, "outline": OPEN,
        "km2": OPEN, "lon": OPEN, "lat": OPEN,
    }  # fmt: skip

    agency_id = models.UUIDField()
    area_set = models.ForeignKey(AreaSet, on_delete=models.CASCADE, related_name="areas")
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=160)
    geometry = models.JSONField()
    outline = models.JSONField()
    km2 = models.FloatField()
    lon = models.FloatField()
    """Of a point inside, where its name is written."""
    lat = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area_set", "code"], name="area_code_once_a_set")]

    def __str__(self) -> str:
        return self.name


class AreaStatistic(Thing):
    """What another office says of each area of a set: numbers, or names of groups; never of people."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "area_set": OPEN, "name": OPEN, "source": OPEN, "values": OPEN,
        "residents": OPEN, "made_at": OPEN, "author_id": INTERNAL,
    }  # fmt: skip

    agency_id = models.UUIDField()
    area_set = models.ForeignKey(AreaSet, on_delete=models.CASCADE, related_name="statistics")
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=200)
    values = models.JSONField()
    """By the area's code."""
    residents = models.BooleanField(default=False)
    """Whether the numbers are counts of residents."""
    made_at = models.DateTimeField()
    author_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_set", "name"], name="area_statistic_once_a_set"),
            models.CheckConstraint(condition=~Q(source=""), name="area_statistic_names_its_source"),
        ]

    def __str__(self) -> str:
        return self.name


class AreaCell(models.Model):
    """Which area of a set an H3 cell belongs to: counting by area joins here."""

    PRIVACY: ClassVar[PrivacyMap] = {"id": OPEN, "agency_id": OPEN, "area_set": OPEN, "area": OPEN, "cell": OPEN}

    id = models.BigAutoField(primary_key=True)
    agency_id = models.UUIDField()
    area_set = models.ForeignKey(AreaSet, on_delete=models.CASCADE, related_name="cells", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="cells")
    cell = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area_set", "cell"], name="area_cell_once_a_set")]

    def __str__(self) -> str:
        return f"{self.cell:x}"


class Station(Thing):
    """Where units start and end their shifts."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "code": OPEN, "name": OPEN, "lon": OPEN, "lat": OPEN,
    }  # fmt: skip

    agency_id = models.UUIDField()
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    lon = models.FloatField()
    lat = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "code"], name="station_code_once"),
            models.CheckConstraint(
                condition=Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90), name="station_on_earth"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Extract(Thing):
    """Street data as the agency gave them: an OpenStreetMap extract, or lists of nodes and edges."""

    class Kind(models.TextChoices):
        OSM = "osm"
        LISTS = "lists"

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "kind": OPEN, "name": OPEN, "size": OPEN, "sha256": OPEN, "attribution": OPEN,
        "received_at": OPEN, "author_id": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(author="author_id")

    agency_id = models.UUIDField()
    kind = models.CharField(max_length=5, choices=Kind.choices)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    attribution = models.TextField()
    received_at = models.DateTimeField()
    author_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return self.name


class StreetNetwork(Thing):
    """How travel times are made: over an extract's streets or, without one, great circle × 1.3 at a stated speed."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "extract": OPEN, "state": OPEN, "kmh": OPEN, "facts_told": OPEN, "made_at": OPEN,
        "finished_at": OPEN, "failure": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state")

    agency_id = models.UUIDField()
    extract = models.ForeignKey(Extract, null=True, on_delete=models.PROTECT, related_name="networks")
    state = models.CharField(max_length=8, choices=STATES, default=State.WAITING)
    kmh = models.FloatField(null=True)
    """The one speed that is stated, for lists and for the great circle."""
    facts_told = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(extract__isnull=False) | Q(kmh__isnull=False, kmh__gt=0),
                name="streets_or_stated_speed",
            ),
            models.CheckConstraint(condition=~Q(state=State.FAILED) | ~Q(failure=""), name="streets_failed_with_words"),
        ]

    def __str__(self) -> str:
        return f"streets {self.state}"


class Basemap(Thing):
    """The background of every map, made from the agency's own extract and served by ourselves."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "agency_id": OPEN, "extract": OPEN, "state": OPEN, "tiles": OPEN, "size": OPEN, "west": OPEN,
        "south": OPEN, "east": OPEN, "north": OPEN, "snapshot": OPEN, "made_at": OPEN, "finished_at": OPEN,
        "failure": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(state="state")

    agency_id = models.UUIDField()
    extract = models.ForeignKey(Extract, on_delete=models.PROTECT, related_name="basemaps")
    state = models.CharField(max_length=8, choices=STATES, default=State.WAITING)
    tiles = models.PositiveIntegerField(null=True)
    size = models.PositiveBigIntegerField(null=True)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    snapshot = models.CharField(max_length=10, blank=True)
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.READY) | Q(tiles__isnull=False, tiles__gt=0, west__isnull=False),
                name="basemap_ready_has_tiles",
            ),
            models.CheckConstraint(condition=~Q(state=State.FAILED) | ~Q(failure=""), name="basemap_failed_with_words"),
        ]

    def __str__(self) -> str:
        return f"basemap {self.state}"
