"""Questions about incidents: pages, counts, cells of a map, history, and the arrays that a forecast is made from."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, Count, F, Func, IntegerField, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth
from numpy.typing import NDArray

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.incidents.models import Batch, Incident, LocalCode, OffenceClass, Source, Version
from openbeat.incidents.rules import Precision, Scheme, arrest_flagged, require_reported
from openbeat.kernel.errors import NotFound
from openbeat.seeing.visible import visible

__all__ = ["Incident", "OffenceClass"]  # edges name the types; models they hold none

PAGE = 50
SLACK = timedelta(days=1)
NEWEST = ("-occurred_from", "-id")
OLDEST = ("occurred_from", "id")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which incidents: empty means all. Days are local and inclusive, weekdays ISO (1 is Monday), hours 0 to 23."""

    classes: tuple[str, ...] = ()
    sources: tuple[UUID, ...] = ()
    first: date | None = None
    last: date | None = None
    hours: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    cells: tuple[int, ...] | None = None
    """H3 cells of `resolution` that hold the area asked for; None: everywhere."""
    resolution: int = 10
    unmapped: bool = False
    """Only incidents whose local code has no class yet."""


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list, newest first: the moment and id of an incident."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Page:
    """Some incidents, newest first, and whether there are newer and older ones."""

    rows: list[Incident]
    newer: Cursor | None
    older: Cursor | None


@dataclass(frozen=True, slots=True)
class ArrestShare:
    """A class's rows for which the source tells of arrests, the share of them, and whether it is above 0.6."""

    offence_class: OffenceClass
    rows: int
    share: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """What a forecast may know, (n,) each: times and ends of the span (UTC, µs), degrees, class names."""

    times: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    classes: NDArray[np.object_]
    since: date
    """The first day of the agency's records of these classes."""


class ParentCell(Func):
    """An incident's cell at a coarser resolution."""

    function = "openbeat_parent"
    output_field = BigIntegerField()

    def __init__(self, resolution: int) -> None:
        super().__init__(F("cell"), Value(resolution, output_field=IntegerField()))


def offence_classes(
    actor: Actor, *, scheme: Scheme | None = None, reported: bool | None = None
) -> QuerySet[OffenceClass]:
    """The classes of the code lists; they are the same for everyone."""
    found = OffenceClass.objects.all()
    if scheme is not None:
        found = found.filter(scheme=scheme.value)
    return found if reported is None else found.filter(reported_by_victims=reported)


def offence_class(actor: Actor, key: str) -> OffenceClass | None:
    """The class of this key or code, or none where nothing is said."""
    if not key.strip():
        return None
    found = OffenceClass.objects.filter(Q(pk=key.strip()) | Q(scheme=Scheme.NIBRS, code=key.strip())).first()
    if found is None:
        raise NotFound("no list has a class {key}", mend="choose one of the classes offered", key=key)
    return found


def classes_present(actor: Actor, *, reported: bool | None = None) -> list[tuple[OffenceClass, int]]:
    """The classes of which there are incidents in reach, with their number as last counted, the most first."""
    codes = visible(actor, Permission.INCIDENT_VIEW, LocalCode.objects.filter(incidents__gt=0))
    counts = dict(codes.exclude(offence_class=None).values_list("offence_class").annotate(Sum("incidents")).order_by())
    found = offence_classes(actor, reported=reported).filter(pk__in=counts)
    return sorted(((one, counts[one.pk]) for one in found), key=lambda pair: -pair[1])


def sources(actor: Actor) -> QuerySet[Source]:
    """The sources in reach."""
    return visible(actor, Permission.INCIDENT_VIEW, Source.objects.all()).order_by("title")


def local_codes(actor: Actor, source: Source) -> QuerySet[LocalCode]:
    """A source's own codes, those without a class first."""
    seen = visible(actor, Permission.INCIDENT_VIEW, LocalCode.objects.all())
    return (
        seen.filter(source=source)
        .select_related("offence_class")
        .order_by(F("offence_class").asc(nulls_first=True), "code")
    )


def codes_without_class(actor: Actor) -> list[tuple[UUID, str, int, int]]:
    """Sources with codes that mean no class yet: id, title, how many codes, how many incidents with them."""
    seen = visible(actor, Permission.INCIDENT_VIEW, LocalCode.objects.filter(offence_class=None, incidents__gt=0))
    found = seen.order_by().values_list("source", "source__title").annotate(Count("pk"), Sum("incidents"))
    return sorted(found, key=lambda one: -one[3])


def local_code(actor: Actor, code_id: UUID | str) -> LocalCode:
    """One local code in reach."""
    found = visible(actor, Permission.INCIDENT_VIEW, LocalCode.objects.all()).filter(pk=code_id).first()
    if found is None:
        raise NotFound("there is no such code, or it is not yours to see")
    return found


def incidents(actor: Actor, filters: Filters = EVERYTHING) -> QuerySet[Incident]:
    """The incidents in reach that pass the filters, in no order."""
    found = _seen(actor).filter(_condition(filters))
    if filters.cells is None:
        return found
    return found.alias(around=ParentCell(filters.resolution)).filter(around__in=filters.cells)


