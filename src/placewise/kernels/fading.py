"""Counts that fade week by week, in cells and spread over the ground, read before each week is added."""

from math import erf

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled

CUT = 3.0  # standard deviations of ground that a Gaussian is spread over
_HALF = 0.7071067811865476


@compiled
def fade_cells(
    start: Ints, cell: Ints, keep: Floats, row_start: Ints, row_cell: Ints, n: int
) -> tuple[Floats, Floats, Floats]:
    """Fading counts (j) of cells: at rows (r, j), at all cells in the end (n, j), and their sums by trial week (w, j).

    Events are sorted by week, the oldest first; start (k + 1,) opens each of k weeks. keep (j,) is what is left of a
    count after a week. Rows belong to the last w weeks, row_start (w + 1,), the oldest first, and are read before
    their week is added.
    """
    k, w, scales = start.size - 1, row_start.size - 1, keep.size
    state = np.zeros((n, scales))
    rows, sums, total = np.zeros((row_cell.size, scales)), np.zeros((w, scales)), np.zeros(scales)
    for week in range(k):
        trial = week - (k - w)
        if trial >= 0:
            for r in range(row_start[trial], row_start[trial + 1]):
                for j in range(scales):
                    rows[r, j] = state[row_cell[r], j]
            for j in range(scales):
                sums[trial, j] = total[j]
        for i in range(n):
            for j in range(scales):
                state[i, j] *= keep[j]
        for e in range(start[week], start[week + 1]):
            for j in range(scales):
                state[cell[e], j] += 1.0
        for j in range(scales):
            total[j] = total[j] * keep[j] + (start[week + 1] - start[week])
    return rows, state, sums


@compiled
def spread(buffer: Floats, x: float, y: float, columns: int, sigma: float) -> None:
    """Add a Gaussian at (x, y) in pixels, integrated over each pixel, to a flat raster buffer."""
    rows = buffer.size // columns
    reach = CUT * sigma
    left, right = max(int(np.floor(x - reach)), 0), min(int(np.floor(x + reach)), columns - 1)
    low, high = max(int(np.floor(y - reach)), 0), min(int(np.floor(y + reach)), rows - 1)
    if left > right or low > high:
        return
    across = np.empty(right - left + 1)
    before = erf((left - x) / sigma * _HALF)
    for c in range(left, right + 1):
        after = erf((c + 1 - x) / sigma * _HALF)
        across[c - left] = 0.5 * (after - before)
        before = after
    before = erf((low - y) / sigma * _HALF)
    for r in range(low, high + 1):
        after = erf((r + 1 - y) / sigma * _HALF)
        along = 0.5 * (after - before)
        before = after
        for c in range(left, right + 1):
            buffer[r * columns + c] += along * across[c - left]


@compiled
def read_ground(state: Floats, corner: Ints, share: Floats, inside: Floats, final: Floats) -> None:
    """Read the raster states (j, pixels) at the cells into final (n, j)."""
    for j in range(state.shape[0]):
        for i in range(inside.size):
            value = 0.0
            for q in range(4):
                value += share[q, i] * state[j, corner[q, i]]
            final[i, j] = value / inside[i]


@compiled
def fade_ground(
    start: Ints,
    x: Floats,
    y: Floats,
    keep: Floats,
    row_start: Ints,
    row_cell: Ints,
    corner: Ints,
    share: Floats,
    inside: Floats,
    size: Ints,
    sigma: float,
) -> tuple[Floats, Floats, Floats]:
    """As `fade_cells`, with each event spread as a Gaussian of `sigma` pixels over a raster of size (rows, columns).

    x, y: positions in pixels; corner, share (4, n): the pixels of each cell and their parts; inside (n,): the part of
    a Gaussian at the cell that lies within the study area, by which the reading is divided.
    """
    k, w, scales, n = start.size - 1, row_start.size - 1, keep.size, inside.size
    pixels, columns = size[0] * size[1], size[1]
    state = np.zeros((scales, pixels))
    rows, sums, final = np.zeros((row_cell.size, scales)), np.zeros((w, scales)), np.zeros((n, scales))
    buffer = np.zeros(pixels)
    for week in range(k):
        trial = week - (k - w)
        if trial >= 0:
            read_ground(state, corner, share, inside, final)
            for r in range(row_start[trial], row_start[trial + 1]):
                for j in range(scales):
                    rows[r, j] = final[row_cell[r], j]
            for j in range(scales):
                for i in range(n):
                    sums[trial, j] += final[i, j]
        buffer[:] = 0.0
        for e in range(start[week], start[week + 1]):
            spread(buffer, x[e], y[e], columns, sigma)
        for j in range(scales):
            for p in range(pixels):
                state[j, p] = state[j, p] * keep[j] + buffer[p]
    read_ground(state, corner, share, inside, final)
    return rows, final, sums
