"""Knox's table written for reading: every pair, every order, one after another."""

from itertools import combinations
from math import hypot


def plain_knox(points, days, distances, limits, metric="straight"):
    """Pairs in each distance and time band; the first distance band is one and the same place."""
    table = [[0] * len(limits) for _ in range(len(distances) + 1)]
    edges = [1.0, *distances]
    for a, b in combinations(range(len(points)), 2):
        east, north = abs(points[a][0] - points[b][0]), abs(points[a][1] - points[b][1])
        metres = hypot(east, north) if metric == "straight" else east + north
        apart = abs(days[a] - days[b])
        row = next((k for k, edge in enumerate(edges) if metres <= edge), None)
        column = next((k for k, edge in enumerate(limits) if apart <= edge), None)
        if row is not None and column is not None:
            table[row][column] += 1
    return table
