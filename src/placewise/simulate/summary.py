"""The records of all runs told as one outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from placewise.kernels.arrays import Bools, Floats, Ints, floats, ints
from placewise.simulate.estimates import Grouped, estimate, plain, ratio
from placewise.simulate.outcome import TIMES, Estimate, Outcome, Response, UnitLoad
from placewise.simulate.record import CallRows, Record, Span, UnitTimes, call_rows, joined, unit_times
from placewise.simulate.scenario import DAY, WEEK, Scenario

SHARES = (0.5, 0.8, 0.9, 0.95)
Hours = Mapping[str, tuple[int, int]]
"""Names of hours of the day [from, to); they may pass midnight."""
NO_HOURS: Hours = {}
DAY_HOURS = 24
AT_ONCE = 1e-6  # seconds: a wait below it is rounding


def summarise(
    scenario: Scenario, records: list[Record], span: Span, seed: int, step: float, hours: Hours = NO_HOURS
) -> Outcome:
    """The outcome of runs that were measured over the same span."""
    beat = np.array([[zone.area in unit.beat for zone in scenario.zones] for unit in scenario.units])
    rows = joined([call_rows(scenario, record, span, beat) for record in records], span.parts)
    times = _together([unit_times(scenario, record, span, beat) for record in records])
    batches = span.parts * len(records)
    days = span.seconds * len(records) / DAY
    waits = floats(np.bincount(rows.batch, np.nan_to_num(rows.wait), batches))
    cover, by_hour = _cover(records, span, step)
    inside = [_sent_inside(record, span) for record in records]
    known = np.isfinite(rows.beat)
    whole = Grouped(np.zeros(len(rows.batch), dtype=np.int64), rows.batch, 1, batches)
    unanswered = int((np.isnan(rows.response) & ~rows.lost).sum())
    return Outcome(
        responses=(*_responses(scenario, rows, batches), *_by_hours(scenario, rows, batches, hours)),
        units=tuple(_unit(scenario, times, number, days) for number in range(len(scenario.units))),
        utilisation=ratio(times.busy.sum(axis=0), times.duty.sum(axis=0)),
        cover=cover,
        cover_by_hour=by_hour,
        in_beat=whole.means(rows.beat, known)[0],
        patrol_kept=ratio(times.given.sum(axis=0), times.asked.sum(axis=0)),
        waiting=ratio(waits, np.full(batches, span.seconds / span.parts)),
        longest_wait=plain(float(np.nan_to_num(rows.wait).max(initial=0.0))) or 0.0,
        calls=len(rows.batch),
        sent=sum(sent for sent, _ in inside),
        recalled=sum(recalled for _, recalled in inside),
        unanswered=unanswered,
        days=span.seconds / DAY,
        runs=len(records),
        seed=seed,
        start=int(span.start),
        notes=_notes(unanswered, len(rows.batch), times),
    )


def _responses(scenario: Scenario, rows: CallRows, batches: int, *, by_area: bool = True) -> tuple[Response, ...]:
    """All calls, then each priority; where wanted each area, and each priority in each area."""
    areas = sorted({zone.area for zone in scenario.zones} - {""})
    number = {name: i + 1 for i, name in enumerate(areas)}
    area = ints([number.get(zone.area, 0) for zone in scenario.zones])[rows.zone]
    names = [one.name for one in scenario.priorities]
    nothing = np.zeros(len(area), dtype=np.int64)
    views = [(nothing, nothing), (rows.priority + 1, nothing), (nothing, area), (rows.priority + 1, area)]
    target = np.array([one.target for one in scenario.priorities])[rows.priority]
    found: dict[tuple[int, int], Response] = {}
    for level, place in views if by_area else views[:2]:
        cell = level * (len(areas) + 1) + place
        for key, row in _view(cell, rows, target, batches).items():
            which, where = divmod(key, len(areas) + 1)
            found.setdefault((which, where), replace(row, priority=["", *names][which], area=["", *areas][where]))
    return tuple(found[key] for key in sorted(found, key=lambda key: (bool(key[0]) + 2 * bool(key[1]), key)))


def _by_hours(scenario: Scenario, rows: CallRows, batches: int, hours: Hours) -> Iterator[Response]:
    """All calls and each priority of the hours named."""
    for name, (first, last) in hours.items():
        inside = (rows.hour - first) % DAY_HOURS < ((last - first) % DAY_HOURS or DAY_HOURS)
        if inside.any():
            chosen = CallRows(**{one.name: getattr(rows, one.name)[inside] for one in fields(CallRows)})
            yield from (replace(row, hours=name) for row in _responses(scenario, chosen, batches, by_area=False))


def _view(cell: Ints, rows: CallRows, target: Floats, batches: int) -> dict[int, Response]:
    """Estimates of the calls of each cell that has any."""
    groups, group = np.unique(cell, return_inverse=True)
    by = Grouped(ints(group), rows.batch, len(groups), batches)
    known = np.isfinite(rows.response)
    served = ~rows.lost
    columns = [
        by.means(rows.response, known),
        *by.quantiles(rows.response, known, SHARES),
        by.means(floats(rows.response <= target), served),
        by.means(floats((rows.wait > AT_ONCE) | np.isnan(rows.wait)), served),
        by.means(rows.wait, np.isfinite(rows.wait)),
        by.means(floats(rows.lost)),
    ]
    sizes = np.bincount(group, minlength=len(groups))
    return {int(key): _row(int(sizes[i]), [column[i] for column in columns]) for i, key in enumerate(groups)}


def _row(calls: int, estimates: list[Estimate]) -> Response:
    """A row of so many calls, wherever they are; the estimates stand in the order of TIMES."""
    times: dict[str, Any] = dict(zip(TIMES, estimates, strict=True))
    return Response("", "", calls, **times)


def _together(times: list[UnitTimes]) -> UnitTimes:
    """The units' times of all runs: batches side by side, totals added."""
    side = {name: np.concatenate([getattr(one, name) for one in times], axis=1) for name in _BY_BATCH}
    return UnitTimes(**side, **{name: sum(getattr(one, name) for one in times) for name in _TOTALS})


