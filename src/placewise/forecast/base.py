"""The one contract of all estimators: settings in `__init__`, learning in `fit`, a surface from `predict`."""

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from placewise.kernels.arrays import Floats, floats
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import DAY, Moment, day_number, iso, midnight, moment
from placewise.space.cells import Cells, Located
from placewise.space.events import Events
from placewise.space.surface import Surface
from placewise.time.week import WeekRhythm


class NotFitted(PlacewiseError):
    """An estimator was asked to forecast before it had learned."""


class ForecastOfThePast(PlacewiseError):
    """An interval that begins before the moment until which the estimator learned, or that is empty."""


class Estimator(ABC):
    """Learns from incidents before a moment; forecasts expected counts a cell for an interval after it.

    Subclasses write `_learn` and `_expect`. What was learned ends in an underscore; nothing of an earlier fit remains.
    """

    learns_from_others: ClassVar[bool] = False
    """Whether incidents of other classes, given as context, change the forecast."""

    cells_: Cells
    until_: np.datetime64
    zone_: str
    now_: float
    since_: float
    rhythm_: WeekRhythm
    context_classes_: tuple[str, ...]

    def fit(self, events: Events, cells: Cells, *, until: Moment | None = None, context: Events | None = None) -> Self:
        """Learn from what was known at `until` (without it: from all); `context` are incidents of other classes."""
        at = _after_all(events) if until is None else events.moment(until)
        self.cells_, self.zone_, self.until_ = cells, events.zone, at
        self.now_, self.since_ = day_number(at), min(day_number(events.since), day_number(at))
        other = None if context is None else cells.locate(context, at)
        self.context_classes_ = () if context is None else context.classes
        located = cells.locate(events, at)
        self.rhythm_ = WeekRhythm.of(located.first, located.last)
        self._learn(located, other)
        return self

    def predict(self, start: Moment, end: Moment) -> Surface:
        """Expected counts by cell for [start, end); parts of a week follow the week's own rhythm."""
        if not hasattr(self, "until_"):
            raise NotFitted(f"{self!r} has learned nothing yet; call fit(events, cells) first")
        begin, finish = moment(start, self.zone_), moment(end, self.zone_)
        if begin < self.until_ or finish <= begin:
            raise ForecastOfThePast(f"{iso(begin)} to {iso(finish)} is no interval after {iso(self.until_)}")
        first, last = day_number(begin), day_number(finish)
        expected, stderr = self._expect(first, last)
        busy = self.rhythm_.factor(first, last)
        return Surface(self.cells_, begin, finish, expected * busy, stderr * busy, self.describe())

    @abstractmethod
    def describe(self) -> str:
        """One sentence: what it does, with its settings and its source."""

    @abstractmethod
    def _learn(self, located: Located, context: Located | None) -> None:
        """Learn from located events, all of them before `now_` (days); records begin at `since_`."""

    @abstractmethod
    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        """Expected counts (n,) and their standard errors for the days [start, end)."""

    def explain(self) -> dict[str, Any]:
        """What the forecast is made of, in plain values; empty before `fit`."""
        return {"model": self.describe(), "settings": self.settings()}

    def settings(self) -> dict[str, Any]:
        """The settings given to `__init__`, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def clone(self) -> Self:
        """An estimator with the same settings that has learned nothing."""
        return type(self)(**self.settings())

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({inside})"


def _after_all(events: Events) -> np.datetime64:
    """The midnight after the last event."""
    last = events.ends.max() if len(events) else events.since
    return midnight(last) + DAY


def years(now: float, count: float) -> float:
    """The day that lies this many years of 365.25 days before `now`."""
    return now - 365.25 * count


def shares(areas: Floats) -> Floats:
    """Each cell's share of the area."""
    return floats(areas / areas.sum())
