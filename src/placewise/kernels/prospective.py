"""The prospective kernel: past incidents nearby and lately, weighed by inverse distance and inverse age."""

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled


@compiled
def prospective_sums(
    x: Floats, y: Floats, age: Floats, at_x: Floats, at_y: Floats, start: Ints, members: Ints, bins: Floats, step: float
) -> Floats:
    """(n,) at each target Σ 1/(1 + weeks ago) · 1/(1 + steps away) over the events nearer than the width of a bin.

    age: whole weeks before the forecast; distances count in whole steps. Bins as `density.binned` makes them.
    """
    west, south, width = bins[0], bins[1], bins[2]
    columns, rows = int(bins[3]), int(bins[4])
    sums = np.zeros(at_x.size)
    for e in range(x.size):
        column, row = int(np.floor((x[e] - west) / width)), int(np.floor((y[e] - south) / width))
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for c in range(max(column - 1, 0), min(column + 2, columns)):
                b = r * columns + c
                for m in range(start[b], start[b + 1]):
                    i = members[m]
                    d2 = (x[e] - at_x[i]) ** 2 + (y[e] - at_y[i]) ** 2
                    if d2 < width * width:
                        sums[i] += 1.0 / (1.0 + age[e]) / (1.0 + np.floor(np.sqrt(d2) / step))
    return sums
