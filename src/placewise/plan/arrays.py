"""A planning problem as arrays for the compiled search, and routes made of arrays as a plan."""

import numpy as np

from placewise.kernels.arrays import Ints
from placewise.kernels.patrol import Facts, Routes
from placewise.plan.problem import Problem, Unit

NOWHERE = -2


def tasks_of(problem: Problem) -> list[tuple[int, int]]:
    """Every visit that could be made, (place, slot), by place and then slot."""
    return [(p, s) for p in range(len(problem.places)) for s in range(len(problem.slots))]


def may_serve(problem: Problem, unit: Unit) -> list[bool]:
    """For each place whether the unit has the skills and the people it asks for."""
    return [set(place.skills) <= set(unit.skills) and place.crew <= unit.crew for place in problem.places]


def as_facts(problem: Problem, locked: Ints) -> Facts:
    """The arrays of a problem; `locked` (tasks,) is a visit's unit, −1 where free, −2 where banned."""
    places, slots, units = problem.places, problem.slots, problem.units
    tasks, count = tasks_of(problem), len(problem.places)
    rests = [rest for unit in units for rest in unit.breaks]
    areas = sorted({place.area for place in places}) or [""]
    station = {name.name: count + i for i, name in enumerate(problem.stations)}
    closes = [min(slots[s].end - 1, max(unit.shift.end for unit in units)) for _, s in tasks] if units else []
    near = np.argsort(problem.travel[:count, :count] + problem.travel[:count, :count].T, axis=1, kind="stable")
    return Facts(
        travel=np.ascontiguousarray(problem.travel, dtype=np.int32),
        loc=_ints(p for p, _ in tasks),
        place=_ints(p for p, _ in tasks),
        prize=np.array([places[p].prize[s] for p, s in tasks], dtype=np.float64),
        area=_ints(areas.index(places[p].area) for p, _ in tasks),
        locked=locked,
        dwell=_ints([*(places[p].dwell for p, _ in tasks), *(rest.seconds for rest in rests)]),
        opens=_ints([*(slots[s].start for _, s in tasks), *(rest.earliest for rest in rests)]),
        closes=_ints([*closes, *(rest.latest for rest in rests)]),
        place_first=np.arange(count + 1, dtype=np.int64) * len(slots),
        wanted=_ints(place.visits for place in places),
        gap=np.full(count, problem.spacing, dtype=np.int64),
        near=near.astype(np.int64),
        allowed=np.array([may_serve(problem, unit) for unit in units], dtype=np.bool_).reshape(len(units), count),
        unit_start=_ints(station[unit.start] for unit in units),
        unit_end=_ints(station[unit.end] for unit in units),
        shift_from=_ints(unit.shift.start for unit in units),
        shift_to=_ints(unit.shift.end for unit in units),
        share=np.array([problem.max_share.get(area, 1.0) for area in areas], dtype=np.float64),
    )


def empty_routes(facts: Facts) -> Routes:
    """Routes without a node."""
    nodes, units, areas = len(facts.dwell), len(facts.shift_from), len(facts.share)
    return Routes(
        nodes=np.zeros((units, nodes + 1), dtype=np.int64),
        size=np.zeros(units, dtype=np.int64),
        unit=np.full(nodes, -1, dtype=np.int64),
        pos=np.zeros(nodes, dtype=np.int64),
        begin=np.zeros(nodes, dtype=np.int64),
        latest=np.zeros(nodes, dtype=np.int64),
        at=np.zeros(nodes, dtype=np.int64),
        visits=np.zeros(len(facts.wanted), dtype=np.int64),
        load=np.zeros(units, dtype=np.int64),
        given=np.zeros(areas, dtype=np.int64),
        cap=np.full(areas, np.inf),
        total=np.zeros(3),
    )


def _ints(values: object) -> Ints:
    return np.array(list(values), dtype=np.int64)  # type: ignore[call-overload]
