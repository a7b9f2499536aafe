"""Horizons (ISO 8601 durations) and the rolling origins that a back-test walks through."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import Moment, iso, moment

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


class BadPeriod(PlacewiseError):
    """A duration or a range of origins that can't be read, or is empty."""


@dataclass(frozen=True)
class Horizon:
    """A length of time: calendar months and an exact number of minutes."""

    months: int
    minutes: int

    @staticmethod
    def of(text: "str | Horizon") -> "Horizon":
        """A horizon from ISO 8601: P7D, P2W, P1M, PT8H."""
        if isinstance(text, Horizon):
            return text
        found = _DURATION.fullmatch(text)
        years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0,) * 6
        horizon = Horizon(12 * years + months, ((7 * weeks + days) * 24 + hours) * 60 + minutes)
        if horizon == Horizon(0, 0):
            raise BadPeriod(f"{text!r} is no length of time; write P7D, P1M or PT8H")
        return horizon

    def after(self, start: np.datetime64) -> np.datetime64:
        """The moment this much later; months keep the day of the month where it exists, else take its last day."""
        if self.months:
            start = _months_later(start, self.months)
        end: np.datetime64 = start + np.timedelta64(self.minutes, "m").astype("timedelta64[us]")
        return end

    def __str__(self) -> str:
        days, minutes = divmod(self.minutes, 1440)
        date = (f"{self.months}M" if self.months else "") + (f"{days}D" if days else "")
        hours = f"T{minutes // 60}H" if minutes % 60 == 0 else f"T{minutes}M"
        return "P" + date + (hours if minutes else "")


@dataclass(frozen=True)
class Origins:
    """The moments at which forecasts are made: only what was known before each may be used for it."""

    moments: tuple[np.datetime64, ...]

    @staticmethod
    def every(first: Moment, last: Moment, step: "str | Horizon", *, zone: str = "UTC") -> "Origins":
        """From `first` to `last`, both included where the step meets them."""
        begin, end, length = moment(first, zone), moment(last, zone), Horizon.of(step)
        found = []
        for k in range(100_000):
            at = Horizon(length.months * k, length.minutes * k).after(begin)
            if at > end:
                break
            found.append(at)
        if not found:
            raise BadPeriod(f"no origin lies between {first} and {last}")
        return Origins(tuple(found))

    @staticmethod
    def of(text: "str | Origins") -> "Origins":
        """Origins from FIRST/LAST/STEP, as 2017-01-02/2017-12-25/P14D."""
        if isinstance(text, Origins):
            return text
        parts = text.split("/")
        if len(parts) != 3:
            raise BadPeriod(f"{text!r} is no range of origins; write 2017-01-02/2017-12-25/P14D")
        return Origins.every(*parts)

    def __len__(self) -> int:
        """How many forecasts there will be."""
        return len(self.moments)

    def __iter__(self) -> Iterator[np.datetime64]:
        return iter(self.moments)

    def __str__(self) -> str:
        return f"{len(self)} from {iso(self.moments[0])} to {iso(self.moments[-1])}"


def _months_later(start: np.datetime64, months: int) -> np.datetime64:
    """The same day and hour some months later, the month's last day where it has none such."""
    month = start.astype("datetime64[M]")
    target = month + np.timedelta64(months, "M")
    into = start - month.astype("datetime64[us]")
    day, rest = into // np.timedelta64(1, "D"), into % np.timedelta64(1, "D")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - target.astype("datetime64[D]")
    kept = min(int(day), int(last.astype(int)) - 1)
    later: np.datetime64 = (target.astype("datetime64[D]") + np.timedelta64(kept, "D")).astype("datetime64[us]") + rest
    return later
