"""Calls drawn for one run, with all of their chances, before anybody is sent: rules are compared on the same calls."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.kernels.dispatch import Calls
from placewise.simulate.arrivals import HOURS, WEEK_SECONDS, Arrivals, Recorded
from placewise.simulate.scenario import Priority, Scenario

HOUR = 3600


@dataclass(frozen=True, eq=False)
class Drawn:
    """Calls of a run: `at` when each comes in, and what the run needs of it; both in the order of being ready."""

    at: Floats
    calls: Calls


def draw(scenario: Scenario, begin: float, end: float, seeds: tuple[int, int]) -> Drawn:
    """The calls from `begin` to `end`, seconds from a Monday midnight; the same seeds give the same calls."""
    when, work, people = (np.random.default_rng((*seeds, part)) for part in range(3))
    arrivals = scenario.arrivals
    drawn = (
        _poisson(arrivals, begin, end, when) if isinstance(arrivals, Arrivals) else _again(arrivals, begin, end, when)
    )
    at, priority, zone = drawn
    seconds = _works(scenario.priorities, priority, work)
    two = floats([one.two_people for one in scenario.priorities])[priority]
    asked = 1 + (people.random(len(at)) < two)
    ready = at + floats([one.handling for one in scenario.priorities])[priority]
    order = np.argsort(ready, kind="stable")
    calls = Calls(floats(ready[order]), ints(zone[order]), ints(priority[order]), ints(asked[order]), seconds[order])
    return Drawn(floats(at[order]), calls)


def _poisson(arrivals: Arrivals, begin: float, end: float, rng: np.random.Generator) -> tuple[Floats, Ints, Ints]:
    """Times in order, priorities and zones of a Poisson process whose rate changes by the hour."""
    rates = arrivals.rates().reshape(-1, HOURS)
    hours = np.arange(np.floor(begin / HOUR), np.ceil(end / HOUR)).astype(np.int64)
    hour = np.repeat(hours, rng.poisson(rates.sum(axis=0)[hours % HOURS]))
    at = (hour + rng.random(len(hour))) * HOUR
    pick, kind = rng.random(len(hour)), np.zeros(len(hour), dtype=np.int64)
    for of_week in range(HOURS):
        mine = hour % HOURS == of_week
        if mine.any():
            edges = np.cumsum(rates[:, of_week])
            kind[mine] = np.searchsorted(edges, pick[mine] * edges[-1], side="right")
    order = np.argsort(at, kind="stable")
    order = order[(at[order] >= begin) & (at[order] < end)]
    priority, zone = np.divmod(kind[order], arrivals.shape[1])
    return at[order], ints(priority), ints(zone)


def _again(recorded: Recorded, begin: float, end: float, rng: np.random.Generator) -> tuple[Floats, Ints, Ints]:
    """Times in order, priorities and zones of real weeks drawn at random."""
    weeks = np.arange(int(begin // WEEK_SECONDS), int(np.ceil(end / WEEK_SECONDS)))
    edges = np.searchsorted(recorded.at, np.arange(recorded.weeks + 1) * WEEK_SECONDS)
    rows, shift = [], []
    for week, drawn in zip(weeks.tolist(), rng.integers(recorded.weeks, size=len(weeks)).tolist(), strict=True):
        mine = np.arange(edges[drawn], edges[drawn + 1])
        rows.append(mine)
        shift.append(np.full(len(mine), (week - drawn) * WEEK_SECONDS))
    row = np.concatenate(rows)
    at = recorded.at[row] + np.concatenate(shift)
    inside = (at >= begin) & (at < end)
    row = row[inside]
    return at[inside], recorded.priority[row], recorded.zone[row]


def _works(priorities: tuple[Priority, ...], priority: Ints, rng: np.random.Generator) -> Floats:
    """Seconds at the scene of each call, drawn as its priority says."""
    seconds = np.zeros(len(priority))
    for number, one in enumerate(priorities):
        mine = np.flatnonzero(priority == number)
        if one.samples:
            seconds[mine] = floats(one.samples)[rng.integers(len(one.samples), size=len(mine))]
        elif one.cv == 0:
            seconds[mine] = one.mean
        else:
            seconds[mine] = rng.gamma(one.cv**-2, one.mean * one.cv**2, size=len(mine))
    return seconds
