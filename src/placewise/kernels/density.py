"""Sums of a truncated kernel over events, at cell centres: events and cells meet through a grid of bins."""

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled


@compiled
def gaussian_sums(
    x: Floats, y: Floats, weight: Floats, at_x: Floats, at_y: Floats, start: Ints, members: Ints, bins: Floats, h: float
) -> Floats:
    """(n,) at each target Σ weight · exp(−d²/2h²)/(2πh²) over the events nearer than the width of a bin.

    bins: (west, south, width, columns, rows); start, members: targets sorted by bin, as `binned` makes them.
    """
    west, south, width = bins[0], bins[1], bins[2]
    columns, rows = int(bins[3]), int(bins[4])
    sums = np.zeros(at_x.size)
    scale = 1.0 / (2.0 * np.pi * h * h)
    for e in range(x.size):
        column, row = int(np.floor((x[e] - west) / width)), int(np.floor((y[e] - south) / width))
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for c in range(max(column - 1, 0), min(column + 2, columns)):
                b = r * columns + c
                for m in range(start[b], start[b + 1]):
                    i = members[m]
                    d2 = (x[e] - at_x[i]) ** 2 + (y[e] - at_y[i]) ** 2
                    if d2 < width * width:
                        sums[i] += weight[e] * np.exp(-d2 / (2.0 * h * h)) * scale
    return sums


def binned(at_x: Floats, at_y: Floats, width: float) -> tuple[Ints, Ints, Floats]:
    """Targets sorted into square bins: start (bins + 1,), members (n,), and the bins' layout."""
    west, south = float(at_x.min()), float(at_y.min())
    column = ((at_x - west) // width).astype(np.int64)
    row = ((at_y - south) // width).astype(np.int64)
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    bin_of = row * columns + column
    members = np.argsort(bin_of, kind="stable").astype(np.int64)
    start = np.searchsorted(bin_of[members], np.arange(columns * rows + 1)).astype(np.int64)
    return start, members, np.array([west, south, width, columns, rows], dtype=np.float64)
