"""What the pages of the incidents desk show, as values."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import h3
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openbeat.incidents import queries
from openbeat.incidents.queries import Filters, Incident
from openbeat.places import queries as places
from openbeat.web.ground import map_ground
from openbeat.web.incident_filters import WEEKDAYS, as_text
from openbeat.web.intake_pages import FIELDS
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge, Link
from openbeat.web.ui.charts import Basis, ColumnChart, Series
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import classes as scale
from openbeat.web.ui.tables import Column, Empty, Pages, Row, Table

CELLS = 8
"""Resolution of the map's cells: edge about 460 m."""
CELLS_LISTED = 20
CLASSES_LISTED = 12
CODES_LISTED = 25
SAID_BY = {"place": ("lon", "lat"), "offence": ("local_code", "offence_class_id")}
"""Fields of a profile that are several of an incident."""
PRECISION = {"hour": _("whole hour"), "day": _("date only"), "month": _("month only"), "minute": _("to the minute")}


def desk(request: Request, filters: Filters, page: queries.Page) -> dict[str, Any]:
    """Counts, map and table of the incidents that pass."""
    found = queries.breakdown(request.actor, filters)
    by_class = found.by_class
    total = sum(rows for _one, rows in by_class)
    cells = queries.counts_by_cell(request.actor, filters, resolution=CELLS) if total else []
    return {
        "total": total,
        "placed": sum(rows for _cell, rows in cells),
        "any": total > 0 or queries.span(request.actor) is not None,
        "table": _table(request, page, total),
        "map": _map(request, cells),
        "cells": _cells(cells),
        "by_class": _by_class(by_class, total),
        "hours": _hours(filters, found.by_hour),
        "weekdays": _weekdays(filters, found.by_weekday),
        "period": (filters.first, filters.last),
    }


def _table(request: Request, page: queries.Page, total: int) -> Table:
    rows = [
        Row(
            [
                one.occurred_from if one.hour is not None else one.day,
                one.offence_class.name if one.offence_class else Badge(_("No class yet"), "warn"),
                one.local_code,
                one.area_hint,
                one.source.title,
                PRECISION[one.precision],
            ],
            url=reverse("incident", args=[one.pk]),
        )
        for one in page.rows
    ]
    heads = [
        Column("at", _("Occurred"), kind="time"),
        Column("offence", _("Offence")),
        Column("code", _("Source's code"), kind="code"),
        Column("area", _("Area")),
        Column("source", _("Source")),
        Column("exact", _("Time")),
    ]
    empty = Empty(
        _("No incident passes these filters"),
        _("Widen the period, or choose more offences."),
        "map-pin",
        _("Show the last year"),
        reverse("incidents"),
    )
    newer = as_text(page.newer)
    pages = Pages(before=f"~{newer}" if newer else "", after=as_text(page.older))
    return Table(_("Incidents"), heads, rows, request.GET, pages=pages, empty=empty, now=request.now, total=total)


def _map(request: Request, cells: list[tuple[int, int]]) -> Map | None:
    if not cells:
        return None
    data = [{"cell": h3.int_to_str(cell), "value": rows} for cell, rows in cells]
    legend = Legend(_("Incidents"), _("per cell"), bounds=scale([float(rows) for _cell, rows in cells], 6), digits=0)
    return Map("incidents", _("Incidents by cell"), data=data, legend=legend, **_ground(request, cells))


def _ground(request: Request, cells: list[tuple[int, int]]) -> dict[str, Any]:
    """Outlines and tiles of the areas in force; without areas, the box of the cells themselves."""
    if request.agency is not None:
        day = request.now.astimezone(request.agency.tz).date()
        for area_set in places.area_sets_in_force(request.actor, request.agency.pk, day).values():
            return map_ground(request, cast("Any", area_set))
    centres = [h3.cell_to_latlng(h3.int_to_str(cell)) for cell, _rows in cells]
    lats, lons = [lat for lat, _lon in centres], [lon for _lat, lon in centres]
    return {"bounds": (min(lons), min(lats), max(lons), max(lats))}


