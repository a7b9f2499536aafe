"""What a map is given: where its data come from, how its classes are named, and where it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from openbeat.web.ui.bits import Words
from openbeat.web.ui.scales import number

KINDS = ("surface", "incidents", "plan", "places", "standby", "warning", "beats", "zones")


class UnknownMapKind(ValueError):
    """A map page that has no module."""


@dataclass(frozen=True, slots=True)
class Legend:
    """The classes of the scale: lower bounds in the unit; `diverging` for less and more than expected.

    `none` are the words of the first class, where it is nothing at all.
    """

    title: Words
    unit: Words
    bounds: Sequence[float] = ()
    digits: int = 2
    diverging: bool = False
    none: Words = ""

    @property
    def ramp(self) -> str:
        """The scale's name in the style sheet."""
        return "div" if self.diverging else "seq"

    def steps(self) -> list[tuple[int, str]]:
        """The number of each class's colour, spread over the seven, and the words beside it."""
        count = len(self.bounds)
        return [(shade(i, count), self._words(i)) for i in range(count)]

    def _words(self, i: int) -> str:
        if self.none and i == 0:
            return str(self.none)
        if self.diverging:
            return self._words_of_less_and_more(i)
        low = number(self.bounds[i], self.digits)
        if i == len(self.bounds) - 1:
            return f"≥ {low}"
        whole = self.digits == 0 and all(float(bound).is_integer() for bound in self.bounds)
        high = number(self.bounds[i + 1] - (1 if whole else 0), self.digits)
        return low if low == high else f"{low} – {high}"

    def _words_of_less_and_more(self, i: int) -> str:
        """Both ends are open: what is below the first bound is drawn in the first colour too."""
        low, high = (number(one, self.digits).replace("-", "−") for one in (*self.bounds, 0.0)[i : i + 2])
        if i == len(self.bounds) - 1:
            return f"≥ {low}"
        return f"< {high}" if i == 0 else _("%(low)s to %(high)s") % {"low": low, "high": high}


def shade(i: int, count: int) -> int:
    """Class `i` of `count` as one of the seven colours, the ends always used."""
    return 4 if count == 1 else 1 + round(6 * i / (count - 1))


@dataclass(frozen=True, slots=True)
class Map:
    """A map of one kind: surface, incidents, plan, places, warning, beats or zones.

    `data` comes with the page, or `url` is fetched. `areas_url`: GeoJSON of outlines; `tiles_url`: our PMTiles;
    `bounds`: west, south, east, north in degrees; `extra` goes to the module as it is; `swatches`: the style of each
    sort of ground with its words, for the legend.
    """

    kind: str
    label: Words
    id: str = "map"
    legend: Legend | None = None
    data: Any = None
    url: str = ""
    areas_url: str = ""
    tiles_url: str = ""
    bounds: tuple[float, float, float, float] | None = None
    attribution: Words = ""
    tall: bool = False
    twin_open: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    swatches: Sequence[tuple[str, Words]] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownMapKind(f"{self.kind!r} is none of {', '.join(KINDS)}")

    @property
    def module(self) -> str:
        """The static file that draws this kind of map."""
        return f"build/map-{self.kind}.js"

    @property
    def settings_id(self) -> str:
        """The id of the element that carries the settings."""
        return f"{self.id}-settings"

    def keys(self) -> list[tuple[str, Words]]:
        """The line's classes and the name of each unit of a plan that came with the page; a fifth's line is broken."""
        units = self.data if self.kind == "plan" and isinstance(self.data, list) else []
        return [(f"series-{1 + i % 4}{' broken' if i > 3 else ''}", unit["unit"]) for i, unit in enumerate(units)]

    def settings(self) -> dict[str, Any]:
        """What the module reads from the page: only what is plain JSON."""
        legend = None if self.legend is None else self._legend(self.legend)
        plain = {"data": self.data, "url": self.url, "bounds": self.bounds, "extra": self.extra}
        return plain | {"areasUrl": self.areas_url, "tilesUrl": self.tiles_url, "legend": legend}

    def _legend(self, legend: Legend) -> dict[str, Any]:
        shades = [number for number, _ in legend.steps()]
        plain = {"unit": str(legend.unit), "bounds": list(legend.bounds), "digits": legend.digits}
        return plain | {"ramp": legend.ramp, "shades": shades}
