"""Compiled search for beats: small areas change hands along the borders of connected beats, like cooling metal.

One move gives a small area to a beat beside it. What a beat's middle costs is kept as a sum for each possible middle,
so a move costs as much as there are areas in two beats. After simulated annealing (Kirkpatrick, Gelatt and Vecchi,
«Optimization by Simulated Annealing», Science 220, 1983), as districting has long used it (D'Amico et al. 2002).
"""

from typing import NamedTuple

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled


class Ground(NamedTuple):
    """What never changes while beats are sought."""

    work: Floats  # (areas,) workload; its mean is 1
    cost: Floats  # (areas, areas) workload × seconds from a middle (row) to an area
    first: Ints  # (areas + 1,) where each area's neighbours begin
    near: Ints  # neighbours
    metres: Floats  # border with each neighbour
    today: Ints  # (areas,) today's beat, −1 where that is not asked


class Split(NamedTuple):
    """Beats and what follows from them."""

    beat: Ints  # (areas,)
    load: Floats  # (beats,) workload
    size: Ints  # (beats,) areas
    sums: Floats  # (beats, areas) cost of a beat, were this area its middle
    least: Floats  # (beats,) cost with the best middle
    total: Floats  # cost of all, metres between beats, areas that change hands, workload outside what is allowed


class Wish(NamedTuple):
    """What a search looks for; every part is a price for one unit of it."""

    cost: float  # for all cost
    limit: float  # up to which cost is free
    above: float  # for cost above the limit
    border: float  # for a metre between beats
    change: float  # for an area that changes hands
    uneven: float  # for workload outside what is allowed
    low: float  # least workload of a beat
    high: float  # greatest


@compiled
def worth(total: Floats, wish: Wish) -> float:
    """The price of a split: the less the better."""
    price = wish.cost * total[0] + wish.border * total[1] + wish.change * total[2] + wish.uneven * total[3]
    return float(price + wish.above * max(0.0, total[0] - wish.limit))


@compiled
def outside(load: float, wish: Wish) -> float:
    """Workload by which a beat lies outside what is allowed."""
    return max(0.0, load - wish.high, wish.low - load)


@compiled
def fill_sums(ground: Ground, split: Split, wish: Wish) -> None:
    """Works out everything that follows from who has which area."""
    count, beats = len(split.beat), len(split.load)
    for b in range(beats):
        split.load[b], split.size[b], split.least[b] = 0.0, 0, np.inf
        for j in range(count):
            split.sums[b, j] = 0.0
    for i in range(len(split.total)):
        split.total[i] = 0.0
    for i in range(count):
        b = split.beat[i]
        split.load[b] += ground.work[i]
        split.size[b] += 1
        split.total[2] += int(ground.today[i] >= 0 and ground.today[i] != b)
        for j in range(count):
            split.sums[b, j] += ground.cost[j, i]
        for at in range(ground.first[i], ground.first[i + 1]):
            if split.beat[ground.near[at]] > b:
                split.total[1] += ground.metres[at]
    for i in range(count):
        split.least[split.beat[i]] = min(split.least[split.beat[i]], split.sums[split.beat[i], i])
    for b in range(beats):
        split.total[0] += split.least[b]
        split.total[3] += outside(split.load[b], wish)


@compiled
def least_without(ground: Ground, split: Split, b: int, area: int) -> float:
    """The cost of a beat once an area has left it."""
    least = np.inf
    for j in range(len(split.beat)):
        if split.beat[j] == b and j != area:
            least = min(least, split.sums[b, j] - ground.cost[j, area])
    return float(least)


@compiled
def least_with(ground: Ground, split: Split, b: int, area: int) -> float:
    """The cost of a beat once an area has come to it."""
    least = split.sums[b, area]
    for j in range(len(split.beat)):
        if split.beat[j] == b:
            least = min(least, split.sums[b, j] + ground.cost[j, area])
    return float(least)


