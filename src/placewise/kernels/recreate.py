"""Compiled search for patrol routes: ruin some strings of stops, recreate greedily, accept like cooling metal.

After Christiaens and Vanden Berghe, «Slack Induction by String Removals for Vehicle Routing Problems»,
Transportation Science 54(2), 2020, with prizes: a visit that fits nowhere stays out.
"""

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import borrowing, compiled
from placewise.kernels.patrol import (
    Facts,
    Routes,
    copy_routes,
    insert,
    own_earliest,
    own_latest,
    settle,
    settle_others,
    take_out,
    time_backward,
    time_forward,
    travel_seconds,
)

BLINK = 0.01
LONGEST_STRING = 10.0
SPLIT = 0.5


@borrowing
def score(facts: Facts, routes: Routes, weights: Floats) -> float:
    """What the search seeks: prize less weighted driving seconds, unevenness, and promises not kept.

    `weights`: driving, load, share, lean, balance, the balance allowed.
    """
    routes.total[1] = travel_seconds(facts, routes)
    value = routes.total[0] - weights[0] * routes.total[1]
    for unit in range(len(routes.size)):
        share = routes.load[unit] / (facts.shift_to[unit] - facts.shift_from[unit])
        value -= weights[1] * share * share
    return float(value - _broken(facts, routes, weights))


@borrowing
def rank(facts: Facts, routes: Routes, weights: Floats) -> float:
    """What the best is chosen by: prize, then less driving, with every promise kept first."""
    return float(routes.total[0] - 1e-6 * weights[0] * routes.total[1] - _broken(facts, routes, weights))


@borrowing
def _broken(facts: Facts, routes: Routes, weights: Floats) -> float:
    """The price of promises not kept: shares of areas and the balance between units."""
    price = 0.0
    if weights[2] > 0:
        price += weights[2] * over_share(facts, routes)
    if weights[4] > 0:
        most, least = 0.0, np.inf
        for unit in range(len(routes.load)):
            share = routes.load[unit] / (facts.shift_to[unit] - facts.shift_from[unit])
            most, least = max(most, share), min(least, share)
        price += weights[4] * max(0.0, most - least - weights[5])
    return price


@borrowing
def over_share(facts: Facts, routes: Routes) -> float:
    """Visit seconds by which areas exceed their greatest share of all visit seconds."""
    over = 0.0
    for area in range(len(routes.given)):
        over += max(0.0, routes.given[area] - facts.share[area] * routes.total[2])
    return over


@compiled
def _take_string(facts: Facts, routes: Routes, task: int, length: int, kept: int) -> None:
    """Takes a string of `length` visits around a task off its route, leaving `kept` in its middle."""
    tasks = len(facts.loc)
    unit = routes.unit[task]
    free = np.empty(routes.size[unit], np.int64)
    count, at = 0, 0
    for k in range(routes.size[unit]):
        node = routes.nodes[unit, k]
        if node < tasks and facts.locked[node] < 0:
            if node == task:
                at = count
            free[count] = node
            count += 1
    span = min(length + kept, count)
    low = max(0, at - span + 1)
    high = min(at, count - span)
    begin = low + np.random.randint(high - low + 1)
    skip = begin + 1 + np.random.randint(max(1, span - kept)) if kept > 0 else count
    for k in range(begin, begin + span):
        if not skip <= k < skip + kept:
            take_out(facts, routes, free[k])


@compiled
def ruin(facts: Facts, routes: Routes, average: float) -> None:
    """Takes strings of neighbouring visits off a few neighbouring routes, and may move their breaks."""
    tasks, units = len(facts.loc), len(routes.size)
    on_route = 0
    for unit in range(units):
        on_route += routes.size[unit]
    longest = min(LONGEST_STRING, max(1.0, on_route / units))
    if np.random.random() < 0.1:
        longest, average = max(1.0, on_route / units), 3.0 * average
    strings = int(np.random.random() * (4.0 * average / (1.0 + longest) - 1.0) + 1.0)
    ruined = np.zeros(units, np.bool_)
    seed = np.random.randint(tasks)
    done = 0
    for place in facts.near[facts.place[seed]]:
        for task in range(facts.place_first[place], facts.place_first[place + 1]):
            unit = routes.unit[task]
            if done >= strings or unit < 0 or ruined[unit] or facts.locked[task] >= 0:
                continue
            length = int(np.random.random() * min(longest, routes.size[unit]) + 1.0)
            kept = 0
            if np.random.random() < SPLIT:
                while length + kept < routes.size[unit] and np.random.random() > SPLIT:
                    kept += 1
            _take_string(facts, routes, task, length, kept)
            ruined[unit] = True
            done += 1
        if done >= strings:
            break
    for unit in range(units):
        if ruined[unit]:
            if np.random.random() < 0.5:
                _move_break(facts, routes, unit)
            settle(facts, routes, unit)
    for unit in range(units):
        time_backward(facts, routes, unit)


