"""Compiled shortest times on a graph of states in compressed rows (Dijkstra 1959, binary heap, lazy deletion)."""

import numpy as np
from numpy.typing import NDArray

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.compiled import compiled

Int32 = NDArray[np.int32]


@compiled
def _push(keys: Floats, items: Int32, size: int, key: float, item: int) -> int:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at], items[at] = keys[above], items[above]
        at = above
    keys[at], items[at] = key, item
    return size + 1


@compiled
def _drop_least(keys: Floats, items: Int32, size: int) -> int:
    size -= 1
    key, item, at = keys[size], items[size], 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at], items[at] = keys[below], items[below]
        at = below
    keys[at], items[at] = key, item
    return size


@compiled
def search(  # noqa: PLR0917 - the compiler takes no keywords
    first: Ints, head: Int32, secs: Floats, seeds: Int32, seed_secs: Floats, limit: float,
    goals_left: int, is_goal: Bools, dist: Floats, came: Ints, keys: Floats, items: Int32,
) -> None:  # fmt: skip
    """Fills `dist` (seconds, infinite beyond `limit`) and `came` (the arc that led there, -1 at a seed).

    Stops once `goals_left` states marked in `is_goal` are settled, never if it is 0 or less. `keys` and `items`
    are room for the heap: one entry an arc and a seed.
    """
    dist[:] = np.inf
    came[:] = -1
    size = 0
    for i in range(len(seeds)):
        if seed_secs[i] <= limit and seed_secs[i] < dist[seeds[i]]:
            dist[seeds[i]] = seed_secs[i]
            size = _push(keys, items, size, seed_secs[i], seeds[i])
    while size > 0:
        key, here = keys[0], items[0]
        size = _drop_least(keys, items, size)
        if key > dist[here]:
            continue
        if is_goal[here]:
            goals_left -= 1
            if goals_left == 0:
                break
        for arc in range(first[here], first[here + 1]):
            there, time = head[arc], key + secs[arc]
            if time < dist[there] and time <= limit:
                dist[there] = time
                came[there] = arc
                size = _push(keys, items, size, time, there)


@compiled
def search_rows(  # noqa: PLR0917
    first: Ints, head: Int32, secs: Floats, seed_first: Ints, seeds: Int32, seed_secs: Floats,
    goal_first: Ints, goals: Int32, goal_secs: Floats, rows: Floats,
) -> None:  # fmt: skip
    """Fills `rows` (origins, destinations): least seconds from any seed of an origin to any goal of a destination.

    Seeds by origin and goals by destination are compressed rows of states and seconds.
    """
    states = len(first) - 1
    dist, came = np.empty(states), np.empty(states, np.int64)
    keys, items = np.empty(len(head) + len(seeds) + 8), np.empty(len(head) + len(seeds) + 8, np.int32)
    is_goal = np.zeros(states, np.bool_)
    is_goal[goals] = True
    count = is_goal.sum()
    for row in range(len(seed_first) - 1):
        a, b = seed_first[row], seed_first[row + 1]
        search(first, head, secs, seeds[a:b], seed_secs[a:b], np.inf, count, is_goal, dist, came, keys, items)
        for place in range(len(goal_first) - 1):
            least = np.inf
            for at in range(goal_first[place], goal_first[place + 1]):
                least = min(least, dist[goals[at]] + goal_secs[at])
            rows[row, place] = least