@compiled
def holds_without(ground: Ground, split: Split, area: int, seen: Ints, queue: Ints) -> bool:
    """Whether a beat stays in one piece once an area has left it; `seen` (areas + 1) keeps a stamp at its end."""
    b, first, near = split.beat[area], ground.first, ground.near
    wanted, begin = 0, -1
    seen[-1] += 1
    stamp = seen[-1]
    for at in range(first[area], first[area + 1]):
        if split.beat[near[at]] == b:
            wanted += 1
            begin = near[at]
    if wanted <= 1:
        return wanted == 1
    seen[area], seen[begin], queue[0] = stamp, stamp, begin
    done, count = 0, 1
    while done < count:
        here = queue[done]
        done += 1
        for at in range(first[here], first[here + 1]):
            other = near[at]
            if split.beat[other] == b and seen[other] != stamp:
                seen[other], queue[count] = stamp, other
                count += 1
    return bool(count == split.size[b] - 1)


@compiled
def give(ground: Ground, split: Split, area: int, b: int, after: Floats, least: Floats) -> None:
    """Gives an area to a beat; `after` holds the totals then, `least` the costs of the beat it leaves and of `b`."""
    a = split.beat[area]
    for j in range(len(split.beat)):
        split.sums[a, j] -= ground.cost[j, area]
        split.sums[b, j] += ground.cost[j, area]
    split.load[a] -= ground.work[area]
    split.load[b] += ground.work[area]
    split.size[a] -= 1
    split.size[b] += 1
    split.least[a], split.least[b] = least[0], least[1]
    split.beat[area] = b
    for i in range(len(after)):
        split.total[i] = after[i]


@compiled
def totals_after(ground: Ground, split: Split, wish: Wish, area: int, b: int, after: Floats, least: Floats) -> None:
    """Works out the totals were an area given to a beat."""
    a, work = split.beat[area], ground.work[area]
    least[0], least[1] = least_without(ground, split, a, area), least_with(ground, split, b, area)
    after[0] = split.total[0] - split.least[a] - split.least[b] + least[0] + least[1]
    after[1] = split.total[1]
    for at in range(ground.first[area], ground.first[area + 1]):
        other = split.beat[ground.near[at]]
        if other == a:
            after[1] += ground.metres[at]
        elif other == b:
            after[1] -= ground.metres[at]
    after[2] = split.total[2]
    if ground.today[area] >= 0:
        after[2] += int(ground.today[area] == a) - int(ground.today[area] == b)
    before = outside(split.load[a], wish) + outside(split.load[b], wish)
    after[3] = split.total[3] - before + outside(split.load[a] - work, wish) + outside(split.load[b] + work, wish)


@compiled
def anneal(
    ground: Ground, split: Split, best: Ints, best_worth: float, wish: Wish, heat: float, moves: int, seed: int
) -> float:
    """Tries some moves at one heat. `best` (areas,) and its worth are those of the best even split so far."""
    np.random.seed(seed)
    count = len(split.beat)
    seen, queue = np.zeros(count + 1, np.int64), np.empty(count, np.int64)
    after, least = np.empty(len(split.total)), np.empty(2)
    now = worth(split.total, wish)
    for _ in range(moves):
        area = np.random.randint(count)
        rooms = ground.first[area + 1] - ground.first[area]
        if rooms == 0:
            continue
        b = split.beat[ground.near[ground.first[area] + np.random.randint(rooms)]]
        if b == split.beat[area] or split.size[split.beat[area]] == 1:
            continue
        totals_after(ground, split, wish, area, b, after, least)
        then = worth(after, wish)
        if then > now - heat * np.log(np.random.random()) or not holds_without(ground, split, area, seen, queue):
            continue
        give(ground, split, area, b, after, least)
        now = then
        if after[3] <= 1e-9 and then < best_worth - 1e-9:
            best_worth = then
            for i in range(count):
                best[i] = split.beat[i]
    return best_worth
