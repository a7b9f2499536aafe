"""Compiled bound for medians of even workload: prices on the areas, and each middle fills its beat by itself.

Lagrangian relaxation of «every area in one beat» (Geoffrion 1974; Beasley 1993), climbed by deflected subgradients
(Camerini, Fratta and Maffioli 1975). Pairs (middle, area) stand in compressed rows by middle, its own area first.
"""

from typing import NamedTuple

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled

STALE = 30  # rounds without a better bound, then steps are halved
DEFLECTED = 0.7  # of the direction before
NEARLY = 1e-7


class Choice(NamedTuple):
    """What is left to choose."""

    first: Ints  # (middles + 1,)
    area: Ints  # (pairs,)
    cost: Floats  # (pairs,)
    work: Floats  # (areas,)


class Relaxed(NamedTuple):
    """What some prices give."""

    part: Floats  # (pairs,) how much of each area a middle's beat takes
    worth: Floats  # (middles,) of its cheapest beat
    rate: Floats  # (middles,) what a unit of workload more or less is worth to it
    chosen: Ints  # (beats,) the middles that are taken


@compiled
def fill_beat(choice: Choice, prices: Floats, row: int, low: float, high: float, relaxed: Relaxed) -> None:
    """A middle's cheapest beat: a knapsack of parts of areas, neither too heavy nor too light, its own area in it."""
    begin, end = choice.first[row], choice.first[row + 1]
    own = choice.area[begin]
    load, worth = choice.work[own], choice.cost[begin] - prices[own]
    relaxed.part[begin] = 1.0
    count = end - begin - 1
    rates = np.empty(count)
    for k in range(count):
        p = begin + 1 + k
        gain, work = choice.cost[p] - prices[choice.area[p]], choice.work[choice.area[p]]
        relaxed.part[p] = 0.0
        if work <= 0:
            rates[k] = np.inf
            if gain < 0:
                relaxed.part[p] = 1.0
                worth += gain
        else:
            rates[k] = gain / work
    last, full = 0.0, False
    for k in np.argsort(rates):
        if rates[k] == np.inf:
            break
        room = (high if rates[k] < 0 else low) - load
        if room <= 0:
            full = True
            break
        p = begin + 1 + k
        work = choice.work[choice.area[p]]
        part = min(1.0, room / work)
        relaxed.part[p] = part
        load += part * work
        worth += part * rates[k] * work
        last = rates[k]
        if part < 1:
            full = True
            break
    # too heavy or too light by itself: no plan has this middle
    relaxed.worth[row] = worth if low - NEARLY <= load <= high + NEARLY else np.inf
    relaxed.rate[row] = last if full or last > 0 else 0.0


@compiled
def relax(choice: Choice, prices: Floats, count: int, low: float, high: float, relaxed: Relaxed) -> float:
    """The bound that these prices prove."""
    for row in range(len(relaxed.worth)):
        fill_beat(choice, prices, row, low, high, relaxed)
    order = np.argsort(relaxed.worth)
    bound = 0.0
    for area in range(len(prices)):
        bound += prices[area]
    for b in range(count):
        relaxed.chosen[b] = order[b]
        bound += relaxed.worth[order[b]]
    return bound


@compiled
def climb(
    choice: Choice, prices: Floats, count: int, low: float, high: float, upper: float, step: float, rounds: int,
    relaxed: Relaxed,
) -> float:  # fmt: skip
    """The best bound within some rounds, its prices left in `prices`; ends early above `upper`."""
    areas = len(prices)
    now, ahead = prices.copy(), np.zeros(areas)
    best, stale = -np.inf, 0
    for _ in range(rounds):
        bound = relax(choice, now, count, low, high, relaxed)
        stale += 1
        if bound > best:
            if bound > best + 1e-5 * abs(bound):
                stale = 0
            best = bound
            for i in range(areas):
                prices[i] = now[i]
        if best > upper or step < 1e-3:
            break
        if stale > STALE:
            step, stale = step / 2, 0
            for i in range(areas):
                now[i] = prices[i]
                ahead[i] = 0.0
            continue
        for i in range(areas):
            ahead[i] = 1.0 + DEFLECTED * ahead[i]
        for b in range(count):
            row = relaxed.chosen[b]
            for p in range(choice.first[row], choice.first[row + 1]):
                ahead[choice.area[p]] -= relaxed.part[p]
        length = 0.0
        for i in range(areas):
            length += ahead[i] * ahead[i]
        if length < NEARLY:
            break
        stride = step * (upper * 1.002 - bound) / length
        for i in range(areas):
            now[i] += stride * ahead[i]
    return best
