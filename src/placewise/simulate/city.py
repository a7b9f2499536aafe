"""A synthetic city whose truth is known: streets, districts, rates, seasons, near repeats, reporting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry import mapping

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen, ints
from placewise.kernels.moments import Moment, day_number, iso, moment
from placewise.simulate.city_streets import BLOCK, GridStreets, StreetLists
from placewise.simulate.city_truth import Kind, Repeats
from placewise.simulate.errors import SimulateError
from placewise.space.area import Area
from placewise.space.cells import Cells
from placewise.space.surface import Surface
from placewise.streets import StreetGraph

CRS = "EPSG:32626"
CORNER = (500_000.0, 4_500_000.0)
"""The city lies in the open Atlantic, where nobody mistakes it for one's own."""
CELL = 2 * BLOCK


class BadCity(SimulateError):
    """A city, a span or a cluster that can't be: unknown size or class, no whole days, a place off the ground."""


@dataclass(frozen=True)
class CitySize:
    """Blocks of 125 m from west to east and south to north, districts likewise, and incidents a week of all classes."""

    columns: int
    rows: int
    districts: tuple[int, int]
    weekly: float


SIZES = {
    "village": CitySize(12, 12, (2, 2), 8.0),
    "town": CitySize(40, 32, (4, 3), 80.0),
    "city": CitySize(120, 80, (6, 4), 1200.0),
}

KINDS = (
    Kind("burglary", 0.3, 345, 0.25, 14.0, 0.8, (0.1, 0.5, 0.4), Repeats(0.30, 0.4, 120.0, 6.0)),
    Kind("vehicle theft", 0.3, 200, 0.10, 23.0, 1.1, (0.05, 0.35, 0.6), Repeats(0.15, 0.2, 250.0, 8.0)),
    Kind("assault", 0.4, 195, 0.20, 22.0, 1.6, (0.5, 0.4, 0.1), Repeats(0.20, 0.5, 80.0, 10.0)),
)
"""Classes with their share of all incidents in place of incidents a week, which the city's size gives."""


@dataclass(frozen=True)
class Planted:
    """Extra incidents that somebody planted: their class, place, radius in metres, first day, days and number."""

    kind: str
    lon: float
    lat: float
    radius: float
    start: Moment
    days: int
    cases: int


