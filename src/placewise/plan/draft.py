"""What engines hand back: who does what in which order and when. And how that becomes a plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from placewise.plan.problem import Place, Problem, Unit
from placewise.plan.result import Plan, Rest, Tour, Unvisited, Visit

REASONS: Mapping[str, str] = {
    "skills": "no unit has the skills this place asks for",
    "two_people": "no unit of enough people has the skills this place asks for",
    "more_than_slots": "more visits are wanted than there are slots",
    "out_of_reach": "no such unit can be there in this slot and be back before its shift ends",
    "no_prize": "nothing is expected here in this slot",
    "area_share": "its area already has the greatest share of presence allowed",
    "no_time": "the units' time went to places with more to gain",
    "dropped": "taken out by hand",
    "displaced": "gave way to a change made by hand",
}
"""Why a wanted visit is not made."""


@dataclass(frozen=True)
class Deed:
    """One thing a unit does, and when: a visit (place and slot by index) or, with place −1, its next break."""

    place: int
    slot: int
    begin: int


Draft = list[list[Deed]]
"""For each unit its deeds in order."""


def as_plan(
    problem: Problem, draft: Draft, *, engine: str, seed: int, told: Mapping[tuple[int, int], str] | None = None
) -> Plan:
    """The plan of a draft; `told` holds reasons already known for visits (place, slot) that are not made."""
    made = {(deed.place, deed.slot) for deeds in draft for deed in deeds if deed.place >= 0}
    tours = tuple(_tour(problem, unit, deeds) for unit, deeds in zip(problem.units, draft, strict=True))
    return Plan(
        tours=tours,
        unvisited=tuple(_unvisited(problem, made, told or {})),
        prize=float(sum(problem.places[p].prize[s] for p, s in made)),
        wanted_prize=float(sum(sum(sorted(place.prize)[::-1][: place.visits]) for place in problem.places)),
        travel=sum(_driven(problem, unit, deeds) for unit, deeds in zip(problem.units, draft, strict=True)),
        engine=engine,
        seed=seed,
    )


def _station(problem: Problem, name: str) -> int:
    return len(problem.places) + [station.name for station in problem.stations].index(name)


def _tour(problem: Problem, unit: Unit, deeds: list[Deed]) -> Tour:
    now, here = unit.shift.start, _station(problem, unit.start)
    rests, items = iter(unit.breaks), list[Visit | Rest]()
    for deed in deeds:
        if deed.place < 0:
            now = deed.begin + next(rests).seconds
            items.append(Rest(deed.begin, now))
            continue
        place, arrive = problem.places[deed.place], now + int(problem.travel[here, deed.place])
        now, here = deed.begin + place.dwell, deed.place
        items.append(Visit(place.name, deed.slot, arrive, deed.begin, now))
    return Tour(unit.name, tuple(items), now + int(problem.travel[here, _station(problem, unit.end)]))


def _driven(problem: Problem, unit: Unit, deeds: list[Deed]) -> int:
    stops = [_station(problem, unit.start), *(d.place for d in deeds if d.place >= 0), _station(problem, unit.end)]
    return sum(int(problem.travel[a, b]) for a, b in pairwise(stops))


def _unvisited(problem: Problem, made: set[tuple[int, int]], told: Mapping[tuple[int, int], str]) -> list[Unvisited]:
    """The wanted visits not made, each in the slot where it would have counted most."""
    missing = []
    for p, place in enumerate(problem.places):
        left = [slot for slot in range(len(problem.slots)) if (p, slot) not in made]
        left.sort(key=lambda slot: ((p, slot) not in told, -place.prize[slot]))
        lacking = max(place.visits - (len(problem.slots) - len(left)), 0)
        missing += [Unvisited(place.name, s, told.get((p, s)) or _reason(problem, p, s, made)) for s in left[:lacking]]
        beyond = max(lacking - len(left), 0)
        missing += [Unvisited(place.name, -1, "more_than_slots")] * beyond
    return missing


def _reason(problem: Problem, p: int, slot: int, made: set[tuple[int, int]]) -> str:
    place = problem.places[p]
    skilled = [unit for unit in problem.units if set(place.skills) <= set(unit.skills)]
    able = [unit for unit in skilled if place.crew <= unit.crew]
    if not able:
        return "two_people" if skilled else "skills"
    if not any(_in_reach(problem, unit, p, slot) for unit in able):
        return "out_of_reach"
    if place.prize[slot] == 0:
        return "no_prize"
    return "area_share" if _area_is_full(problem, place, made) else "no_time"


def _in_reach(problem: Problem, unit: Unit, p: int, slot: int) -> bool:
    """Whether a unit could make this one visit if it did nothing else."""
    out = int(problem.travel[_station(problem, unit.start), p])
    home = int(problem.travel[p, _station(problem, unit.end)])
    begin = max(unit.shift.start + out, problem.slots[slot].start)
    return begin < problem.slots[slot].end and begin + problem.places[p].dwell + home <= unit.shift.end


def _area_is_full(problem: Problem, place: Place, made: set[tuple[int, int]]) -> bool:
    everything = sum(problem.places[p].dwell for p, _ in made) + place.dwell
    mine = sum(problem.places[p].dwell for p, _ in made if problem.places[p].area == place.area) + place.dwell
    return mine > problem.max_share.get(place.area, 1.0) * everything
