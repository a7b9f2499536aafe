"""Reach as H3 cells, and as areas for the map."""

from collections.abc import Sequence
from typing import Any

import h3
import numpy as np

from placewise.kernels.arrays import Floats
from placewise.streets.travel import Reach


def earliest_by_cell(lon: Floats, lat: Floats, seconds: Floats, resolution: int) -> Reach:
    """The cells that hold any of these points, each with the least seconds of its points."""
    number = np.array(
        [h3.str_to_int(h3.latlng_to_cell(y, x, resolution)) for x, y in zip(lon, lat, strict=True)], dtype=np.uint64
    )
    cells, row = np.unique(number, return_inverse=True)
    least = np.full(len(cells), np.inf)
    np.minimum.at(least, row, seconds)
    return Reach(cells, least)


def isochrones(reach: Reach, limits: Sequence[float]) -> list[dict[str, Any]]:
    """A GeoJSON geometry for each limit in seconds: the cells reached by then, joined."""
    names = [h3.int_to_str(int(cell)) for cell in reach.cells]
    return [_area([name for name, at in zip(names, reach.seconds, strict=True) if at <= limit]) for limit in limits]


def _area(cells: list[str]) -> dict[str, Any]:
    if not cells:
        return {"type": "MultiPolygon", "coordinates": []}
    return dict(h3.cells_to_geo(cells, tight=False))
