"""A what-if's result read: one figure with its interval, its difference to today, and both in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.web.ui.bits import Words
from openbeat.web.ui.scales import number

Key = tuple[str, str, str, str, str]
"""Measure, priority, area, unit, hours; «» is all."""
MINUTE, PER_CENT = 1 / 60, 100.0
SCALE: Mapping[str, tuple[float, int]] = {
    **dict.fromkeys(("mean", "p50", "p80", "p90", "p95", "wait", "longest_wait"), (MINUTE, 1)),
    **dict.fromkeys(("within", "late", "queued", "utilisation", "cover", "in_beat", "patrol_kept"), (PER_CENT, 1)),
    "waiting": (1.0, 2),
}
"""By measure: what a kept value is multiplied by to be told in minutes, per cent or calls, and its digits."""
SLOWER = frozenset({"mean", "p50", "p80", "p90", "p95", "wait"})
"""Measures for which more is slower; of all others more is more."""
LATE = "late"
"""What is not within the target: told where more is to mean worse, as on a map beside minutes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with the ends of its 95 % interval, as it is told."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0: a difference that chance does not make."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


NOTHING = Figure(None)


class Result:
    """A kept result: figures of each setup and differences of each alternative by measure, priority, area, unit."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self.plain = plain
        self.setups: Sequence[Mapping[str, Any]] = plain["setups"]
        self._figures = [_figures(one) for one in self.setups]
        self._gaps = [_gaps(one) for one in plain["differences"]]
        self._calls = {
            (row["priority"], row["area"], row.get("hours", "")): int(row["calls"]) for row in self.setups[0]["rows"]
        }

    def figure(
        self, setup: int, measure: str, *, priority: str = "", area: str = "", unit: str = "", hours: str = ""
    ) -> Figure:
        """A setup's value; 0 is today."""
        if measure == LATE:
            return _rest(self.figure(setup, "within", priority=priority, area=area, hours=hours), PER_CENT)
        return _scaled(self._figures[setup].get((measure, priority, area, unit, hours)), measure)

    def gap(
        self, setup: int, measure: str, *, priority: str = "", area: str = "", unit: str = "", hours: str = ""
    ) -> Figure:
        """An alternative's difference to today, on the same calls."""
        if measure == LATE:
            return _rest(self.gap(setup, "within", priority=priority, area=area, hours=hours), 0.0)
        return _scaled(self._gaps[setup - 1].get((measure, priority, area, unit, hours)), measure)

    @property
    def alternatives(self) -> range:
        """The numbers of the alternatives."""
        return range(1, len(self.setups))

    @property
    def areas(self) -> list[tuple[str, int]]:
        """Areas with their simulated calls, the most first."""
        found = [(area, calls) for (level, area, _hours), calls in self._calls.items() if area and not level]
        return sorted(found, key=lambda row: (-row[1], row[0]))

    def calls(self, priority: str = "", area: str = "", hours: str = "") -> int:
        """Calls simulated in each setup; they are the same."""
        return self._calls.get((priority, area, hours), 0)

    def units(self) -> list[tuple[str, str]]:
        """Every unit of any setup with its station, in order of today and then of the others."""
        return list(dict.fromkeys((one["name"], one["station"]) for setup in self.setups for one in setup["units"]))


def _figures(setup: Mapping[str, Any]) -> dict[Key, Sequence[float | None]]:
    found: dict[Key, Sequence[float | None]] = {}
    for row in setup["rows"]:
        for measure, told in row.items():
            if isinstance(told, list):
                found[measure, row["priority"], row["area"], "", row.get("hours", "")] = told
    found |= {(name, "", "", "", ""): told for name, told in setup["together"].items()}
    return found | {("utilisation", "", "", one["name"], ""): one["utilisation"] for one in setup["units"]}


def _gaps(rows: Sequence[Mapping[str, Any]]) -> dict[Key, Sequence[float | None]]:
    return {
        (row["measure"], row["priority"], row["area"], row["unit"], row.get("hours", "")): (
            row["value"],
            row["low"],
            row["high"],
        )
        for row in rows
    }


def _scaled(told: Sequence[float | None] | None, measure: str) -> Figure:
    factor, _digits = SCALE[measure]
    return Figure(*(None if one is None else one * factor for one in told)) if told else NOTHING


def _rest(one: Figure, whole: float) -> Figure:
    """What is left of the whole; of a difference (whole 0) the other way round."""
    low, high = (None if end is None else whole - end for end in (one.high, one.low))
    return one if one.value is None else Figure(whole - one.value, low, high)


# --- in words --------------------------------------------------------------------------------------------------------


def digits_of(measure: str) -> int:
    """How many digits a measure is told with."""
    return SCALE[measure][1]


def signed(value: float, digits: int) -> str:
    """A difference with its sign; nothing is lost to a minus that reads as a hyphen."""
    text = number(abs(value), digits)
    if not any(one in text for one in "123456789"):
        return text
    return f"+{text}" if value > 0 else f"−{text}"


def between(gap: Figure, digits: int) -> str:
    """The interval of a difference, «+0.5 to +1.1»; empty where there is none, a digit more where its ends are one."""
    if gap.low is None or gap.high is None:
        return ""
    low, high = signed(gap.low, digits), signed(gap.high, digits)
    if low == high and gap.low != gap.high:
        low, high = signed(gap.low, digits + 1), signed(gap.high, digits + 1)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def plain_between(figure: Figure, digits: int) -> str:
    """The interval of a value, «12.1 to 13.4»; empty where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return _("%(low)s to %(high)s") % {"low": number(figure.low, digits), "high": number(figure.high, digits)}


def verdict(measure: str, gap: Figure) -> Words:
    """What a difference comes to in a word or two."""
    if gap.value is None:
        return ""
    if not gap.clear:
        return CHANCE
    if round(abs(gap.value), digits_of(measure)) == 0:
        return gettext_lazy("next to nothing")
    if measure in SLOWER:
        return gettext_lazy("slower") if gap.value > 0 else gettext_lazy("faster")
    return gettext_lazy("more") if gap.value > 0 else gettext_lazy("less")


CHANCE = gettext_lazy("could be chance")


def difference_words(measure: str, gap: Figure) -> str:
    """A difference, its interval and its verdict: «+0.8 (+0.5 to +1.1), slower»."""
    if gap.value is None:
        return ""
    digits = digits_of(measure)
    inside = between(gap, digits)
    words = f"{signed(gap.value, digits)} ({inside})" if inside else signed(gap.value, digits)
    return f"{words}, {verdict(measure, gap)}"
