"""Wall-clock moments of a city: every time inside placewise is local, to the microsecond, without a zone."""

from datetime import date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from placewise.kernels.arrays import Floats, Moments
from placewise.kernels.errors import PlacewiseError

Moment: TypeAlias = str | date | datetime | np.datetime64

DAY = np.timedelta64(1, "D")
_DAY_US = 86_400_000_000


class UnknownMoment(PlacewiseError):
    """A moment that is no time at all."""


def moment(value: Moment, zone: str) -> np.datetime64:
    """The moment on the city's wall clock: what names its offset from UTC is converted to `zone`, others stay."""
    if isinstance(value, str):
        value = _with_offset(value) or value
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    try:
        result = _microseconds(np.datetime64(value))
    except ValueError as error:
        raise UnknownMoment(f"{value!r} is not a moment in time") from error
    if np.isnat(result):
        raise UnknownMoment("a moment is missing (NaT)")
    return result


def _with_offset(text: str) -> datetime | None:
    """The moment of a text that names its offset, as 2026-03-02T00:00+05:00; NumPy would read it as UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def _microseconds(when: np.datetime64) -> np.datetime64:
    """The moment counted in microseconds."""
    exact: np.datetime64 = when.astype("datetime64[us]")
    return exact


def local_times(times: Moments, zone: str) -> Moments:
    """Moments in UTC, datetime64 of any unit, as the wall clock of `zone` shows them, in microseconds."""
    utc = times.astype("datetime64[us]")
    if zone == "UTC":
        return utc
    series = pl.Series(utc).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return series.dt.replace_time_zone(None, ambiguous="earliest").to_numpy().astype("datetime64[us]")


def days(times: Moments) -> Floats:
    """Days since 1970-01-01 on the wall clock, with fractions."""
    return times.astype("datetime64[us]").astype(np.int64) / _DAY_US


def day_number(when: np.datetime64) -> float:
    """Days since 1970-01-01 of one moment, with fractions."""
    return float(when.astype("datetime64[us]").astype(np.int64)) / _DAY_US


def midnight(when: np.datetime64) -> np.datetime64:
    """The beginning of the moment's day."""
    return _microseconds(when.astype("datetime64[D]"))


def iso(when: np.datetime64) -> str:
    """The moment as text: the date alone at midnight, otherwise with seconds."""
    text = str(when.astype("datetime64[s]"))
    return text.removesuffix("T00:00:00")