def _cells(cells: list[tuple[int, int]]) -> Table:
    most = sorted(cells, key=lambda pair: -pair[1])[:CELLS_LISTED]
    rows = []
    for cell, count in most:
        lat, lon = h3.cell_to_latlng(h3.int_to_str(cell))
        rows.append(Row([h3.int_to_str(cell), count, f"{lat:.3f}, {lon:.3f}"]))
    heads = [
        Column("cell", _("Cell"), kind="code"),
        Column("rows", _("Incidents"), kind="number", digits=0),
        Column("at", _("Centre, latitude and longitude")),
    ]
    return Table(_t("The %(n)d cells with the most incidents") % {"n": len(rows)}, heads, rows)


def _by_class(counts: list[tuple[Any, int]], total: int) -> Table:
    rows = [
        Row([one.name if one else _("No class yet"), one.code if one else None, rows, 100 * rows / total, _use(one)])
        for one, rows in counts[:CLASSES_LISTED]
    ]
    heads = [
        Column("class", _("Offence")),
        Column("code", _("Class"), kind="code"),
        Column("rows", _("Incidents"), kind="number", digits=0),
        Column("share", _("Per cent"), kind="number", digits=1),
        Column("use", _("Forecasts")),
    ]
    return Table(_("By offence"), heads, rows)


def _use(offence_class: Any) -> Badge:
    if offence_class is None:
        return Badge(_("No class yet"), "warn")
    if offence_class.reported_by_victims:
        return Badge(_("May be used"), "good")
    return Badge(_("Never: found by patrols"), "neutral")


def _basis(filters: Filters, n: int) -> Basis:
    return Basis(n=n, period=f"{filters.first or '…'} – {filters.last or '…'}")


def _hours(filters: Filters, counts: list[int]) -> ColumnChart | None:
    if not sum(counts):
        return None
    most = max(range(24), key=lambda hour: counts[hour])
    return ColumnChart(
        finding=_t("Most incidents fall in the hour from %(hour)02d:00") % {"hour": most},
        what=_("Incidents by hour"),
        unit=_("incidents"),
        labels=[f"{hour:02}" for hour in range(24)],
        label_name=_("Hour"),
        series=(Series(_("Incidents"), counts),),
        basis=_basis(filters, sum(counts)),
    )


def _weekdays(filters: Filters, counts: list[int]) -> ColumnChart | None:
    if not sum(counts):
        return None
    names = [str(words) for _day, words in WEEKDAYS]
    most = max(range(7), key=lambda day: counts[day])
    return ColumnChart(
        finding=_t("Most incidents fall on %(day)s") % {"day": names[most]},
        what=_("Incidents by weekday"),
        unit=_("incidents"),
        labels=names,
        label_name=_("Weekday"),
        series=(Series(_("Incidents"), counts),),
        basis=_basis(filters, sum(counts)),
    )


def one(request: Request, incident: Incident) -> dict[str, Any]:
    """One incident with where each field comes from and what it said before."""
    said = {
        _("Offence"): str(incident.offence_class) if incident.offence_class else None,
        _("Source's code"): incident.local_code,
        _("Occurred"): f"{_local(incident)} ({PRECISION[incident.precision]})",
        _("Position"): f"{incident.lat:.5f}, {incident.lon:.5f}" if incident.lat is not None else None,
        _("Cell"): h3.int_to_str(incident.cell) if incident.cell is not None else None,
        _("Area, as the source names it"): incident.area_hint,
        _("Arrest"): _yes(incident.arrest),
        _("Domestic"): _yes(incident.domestic),
        _("Feeds forecasts"): _yes(_feeds(incident)),
        _("Source"): incident.source.title,
        _("The source's id"): incident.source_key,
    }
    crumbs = [{"name": _("Incidents"), "url": reverse("incidents")}]
    return {
        "incident": incident,
        "facts": list(said.items()),
        "provenance": _provenance(request, incident),
        "history": _history(request, incident),
        "crumbs": crumbs,
    }