def numbered(actor: Actor, number: str) -> QuerySet[Incident]:
    """The incidents in reach that their source knows by this number, whichever source it is."""
    return _seen(actor).filter(source__in=list(sources(actor)), source_key=number).select_related("source")


def _seen(actor: Actor) -> QuerySet[Incident]:
    return visible(actor, Permission.INCIDENT_VIEW, Incident.objects.all())


def _condition(filters: Filters) -> Q:
    asked = {
        "offence_class__in": filters.classes,
        "source__in": filters.sources,
        # a local day lies within a day of UTC's: these two let the index of moments be used
        "occurred_from__gte": filters.first and _midnight(filters.first - SLACK),
        "occurred_from__lt": filters.last and _midnight(filters.last + 2 * SLACK),
        "day__gte": filters.first,
        "day__lte": filters.last,
        "hour__in": filters.hours,
        "day__iso_week_day__in": filters.weekdays,
    }
    found = Q(**{lookup: value for lookup, value in asked.items() if value})
    return found & Q(offence_class=None) if filters.unmapped else found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def page(actor: Actor, filters: Filters, *, older: Cursor | None = None, newer: Cursor | None = None) -> Page:
    """Incidents next to a place in the list; without one, the newest."""
    rows = incidents(actor, filters).select_related("offence_class", "source")
    if newer is not None:
        beyond = Q(occurred_from__gt=newer.at) | Q(occurred_from=newer.at, id__gt=newer.id)
        found = list(rows.filter(beyond).order_by(*OLDEST)[: PAGE + 1])
        kept = found[:PAGE][::-1]
        return _page(kept, more_newer=len(found) > PAGE, more_older=True)
    beyond = Q()
    if older is not None:
        # the first condition alone lets the index be entered at the right place
        beyond = Q(occurred_from__lte=older.at) & (Q(occurred_from__lt=older.at) | Q(id__lt=older.id))
    found = list(rows.filter(beyond).order_by(*NEWEST)[: PAGE + 1])
    return _page(found[:PAGE], more_newer=older is not None, more_older=len(found) > PAGE)


def _page(rows: list[Incident], *, more_newer: bool, more_older: bool) -> Page:
    def at(row: Incident) -> Cursor:
        return Cursor(row.occurred_from, row.id)

    return Page(rows, at(rows[0]) if rows and more_newer else None, at(rows[-1]) if rows and more_older else None)


def incident(actor: Actor, incident_id: UUID | str) -> Incident:
    """One incident in reach."""
    found = _seen(actor).filter(pk=incident_id).select_related("offence_class", "source", "batch").first()
    if found is None:
        raise NotFound("there is no such incident, or it is not yours to see")
    return found


def history(actor: Actor, incident: Incident) -> QuerySet[Version]:
    """What an incident said before, the latest change first."""
    seen = visible(actor, Permission.INCIDENT_VIEW, Version.objects.all())
    return seen.filter(incident=incident).select_related("batch").order_by("-at")


def batch(actor: Actor, batch_id: UUID | str) -> Batch | None:
    """A batch in reach: which columns of which file its fields came from."""
    return visible(actor, Permission.INCIDENT_VIEW, Batch.objects.all()).filter(pk=batch_id).first()


# Counting


def total(actor: Actor, filters: Filters = EVERYTHING) -> int:
    """How many incidents pass."""
    return incidents(actor, filters).count()


def counts_by_class(actor: Actor, filters: Filters = EVERYTHING) -> list[tuple[OffenceClass | None, int]]:
    """Incidents of each class, the most first; None: no class yet."""
    found = incidents(actor, filters).values_list("offence_class").annotate(Count("pk")).order_by()
    named = {one.pk: one for one in offence_classes(actor)}
    return sorted(((named.get(pk), rows) for pk, rows in found), key=lambda pair: -pair[1])


