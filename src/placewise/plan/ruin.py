"""Our own engine: ruin and recreate with exact spacing, breaks, shares and balance, some searches side by side."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from time import perf_counter

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.patrol import Facts, Routes, copy_routes, insert, settle
from placewise.kernels.recreate import fill, improve, rank, score
from placewise.plan.arrays import NOWHERE, as_facts, empty_routes, tasks_of
from placewise.plan.draft import Deed, Draft
from placewise.plan.errors import NoRoom
from placewise.plan.problem import Problem
from placewise.plan.stop import Progress, Stop

ROUNDS_AT_ONE_HEAT = 50
HOTTEST, REHEATED, COLDEST = 1.0, 0.3, 0.05  # of the mean prize
SCOUTS, SCOUTING = 4, 0.5  # short searches of each worker, and the share of the whole that they take
STRING_SUM = 10.0  # visits taken out on average
DRIVING = 0.1  # of the mean prize for driving to a near neighbour
EVENNESS = 0.1  # of the mean prize for a shift full of visits
LEAN, LEAN_FOR_BALANCE = 0.02, 1.0  # at most: seconds of driving for a second less load
BROKEN = 1e3  # of the mean prize for an hour over a share, or for all of a shift over the balance


@dataclass(frozen=True)
class Wishes:
    """Where a search starts and what it must keep: the draft it begins with, visits tied to a unit, visits banned."""

    start: Draft | None = None
    tied: frozenset[tuple[int, int]] = frozenset()
    banned: frozenset[tuple[int, int]] = frozenset()


def ruin_and_recreate(
    problem: Problem, stop: Stop, seed: int, progress: Progress | None = None, wishes: Wishes | None = None
) -> Draft:
    """The best draft that some searches from different seeds find."""
    wishes = wishes or Wishes()
    if not problem.units or not problem.places or not problem.slots:
        return [[Deed(-1, -1, begin) for begin in _rests_alone(problem, i)] for i in range(len(problem.units))]
    facts = as_facts(problem, locked_of(problem, wishes))
    first = first_routes(problem, facts, wishes)
    # compiling may take longer than the search: the clock begins after one round
    _search(problem, facts, first, _Told(Stop(rounds=1), None), (seed, 0))
    told = _Told(stop, progress)
    with ThreadPoolExecutor(stop.workers) as pool:
        found = list(pool.map(lambda worker: _search(problem, facts, first, told, (seed, worker)), range(stop.workers)))
    best, _ = max(found, key=lambda pair: pair[1])
    return as_draft(problem, facts, best)


def _rests_alone(problem: Problem, unit: int) -> list[int]:
    begins, now = [], problem.units[unit].shift.start
    for rest in problem.units[unit].breaks:
        begins.append(max(now, rest.earliest))
        now = begins[-1] + rest.seconds
    return begins


def locked_of(problem: Problem, wishes: Wishes) -> Ints:
    locked = np.full(len(problem.places) * len(problem.slots), -1, dtype=np.int64)
    for p, s in wishes.banned:
        locked[p * len(problem.slots) + s] = NOWHERE
    for unit, deeds in enumerate(wishes.start or []):
        for deed in deeds:
            if (deed.place, deed.slot) in wishes.tied:
                locked[deed.place * len(problem.slots) + deed.slot] = unit
    return locked


def first_routes(problem: Problem, facts: Facts, wishes: Wishes) -> Routes:
    """Routes with the breaks and the visits to start from; refuses breaks and tied visits that fit no shift."""
    routes, slots = empty_routes(facts), len(problem.slots)
    rest = len(facts.loc)
    for number, unit in enumerate(problem.units):
        kept = wishes.start[number] if wishes.start else [Deed(-1, -1, 0)] * len(unit.breaks)
        for deed in kept:
            node = deed.place * slots + deed.slot
            if deed.place < 0:
                node, rest = rest, rest + 1
            insert(facts, routes, number, int(routes.size[number]), node)
            routes.begin[node] = deed.begin
    for number in (*range(len(problem.units)), *range(len(problem.units))):  # twice: the first may loosen the second
        if not settle(facts, routes, number):
            raise NoRoom(f"the breaks and locked visits of {problem.units[number].name} do not fit its shift")
    return routes


class _Told:
    """The clock and the listener that all searches share."""

    def __init__(self, stop: Stop, progress: Progress | None) -> None:
        self.stop, self.progress = stop, progress
        self.begun, self.best, self.ended = perf_counter(), 0.0, False
        self.lock = Lock()

    def share(self, rounds: int, prize: float) -> float:
        """How much of the search is done; 1 once the listener has ended it."""
        share = self.stop.share(perf_counter() - self.begun, rounds)
        with self.lock:
            self.best = max(self.best, prize)
            if self.progress and not self.ended and self.progress(share, self.best) is False:
                self.ended = True
        return 1.0 if self.ended else share


def weigh(problem: Problem, facts: Facts) -> Floats:
    """Prices: of driving, load, share, lean to lighter units, balance, the balance allowed; and the mean prize."""
    prized = facts.prize[facts.prize > 0]
    mean = float(prized.mean()) if len(prized) else 1.0
    count = len(problem.places)
    rank_ = min(5, count - 1)
    hop = max(float(np.median(np.sort(facts.travel[:count, :count], axis=1)[:, rank_])), 1.0)
    bounded = bool((facts.share < 1).any())
    return np.array([
        DRIVING * mean / hop, EVENNESS * mean, BROKEN * mean / 3600 * bounded,
        LEAN if problem.balance is None else LEAN_FOR_BALANCE,
        BROKEN * mean * (problem.balance is not None), problem.balance or 0.0, mean,
    ])  # fmt: skip


class _Walk:
    """One worker's searches: the rounds they have made and the best they have found."""

    def __init__(self, problem: Problem, facts: Facts, told: _Told, seeds: tuple[int, int]) -> None:
        self.facts, self.told = facts, told
        self.weights, self.rng = weigh(problem, facts), np.random.default_rng(seeds)
        self.best, self.worth, self.rounds = empty_routes(facts), -np.inf, 0

    def cool(self, now: Routes, hottest: float, begin: float, end: float) -> None:
        """Searches on from these routes while the share done lies from `begin` to `end`, ever colder."""
        trial, best = empty_routes(self.facts), empty_routes(self.facts)
        copy_routes(now, best)
        scores = np.array([score(self.facts, now, self.weights), rank(self.facts, now, self.weights)])
        while (share := self.told.share(self.rounds, float(max(self.best.total[0], best.total[0])))) < end:
            heat = self.weights[-1] * hottest * (COLDEST / hottest) ** ((share - begin) / (end - begin))
            at_once = min(ROUNDS_AT_ONE_HEAT, (self.told.stop.rounds or self.rounds + ROUNDS_AT_ONE_HEAT) - self.rounds)
            improve(self.facts, now, trial, best, self.weights, scores, heat, STRING_SUM, at_once, self.draw())
            self.rounds += at_once
        if scores[1] > self.worth:
            self.best, self.worth = best, float(scores[1])

    def filled(self, first: Routes) -> Routes:
        """These routes with every visit put in where it fits."""
        routes = _same(self.facts, first)
        fill(self.facts, routes, self.weights, self.draw())
        return routes

    def draw(self) -> int:
        """A seed for the compiled loops."""
        return int(self.rng.integers(1 << 31))


