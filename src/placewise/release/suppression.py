"""Hiding small counts in a table with totals, and as many others as it takes that subtraction finds none of them."""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Bools, Ints, frozen, ints
from placewise.kernels.errors import PlacewiseError

_UNLIMITED = 1 << 60


class BadTable(PlacewiseError):
    """A table that is not two-dimensional counts."""


@dataclass(frozen=True)
class Published:
    """A table as it may be seen: counts (r + 1, c + 1) with totals in the last row and column, and what is shown."""

    counts: Ints
    shown: Bools
    threshold: int

    def rows(self) -> list[list[int | None]]:
        """The table with totals, None where a count is hidden."""
        pairs = zip(self.counts.tolist(), self.shown.tolist(), strict=True)
        return [[value if seen else None for value, seen in zip(*pair, strict=True)] for pair in pairs]

    @property
    def hidden(self) -> int:
        """How many entries, totals among them, are hidden."""
        return int((~self.shown).sum())


def suppress(counts: npt.ArrayLike, *, threshold: int = 5) -> Published:
    """The table (r, c) with totals, every count below `threshold` hidden, nought among them.

    Further entries are hidden until each hidden one could, by all that is shown and knowing that counts are not
    negative, take values at least `threshold` apart (the protection range of Willenborg and de Waal 2001, § 4.2).
    """
    table = _with_totals(counts)
    hidden = table < threshold
    waiting = _entries(hidden)
    while waiting:  # what is safe stays so when more is hidden, so each entry is looked at once
        at = waiting.pop()
        if protection(table, hidden, at, threshold) < threshold:
            more = [entry for entry in _detour(table, hidden, at, threshold) if not hidden[entry]]
            for entry in more:
                hidden[entry] = True
            waiting += more
    return Published(frozen(table), frozen(~hidden), threshold)


def protection(table: Ints, hidden: Bools, at: tuple[int, int], enough: int) -> int:
    """How far apart the values are that a hidden entry of a table with totals can take, counted up to `enough`.

    Hidden entries are edges between rows and columns; a change of one must return through others, so its room is the
    largest flow from its column back to its row (Gusfield 1988, SIAM J. Computing 17).
    """
    up = _flow(table, hidden, at, enough, upwards=True)
    return up + (_flow(table, hidden, at, enough - up, upwards=False) if up < enough else 0)


def _with_totals(counts: npt.ArrayLike) -> Ints:
    """The table with a last row and column of sums."""
    inside = np.asarray(counts)
    if inside.ndim != 2 or inside.size == 0 or np.any(inside < 0) or np.any(inside != np.floor(inside)):
        raise BadTable("a table to publish has rows, columns and whole counts that are not negative")
    table = np.zeros((inside.shape[0] + 1, inside.shape[1] + 1), dtype=np.int64)
    table[:-1, :-1] = inside
    table[:-1, -1], table[-1, :-1], table[-1, -1] = inside.sum(1), inside.sum(0), inside.sum()
    return ints(table)


def _entries(mask: Bools) -> list[tuple[int, int]]:
    """Rows and columns where the mask holds."""
    return [(int(row), int(column)) for row, column in np.argwhere(mask)]


def _detour(table: Ints, hidden: Bools, at: tuple[int, int], enough: int) -> list[tuple[int, int]]:
    """The entries by which a change of one can return at the least count hidden (shortest cycle, as Kelly et al. 1992).

    Entries too small to take the change are no way; where no way is left, every entry of the table.
    """
    rows, columns = table.shape
    source, target = _ends(table, at, upwards=True)
    rooms = _rooms(table, np.ones_like(hidden))
    costs, came, queue = {source: 0.0}, {source: -1}, [(0.0, source)]
    while queue:
        cost, node = heappop(queue)
        if node == target:
            return [_edge(rows, one, other)[0] for one, other in pairwise(_way(came, target))]
        for other in range(rows, rows + columns) if node < rows else range(rows):
            edge, way = _edge(rows, node, other)
            total = cost + (1e-3 if hidden[edge] else float(table[edge]))
            if edge != at and rooms[way][edge] >= enough and total < costs.get(other, np.inf):
                costs[other], came[other] = total, node
                heappush(queue, (total, other))
    return _entries(np.ones_like(hidden))