def counts_by_hour(actor: Actor, filters: Filters = EVERYTHING) -> list[int]:
    """(24,) incidents of each hour of the day, those whose source tells no hour left out."""
    found = incidents(actor, filters).exclude(hour=None).values_list("hour").annotate(Count("pk")).order_by()
    counts = dict(found)
    return [counts.get(hour, 0) for hour in range(24)]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The incidents that pass, counted in one go: by class, by hour (24,) and by weekday from Monday (7,)."""

    by_class: list[tuple[OffenceClass | None, int]]
    by_hour: list[int]
    by_weekday: list[int]


def breakdown(actor: Actor, filters: Filters = EVERYTHING) -> Breakdown:
    """By class, hour and weekday together: one walk through the records in place of three."""
    keys = ("offence_class", "hour", ExtractIsoWeekDay("day"), "precision")
    classes: Counter[str | None] = Counter()
    hours: Counter[int | None] = Counter()
    days: Counter[int] = Counter()
    for key, hour, day, precision, rows in (
        incidents(actor, filters).values_list(*keys).annotate(Count("pk")).order_by()
    ):
        classes[key] += rows
        hours[hour] += rows
        days[day] += rows if precision != Precision.MONTH else 0
    named = {one.pk: one for one in offence_classes(actor)}
    by_class = [(named.get(key or ""), rows) for key, rows in classes.most_common()]
    return Breakdown(by_class, [hours[hour] for hour in range(24)], [days[day] for day in range(1, 8)])


def counts_by_month(actor: Actor, filters: Filters = EVERYTHING) -> list[tuple[date, int]]:
    """Incidents of each month, in order."""
    by_month = incidents(actor, filters).annotate(month=TruncMonth("day")).values_list("month")
    return list(by_month.annotate(Count("pk")).order_by("month"))


def counts_by_cell(actor: Actor, filters: Filters = EVERYTHING, *, resolution: int = 8) -> list[tuple[int, int]]:
    """Incidents of each H3 cell of a resolution; those without a place left out."""
    placed = incidents(actor, filters).exclude(cell=None)
    return list(placed.values_list(ParentCell(resolution)).annotate(Count("pk")).order_by())


def span(actor: Actor) -> tuple[date, date] | None:
    """The first and the last day of the incidents in reach."""
    first = _seen(actor).order_by("occurred_from").values_list("day", flat=True).first()
    last = _seen(actor).order_by("-occurred_from").values_list("day", flat=True).first()
    return (first, last) if first and last else None


def arrest_shares(actor: Actor) -> list[ArrestShare]:
    """Of each class whose source tells of arrests, their share; above 0.6 it looks discovered by patrols."""
    codes = visible(actor, Permission.INCIDENT_VIEW, LocalCode.objects.filter(arrests_told__gt=0))
    found = codes.exclude(offence_class=None).values("offence_class").order_by()
    named = {one.pk: one for one in offence_classes(actor)}
    shares = [
        ArrestShare(
            named[one["offence_class"]],
            one["told"],
            one["made"] / one["told"],
            arrest_flagged(one["told"], one["made"]),
        )
        for one in found.annotate(told=Sum("arrests_told"), made=Sum("arrests"))
    ]
    return sorted(shares, key=lambda one: -one.share)


# For forecasts


def feed(actor: Actor, agency: Agency, *, classes: Sequence[OffenceClass], until: date) -> Feed:
    """Times, places and classes of an agency's incidents before a day; classes that patrols discover are refused.

    Spans: a whole hour, day or month where the source tells no more. Incidents without a place are left out, and so
    are those that patrols found within a class that victims report.
    """
    require_reported((one.name, one.reported_by_victims) for one in classes)
    names = {one.pk: one.name for one in classes}
    wanted = _seen(actor).filter(agency=agency, offence_class__in=names, day__lt=until)
    rows = _copied(wanted.exclude(cell=None).exclude(patrol_found=True).order_by(*OLDEST))
    rows = rows.with_columns(_end(agency.zone).alias("ends"))
    return Feed(
        times=rows["starts"].to_numpy().astype("datetime64[us]"),
        ends=rows["ends"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]"),
        lon=rows["lon"].to_numpy(),
        lat=rows["lat"].to_numpy(),
        classes=rows["class"].replace_strict(names, default=None, return_dtype=pl.String).to_numpy(),
        since=wanted.aggregate(first=Min("day"))["first"] or until,
    )


FED = {
    "starts": (pl.Int64, F("occurred_from")),
    "stops": (pl.Int64, F("occurred_to")),
    "precision": (pl.String, F("precision")),
    "lon": (pl.Float64, F("lon")),
    "lat": (pl.Float64, F("lat")),
    "class": (pl.String, F("offence_class_id")),
}


class Micros(Func):
    """A moment as microseconds since 1970, UTC."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


def _copied(rows: QuerySet[Incident]) -> pl.DataFrame:
    """The rows' fed columns by COPY: a million in a second or two, and no object for each."""
    wanted = [Micros(field) if kind is pl.Int64 else field for kind, field in FED.values()]
    schema = {name: kind for name, (kind, _) in FED.items()}
    try:
        words, values = rows.values_list(*wanted).query.sql_with_params()
    except EmptyResultSet:
        return pl.DataFrame(schema=schema)
    with connection.cursor() as cursor, cursor.copy(f"COPY ({words}) TO STDOUT (FORMAT csv)", values) as copy:
        text = b"".join(copy)
    return pl.read_csv(io.BytesIO(text), has_header=False, schema=schema) if text else pl.DataFrame(schema=schema)


def _end(zone: str) -> pl.Expr:
    """The end of each incident's span (UTC): its own, or that of the hour, day or month it is known by."""
    start = pl.col("starts").cast(pl.Datetime("us", "UTC"))
    local = start.dt.convert_time_zone(zone)
    by_precision = (
        pl.when(pl.col("precision") == "hour")
        .then(start + pl.duration(hours=1))
        .when(pl.col("precision") == "day")
        .then(local.dt.offset_by("1d").dt.convert_time_zone("UTC"))
        .when(pl.col("precision") == "month")
        .then(local.dt.offset_by("1mo").dt.convert_time_zone("UTC"))
        .otherwise(start)
    )
    return pl.coalesce(pl.col("stops").cast(pl.Datetime("us", "UTC")), by_precision)