_BY_BATCH = ("duty", "busy", "driving", "asked", "given")
_TOTALS = ("overtime", "jobs", "in_beat")


def _unit(scenario: Scenario, times: UnitTimes, unit: int, days: float) -> UnitLoad:
    """One unit's load."""
    busy, jobs = times.busy[unit].sum(), times.jobs[unit]
    return UnitLoad(
        name=scenario.units[unit].name,
        utilisation=ratio(times.busy[unit], times.duty[unit]),
        driving=plain(times.driving[unit].sum() / busy) if busy > 0 else None,
        jobs_a_day=plain(jobs / days) or 0.0,
        in_beat=plain(times.in_beat[unit] / jobs) if jobs and scenario.units[unit].beat else None,
        overtime_a_week=round(float(times.overtime[unit]) / days * WEEK / DAY, 3),
        patrol_asked=plain(times.asked[unit].sum()) or 0.0,
        patrol_given=plain(times.given[unit].sum()) or 0.0,
    )


def _cover(records: list[Record], span: Span, step: float) -> tuple[Estimate, tuple[float | None, ...]]:
    """Mean cover with its interval, and by hour of the day."""
    samples = np.concatenate([record.cover for record in records])
    at = np.tile(records[0].begin + np.arange(len(records[0].cover)) * step, len(records))
    batch = span.batch(at) + np.repeat(np.arange(len(records)), len(records[0].cover)) * span.parts
    kept = span.batch(at) >= 0
    sizes = span.parts * len(records)
    sums = floats(np.bincount(batch[kept], samples[kept], sizes))
    total = ratio(sums, floats(np.bincount(batch[kept], minlength=sizes)))
    hour = np.floor(at[kept] / 3600).astype(np.int64) % 24
    count = np.bincount(hour, minlength=24)
    mean = np.divide(np.bincount(hour, samples[kept], 24), count, out=np.full(24, np.nan), where=count > 0)
    return total, tuple(plain(one) for one in mean.tolist())


def _sent_inside(record: Record, span: Span) -> tuple[int, int]:
    """How often a unit was sent while measured, and how often it was called away again."""
    inside: Bools = (record.log.sent >= span.start) & (record.log.sent < span.start + span.seconds)
    recalled = inside & ~record.log.done & np.isfinite(record.log.left)
    return int(inside.sum()), int(recalled.sum())


def _notes(unanswered: int, calls: int, times: UnitTimes) -> tuple[str, ...]:
    """What a reader must know before the figures."""
    notes = []
    if unanswered:
        notes.append(f"{unanswered:,} of {calls:,} calls were still waiting a week after the end; no time is known")
    busy = times.busy.sum() / max(times.duty.sum(), 1e-9)
    if busy > 0.95:
        notes.append(
            f"units are on calls {busy:.0%} of their duty: the queue may never settle, the means depend on days"
        )
    return tuple(notes)


def compared(a: Estimate, b: Estimate) -> tuple[float | None, float | None, float | None]:
    """The difference b − a and its paired interval."""
    if a.value is None or b.value is None:
        return None, None, None
    pairs = [(one, other) for one, other in zip(a.batches, b.batches, strict=True)]
    each = np.array([np.nan if one is None or other is None else other - one for one, other in pairs])
    whole = estimate(b.value - a.value, each)
    return whole.value, whole.low, whole.high
