"""A what-if's result as lines of a file: every figure by setup, priority, area and shift, with its difference."""

from __future__ import annotations

from collections.abc import Iterator

from openbeat.patrol.what_if.rules import LEVELS, Asked, shift_hours
from openbeat.web.what_if_figures import MINUTE, SCALE, Figure, Result
from openbeat.web.what_if_rows import TOGETHER
from openbeat.web.what_if_words import names, shift_name

HEAD = (
    "setup", "priority", "area", "shift", "unit", "measure", "told_in", "calls", "value", "low", "high",
    "difference", "difference_low", "difference_high",
)  # fmt: skip
DIGITS = 3
TIMES = ("mean", "p50", "p80", "p90", "p95", "within", "queued", "wait")


def lines(result: Result, asked: Asked) -> list[list[object]]:
    """The names of the columns, then a line for each figure that is known; «low» and «high» are 95 % intervals."""
    setups = enumerate(names(asked))
    return [list(HEAD), *(line for number, name in setups for line in _setup(result, asked, name, number))]


def _setup(result: Result, asked: Asked, name: str, setup: int) -> Iterator[list[object]]:
    levels = ["", *map(str, range(1, LEVELS + 1))]
    shifts = list(shift_hours(asked.first_hour))
    areas = [area for area, _calls in result.areas]
    places = [("", ""), *(("", shift) for shift in shifts), *((area, "") for area in areas)]
    for area, shift in places:
        for level in levels:
            where = {"priority": level, "area": area, "hours": shift}
            told = [name, level, area, shift_name(asked, int(shift)) if shift else "", ""]
            for measure in TIMES:
                yield from _line(result, setup, measure, told, where)
    for measure, _label in TOGETHER:
        yield from _line(result, setup, measure, [name, "", "", "", ""], {})
    for unit, _station in result.units():
        yield from _line(result, setup, "utilisation", [name, "", "", "", unit], {"unit": unit})


def _line(result: Result, setup: int, measure: str, told: list[str], where: dict[str, str]) -> Iterator[list[object]]:
    figure = result.figure(setup, measure, **where)
    if figure.value is None:
        return
    calls = None if "unit" in where else result.calls(**where)
    gap = _numbers(result.gap(setup, measure, **where)) if setup else [None] * 3
    yield [*told, measure, _unit(measure), calls, *_numbers(figure), *gap]


def _unit(measure: str) -> str:
    factor, _digits = SCALE[measure]
    return "calls" if factor == 1 else "minutes" if factor == MINUTE else "per cent"


def _numbers(figure: Figure) -> list[float | None]:
    return [None if one is None else round(one, DIGITS) for one in (figure.value, figure.low, figure.high)]