def _same(facts: Facts, routes: Routes) -> Routes:
    copy = empty_routes(facts)
    copy_routes(routes, copy)
    return copy


def _search(problem: Problem, facts: Facts, first: Routes, told: _Told, seeds: tuple[int, int]) -> tuple[Routes, float]:
    """Some short searches, then a long one from the best of them: the best routes found and their worth.

    The first, hot rounds decide which dead end a search cools into: some quick tries find a better one than a slow one.
    """
    walk = _Walk(problem, facts, told, seeds)
    for scout in range(SCOUTS):
        walk.cool(walk.filled(first), HOTTEST, SCOUTING * scout / SCOUTS, SCOUTING * (scout + 1) / SCOUTS)
    walk.cool(_same(facts, walk.best), REHEATED, SCOUTING, 1.0)
    return walk.best, walk.worth


def as_draft(problem: Problem, facts: Facts, routes: Routes) -> Draft:
    tasks = tasks_of(problem)
    draft: Draft = []
    for unit in range(len(problem.units)):
        nodes = routes.nodes[unit, : routes.size[unit]].tolist()
        ends = [(-1, -1) if node >= len(tasks) else tasks[node] for node in nodes]
        draft.append([Deed(p, s, int(routes.begin[n])) for (p, s), n in zip(ends, nodes, strict=True)])
    return draft
