"""A commander's edits: what was not touched keeps its unit, its order and, where it can, its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from placewise.kernels.patrol import (
    Facts,
    Routes,
    copy_routes,
    insert,
    settle,
    settle_others,
    take_out,
    time_forward,
    travel_seconds,
)
from placewise.plan.arrays import as_facts, empty_routes, may_serve
from placewise.plan.draft import Deed, Draft, as_plan
from placewise.plan.errors import BadEdit, BadPlan
from placewise.plan.problem import Problem
from placewise.plan.result import Plan, Visit
from placewise.plan.ruin import Wishes, as_draft, first_routes, locked_of, ruin_and_recreate
from placewise.plan.stop import Progress, Stop

Key = tuple[int, int]
NOBODY = 1 << 30


@dataclass(frozen=True)
class Lock:
    """A visit that stays with its unit in every search that follows."""

    place: str
    slot: int


@dataclass(frozen=True)
class Drop:
    """A visit taken out; it is not made again until it is added."""

    place: str
    slot: int


@dataclass(frozen=True)
class Move:
    """A visit given to a unit, as its visit number `position` (from 0; where it fits best if None)."""

    place: str
    slot: int
    unit: str
    position: int | None = None


@dataclass(frozen=True)
class Add:
    """A visit put in, with a unit and position of its own or where it fits best."""

    place: str
    slot: int
    unit: str | None = None
    position: int | None = None


Edit: TypeAlias = Lock | Drop | Move | Add


def revise(
    problem: Problem,
    plan: Plan,
    edits: Sequence[Edit],
    *,
    seed: int = 0,
    stop: Stop | None = None,
    progress: Progress | None = None,
) -> Plan:
    """The plan after edits, in their order. Visits moved or added make room for themselves: what has least prize
    gives way and is listed as displaced. With `stop`, what is not locked, moved or added is then planned anew."""
    hand = _Hand(problem, plan, edits)
    routes = _edited(problem, hand, floor=True)
    if _lost(problem, hand, routes):
        routes = _edited(problem, hand, floor=False)
    draft = as_draft(problem, hand.facts(), routes)
    if stop is not None:
        wishes = Wishes(draft, frozenset(hand.tied), frozenset(hand.banned))
        draft = ruin_and_recreate(problem, stop, seed, progress, wishes)
    told = dict.fromkeys(hand.before, "displaced") if stop is None else {}
    told.update(dict.fromkeys(hand.banned, "dropped"))
    return as_plan(problem, draft, engine="revised", seed=seed, told=told)


class _Hand:
    """The edits read against the plan: the draft without what is dropped or moved, and what is to be put in."""

    def __init__(self, problem: Problem, plan: Plan, edits: Iterable[Edit]) -> None:
        self.problem = problem
        self.place = {place.name: i for i, place in enumerate(problem.places)}
        self.unit = {unit.name: i for i, unit in enumerate(problem.units)}
        self.draft = self._draft(plan)
        self.before = {(deed.place, deed.slot) for deeds in self.draft for deed in deeds if deed.place >= 0}
        self.banned = {self._key(gap.place, gap.slot) for gap in plan.unvisited if gap.reason == "dropped"}
        self.tied: set[Key] = set()
        self.put: dict[Key, tuple[int | None, int | None]] = {}
        for edit in edits:
            self._take(edit)

    def _draft(self, plan: Plan) -> Draft:
        if [tour.unit for tour in plan.tours] != list(self.unit):
            raise BadPlan("the plan is not one for these units")
        return [
            [
                Deed(*self._key(i.place, i.slot), i.begin) if isinstance(i, Visit) else Deed(-1, -1, i.begin)
                for i in tour.items
            ]
            for tour in plan.tours
        ]

    def _key(self, place: str, slot: int) -> Key:
        if place not in self.place or not 0 <= slot < len(self.problem.slots):
            raise BadEdit(f"there is no place {place!r} with a slot {slot}")
        return self.place[place], slot

    def _take(self, edit: Edit) -> None:
        key = self._key(edit.place, edit.slot)
        planned = key in self.put or any((deed.place, deed.slot) == key for deeds in self.draft for deed in deeds)
        if planned == isinstance(edit, Add):
            raise BadEdit(f"the visit to {edit.place} in slot {edit.slot} is {'already' if planned else 'not'} planned")
        if isinstance(edit, Lock):
            self.tied.add(key)
            return
        self.put.pop(key, None)
        self.draft = [[deed for deed in deeds if (deed.place, deed.slot) != key] for deeds in self.draft]
        if isinstance(edit, Drop):
            self.banned.add(key)
            self.tied.discard(key)
            return
        self.banned.discard(key)
        self.tied.add(key)
        self.put[key] = self._unit(edit), edit.position

    def _unit(self, edit: Move | Add) -> int | None:
        if edit.unit is None:
            return None
        if edit.unit not in self.unit:
            raise BadEdit(f"there is no unit {edit.unit!r}")
        number = self.unit[edit.unit]
        if not may_serve(self.problem, self.problem.units[number])[self.place[edit.place]]:
            raise BadEdit(f"{edit.unit} lacks the skills or people that {edit.place} asks for")
        return number

    def facts(self) -> Facts:
        """The problem's arrays; a visit is locked only once it stands on a route."""
        return as_facts(self.problem, locked_of(self.problem, Wishes(self.draft, frozenset(self.tied))))


