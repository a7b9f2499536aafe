"""Gaussian smoothing of cell values over the ground, not beyond the study area's edge."""

import numpy as np
from scipy.ndimage import gaussian_filter

from placewise.kernels.arrays import Floats, Ints, floats
from placewise.space.cells import Cells

CUT = 3.0


class Smoother:
    """Spreads values of cells (counts) over their neighbourhood with standard deviation `reach` in metres.

    Cells are laid on a raster (squares exactly, other shapes by their centres between four pixels), blurred, and read
    back; dividing by the blurred ground keeps the city's edge from counting as empty. The total is kept.
    """

    def __init__(self, cells: Cells, reach: float) -> None:
        pitch = float(np.sqrt(np.median(cells.areas)))
        pitch = pitch if cells.kind == "squares" else max(pitch, reach / 4)
        column, row = (cells.x - cells.x.min()) / pitch, (cells.y - cells.y.min()) / pitch
        self._shape = (int(row.max()) + 2, int(column.max()) + 2)
        self._corners, self._shares = _between(column, row, self._shape[1])
        self._sigma = reach / pitch
        self._areas = cells.areas
        self._ground = np.maximum(self._blurred(cells.areas), 1e-9)

    def __call__(self, values: Floats) -> Floats:
        """(n,) smoothed values with the same total."""
        spread = self._areas * self._blurred(values) / self._ground
        total = spread.sum()
        return floats(spread * (values.sum() / total)) if total > 0 else floats(values)

    def _blurred(self, values: Floats) -> Floats:
        """Values on the raster, blurred, read at the cells."""
        flat = np.bincount(
            self._corners.ravel(), (self._shares * values).ravel(), minlength=self._shape[0] * self._shape[1]
        )
        image = gaussian_filter(flat.reshape(self._shape), self._sigma, mode="constant", truncate=CUT).ravel()
        return floats((self._shares * image[self._corners]).sum(axis=0))


def _between(column: Floats, row: Floats, width: int) -> tuple[Ints, Floats]:
    """The four pixels around each point (4, n) and its bilinear shares (4, n)."""
    c, r = np.floor(column + 1e-6), np.floor(row + 1e-6)
    u, v = np.clip(column - c, 0, 1), np.clip(row - r, 0, 1)
    first = (r * width + c).astype(np.int64)
    corners = np.stack([first, first + 1, first + width, first + width + 1])
    return corners, np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v])
