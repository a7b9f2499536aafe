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
HOTTEST, COLDEST = 1.0, 0.05  # of the mean prize
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


def _search(problem: Problem, facts: Facts, first: Routes, told: _Told, seeds: tuple[int, int]) -> tuple[Routes, float]:
    """One search: its best routes and their worth."""
    weights, rng = weigh(problem, facts), np.random.default_rng(seeds)
    now, trial, best = empty_routes(facts), empty_routes(facts), empty_routes(facts)
    copy_routes(first, now)
    fill(facts, now, weights, int(rng.integers(1 << 31)))
    copy_routes(now, best)
    scores = np.array([score(facts, now, weights), rank(facts, now, weights)])
    mean, rounds = float(weights[-1]), 0
    while (share := told.share(rounds, float(best.total[0]))) < 1:
        heat = mean * HOTTEST * (COLDEST / HOTTEST) ** share
        at_once = min(ROUNDS_AT_ONE_HEAT, (told.stop.rounds or rounds + ROUNDS_AT_ONE_HEAT) - rounds)
        seed = int(rng.integers(1 << 31))
        improve(facts, now, trial, best, weights, scores, heat, STRING_SUM, at_once, seed)
        rounds += at_once
    return best, float(scores[1])


def as_draft(problem: Problem, facts: Facts, routes: Routes) -> Draft:
    tasks = tasks_of(problem)
    draft: Draft = []
    for unit in range(len(problem.units)):
        nodes = routes.nodes[unit, : routes.size[unit]].tolist()
        ends = [(-1, -1) if node >= len(tasks) else tasks[node] for node in nodes]
        draft.append([Deed(p, s, int(routes.begin[n])) for (p, s), n in zip(ends, nodes, strict=True)])
    return draft
