"""Pairs of points near in space, counted by how far apart their times are, for many orders of the times at once."""

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

LANES = 32
"""Orders of the times counted side by side: as many whole numbers of 16 bits as the widest registers hold."""
MOST_TIME = 32_767
"""The latest time that 16 bits hold; so is the most that a counter may be added to before it is emptied."""


@compiled
def pair_counts(i: Int32, j: Int32, band: UInt8, times: Int16, edges: Int16, bands: int) -> Ints:
    """(bands, edges, LANES) pairs of each distance band whose times differ by at most each edge.

    i, j: (m,) the points of each pair; band: (m,) its distance band; times: (n, LANES) whole numbers from 0 to
    MOST_TIME, one column for each order; edges: (e,) ascending.
    """
    e = edges.size
    total = np.zeros((bands * e, LANES), dtype=np.int64)
    count = np.zeros((bands * e, LANES), dtype=np.int16)
    for begin in range(0, i.size, MOST_TIME):
        count[:] = 0
        for pair in range(begin, min(begin + MOST_TIME, i.size)):
            here, there, row = times[i[pair]], times[j[pair]], np.intp(band[pair]) * e
            for k in range(e):
                # no branches and nothing wider than 16 bits: so the compiler makes this loop one step for all lanes
                within, edge = count[row + k], edges[k]
                for lane in range(LANES):
                    within[lane] += np.int16(np.int16(abs(np.int16(here[lane] - there[lane]))) <= edge)
        total += count
    return total.reshape(bands, e, LANES)


@compiled
def pair_bands(i: Int32, j: Int32, x: Floats, y: Floats, edges: Floats, power: float) -> UInt8:
    """(m,) index of the first edge that each pair's distance does not exceed; straight (power 2) or in blocks (1)."""
    band = np.empty(i.size, dtype=np.uint8)
    for pair in range(i.size):
        a, b = i[pair], j[pair]
        east, north = abs(x[a] - x[b]), abs(y[a] - y[b])
        metres = east + north if power == 1.0 else np.sqrt(east * east + north * north)
        k = 0
        while k < edges.size - 1 and metres > edges[k]:
            k += 1
        band[pair] = k
    return band
