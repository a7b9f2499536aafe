"""Compiled schedule of patrol routes: when each visit and break begins, and how late it could.

Nodes 0 … tasks−1 are visits (a place in a slot; the visits of one place are neighbours in number, by slot), the rest
are breaks. A break is taken where the unit just is. All times are whole seconds.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.compiled import borrowing

F = TypeVar("F", bound=Callable[..., Any])


def _inlined(function: F) -> F:
    """Compiled into its callers: a call would count references to every array of both tuples."""
    return cast("F", numba.njit(cache=True, nogil=True, inline="always")(function))


class Facts(NamedTuple):
    """What never changes while routes are sought. Rows of `travel` and `loc` are locations."""

    travel: NDArray[np.int32]  # (locations, locations)
    loc: Ints  # (tasks,)
    place: Ints  # (tasks,)
    prize: Floats  # (tasks,)
    area: Ints  # (tasks,)
    locked: Ints  # (tasks,) the unit a visit must stay with, -1 where free, -2 where it may not be made
    dwell: Ints  # (nodes,)
    opens: Ints  # (nodes,) earliest beginning
    closes: Ints  # (nodes,) latest beginning
    place_first: Ints  # (places + 1,) visits of each place
    wanted: Ints  # (places,)
    gap: Ints  # (places,) least seconds from the end of a visit to the beginning of the next
    near: Ints  # (places, places) places by nearness
    allowed: Bools  # (units, places)
    unit_start: Ints
    unit_end: Ints
    shift_from: Ints
    shift_to: Ints
    share: Floats  # (areas,) greatest share of all visit seconds


class Routes(NamedTuple):
    """Routes and what follows from them; a node that is on no route has unit −1."""

    nodes: Ints  # (units, room)
    size: Ints  # (units,)
    unit: Ints  # (nodes,)
    pos: Ints  # (nodes,)
    begin: Ints  # (nodes,)
    latest: Ints  # (nodes,) latest beginning that keeps everything after it, other routes standing still
    at: Ints  # (nodes,) location
    visits: Ints  # (places,) visits given
    load: Ints  # (units,) visit seconds
    given: Ints  # (areas,) visit seconds
    cap: Floats  # (areas,) visit seconds allowed just now
    total: Floats  # prize, travel seconds, visit seconds


@borrowing
def copy_routes(source: Routes, target: Routes) -> None:
    """Makes one set of routes equal to another."""
    # plain loops: whole-array assignments take ten times as long to compile
    for unit in range(len(source.size)):
        for k in range(source.size[unit]):
            target.nodes[unit, k] = source.nodes[unit, k]
        target.size[unit], target.load[unit] = source.size[unit], source.load[unit]
    for node in range(len(source.unit)):
        target.unit[node], target.pos[node], target.at[node] = source.unit[node], source.pos[node], source.at[node]
        target.begin[node], target.latest[node] = source.begin[node], source.latest[node]
    for place in range(len(source.visits)):
        target.visits[place] = source.visits[place]
    for area in range(len(source.given)):
        target.given[area], target.cap[area] = source.given[area], source.cap[area]
    for i in range(len(source.total)):
        target.total[i] = source.total[i]


@_inlined
def own_earliest(facts: Facts, routes: Routes, task: int) -> int:
    """The earliest a visit may begin: its slot, and its place's earlier visits with the gap."""
    place = facts.place[task]
    least, gap, begin, dwell, on = facts.opens[task], facts.gap[place], routes.begin, facts.dwell, routes.unit
    for other in range(facts.place_first[place], task):
        if on[other] >= 0:
            least = max(least, begin[other] + dwell[other] + gap)
    return int(least)


@_inlined
def own_latest(facts: Facts, routes: Routes, task: int) -> int:
    """The latest a visit may begin: its slot, and its place's later visits with the gap, those standing still."""
    place = facts.place[task]
    most, before, begin, on = facts.closes[task], facts.gap[place] + facts.dwell[task], routes.begin, routes.unit
    for other in range(task + 1, facts.place_first[place + 1]):
        if on[other] >= 0:
            most = min(most, begin[other] - before)
    return int(most)


@borrowing
def time_forward(facts: Facts, routes: Routes, unit: int) -> int:
    """Begins everything on a route as early as it goes; returns the first position that can't keep its time
    (its size if that is the way home), or −1."""
    # arrays are named once: each look into a tuple inside the loop would count a reference
    travel, loc, dwell, opens, closes = facts.travel, facts.loc, facts.dwell, facts.opens, facts.closes
    place, place_first, gap, on = facts.place, facts.place_first, facts.gap, routes.unit
    nodes, begin, at, pos = routes.nodes[unit], routes.begin, routes.at, routes.pos
    now, here, size, tasks = facts.shift_from[unit], facts.unit_start[unit], routes.size[unit], len(facts.loc)
    for k in range(size):
        node = nodes[k]
        pos[node] = k
        most = closes[node]
        if node < tasks:
            now += travel[here, loc[node]]
            here, apart = loc[node], gap[place[node]]
            for other in range(place_first[place[node]], node):
                if on[other] >= 0:
                    now = max(now, begin[other] + dwell[other] + apart)
            for other in range(node + 1, place_first[place[node] + 1]):
                if on[other] >= 0 and on[other] != unit:  # on this route it comes later and is timed after this
                    most = min(most, begin[other] - dwell[node] - apart)
        now = max(now, opens[node])
        if now > most:
            return k
        begin[node], at[node] = now, here
        now += dwell[node]
    return -1 if now + travel[here, facts.unit_end[unit]] <= facts.shift_to[unit] else size


