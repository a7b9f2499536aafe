"""What may be published, pure: monthly counts by area, by class and by coarse cell, none of them small.

Every month is a table of its own, with its grand total and no other: so a difference of two months, or of two
releases of one month, never brings back a hidden count. A month whose grand total can't be shown is held back whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from openbeat.access import RULES, Permission
from placewise.release import held, suppress

THRESHOLD = 5
"""Counts below this are hidden."""

CELL_RESOLUTION = 7
"""H3 resolution of published cells: about 5 km²."""

MOST_MONTHS = 120

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Margin:
    """Counts by name as they may be seen; None where hidden."""

    names: tuple[str, ...]
    counts: tuple[int | None, ...]

    def as_plain(self) -> list[list[str | int | None]]:
        """For keeping."""
        return [[name, count] for name, count in zip(self.names, self.counts, strict=True)]


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it may be seen, and the counts it was made from, which stay inside."""

    areas: Margin
    classes: Margin
    cells: Margin
    total: int
    base: Mapping[str, Counts]


def publishable(
    areas: Counts, classes: Counts, cells: Counts, before: Mapping[str, Counts] | None, *, threshold: int = THRESHOLD
) -> Month | None:
    """A month's tables; None where its total is too small to be told, or can't be told without telling more."""
    base = {
        "areas": _steady(areas, before, "areas", threshold),
        "classes": _steady(classes, before, "classes", threshold),
        "cells": _steady(cells, before, "cells", threshold),
    }
    total = sum(base["areas"].values())
    if total < threshold or total != sum(base["classes"].values()):
        return None
    shown = [_margin(base[name], threshold) for name in ("areas", "classes")]
    if any(margin is None for margin in shown):
        return None
    by_area, by_class = (margin for margin in shown if margin is not None)
    return Month(by_area, by_class, _rounded(base["cells"], threshold), total, base)


def _steady(now: Counts, before: Mapping[str, Counts] | None, name: str, threshold: int) -> Counts:
    """The counts to publish, small changes against the last release of the month held back."""
    earlier = (before or {}).get(name)
    if earlier is None or not (now or earlier):
        return dict(now)
    names = sorted({*now, *earlier})
    old, new = (np.array([[one.get(key, 0)] for key in names]) for one in (earlier, now))
    return {key: int(value) for key, value in zip(names, held(old, new, threshold=threshold)[:, 0], strict=True)}


def _margin(counts: Counts, threshold: int) -> Margin | None:
    """One column of counts with its total, suppressed; None where the total itself would have to be hidden."""
    names = tuple(sorted(counts))
    found = suppress([[counts[name]] for name in names], threshold=threshold)
    if not found.shown[-1, 0]:
        return None
    seen = found.shown[:-1, 0] & found.shown[:-1, 1]
    values = tuple(counts[name] if show else None for name, show in zip(names, seen.tolist(), strict=True))
    return Margin(names, values)


def _rounded(cells: Counts, threshold: int) -> Margin:
    """Cells in steps of the threshold, small ones hidden: areas and cells overlap, exact ones could be subtracted."""
    names = tuple(sorted(cells))
    near = [threshold * ((cells[name] + threshold // 2) // threshold) for name in names]
    return Margin(
        names, tuple(value if cells[name] >= threshold else None for name, value in zip(names, near, strict=True))
    )


def months(first: date, last: date) -> list[tuple[date, date]]:
    """Whole months from the first one that begins on or after `first` to the last that ends on or before `last`."""
    at = first if first.day == 1 else _next(first)
    found = []
    while (end := _next(at) - timedelta(days=1)) <= last:
        found.append((at, end))
        at = _next(at)
    return found[-MOST_MONTHS:]


def _next(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def who_may() -> list[tuple[str, Sequence[str], str, bool, bool]]:
    """Permission, roles, reach, whether a reason is asked, whether the author is barred: the table as it decides."""
    return [
        (
            permission.value,
            sorted(role.value for role in rule.roles),
            rule.within.value,
            rule.reason,
            rule.second_person,
        )
        for permission, rule in sorted(RULES.items(), key=lambda pair: Permission(pair[0]).value)
    ]
