"""Stations: where units stand ready so that a call finds a free one near it, though some of them are busy.

The maximal expected covering location problem: Daskin, «A Maximum Expected Covering Location Model: Formulation,
Properties and Heuristic Solution», Transportation Science 17(1), 1983. Units are busy by themselves, each with the
same probability q; the k-th unit within reach of an area adds (1 − q) qᵏ⁻¹ to the chance that one of them is free.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from placewise.kernels.arrays import Bools, Floats, Ints, frozen
from placewise.plan.check import Finding
from placewise.plan.errors import BadProblem

NEARLY = 1e-6


@dataclass(frozen=True)
class Site:
    """Where units may stand: at least and at most so many; `most` None is no limit."""

    name: str
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, eq=False)
class Cover:
    """What is asked: `units` on sites, so that as much demand as can be expected is reached within `limit` seconds.

    `demand` (areas,); `travel` (sites, areas) seconds; `busy` the share of time a unit is busy, one for all or one for
    the units about each area (areas,); `stations` the most sites that are used, None for no limit.
    """

    sites: tuple[Site, ...]
    demand: Floats
    travel: Floats
    limit: float
    units: int
    busy: float | Floats
    stations: int | None = None

    def __post_init__(self) -> None:
        frozen(self.demand)
        frozen(self.travel)
        for says, wrong in self._faults():
            if wrong:
                raise BadProblem(says)

    @property
    def reached(self) -> Bools:
        """(sites, areas) whether a unit there reaches an area in time."""
        return np.asarray(self.travel <= self.limit)

    @property
    def rooms(self) -> tuple[Ints, Ints]:
        """Least and most units of each site."""
        most = [self.units if site.most is None else min(site.most, self.units) for site in self.sites]
        return np.array([site.least for site in self.sites]), np.array(most)

    def gains(self) -> Floats:
        """(areas, units) what the first, second … unit in reach adds to the chance that one is free."""
        busy = np.broadcast_to(np.asarray(self.busy, dtype=np.float64), self.demand.shape)
        return np.asarray((1 - busy)[:, None] * busy[:, None] ** np.arange(self.units)[None, :])

    def _faults(self) -> Iterable[tuple[str, bool]]:
        """Each rule a problem must keep, and whether it is broken."""
        yield "there is no site, no area or no unit", not (self.sites and self.demand.size and self.units > 0)
        yield "two sites of one name", len({site.name for site in self.sites}) < len(self.sites)
        shape = (len(self.sites), len(self.demand))
        yield f"travel has shape {self.travel.shape}, not {shape}", self.travel.shape != shape
        yield (
            "demand below 0, not finite or nowhere",
            not (bool((self.demand >= 0).all()) and 0 < float(self.demand.sum()) < np.inf),
        )
        busy = np.asarray(self.busy)
        yield "busy is not a share from 0 to below 1", not bool(((busy >= 0) & (busy < 1)).all())
        yield "busy is neither one share nor one for each area", busy.shape not in {(), self.demand.shape}
        least, most = self.rooms
        yield "least units of a site below 0 or above its most", bool(((least < 0) | (least > most)).any())
        yield "sites ask for more units than there are", int(least.sum()) > self.units
        yield "no room for all units", self._most_room(least, most) < self.units
        stations = self.stations
        yield "stations below those that must have units", stations is not None and stations < int((least > 0).sum())

    def _most_room(self, least: Ints, most: Ints) -> int:
        """Units that the sites which must have some, and then the largest others, hold together."""
        further = None if self.stations is None else max(0, self.stations - int((least > 0).sum()))
        return int(most[least > 0].sum() + np.sort(most[least == 0])[::-1][:further].sum())


@dataclass(frozen=True)
class CoverPlan:
    """Units of each site by name, in the sites' order; the share of demand expected to be reached in time, what is
    proved that no plan can exceed, and the shares of demand within reach of at least one unit, two units …"""

    units: tuple[tuple[str, int], ...]
    expected: float
    bound: float
    within: tuple[float, ...]

    @property
    def gap(self) -> float:
        """How far below the proved bound, as a part of it."""
        return (self.bound - self.expected) / self.bound if self.bound > 0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and texts, ready for JSON."""
        return asdict(self)