@dataclass(frozen=True, eq=False)
class SyntheticCity:
    """The truth of a made-up city. Everything in it follows from its size and seed.

    begun: (k, n) incidents a week by class and cell that are nobody's repeat; district: (n,) of each cell;
    reporting: (d,) chance that an incident in a district is reported; residents: (d,).
    """

    size: CitySize
    seed: int
    kinds: tuple[Kind, ...]
    cells: Cells
    begun: Floats
    district: Ints
    reporting: Floats
    residents: Floats
    streets: StreetLists

    def __post_init__(self) -> None:
        for part in (self.begun, self.district, self.reporting, self.residents):
            frozen(part)

    @staticmethod
    def make(size: str | CitySize = "town", *, seed: int = 0, kinds: Sequence[Kind] = KINDS) -> "SyntheticCity":
        """A city of a named size (`SIZES`) or one's own. Raises BadCity."""
        shape = _size(size)
        rng = np.random.default_rng([seed, 0])
        width, height = shape.columns * BLOCK, shape.rows * BLOCK
        west, south = CORNER
        ground = Area.projected(shapely.box(west, south, west + width, south + height), CRS)
        cells = Cells.squares(ground, CELL, crs=CRS)
        x, y = cells.x - west, cells.y - south
        wet = (y > river(shape)[0]) & (y < river(shape)[1])
        grid = GridStreets.laid(shape.columns, shape.rows, river(shape), rng)
        scaled = tuple(_scaled(kind, shape.weekly * kind.weekly / sum(one.weekly for one in kinds)) for kind in kinds)
        begun = np.stack([_begun(kind, (x, y), (width, height), wet, rng) for kind in scaled])
        district = _district(x / width, y / height, shape.districts)
        number = shape.districts[0] * shape.districts[1]
        lon, lat = to_degrees(grid.x, grid.y)
        streets = StreetLists(lon, lat, grid.start, grid.end, grid.metres, grid.road)
        city = SyntheticCity(
            shape, seed, scaled, cells, floats(begun), district,
            floats(rng.permutation(np.linspace(0.45, 0.9, number))),
            floats(np.round(rng.uniform(0.5, 1.5, number) * shape.columns * shape.rows * 40 / number, -1)),
            streets,
        )  # fmt: skip
        return city._levelled()

    # -- ground

    @cached_property
    def graph(self) -> StreetGraph:
        """The streets as a graph that gives driving times."""
        return self.streets.graph()

    @cached_property
    def dry(self) -> Bools:
        """(n,) cells that are not in the river."""
        return np.asarray(self.begun.sum(axis=0) > 0)

    def cell_of(self, x: Floats, y: Floats) -> Ints:
        """(m,) cell at metres from the south-west corner, −1 off the ground and in the river."""
        row, column = self._at
        table = np.full((self.size.rows // 2 + 2, self.size.columns // 2 + 2), -1)  # a rim of nothing around
        table[row + 1, column + 1] = np.where(self.dry, np.arange(len(self.cells)), -1)
        i, j = (np.clip(v // CELL + 1, 0, limit - 1).astype(int) for v, limit in zip((y, x), table.shape, strict=True))
        return ints(table[i, j])

    def districts(self) -> dict[str, Any]:
        """The districts as GeoJSON, each with its name, residents and chance of being reported."""
        across, up = self.size.districts
        width, height = self.size.columns * BLOCK / across, self.size.rows * BLOCK / up
        features = []
        for number in range(across * up):
            west, south = number % across * width, number // across * height
            ring = to_degrees(
                np.array([west, west + width, west + width, west]),
                np.array([south, south, south + height, south + height]),
            )
            properties = {
                "name": f"District {number + 1}",
                "residents": float(self.residents[number]),
                "reporting": float(self.reporting[number]),
            }
            outline = mapping(shapely.Polygon(np.column_stack(ring)))
            features.append({"type": "Feature", "properties": properties, "geometry": outline})
        return {"type": "FeatureCollection", "features": features}

    # -- truth

    def rates(self, kind: str) -> Floats:
        """(n,) true incidents a week in each cell, mean of a whole year, near repeats among them."""
        return floats(self._generations[self.place(kind)].sum(axis=0))

    def reported_rates(self, kind: str) -> Floats:
        """(n,) incidents a week that are reported, mean of a whole year."""
        return floats(self.rates(kind) * self.reporting[self.district])

    def expected(self, kind: str, start: Moment, end: Moment, *, reported: bool = False) -> Surface:
        """The true surface of whole days [start, end): incidents expected without knowing any; `reported` ones only."""
        number = self.place(kind)
        first, last = whole_day(start), whole_day(end)
        if first >= last:
            raise BadCity(f"the days from {start} to {end} are none")
        levels = self.kinds[number].levels(first, last) / 7.0
        expected = levels @ self._generations[number]
        if reported:
            expected = expected * self.reporting[self.district]
        begin, finish = (np.datetime64(day, "D").astype("datetime64[us]") for day in (first, last))
        return Surface(self.cells, begin, finish, floats(expected), np.zeros(len(self.cells)), "truth")

    def place(self, kind: str) -> int:
        """The number of a class."""
        names = [one.name for one in self.kinds]
        if kind not in names:
            raise BadCity(f"nothing of class {kind!r} happens here; there are {', '.join(names)}")
        return names.index(kind)

    @cached_property
    def _generations(self) -> list[Floats]:
        """For each class (g, n): where its g-th repeats lie."""
        return [self._spread(kind, begun) for kind, begun in zip(self.kinds, self.begun, strict=True)]

    def _spread(self, kind: Kind, begun: Floats) -> Floats:
        """(g, n) where the g-th repeats lie of incidents that begin (n,) on this ground; none lies in the river."""
        raster = np.zeros((self.size.rows // 2, self.size.columns // 2))
        row, column = self._at
        raster[row, column] = begun
        return floats(kind.repeats.spread(raster, CELL)[:, row, column] * (begun > 0))

    @property
    def _at(self) -> tuple[Ints, Ints]:
        """Row and column of each cell."""
        return ints((self.cells.y - CORNER[1]) // CELL), ints((self.cells.x - CORNER[0]) // CELL)

    def _levelled(self) -> "SyntheticCity":
        """The same with as many incidents a week as each class is to have."""
        sums = np.array([part.sum() for part in self._generations])
        weekly = np.array([kind.weekly for kind in self.kinds])
        begun = floats(self.begun * (weekly / sums)[:, None])
        return replace(self, begun=begun)


def river(size: CitySize) -> tuple[float, float]:
    """Metres from the south at which its south and north bank lie: one row of cells."""
    south = size.rows // 4 * CELL
    return south, south + CELL


def whole_day(value: Moment) -> int:
    """Days since 1970 of a moment at midnight."""
    at = moment(value, "UTC")
    if not day_number(at).is_integer():
        raise BadCity(f"{iso(at)} is no midnight; the truth is known by whole days")
    return int(day_number(at))


def to_degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of metres from the south-west corner."""
    move = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lon, lat = move.transform(x + CORNER[0], y + CORNER[1])
    return floats(lon), floats(lat)


def to_metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres from the south-west corner."""
    x, y = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(lon, lat)
    return floats(x - CORNER[0]), floats(y - CORNER[1])


def _size(size: str | CitySize) -> CitySize:
    """A size by name, or one's own, that a city can have."""
    if isinstance(size, str):
        if size not in SIZES:
            raise BadCity(f"no size is called {size!r}; there are {', '.join(SIZES)}")
        return SIZES[size]
    if size.columns % 2 or size.rows % 2 or min(size.columns, size.rows) < 8 or min(size.districts) < 1:
        raise BadCity("a city has an even number of blocks each way, at least 8, and at least one district")
    if not 0 < size.weekly < np.inf:
        raise BadCity(f"{size.weekly} incidents a week are none")
    return size


def _scaled(kind: Kind, weekly: float) -> Kind:
    """A class with this many incidents a week."""
    if not 0 <= kind.repeats.reproduction <= 0.8:
        raise BadCity(f"each {kind.name} is followed by {kind.repeats.reproduction} others; from 0 to 0.8 dies out")
    return replace(kind, weekly=weekly)


def _begun(
    kind: Kind, at: tuple[Floats, Floats], size: tuple[float, float], wet: Bools, rng: np.random.Generator
) -> Floats:
    """(n,) where incidents begin: an even ground, hot spots of every width, each cell with its own luck; unscaled."""
    spots = max(3, int(size[0] * size[1] / 1.5e6))
    x, y = rng.uniform(0, size[0], spots), rng.uniform(0, size[1], spots)
    width, weight = rng.uniform(150, 700, spots), rng.exponential(1.0, spots)
    square = (at[0][:, None] - x) ** 2 + (at[1][:, None] - y) ** 2
    hot = (weight * np.exp(-square / (2 * width**2))).sum(axis=1)
    luck = rng.lognormal(0.0, 0.6, at[0].size)
    return floats(np.where(wet, 0.0, (0.15 + hot) * luck))


def _district(east: Floats, north: Floats, districts: tuple[int, int]) -> Ints:
    """(n,) district of each cell, by its place as shares of the city's width and height."""
    return ints((north * districts[1]).astype(np.int64) * districts[0] + (east * districts[0]).astype(np.int64))