def _flow(table: Ints, hidden: Bools, at: tuple[int, int], enough: int, *, upwards: bool) -> int:
    """By how much the entry can grow (or shrink), up to `enough`, with all lines still adding up."""
    grow, shrink = _rooms(table, hidden)
    grow[at] = shrink[at] = 0
    ends = _ends(table, at, upwards=upwards)
    limit = enough if upwards else min(enough, int(table[at]))
    moved = 0
    while moved < limit and (path := _path(grow > 0, shrink > 0, *ends)) is not None:
        moved += _push(grow, shrink, path, limit - moved)
    return moved


def _rooms(table: Ints, hidden: Bools) -> tuple[Ints, Ints]:
    """Room of each signed entry to grow and to shrink; none where it is shown. Totals bear the opposite sign."""
    total = np.zeros(table.shape, dtype=bool)
    total[-1], total[:, -1] = True, True
    total[-1, -1] = False
    grow = np.where(hidden, np.where(total, table, _UNLIMITED), 0)
    return grow, np.where(hidden, np.where(total, _UNLIMITED, table), 0)


def _ends(table: Ints, at: tuple[int, int], *, upwards: bool) -> tuple[int, int]:
    """From which node a change of the entry must be led back to which; rows are numbered before columns."""
    row, column = at[0], table.shape[0] + at[1]
    return (column, row) if _sign(table, at) == upwards else (row, column)


def _sign(table: Ints, at: tuple[int, int]) -> bool:
    """Whether an entry counts positively in the equations that make each line add up to nothing; totals don't."""
    return bool((at[0] == table.shape[0] - 1) == (at[1] == table.shape[1] - 1))


def _edge(rows: int, one: int, other: int) -> tuple[tuple[int, int], int]:
    """The entry between two nodes, and whether going this way makes it grow (0) or shrink (1)."""
    return ((one, other - rows), 0) if one < rows else ((other, one - rows), 1)


def _path(grow: Bools, shrink: Bools, source: int, target: int) -> list[int] | None:
    """A shortest way from row to column where an entry can grow and back where it can shrink, by breadth."""
    rows, columns = grow.shape
    came = {source: -1}
    fresh = [source]
    unseen = np.ones(rows + columns, dtype=bool)
    unseen[source] = False
    while fresh and unseen[target]:
        from_rows = fresh[0] < rows
        ways = grow[fresh] if from_rows else shrink[:, [node - rows for node in fresh]].T
        reached = ways.any(axis=0) & (unseen[rows:] if from_rows else unseen[:rows])
        found = np.flatnonzero(reached)
        parents = np.argmax(ways[:, found], axis=0)
        nodes = found + rows if from_rows else found
        came |= {int(node): fresh[parent] for node, parent in zip(nodes, parents, strict=True)}
        unseen[nodes] = False
        fresh = nodes.tolist()
    return None if unseen[target] else _way(came, target)


def _way(came: dict[int, int], target: int) -> list[int]:
    """The nodes from the source to the target."""
    path = [target]
    while came[path[-1]] >= 0:
        path.append(came[path[-1]])
    return path[::-1]


def _push(grow: Ints, shrink: Ints, path: list[int], limit: int) -> int:
    """Move as much as fits along the way."""
    steps = [_edge(grow.shape[0], one, other) for one, other in pairwise(path)]
    amount = min(limit, *(int((shrink if way else grow)[edge]) for edge, way in steps))
    for edge, way in steps:
        grow[edge] += amount if way else -amount
        shrink[edge] += -amount if way else amount
    return amount
