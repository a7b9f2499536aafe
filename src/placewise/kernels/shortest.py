"""Compiled shortest times on a graph of states in compressed rows.

Dijkstra's method with buckets of some seconds in place of a heap (Dial 1969; within a bucket labels are corrected, as
in Meyer and Sanders' delta-stepping, 2003): the same times, at about half the cost of a binary heap on streets.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.compiled import compiled

Int32 = NDArray[np.int32]
WIDTH = 4.0
"""Seconds of one bucket: about a third of a usual street."""
WAITS, GOAL = 1, 2


class Room(NamedTuple):
    """What a search works in and leaves its answer in."""

    dist: Floats  # (states,) seconds, infinite where not reached
    came: Ints  # (states,) the arc that led there, −1 at a seed
    mark: NDArray[np.uint8]  # (states,)
    top: Int32  # (buckets,) the newest entry of each bucket; a power of two of them
    item: Int32  # (entries,) the state that waits
    below: Int32  # (entries,) the next older entry of the bucket


@compiled
def room_for(states: int, longest: float, entries: int) -> Room:
    """Room for searches among some states whose longest arc takes so many seconds."""
    buckets = 4
    while buckets < longest / WIDTH + 3:
        buckets *= 2
    return Room(
        np.empty(states), np.empty(states, np.int64), np.empty(states, np.uint8), np.empty(buckets, np.int32),
        np.empty(entries, np.int32), np.empty(entries, np.int32),
    )  # fmt: skip


@compiled
def search(
    first: Ints, head: Int32, secs: Floats, seeds: Int32, seed_secs: Floats, limit: float,
    goals_left: int, is_goal: Bools, room: Room,
) -> bool:  # fmt: skip
    """Fills `room.dist` and `room.came` for every state within `limit` seconds of the seeds.

    Stops once all of `goals_left` states marked in `is_goal` are settled, never if it is below 0. Entries that are
    used up are chained through `below` and used again; False where there are too few of them.
    """
    dist, came, mark, top, item, below = room.dist, room.came, room.mark, room.top, room.item, room.below
    dist[:], came[:], top[:], mark[:] = np.inf, -1, -1, 0
    if goals_left >= 0:
        for state in range(len(mark)):
            mark[state] = GOAL * is_goal[state]
    per_second, turn = 1.0 / WIDTH, len(top) - 1
    fresh, unused, waiting, now = 0, -1, 0, 0
    due = np.argsort(seed_secs)  # seeds may lie further apart than one turn of the buckets: they come in as due
    put = 0
    while goals_left != 0 and (waiting > 0 or put < len(due)):
        if waiting == 0:
            now = int(seed_secs[due[put]] * per_second)
        while put < len(due) and int(seed_secs[due[put]] * per_second) <= now:
            there, time = seeds[due[put]], seed_secs[due[put]]
            put += 1
            if fresh == len(item):
                return False
            if time < dist[there] and time <= limit:
                dist[there], came[there] = time, -1
                mark[there] |= WAITS
                item[fresh], below[fresh], top[now & turn] = there, top[now & turn], fresh
                fresh += 1
                waiting += 1
        slot = now & turn
        while top[slot] >= 0:
            entry = top[slot]
            top[slot] = below[entry]
            below[entry], unused = unused, entry
            waiting -= 1
            here = item[entry]
            if mark[here] & WAITS == 0:
                continue
            if mark[here] & GOAL:
                goals_left -= 1
            mark[here] = 0
            at = dist[here]
            for arc in range(first[here], first[here + 1]):
                there, time = head[arc], at + secs[arc]
                if time < dist[there] and time <= limit:
                    dist[there], came[there] = time, arc
                    mark[there] |= WAITS
                    if unused >= 0:
                        entry, unused = unused, below[unused]
                    else:
                        entry, fresh = fresh, fresh + 1
                        if fresh >= len(item):
                            return False
                    bucket = int(time * per_second) & turn
                    item[entry], below[entry], top[bucket] = there, top[bucket], entry
                    waiting += 1
        now += 1
    return True


@compiled
def search_rows(
    first: Ints, head: Int32, secs: Floats, seed_first: Ints, seeds: Int32, seed_secs: Floats,
    goal_first: Ints, goals: Int32, goal_secs: Floats, rows: Floats,
) -> None:  # fmt: skip
    """Fills `rows` (origins, destinations): least seconds from any seed of an origin to any goal of a destination.

    Seeds by origin and goals by destination are compressed rows of states and seconds.
    """
    longest, entries = secs.max(), len(head) + len(seeds) + 2
    room = room_for(len(first) - 1, longest, entries)
    is_goal = np.zeros(len(first) - 1, np.bool_)
    is_goal[goals] = True
    count = is_goal.sum()
    for row in range(len(seed_first) - 1):
        a, b = seed_first[row], seed_first[row + 1]
        while not search(first, head, secs, seeds[a:b], seed_secs[a:b], np.inf, count, is_goal, room):
            entries *= 2
            room = room_for(len(first) - 1, longest, entries)
        for place in range(len(goal_first) - 1):
            least = np.inf
            for at in range(goal_first[place], goal_first[place + 1]):
                least = min(least, room.dist[goals[at]] + goal_secs[at])
            rows[row, place] = least


@compiled
def spread(
    first: Ints, street: Int32, dist: Floats, shape_first: Ints, ahead: Floats, back: Floats, street_secs: Floats,
    limit: float, points: Floats,
) -> None:  # fmt: skip
    """Lowers `points` (seconds at shape points, infinite at first) by what the arcs from reached states drive by.

    A chain is left where it is already reached as soon from its other end: from there on it always is.
    """
    for state in range(len(dist)):
        start = dist[state]
        if start > limit:
            continue
        for arc in range(first[state], first[state + 1]):
            chain = street[arc] >> 1
            low, high = shape_first[chain], shape_first[chain + 1]
            if street[arc] & 1 == 0:
                for point in range(low, high):
                    time = start + ahead[point]
                    if time > limit or time >= points[point]:
                        break
                    points[point] = time
            else:
                whole = start + street_secs[street[arc]]
                for point in range(high - 1, low - 1, -1):
                    time = whole - back[point]
                    if time > limit or time >= points[point]:
                        break
                    points[point] = time


@compiled
def gather(
    entry: Int32, dist: Floats, shape_first: Ints, ahead: Floats, back: Floats, street_secs: Floats,
    limit: float, points: Floats,
) -> None:  # fmt: skip
    """Lowers `points` by the way on from each to the end of its streets and from there, `dist` away from the goal."""
    for street in range(len(entry)):
        if entry[street] < 0 or dist[entry[street]] > limit:
            continue
        rest = dist[entry[street]]
        low, high = shape_first[street >> 1], shape_first[(street >> 1) + 1]
        if street & 1 == 0:
            for point in range(high - 1, low - 1, -1):
                time = rest + street_secs[street] - ahead[point]
                if time > limit or time >= points[point]:
                    break
                points[point] = time
        else:
            for point in range(low, high):
                time = rest + back[point]
                if time > limit or time >= points[point]:
                    break
                points[point] = time
