"""Simulating a scenario: calls are drawn, units sent by the rules, and what happened is told with intervals."""

from collections.abc import Callable

import numpy as np

from placewise.kernels.dispatch import Log
from placewise.kernels.dispatch import run as run_once
from placewise.simulate.arrays import as_city, fresh
from placewise.simulate.calls import draw
from placewise.simulate.errors import BadSpan, Overloaded, SimulationStopped
from placewise.simulate.outcome import Outcome
from placewise.simulate.record import Record, Span
from placewise.simulate.scenario import DAY, WEEK, Scenario
from placewise.simulate.summary import NO_HOURS, Hours, summarise

Progress = Callable[[int, int], bool | None]
"""Told how many runs are done, and of how many; returning False stops."""

BATCHES = 12  # at least; with fewer runs each run is cut into parts
COVER_STEP = 900.0  # seconds between two looks at the cover
AFTERWARDS = float(WEEK)  # calls that wait at the end are still served for a week


def simulate(
    scenario: Scenario,
    *,
    days: float = 28,
    seed: int,
    runs: int = 12,
    start: int = 0,
    warm_up: float = 1.0,
    hours: Hours = NO_HOURS,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Outcome:
    """What comes of a scenario over `days` from `start` (seconds of the week), `runs` times with other calls.

    `warm_up` days go before, unmeasured. The same scenario and seed give the same outcome; scenarios that differ in
    units or rules get the same calls. `hours` names hours of the day [from, to), which may pass midnight: calls that
    come in them are told apart too, by priority. Refused: Overloaded, BadSpan; SimulationStopped where `stop` says so.
    """
    if not (0 < days < np.inf and runs >= 1 and 0 <= start < WEEK and warm_up >= 0):
        raise BadSpan(f"days above 0, a run at least and a start in the week are needed, not {days}, {runs}, {start}")
    _refuse_overload(scenario)
    span = Span(float(start), days * DAY, -(-BATCHES // runs))
    records = []
    for number in range(runs):
        if stop is not None and stop():
            raise SimulationStopped(f"stopped after {number} of {runs} runs")
        records.append(_record(scenario, span, warm_up * DAY, (seed, number)))
        if progress is not None and progress(number + 1, runs) is False:
            raise SimulationStopped(f"stopped after {number + 1} of {runs} runs")
    return summarise(scenario, records, span, seed, COVER_STEP, hours)


def _record(scenario: Scenario, span: Span, warm_up: float, seeds: tuple[int, int]) -> Record:
    """One run."""
    begin, last = span.start - warm_up, span.start + span.seconds
    end = last + AFTERWARDS
    drawn = draw(scenario, begin, last, seeds)
    city, stops = as_city(scenario, begin, end)
    room = 64 + 2 * int(drawn.calls.people.sum())
    while True:
        cover = np.zeros(int((last - begin) / COVER_STEP))
        fleet, line, log = fresh(city, drawn.calls, room)
        if run_once(city, drawn.calls, fleet, line, log, begin, end, COVER_STEP, cover):
            break
        room *= 2  # calls were taken away from units more often than thought
    return Record(drawn, _cut(log, int(line.size[1]), int(line.size[2])), line.lost, cover, stops, begin, end)


def _cut(log: Log, jobs: int, stays: int) -> Log:
    """The rows of a log that were written."""
    jobs_of = log.call[:jobs], log.unit[:jobs], log.sent[:jobs], log.arrived[:jobs], log.left[:jobs], log.done[:jobs]
    return Log(*jobs_of, log.stop[:stays], log.since[:stays], log.until[:stays])


def _refuse_overload(scenario: Scenario) -> None:
    """Refuses calls that, without any driving, ask for more time than the units have."""
    if not scenario.waiting:
        return
    alone = max(unit.crew for unit in scenario.units) < 2
    works = np.array([one.work * (1 + alone * one.two_people) for one in scenario.priorities])
    asked = float(scenario.arrivals.weekly.sum(axis=1) @ works) / 3600
    there = sum(sum(s.end - s.start for s in unit.shifts) or WEEK for unit in scenario.units) / 3600
    if asked >= there:
        raise Overloaded(
            f"calls ask for {asked:,.1f} hours at the scene a week, without any driving, and units are on duty for "
            f"{there:,.1f}: the queue would grow for ever. More units, longer shifts or fewer calls are needed"
        )
