"""Near pairs and strings by looking at every pair: matrices for Knox, a walk from row to row for strings."""

import numpy as np


def metres_apart(x, y, metric="straight"):
    """(n, n) metres between incidents."""
    east, north = np.abs(np.subtract.outer(x, x)), np.abs(np.subtract.outer(y, y))
    return np.hypot(east, north) if metric == "straight" else east + north


def knox_counts(apart, day, edges, limits):
    """(d, t) pairs by distance and days, each pair once; a band holds its upper edge, the next begins above it."""
    once = np.triu(np.ones(apart.shape, dtype=bool), 1)
    days = np.abs(np.subtract.outer(day, day))
    table, low = [], -1.0
    for high in edges:
        near, row, least = once & (apart > low) & (apart <= high), [], -1
        for most in limits:
            row.append(int(np.sum(near & (days > least) & (days <= most))))
            least = most
        table.append(row)
        low = high
    return table


def strings(apart, day, metres, days):
    """Sets of rows that hang together, and of each row its pairs as originator, as follower and of one day."""
    close = (apart <= metres) & (np.abs(np.subtract.outer(day, day)) <= days) & ~np.eye(day.size, dtype=bool)
    found, seen = [], set()
    for start in range(day.size):
        if start in seen or not close[start].any():
            continue
        held, ahead = set(), [start]
        while ahead:
            row = ahead.pop()
            if row not in held:
                held.add(row)
                ahead.extend(np.flatnonzero(close[row]).tolist())
        seen |= held
        found.append(held)
    roles = [
        (int(np.sum(day[close[row]] > day[row])), int(np.sum(day[close[row]] < day[row])),
         int(np.sum(day[close[row]] == day[row])))
        for row in range(day.size)
    ]  # fmt: skip
    return found, roles
