"""Turn restrictions as states: where a driver came from decides where he may go, and nowhere else.

A state is a vertex, or a vertex together with the streets just driven where those begin a forbidden sequence
(the prefixes of an Aho–Corasick automaton over streets, 1975). Shortest times over states keep every restriction
exactly, and a network with few of them grows by as few states.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.streets.raw import IntArray, TurnRule

LONGEST_VIA = 12
Drive = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Arms:
    """Directed streets: street 2c drives chain c as drawn, street 2c + 1 against it; only the open ones are listed."""

    street: IntArray
    tail: IntArray
    head: IntArray
    first_way: IntArray
    last_way: IntArray


@dataclass(frozen=True, eq=False)
class StateGraph:
    """Arcs between states: the street each drives, and for each street the state its driver is in at its end."""

    tail: IntArray
    head: IntArray
    street: IntArray
    entry: IntArray  # (2 × chains,), -1 where closed
    states: int


class _Neighbourhood:
    """The streets that leave and reach each vertex, as small lists, for the few vertices that rules name."""

    def __init__(self, arms: Arms) -> None:
        self.head = dict(zip(arms.street.tolist(), arms.head.tolist(), strict=True))
        self.first_way = dict(zip(arms.street.tolist(), arms.first_way.tolist(), strict=True))
        self.last_way = dict(zip(arms.street.tolist(), arms.last_way.tolist(), strict=True))
        self.leaving: dict[int, list[int]] = defaultdict(list)
        self.reaching: dict[int, list[int]] = defaultdict(list)
        self.of_way: dict[int, list[int]] = defaultdict(list)
        for street, tail, head in zip(arms.street.tolist(), arms.tail.tolist(), arms.head.tolist(), strict=True):
            self.leaving[tail].append(street)
            self.reaching[head].append(street)
            self.of_way[self.last_way[street]].append(street)


def forbidden_routes(
    arms: Arms, rules: tuple[TurnRule, ...], vertex_of: IntArray, leading_away: set[tuple[int, int]]
) -> tuple[set[Drive], int]:
    """The sequences of streets that no driver may drive, and how many rules forbid nothing on our streets.

    `leading_away` holds the (point, way) pairs of everything read: an only-rule binds also where its way out leaves
    the connected part.
    """
    near, routes, unplaced = _Neighbourhood(arms), set[Drive](), 0
    for rule in rules:
        if rule.via_point is None:
            found = set(_via_ways(rule, near))
        else:
            exists = (rule.via_point, rule.target) in leading_away
            found = set(_via_point(rule, near, int(vertex_of[rule.via_point]))) if exists else set()
        routes |= found
        unplaced += not found
    return routes, unplaced


def _via_point(rule: TurnRule, near: _Neighbourhood, vertex: int) -> Iterator[Drive]:
    targets = {street for street in near.leaving[vertex] if near.first_way[street] == rule.target}
    for source in near.reaching[vertex]:
        if near.last_way[source] == rule.source:
            for target in near.leaving[vertex]:
                if _is_forbidden(rule, source, target, targets):
                    yield source, target


def _is_forbidden(rule: TurnRule, source: int, target: int, targets: set[int]) -> bool:
    turns_back = target == source ^ 1
    if rule.kind == "only":
        return target not in targets
    if rule.source == rule.target:  # the way passes through: only the name says which of its two ends is meant
        return target in targets and turns_back == rule.u_turn
    return target in targets


def _via_ways(rule: TurnRule, near: _Neighbourhood) -> Iterator[Drive]:
    if rule.kind != "no":
        return
    for source in near.of_way[rule.source]:
        waiting: list[tuple[Drive, int]] = [((source,), -1)]
        while waiting:
            route, step = waiting.pop()
            for street in near.leaving[near.head[route[-1]]]:
                way, longer = near.first_way[street], (*route, street)
                if street == route[-1] ^ 1 or len(longer) > LONGEST_VIA:
                    continue
                if step == len(rule.via_ways) - 1 and way == rule.target:
                    yield longer
                waiting.extend((longer, at) for at in (step, step + 1) if way == _way_at(rule, at))


def _way_at(rule: TurnRule, step: int) -> int | None:
    return rule.via_ways[step] if 0 <= step < len(rule.via_ways) else None


def as_states(arms: Arms, vertices: int, streets: int, routes: set[Drive]) -> StateGraph:
    """The graph of states in which exactly the forbidden routes can't be driven."""
    prefixes = {route[:size] for route in routes for size in range(1, len(route))}
    number = {prefix: vertices + i for i, prefix in enumerate(sorted(prefixes))}
    entry = np.full(streets, -1, dtype=np.int64)
    entry[arms.street] = arms.head
    for prefix, state in number.items():
        if len(prefix) == 1:
            entry[prefix[0]] = state
    extra = list(_arcs_of_prefixes(arms, routes, number, entry)) if routes else []
    more = np.array(extra, dtype=np.int64).reshape(-1, 3)
    return StateGraph(
        np.concatenate([arms.tail, more[:, 0]]),
        np.concatenate([entry[arms.street], more[:, 1]]),
        np.concatenate([arms.street, more[:, 2]]),
        entry,
        vertices + len(number),
    )


def _arcs_of_prefixes(
    arms: Arms, routes: set[Drive], number: dict[Drive, int], entry: NDArray[np.int64]
) -> Iterator[tuple[int, int, int]]:
    near = _Neighbourhood(arms)
    for prefix, state in number.items():
        for street in near.leaving[near.head[prefix[-1]]]:
            driven = (*prefix, street)
            ends = [driven[at:] for at in range(len(driven) - 1)]
            if not any(end in routes for end in ends):
                yield state, next((number[end] for end in ends if end in number), int(entry[street])), street
