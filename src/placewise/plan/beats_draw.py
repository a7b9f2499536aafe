"""Beats to choose from: the quickest, the most compact, the most even, and those nearest to today's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.optimize import linear_sum_assignment

from placewise.kernels.arrays import Ints
from placewise.kernels.beats import Ground, Wish, fill_sums
from placewise.plan.beats import Beat, BeatPlan, Beats
from placewise.plan.beats_prove import prove_beats
from placewise.plan.beats_search import Share, as_ground, grown, heats, search, split_of, todays, wish
from placewise.plan.errors import NoEvenBeats
from placewise.plan.phases import Clock, Phase
from placewise.plan.stop import Progress, Stop

ANNEAL = 25  # rounds for each area, from hot to cold
SEARCHED = 0.2  # of the time goes to the quickest; then it is proved and alternatives are sought, side by side
SLOWER = 1.1  # of the least seconds, that an alternative may take
EVENER = 1 / 3  # of the tolerance
TASTE = 0.1  # of what is asked for, that a saving of seconds still counts
STRICT = 10.0  # what a second above the limit costs


def draw_beats(
    problem: Beats, stop: Stop, seed: int, *, progress: Progress | None = None, alternatives: bool = True
) -> tuple[BeatPlan, ...]:
    """Beats to choose from, the quickest first; the same problem, seed and rounds give the same.

    «quickest» seeks the least mean seconds, «compact» the least border between beats and «familiar» the fewest areas
    that change hands (where today's beats are known), both at most 10 % slower where that can be had; «even» keeps a
    third of the tolerance. Refuses a problem for which no even beats are found. `progress` is told the share done and
    the least mean seconds so far.
    """
    ground = as_ground(problem)
    _make_ready(problem, ground)
    clock = Clock(stop, progress)
    quickest = _quickest(problem, ground, Phase(clock, 0.0, SEARCHED), seed)
    rest = Phase(clock, SEARCHED, 1.0)
    with ThreadPoolExecutor(2) as pool:
        proving = pool.submit(prove_beats, problem, ground, quickest, rest)
        others = _alternatives(problem, quickest, rest, seed) if alternatives else {}
        bound, quickest = proving.result()
    shown = dict[bytes, str]()
    found = {"quickest": quickest, **others}
    for name, beat in found.items():
        shown.setdefault(_canonical(beat).tobytes(), name)
    return tuple(as_plan(problem, found[name], bound, name, seed) for name in shown.values())


def _make_ready(problem: Beats, ground: Ground) -> None:
    """One round, so that the first search of an installation does not spend its time on compiling loops."""
    rng = np.random.default_rng(0)
    start = grown(ground, problem.count, rng)
    asked, base = _measured(problem, ground, start)
    search(ground, start, problem.count, asked, lambda rounds, _worth: float(rounds), rng, heats(problem, base))


def _quickest(problem: Beats, ground: Ground, phase: Phase, seed: int) -> Ints:
    """The best beats of some searches side by side, each starting anew as often as time allows."""
    with ThreadPoolExecutor(phase.clock.stop.workers) as pool:
        workers = range(phase.clock.stop.workers)
        tries = list(pool.map(lambda worker: _Tries(problem, ground, phase, (seed, worker)).run(), workers))
    beat = min(tries, key=lambda one: one[1])[0]
    if beat is None:
        raise NoEvenBeats(
            f"no {problem.count} beats within {problem.tolerance:.0%} of the mean workload were found, each in one "
            "piece; allow more tolerance or more time, or bring smaller areas"
        )
    return beat


class _Tries:
    """Searches of one worker, one after another, each from fresh beats and from hot to cold."""

    def __init__(self, problem: Beats, ground: Ground, phase: Phase, seeds: tuple[int, int]) -> None:
        self.problem, self.ground, self.phase, self.rng = problem, ground, phase, np.random.default_rng(seeds)
        self.made, self.begun, self.before = 0, 0.0, 0
        self.least = np.inf

    def run(self) -> tuple[Ints | None, float]:
        """The best beats of all tries, and their worth."""
        best = None
        while self.made == 0 or self.phase.done(self.made, self.least) < 1:
            self.begun, self.before = self.phase.done(self.made, self.least), self.made
            start = grown(self.ground, self.problem.count, self.rng)
            asked, base = _measured(self.problem, self.ground, start)
            beat, worth = search(
                self.ground, start, self.problem.count, asked, self._share, self.rng, heats(self.problem, base)
            )
            self.made = max(self.made, self.before + 1)
            if worth < self.least:
                best, self.least = beat, worth
        return best, self.least

    def _share(self, rounds: int, worth: float) -> float:
        """How much of this try is done: its own rounds, or what is left of the phase."""
        self.made = self.before + rounds
        whole = self.phase.done(self.made, min(self.least, worth))
        return max(rounds / (ANNEAL * len(self.problem.areas)), (whole - self.begun) / max(1 - self.begun, 1e-9))


def _measured(problem: Beats, ground: Ground, start: Ints) -> tuple[Wish, float]:
    """What to look for, with prices by the mean seconds of some beats; and those seconds."""
    split = split_of(ground, start, problem.count)
    fill_sums(ground, split, wish(problem, 1.0))
    base = max(float(split.total[0]), 1e-9)
    return wish(problem, base), base


def _alternatives(problem: Beats, quickest: Ints, phase: Phase, seed: int) -> dict[str, Ints]:
    """Beats that seek something else than the quickest, each from a search that begins with those."""
    plain = as_ground(problem)
    base = _measured(problem, plain, quickest)[1]
    limit = {"limit": SLOWER * base, "above": STRICT, "cost": TASTE}
    border = base / max(sum(border.metres for border in problem.borders), 1e-9)
    asked = {
        "compact": wish(problem, base, border=border, **limit),
        "even": wish(problem, base, tolerance=EVENER * problem.tolerance),
    }
    if any(area.today for area in problem.areas):
        asked["familiar"] = wish(problem, base, change=base / len(problem.areas), **limit)
    found = dict[str, Ints]()
    for number, (name, one) in enumerate(asked.items()):
        part = (phase.last - phase.first) / len(asked)
        own = Phase(phase.clock, phase.first + number * part, phase.first + (number + 1) * part)
        ground, start = plain, quickest
        if name == "familiar":
            ground = as_ground(problem, today=True)
            start = _aligned(quickest, ground.today, problem.count)
        rng = np.random.default_rng((seed, 1000 + number))
        beat, _ = search(ground, start, problem.count, one, _of(own), rng, heats(problem, base))
        if beat is not None:
            found[name] = beat
    return found


def _of(phase: Phase) -> Share:
    """How much of a phase is done, for a search whose worth is not in mean seconds."""
    return lambda rounds, _worth: phase.done(rounds, np.inf)


def _aligned(beat: Ints, today: Ints, count: int) -> Ints:
    """The same beats with numbers that agree with today's for as many areas as can be."""
    shared = np.zeros((count, count), dtype=np.int64)
    np.add.at(shared, (beat[today >= 0], today[today >= 0]), 1)
    _, number = linear_sum_assignment(shared, maximize=True)
    return np.asarray(number, dtype=np.int64)[beat]


def _canonical(beat: Ints) -> Ints:
    """The same beats numbered by their first areas."""
    _, first, own = np.unique(beat, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[own]


def as_plan(problem: Beats, beat: Ints, bound: float, name: str, seed: int) -> BeatPlan:
    """The plan of some beats (areas,), with what it comes to."""
    numbers = _canonical(beat)
    work = np.array([area.workload for area in problem.areas])
    beats = tuple(_beat(problem, np.flatnonzero(numbers == b), title) for b, title in _names(problem, numbers))
    driven = sum(one.seconds * one.workload for one in beats)
    today = {area.name: area.today for area in problem.areas if area.today}
    changed = sum(today.get(area, one.name) != one.name for one in beats for area in one.areas)
    seconds = driven / float(work.sum())
    return BeatPlan(
        name=name,
        beats=beats,
        seconds=seconds,
        bound=min(bound, seconds),
        uneven=max(abs(one.workload / problem.mean - 1) for one in beats),
        compactness=float(np.mean([one.compactness for one in beats])),
        changed=changed if today else None,
        seed=seed,
    )


def _names(problem: Beats, numbers: Ints) -> Iterator[tuple[int, str]]:
    """A name for each beat: today's where most areas stay in it, else the next number that is free."""
    today = todays(problem)
    used = sorted({area.today for area in problem.areas if area.today})
    kept = dict[int, str]()
    if used:
        agreed = _aligned(numbers, today, problem.count)
        title = {int(t): area.today for t, area in zip(today, problem.areas, strict=True) if t >= 0}
        kept = {int(b): title[int(a)] for b, a in zip(numbers, agreed, strict=True) if int(a) in title}
    free = (name for name in map(str, range(1, len(problem.areas) + 1 + len(used))) if name not in used)
    for b in range(problem.count):
        yield b, kept.get(b) or next(free)


def _beat(problem: Beats, inside: Ints, name: str) -> Beat:
    """One beat of the areas inside, with its best middle."""
    work = np.array([problem.areas[i].workload for i in inside])
    sums = (problem.travel[np.ix_(inside, inside)] * work).sum(axis=1)
    middle = int(np.argmin(sums))
    total = float(work.sum())
    return Beat(
        name=name,
        middle=problem.areas[int(inside[middle])].name,
        areas=tuple(problem.areas[int(i)].name for i in inside),
        workload=total,
        seconds=float(sums[middle] / total) if total > 0 else 0.0,
        compactness=_compactness(problem, set(inside.tolist())),
    )


def _compactness(problem: Beats, inside: set[int]) -> float:
    """Ground by that of a circle with the same outline, 1 for a circle (Polsby and Popper 1991)."""
    outline = sum(problem.areas[i].outline for i in inside)
    outline -= 2 * sum(border.metres for border in problem.borders if {border.one, border.other} <= inside)
    ground = sum(problem.areas[i].ground for i in inside)
    return float(np.clip(4 * np.pi * ground / outline**2, 0.0, 1.0)) if outline > 0 else 0.0
