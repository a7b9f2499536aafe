"""Compiled steady state of Larson's hypercube: a state is the set of busy units, one bit for each."""

import numpy as np
from numpy.typing import NDArray

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled


@compiled
def dispatch_rates(order: Ints, rates: Floats) -> Floats:
    """(2^N, N) calls in unit time that each state sends to each unit; `order` (zones, N) units by preference."""
    zones, units = order.shape
    up = np.zeros((1 << units, units))
    for state in range((1 << units) - 1):
        for zone in range(zones):
            for place in range(units):
                unit = order[zone, place]
                if not state >> unit & 1:
                    up[state, unit] += rates[zone]
                    break
    return up


@compiled
def by_level(units: int) -> tuple[Ints, Ints]:
    """All states ordered by how many units are busy, and where each such level begins, (N + 2,)."""
    size = 1 << units
    level = np.zeros(size, dtype=np.int64)
    first = np.zeros(units + 2, dtype=np.int64)
    for state in range(1, size):
        level[state] = level[state >> 1] + (state & 1)
    for state in range(size):
        first[level[state] + 1] += 1
    for n in range(units + 1):
        first[n + 1] += first[n]
    filled, ordered = first.copy(), np.zeros(size, dtype=np.int64)
    for state in range(size):
        ordered[filled[level[state]]] = state
        filled[level[state]] += 1
    return ordered, first


@compiled
def sweep(chance: Floats, up: Floats, ends: Floats, ordered: Ints, first: Ints, total: float) -> float:
    """One round over all levels, up and down; returns the greatest change. Full states take no calls.

    Each state is set from its neighbours (Gauss and Seidel), each level then scaled so that as many calls come into it
    from below as end in it (Larson 1974, Computers and Operations Research 1, keeps the levels right likewise).
    """
    units = len(ends)
    levels = len(first) - 1
    greatest = 0.0
    for turn in range(2 * levels - 1):
        n = turn if turn < levels else 2 * levels - 2 - turn
        for at in range(first[n], first[n + 1]):
            state = ordered[at]
            came, busy = 0.0, 0.0
            for unit in range(units):
                bit = 1 << unit
                if state & bit:
                    came += up[state ^ bit, unit] * chance[state ^ bit]
                    busy += ends[unit]
                else:
                    came += ends[unit] * chance[state | bit]
            value = came / (busy + (total if n < units else 0.0))
            greatest = max(greatest, abs(value - chance[state]))
            chance[state] = value
    _balance(chance, ends, ordered, first, total)
    return greatest


@compiled
def _balance(chance: Floats, ends: Floats, ordered: Ints, first: Ints, total: float) -> None:
    """Scales each level so that what comes into it from the level below is what ends in it, and all to 1."""
    units = len(ends)
    below = chance[0]
    whole = chance[0]
    for n in range(1, units + 1):
        ended, inside = 0.0, 0.0
        for at in range(first[n], first[n + 1]):
            state = ordered[at]
            busy = 0.0
            for unit in range(units):
                if state >> unit & 1:
                    busy += ends[unit]
            ended += busy * chance[state]
            inside += chance[state]
        scale = total * below / ended
        for at in range(first[n], first[n + 1]):
            chance[ordered[at]] *= scale
        below = inside * scale
        whole += below
    for state in range(len(chance)):
        chance[state] /= whole


@compiled
def sent_shares(order: Ints, chance: Floats) -> NDArray[np.float64]:
    """(zones, N) chance that a call of a zone is answered at once by a unit."""
    zones, units = order.shape
    share = np.zeros((zones, units))
    for state in range((1 << units) - 1):
        for zone in range(zones):
            for place in range(units):
                unit = order[zone, place]
                if not state >> unit & 1:
                    share[zone, unit] += chance[state]
                    break
    return share
