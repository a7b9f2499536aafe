"""The rhythm of the week: how much likelier an incident is in some hours than in others."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, floats
from placewise.kernels.hours import WEEK, spread_hours

_MONDAY = 4.0  # 1970-01-05, in days since 1970-01-01
_EVEN = 168.0  # incidents' worth of belief that all hours are alike


@dataclass(frozen=True)
class WeekRhythm:
    """Relative intensity (168,) of the hours of the week, Monday 0 h first, mean 1."""

    hours: Floats

    @staticmethod
    def of(first: Floats, last: Floats) -> "WeekRhythm":
        """The rhythm of incidents with spans in days since 1970, drawn towards an even week where they are few.

        Where no hour is known (spans of whole days) only the days of the week differ.
        """
        total = spread_hours((first - _MONDAY) * 24.0, (last - _MONDAY) * 24.0)
        near = (np.roll(total, 1) + 2 * total + np.roll(total, -1)) / 4
        near = near + _EVEN / WEEK
        return WeekRhythm(floats(near / near.mean()))

    def factor(self, start: float, end: float) -> float:
        """Mean relative intensity over the days [start, end); 1 for whole weeks."""
        return (self._until(end) - self._until(start)) / (end - start) / 24.0

    def _until(self, day: float) -> float:
        """Intensity summed from a Monday long ago, in hours."""
        hours = (day - _MONDAY) * 24.0
        weeks, into = divmod(hours, WEEK)
        whole = min(int(into), WEEK - 1)
        return float(weeks * WEEK + self.hours[:whole].sum() + (into - whole) * self.hours[whole])
