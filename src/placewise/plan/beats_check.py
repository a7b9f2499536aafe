"""The independent checker of beats: recomputes every promise of a plan from the problem alone.

It shares no code with the search or with what turns its beats into plans, and believes no total.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from placewise.plan.beats import Beat, BeatPlan, Beats
from placewise.plan.check import Finding

NEARLY = 1e-6


def check_beats(problem: Beats, plan: BeatPlan) -> list[Finding]:
    """Everything a plan of beats does not keep; an empty list means that every promise holds."""
    findings = list(_names(problem, plan))
    if findings:
        return findings  # nothing else can be worked out
    row = {area.name: i for i, area in enumerate(problem.areas)}
    beside = defaultdict[str, set[str]](set)
    for border in problem.borders:
        one, other = problem.areas[border.one].name, problem.areas[border.other].name
        beside[one].add(other)
        beside[other].add(one)
    for beat in plan.beats:
        findings += _one_piece(beat, beside)
        findings += _even(problem, beat, row)
        findings += _middle(problem, beat, row)
    findings += _totals(problem, plan, row)
    return findings


def _names(problem: Beats, plan: BeatPlan) -> Iterator[Finding]:
    """Every area in just one beat, every name known, as many beats as asked, each with a middle of its own."""
    known = {area.name for area in problem.areas}
    given = Counter(area for beat in plan.beats for area in beat.areas)
    if len(plan.beats) != problem.count:
        yield Finding("wrong_count", f"{len(plan.beats)} beats of {problem.count}")
    for name, times in Counter(beat.name for beat in plan.beats).items():
        if times > 1:
            yield Finding("twice_named", f"{times} beats of one name", name)
    for beat in plan.beats:
        if beat.middle not in beat.areas:
            yield Finding("middle_outside", "its middle is another's", beat.name, beat.middle)
    for area in sorted(known | set(given)):
        if area not in known:
            yield Finding("unknown_area", "no such area", "", area)
        elif given[area] != 1:
            yield Finding("not_once", f"in {given[area]} beats", "", area)


def _one_piece(beat: Beat, beside: Mapping[str, set[str]]) -> Iterator[Finding]:
    """From any area of a beat every other is reached over borders within it."""
    own = set(beat.areas)
    reached, ahead = {beat.middle}, [beat.middle]
    while ahead:
        fresh = (beside[ahead.pop()] & own) - reached
        reached |= fresh
        ahead += fresh
    if apart := sorted(own - reached):
        yield Finding("in_pieces", f"{len(apart)} areas apart from its middle", beat.name, apart[0])


def _even(problem: Beats, beat: Beat, row: Mapping[str, int]) -> Iterator[Finding]:
    """A beat's workload is what its areas have, and as even as promised."""
    work = sum(problem.areas[row[name]].workload for name in beat.areas)
    mean = sum(area.workload for area in problem.areas) / problem.count
    if abs(work / mean - 1) > problem.tolerance + NEARLY:
        yield Finding("uneven", f"{work / mean - 1:+.1%} of the mean workload", beat.name)
    if abs(work - beat.workload) > NEARLY * mean:
        yield Finding("wrong_total", f"states a workload of {beat.workload}, its areas come to {work}", beat.name)


def _middle(problem: Beats, beat: Beat, row: Mapping[str, int]) -> Iterator[Finding]:
    """The mean seconds stated are those from the middle, and no other area would be a better one."""
    inside = [row[name] for name in beat.areas]
    work = sum(problem.areas[i].workload for i in inside)
    sums = {j: sum(problem.areas[i].workload * float(problem.travel[j, i]) for i in inside) for j in inside}
    mine = sums[row[beat.middle]]
    if work and abs(mine / work - beat.seconds) > NEARLY * max(1.0, beat.seconds):
        yield Finding("wrong_total", f"states {beat.seconds} s, its areas come to {mine / work}", beat.name)
    if min(sums.values()) < mine * (1 - NEARLY) - NEARLY:
        yield Finding("better_middle", "another area lies nearer to its work", beat.name, beat.middle)


def _totals(problem: Beats, plan: BeatPlan, row: Mapping[str, int]) -> Iterator[Finding]:
    """The totals of the whole plan are those of its beats, and none lies below what was proved."""
    work = sum(area.workload for area in problem.areas)
    driven = sum(
        problem.areas[row[name]].workload * float(problem.travel[row[beat.middle], row[name]])
        for beat in plan.beats
        for name in beat.areas
    )
    if abs(driven / work - plan.seconds) > NEARLY * max(1.0, plan.seconds):
        yield Finding("wrong_total", f"states {plan.seconds} s in the mean, its beats come to {driven / work}")
    if plan.seconds < plan.bound * (1 - NEARLY) - NEARLY:
        yield Finding("wrong_total", f"states {plan.seconds} s, less than what was proved to be least: {plan.bound}")
    mean = work / problem.count
    uneven = max(abs(beat.workload / mean - 1) for beat in plan.beats)
    if abs(uneven - plan.uneven) > NEARLY:
        yield Finding("wrong_total", f"states {plan.uneven:.3f} as the greatest deviation, it is {uneven:.3f}")
    today = {area.name: area.today for area in problem.areas}
    moved = sum(beat.name != today[name] for beat in plan.beats for name in beat.areas if today[name])
    if plan.changed is not None and plan.changed != moved:
        yield Finding("wrong_total", f"states that {plan.changed} areas change hands, {moved} do")
