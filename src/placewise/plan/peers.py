"""Two other engines behind the same port: VROOM and PyVRP. Prizes become priorities or prizes of optional clients.

Neither knows of spacing between visits, so every slot is closed early enough for the next one of the same place; of
each place the slots of greatest prize are offered. VROOM has breaks. PyVRP has none: a unit with a break is two
vehicles, one before and one after the middle of the break's window, that meet at the unit's first station. Shares of
areas and balance can't be said to either, and are refused.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from placewise.plan.arrays import may_serve
from placewise.plan.draft import Deed, Draft
from placewise.plan.errors import CannotKeep
from placewise.plan.problem import Break, Problem, Unit, Window
from placewise.plan.stop import Progress, Stop

GREATEST_PRIORITY = 100  # of VROOM
PRIZE_UNIT = 200  # seconds of driving: PyVRP weighs both in whole numbers, and finds most prize at about this price
NEVER = 10_000_000  # seconds


def _offers(problem: Problem) -> Iterator[tuple[int, int, Window]]:
    """Each visit that is offered: place, slot and the window in which it may begin."""
    for p, place in enumerate(problem.places):
        best = sorted(range(len(problem.slots)), key=lambda slot: -place.prize[slot])[: place.visits]
        for slot in sorted(best):
            window, later = problem.slots[slot], [problem.slots[s].start for s in best if s > slot]
            last = window.end - 1
            if later:
                last = min(last, min(later) - problem.spacing - place.dwell)
            if last >= window.start:
                yield p, slot, Window(window.start, last)


def _station(problem: Problem, name: str) -> int:
    return [station.name for station in problem.stations].index(name)


def _refuse_what_cannot_be_said(problem: Problem, engine: str) -> None:
    if problem.balance is not None or any(share < 1 for share in problem.max_share.values()):
        raise CannotKeep(f"{engine} can keep neither shares of areas nor balance")


def by_vroom(problem: Problem, stop: Stop, seed: int, progress: Progress | None = None) -> Draft:
    """The draft of VROOM, which knows no seed and reports no progress; ends after its own depth or the time given."""
    import vroom

    _refuse_what_cannot_be_said(problem, "VROOM")
    offers, first = list(_offers(problem)), len(problem.places)
    order = vroom.Input()
    order.set_durations_matrix("car", problem.travel.astype(np.uint32))
    for number, unit in enumerate(problem.units):
        rests = [
            vroom.Break(i, [vroom.TimeWindow(rest.earliest, rest.latest)], rest.seconds)
            for i, rest in enumerate(unit.breaks)
        ]
        order.add_vehicle(
            vroom.Vehicle(
                number,
                start=first + _station(problem, unit.start),
                end=first + _station(problem, unit.end),
                time_window=vroom.TimeWindow(unit.shift.start, unit.shift.end),
                breaks=rests,
                skills={p for p, able in enumerate(may_serve(problem, unit)) if able},
            )
        )
    most = max((max(place.prize, default=0.0) for place in problem.places), default=0.0) or 1.0
    for number, (p, slot, window) in enumerate(offers):
        place = problem.places[p]
        order.add_job(
            vroom.Job(
                number,
                location=p,
                default_service=place.dwell,
                skills={p},
                priority=round(place.prize[slot] / most * GREATEST_PRIORITY),
                time_windows=[vroom.TimeWindow(window.start, window.end)],
            )
        )
    limit = {} if stop.seconds is None else {"timeout": timedelta(seconds=stop.seconds)}
    routes = order.solve(exploration_level=5, nb_threads=stop.workers, **limit).routes
    draft: Draft = [[] for _ in problem.units]
    for unit_number, sort, number, arrive, wait in zip(
        routes.vehicle_id, routes.type, routes.id, routes.arrival, routes.waiting_time, strict=True
    ):
        if sort == "job":
            p, slot, _ = offers[number]
            draft[unit_number].append(Deed(p, slot, int(arrive + wait)))
        elif sort == "break":
            draft[unit_number].append(Deed(-1, -1, int(arrive + wait)))
    return [_with_rests(unit, deeds) for unit, deeds in zip(problem.units, draft, strict=True)]


def _with_rests(unit: Unit, deeds: list[Deed]) -> list[Deed]:
    """VROOM leaves out units without a job; their breaks are put back."""
    return deeds or [Deed(-1, -1, max(unit.shift.start, rest.earliest)) for rest in unit.breaks]


def by_pyvrp(problem: Problem, stop: Stop, seed: int, progress: Progress | None = None) -> Draft:
    """The draft of PyVRP, one search, without reports of progress."""
    import pyvrp
    from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, StoppingCriterion

    _refuse_what_cannot_be_said(problem, "PyVRP")
    offers, first = list(_offers(problem)), len(problem.places)
    halves = [(number, part, rest) for number, unit in enumerate(problem.units) for part, rest in _halves(unit)]
    profiles = sorted({tuple(may_serve(problem, unit)) for unit in problem.units})
    vehicles = [
        pyvrp.VehicleType(
            start_depot=_station(problem, problem.units[number].start),
            end_depot=_station(problem, problem.units[number].end if rest is None else problem.units[number].start),
            tw_early=part.start,
            tw_late=part.end,
            profile=profiles.index(tuple(may_serve(problem, problem.units[number]))),
        )
        for number, part, rest in halves
    ]
    clients = [
        pyvrp.Client(
            p,
            service_duration=problem.places[p].dwell,
            tw_early=window.start,
            tw_late=window.end,
            prize=round(problem.places[p].prize[slot] * PRIZE_UNIT),
            required=False,
        )
        for p, slot, window in offers
    ]
    where = [(spot.lon, spot.lat) for spot in problem.places] + [(spot.lon, spot.lat) for spot in problem.stations]
    spots = [pyvrp.Location(round(lon * 1e5), round(lat * 1e5)) for lon, lat in where]
    matrices = [_barred(problem, able) for able in profiles]
    data = pyvrp.ProblemData(
        spots, clients, [pyvrp.Depot(first + i) for i in range(len(problem.stations))], vehicles, matrices, matrices
    )
    ends: list[StoppingCriterion] = []
    if stop.seconds is not None:
        ends.append(MaxRuntime(stop.seconds))
    if stop.rounds is not None:
        ends.append(MaxIterations(stop.rounds))
    best = pyvrp.solve(data, MultipleCriteria(ends), seed=seed, display=False, collect_stats=False).best
    by_vehicle = {route.vehicle_type(): route.schedule() for route in best.routes()}
    draft: Draft = [[] for _ in problem.units]
    for vehicle, (number, part, rest) in enumerate(halves):
        visits = [act for act in by_vehicle.get(vehicle, []) if act.is_client()]
        draft[number] += [Deed(offers[act.idx][0], offers[act.idx][1], int(act.start_time)) for act in visits]
        if rest is not None:  # as soon as it may be: the way on from there is no longer than by the station
            done = max((int(act.end_time) for act in visits), default=part.start)
            draft[number].append(Deed(-1, -1, max(rest.earliest, done)))
    return draft


def _halves(unit: Unit) -> Iterator[tuple[Window, Break | None]]:
    """A shift cut at the middle of each break's window: each part with the break that follows it."""
    begin = unit.shift.start
    for rest in unit.breaks:
        cut = max(begin, (rest.earliest + rest.latest) // 2)
        yield Window(begin, cut), rest
        begin = cut + rest.seconds
    yield Window(begin, unit.shift.end), None


def _barred(problem: Problem, able: tuple[bool, ...]) -> Any:  # PyVRP's own stub names a shape that no array has
    """Seconds of driving for units that may serve some places only: the others are out of reach."""
    matrix = np.array(problem.travel, dtype=np.int64)
    matrix[:, [p for p, may in enumerate(able) if not may]] = NEVER
    np.fill_diagonal(matrix, 0)
    return matrix
