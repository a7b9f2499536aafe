"""Compiled walk that joins pieces of street into chains between vertices."""

import numpy as np

from placewise.kernels.arrays import Bools, Ints
from placewise.kernels.compiled import compiled


@compiled
def walk_chains(
    first: Ints, piece_at: Ints, start: Ints, end: Ints, is_vertex: Bools
) -> tuple[Ints, Ints, Bools, Ints]:
    """Every piece once, in chains that begin and end at vertices and pass only points that are none.

    `first`, `piece_at` list the pieces at each point (CSR). Returns per chain point its point and the piece that
    leaves it (-1 at a chain's last), whether that piece is walked against its sense, and where each chain begins.
    """
    pieces, points = len(start), len(first) - 1
    point_out = np.empty(2 * pieces, np.int64)
    piece_out = np.empty(2 * pieces, np.int64)
    flip_out = np.zeros(2 * pieces, np.bool_)
    begins = np.empty(pieces + 1, np.int64)
    used = np.zeros(pieces, np.bool_)
    size, chains = 0, 0
    for vertex in range(points):
        if not is_vertex[vertex]:
            continue
        for slot in range(first[vertex], first[vertex + 1]):
            if used[piece_at[slot]]:
                continue
            begins[chains] = size
            chains += 1
            here, piece = vertex, piece_at[slot]
            while True:
                used[piece] = True
                point_out[size], piece_out[size], flip_out[size] = here, piece, start[piece] != here
                size += 1
                here = end[piece] if start[piece] == here else start[piece]
                if is_vertex[here]:
                    break
                other = piece_at[first[here]]
                piece = other if other != piece else piece_at[first[here] + 1]
            point_out[size], piece_out[size] = here, -1
            size += 1
    begins[chains] = size
    return point_out[:size].copy(), piece_out[:size].copy(), flip_out[:size].copy(), begins[: chains + 1].copy()
