"""The lives of a watch, of one scan and of an alarm, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class WatchState(StrEnum):
    """Where a watch stands."""

    PROPOSED = "proposed"
    WATCHING = "watching"
    PAUSED = "paused"


class ScanState(StrEnum):
    """Where one scan stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class AlarmState(StrEnum):
    """Where an alarm stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    LINKED = "linked"
    DISMISSED = "dismissed"
    CLOSED = "closed"


WATCH_MOVES: Mapping[WatchState, frozenset[WatchState]] = {
    WatchState.PROPOSED: frozenset({WatchState.WATCHING, WatchState.PAUSED}),
    WatchState.WATCHING: frozenset({WatchState.PAUSED}),
    WatchState.PAUSED: frozenset({WatchState.WATCHING}),
}

SCAN_MOVES: Mapping[ScanState, frozenset[ScanState]] = {
    ScanState.QUEUED: frozenset({ScanState.RUNNING, ScanState.FAILED}),
    ScanState.RUNNING: frozenset({ScanState.RUNNING, ScanState.DONE, ScanState.FAILED}),
    ScanState.DONE: frozenset(),
    ScanState.FAILED: frozenset(),
}
"""A worker that died at its scan is followed by another: a scan may begin again. After a failure another is asked."""

ALARM_MOVES: Mapping[AlarmState, frozenset[AlarmState]] = {
    AlarmState.NEW: frozenset({AlarmState.ACKNOWLEDGED, AlarmState.LINKED, AlarmState.DISMISSED, AlarmState.CLOSED}),
    AlarmState.ACKNOWLEDGED: frozenset(
        {AlarmState.NEW, AlarmState.LINKED, AlarmState.DISMISSED, AlarmState.CLOSED},
    ),
    AlarmState.LINKED: frozenset({AlarmState.ACKNOWLEDGED, AlarmState.CLOSED}),
    AlarmState.DISMISSED: frozenset({AlarmState.ACKNOWLEDGED}),
    AlarmState.CLOSED: frozenset({AlarmState.ACKNOWLEDGED}),
}

MOVES: Mapping[StrEnum, frozenset[StrEnum]] = {
    **{now: frozenset[StrEnum](then) for now, then in WATCH_MOVES.items()},
    **{now: frozenset[StrEnum](then) for now, then in SCAN_MOVES.items()},
    **{now: frozenset[StrEnum](then) for now, then in ALARM_MOVES.items()},
}
"""All three; no two of them share a name for a state."""

UNDER_WAY = frozenset({ScanState.QUEUED, ScanState.RUNNING})
OPEN = frozenset({AlarmState.NEW, AlarmState.ACKNOWLEDGED, AlarmState.LINKED})
"""Alarms that wait for a person's word or end."""
FOLLOWED = OPEN | {AlarmState.DISMISSED}
"""Alarms that tonight's cluster may continue: what was dismissed does not come again as new while it lasts."""
BACK: Mapping[AlarmState, AlarmState] = {
    AlarmState.ACKNOWLEDGED: AlarmState.NEW,
    AlarmState.LINKED: AlarmState.ACKNOWLEDGED,
    AlarmState.DISMISSED: AlarmState.ACKNOWLEDGED,
    AlarmState.CLOSED: AlarmState.ACKNOWLEDGED,
}
"""Where taking a deed back leads."""