@compiled
def _move_break(facts: Facts, routes: Routes, unit: int) -> None:
    """Swaps the first break with a node beside it if the route can still be kept."""
    tasks, size = len(facts.loc), routes.size[unit]
    k = 0
    while k < size and routes.nodes[unit, k] < tasks:
        k += 1
    other = k + (1 if np.random.random() < 0.5 else -1)
    if k == size or not 0 <= other < size or routes.nodes[unit, other] >= tasks:
        return
    before = np.empty(size, np.int64)
    for j in range(size):
        before[j] = routes.begin[routes.nodes[unit, j]]
    _swap(routes, unit, k, other)
    if time_forward(facts, routes, unit) >= 0:
        _swap(routes, unit, k, other)
        for j in range(size):
            routes.begin[routes.nodes[unit, j]] = before[j]


@borrowing
def _swap(routes: Routes, unit: int, one: int, other: int) -> None:
    first = routes.nodes[unit, one]
    routes.nodes[unit, one] = routes.nodes[unit, other]
    routes.nodes[unit, other] = first


@borrowing
def best_position(facts: Facts, routes: Routes, task: int, lean: float, blink: float) -> tuple[int, int]:
    """The unit and position where a visit fits and costs least driving (and load, weighed by `lean`); −1 for none."""
    # arrays are named once: each look into the tuple inside the loop would count a reference
    travel, loc, dwell, opens, closes = facts.travel, facts.loc, facts.dwell, facts.opens, facts.closes
    nodes, sizes, begin, latest, at = routes.nodes, routes.size, routes.begin, routes.latest, routes.at
    allowed, shift_to, unit_end, unit_start = facts.allowed, facts.shift_to, facts.unit_end, facts.unit_start
    shift_from, load, tasks = facts.shift_from, routes.load, len(facts.loc)
    place, here, stay, keeper = facts.place[task], loc[task], dwell[task], facts.locked[task]
    least, most = own_earliest(facts, routes, task), own_latest(facts, routes, task)
    best, best_unit, best_k = np.inf, -1, -1
    area = facts.area[task]
    allowed_here = max(routes.cap[area], facts.share[area] * (routes.total[2] + stay))
    if least > most or routes.given[area] + stay > allowed_here:
        return best_unit, best_k
    for unit in range(len(sizes)):
        if not allowed[unit, place] or (keeper >= 0 and keeper != unit):
            continue
        size = sizes[unit]
        for k in range(size, -1, -1):
            if k < size and latest[nodes[unit, k]] < least + stay:
                break  # everything from here on must begin too early to come after this visit
            now, before = shift_from[unit], unit_start[unit]
            if k > 0:
                node = nodes[unit, k - 1]
                now, before = begin[node] + dwell[node], at[node]
            there = travel[before, here]
            now = max(now + there, least)
            if now > most:
                continue
            now += stay
            after = k
            while after < size and nodes[unit, after] >= tasks and now <= closes[nodes[unit, after]]:
                now = max(now, opens[nodes[unit, after]]) + dwell[nodes[unit, after]]
                after += 1
            if after == size:
                onward, home = unit_end[unit], shift_to[unit]
            elif nodes[unit, after] >= tasks:
                continue  # comes too late for a break
            else:
                onward, home = loc[nodes[unit, after]], latest[nodes[unit, after]]
            if now + travel[here, onward] > home:
                continue
            cost = there + travel[here, onward] - travel[before, onward] + lean * load[unit]
            if cost < best and np.random.random() >= blink:
                best, best_unit, best_k = cost, unit, k
    return best_unit, best_k


@borrowing
def _detour(facts: Facts, routes: Routes, task: int) -> int:
    """Seconds of driving a visit would add where it adds least, whether or not it fits there."""
    travel, nodes, sizes, at = facts.travel, routes.nodes, routes.size, routes.at
    here, least = facts.loc[task], 1 << 60
    for unit in range(len(sizes)):
        before = facts.unit_start[unit]
        for k in range(sizes[unit] + 1):
            after = facts.unit_end[unit] if k == sizes[unit] else at[nodes[unit, k]]
            least = min(least, travel[before, here] + travel[here, after] - travel[before, after])
            before = after
    return int(least)


