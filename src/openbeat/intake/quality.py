"""The report of a dry run: what a file holds, and what a person should look at before it is brought in."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

import numpy as np
import polars as pl

from openbeat.incidents.rules import Scheme, arrest_flagged, code_list
from openbeat.intake.normalise import Batch
from openbeat.intake.profile import Profile, local_codes
from openbeat.intake.rules import REASONS, SPIKE, whole_file_refused

EXAMPLES = 5
"""Refused rows shown for each reason."""
HOURS, DAYS = 24, 31


class Weight(StrEnum):
    """How much a finding weighs."""

    STOP = "stop"
    """The import is not offered until it is mended."""
    LOOK = "look"
    """A person should look at it and decide."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a file: its code, its words, and how many rows it concerns."""

    weight: Weight
    code: str
    words: str
    rows: int


@dataclass(frozen=True, slots=True)
class Refusals:
    """The rows refused for one reason, with a few of them: (row number, the text at fault)."""

    reason: str
    words: str
    rows: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class CodeCount:
    """One local code of the file: the class it means, its rows, and its arrests where the file tells them."""

    local_code: str
    name: str
    code: str
    class_name: str
    rows: int
    arrest_share: float | None
    reported_by_victims: bool
    arrest_flagged: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a dry run found. Times are local wall times of the source; `hours` and `days` count rows."""

    rows: int
    accepted: int
    refused: int
    left_out: int
    first: str
    last: str
    without_place: int
    without_class: int
    outside: int
    repeats: int
    shifted: int
    precision_given: str
    precision_found: str
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[tuple[str, int], ...]
    refusals: tuple[Refusals, ...]
    codes: tuple[CodeCount, ...]
    findings: tuple[Finding, ...]

    @property
    def may_import(self) -> bool:
        """Whether nothing found stands against the import."""
        return self.accepted > 0 and all(finding.weight is not Weight.STOP for finding in self.findings)

    def as_table(self) -> dict[str, Any]:
        """The report as plain values, for keeping as JSON."""
        return asdict(self)


@dataclass(slots=True)
class Tally:
    """Counts a file batch by batch; what it holds does not grow with the rows."""

    profile: Profile
    rows: int = 0
    left_out: int = 0
    accepted: int = 0
    outside: int = 0
    zero_places: int = 0
    shifted: int = 0
    repeats: int = 0
    without_place: int = 0
    sharp_minutes: int = 0
    sharp_hours: int = 0
    sharp_days: int = 0
    first: datetime | None = None
    last: datetime | None = None
    hours: Counter[int] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)
    arrests: Counter[str] = field(default_factory=Counter)
    arrests_told: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        """Count one more batch."""
        good, bad = batch.accepted, batch.refused
        self.rows += good.height + bad.height + batch.left_out
        self.accepted += good.height
        self.left_out += batch.left_out
        self.outside += batch.outside
        self.zero_places += batch.zero_places
        self.shifted += batch.shifted
        self.repeats += batch.repeats
        self.without_place += good["lon"].null_count()
        self._count_times(batch.local)
        self._count_codes(good)
        self._count_refused(bad)

    def _count_times(self, local: pl.Series) -> None:
        if local.is_empty():
            return
        low, high = cast("datetime", local.min()), cast("datetime", local.max())
        self.first = min(self.first or low, low)
        self.last = max(self.last or high, high)
        self.hours.update(_counts(local.dt.hour()))
        self.days.update(_counts(local.dt.day()))
        self.months.update(_counts(local.dt.strftime("%Y-%m")))
        self.sharp_days += int(((local.dt.day() == 1) & (local.dt.hour() == 0) & (local.dt.minute() == 0)).sum())
        self.sharp_hours += int(((local.dt.hour() == 0) & (local.dt.minute() == 0) & (local.dt.second() == 0)).sum())
        self.sharp_minutes += int(((local.dt.minute() == 0) & (local.dt.second() == 0)).sum())

    def _count_codes(self, good: pl.DataFrame) -> None:
        self.codes.update(_counts(good["local_code"]))
        told = good.filter(pl.col("arrest").is_not_null())
        self.arrests_told.update(_counts(told["local_code"]))
        self.arrests.update(_counts(told.filter("arrest")["local_code"]))

    def _count_refused(self, bad: pl.DataFrame) -> None:
        self.refused.update(_counts(bad["reason"]))
        for reason, row, detail in bad.select("reason", "row", "detail").iter_rows():
            kept = self.examples.setdefault(reason, [])
            if len(kept) < EXAMPLES:
                kept.append((row, detail))

    def report(self) -> Report:
        """What was counted so far."""
        codes = _codes(self)
        return Report(
            rows=self.rows,
            accepted=self.accepted,
            refused=self.refused.total(),
            left_out=self.left_out,
            first=self.first.isoformat(" ", "minutes") if self.first else "",
            last=self.last.isoformat(" ", "minutes") if self.last else "",
            without_place=self.without_place,
            without_class=sum(count.rows for count in codes if not count.code),
            outside=self.outside,
            repeats=self.repeats,
            shifted=self.shifted,
            precision_given=self.profile.time.precision,
            precision_found=_precision(self),
            hours=tuple(self.hours[hour] for hour in range(HOURS)),
            days=tuple(self.days[day] for day in range(1, DAYS + 1)),
            months=tuple(sorted(self.months.items())),
            refusals=_refusals(self),
            codes=codes,
            findings=tuple(_findings(self, codes)),
        )


def _counts(values: pl.Series) -> dict[Any, int]:
    return dict(values.value_counts().iter_rows())


def _precision(tally: Tally) -> str:
    """The precision that the times themselves show: the coarsest that fits nearly all of them."""
    enough = 0.999 * tally.accepted
    if not tally.accepted:
        return ""
    sharp = (("month", tally.sharp_days), ("day", tally.sharp_hours), ("hour", tally.sharp_minutes))
    return next((name for name, rows in sharp if rows >= enough), "minute")


def _refusals(tally: Tally) -> tuple[Refusals, ...]:
    ordered = tally.refused.most_common()
    return tuple(Refusals(code, REASONS[code], rows, tuple(tally.examples[code])) for code, rows in ordered)


def _codes(tally: Tally) -> tuple[CodeCount, ...]:
    known, entries = local_codes(tally.profile.offence), code_list(Scheme(tally.profile.offence.scheme))
    return tuple(_code_count(tally, local, rows, known, entries) for local, rows in tally.codes.most_common())


def _code_count(tally: Tally, local: str, rows: int, known: Any, entries: Any) -> CodeCount:
    code = known.classes.get(local, "")
    entry = entries.get(code)
    told, arrests = tally.arrests_told[local], tally.arrests[local]
    return CodeCount(
        local_code=local,
        name=known.names.get(local, ""),
        code=code,
        class_name=entry.name if entry else "",
        rows=rows,
        arrest_share=round(arrests / told, 3) if told else None,
        reported_by_victims=bool(entry and entry.reported_by_victims and local not in known.patrol),
        arrest_flagged=arrest_flagged(told, arrests),
    )


def _findings(tally: Tally, codes: tuple[CodeCount, ...]) -> list[Finding]:
    unknown = [count for count in codes if not count.code]
    flagged = [count for count in codes if count.arrest_flagged and count.reported_by_victims]
    patrol = sum(count.rows for count in codes if count.code and not count.reported_by_victims)
    listed = ", ".join(count.local_code for count in unknown[:EXAMPLES])
    shares = ", ".join(f"{count.name or count.local_code} ({count.arrest_share:.0%})" for count in flagged[:EXAMPLES])
    found = [
        *_whole_file(tally),
        Finding(
            Weight.LOOK,
            "unknown-codes",
            f"codes that the profile does not know, such as {listed}",
            sum(c.rows for c in unknown),
        ),
        Finding(
            Weight.LOOK,
            "arrest-share",
            f"above 60 % arrests, as if discovered by patrols: {shares}",
            sum(c.rows for c in flagged),
        ),
        Finding(Weight.LOOK, "outside-area", "positions outside the agency's area", tally.outside),
        Finding(Weight.LOOK, "zero-place", "positions 0, 0: taken as no position", tally.zero_places),
        Finding(
            Weight.NOTE,
            "without-place",
            "rows without a position: kept, but on no map and in no forecast",
            tally.without_place,
        ),
        Finding(Weight.NOTE, "patrol-found", "rows of classes that patrols discover: kept, but in no forecast", patrol),
        Finding(Weight.NOTE, "repeats", "rows that say the same as one before: numbered and kept", tally.repeats),
        Finding(Weight.NOTE, "shifted", "times that the clock change skipped: read one hour later", tally.shifted),
        *_time_findings(tally),
    ]
    return [finding for finding in found if finding.rows]


def _whole_file(tally: Tally) -> list[Finding]:
    refused = tally.refused.total()
    if not tally.rows:
        return [Finding(Weight.STOP, "no-rows", "the file has a header but no rows", 1)]
    if whole_file_refused(tally.rows, refused):
        return [
            Finding(
                Weight.STOP,
                "most-refused",
                "more than half of the rows are refused: the profile does not fit the file",
                refused,
            )
        ]
    return []


def _time_findings(tally: Tally) -> list[Finding]:
    found = []
    order = ("minute", "hour", "day", "month")
    given, seen = tally.profile.time.precision, _precision(tally)
    if seen and order.index(seen) > order.index(given):
        words = f"the profile says {given}, but the times are whole {seen}s: set the precision to {seen}"
        found.append(Finding(Weight.LOOK, "precision", words, tally.accepted))
    if order.index(seen or given) < order.index("day"):
        found += _spikes("hour", {hour: tally.hours[hour] for hour in range(HOURS)}, (0, 12))
    if given != "month":
        found += _spikes("day of the month", {day: tally.days[day] for day in range(1, 29)}, (1,))
    return found


def _spikes(unit: str, counts: dict[int, int], suspects: tuple[int, ...]) -> list[Finding]:
    """Hours or days that people write when they do not know: far above the median of the others."""
    median = float(np.median(list(counts.values())))
    return [
        Finding(
            Weight.LOOK,
            "spike",
            f"{unit} {value} holds {counts[value] / median:.1f} times the median: often written for «not known»",
            counts[value],
        )
        for value in suspects
        if median > 0 and counts[value] > SPIKE * median
    ]
