"""What is true in the synthetic city: where incidents begin, how they repeat nearby, when they happen."""

from dataclasses import dataclass, field
from functools import cached_property
from math import comb

import numpy as np
from scipy.ndimage import correlate1d
from scipy.special import ndtr

from placewise.kernels.arrays import Floats, floats

LONGEST = 60
"""Days after which no near repeat follows any more."""
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class Repeats:
    """Near repeats: each incident is followed by `reproduction` others on average, each of them likewise.

    `same` is the share that happens at the very same place, the rest lies a normal step of `metres` (standard
    deviation along each axis) away; days later: 1 to 60, geometric with this mean before it is cut off there.
    """

    reproduction: float = 0.25
    same: float = 0.3
    metres: float = 150.0
    days: float = 7.0

    @cached_property
    def later(self) -> Floats:
        """(LONGEST + 1,) chance that a repeat follows so many days later; none on the same day."""
        chance = (1 - 1 / self.days) ** np.arange(LONGEST + 1.0)
        chance[0] = 0.0
        return floats(chance / chance.sum())

    @property
    def generations(self) -> int:
        """After how many repeats of repeats what is left is negligible."""
        if self.reproduction == 0:
            return 1
        return 1 + int(np.ceil(np.log(_NEGLIGIBLE) / np.log(self.reproduction)))

    def spread(self, begun: Floats, width: float) -> Floats:
        """(g, rows, columns) where the g-th repeats of incidents begun evenly within cells come to lie.

        begun: (rows, columns) incidents that are nobody's repeat. Steps add up to a normal step, however many of the
        repeats moved; whoever steps off the ground is not counted, but may be followed back onto it.
        """
        moved = [_blurred(begun, self.metres * np.sqrt(j), width) for j in range(self.generations)]
        out = []
        for g in range(self.generations):
            shares = [comb(g, j) * (1 - self.same) ** j * self.same ** (g - j) for j in range(g + 1)]
            out.append(self.reproduction**g * sum(share * moved[j] for j, share in enumerate(shares)))
        return floats(np.stack(out))


@dataclass(frozen=True)
class Kind:
    """A class of incident: how many a week, when in the year and the week, and how urgent its calls are.

    weekly: incidents a week in the whole city, repeats included; peak: day of the year; swing: how far the peak lies
    above the mean, as a share; rhythm: hour of the day about which incidents gather; weekend: rate of Saturday and
    Sunday against that of other days; priority: shares of calls of priority 1, 2, 3.
    """

    name: str
    weekly: float
    peak: float
    swing: float
    rhythm: float
    weekend: float
    priority: tuple[float, float, float]
    repeats: Repeats = field(default_factory=Repeats)

    @cached_property
    def hours(self) -> Floats:
        """(168,) relative intensity of the hours of the week, Monday 0 h first, mean 1."""
        day = 1 + 0.8 * np.cos(2 * np.pi * (np.arange(24) + 0.5 - self.rhythm) / 24)
        week = np.concatenate([np.ones(5), np.full(2, self.weekend)])
        both = np.outer(week, day).ravel()
        return floats(both / both.mean())

    def level(self, days: Floats) -> Floats:
        """Relative rate at which incidents begin on whole days since 1970: season times day of the week."""
        weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        season = 1 + self.swing * np.cos(2 * np.pi * (days + 0.5 - self.peak) / 365.25)
        return floats(season * self.hours.reshape(7, 24).mean(axis=1)[weekday])

    def levels(self, first: int, last: int) -> Floats:
        """(g,) relative rate of the g-th repeats, summed over the days [first, last): that of the first, later."""
        steps = self.repeats.generations
        begun = self.level(np.arange(first - LONGEST * steps, last, dtype=np.float64))
        out = []
        for _ in range(steps):
            out.append(begun[-(last - first) :].sum())
            begun = np.convolve(begun, self.repeats.later)[: begun.size]
        return floats(out)


def _blurred(values: Floats, metres: float, width: float) -> Floats:
    """Each cell's incidents, evenly spread over it, after a normal step."""
    if metres == 0:
        return values
    reach = int(np.ceil(5 * metres / width)) + 1
    steps = _steps(reach, metres, width)
    once = correlate1d(values, steps, axis=0, mode="constant")
    return floats(correlate1d(once, steps, axis=1, mode="constant"))


def _steps(reach: int, metres: float, width: float) -> Floats:
    """(2·reach + 1,) chance that a normal step leads from an even place in one cell into each of its neighbours.

    The difference of two even places has a triangular density; its integral against the normal is the second
    difference of H(x) = x Φ(x/σ) + σ φ(x/σ).
    """
    x = width * np.arange(-reach - 1, reach + 2, dtype=np.float64)
    h = x * ndtr(x / metres) + metres * np.exp(-((x / metres) ** 2) / 2) / np.sqrt(2 * np.pi)
    return floats(np.diff(h, n=2) / width)
