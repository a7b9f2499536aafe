"""The search for beats: grown from drawn middles, then mended along their borders, some searches side by side."""

from collections.abc import Callable
from heapq import heappop, heappush

import numpy as np

from placewise.kernels.arrays import Ints
from placewise.kernels.beats import Ground, Split, Wish, anneal, fill_sums, worth
from placewise.plan.beats import Beats

MOVES = 1000  # tried in one round
HOTTEST, COLDEST = 2.0, 4e-3  # of what a mean area adds to the mean seconds
UNEVEN = 6.0  # of the same, for a mean area's workload outside what is allowed
NO_LIMIT = np.inf

Share = Callable[[int, float], float]
"""Told the rounds made and the best worth, answers how much of the search is done, 0 to 1."""


def as_ground(problem: Beats, *, today: bool = False) -> Ground:
    """The arrays of a problem. A beat's mean workload is 1, and costs add up to mean seconds."""
    work = np.array([area.workload for area in problem.areas]) / problem.mean
    one = np.array([border.one for border in problem.borders], dtype=np.int64)
    other = np.array([border.other for border in problem.borders], dtype=np.int64)
    metres = np.array([border.metres for border in problem.borders], dtype=np.float64)
    ends, far, length = np.append(one, other), np.append(other, one), np.append(metres, metres)
    order = np.lexsort((far, ends))
    counts = np.bincount(ends, minlength=len(work))
    return Ground(
        work=work,
        cost=np.ascontiguousarray(work[None, :] * problem.travel / problem.count),
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        near=far[order],
        metres=length[order],
        today=todays(problem) if today else np.full(len(work), -1, dtype=np.int64),
    )


def todays(problem: Beats) -> Ints:
    """(areas,) today's beat of each area by number, the largest first; −1 for those beyond the count asked for."""
    names = sorted({area.today for area in problem.areas if area.today})
    load = {name: sum(area.workload for area in problem.areas if area.today == name) for name in names}
    number = {name: i for i, name in enumerate(sorted(names, key=lambda name: -load[name])[: problem.count])}
    return np.array([number.get(area.today, -1) for area in problem.areas], dtype=np.int64)


def wish(problem: Beats, base: float, **parts: float) -> Wish:
    """What to look for: `base` are the mean seconds that prices are measured by; without parts, the least seconds."""
    tolerance = parts.pop("tolerance", problem.tolerance)
    asked = {
        "cost": 1.0,
        "limit": NO_LIMIT,
        "above": 0.0,
        "border": 0.0,
        "change": 0.0,
        "uneven": UNEVEN * base / problem.count,
    }
    return Wish(**(asked | parts), low=1 - tolerance, high=1 + tolerance)


def heats(problem: Beats, base: float) -> tuple[float, float]:
    """The first and the last heat, where prices are measured by `base` seconds."""
    return HOTTEST * base / len(problem.areas), COLDEST * base / len(problem.areas)


def split_of(ground: Ground, beat: Ints, count: int) -> Split:
    """Beats as a search changes them; what follows from them is not worked out yet."""
    size = len(beat)
    return Split(
        beat=beat.astype(np.int64).copy(),
        load=np.zeros(count),
        size=np.zeros(count, dtype=np.int64),
        sums=np.zeros((count, size)),
        least=np.zeros(count),
        total=np.zeros(4),
    )


def grown(ground: Ground, count: int, rng: np.random.Generator) -> Ints:
    """(areas,) beats in one piece each, grown from middles drawn far apart; the lightest beat takes the next area."""
    middles = _drawn_middles(ground, count, rng)
    beat = np.full(len(ground.work), -1, dtype=np.int64)
    seconds = ground.cost / np.maximum(ground.work, 1e-12)
    edge: list[list[tuple[float, int]]] = [[] for _ in range(count)]
    load = np.zeros(count)
    for b, middle in enumerate(middles):
        heappush(edge[b], (0.0, middle))
    while any(edge):
        b = min((b for b in range(count) if edge[b]), key=lambda b: load[b])
        area = heappop(edge[b])[1]
        if beat[area] >= 0:
            continue
        beat[area] = b
        load[b] += ground.work[area]
        for other in ground.near[ground.first[area] : ground.first[area + 1]].tolist():
            if beat[other] < 0 and other not in middles:
                heappush(edge[b], (float(seconds[middles[b], other]), other))
    return beat


def _drawn_middles(ground: Ground, count: int, rng: np.random.Generator) -> list[int]:
    """Areas drawn by workload and distance from those drawn before (k-means++, Arthur and Vassilvitskii 2007)."""
    weight = ground.work + 1e-9
    middles = [int(rng.choice(len(weight), p=weight / weight.sum()))]
    while len(middles) < count:
        chance = ground.cost[middles].min(axis=0) + 1e-12 * weight
        chance[middles] = 0
        middles.append(int(rng.choice(len(weight), p=chance / chance.sum())))
    return middles


def search(
    ground: Ground,
    start: Ints,
    count: int,
    asked: Wish,
    share: Share,
    rng: np.random.Generator,
    heats: tuple[float, float],
) -> tuple[Ints | None, float]:
    """The best even beats that one search from `start` finds, and their worth; None where none is even.

    `heats`: the first and the last, in the units of what is asked.
    """
    split, best = split_of(ground, start, count), start.astype(np.int64).copy()
    fill_sums(ground, split, asked)
    found = worth(split.total, asked) if split.total[3] <= 1e-9 else np.inf
    rounds = 0
    while (done := share(rounds, found)) < 1:
        heat = heats[0] * (heats[1] / heats[0]) ** done
        fill_sums(ground, split, asked)  # sums kept by differences drift
        found = anneal(ground, split, best, found, asked, heat, MOVES, int(rng.integers(1 << 31)))
        rounds += 1
    return (best, found) if np.isfinite(found) else (None, found)
