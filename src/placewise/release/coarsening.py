"""Exact places made coarse: H3 cells joined to their parents."""

from dataclasses import dataclass

import h3
import numpy as np

from placewise.kernels.arrays import Floats, floats
from placewise.kernels.errors import PlacewiseError
from placewise.space.cells import Cells


class CoarserThanCells(PlacewiseError):
    """A resolution to publish at that is finer than the cells, or cells that have no parents."""


@dataclass(frozen=True)
class Coarse:
    """Values summed over parent cells: H3 indexes in hexadecimal, values (m,)."""

    names: tuple[str, ...]
    values: Floats


def coarsened(cells: Cells, values: Floats, resolution: int) -> Coarse:
    """Values (n,) of H3 cells, summed over their parents at a coarser resolution."""
    if cells.kind != "h3" or resolution > cells.size:
        raise CoarserThanCells(f"{cells!r} can't be joined to H3 cells of resolution {resolution}")
    parents = [h3.cell_to_parent(name, resolution) for name in cells.names]
    names, place = np.unique(np.array(parents), return_inverse=True)
    return Coarse(tuple(str(name) for name in names), floats(np.bincount(place, values, minlength=names.size)))
