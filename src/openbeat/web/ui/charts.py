"""Charts as values, drawn on the server. A chart says its finding, tells what it rests on, and is its own table.

Horizontal positions are percentages and vertical ones pixels: a drawing fits any width, its words keep their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from openbeat.web.ui.bits import Words
from openbeat.web.ui.scales import Axis, axis, number

HEIGHT = 240
MANY_TICKS = 6
ROOMS = {"wide": 380, "phone": 256, "small": 200}
"""Pixels of a drawing: in a card beside another, on a phone, on the smallest; `charts.css` shows the ticks of one."""
LETTER, GAP = 7, 20
"""Pixels: a figure of a label, the space between two."""
MANY_MARKERS = 14


class UnevenChart(ValueError):
    """Series and labels of a chart do not have the same length."""


def percent(share: float) -> str:
    """A share as a position: two digits are a tenth of a pixel."""
    return f"{100 * share:.2f}%"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a figure rests on, said under it."""

    source: Words = ""
    period: Words = ""
    n: int | None = None

    def n_words(self) -> str:
        """The number of observations, grouped."""
        return "" if self.n is None else number(self.n, 0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the lower axis: where, what it says, and how the words stand to it."""

    x: str
    label: Words
    anchor: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of one series with its interval."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A named run of values, one for each label; `plain` is the grey one that others are compared with."""

    name: Words
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    plain: bool = False

    def bars(self) -> list[Bar]:
        """Values with their intervals."""
        low = self.low or [None] * len(self.values)
        high = self.high or [None] * len(self.values)
        return [Bar(*three) for three in zip(self.values, low, high, strict=True)]

    def numbers(self) -> list[float]:
        """Every number that the axis has to hold."""
        return [number for number in (*self.values, *self.low, *self.high) if number is not None]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What all charts say: the finding as title, what is shown in which unit, and the basis."""

    finding: Words
    what: Words
    unit: Words = ""
    basis: Basis = Basis()
    digits: int = 0
    labels: Sequence[Words] = ()
    series: Sequence[Series] = ()
    label_name: Words = ""
    template: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for each in self.series:
            if len(each.values) != len(self.labels):
                raise UnevenChart(f"{each.name}: {len(each.values)} values for {len(self.labels)} labels")

    @property
    def axis(self) -> Axis:
        """The axis of values, from zero."""
        return axis([number for each in self.series for number in each.numbers()])

    def keyed(self) -> list[tuple[str, Series]]:
        """Series with the class that gives each its colour, dash and marker."""
        coloured = iter(range(1, 6))
        return [("plain" if each.plain else str(next(coloured)), each) for each in self.series]

    @property
    def has_intervals(self) -> bool:
        """Whether the table twin needs a column for intervals."""
        return any(each.low and each.high for each in self.series)

    def table(self) -> list[tuple[Words, list[str]]]:
        """The twin: one line a label, one cell a series, the interval behind its value."""
        bars = [each.bars() for each in self.series]
        return [(label, [self.words(run[i]) for run in bars]) for i, label in enumerate(self.labels)]

    def words(self, bar: Bar) -> str:
        """A value with its interval in words and digits."""
        if bar.value is None:
            return "–"
        value = number(bar.value, self.digits)
        if bar.low is None or bar.high is None:
            return value
        return f"{value} ({number(bar.low, self.digits)}–{number(bar.high, self.digits)})"


@dataclass(frozen=True, kw_only=True)
class BarChart(Chart):
    """Lying bars, one group a label: for comparing named things. `reference` draws a dotted line at a value."""

    reference: float | None = None
    reference_name: Words = ""
    template: ClassVar[str] = "components/chart_bars.html"

    def groups(self) -> list[tuple[Words, list[dict[str, str]]]]:
        """Bars as drawn: widths and whiskers as percentages."""
        scale = self._scale()
        runs = [(key, each.bars()) for key, each in self.keyed()]
        return [(label, [self._bar(key, run[i], scale) for key, run in runs]) for i, label in enumerate(self.labels)]

    @property
    def reference_at(self) -> str:
        """The reference line's position."""
        return "" if self.reference is None else percent(self._scale().share(self.reference))

    @property
    def reference_words(self) -> str:
        """The reference's value."""
        return "" if self.reference is None else number(self.reference, self.digits)

    def _scale(self) -> Axis:
        reference = [] if self.reference is None else [self.reference]
        numbers = [0.0, *reference, *(number for each in self.series for number in each.numbers())]
        return Axis(min(numbers), max(numbers) or 1.0, (), 0)

    def _bar(self, key: str, bar: Bar, scale: Axis) -> dict[str, str]:
        drawn = {
            "key": key,
            "words": self.words(bar),
            "value": "–" if bar.value is None else number(bar.value, self.digits),
        }
        if bar.value is not None:
            drawn["width"] = percent(scale.share(bar.value))
        if bar.low is not None and bar.high is not None:
            drawn |= {"low": percent(scale.share(bar.low)), "high": percent(scale.share(bar.high))}
        return drawn


@dataclass(frozen=True, kw_only=True)
class LineChart(Chart):
    """Values over an ordered axis, with bands for intervals. For time, and for scores over a share of the area."""

    x_name: Words = ""
    template: ClassVar[str] = "components/chart_lines.html"
    height: ClassVar[int] = HEIGHT

    @property
    def has_many(self) -> bool:
        """Whether markers would hide the lines; then they come on hover alone."""
        return len(self.labels) > MANY_MARKERS

    def _x(self, i: int) -> float:
        return 0.5 if len(self.labels) == 1 else i / (len(self.labels) - 1)

    def _y(self, value: float) -> float:
        return round(HEIGHT * (1 - self.axis.share(value)), 1)

    def x_ticks(self) -> list[tuple[str, list[Tick]]]:
        """The ticks of a drawing of each width: at most a handful, the first and the last always, none on another."""
        return [(name, self._ticks(width)) for name, width in ROOMS.items()]

    def _ticks(self, width: int) -> list[Tick]:
        last = len(self.labels) - 1
        reach = (self._x(last) - self._x(0)) * width if self.labels else 0.0
        kept = spread(len(self.labels), widest(self.labels), round(reach))
        return [Tick(percent(self._x(i)), self.labels[i], _anchor(i, last)) for i in kept]

    def y_ticks(self) -> list[tuple[float, str]]:
        """Height in pixels and label of the value axis."""
        return [(self._y(tick), self.axis.label(tick)) for tick in self.axis.ticks]

    def lines(self) -> list[dict[str, object]]:
        """Each series as drawn: path, band, markers."""
        return [self._line(key, each) for key, each in self.keyed()]

    def _line(self, key: str, each: Series) -> dict[str, object]:
        bars = each.bars()
        points = [
            {"x": percent(self._x(i)), "y": self._y(bar.value), "words": f"{self.labels[i]}: {self.words(bar)}"}
            for i, bar in enumerate(bars)
            if bar.value is not None
        ]
        return {"key": key, "name": each.name, "path": self._path(bars), "band": self._band(bars), "points": points}

    def _path(self, bars: Sequence[Bar]) -> str:
        path, pen = [], "M"
        for i, bar in enumerate(bars):
            if bar.value is None:
                pen = "M"  # a gap stays a gap
                continue
            path.append(f"{pen}{100 * self._x(i):.2f} {self._y(bar.value)}")
            pen = "L"
        return "".join(path)

    def _band(self, bars: Sequence[Bar]) -> str:
        known = [(self._x(i), b.low, b.high) for i, b in enumerate(bars) if b.low is not None and b.high is not None]
        over = [f"{100 * x:.2f},{self._y(high)}" for x, _, high in known]
        under = [f"{100 * x:.2f},{self._y(low)}" for x, low, _ in reversed(known)]
        return " ".join(over + under)


@dataclass(frozen=True, kw_only=True)
class ColumnChart(LineChart):
    """Standing columns over time: counts by month, hour or weekday. One series."""

    template: ClassVar[str] = "components/chart_columns.html"

    def columns(self) -> list[dict[str, object]]:
        """Columns as drawn: position and width in percent, top and height in pixels."""
        slot = 1 / max(1, len(self.labels))
        values = self.series[0].values if self.series else ()
        return [self._column(i, value, slot) for i, value in enumerate(values) if value is not None]

    def _column(self, i: int, value: float, slot: float) -> dict[str, object]:
        top = self._y(value)
        words = f"{self.labels[i]}: {number(value, self.digits)}"
        return {
            "x": percent(slot * (i + 0.12)),
            "width": percent(slot * 0.76),
            "y": top,
            "height": HEIGHT - top,
            "words": words,
        }

    def _x(self, i: int) -> float:
        return (i + 0.5) / len(self.labels)

    def _ticks(self, width: int) -> list[Tick]:
        few = len(self.labels) <= MANY_TICKS and len(self.labels) * (widest(self.labels) + GAP) <= width
        if not few:
            return super()._ticks(width)
        return [Tick(percent(self._x(i)), label, "middle") for i, label in enumerate(self.labels)]


@dataclass(frozen=True, slots=True)
class Bin:
    """One class of predictions: the mean predicted, the mean observed with its interval, and how many."""

    predicted: float
    observed: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class CalibrationChart(Chart):
    """Predicted against observed; on the diagonal a forecast says what then happens."""

    bins: Sequence[Bin] = ()
    template: ClassVar[str] = "components/chart_calibration.html"
    height: ClassVar[int] = 320

    @property
    def axis(self) -> Axis:
        """Both axes are the same."""
        return axis([number for b in self.bins for number in (b.predicted, b.observed, b.high)])

    def points(self) -> list[dict[str, object]]:
        """Marker, whisker and words of each class."""
        scale, tall = self.axis, self.height
        return [
            {
                "x": percent(scale.share(b.predicted)),
                "y": round(tall * (1 - scale.share(b.observed)), 1),
                "low": round(tall * (1 - scale.share(b.low)), 1),
                "high": round(tall * (1 - scale.share(b.high)), 1),
            }
            for b in self.bins
        ]

    def x_ticks(self) -> list[tuple[str, list[Tick]]]:
        """The ticks along the foot, of a drawing of each width."""
        return [(name, self._ticks(width)) for name, width in ROOMS.items()]

    def _ticks(self, width: int) -> list[Tick]:
        scale, last = self.axis, len(self.axis.ticks) - 1
        kept = spread(last + 1, widest([scale.label(t) for t in scale.ticks]), width)
        shown = [(i, scale.ticks[i]) for i in kept]
        return [Tick(percent(scale.share(t)), scale.label(t), _anchor(i, last)) for i, t in shown]

    def y_ticks(self) -> list[tuple[float, str]]:
        """Heights and labels along the side."""
        return [(round(self.height * (1 - self.axis.share(t)), 1), self.axis.label(t)) for t in self.axis.ticks]

    def lines_of_table(self) -> list[tuple[str, str, str]]:
        """The twin: predicted, observed with interval, number of cells."""
        return [
            (number(b.predicted, self.digits), self.words(Bar(b.observed, b.low, b.high)), number(b.n, 0))
            for b in self.bins
        ]


def widest(labels: Sequence[Words]) -> int:
    """Pixels of the longest label, about."""
    return LETTER * max((len(str(label)) for label in labels), default=0)


def spread(count: int, label: int, width: int) -> list[int]:
    """Which of `count` ticks have room for labels of so many pixels, so far apart; the ends wherever two have room."""
    last = count - 1 if 2 * label + GAP <= width else 0
    # the first label begins at its tick, the second is centred on its own: between them stand one and a half
    steps = max(1, min(MANY_TICKS, width // (3 * label // 2 + GAP), last))
    return sorted({round(last * step / steps) for step in range(steps + 1)}) if count else []


def _anchor(i: int, last: int) -> str:
    return "start" if i == 0 else "end" if i == last else "middle"


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A run of values as small as a word; the words say what it shows."""

    values: Sequence[float]
    words: Words

    def path(self) -> str:
        """The line in a box of 100 by 20."""
        scale = axis(self.values)
        step = 100 / max(1, len(self.values) - 1)
        return "M" + "L".join(f"{i * step:.1f} {19 - 18 * scale.share(v):.1f}" for i, v in enumerate(self.values))
