"""What came of patrols at places: incidents before and after, as arrays of times and places. Nothing of persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import h3
import numpy as np

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.incidents import queries as incidents
from openbeat.incidents.queries import OffenceClass
from openbeat.kernel.errors import BadInput, Contradiction
from openbeat.patrol.models import Visit
from openbeat.places import queries as places
from openbeat.places.queries import AreaSet
from openbeat.seeing.visible import visible
from placewise.evaluate.before_after import (
    LEAST_INCIDENTS,
    BeforeAfter,
    NoComparison,
    NotCovered,
    TooFewIncidents,
    Zones,
    before_after,
)
from placewise.kernels.arrays import Bools, Floats
from placewise.space import Area, Cells, Events

RESOLUTIONS = (9, 10)
"""Of the cells that are compared: those of plans; finer places count by the cell that they lie in."""
YEARS = 4
"""Earlier years that are tried as placebos, as far as the records go."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be compared: classes, the day something began, whole weeks, places. No areas: the places visited.

    areas: treated; against: areas to compare with, the rest of the area set if none; ring: metres.
    """

    classes: tuple[OffenceClass, ...]
    area_set: AreaSet
    start: date
    before: int = 26
    after: int = 26
    ring: int = 500
    areas: tuple[UUID, ...] = ()
    against: tuple[UUID, ...] = ()

    @property
    def until(self) -> date:
        """The day after the last week."""
        return self.start + timedelta(weeks=self.after)


@dataclass(frozen=True, slots=True)
class Answer:
    """The comparison, how the treated places were found, and where it all lies: cells (n,), their sets and counts."""

    result: BeforeAfter
    resolution: int
    visits: int
    """Visits from which the treated places come; 0 where areas were chosen."""
    shifts: int
    cells: Cells
    zones: Zones
    before: Floats
    """(n,) incidents of the weeks before in each cell."""
    after: Floats


def evaluated(actor: Actor, agency: Agency, asked: Question) -> Answer:
    """Before and after at the places, by classes that victims report alone; refused in words where that can't be."""
    visited, visits, shifts = _visited(actor, agency, asked)
    resolution = RESOLUTIONS[0] if asked.areas else _resolution(visited)
    cells = cells_of(actor, asked.area_set, resolution)
    treated = _areas(actor, cells, asked.areas) if asked.areas else _cells(cells, visited, resolution)
    if not treated.any():
        raise Contradiction(
            "no place was visited in these weeks, as far as is known",
            mend="choose areas, or weeks in which units told their visits",
        )
    against = _areas(actor, cells, asked.against) if asked.against else None
    rows = incidents.feed(actor, agency, classes=asked.classes, until=asked.until)
    if not len(rows.times):
        raise Contradiction("there is no incident of these classes in the records", mend="choose other classes")
    events = Events.from_arrays(
        rows.times, rows.lon, rows.lat, rows.classes, ends=rows.ends, zone=agency.zone, since=np.datetime64(rows.since)
    )
    span = incidents.span(actor)
    until = span[1] + timedelta(days=1) if span else asked.until
    zones, result = _compared(events, cells, treated, against, asked, until)
    first = asked.start - timedelta(weeks=asked.before)
    before, after = (
        cells.counts(events, *(str(day) for day in part)) for part in ((first, asked.start), (asked.start, asked.until))
    )
    return Answer(result, resolution, visits, shifts, cells, zones, before, after)


def _compared(
    events: Events, cells: Cells, treated: Bools, against: Bools | None, asked: Question, until: date
) -> tuple[Zones, BeforeAfter]:
    """The sets of cells and their comparison, or in words why there is none."""
    try:
        zones = Zones.around(cells, treated, asked.ring, against)
        return zones, before_after(
            events, cells, zones, asked.start, before=asked.before, after=asked.after, years=YEARS,
            ring_metres=asked.ring, until=until,
        )  # fmt: skip
    except NoComparison as failure:
        raise Contradiction(
            "no place is left to compare with", mend="choose other areas or a narrower ring"
        ) from failure
    except NotCovered as failure:
        raise Contradiction(
            "the records cover {since} to {until}, not the weeks from {first} to {last}",
            mend="take another start or fewer weeks",
            since=failure.since,
            until=failure.until,
            first=failure.first,
            last=failure.last,
        ) from failure
    except TooFewIncidents as failure:
        raise Contradiction(
            "fewer than {least} incidents before, at the places or at those compared with",
            mend="take more weeks, places or offences",
            least=LEAST_INCIDENTS,
        ) from failure


def _visited(actor: Actor, agency: Agency, asked: Question) -> tuple[set[str], int, int]:
    """The places visited in the weeks after, how many visits and on how many plans."""
    if asked.areas:
        return set(), 0, 0
    since, until = (datetime.combine(day, time(), agency.tz) for day in (asked.start, asked.until))
    kept = Visit.objects.filter(agency=agency, arrived_at__gte=since, arrived_at__lt=until)
    found = list(visible(actor, Permission.PLAN_VIEW, kept).values_list("place", "plan_id"))
    return {place for place, _plan in found}, len(found), len({plan for _place, plan in found})


def _resolution(visited: set[str]) -> int:
    """That of most of the places, between the two that are compared."""
    common = Counter(h3.get_resolution(place) for place in visited).most_common(1)
    return min(RESOLUTIONS[1], max(RESOLUTIONS[0], common[0][0])) if common else RESOLUTIONS[0]


def _cells(cells: Cells, visited: set[str], resolution: int) -> Bools:
    """Which of the cells were visited: a finer place by the cell it lies in, a coarser one with all of its cells."""
    found = set[int]()
    for place in visited:
        if h3.get_resolution(place) >= resolution:
            found.add(h3.str_to_int(h3.cell_to_parent(place, resolution)))
        else:
            found |= {h3.str_to_int(one) for one in h3.cell_to_children(place, resolution)}
    return np.isin(cells.ids, np.array(sorted(found), dtype=np.int64))


def _areas(actor: Actor, cells: Cells, chosen: Sequence[UUID]) -> Bools:
    """Which of the cells have their middle in one of the areas."""
    found = set[int]()
    for area in chosen:
        theirs, resolution = places.cells_of_area(actor, area)
        size = int(h3.get_resolution(cells.names[0]))
        if resolution < size:
            raise BadInput("these areas are kept too coarsely", mend="upload the areas again")
        within = Counter(h3.str_to_int(h3.cell_to_parent(h3.int_to_str(one), size)) for one in theirs)
        whole = 7 ** (resolution - size)
        found |= {one for one, part in within.items() if 2 * part >= whole}
    return np.isin(cells.ids, np.array(sorted(found), dtype=np.int64))


def cells_of(actor: Actor, area_set: AreaSet, resolution: int) -> Cells:
    """The cells of a set's ground; worked out once a process, since a set never changes."""
    key = (area_set.pk, resolution)
    if key not in _KNOWN:
        if len(_KNOWN) == MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = Cells.h3(Area.of(places.ground(actor, area_set)), resolution)
    return _KNOWN[key]


MOST_KNOWN = 4
_KNOWN: dict[tuple[UUID, int], Cells] = {}
