"""Gaussian smoothing of cell values over the ground, not beyond the study area's edge."""

import numpy as np

from placewise.kernels.arrays import Floats, floats
from placewise.space.cells import Cells
from placewise.space.raster import Raster


class Smoother:
    """Spreads values of cells (counts) over their neighbourhood with standard deviation `reach` in metres.

    Dividing by the blurred ground keeps the city's edge from counting as empty. The total is kept.
    """

    def __init__(self, cells: Cells, reach: float) -> None:
        self._raster = Raster(cells, reach / 4)
        self._reach = reach
        self._areas = cells.areas
        self._ground = np.maximum(self._raster.blurred(cells.areas, reach), 1e-9)

    def __call__(self, values: Floats) -> Floats:
        """(n,) smoothed values with the same total."""
        spread = self._areas * self._raster.blurred(values, self._reach) / self._ground
        total = spread.sum()
        return floats(spread * (values.sum() / total)) if total > 0 else floats(values)
