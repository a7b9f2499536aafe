"""Compiled life of calls and units: the next event, who is sent, who drives where; each job goes into a log.

Locations are numbers: zones, then stations. A unit that drives is a fraction of its way between where it set out and
where it goes, and its time to any location is the same fraction between those two times: that keeps within both bounds
of the triangle inequality. Who set out from the middle of a way set out from a fraction between its ends.
"""

from typing import NamedTuple

import numpy as np

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.compiled import borrowing, compiled

OFF, FREE, DRIVING, SCENE = 0, 1, 2, 3  # phases of a unit
DUTY, END, HEAD, LEAVE = 0, 1, 2, 3  # entries of an agenda
CLOSEST, COVER, BEAT = 0, 1, 2  # policies
NEVER, ON_THE_WAY, ALWAYS = 0, 1, 2  # pre-emption
HOUR, WEEK_HOURS = 3600.0, 168
NOBODY = -1


class City(NamedTuple):
    """What never changes in a run. `rules`: policy, pre-emption, whether calls wait, whether free units drive home."""

    travel: Floats  # (locations, locations) seconds
    pace: Floats  # (168,) share of the speed that is driven in an hour of the week
    weight: Floats  # (zones,) share of all calls
    home: Ints  # (units,) location
    crew: Ints  # (units,)
    beat: Bools  # (units, zones)
    duty: Bools  # (units,) on duty from the beginning
    first: Ints  # (units + 1,) entries of each agenda
    when: Floats  # (entries,)
    what: Ints  # (entries,)
    stop: Ints  # (entries,) number of the patrol stop
    stop_at: Ints  # (stops,) location
    stop_from: Floats  # (stops,)
    stop_to: Floats  # (stops,)
    target: Floats  # (priorities,) seconds
    cover: float
    rules: Ints  # (4,)


class Calls(NamedTuple):
    """Calls in the order in which units may be sent."""

    ready: Floats  # (calls,)
    zone: Ints
    priority: Ints
    people: Ints
    work: Floats  # seconds at the scene


class Fleet(NamedTuple):
    """Where each unit is and what it does: its call and row of the log, entry of its agenda, patrol stop, way."""

    phase: Ints  # (units,)
    duty: Bools
    call: Ints
    row: Ints
    entry: Ints
    stop: Ints
    start: Ints  # one end of where it set out
    other: Ints  # the other end
    part: Floats  # how far it was from the one to the other
    goal: Ints  # where it goes or stands
    left: Floats  # when it set out
    there: Floats  # when it is there
    due: Floats  # the next thing that happens to it
    wake: Floats  # the next thing of its job


class Line(NamedTuple):
    """Calls that wait or are under way; `heap` holds keys by priority and then age."""

    need: Ints  # (calls,) people still to be sent
    work: Floats  # (calls,) seconds still to be worked
    queued: Bools  # (calls,)
    lost: Bools  # (calls,)
    heap: Ints  # (calls,)
    size: Ints  # (3,) calls in the heap, rows of the log, rows of presence


class Log(NamedTuple):
    """A row for each time that a unit was sent; never there is NaN, and `done` tells work finished from work left."""

    call: Ints  # (room,)
    unit: Ints
    sent: Floats
    arrived: Floats
    left: Floats
    done: Bools
    stop: Ints  # (stops' room,) presence at patrol stops
    since: Floats
    until: Floats


@borrowing
def _slowness(city: City, now: float) -> float:
    """Seconds driven for a second of free travel."""
    return 1.0 / float(city.pace[int(np.floor(now / HOUR)) % WEEK_HOURS])


@borrowing
def _free_seconds(city: City, fleet: Fleet, unit: int, now: float, spot: int) -> float:
    """Seconds from where a unit is now to a location, at full pace."""
    there = float(city.travel[fleet.goal[unit], spot])
    if fleet.there[unit] <= now:
        return there
    part = fleet.part[unit]
    back: float = (1.0 - part) * city.travel[fleet.start[unit], spot] + part * city.travel[fleet.other[unit], spot]
    gone: float = (now - fleet.left[unit]) / (fleet.there[unit] - fleet.left[unit])
    return (1.0 - gone) * back + gone * there


