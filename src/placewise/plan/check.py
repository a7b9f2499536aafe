"""The independent checker: recomputes every promise of a plan from the problem alone.

It shares no code with the engines or with what turns their drafts into plans, and believes no total.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from placewise.plan.problem import Place, Problem, Unit
from placewise.plan.result import Plan, Rest, Tour, Visit


@dataclass(frozen=True)
class Finding:
    """One promise broken: its name, who and where, and in words by how much."""

    name: str
    says: str
    unit: str = ""
    place: str = ""
    slot: int = -1


def check(problem: Problem, plan: Plan) -> list[Finding]:
    """Everything a plan does not keep; an empty list means that every promise holds."""
    findings = list(_names(problem, plan))
    if findings:
        return findings  # nothing else can be worked out
    units, places = {u.name: u for u in problem.units}, {p.name: p for p in problem.places}
    for tour in plan.tours:
        findings += _moves(problem, units[tour.unit], tour)
        findings += _breaks(units[tour.unit], tour)
        for visit in tour.visits:
            findings += _visit(problem, units[tour.unit], places[visit.place], visit)
    findings += _spacing(problem, plan)
    findings += _counts(problem, plan)
    findings += _shares(problem, plan)
    findings += _balance(problem, plan)
    findings += _totals(problem, plan)
    return findings


def _names(problem: Problem, plan: Plan) -> Iterator[Finding]:
    """Every unit has one tour, and every place and slot named exists."""
    known, slots = {place.name for place in problem.places}, range(len(problem.slots))
    if [tour.unit for tour in plan.tours] != [unit.name for unit in problem.units]:
        yield Finding("wrong_units", "the tours are not those of the problem's units, in their order")
    for tour in plan.tours:
        for visit in tour.visits:
            if visit.place not in known or visit.slot not in slots:
                yield Finding("unknown_place", "no such place or slot", tour.unit, visit.place, visit.slot)
    for gap in plan.unvisited:
        if gap.place not in known or gap.slot not in {-1, *slots}:
            yield Finding("unknown_place", "no such place or slot", "", gap.place, gap.slot)


def _moves(problem: Problem, unit: Unit, tour: Tour) -> Iterator[Finding]:
    """Nobody is somewhere before driving there allows, and everybody is home before the shift ends."""
    row = {spot.name: i for i, spot in enumerate(problem.places)}
    home = {spot.name: len(problem.places) + i for i, spot in enumerate(problem.stations)}
    here, free = home[unit.start], unit.shift.start
    for item in tour.items:
        if isinstance(item, Rest):
            if item.begin < free:
                yield Finding("overlap", f"the break begins {free - item.begin} s before the unit is free", unit.name)
            free = item.end
            continue
        there = row[item.place]
        soonest = free + int(problem.travel[here, there])
        if item.arrive < soonest:
            says = f"arrives {soonest - item.arrive} s before driving there allows"
            yield Finding("travel_too_short", says, unit.name, item.place, item.slot)
        here, free = there, item.leave
    back = free + int(problem.travel[here, home[unit.end]])
    if tour.back < back:
        yield Finding("travel_too_short", f"is back {back - tour.back} s before driving allows", unit.name)
    if max(back, tour.back) > unit.shift.end:
        yield Finding("after_shift", f"is back {max(back, tour.back) - unit.shift.end} s after its shift", unit.name)


def _breaks(unit: Unit, tour: Tour) -> Iterator[Finding]:
    """Every break is taken, in order, in its window, for its whole length."""
    taken = [item for item in tour.items if isinstance(item, Rest)]
    if len(taken) != len(unit.breaks):
        yield Finding("break_missing", f"{len(taken)} breaks of {len(unit.breaks)}", unit.name)
    for rest, asked in zip(taken, unit.breaks, strict=False):
        if not asked.earliest <= rest.begin <= asked.latest:
            yield Finding("break_outside_window", f"begins at {rest.begin}", unit.name)
        if rest.end - rest.begin < asked.seconds:
            yield Finding("break_too_short", f"{rest.end - rest.begin} s of {asked.seconds}", unit.name)


def _visit(problem: Problem, unit: Unit, place: Place, visit: Visit) -> Iterator[Finding]:
    """A visit begins in its slot once the unit is there, lasts its whole time, and is made by a unit that may."""
    who = (unit.name, place.name, visit.slot)
    slot = problem.slots[visit.slot]
    if not slot.start <= visit.begin < slot.end:
        yield Finding("outside_slot", f"begins at {visit.begin}, slot from {slot.start} to {slot.end}", *who)
    if visit.begin < visit.arrive:
        yield Finding("overlap", f"begins {visit.arrive - visit.begin} s before it arrives", *who)
    if visit.leave - visit.begin < place.dwell:
        yield Finding("dwell_too_short", f"{visit.leave - visit.begin} s of {place.dwell}", *who)
    if missing := set(place.skills) - set(unit.skills):
        yield Finding("skill_missing", f"the unit lacks {', '.join(sorted(missing))}", *who)
    if unit.crew < place.crew:
        yield Finding("too_few_people", f"{unit.crew} of {place.crew}", *who)


def _spacing(problem: Problem, plan: Plan) -> Iterator[Finding]:
    """Visits to one place, by whichever units, lie far enough apart."""
    by_place = defaultdict[str, list[tuple[Visit, str]]](list)
    for tour in plan.tours:
        for visit in tour.visits:
            by_place[visit.place].append((visit, tour.unit))
    for name, visits in by_place.items():
        visits.sort(key=lambda pair: pair[0].begin)
        for (one, _), (other, unit) in pairwise(visits):
            if other.begin - one.leave < problem.spacing:
                says = f"{other.begin - one.leave} s after the visit before, {problem.spacing} asked"
                yield Finding("too_close", says, unit, name, other.slot)


def _counts(problem: Problem, plan: Plan) -> Iterator[Finding]:
    """One visit a slot, no more than wanted, and every wanted one is either made or accounted for."""
    made = Counter((visit.place, visit.slot) for tour in plan.tours for visit in tour.visits)
    for (place, slot), times in made.items():
        if times > 1:
            yield Finding("twice_in_slot", f"{times} visits", "", place, slot)
    given, told = Counter(place for place, _ in made.elements()), Counter(gap.place for gap in plan.unvisited)
    for asked in problem.places:
        if given[asked.name] > asked.visits:
            yield Finding("too_many_visits", f"{given[asked.name]} of {asked.visits}", "", asked.name)
        if given[asked.name] + told[asked.name] < asked.visits:
            says = f"{given[asked.name]} made and {told[asked.name]} given up of {asked.visits}"
            yield Finding("unaccounted", says, "", asked.name)
    for gap in plan.unvisited:
        if made[gap.place, gap.slot]:
            yield Finding("unaccounted", "given up and yet made", "", gap.place, gap.slot)


def _shares(problem: Problem, plan: Plan) -> Iterator[Finding]:
    """No area gets a greater share of presence than allowed. Presence is the time asked, not time waited."""
    place_of = {place.name: place for place in problem.places}
    presence = Counter[str]()
    for tour in plan.tours:
        for visit in tour.visits:
            presence[place_of[visit.place].area] += place_of[visit.place].dwell
    everything = presence.total()
    for area, most in problem.max_share.items():
        if everything and presence[area] > most * everything * (1 + 1e-9):
            yield Finding("area_share", f"area {area} gets {presence[area] / everything:.3f}, at most {most} allowed")


def _balance(problem: Problem, plan: Plan) -> Iterator[Finding]:
    """Units spend about equal shares of their shifts on visits, where that is promised."""
    if problem.balance is None or not plan.tours:
        return
    dwell = {place.name: place.dwell for place in problem.places}
    length = {unit.name: unit.shift.end - unit.shift.start for unit in problem.units}
    busy = {tour.unit: sum(dwell[visit.place] for visit in tour.visits) / length[tour.unit] for tour in plan.tours}
    most, least = max(busy, key=busy.__getitem__), min(busy, key=busy.__getitem__)
    if busy[most] - busy[least] > problem.balance + 1e-9:
        yield Finding("unbalanced", f"{busy[most]:.3f} of its shift on visits, {least} {busy[least]:.3f}", most)


def _totals(problem: Problem, plan: Plan) -> Iterator[Finding]:
    """The totals a plan states are those of its tours."""
    prize = {place.name: place.prize for place in problem.places}
    got = sum(prize[visit.place][visit.slot] for tour in plan.tours for visit in tour.visits)
    if abs(got - plan.prize) > 1e-6 * max(1.0, got):
        yield Finding("wrong_total", f"states a prize of {plan.prize}, its visits come to {got}")
    row = {spot.name: i for i, spot in enumerate(problem.places)}
    home = {spot.name: len(problem.places) + i for i, spot in enumerate(problem.stations)}
    driven = 0
    for unit, tour in zip(problem.units, plan.tours, strict=True):
        here = home[unit.start]
        for visit in tour.visits:
            driven += int(problem.travel[here, row[visit.place]])
            here = row[visit.place]
        driven += int(problem.travel[here, home[unit.end]])
    if driven != plan.travel:
        yield Finding("wrong_total", f"states {plan.travel} s of driving, its tours come to {driven}")
