"""Spans of uncertain time spread evenly over the hours of the week."""

import numpy as np

from placewise.kernels.arrays import Floats
from placewise.kernels.compiled import compiled

WEEK = 168


@compiled
def spread_hours(first: Floats, last: Floats) -> Floats:
    """(168,) incidents by hour of the week, Monday 0 h first; spans in hours since a Monday, each adding one in all.

    A span's part in an hour is the part of the span that lies in it (aoristic: Ratcliffe 2000, Int. J. GIS 14); one of
    more than four weeks tells nothing of the hour and is spread over the week.
    """
    total = np.zeros(WEEK)
    for e in range(first.size):
        length = last[e] - first[e]
        if length <= 0.0:
            total[int(np.floor(first[e])) % WEEK] += 1.0
        elif length > 4 * WEEK:
            total += 1.0 / WEEK
        else:
            at = first[e]
            while at < last[e] - 1e-9:
                edge = min(np.floor(at + 1e-9) + 1.0, last[e])
                total[int(np.floor(at + 1e-9)) % WEEK] += (edge - at) / length
                at = edge
    return total
