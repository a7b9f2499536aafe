"""What the pages of dosage show: lines by place and shift, what they come to, charts and a map with its table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.patrol.dosage import Dosage, Share, share
from openbeat.patrol.queries import ShiftDosage, Source, Spot
from openbeat.web.ground import map_ground
from openbeat.web.plan_board import ROOM, shift_day, shift_words
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.charts import BarChart, Basis, ColumnChart, Series
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Pages, Row, Table

A_PAGE = 100
AREAS = 15
"""Areas drawn in a chart; the table has all."""
MISSED = (0, 25, 50, 75, 100)
"""Lower bounds of the map's classes, per cent of the visits asked that were missed."""
SHOW = (
    ("", gettext_lazy("all")),
    ("never", gettext_lazy("never visited")),
    ("less", gettext_lazy("less than asked")),
    ("extra", gettext_lazy("visits nobody asked for")),
    ("close", gettext_lazy("too close in time")),
)
KEEPS: Mapping[str, Callable[[Dosage], bool]] = {
    "never": lambda line: line.never,
    "less": lambda line: line.met < line.asked,
    "extra": lambda line: line.extra > 0,
    "close": lambda line: line.close > 0,
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the shifts is shown: one area, one unit, one sort of places; empty is all."""

    area: str = ""
    unit: str = ""
    show: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One place in one shift."""

    shift: ShiftDosage
    spot: Spot
    dosage: Dosage


def units_of(shift: ShiftDosage) -> set[str]:
    """The units that the shift's plan is for, and those that gave visits."""
    tours = (shift.plan.solution or {"tours": []})["tours"]
    return {tour["unit"] for tour in tours} | {unit for line in shift.lines for unit in line.units}


def _asked_units(shift: ShiftDosage) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for tour in (shift.plan.solution or {"tours": []})["tours"]:
        for item in tour["items"]:
            if "place" in item:
                found[item["place"]].add(tour["unit"])
    return found


def rows(shifts: Iterable[ShiftDosage], chosen: Chosen) -> list[Line]:
    """The lines that are shown, in order of shift and place; a unit's are those that asked for it or had it."""
    found = []
    keep = KEEPS.get(chosen.show)
    for shift in shifts:
        asked = _asked_units(shift)
        for dosage in shift.lines:
            spot = shift.spots.get(dosage.place) or Spot(dosage.place, "", 0.0, 0.0)
            mine = not chosen.unit or chosen.unit in asked[dosage.place] | set(dosage.units)
            if mine and (keep is None or keep(dosage)) and chosen.area in ("", spot.area):
                found.append(Line(shift, spot, dosage))
    return found


def page(request: Request, shifts: Sequence[ShiftDosage], chosen: Chosen, *, alone: bool) -> dict[str, Any]:
    """Everything the page shows; `alone`: of one shift."""
    every = rows(shifts, Chosen(chosen.area, chosen.unit))
    shown = rows(shifts, chosen)
    over = [line for line in every if line.shift.over or alone]
    return {
        "any": bool(shifts),
        "running": sum(not shift.over for shift in shifts),
        "stats": stats(over, len({line.shift.plan.pk for line in over})),
        "never": never_table(over, alone=alone),
        "by_shift": None if alone else by_shift(over),
        "by_area": by_area(over, shifts),
        "map": dosage_map(request, over),
        "cells": cell_table(over),
        "table": table(request, shown, alone=alone),
        "rows": len(shown),
        "empty": _nothing(alone),
    }


def never_table(lines: Sequence[Line], *, alone: bool) -> Table | None:
    """Each place that a whole shift passed by, with the shifts that did; None where there is none."""
    missed = [line for line in lines if line.dosage.never]
    if not missed:
        return None
    shifts: dict[str, list[Line]] = defaultdict(list)
    for line in missed:
        shifts[line.spot.name].append(line)
    asked = Counter(line.spot.name for line in lines if line.dosage.asked)
    columns = [
        Column("area", _("Area")), Column("place", _("Cell"), kind="code"),
        Column("visits", _("Visits asked"), kind="number"), Column("minutes", _("Minutes asked"), kind="number"),
        Column("never", _("Shifts without a visit"), kind="number"), Column("of", _("of"), kind="number"),
        Column("when", _("Which shifts")),
    ]  # fmt: skip
    found = sorted(shifts.values(), key=lambda one: (-len(one), -_visits(one), one[0].spot.name))
    rows = [Row(_missed(one, asked[one[0].spot.name], alone=alone)) for one in found]
    caption = _("Places not visited yet") if alone and not lines[0].shift.over else _("Never visited")
    shown = columns[:4] if alone else columns
    note = "" if alone else _("Each place that was asked for in a shift and had no visit in it, most often first.")
    return Table(caption, shown, rows, dense=True, tall=True, stacks=False, total=len(rows), id="never", note=note)


def _visits(lines: Sequence[Line]) -> int:
    return sum(line.dosage.asked for line in lines)


def _missed(lines: Sequence[Line], asked: int, *, alone: bool) -> list[object]:
    first = lines[0]
    minutes = sum(line.dosage.minutes_asked for line in lines)
    cells: list[object] = [first.spot.area or _("outside of areas"), first.spot.name, _visits(lines), minutes]
    if alone:
        return cells
    return [*cells, len(lines), asked, ", ".join(shift_day(line.shift.plan) for line in lines)]


def _nothing(alone: bool) -> Empty:  # noqa: FBT001
    text = _("An approved plan whose shift has begun is shown here with what units told on their sheets.")
    return Empty(_("This plan is not approved") if alone else _("No shift in this period"), text, "route")


def by_plan(lines: Iterable[Line], part: Callable[[Dosage], tuple[int, int]]) -> Share:
    """A share with its interval between shifts."""
    sums: dict[Any, list[int]] = {}
    for line in lines:
        for at, value in enumerate(part(line.dosage)):
            sums.setdefault(line.shift.plan.pk, [0, 0])[at] += value
    return share((given, asked) for given, asked in sums.values())


def stats(lines: Sequence[Line], shifts: int) -> list[dict[str, Any]]:
    """What it comes to, in five numbers, with intervals between shifts where there are enough of them."""
    if not lines:
        return []
    visits = by_plan(lines, lambda one: (one.met, one.asked))
    minutes = by_plan(lines, lambda one: (one.minutes_given, one.minutes_asked))
    spaced = by_plan(lines, lambda one: (one.gaps - one.close, one.gaps))
    asked = sum(line.dosage.asked for line in lines)
    never, places = sum(line.dosage.never for line in lines), sum(line.dosage.asked > 0 for line in lines)
    extra = sum(line.dosage.extra for line in lines)
    told = ngettext("%(n)s shift", "%(n)s shifts", shifts) % {"n": number(shifts, 0)}
    return [
        _stat(_("Visits given"), visits, _("per cent of %(n)s asked") % {"n": number(asked, 0)}, told),
        _stat(_("Minutes given"), minutes, _("per cent of the minutes asked"), told),
        {"label": _("Never visited") if all(line.shift.over for line in lines) else _("Not visited yet"),
         "value": number(never, 0), "basis": told, "url": "#never" if never else "",
         "unit": _("of %(n)s places, each counted once a shift") % {"n": number(places, 0)}},
        {"label": _("Nobody asked for"), "value": number(extra, 0), "unit": _("visits to planned places"),
         "basis": told},
        _stat(_("Spacing kept"), spaced, _("per cent of pauses between visits to a place"), told),
    ]  # fmt: skip


def _stat(label: str, one: Share, unit: str, basis: str) -> dict[str, Any]:
    if one.value is None:
        return {"label": label, "value": "–", "unit": unit, "basis": _("none to count")}
    interval = ""
    if one.low is not None and one.high is not None:
        interval = f"{number(100 * one.low, 0)}–{number(100 * one.high, 0)}"
    return {"label": label, "value": number(100 * one.value, 0), "unit": unit, "interval": interval, "basis": basis}


def by_shift(lines: Sequence[Line]) -> ColumnChart | None:
    """The share of visits given in each shift."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        met, asked = sums.setdefault(shift_day(line.shift.plan), [0, 0])
        sums[shift_day(line.shift.plan)] = [met + line.dosage.met, asked + line.dosage.asked]
    kept = {words: 100 * met / asked for words, (met, asked) in sums.items() if asked}
    if len(kept) < 2:
        return None
    low, high = min(kept.values()), max(kept.values())
    return ColumnChart(
        finding=_("From %(low)s %% to %(high)s %% of the visits asked were given in a shift")
        % {"low": number(low, 0), "high": number(high, 0)},
        what=_("Visits given of those asked, by shift"), unit=_("per cent"), label_name=_("Shift"),
        basis=Basis(source=_("taps, positions and entries by hand"), n=sum(asked for _met, asked in sums.values())),
        labels=list(kept), series=(Series(_("Given"), list(kept.values())),),
    )  # fmt: skip


def by_area(lines: Sequence[Line], shifts: Sequence[ShiftDosage]) -> BarChart | None:
    """Minutes asked and given in each area."""
    asked, given = Counter[str](), Counter[str]()
    for line in lines:
        area = line.spot.area or _("outside of areas")
        asked[area] += line.dosage.minutes_asked
        given[area] += line.dosage.minutes_given
    if not given.total() or not asked.total():
        return None
    areas = [area for area, _minutes in asked.most_common(AREAS)]
    period = " … ".join(dict.fromkeys(shift_words(shift.plan) for shift in (shifts[0], shifts[-1])))
    return BarChart(
        finding=_("%(share)s %% of the minutes asked were given")
        % {"share": number(100 * given.total() / asked.total(), 0)},
        what=_("Minutes in each area, asked and given"), unit=_("minutes"), labels=areas, label_name=_("Area"),
        basis=Basis(_("taps, positions and entries by hand"), period, sum(line.dosage.given for line in lines)),
        series=(
            Series(_("Given"), [float(given[area]) for area in areas]),
            Series(_("Asked"), [float(asked[area]) for area in areas], plain=True),
        ),
    )  # fmt: skip


@dataclass(slots=True)
class _Cell:
    area: str
    spot: Spot
    shifts: int = 0
    asked: int = 0
    met: int = 0
    never: int = 0
    minutes: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.met / self.asked if self.asked else 0.0


def _cells(lines: Sequence[Line]) -> dict[str, _Cell]:
    found: dict[str, _Cell] = {}
    for line in lines:
        one = found.setdefault(line.spot.name, _Cell(line.spot.area, line.spot))
        one.shifts += line.dosage.asked > 0
        one.asked += line.dosage.asked
        one.met += line.dosage.met
        one.never += line.dosage.never
        one.minutes += line.dosage.minutes_given
    return {name: one for name, one in found.items() if one.asked}


def dosage_map(request: Request, lines: Sequence[Line]) -> Map | None:
    """Each planned place with the share of its visits that were missed: the dark ones need a look."""
    found = _cells(lines)
    if not found:
        return None
    data = [{"cell": name, "value": round(100 - one.percent, 1)} for name, one in found.items()]
    lons, lats = [one.spot.lon for one in found.values()], [one.spot.lat for one in found.values()]
    around = (min(lons) - ROOM, min(lats) - ROOM, max(lons) + ROOM, max(lats) + ROOM)
    ground = map_ground(request, lines[-1].shift.plan.forecast.area_set) | {"bounds": around}
    legend = Legend(_("Visits missed of those asked"), _("per cent"), MISSED, digits=0)
    return Map("surface", _("Where asked visits were missed"), id="dosage", data=data, legend=legend, **ground)


def cell_table(lines: Sequence[Line]) -> Table:
    """The map as a table: each place over all shifts, least given first."""
    columns = [
        Column("area", _("Area")),
        Column("place", _("Cell"), kind="code"),
        Column("share", _("Given, %"), kind="number", digits=0),
        Column("met", _("Visits given"), kind="number"),
        Column("asked", _("of asked"), kind="number"),
        Column("shifts", _("Shifts"), kind="number"),
        Column("never", _("Shifts without a visit"), kind="number"),
        Column("minutes", _("Minutes given"), kind="number"),
    ]
    found = sorted(_cells(lines).items(), key=lambda pair: (pair[1].percent, -pair[1].asked, pair[0]))
    told = [
        Row([one.area, name, one.percent, one.met, one.asked, one.shifts, one.never, one.minutes])
        for name, one in found
    ]
    return Table(_("Places, least given first"), columns, told, dense=True, tall=True, stacks=False, show_caption=False)


COLUMNS = (
    Column("shift", gettext_lazy("Shift"), sortable=True),
    Column("area", gettext_lazy("Area"), sortable=True),
    Column("place", gettext_lazy("Cell"), kind="code", sortable=True),
    Column("asked", gettext_lazy("Visits asked"), kind="number", sortable=True),
    Column("met", gettext_lazy("of them given"), kind="number", sortable=True),
    Column("extra", gettext_lazy("Nobody asked for"), kind="number", sortable=True),
    Column("minutes_asked", gettext_lazy("Minutes asked"), kind="number", sortable=True),
    Column("minutes_given", gettext_lazy("Minutes given"), kind="number", sortable=True),
    Column(
        "close", gettext_lazy("Too close"), kind="number", sortable=True,
        hint=gettext_lazy("Pauses between visits shorter than the plan's spacing"),
    ),
    Column("units", gettext_lazy("Units"), sortable=True),
    Column("known", gettext_lazy("Known from")),
)  # fmt: skip


def _key(name: str) -> Callable[[Line], Any]:
    keys: dict[str, Callable[[Line], Any]] = {
        "shift": lambda line: line.shift.plan.starts,
        "area": lambda line: line.spot.area,
        "place": lambda line: line.spot.name,
        "units": lambda line: line.dosage.units,
    }
    return keys.get(name) or (lambda line: getattr(line.dosage, name))


def table(request: Request, lines: Sequence[Line], *, alone: bool) -> Table:
    """Each place and shift, least given first unless the address says otherwise."""
    columns = [column for column in COLUMNS if not (alone and column.key == "shift")]
    order = request.GET.get("sort", "")
    name = order.removeprefix("-")
    if name in {column.key for column in columns if column.sortable}:
        ordered = sorted(lines, key=_key(name), reverse=order.startswith("-"))
    else:
        ordered = sorted(lines, key=lambda line: (line.dosage.met - line.dosage.asked, line.spot.name))
        order = ""
    page = Paginator(ordered, A_PAGE).get_page(request.GET.get("page"))
    found = [_row(line, alone=alone) for line in page.object_list]
    pages = None
    if page.paginator.num_pages > 1:
        pages = Pages(page.number, page.paginator.num_pages, "", "", page.start_index(), page.end_index(), len(ordered))
    empty = Empty(_("No place is like that"), _("Choose other places, or all of them."), "check")
    return Table(
        _("Places and shifts"), columns, found, request.GET, sort=order, pages=pages, dense=True, empty=empty,
        id="lines", total=len(ordered),
    )  # fmt: skip


def _row(line: Line, *, alone: bool) -> Row:
    one = line.dosage
    given: object = Badge(_("never"), "warn") if one.never else one.met
    if one.never and not line.shift.over:
        given = Badge(_("not yet"), "neutral")
    cells: list[object] = [
        line.spot.area or _("outside of areas"), line.spot.name, one.asked, given, one.extra, one.minutes_asked,
        one.minutes_given, one.close, ", ".join(one.units), ", ".join(str(Source(each).label) for each in one.sources),
    ]  # fmt: skip
    if alone:
        return Row(cells)
    return Row([shift_words(line.shift.plan), *cells], url=reverse("plan_dosage", args=[line.shift.plan.pk]))


def plain(lines: Sequence[Line]) -> list[list[object]]:
    """The lines as a file has them: English names of columns, bare numbers."""
    head: list[object] = [
        "plan", "shift_begins", "area", "cell", "visits_asked", "visits_given", "asked_and_given", "nobody_asked_for",
        "minutes_asked", "minutes_given", "pauses", "pauses_too_close", "units", "known_from", "never_visited",
        "shift_over",
    ]  # fmt: skip
    return [head, *(_plain(line) for line in lines)]


def _plain(line: Line) -> list[object]:
    one, plan = line.dosage, line.shift.plan
    return [
        plan.title, plan.starts.isoformat(), line.spot.area, line.spot.name, one.asked, one.given, one.met, one.extra,
        one.minutes_asked, one.minutes_given, one.gaps, one.close, " ".join(one.units), " ".join(one.sources),
        int(one.never), int(line.shift.over),
    ]  # fmt: skip
