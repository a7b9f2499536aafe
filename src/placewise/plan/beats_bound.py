"""What no beats can go below: first by prices on the areas, then by HiGHS on what is left to choose.

A beat is a choice of its middle and of the areas around it. Left out is only that beats hang together, so every bound
here holds with it too; what breaks it is cut off by and by.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, vstack

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.medians import Choice, Relaxed, climb, relax

ROUNDS = 1500
NODES = 20  # of HiGHS, where rounds rather than seconds are given
NO_LIMIT, NO_NODE_LIMIT = 1e9, 2**31 - 1
NEARLY = 1e-6
INFEASIBLE = 2

Cut = tuple[int, int, Ints]
"""A middle, an area, and the areas of which one must be in the middle's beat if this one is."""


@dataclass(frozen=True, eq=False)
class Median:
    """Mean seconds of an area (column) in the beat of a middle (row), workloads with mean 1 a beat, and the limits."""

    cost: Floats
    work: Floats
    count: int
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Left:
    """What is left to choose: middles, pairs (middle, area) among all areas, and the bound that prices proved."""

    middles: Ints
    pairs: Bools
    prices: Floats
    bound: float

    @property
    def choice(self) -> tuple[Ints, Ints]:
        """Row and area of each pair, by middle, each middle's own area first."""
        row, area = np.nonzero(self.pairs)
        order = np.lexsort((area, area != self.middles[row], row))
        return row[order], area[order]


def everything(median: Median) -> Left:
    """All pairs, with prices to begin with: what an area costs its third nearest middle."""
    size = len(median.work)
    prices = np.partition(median.cost, min(2, size - 1), axis=0)[min(2, size - 1)].copy()
    return Left(np.arange(size), np.ones((size, size), dtype=np.bool_), prices, -np.inf)


def priced(median: Median, left: Left, upper: float) -> Left:
    """What is left once prices were sought that prove the best bound; whatever lifts it above `upper` is left out."""
    choice, relaxed = _arrays(median, left)
    prices = left.prices.copy()
    climb(choice, prices, median.count, median.low, median.high, upper, 1.0, ROUNDS, relaxed)
    return _without_dear(median, left, prices, upper)


def exactly_priced(median: Median, left: Left, upper: float, seconds: float) -> Left:
    """The same with the prices of the linear programme, which are the best there are."""
    rules = _rules(median, left)
    solved = linprog(  # type: ignore[call-overload]  # its stubs know no sparse rows
        _costs(median, left),
        A_ub=csr_array(vstack([rules.heavy, -rules.light, rules.follow])),
        b_ub=np.zeros(2 * len(left.middles) + rules.follow.shape[0]),
        A_eq=csr_array(vstack([rules.once, rules.so_many])),
        b_eq=np.append(np.ones(len(median.work)), median.count),
        bounds=(0, 1),
        options={"time_limit": seconds if np.isfinite(seconds) else NO_LIMIT},
    )
    if solved.status != 0:
        return left
    return _without_dear(median, left, np.asarray(solved.eqlin.marginals)[: len(median.work)], upper)


def below(median: Median, left: Left, upper: float) -> Left:
    """What is left of it, at the same prices, where a plan below `upper` is sought."""
    return _without_dear(median, left, left.prices, upper)


def _arrays(median: Median, left: Left) -> tuple[Choice, Relaxed]:
    """What is left as the compiled search wants it."""
    row, area = left.choice
    first = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(left.middles)))])
    choice = Choice(first, area, median.cost[left.middles[row], area], median.work)
    rows = len(left.middles)
    return choice, Relaxed(np.zeros(len(area)), np.zeros(rows), np.zeros(rows), np.zeros(median.count, dtype=np.int64))


def _without_dear(median: Median, left: Left, prices: Floats, upper: float) -> Left:
    """What is left at these prices: a pair whose choice would lift the bound above `upper` is in no better plan."""
    choice, relaxed = _arrays(median, left)
    bound = relax(choice, prices, median.count, median.low, median.high, relaxed)
    if bound < left.bound:
        return left
    slack = upper - bound + NEARLY * upper
    more = np.maximum(relaxed.worth - np.sort(relaxed.worth)[median.count - 1], 0.0)
    row, area = left.choice
    extra = np.maximum(choice.cost - prices[area] - relaxed.rate[row] * median.work[area], 0.0)
    extra[choice.first[:-1]] = 0.0  # a middle is in its own beat
    pairs = np.zeros_like(left.pairs)
    kept = more[row] + extra <= slack
    pairs[row[kept], area[kept]] = True
    open_ = more <= slack
    return Left(left.middles[open_], pairs[open_], prices, bound)