def _edited(problem: Problem, hand: _Hand, *, floor: bool) -> Routes:
    """The routes after the edits; with `floor`, no visit begins earlier than it did."""
    facts = hand.facts()
    if floor:
        for deed in (deed for deeds in hand.draft for deed in deeds if deed.place >= 0):
            node = deed.place * len(problem.slots) + deed.slot
            facts.opens[node] = max(facts.opens[node], deed.begin)
    routes = first_routes(problem, facts, Wishes(hand.draft))
    for key, wish in hand.put.items():
        _put(problem, facts, routes, key, wish)
    return routes


def _lost(problem: Problem, hand: _Hand, routes: Routes) -> bool:
    """Whether something that no edit touched gave way."""
    untouched = [deed for deeds in hand.draft for deed in deeds if deed.place >= 0]
    return any(routes.unit[deed.place * len(problem.slots) + deed.slot] < 0 for deed in untouched)


def _put(problem: Problem, facts: Facts, routes: Routes, key: Key, wish: tuple[int | None, int | None]) -> None:
    """Puts a visit with a unit, where it keeps all others if it can and else where it costs least driving."""
    wanted, position = wish
    node, place = key[0] * len(problem.slots) + key[1], problem.places[key[0]]
    if routes.visits[key[0]] >= place.visits:
        raise BadEdit(f"{place.name} already has the {place.visits} visits wanted")
    options = list[tuple[bool, int, int, int]]()
    for unit in range(len(problem.units)) if wanted is None else [wanted]:
        if not facts.allowed[unit, key[0]]:
            continue
        spots = _positions(facts, routes, unit, position)
        options += [(*_price(facts, routes, unit, k, node), unit, k) for k in spots]
    facts.locked[node] = NOBODY  # any unit may take it, and it gives way to none
    before = empty_routes(facts)
    copy_routes(routes, before)
    for *_, unit, k in sorted(options):
        insert(facts, routes, unit, k, node)
        if settle(facts, routes, unit):
            facts.locked[node] = unit
            settle_others(facts, routes, unit)
            return
        copy_routes(before, routes)
    raise BadEdit(
        f"no such unit can visit {place.name} in slot {key[1]} and keep its shift, its breaks and the spacing"
    )


def _positions(facts: Facts, routes: Routes, unit: int, position: int | None) -> list[int]:
    """The places in a route's row for a new visit: all, or those that make it visit number `position`."""
    nodes = routes.nodes[unit, : routes.size[unit]]
    before = np.concatenate([[0], np.cumsum(nodes < len(facts.loc))])
    everywhere = list(range(len(nodes) + 1))
    return everywhere if position is None else [k for k in everywhere if before[k] == min(max(position, 0), before[-1])]


def _price(facts: Facts, routes: Routes, unit: int, k: int, node: int) -> tuple[bool, int]:
    """Whether a visit at a position breaks something, and the seconds driven then; the routes stay as they were."""
    begin, at = routes.begin.copy(), routes.at.copy()
    insert(facts, routes, unit, k, node)
    routes.at[node] = facts.loc[node]
    broken, driven = time_forward(facts, routes, unit) >= 0, travel_seconds(facts, routes)
    take_out(facts, routes, node)
    routes.begin[:], routes.at[:] = begin, at
    return broken, driven
