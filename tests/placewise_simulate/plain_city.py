"""A plain twin of the simulated city: a heap of events, lists, a method for each thing that happens."""

import heapq
import math
from bisect import insort
from typing import Any

OFF, FREE, DRIVING, SCENE = "off", "free", "driving", "scene"


class PlainCity:
    """Lives through the calls of a run; `log` rows are (call, unit, sent, arrived, left, done)."""

    def __init__(self, city: Any, calls: Any) -> None:
        self.travel: list[list[float]] = city.travel.tolist()
        self.pace: list[float] = city.pace.tolist()
        self.home, self.crew, self.beat = city.home.tolist(), city.crew.tolist(), city.beat.tolist()
        self.weight, self.target, self.reach = city.weight.tolist(), city.target.tolist(), city.cover
        self.policy, self.preempt, self.waits, self.homing = city.rules.tolist()
        self.stops = list(zip(city.stop_at.tolist(), city.stop_from.tolist(), city.stop_to.tolist(), strict=True))
        self.duty = city.duty.tolist()
        self.ready, self.zone = calls.ready.tolist(), calls.zone.tolist()
        self.priority, self.people, self.work = calls.priority.tolist(), calls.people.tolist(), calls.work.tolist()
        self.need, self.lost = list(self.people), [False] * len(self.ready)
        self.phase = [FREE if on else OFF for on in self.duty]
        self.job = [-1] * len(self.home)  # row of the log
        self.stop = [-1] * len(self.home)
        self.way: list[tuple[int, int, float, int, float, float]] = [
            (spot, spot, 0.0, spot, -math.inf, -math.inf) for spot in self.home
        ]
        self.version = [0] * len(self.home)
        self.wake = [math.inf] * len(self.home)
        self.queue: list[tuple[int, int]] = []
        self.log: list[list[float]] = []
        self.stays: list[tuple[int, float, float]] = []
        self.events: list[tuple[float, int, int, int, int]] = []  # when, unit, agenda after job, number, version
        for unit in range(len(self.home)):
            for entry in range(city.first[unit], city.first[unit + 1]):
                self.events.append((float(city.when[entry]), unit, 1, entry, 0))
        self.what, self.stop_of = city.what.tolist(), city.stop.tolist()
        heapq.heapify(self.events)

    def live(self, end: float) -> "PlainCity":
        call = 0
        while self.events or call < len(self.ready):
            soonest = self.events[0][0] if self.events else math.inf
            if call < len(self.ready) and self.ready[call] < soonest:
                if self.ready[call] >= end:
                    break
                self.called(call, self.ready[call])
                call += 1
                continue
            now, unit, agenda, entry, version = heapq.heappop(self.events)
            if now >= end:
                break
            if agenda:
                self.listed(unit, entry, now)
            elif version == self.version[unit]:
                self.worked(unit, now)
        return self

    def seconds(self, unit: int, now: float, spot: int) -> float:
        start, other, part, goal, left, there = self.way[unit]
        ahead = self.travel[goal][spot]
        if there <= now:
            return float(ahead)
        back = (1.0 - part) * self.travel[start][spot] + part * self.travel[other][spot]
        gone = (now - left) / (there - left)
        return float((1.0 - gone) * back + gone * ahead)

    def slow(self, now: float) -> float:
        return 1.0 / self.pace[int(now // 3600.0) % 168]

    def drive(self, unit: int, now: float, spot: int) -> float:
        seconds = self.seconds(unit, now, spot) * self.slow(now)
        start, other, part, goal, left, there = self.way[unit]
        if there <= now:
            start, other, part = goal, goal, 0.0
        else:
            start, other, part = (other if part >= 0.5 else start), goal, (now - left) / (there - left)
        self.way[unit] = (start, other, part, spot, now, now + seconds)
        return now + seconds

    def stand(self, unit: int, now: float, spot: int) -> None:
        self.way[unit] = (spot, spot, 0.0, spot, now, now)

    def send(self, unit: int, call: int, now: float) -> None:
        self.leave_stop(unit, now)
        there = self.drive(unit, now, self.zone[call])
        self.job[unit] = len(self.log)
        self.log.append([call, unit, now, math.nan, math.nan, 0])
        self.phase[unit] = DRIVING
        self.need[call] -= self.crew[unit]
        self.later(unit, there)

    def later(self, unit: int, when: float) -> None:
        self.version[unit] += 1
        self.wake[unit] = when
        heapq.heappush(self.events, (when, unit, 0, 0, self.version[unit]))

    def free_units(self) -> list[int]:
        return [unit for unit, phase in enumerate(self.phase) if phase == FREE]

    def chosen(self, call: int, now: float) -> int:
        zone, free = self.zone[call], self.free_units()
        own = [unit for unit in free if self.beat[unit][zone]] if self.policy == 2 else []
        near = {unit: self.seconds(unit, now, zone) for unit in free}
        if self.policy == 1 and self.priority[call] > 0:
            target = self.target[self.priority[call]]
            if in_time := [unit for unit in free if near[unit] * self.slow(now) <= target]:
                return min(in_time, key=lambda unit: (round(self.gap(unit, free, now), 9), near[unit], unit))
        return min(own or free, key=lambda unit: (near[unit], unit), default=-1)

    def gap(self, unit: int, free: list[int], now: float) -> float:
        """Share of calls that nobody else reaches."""
        reach = self.reach / self.slow(now)
        covers = {one: {z for z in range(len(self.weight)) if self.seconds(one, now, z) <= reach} for one in free}
        others = set().union(*(covers[one] for one in free if one != unit))
        return float(sum(self.weight[z] for z in sorted(covers[unit] - others)))

    def interrupted(self, call: int, now: float) -> int:
        def job(unit: int) -> int:
            return int(self.log[self.job[unit]][0])

        phases = {0: (), 1: (DRIVING,), 2: (DRIVING, SCENE)}[self.preempt]
        able = [unit for unit in range(len(self.home)) if self.phase[unit] in phases and self.duty[unit]]
        able = [unit for unit in able if self.priority[job(unit)] > self.priority[call]]
        order = lambda unit: (-self.priority[job(unit)], self.seconds(unit, now, self.zone[call]), unit)  # noqa: E731
        return min(able, key=order, default=-1)

    def called(self, call: int, now: float) -> None:
        while self.need[call] > 0:
            unit = self.chosen(call, now)
            if unit < 0:
                unit = self.interrupted(call, now)
                if unit < 0:
                    break
                self.recall(unit, now)
            self.send(unit, call, now)
        if self.need[call] > 0:
            if self.waits:
                self.wait(call)
            else:
                self.lost[call] = self.need[call] == self.people[call]

    def wait(self, call: int) -> None:
        if (self.priority[call], call) not in self.queue:
            insort(self.queue, (self.priority[call], call))

    def recall(self, unit: int, now: float) -> None:
        row = self.log[self.job[unit]]
        call = int(row[0])
        if self.phase[unit] == SCENE:
            self.work[call] = self.wake[unit] - now
            self.stand(unit, now, self.zone[call])
        row[4] = now
        self.need[call] += self.crew[unit]
        self.phase[unit] = FREE
        if self.need[call] > 0:
            self.wait(call)

    def worked(self, unit: int, now: float) -> None:
        row = self.log[self.job[unit]]
        if self.phase[unit] == DRIVING:
            row[3] = now
            self.phase[unit] = SCENE
            self.later(unit, now + self.work[int(row[0])])
            return
        row[4], row[5] = now, 1
        self.stand(unit, now, self.way[unit][3])
        self.release(unit, now)

    def release(self, unit: int, now: float) -> None:
        self.version[unit] += 1
        if not self.duty[unit]:
            self.phase[unit] = OFF
            return
        self.phase[unit] = FREE
        if self.queue:
            _, call = self.queue.pop(0)
            self.send(unit, call, now)
            if self.need[call] > 0:
                self.wait(call)
        elif self.stop[unit] >= 0:
            self.drive(unit, now, self.stops[self.stop[unit]][0])
        elif self.homing:
            self.drive(unit, now, self.home[unit])

    def leave_stop(self, unit: int, now: float) -> None:
        if self.phase[unit] != FREE or self.stop[unit] < 0:
            return
        at, since, until = self.stops[self.stop[unit]]
        since, until = max(since, self.way[unit][5]), min(until, now)
        if self.way[unit][3] == at and until > since:
            self.stays.append((self.stop[unit], since, until))

    def listed(self, unit: int, entry: int, now: float) -> None:
        what, stop, free = self.what[entry], self.stop_of[entry], self.phase[unit] == FREE
        if what == 0:
            self.duty[unit] = True
            if self.phase[unit] == OFF:
                self.stand(unit, now, self.home[unit])
                self.release(unit, now)
            return
        if free:
            self.leave_stop(unit, now)
        if what == 1:
            self.duty[unit] = False
            self.phase[unit] = OFF if free else self.phase[unit]
        elif what == 2:
            self.stop[unit] = stop
            if free:
                self.drive(unit, now, self.stops[stop][0])
        elif self.stop[unit] == stop:
            self.stop[unit] = -1
            if free and self.homing:
                self.drive(unit, now, self.home[unit])
