"""Time values: aware, UTC inside, shown in an agency's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The wall clock, UTC to the microsecond. Only edges and the two doors call it."""
    return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive time is refused."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without its zone: {moment!r}")
    return moment.astimezone(UTC)


def on_training_day(wall: datetime, today: date, zone: ZoneInfo) -> datetime:
    """The wall clock's time of day, moved to the training agency's day in its zone."""
    local = wall.astimezone(zone)
    return local.replace(year=today.year, month=today.month, day=today.day).astimezone(UTC)