@dataclass(frozen=True, eq=False)
class Proved:
    """A bound, and the middle of each area in the beats that HiGHS found beside it, if any."""

    bound: float
    middle: Ints | None


def prove(median: Median, left: Left, upper: float, cuts: list[Cut], *, seconds: float, gap: float) -> Proved:
    """The bound, at most `upper`, that branching on what is left proves; by the clock, or by nodes without seconds.

    Only plans below `upper` are sought: said as a rule, it lets HiGHS strike out far more than a plan in hand would.
    """
    rules, (row, area) = _rules(median, left), left.choice
    timed = np.isfinite(seconds)
    found = milp(
        _costs(median, left),
        constraints=[
            LinearConstraint(rules.once, 1, 1),
            LinearConstraint(rules.so_many, median.count, median.count),
            LinearConstraint(rules.heavy, -np.inf, 0),
            LinearConstraint(rules.light, 0, np.inf),
            LinearConstraint(rules.follow, -np.inf, 0),
            LinearConstraint(csr_array(_costs(median, left)[None, :]), -np.inf, upper),
            *_cut_rules(left, cuts),
        ],
        integrality=np.ones(len(row), dtype=np.int64),
        bounds=Bounds(0, 1),
        options={
            "mip_rel_gap": gap,
            "time_limit": seconds if timed else NO_LIMIT,
            "node_limit": NO_NODE_LIMIT if timed else NODES,
        },
    )
    if found.status == INFEASIBLE:  # nothing below is left
        return Proved(upper, None)
    bound = left.bound if found.mip_dual_bound is None else max(left.bound, float(found.mip_dual_bound))
    middle = None
    if found.x is not None:
        middle = np.empty(len(median.work), dtype=np.int64)
        taken = found.x > 0.5
        middle[area[taken]] = left.middles[row[taken]]
    return Proved(min(bound, upper), middle)


@dataclass(frozen=True, eq=False)
class _Rules:
    """The rows of the programme: every area once, so many middles, workloads, nobody where there is no middle."""

    once: csr_array
    so_many: csr_array
    heavy: csr_array
    light: csr_array
    follow: csr_array


def _costs(median: Median, left: Left) -> Floats:
    row, area = left.choice
    return np.asarray(median.cost[left.middles[row], area])


def _rules(median: Median, left: Left) -> _Rules:
    """The choice of a middle is that its own area is in its beat."""
    row, area = left.choice
    count, rows, every = len(row), len(left.middles), np.arange(len(row))
    own = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))])[:-1]
    others = np.setdiff1d(every, own)
    chosen = _sparse(np.ones(rows), np.arange(rows), own, (rows, count))
    load = _sparse(median.work[area], row, every, (rows, count))
    line = np.arange(len(others))
    signs = np.append(np.ones(len(others)), -np.ones(len(others)))
    return _Rules(
        once=_sparse(np.ones(count), area, every, (len(median.work), count)),
        so_many=_sparse(np.ones(rows), np.zeros(rows, dtype=np.int64), own, (1, count)),
        heavy=csr_array(load - median.high * chosen),
        light=csr_array(load - median.low * chosen),
        follow=_sparse(signs, np.append(line, line), np.append(others, own[row[others]]), (len(others), count)),
    )


def _cut_rules(left: Left, cuts: list[Cut]) -> list[LinearConstraint]:
    """An area only with one of the areas that it can't reach its middle without."""
    row, area = left.choice
    number = np.full(left.pairs.shape, -1, dtype=np.int64)
    number[row, area] = np.arange(len(row))
    at = {int(middle): i for i, middle in enumerate(left.middles)}
    wanted = [(at[middle], one, around) for middle, one, around in cuts if middle in at]
    lines = [(number[r, one], number[r, around]) for r, one, around in wanted if number[r, one] >= 0]
    if not lines:
        return []
    ends = np.concatenate([[one, *around[around >= 0]] for one, around in lines])
    signs = np.concatenate([[1, *-np.ones((around >= 0).sum())] for _, around in lines])
    which = np.repeat(np.arange(len(lines)), [1 + int((around >= 0).sum()) for _, around in lines])
    return [LinearConstraint(_sparse(signs, which, ends, (len(lines), len(row))), -np.inf, 0)]


def _sparse(values: Floats, row: Ints, column: Ints, shape: tuple[int, int]) -> csr_array:
    return csr_array(coo_array((values, (row, column)), shape=shape))
