"""Questions about what is published, and what could be."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import h3
import numpy as np
from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.access.actors import resident, service
from openbeat.accounts.identity import Agency
from openbeat.forecast import queries as forecasts
from openbeat.forecast.states import State
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotFound
from openbeat.places import queries as places
from openbeat.places.queries import AreaSet
from openbeat.seeing.visible import visible
from openbeat.transparency.models import MonthBase, MonthTable, Release
from openbeat.transparency.rules import CELL_RESOLUTION, Month, publishable

__all__ = [
    "Agency",
    "MonthTable",
    "Release",
    "anyone",
    "area_names",
    "area_shapes",
    "cards_in_use",
    "month",
    "month_tables",
    "publishing_agencies",
    "publishing_agency",
    "releases",
]

SCORES = ("hit_rate@0.01", "hit_rate@0.02", "hit_rate@0.05", "hit_rate@0.1", "pai@0.05", "observed_to_expected")


def publishing_agency(actor: Actor, slug: str) -> Agency:
    """An agency that publishes, by the name in its address."""
    found = Agency.objects.filter(slug=slug, publishes=True).first()
    if found is None:
        raise NotFound("there is no such agency here", mend="see the list of agencies")
    return found


def publishing_agencies(actor: Actor) -> QuerySet[Agency]:
    """Every agency that publishes."""
    return Agency.objects.filter(publishes=True).order_by("name")


def anyone(actor: Actor, agency: Agency, source_address: str = "") -> Actor:
    """Everybody, reading what the agency publishes."""
    return resident(agency.id, source_address)


def releases(actor: Actor) -> QuerySet[Release]:
    """Releases in reach, newest first."""
    seen = visible(actor, Permission.PUBLICATION_VIEW, Release.objects.all())
    return seen.select_related("area_set").order_by("-made_at")


def area_names(actor: Actor, release: Release) -> dict[str, str]:
    """Code → name of the areas of a release, both open."""
    return dict(release.area_set.areas.values_list("code", "name"))


def area_shapes(actor: Actor, release: Release) -> list[tuple[str, str, Any]]:
    """Code, name and outline (GeoJSON geometry) of the areas of a release."""
    return list(release.area_set.areas.order_by("code").values_list("code", "name", "outline"))


def month_tables(actor: Actor) -> list[MonthTable]:
    """Each month as last released, in order."""
    seen = visible(actor, Permission.PUBLICATION_VIEW, MonthTable.objects.all()).select_related("release")
    newest = {table.month: table for table in seen.order_by("release__made_at")}
    return [newest[month] for month in sorted(newest)]


def month(actor: Actor, area_set: AreaSet, begin: date, end: date) -> Month | None:
    """What a month would show if it were released now; counted by the house, of this agency alone, for anybody.

    A month keeps the areas by which it was first released: two cuts of one ground give counts between them away.
    """
    if _by_other_areas(area_set, begin):
        return None
    filters, actor = incidents.Filters(first=begin, last=end), service(area_set.agency_id)
    by_cell = incidents.counts_by_cell(actor, filters, resolution=area_set.resolution)
    base = MonthBase.objects.filter(agency_id=area_set.agency_id, month=begin).first()
    classes = Counter[str]()
    for one, count in incidents.counts_by_class(actor, filters):
        classes[one.name if one else "not classified"] += count
    areas = _by_area(actor, area_set, by_cell)
    elsewhere = sum(classes.values()) - sum(areas.values())
    if elsewhere:
        areas["outside of the areas"] = elsewhere
    return publishable(areas, classes, _coarse(by_cell), base.counts if base else None)


def _by_other_areas(area_set: AreaSet, month: date) -> bool:
    released = MonthTable.objects.filter(agency_id=area_set.agency_id, month=month)
    return released.exclude(release__area_set_id=area_set.pk).exists()


def _by_area(actor: Actor, area_set: AreaSet, by_cell: list[tuple[int, int]]) -> Counter[str]:
    """Area's code → incidents; every area of the set has its count, nought among them."""
    found = places.cells_by_area(actor, area_set)
    codes = dict(places.areas(actor, area_set).values_list("id", "code"))
    names = [codes[key] for key in found.areas]
    counts = Counter(dict.fromkeys(names, 0))
    if not by_cell:
        return counts
    cells, numbers = (np.array(part, dtype=np.int64) for part in zip(*by_cell, strict=True))
    at = np.searchsorted(found.cells, cells)
    inside = (at < len(found.cells)) & (found.cells[np.minimum(at, len(found.cells) - 1)] == cells)
    sums = np.bincount(found.area[at[inside]], weights=numbers[inside], minlength=len(names))
    return Counter({name: int(value) for name, value in zip(names, sums, strict=True)})


def _coarse(by_cell: list[tuple[int, int]]) -> Counter[str]:
    counts = Counter[str]()
    for cell, count in by_cell:
        counts[h3.cell_to_parent(h3.int_to_str(cell), CELL_RESOLUTION)] += count
    return counts


def cards_in_use(actor: Actor, agency: Agency) -> list[dict[str, Any]]:
    """The cards of forecasts that were offered, withdrawn ones too, without what is only for the inside."""
    used = forecasts.runs(service(agency.pk)).filter(
        agency=agency, approved_at__isnull=False, state__in=[State.OFFERED, State.WITHDRAWN]
    )
    return [_card(dict(forecasts.card(actor, run))) for run in used[:50]]


def _card(card: dict[str, Any]) -> dict[str, Any]:
    report = card.pop("back_test") or {"models": {}, "origins": [], "events_scored": 0}
    card.pop("exposure")
    models = report["models"]
    scores = {
        name: {key: model["scores"][key] for key in SCORES if key in model["scores"]} for name, model in models.items()
    }
    return card | {"scores": scores, "tests": len(report["origins"]), "incidents_scored": report["events_scored"]}
