"""Axes and classes: round ticks, positions in a drawing, and the classes of a sequential scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import formats

TOP_SHARES = (1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01)
"""The shares of an area at which forecasts are scored, and the two that round them off."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight axis from `low` to `high` with round `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]
    digits: int

    def share(self, value: float) -> float:
        """Where the value lies between the ends, 0 to 1; beyond them it is held at the end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def label(self, value: float) -> str:
        """The tick's number in the reader's habits."""
        return number(value, self.digits)


def axis(values: Sequence[float], *, from_zero: bool = True, about: int = 5) -> Axis:
    """An axis over the values with steps of 1, 2, 2.5 or 5 times a power of ten."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        high = low + 1.0
    step = _round_step((high - low) / about)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(i * step, 12) for i in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, _digits(step))


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))


def _digits(step: float) -> int:
    digits = max(0, -math.floor(math.log10(step)))
    return digits + 1 if round(step * 10**digits, 9) % 1 else digits


def number(value: float | Decimal, digits: int | None = None) -> str:
    """A number in the reader's habits, thousands grouped; rounded, which Django's own formatting does not do."""
    exact = value if digits is None else round(float(value), digits)
    return str(formats.number_format(exact, decimal_pos=digits, use_l10n=True, force_grouping=True))


def classes(values: Sequence[float], count: int = 7) -> list[float]:
    """Lower bounds of up to `count` classes of about equal numbers of values; the first is the smallest value."""
    ordered = sorted(value for value in values if math.isfinite(value))
    if not ordered:
        return []
    bounds = [ordered[min(len(ordered) - 1, i * len(ordered) // count)] for i in range(count)]
    return sorted(set(bounds))


def top_classes(values: Sequence[float], shares: Sequence[float] = TOP_SHARES) -> list[float]:
    """Lower bounds of classes that hold the highest shares of the values: all, then the top half down to the top 1 %.

    For surfaces where a few cells hold most: equal classes would paint a seventh of the city in the strongest colour.
    """
    ordered = sorted((value for value in values if math.isfinite(value)), reverse=True)
    if not ordered:
        return []
    return sorted({ordered[max(1, math.ceil(share * len(ordered))) - 1] for share in shares})


def class_of(value: float, bounds: Sequence[float]) -> int:
    """The number of the value's class, from 1; below the first bound it is 1 as well."""
    return max(1, sum(value >= bound for bound in bounds))