def _local(incident: Incident) -> str:
    if incident.hour is None:
        return f"{incident.day:%Y-%m-%d}"
    return f"{incident.occurred_from.astimezone(incident.agency.tz):%Y-%m-%d %H:%M}"


def _yes(value: bool | None) -> Any:  # noqa: FBT001 a value to be put in words
    return None if value is None else _("yes") if value else _("no")


def _feeds(incident: Incident) -> bool:
    known = incident.offence_class
    return bool(known and known.reported_by_victims and not incident.patrol_found and incident.cell is not None)


def _provenance(request: Request, incident: Incident) -> Table:
    """Field by field: the column of the file that told it."""
    rows = []
    for field, column in incident.batch.fields.items():
        later = next(
            (incident.provenance[name] for name in SAID_BY.get(field, (field,)) if name in incident.provenance), ""
        )
        batch = (queries.batch(request.actor, UUID(later)) if later else None) or incident.batch
        rows.append(Row([FIELDS.get(field, field), batch.fields.get(field, column), batch.file_name, batch.at]))
    heads = [
        Column("field", _("Field")),
        Column("column", _("Column of the file"), kind="code"),
        Column("file", _("File")),
        Column("at", _("Brought in"), kind="time"),
    ]
    return Table(_("Where each field comes from"), heads, rows, now=request.now)


def _history(request: Request, incident: Incident) -> Table | None:
    rows = [
        Row([version.at, field, str(before) if before is not None else None, version.batch.file_name])
        for version in queries.history(request.actor, incident)
        for field, before in version.before.items()
    ]
    heads = [
        Column("at", _("Changed"), kind="time"),
        Column("field", _("Field")),
        Column("before", _("Said before")),
        Column("by", _("By the file")),
    ]
    return Table(_("What it said before"), heads, rows, now=request.now) if rows else None


def offences(request: Request, *, may: bool) -> dict[str, Any]:
    """The classes in use with their arrest shares, and a source's own codes."""
    sources = list(queries.sources(request.actor))
    asked = request.GET.get("source", "")
    source = next((one for one in sources if str(one.pk) == asked), sources[0] if sources else None)
    shares = {one.offence_class.pk: one for one in queries.arrest_shares(request.actor)}
    rows = [_class_row(one, count, shares.get(one.pk)) for one, count in queries.classes_present(request.actor)]
    heads = [
        Column("class", _("Offence")),
        Column("code", _("Class"), kind="code"),
        Column("rows", _("Incidents"), kind="number", digits=0),
        Column("share", _("Arrests, per cent"), kind="number", digits=0),
        Column("use", _("Forecasts")),
        Column("why", _("Why")),
    ]
    empty = Empty(
        _("No classes in use yet"),
        _("They come with the first import."),
        "tag",
        _("Import a file"),
        reverse("import_upload"),
    )
    return {
        "classes": Table(_("Classes in use"), heads, rows, empty=empty),
        "sources": sources,
        "source": source,
        "codes": Paginator(queries.local_codes(request.actor, source), CODES_LISTED).get_page(request.GET.get("page"))
        if source
        else [],
        "known": queries.offence_classes(request.actor),
        "may": may,
        "crumbs": [{"name": _("Incidents"), "url": reverse("incidents")}],
    }


def _class_row(one: Any, count: int, share: Any) -> Row:
    use = Badge(_("Look: many arrests"), "warn") if share and share.flagged and one.reported_by_victims else _use(one)
    link = Link(one.name, f"{reverse('incidents')}?offence={one.pk}")
    return Row([link, one.code, count, 100 * share.share if share else None, use, _t(one.reason)])
