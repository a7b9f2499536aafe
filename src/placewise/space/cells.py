"""The cells that forecasts are made for, all within one study area."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import h3
import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import Moment, day_number, days
from placewise.space.area import Area, Ground, Lines, as_lines, in_metres, project, unit_metres
from placewise.space.events import Events
from placewise.space.lookup import HexLookup, Lookup, SegmentLookup, SquareLookup

MOST_CELLS = 5_000_000
MOST_HEXAGONS = 1_000_000  # these are walked one by one


class NoCells(PlacewiseError):
    """The cells are so large, or the area so small, that no cell's centre lies inside; or cells without a size."""


class TooManyCells(PlacewiseError):
    """Cells so small that there would be more than anyone has memory for."""


@dataclass(frozen=True)
class Located:
    """Events inside the study area: (m,) cell index, projected metres x and y, and days since 1970.

    `day` is the middle of the time span, `first` and `last` its ends; `code` indexes the events' classes.
    """

    cell: Ints
    x: Floats
    y: Floats
    day: Floats
    first: Floats
    last: Floats
    code: Ints

    def __len__(self) -> int:
        """How many events lie inside."""
        return int(self.cell.size)

    def where(self, mask: Bools | Ints) -> "Located":
        """Only these rows."""
        names = ("cell", "x", "y", "day", "first", "last", "code")
        return Located(**{name: frozen(getattr(self, name)[mask]) for name in names})

    def counts(self, n_cells: int, start: float = -np.inf, end: float = np.inf) -> Floats:
        """(n_cells,) how many events have the middle of their span in the days [start, end)."""
        inside = (self.day >= start) & (self.day < end)
        return floats(np.bincount(self.cell[inside], minlength=n_cells))


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """Cells clipped to a study area: those whose centre lies inside it.

    ids: (n,) numbers (H3 index; for squares and segments a running number); x, y: (n,) centres in metres of `crs`;
    areas: (n,) m²; size: side of a square in metres, H3 resolution, or median length of a segment in metres.
    """

    kind: str
    size: float
    ids: Ints
    x: Floats
    y: Floats
    areas: Floats
    crs: str
    ground: Area
    lookup: Lookup
    _seen: "WeakKeyDictionary[Events, Located]" = field(default_factory=WeakKeyDictionary)

    def __post_init__(self) -> None:
        if self.ids.size == 0:
            raise NoCells("no cell's centre lies inside the study area; take smaller cells or another area")
        for part in (self.ids, self.x, self.y, self.areas):
            frozen(part)

    @staticmethod
    def squares(ground: Ground, size: float, *, crs: str | None = None) -> "Cells":
        """Squares of `size` units of `crs` (the place's UTM zone in metres if not named), corners on its multiples."""
        area = Area.of(ground)
        crs = crs or area.crs
        metres = unit_metres(crs)
        if not size > 0:
            raise NoCells(f"a square needs a side longer than {size:g}")
        _check_number(area, (size * metres) ** 2, MOST_CELLS)
        lookup = SquareLookup.inside(area, crs, float(size))
        x, y = (floats((part + 0.5) * size * metres) for part in (lookup.column, lookup.row))
        areas = np.full(x.size, (size * metres) ** 2)
        return Cells("squares", size * metres, np.arange(x.size), x, y, areas, crs, area, lookup)

    @staticmethod
    def h3(ground: Ground, resolution: int) -> "Cells":
        """H3 cells of a resolution (9 is about 0.11 km², 10 about 0.015 km²)."""
        area = Area.of(ground)
        if resolution not in range(16):
            raise NoCells(f"H3 has the resolutions 0 to 15, not {resolution}")
        _check_number(area, h3.average_hexagon_area(resolution, "m^2"), MOST_HEXAGONS)
        lookup = HexLookup.inside(area, resolution)
        x, y = project(area.crs, *lookup.centres())
        return Cells("h3", resolution, lookup.ids, x, y, lookup.square_metres(), area.crs, area, lookup)

    @staticmethod
    def segments(ground: Ground, lines: Lines, *, reach: float = 60.0, width: float = 20.0) -> "Cells":
        """Street segments whose middle lies in the area; an incident belongs to the nearest within `reach` metres.

        lines: in degrees, shapely or a GeoJSON mapping or file of LineStrings. As ground a segment counts for its
        length times `width` metres; its id is its place among the lines brought.
        """
        area = Area.of(ground)
        brought = np.array(as_lines(lines), dtype=object)
        middles = shapely.line_interpolate_point(brought, 0.5, normalized=True)
        inside = area.contains(shapely.get_x(middles), shapely.get_y(middles))
        x, y = project(area.crs, shapely.get_x(middles[inside]), shapely.get_y(middles[inside]))
        straight = tuple(in_metres(brought[inside], area.crs))
        lengths = floats(shapely.length(straight))
        lookup = SegmentLookup(area.crs, straight, reach, width)
        size = float(np.median(lengths)) if lengths.size else 0.0
        return Cells("segments", size, ints(np.flatnonzero(inside)), x, y, lengths * width, area.crs, area, lookup)

    def __len__(self) -> int:
        """How many cells there are."""
        return int(self.ids.size)

    def __repr__(self) -> str:
        return f"Cells({self.kind} {self.size:g}, {len(self):,} cells, {self.areas.sum() / 1e6:.1f} km²)"

    @property
    def names(self) -> list[str]:
        """(n,) each cell's identifier as text: the H3 index in hexadecimal, otherwise its number."""
        if self.kind == "h3":
            return [h3.int_to_str(number) for number in self.ids.tolist()]
        return [str(number) for number in self.ids.tolist()]

    @cached_property
    def degrees(self) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of the centres."""
        metres = unit_metres(self.crs)
        move = Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        lon, lat = move.transform(self.x / metres, self.y / metres)
        return frozen(floats(lon)), frozen(floats(lat))

    def outlines(self) -> Sequence[BaseGeometry]:
        """The cells' shapes in degrees WGS 84."""
        return self.lookup.outlines()

    def locate(self, events: Events, until: Moment | None = None) -> Located:
        """The events inside the study area (known before `until`, if named), each with its cell."""
        located = self._all(events)
        inside = located.cell >= 0
        if until is not None:
            limit = day_number(events.moment(until))
            inside &= (located.first < limit) & (located.last <= limit)
        return located.where(inside)

    def index(self, events: Events) -> Ints:
        """The cell of every event, −1 outside the study area."""
        return self._all(events).cell

    def counts(self, events: Events, start: Moment, end: Moment) -> Floats:
        """(n,) how many events have the middle of their time span in [start, end), by cell."""
        begin, finish = (day_number(events.moment(value)) for value in (start, end))
        return self.locate(events).counts(len(self), begin, finish)

    def summary(self) -> dict[str, Any]:
        """What kind of cells, in plain values."""
        km2 = float(self.areas.sum() / 1e6)
        return {"kind": self.kind, "size": self.size, "cells": len(self), "km2": km2, "crs": self.crs}

    def _all(self, events: Events) -> Located:
        """Every event with its cell; what was placed once for the events these were picked from is not placed again."""
        root = events if events.root is None else events.root
        if root not in self._seen:
            self._seen[root] = self._place(root)
        return self._seen[root] if events.rows is None else self._seen[root].where(events.rows)

    def _place(self, events: Events) -> Located:
        """Every event with its cell, −1 outside; projected once."""
        metres = unit_metres(self.crs)
        x, y = project(self.crs, events.lon, events.lat)
        first, last, middle = (days(values) for values in (events.times, events.ends, events.middles))
        cell = ints(self.lookup.index(events.lon, events.lat))
        return Located(cell, x * metres, y * metres, middle, first, last, events.codes)


def _check_number(area: Area, square_metres: float, most: int) -> None:
    """Refuse cells of this size if the area holds more than `most` of them, or is scattered over half the globe."""
    if (number := area.square_metres() / square_metres) > most:
        raise TooManyCells(f"some {number:,.0f} cells would be needed, more than {most:,}; take larger cells")
    west, south, east, north = area.in_crs(area.crs).bounds
    if not (east - west) * (north - south) / square_metres < 20 * most:
        raise TooManyCells(
            "the study area is scattered too widely; leave out incidents that lie far away, or bring the city's outline"
        )