def place_units(problem: Cover, *, seconds: float = 60.0, gap: float = 0.0) -> CoverPlan:
    """The best places for the units, proved by HiGHS to a `gap` within `seconds`; else the best found, with its bound.

    The chances fall with each further unit, so only the sites are whole numbers: what covers an area fills by itself.
    """
    whole, problem = problem, _alike(problem)
    sites, stations = len(problem.sites), problem.stations
    area, rank = _steps(problem)
    least, most = problem.rooms
    columns = sites + len(area) + sites * (stations is not None)
    weight = problem.demand / problem.demand.sum()
    gains = np.zeros(columns)
    gains[sites : sites + len(area)] = -(weight[:, None] * problem.gains())[area, rank]
    found = milp(
        gains,
        constraints=list(_rules(problem, area, columns, most)),
        integrality=np.repeat([1, 0, 1], [sites, len(area), columns - sites - len(area)]),
        bounds=Bounds(
            np.concatenate([least, np.zeros(columns - sites)]), np.concatenate([most, np.ones(columns - sites)])
        ),
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    one_by_one = as_cover(whole, _one_by_one(problem), 1.0)
    if found.x is None:
        return one_by_one
    bound = -float(found.mip_dual_bound)
    best = as_cover(whole, np.round(found.x[:sites]).astype(np.int64), bound)
    return best if best.expected >= one_by_one.expected else replace(one_by_one, bound=best.bound)


def place_each(problem: Cover, *, seconds: float = 60.0, gap: float = 0.0) -> Iterator[CoverPlan]:
    """The best places for ever more units, up to those of the problem, from the fewest that the sites allow.

    All of them together have `seconds`; what one leaves goes to the next. None keeps what an earlier one had.
    """
    begun = perf_counter()
    fewest = max(1, int(problem.rooms[0].sum()))
    for units in range(fewest, problem.units + 1):
        left = max(0.0, seconds - (perf_counter() - begun))
        yield place_units(replace(problem, units=units), seconds=left / (problem.units + 1 - units) + 0.1, gap=gap)


def chances(problem: Cover, placed: Ints) -> Floats:
    """(areas,) how likely a free unit is within reach of each, of some units placed (sites,)."""
    busy = np.broadcast_to(np.asarray(problem.busy, dtype=np.float64), problem.demand.shape)
    return np.asarray(1 - busy ** (placed @ problem.reached))


def as_cover(problem: Cover, placed: Ints, bound: float = 1.0) -> CoverPlan:
    """The plan of some units (sites,), with what it is expected to cover."""
    near = placed @ problem.reached
    weight = problem.demand / problem.demand.sum()
    expected = float(weight @ chances(problem, placed))
    within = tuple(float(weight[near >= k].sum()) for k in range(1, int(near.max(initial=0)) + 1))
    units = tuple((site.name, int(count)) for site, count in zip(problem.sites, placed, strict=True))
    return CoverPlan(units, expected, max(bound, expected), within)


def _steps(problem: Cover) -> tuple[Ints, Ints]:
    """Area and rank of every further unit that could reach it."""
    _, most = problem.rooms
    room = np.minimum(most @ problem.reached, problem.units)
    area = np.repeat(np.arange(len(room)), room)
    return area, np.arange(len(area)) - np.repeat(np.cumsum(room) - room, room)


def _rules(problem: Cover, area: Ints, columns: int, most: Ints) -> Iterator[LinearConstraint]:
    """So many units; no area has more of them than reach it; units only at stations, and not at too many."""
    sites, steps = len(problem.sites), len(area)
    every = np.arange(sites)
    yield LinearConstraint(_sparse(np.ones(sites), np.zeros(sites), every, (1, columns)), problem.units, problem.units)
    site, reached = np.nonzero(problem.reached)
    signs = np.append(np.ones(steps), -np.ones(len(site)))
    rows, columns_of = np.append(area, reached), np.append(sites + np.arange(steps), site)
    yield LinearConstraint(_sparse(signs, rows, columns_of, (len(problem.demand), columns)), -np.inf, 0)
    if problem.stations is not None:
        opened = sites + steps + every
        together = np.append(every, opened)
        signs = np.append(np.ones(sites), -most.astype(np.float64))
        yield LinearConstraint(_sparse(signs, np.append(every, every), together, (sites, columns)), -np.inf, 0)
        yield LinearConstraint(_sparse(np.ones(sites), np.zeros(sites), opened, (1, columns)), 0, problem.stations)


def _alike(problem: Cover) -> Cover:
    """The same question with the areas that the same sites reach, and whose units are as busy, taken together."""
    busy = np.broadcast_to(np.asarray(problem.busy, dtype=np.float64), problem.demand.shape)
    _, first, kind = np.unique(
        np.vstack([problem.reached, busy]), axis=1, return_index=True, return_inverse=True
    )  # fmt: skip
    demand: Floats = np.bincount(kind.ravel(), problem.demand).astype(np.float64)
    return replace(problem, demand=demand, travel=problem.travel[:, first], busy=busy[first])


def _one_by_one(problem: Cover) -> Ints:
    """Units placed one after the other, each where it adds most: never far from the best, and at once."""
    least, most = problem.rooms
    placed = least.copy()
    gains = np.hstack([problem.gains(), np.zeros((len(problem.demand), 1))])
    every = np.arange(len(problem.demand))
    while (left := problem.units - int(placed.sum())) > 0:
        adds = problem.reached @ (problem.demand * gains[every, np.minimum(placed @ problem.reached, problem.units)])
        allowed = (placed < most) & np.array([_fits(problem, placed, site, left) for site in range(len(placed))])
        placed[int(np.argmax(np.where(allowed, adds, -1.0)))] += 1
    return placed


def _fits(problem: Cover, placed: Ints, site: int, left: int) -> bool:
    """Whether all the units left find room once one of them stands here."""
    if problem.stations is None or placed[site] > 0:
        return True
    _, most = problem.rooms
    used = (placed > 0) | (np.arange(len(placed)) == site)
    more = problem.stations - int(used.sum())
    room = int((most - placed)[used].sum()) + int(np.sort(most[~used])[::-1][:more].sum()) if more >= 0 else -1
    return room >= left


def check_cover(problem: Cover, plan: CoverPlan) -> list[Finding]:
    """Everything a plan of units does not keep, worked out anew; an empty list means that every promise holds."""
    placed = dict(plan.units)
    if list(placed) != [site.name for site in problem.sites] or len(plan.units) != len(placed):
        return [Finding("unknown_site", "the sites are not those of the problem, in their order")]
    findings = []
    if sum(placed.values()) != problem.units:
        findings.append(Finding("wrong_count", f"{sum(placed.values())} units of {problem.units}"))
    for site in problem.sites:
        count = placed[site.name]
        if count < site.least or (site.most is not None and count > site.most):
            findings.append(Finding("site_room", f"{count} units, {site.least} to {site.most} asked", place=site.name))
    used = sum(count > 0 for count in placed.values())
    if problem.stations is not None and used > problem.stations:
        findings.append(Finding("too_many_stations", f"{used} of {problem.stations}"))
    expected = _expected(problem, placed)
    if abs(expected - plan.expected) > NEARLY:
        findings.append(Finding("wrong_total", f"states a cover of {plan.expected}, its units come to {expected}"))
    if plan.expected > plan.bound + NEARLY:
        findings.append(
            Finding("wrong_total", f"states {plan.expected}, more than was proved to be most: {plan.bound}")
        )
    return findings


def _expected(problem: Cover, placed: Mapping[str, int]) -> float:
    """The share of demand expected to find a free unit in time: one less the chance that all in reach are busy."""
    total = 0.0
    for area, demand in enumerate(problem.demand.tolist()):
        near = sum(
            placed[site.name] for j, site in enumerate(problem.sites) if problem.travel[j, area] <= problem.limit
        )
        busy = float(np.asarray(problem.busy).ravel()[area if np.ndim(problem.busy) else 0])
        total += demand * (1 - busy**near)
    return total / float(problem.demand.sum())


def _sparse(values: Floats, row: Ints | Floats, column: Ints, shape: tuple[int, int]) -> csr_array:
    return csr_array(coo_array((values, (row.astype(np.int64), column)), shape=shape))
