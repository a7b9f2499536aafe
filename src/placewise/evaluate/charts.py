"""Small charts as SVG text: lines with markers, no script, nothing from elsewhere. Colours come from the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

# Markers about their own centre; a series is told by its shape as well as by its colour.
_MARKS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "M-3.6-3.6h7.2v7.2h-7.2Z",
    "M0-4.8L4.6 3.4H-4.6Z",
    "M0-5L5 0L0 5L-5 0Z",
    "M0 4.8L4.6-3.4H-4.6Z",
    "M-1.6-4.8h3.2v3.2h3.2v3.2h-3.2v3.2h-3.2v-3.2h-3.2v-3.2h3.2Z",
)
COLOURS = len(_MARKS)
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 12, 48
_WIDTH, _HEIGHT = 560, 300
_FLAT = 1e-12

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """Data from `low` to `high` on pixels from `start` to `stop`."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) / max(self.high - self.low, _FLAT) * (self.stop - self.start)

    def ticks(self) -> list[float]:
        """Up to six round values."""
        step = _round_step(max(self.high - self.low, _FLAT) / 5)
        first = round(self.low / step)
        values = [(first + k) * step for k in range(-1, 8)]
        return [value for value in values if self.low - step * 1e-6 <= value <= self.high + step * 1e-6]


def lines(series: Mapping[str, Points], across: str, along: str, *, even: Points = ()) -> str:
    """A figure of lines of (x, y) points by name, axes titled; `even` is drawn dashed, for what would be perfect."""
    points = [point for one in (*series.values(), even) for point in one]
    x = Scale(0.0, max([x for x, _ in points], default=1.0) * 1.02 or 1.0, _LEFT, _WIDTH - _RIGHT)
    y = Scale(0.0, max([y for _, y in points], default=1.0) * 1.05 or 1.0, _HEIGHT - _BOTTOM, _TOP)
    drawn = "".join(_line([(x.at(a), y.at(b)) for a, b in one], k) for k, one in enumerate(series.values()))
    dashed = _polyline([(x.at(a), y.at(b)) for a, b in even], "even") if even else ""
    label = escape(f"{along} by {across}: {', '.join(series)}")
    picture = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
    return f"<figure>{picture}{_axes(x, y, across, along)}{dashed}{drawn}</svg>{_legend(series)}</figure>"


def _axes(x: Scale, y: Scale, across: str, along: str) -> str:
    """Grid lines, tick labels and titles."""
    rows = "".join(
        f'<line class="grid" x1="{x.start}" y1="{y.at(value):.1f}" x2="{x.stop}" y2="{y.at(value):.1f}"/>'
        f'<text x="{x.start - 8}" y="{y.at(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        for value in y.ticks()
    )
    columns = "".join(
        f'<text x="{x.at(value):.1f}" y="{y.start + 18}" text-anchor="middle">{value:g}</text>' for value in x.ticks()
    )
    middle, centre = (x.start + x.stop) / 2, (y.start + y.stop) / 2
    titles = (
        f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(15 {centre}) rotate(-90)" text-anchor="middle">{escape(along)}</text>'
    )
    return rows + columns + titles


def _line(points: Points, k: int) -> str:
    """One line and its markers."""
    marks = "".join(f'<path transform="translate({a:.1f} {b:.1f})" d="{_MARKS[k % COLOURS]}"/>' for a, b in points)
    return f'<g class="{_series(k)}">{_polyline(points, "line")}{marks}</g>'


def _series(k: int) -> str:
    """The classes of a series; after the last colour they begin again, with hollow markers and dashed lines."""
    return f"s{k % COLOURS}" if k < COLOURS else f"s{k % COLOURS} again"


def _polyline(points: Points, kind: str) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'


def _legend(series: Mapping[str, Points]) -> str:
    """Which marker is which series."""
    items = "".join(
        f'<li><svg class="{_series(k)}" viewBox="-7 -7 14 14" aria-hidden="true"><path d="{_MARKS[k % COLOURS]}"/>'
        f"</svg>{escape(name)}</li>"
        for k, name in enumerate(series)
    )
    return f'<figcaption><ul class="legend">{items}</ul></figcaption>'


def _round_step(raw: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** int(f"{raw:e}".split("e")[1])
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9)))
