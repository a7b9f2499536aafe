"""What one run left behind, and the columns of calls and units that follow from it."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.kernels.dispatch import Log
from placewise.simulate.arrays import Stops, duty_spans
from placewise.simulate.calls import Drawn
from placewise.simulate.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Record:
    """One run: its calls, the log of jobs cut to its rows, calls handed over, cover samples, presence, stops."""

    drawn: Drawn
    log: Log
    lost: Bools
    cover: Floats
    stops: Stops
    begin: float
    end: float


@dataclass(frozen=True, eq=False)
class CallRows:
    """The measured calls of all runs as columns; times that never came are NaN."""

    batch: Ints
    zone: Ints
    priority: Ints
    response: Floats
    wait: Floats
    lost: Bools
    hour: Ints  # of the day, in which the call came
    beat: Floats  # 1 where the first unit at the scene was in its beat, NaN where none came


@dataclass(frozen=True)
class Span:
    """What is measured: from `start` for `seconds`, in `parts` batches a run."""

    start: float
    seconds: float
    parts: int

    @property
    def edges(self) -> Floats:
        """(parts + 1,) where the batches of a run begin and end."""
        return self.start + np.linspace(0.0, self.seconds, self.parts + 1)

    def batch(self, at: Floats) -> Ints:
        """The batch of each time; −1 outside."""
        part = np.floor((at - self.start) / self.seconds * self.parts).astype(np.int64)
        return np.where((at >= self.start) & (part < self.parts), part, -1)


def call_rows(scenario: Scenario, record: Record, span: Span, beat: Bools) -> CallRows:
    """The measured calls of one run."""
    drawn, log, total = record.drawn, record.log, len(record.drawn.at)
    arrived, sent = np.full(total, np.inf), np.full(total, np.inf)
    np.minimum.at(sent, log.call, log.sent)
    there = np.flatnonzero(np.isfinite(log.arrived))
    np.minimum.at(arrived, log.call[there], log.arrived[there])
    first = there[log.arrived[there] == arrived[log.call[there]]]
    own = np.full(total, np.nan)
    own[log.call[first]] = beat[log.unit[first], drawn.calls.zone[log.call[first]]]
    batch = span.batch(drawn.at)
    kept = batch >= 0
    response, wait = arrived - drawn.at, sent - drawn.calls.ready
    for column in (response, wait):
        column[~np.isfinite(column)] = np.nan
    return CallRows(
        batch[kept],
        drawn.calls.zone[kept],
        drawn.calls.priority[kept],
        response[kept],
        wait[kept],
        record.lost[kept],
        np.floor(drawn.at[kept] / 3600).astype(np.int64) % 24,
        own[kept],
    )


def joined(rows: list[CallRows], parts: int) -> CallRows:
    """The calls of all runs, each run with batches of its own."""
    return CallRows(
        batch=np.concatenate([one.batch + parts * run for run, one in enumerate(rows)]),
        zone=np.concatenate([one.zone for one in rows]),
        priority=np.concatenate([one.priority for one in rows]),
        response=np.concatenate([one.response for one in rows]),
        wait=np.concatenate([one.wait for one in rows]),
        lost=np.concatenate([one.lost for one in rows]),
        hour=np.concatenate([one.hour for one in rows]),
        beat=np.concatenate([one.beat for one in rows]),
    )


@dataclass(frozen=True, eq=False)
class UnitTimes:
    """Seconds of each unit in each batch (units, batches): on duty, on calls, driving there; overtime (units,)."""

    duty: Floats
    busy: Floats
    driving: Floats
    overtime: Floats
    jobs: Floats
    in_beat: Floats
    asked: Floats
    given: Floats


def unit_times(scenario: Scenario, record: Record, span: Span, beat: Bools) -> UnitTimes:
    """How the units of one run spent their time."""
    log, edges = record.log, span.edges
    size = (len(scenario.units), span.parts)
    left = np.where(np.isnan(log.left), record.end, log.left)
    there = np.where(np.isnan(log.arrived), left, log.arrived)
    duty, busy, driving = np.zeros(size), np.zeros(size), np.zeros(size)
    overtime = np.zeros(size[0])
    for unit in range(size[0]):
        rows = np.flatnonzero(log.unit == unit)
        clock = _DutyClock(duty_spans(scenario.units[unit], record.begin, record.end))
        duty[unit] = np.diff(clock(edges))
        busy[unit] = np.diff(_spent(clock, log.sent[rows], left[rows], edges))
        driving[unit] = np.diff(_spent(clock, log.sent[rows], there[rows], edges))
        whole = np.clip(left[rows], edges[0], edges[-1]) - np.clip(log.sent[rows], edges[0], edges[-1])
        overtime[unit] = whole.sum() - busy[unit].sum()
    inside = (log.sent >= edges[0]) & (log.sent < edges[-1])
    jobs = np.bincount(log.unit[inside], minlength=size[0]).astype(np.float64)
    own = beat[log.unit, record.drawn.calls.zone[log.call]] & inside
    asked, given = _patrol(record, edges, size[0])
    in_beat = np.bincount(log.unit[own], minlength=size[0]).astype(np.float64)
    return UnitTimes(duty, busy, driving, overtime, jobs, in_beat, asked, given)


class _DutyClock:
    """Seconds on duty up to a time."""

    def __init__(self, spans: list[tuple[float, float]]) -> None:
        edges = np.array(spans, dtype=np.float64)
        length = edges[:, 1] - edges[:, 0]
        after = np.cumsum(length)
        self.times, self.gone = edges.ravel(), np.column_stack([after - length, after]).ravel()

    def __call__(self, at: Floats) -> Floats:
        return np.interp(at, self.times, self.gone)


def _spent(clock: _DutyClock, since: Floats, until: Floats, edges: Floats) -> Floats:
    """Duty seconds of spans that lie before each edge."""
    start, end = clock(since), clock(until)
    ticks = clock(edges)
    return np.array([(np.minimum(end, tick) - np.minimum(start, tick)).sum() for tick in ticks])


def _patrol(record: Record, edges: Floats, units: int) -> tuple[Floats, Floats]:
    """(units, batches) seconds of patrol stops asked and given."""
    stops, log = record.stops, record.log
    asked, given = np.zeros((units, len(edges) - 1)), np.zeros((units, len(edges) - 1))
    for part in range(len(edges) - 1):
        low, high = edges[part], edges[part + 1]
        for table, unit, since, until in (
            (asked, stops.unit, stops.since, stops.until),
            (given, stops.unit[log.stop], log.since, log.until),
        ):
            seconds = np.clip(until, low, high) - np.clip(since, low, high)
            table[:, part] = np.bincount(unit, seconds, units)
    return asked, given
