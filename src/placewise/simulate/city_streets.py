"""The synthetic city's streets: a grid with arterials, and a river that only they cross."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from placewise.kernels.arrays import Bools, Floats, Ints, floats, ints
from placewise.streets import StreetGraph, contract
from placewise.streets.raw import RawStreets

BLOCK = 125.0
"""Metres between two streets: two blocks to the side of a cell."""
ARTERIAL = 6
"""Every so many streets one is an arterial; it crosses the river."""
ROADS = ("primary", "residential")
KMH = (50.0, 30.0)
_OFF = 8.0  # metres by which corners lie beside the grid, so that few ways are equally long


@dataclass(frozen=True, eq=False)
class StreetLists:
    """Corners and the pieces of street between them, as city portals publish them; every street is two-way.

    lon, lat: (n,) degrees; start, end: (m,) corners; metres: (m,); road: (m,) index into ROADS, which have KMH.
    """

    lon: Floats
    lat: Floats
    start: Ints
    end: Ints
    metres: Floats
    road: Ints

    def graph(self) -> StreetGraph:
        """The street graph, arterials faster than other streets."""
        seconds = self.metres * 3.6 / np.array(KMH)[self.road]
        way, road = np.arange(len(self.start)), self.road.astype(np.uint8)
        facts: dict[str, int | float | str] = {"source": "synthetic city", "pieces_read": len(self.start)}
        return contract(
            RawStreets(self.lon, self.lat, self.start, self.end, seconds, seconds.copy(), road, way, ROADS, facts=facts)
        )

    def write(self, nodes: Path, edges: Path) -> None:
        """Both lists as CSV, in the columns that `placewise.streets.open_lists` reads."""
        pl.DataFrame({"node": np.arange(len(self.lon)), "longitude": self.lon, "latitude": self.lat}).write_csv(nodes)
        pl.DataFrame(
            {
                "u": self.start,
                "v": self.end,
                "length_m": self.metres,
                "road": np.array(ROADS)[self.road],
                "kmh": np.array(KMH)[self.road],
            }
        ).write_csv(edges)


@dataclass(frozen=True, eq=False)
class GridStreets:
    """Corners in metres from the city's south-west corner, and the pieces between them."""

    x: Floats
    y: Floats
    start: Ints
    end: Ints
    road: Ints

    @staticmethod
    def laid(columns: int, rows: int, river: tuple[float, float], rng: np.random.Generator) -> "GridStreets":
        """Streets around `columns` by `rows` blocks; none lies in the river, from its south to its north bank."""
        column, row = (part.ravel() for part in np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)))
        number = np.arange(column.size).reshape(rows + 1, columns + 1)
        dry = (row * BLOCK <= river[0]) | (row * BLOCK >= river[1])
        x, y = column * BLOCK + _near(rng, column.size), row * BLOCK + _near(rng, row.size)
        east = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
        north = np.stack([number[:-1].ravel(), number[1:].ravel()])
        banks = [int(bank / BLOCK) for bank in river]
        bridges = np.stack([number[banks[0], ::ARTERIAL], number[banks[1], ::ARTERIAL]])
        ends = np.concatenate(
            [east[:, dry[east].all(axis=0)], north[:, _whole(north, dry, row, banks)], bridges], axis=1
        )
        along = row[ends[0]] == row[ends[1]]
        main = np.where(along, row[ends[0]] % ARTERIAL == 0, column[ends[0]] % ARTERIAL == 0)
        kept = np.unique(ends)
        place = np.full(column.size, -1)
        place[kept] = np.arange(kept.size)
        return GridStreets(x[kept], y[kept], ints(place[ends[0]]), ints(place[ends[1]]), ints(np.where(main, 0, 1)))

    @property
    def metres(self) -> Floats:
        """(m,) length of each piece."""
        return floats(np.hypot(self.x[self.start] - self.x[self.end], self.y[self.start] - self.y[self.end]))


def _near(rng: np.random.Generator, n: int) -> Floats:
    """Small steps aside."""
    return floats(rng.uniform(-_OFF, _OFF, n))


def _whole(ends: Ints, dry: Bools, row: Ints, banks: list[int]) -> Bools:
    """Which pieces northward lie on land: both ends dry, and not the two banks of the river."""
    over = (row[ends[0]] == banks[0]) & (row[ends[1]] == banks[1])
    return np.asarray(dry[ends].all(axis=0) & ~over)
