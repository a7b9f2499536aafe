"""What a scan goes over: cases at places on days. No more is known of a case."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen, ints
from placewise.kernels.moments import Moment, day_number, days, midnight
from placewise.space.area import local_crs, project, unit_metres
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.warning.errors import BadCases


@dataclass(frozen=True, eq=False, repr=False)
class Cases:
    """(m,) place, day since 1970 and row in the source of each case; (n,) places in metres.

    x, y: metres; lon, lat: degrees, or the metres again where there is no projection; number: what the source calls
    each place: the number of its cell.
    """

    x: Floats
    y: Floats
    lon: Floats
    lat: Floats
    number: Ints
    place: Ints
    day: Ints
    row: Ints

    def __post_init__(self) -> None:
        for part in (self.x, self.y, self.lon, self.lat, self.number, self.place, self.day, self.row):
            frozen(part)

    def __len__(self) -> int:
        """How many cases there are."""
        return int(self.place.size)

    def __repr__(self) -> str:
        return f"Cases({len(self):,} at {self.x.size:,} places)"

    @staticmethod
    def from_counts(
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        place: npt.ArrayLike,
        day: npt.ArrayLike,
        count: npt.ArrayLike | None = None,
        *,
        crs: str | None = None,
    ) -> "Cases":
        """Counts by place and day: x, y (n,) metres of `crs`; place (m,) into these, day (m,) dates, count (m,).

        Raises BadCases.
        """
        x, y, place = _numbers("x", x), _numbers("y", y), _whole("place", place)
        dates = _dates(day)
        number = np.ones(place.size, dtype=np.int64) if count is None else _whole("count", count)
        if not (x.size == y.size and place.size == dates.size == number.size):
            raise BadCases("x and y, and place, day and count, must be equally long")
        if place.size and (place.min() < 0 or place.max() >= x.size or number.min() < 0):
            raise BadCases("a case's place is the number of one of the places; counts are not negative")
        lon, lat = _degrees(crs, x, y)
        row = np.repeat(np.arange(place.size), number)
        return Cases(x, y, lon, lat, np.arange(x.size), place[row], dates[row], row)

    @staticmethod
    def of(
        events: Events, cells: Cells | None, since: Moment | None, until: Moment, *, every_cell: bool = False
    ) -> "Cases":
        """Events known at `until`, from the day `since` on, in their cells or at their own points.

        An event's day is that of the middle of its span. Cells without events are left out, unless `every_cell` counts.
        """
        end = midnight(events.moment(until))
        begin = events.since if since is None else events.moment(since)
        middle = np.floor(days(events.middles)).astype(np.int64)
        known = (events.times < end) & (events.ends <= end) & (middle >= np.floor(day_number(begin)))
        cell = None if cells is None else cells.index(events)
        row = ints(np.flatnonzero(known if cell is None else known & (cell >= 0)))
        if cells is None or cell is None:
            return _own_points(events, row, middle)
        there = np.arange(len(cells)) if every_cell else np.unique(cell[row])
        place = ints(np.searchsorted(there, cell[row]))
        lon, lat = (part[there] for part in cells.degrees)
        return Cases(cells.x[there], cells.y[there], lon, lat, there, place, middle[row], row)

    def between(self, first: int, last: int) -> "Cases":
        """The cases from day `first` to before day `last`, at the same places."""
        inside = (self.day >= first) & (self.day < last)
        return replace(self, place=self.place[inside], day=self.day[inside], row=self.row[inside])

    def at_places(self, mask: Bools) -> "Cases":
        """Only these places, which hold all cases."""
        kept = {name: getattr(self, name)[mask] for name in ("x", "y", "lon", "lat", "number")}
        return replace(self, place=ints((np.cumsum(mask) - 1)[self.place]), **kept)


def _numbers(name: str, values: npt.ArrayLike) -> Floats:
    """Numbers, none of them missing."""
    try:
        found = floats(values)
    except (TypeError, ValueError) as error:
        raise BadCases(f"{name} holds something that is no number: {error}") from error
    if missing := int(np.sum(~np.isfinite(found))):
        raise BadCases(f"{missing:,} of {name} are missing or infinite")
    return found


def _whole(name: str, values: npt.ArrayLike) -> Ints:
    """Whole numbers; what is none is not cut to one, for it may be a column taken for another."""
    found = _numbers(name, values)
    if np.any(found != np.rint(found)):
        raise BadCases(f"{name} holds numbers that are not whole")
    return ints(found)


def _dates(values: npt.ArrayLike) -> Ints:
    """Days since 1970 of dates, ISO text or moments, none of them missing."""
    try:
        found = np.asarray(values, dtype="datetime64[D]")
    except (TypeError, ValueError) as error:
        raise BadCases(f"day holds something that is no date: {error}") from error
    if missing := int(np.sum(np.isnat(found))):
        raise BadCases(f"{missing:,} of day are missing")
    return ints(found.astype(np.int64))


def _own_points(events: Events, row: Ints, middle: Ints) -> Cases:
    """Each point where something happened is a place; points are told apart by millimetres."""
    lon, lat = events.lon[row], events.lat[row]
    x, y = metres_of(lon, lat)
    points, one, place = np.unique(x + 1j * y, return_index=True, return_inverse=True)
    return Cases(
        floats(points.real), floats(points.imag), lon[one], lat[one], np.arange(one.size), ints(place), middle[row], row
    )  # fmt: skip


def metres_of(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres in the UTM zone of the middle, also of a town that the antimeridian cuts in two."""
    if not lon.size:
        return lon.copy(), lat.copy()
    about = (lon - lon[0] + 180.0) % 360.0 - 180.0 + lon[0]
    middle = (float(np.median(about)) + 180.0) % 360.0 - 180.0
    return project(local_crs(middle, float(np.median(lat))), lon, lat)


def _degrees(crs: str | None, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude, where a projection is named."""
    if crs is None:
        return x.copy(), y.copy()
    metres = unit_metres(crs)
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x / metres, y / metres)
    return floats(lon), floats(lat)