@borrowing
def _drive(city: City, fleet: Fleet, unit: int, now: float, spot: int) -> None:
    """Sets out from where the unit is now."""
    seconds = _free_seconds(city, fleet, unit, now, spot) * _slowness(city, now)
    goal = fleet.goal[unit]
    if fleet.there[unit] <= now:
        fleet.start[unit], fleet.other[unit], fleet.part[unit] = goal, goal, 0.0
    else:
        if fleet.part[unit] >= 0.5:
            fleet.start[unit] = fleet.other[unit]
        fleet.other[unit] = goal
        fleet.part[unit] = (now - fleet.left[unit]) / (fleet.there[unit] - fleet.left[unit])
    fleet.goal[unit], fleet.left[unit], fleet.there[unit] = spot, now, now + seconds


@borrowing
def _stand(fleet: Fleet, unit: int, spot: int, now: float) -> None:
    """Puts a unit at a location."""
    fleet.start[unit], fleet.other[unit], fleet.goal[unit] = spot, spot, spot
    fleet.part[unit], fleet.left[unit], fleet.there[unit] = 0.0, now, now


@borrowing
def _push(line: Line, key: int) -> None:
    """A key into the heap."""
    at = line.size[0]
    line.size[0] += 1
    while at > 0 and line.heap[(at - 1) // 2] > key:
        line.heap[at] = line.heap[(at - 1) // 2]
        at = (at - 1) // 2
    line.heap[at] = key


@borrowing
def _pop(line: Line) -> int:
    """The least key out of the heap."""
    least = line.heap[0]
    line.size[0] -= 1
    size = line.size[0]
    key, at = line.heap[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and line.heap[child + 1] < line.heap[child]:
            child += 1
        if line.heap[child] >= key:
            break
        line.heap[at] = line.heap[child]
        at = child
    line.heap[at] = key
    return int(least)


@borrowing
def _wait(calls: Calls, line: Line, call: int) -> None:
    """A call into the queue, behind older ones of its priority."""
    if not line.queued[call]:
        line.queued[call] = True
        _push(line, calls.priority[call] * len(calls.ready) + call)


@borrowing
def _end_presence(city: City, fleet: Fleet, line: Line, log: Log, unit: int, now: float) -> None:
    """Writes down how long a free unit was at its patrol stop."""
    stop = fleet.stop[unit]
    if fleet.phase[unit] != FREE or stop < 0 or fleet.goal[unit] != city.stop_at[stop]:
        return
    since, until = max(fleet.there[unit], city.stop_from[stop]), min(now, city.stop_to[stop])
    if until > since and line.size[2] < len(log.stop):
        row = line.size[2]
        log.stop[row], log.since[row], log.until[row] = stop, since, until
        line.size[2] += 1


@borrowing
def _send(city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, unit: int, call: int, now: float) -> None:
    """A unit sets out for a call."""
    _end_presence(city, fleet, line, log, unit, now)
    _drive(city, fleet, unit, now, calls.zone[call])
    row = line.size[1]
    line.size[1] += 1
    log.call[row], log.unit[row], log.sent[row] = call, unit, now
    fleet.phase[unit], fleet.call[unit], fleet.row[unit], fleet.wake[unit] = DRIVING, call, row, fleet.there[unit]
    line.need[call] -= city.crew[unit]


@borrowing
def _recall(city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, unit: int, now: float) -> None:
    """A unit leaves its job undone; the call waits again with the work that is left."""
    call, row = fleet.call[unit], fleet.row[unit]
    if fleet.phase[unit] == SCENE:
        line.work[call] = fleet.wake[unit] - now
        _stand(fleet, unit, calls.zone[call], now)
    log.left[row] = now
    line.need[call] += city.crew[unit]
    fleet.phase[unit], fleet.call[unit], fleet.wake[unit] = FREE, NOBODY, np.inf
    if line.need[call] > 0:
        _wait(calls, line, call)


@borrowing
def _closest(city: City, fleet: Fleet, now: float, zone: int, policy: int) -> int:
    """The free unit soonest at a zone; under BEAT, of those whose beat it is."""
    best, least = NOBODY, np.inf
    for unit in range(len(fleet.phase)):
        if fleet.phase[unit] == FREE and (policy != BEAT or city.beat[unit, zone]):
            seconds = _free_seconds(city, fleet, unit, now, zone)
            if seconds < least:
                best, least = unit, seconds
    return best


@borrowing
def _count_cover(city: City, fleet: Fleet, now: float, count: Ints) -> float:
    """How many free units are within reach of each zone; returns the share of calls within reach of any."""
    reach = city.cover / _slowness(city, now)
    for zone in range(len(count)):
        count[zone] = 0
    for unit in range(len(fleet.phase)):
        if fleet.phase[unit] == FREE:
            for zone in range(len(count)):
                if _free_seconds(city, fleet, unit, now, zone) <= reach:
                    count[zone] += 1
    covered = 0.0
    for zone in range(len(count)):
        if count[zone] > 0:
            covered += city.weight[zone]
    return covered


@borrowing
def _keeping_cover(city: City, fleet: Fleet, now: float, zone: int, target: float, count: Ints) -> int:
    """Of the free units that are there in time, the one whose going uncovers least; the closest where none is."""
    reach, slow = city.cover / _slowness(city, now), _slowness(city, now)
    _count_cover(city, fleet, now, count)
    best, least, soonest = NOBODY, np.inf, np.inf
    for unit in range(len(fleet.phase)):
        if fleet.phase[unit] != FREE:
            continue
        seconds = _free_seconds(city, fleet, unit, now, zone)
        if seconds * slow > target:
            continue
        gap = 0.0
        for other in range(len(count)):
            if count[other] == 1 and _free_seconds(city, fleet, unit, now, other) <= reach:
                gap += city.weight[other]
        if gap < least - 1e-12 or (gap <= least + 1e-12 and seconds < soonest):
            best, least, soonest = unit, gap, seconds
    return best if best >= 0 else _closest(city, fleet, now, zone, CLOSEST)


@borrowing
def _choose(city: City, fleet: Fleet, now: float, zone: int, priority: int, count: Ints) -> int:
    """The free unit that the policy sends, or nobody."""
    policy = city.rules[0]
    if policy == BEAT:
        own = _closest(city, fleet, now, zone, BEAT)
        if own >= 0:
            return own
    if policy == COVER and priority > 0:
        return _keeping_cover(city, fleet, now, zone, city.target[priority], count)
    return _closest(city, fleet, now, zone, CLOSEST)


@borrowing
def _lesser(city: City, calls: Calls, fleet: Fleet, now: float, call: int) -> int:
    """The unit to be taken from a less urgent call: from the least urgent, and of those the closest."""
    best, lowest, least = NOBODY, calls.priority[call], np.inf
    for unit in range(len(fleet.phase)):
        phase = fleet.phase[unit]
        if phase != DRIVING and not (phase == SCENE and city.rules[1] == ALWAYS):
            continue
        level = calls.priority[fleet.call[unit]]
        if level < lowest or level == calls.priority[call] or not fleet.duty[unit]:
            continue
        seconds = _free_seconds(city, fleet, unit, now, calls.zone[call])
        if level > lowest or seconds < least:
            best, lowest, least = unit, level, seconds
    return best


@borrowing
def _answer(city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, call: int, now: float, count: Ints) -> None:
    """Sends units to a new call until it has the people it asks for; what is missing waits, or is handed over."""
    while line.need[call] > 0:
        unit = _choose(city, fleet, now, calls.zone[call], calls.priority[call], count)
        if unit < 0 and city.rules[1] != NEVER:
            unit = _lesser(city, calls, fleet, now, call)
            if unit >= 0:
                _recall(city, calls, fleet, line, log, unit, now)
        if unit < 0:
            break
        _send(city, calls, fleet, line, log, unit, call, now)
        _set_due(city, fleet, unit)
    if line.need[call] > 0:
        if city.rules[2] == 1:
            _wait(calls, line, call)
        elif line.need[call] == calls.people[call]:
            line.lost[call] = True


@borrowing
def _release(city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, unit: int, now: float) -> None:
    """A unit has nothing to do: the head of the queue, its patrol stop, home, or off duty."""
    fleet.call[unit], fleet.wake[unit] = NOBODY, np.inf
    if not fleet.duty[unit]:
        fleet.phase[unit] = OFF
        return
    fleet.phase[unit] = FREE
    if line.size[0] > 0:
        call = _pop(line) % len(calls.ready)
        line.queued[call] = False
        _send(city, calls, fleet, line, log, unit, call, now)
        if line.need[call] > 0:
            _wait(calls, line, call)
    elif fleet.stop[unit] >= 0:
        _drive(city, fleet, unit, now, city.stop_at[fleet.stop[unit]])
    elif city.rules[3] == 1:
        _drive(city, fleet, unit, now, city.home[unit])


@borrowing
def _agenda(city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, unit: int, now: float) -> None:
    """The next entry of a unit's agenda: its shift begins or ends, or a patrol stop does."""
    entry = fleet.entry[unit]
    fleet.entry[unit] += 1
    what, free = city.what[entry], fleet.phase[unit] == FREE
    if what == DUTY:
        fleet.duty[unit] = True
        if fleet.phase[unit] == OFF:
            _stand(fleet, unit, city.home[unit], now)
            _release(city, calls, fleet, line, log, unit, now)
        return
    if free:
        _end_presence(city, fleet, line, log, unit, now)
    if what == END:
        fleet.duty[unit] = False
        if free:
            fleet.phase[unit] = OFF
    elif what == HEAD:
        fleet.stop[unit] = city.stop[entry]
        if free:
            _drive(city, fleet, unit, now, city.stop_at[city.stop[entry]])
    elif fleet.stop[unit] == city.stop[entry]:
        fleet.stop[unit] = NOBODY
        if free and city.rules[3] == 1:
            _drive(city, fleet, unit, now, city.home[unit])


@borrowing
def _set_due(city: City, fleet: Fleet, unit: int) -> None:
    """When the next thing happens to a unit."""
    entry = fleet.entry[unit]
    listed = city.when[entry] if entry < city.first[unit + 1] else np.inf
    fleet.due[unit] = min(fleet.wake[unit], listed)


@borrowing
def _unit_event(city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, unit: int, now: float) -> int:
    """What is due for a unit now; 1 where a unit has left a scene for good."""
    done = 0
    if fleet.wake[unit] > now:
        _agenda(city, calls, fleet, line, log, unit, now)
    elif fleet.phase[unit] == DRIVING:
        call = fleet.call[unit]
        log.arrived[fleet.row[unit]] = now
        fleet.phase[unit], fleet.wake[unit] = SCENE, now + line.work[call]
    else:
        row = fleet.row[unit]
        log.left[row], log.done[row] = now, True
        _stand(fleet, unit, fleet.goal[unit], now)
        _release(city, calls, fleet, line, log, unit, now)
        done = 1
    _set_due(city, fleet, unit)
    return done


@borrowing
def _live(
    city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, begin: float, end: float, step: float,
    cover: Floats, count: Ints,
) -> bool:  # fmt: skip
    """One event after another; `count` (zones,) is room to count in."""
    units, total, room = len(city.home), len(calls.ready), len(log.call)
    next_call, sample, now = 0, 0, begin
    for unit in range(units):
        if city.duty[unit]:
            fleet.phase[unit] = FREE
        _set_due(city, fleet, unit)
    while True:
        unit = 0
        for other in range(1, units):
            if fleet.due[other] < fleet.due[unit]:
                unit = other
        due = fleet.due[unit]
        call_at = calls.ready[next_call] if next_call < total else np.inf
        now = min(due, call_at)
        while sample < len(cover) and begin + sample * step < now:
            cover[sample] = _count_cover(city, fleet, begin + sample * step, count)
            sample += 1
        if now >= end or now == np.inf:
            return True
        if line.size[1] + 4 > room:
            return False
        if due <= call_at:
            _unit_event(city, calls, fleet, line, log, unit, now)
        else:
            _answer(city, calls, fleet, line, log, next_call, now, count)
            next_call += 1


@compiled
def run(
    city: City, calls: Calls, fleet: Fleet, line: Line, log: Log, begin: float, end: float, step: float, cover: Floats
) -> bool:
    """Lets time pass from `begin` until all calls are served, at the latest at `end`; False: too short a log.

    `cover` (samples,) is filled with the share of calls within reach of a free unit every `step` seconds.
    """
    count = np.zeros(len(city.weight), dtype=np.int64)
    return _live(city, calls, fleet, line, log, begin, end, step, cover, count)