@borrowing
def time_backward(facts: Facts, routes: Routes, unit: int) -> None:
    """Works out how late everything on a route could begin."""
    size, tasks = routes.size[unit], len(facts.loc)
    if size == 0:
        return
    travel, loc, dwell, closes = facts.travel, facts.loc, facts.dwell, facts.closes
    place, place_first, gap, on = facts.place, facts.place_first, facts.gap, routes.unit
    nodes, begin, at, latest = routes.nodes[unit], routes.begin, routes.at, routes.latest
    after = facts.shift_to[unit] - travel[at[nodes[size - 1]], facts.unit_end[unit]]
    for k in range(size - 1, -1, -1):
        node = nodes[k]
        most = min(closes[node], after - dwell[node])
        if node < tasks:
            before = gap[place[node]] + dwell[node]
            for other in range(node + 1, place_first[place[node] + 1]):
                if on[other] == unit:
                    most = min(most, latest[other] - before)
                elif on[other] >= 0:
                    most = min(most, begin[other] - before)
        latest[node] = after = most
        if node < tasks and k > 0:
            after -= travel[at[nodes[k - 1]], loc[node]]


@borrowing
def insert(facts: Facts, routes: Routes, unit: int, k: int, node: int) -> None:
    """Puts a node at position k of a route; times are not yet worked out."""
    size = routes.size[unit]
    for j in range(size, k, -1):
        routes.nodes[unit, j] = routes.nodes[unit, j - 1]
    routes.nodes[unit, k] = node
    routes.size[unit] = size + 1
    routes.unit[node] = unit
    if node < len(facts.loc):
        routes.visits[facts.place[node]] += 1
        routes.load[unit] += facts.dwell[node]
        routes.given[facts.area[node]] += facts.dwell[node]
        routes.total[0] += facts.prize[node]
        routes.total[2] += facts.dwell[node]


@borrowing
def take_out(facts: Facts, routes: Routes, node: int) -> None:
    """Takes a node off its route; times are not yet worked out."""
    unit, size = routes.unit[node], routes.size[routes.unit[node]]
    k = 0
    while routes.nodes[unit, k] != node:
        k += 1
    for j in range(k, size - 1):
        routes.nodes[unit, j] = routes.nodes[unit, j + 1]
    routes.size[unit] = size - 1
    routes.unit[node] = -1
    if node < len(facts.loc):
        routes.visits[facts.place[node]] -= 1
        routes.load[unit] -= facts.dwell[node]
        routes.given[facts.area[node]] -= facts.dwell[node]
        routes.total[0] -= facts.prize[node]
        routes.total[2] -= facts.dwell[node]


@borrowing
def settle(facts: Facts, routes: Routes, unit: int) -> bool:
    """Times a route anew. What can't be kept gives way: of the free visits up to it, the one of least prize.

    False where even without its free visits the route can't keep its breaks, its locked visits and its shift.
    """
    tasks = len(facts.loc)
    while True:
        k = time_forward(facts, routes, unit)
        if k < 0:
            break
        least, out = np.inf, -1
        for j in range(min(k + 1, routes.size[unit])):
            node = routes.nodes[unit, j]
            if node < tasks and facts.locked[node] < 0 and facts.prize[node] <= least:
                least, out = facts.prize[node], node
        if out < 0:
            return False
        take_out(facts, routes, out)
    time_backward(facts, routes, unit)
    return True


@borrowing
def _share_a_place(facts: Facts, routes: Routes, unit: int, other: int) -> bool:
    """Whether two routes hold visits to the same place."""
    place_first, place, on, nodes, tasks = facts.place_first, facts.place, routes.unit, routes.nodes, len(facts.loc)
    for k in range(routes.size[unit]):
        node = nodes[unit, k]
        if node < tasks:
            for visit in range(place_first[place[node]], place_first[place[node] + 1]):
                if on[visit] == other:
                    return True
    return False


@borrowing
def settle_others(facts: Facts, routes: Routes, unit: int) -> None:
    """After a route has been timed: works out anew how late the other routes may be that share places with it."""
    for other in range(len(routes.size)):
        if other != unit and _share_a_place(facts, routes, unit, other):
            time_backward(facts, routes, other)


@borrowing
def travel_seconds(facts: Facts, routes: Routes) -> int:
    """Seconds of driving of all routes; a unit without a visit drives only if its shift ends elsewhere."""
    total = 0
    for unit in range(len(routes.size)):
        here = facts.unit_start[unit]
        for k in range(routes.size[unit]):
            there = routes.at[routes.nodes[unit, k]]
            total += facts.travel[here, there]
            here = there
        total += facts.travel[here, facts.unit_end[unit]]
    return total
