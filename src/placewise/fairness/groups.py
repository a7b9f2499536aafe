"""Groups of areas, from area-level statistics that the user brings; never of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from placewise.kernels.arrays import Floats, Ints, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.space.cells import Cells


class NoGroups(PlacewiseError):
    """Areas that do not say which group they are in, or that cover none of the cells."""


@dataclass(frozen=True)
class AreaGroups:
    """Each cell's group (n,) as an index into `names`, −1 where no area covers it; residents (g,) where known."""

    names: tuple[str, ...]
    of_cell: Ints
    residents: Floats | None = None

    def __post_init__(self) -> None:
        if not np.any(self.of_cell >= 0):
            raise NoGroups("no cell lies in any of the areas")
        frozen(self.of_cell)

    @staticmethod
    def of(cells: Cells, areas: Mapping[str, Any], group: str, residents: str | None = None) -> "AreaGroups":
        """Groups from GeoJSON areas: `group` and `residents` name their properties; a cell belongs where its centre is.

        Numbers (a rate, a share) make five groups of areas, lowest fifth first; texts are names of groups.
        """
        features = list(areas["features"])
        values = _property(features, group)
        people = None if residents is None else _people(features, residents)
        lon, lat = cells.degrees
        area_of = np.full(len(cells), -1, dtype=np.int64)
        for place, one in enumerate(features):
            outline = shapely.make_valid(shape(one["geometry"]))
            shapely.prepare(outline)
            area_of[shapely.contains_xy(outline, lon, lat)] = place
        return AreaGroups.by_area(area_of, values, people)

    @staticmethod
    def by_area(area_of: Ints, values: Sequence[float | str], residents: Floats | None = None) -> "AreaGroups":
        """Groups from each cell's area (n,), −1 for none, and each area's value and residents, as in `of`."""
        names, of_area = _named(list(values))
        sums = None if residents is None else floats(np.bincount(of_area, residents, minlength=len(names)))
        return AreaGroups(names, ints(np.where(area_of >= 0, of_area[area_of], -1)), sums)

    def sums(self, values: Floats) -> Floats:
        """(g,) cell values (n,) summed by group; cells of no group are left out."""
        known = self.of_cell >= 0
        return floats(np.bincount(self.of_cell[known], values[known], minlength=len(self.names)))


def _property(features: list[Any], name: str) -> list[Any]:
    """One property of all areas."""
    values = [(one.get("properties") or {}).get(name) for one in features]
    if missing := sum(value is None for value in values):
        there = dict.fromkeys(key for one in features for key in one.get("properties") or {})
        raise NoGroups(
            f"{missing} of {len(values)} areas have no {name!r}; there are {', '.join(there) or 'none at all'}"
        )
    return values


def _people(features: list[Any], name: str) -> Floats:
    """Residents of all areas."""
    values = _property(features, name)
    try:
        return floats(values)
    except ValueError as error:
        raise NoGroups(f"{name!r} is not a number of residents in every area") from error


def _named(values: list[Any]) -> tuple[tuple[str, ...], Ints]:
    """Group names and the group of each area; numbers are cut into fifths."""
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        numbers = floats(values)
        cuts = np.quantile(numbers, [0.2, 0.4, 0.6, 0.8])
        names = ("lowest fifth", "second fifth", "third fifth", "fourth fifth", "highest fifth")
        return names, ints(np.searchsorted(cuts, numbers, side="left"))
    texts, places = np.unique([str(value) for value in values], return_inverse=True)
    return tuple(str(text) for text in texts), ints(places)
