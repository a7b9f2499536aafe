"""A raster under the cells: squares lie on it exactly, other cells between four pixels."""

import numpy as np
from scipy.ndimage import gaussian_filter

from placewise.kernels.arrays import Floats, Ints, floats
from placewise.space.cells import Cells


class Raster:
    """Pixels under the cells of one area: `size` (rows, columns), `corner` and `share` (4, n) of each cell."""

    def __init__(self, cells: Cells, pitch: float | None = None) -> None:
        """`pitch` metres a pixel, at least the cells' own; squares keep their side."""
        own = float(np.sqrt(np.median(cells.areas)))
        self.pitch = own if cells.kind == "squares" else max(own, pitch or 0.0)
        self._west, self._south = float(cells.x.min()), float(cells.y.min())
        column, row = (cells.x - self._west) / self.pitch, (cells.y - self._south) / self.pitch
        self.size = (int(row.max() + 1e-6) + 2, int(column.max() + 1e-6) + 2)
        self.corner, self.share = _between(column, row, self.size[1])

    def pixels(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Positions in metres as pixels: the first pixel reaches from 0 to 1."""
        return floats((x - self._west) / self.pitch + 0.5), floats((y - self._south) / self.pitch + 0.5)

    def scattered(self, values: Floats) -> Floats:
        """Cell values on the raster (rows, columns)."""
        flat = np.bincount(self.corner.ravel(), (self.share * values).ravel(), minlength=self.size[0] * self.size[1])
        return floats(flat.reshape(self.size))

    def read(self, image: Floats) -> Floats:
        """(n,) what the raster holds at the cells."""
        return floats((self.share * image.ravel()[self.corner]).sum(axis=0))

    def blurred(self, values: Floats, sigma: float, cut: float = 3.0) -> Floats:
        """(n,) cell values blurred by a Gaussian of `sigma` metres, cut at `cut` of it; beyond the area is nothing."""
        image = gaussian_filter(self.scattered(values), sigma / self.pitch, mode="constant", truncate=cut)
        return self.read(floats(image))


def _between(column: Floats, row: Floats, width: int) -> tuple[Ints, Floats]:
    """The four pixels around each point (4, n) and its bilinear shares (4, n)."""
    c, r = np.floor(column + 1e-6), np.floor(row + 1e-6)
    u, v = np.clip(column - c, 0, 1), np.clip(row - r, 0, 1)
    first = (r * width + c).astype(np.int64)
    corners = np.stack([first, first + 1, first + width, first + width + 1])
    return corners, floats(np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v]))