@borrowing
def _sort(items: Ints, key: Floats) -> None:
    """Sorts items by their keys, in place (Shell 1959): quick enough for these, and much quicker to compile."""
    gap = len(items) // 2
    while gap > 0:
        for i in range(gap, len(items)):
            item, own, j = items[i], key[i], i
            while j >= gap and key[j - gap] > own:
                items[j], key[j] = items[j - gap], key[j - gap]
                j -= gap
            items[j], key[j] = item, own
        gap = gap // 2


@compiled
def _order(facts: Facts, routes: Routes) -> Ints:
    """The visits not made, in one of several orders drawn at random: chance, prize, prize a second, far, tight."""
    tasks = len(facts.loc)
    missing = np.empty(tasks, np.int64)
    count = 0
    for task in range(tasks):
        if routes.unit[task] < 0 and facts.locked[task] > -2:
            missing[count] = task
            count += 1
    missing = missing[:count]
    for i in range(count - 1, 0, -1):
        j = np.random.randint(i + 1)
        other = missing[i]
        missing[i], missing[j] = missing[j], other
    key = np.zeros(count)
    way = np.random.random()
    for i in range(count):
        task = missing[i]
        if way < 0.15:
            key[i] = -facts.prize[task]
        elif way < 0.3:
            key[i] = -facts.prize[task] * np.random.random()
        elif way < 0.35:
            key[i] = -facts.travel[facts.unit_start[0], facts.loc[task]]
        elif way < 0.4:
            key[i] = facts.travel[facts.unit_start[0], facts.loc[task]]
        elif way < 0.45:
            key[i] = facts.opens[task]
        elif way < 0.6:
            key[i] = -facts.prize[task] / max(1, facts.dwell[task] + _detour(facts, routes, task))
        else:
            key[i] = facts.travel[facts.loc[missing[0]], facts.loc[task]]
    _sort(missing, key)
    return missing


@compiled
def recreate(facts: Facts, routes: Routes, lean: float, blink: float) -> None:
    """Puts every visit not made where it fits best, in a drawn order; what fits nowhere stays out."""
    for task in _order(facts, routes):
        if routes.visits[facts.place[task]] >= facts.wanted[facts.place[task]]:
            continue
        unit, k = best_position(facts, routes, task, lean, blink)
        if unit >= 0:
            insert(facts, routes, unit, k, task)
            settle(facts, routes, unit)
            settle_others(facts, routes, unit)


@borrowing
def allow_shares(facts: Facts, routes: Routes, everything: float) -> None:
    """Sets what each area may have if all visits together will come to `everything` seconds."""
    for area in range(len(routes.cap)):
        routes.cap[area] = np.inf if facts.share[area] >= 1 else facts.share[area] * everything


@borrowing
def keep_shares(facts: Facts, routes: Routes) -> None:
    """Takes visits of least prize off areas that have more than their share, until none has or all left are locked."""
    for _ in range(len(facts.loc)):
        out = -1
        for task in range(len(facts.loc)):
            area = facts.area[task]
            over = routes.given[area] > facts.share[area] * routes.total[2]
            free = routes.unit[task] >= 0 and facts.locked[task] < 0
            if over and free and (out < 0 or facts.prize[task] < facts.prize[out]):
                out = task
        if out < 0:
            return
        unit = routes.unit[out]
        take_out(facts, routes, out)
        settle(facts, routes, unit)
        settle_others(facts, routes, unit)


@compiled
def fill(facts: Facts, routes: Routes, weights: Floats, seed: int) -> None:
    """What a search starts with: every visit where it fits best, once, within the shares."""
    np.random.seed(seed)
    if weights[2] > 0:
        everything = 0.0
        for unit in range(len(routes.size)):
            everything += facts.shift_to[unit] - facts.shift_from[unit]
        allow_shares(facts, routes, everything)
    recreate(facts, routes, weights[3], 0.0)
    if weights[2] > 0:
        keep_shares(facts, routes)


@compiled
def improve(
    facts: Facts, now: Routes, trial: Routes, best: Routes, weights: Floats, scores: Floats,
    heat: float, average: float, rounds: int, seed: int,
) -> None:  # fmt: skip
    """Some rounds of ruin and recreate at one heat. `scores` holds those of `now` and `best`, kept up to date."""
    np.random.seed(seed)
    for _ in range(rounds):
        copy_routes(now, trial)
        ruin(facts, trial, average)
        if weights[2] > 0:
            allow_shares(facts, trial, now.total[2])
        recreate(facts, trial, weights[3] * np.random.random(), BLINK)
        if weights[2] > 0:
            keep_shares(facts, trial)
        value = score(facts, trial, weights)
        if value > scores[0] + heat * np.log(np.random.random()):
            copy_routes(trial, now)
            scores[0] = value
            ranked = rank(facts, trial, weights)
            if ranked > scores[1]:
                copy_routes(trial, best)
                scores[1] = ranked
