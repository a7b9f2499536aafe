"""Charts of weekly counts by area: what is expected, from how many on it is an alarm, and how far that is passed."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.warning.errors import is_count

MOST = 1_000_000_000
"""Incidents of an area and week; more is no count of them."""


class BadCounts(PlacewiseError):
    """Counts that are none: negative, missing, no whole numbers, or no table of areas by weeks."""


class BadChart(PlacewiseError):
    """Settings that make no chart."""


class NotCharted(PlacewiseError):
    """A chart that has seen no counts yet."""


class Chart(ABC):
    """A chart learns from what came before each week alone, so `fit` says of every week what it would have said then.

    After `fit`, all (areas, weeks): expected_ and upper_ counts, exceedance_ (over 1 is an alarm; the statistic over
    its limit) and alarm_. Where there is too little history the numbers are NaN and there is no alarm. An upper count
    below nought means that earlier weeks alone are enough for an alarm.
    """

    counts_: Ints
    expected_: Floats
    upper_: Floats
    exceedance_: Floats
    alarm_: Bools

    def fit(self, counts: npt.ArrayLike) -> Self:
        """Judge each week of counts (areas, weeks), the oldest first. Raises BadCounts, BadChart."""
        self._check()
        table = _table(counts)
        expected, upper, exceedance = self._judge(floats(table))
        self.counts_ = frozen(table)
        self.expected_, self.upper_, self.exceedance_ = frozen(expected), frozen(upper), frozen(exceedance)
        self.alarm_ = frozen(np.asarray(np.nan_to_num(exceedance) > 1))
        return self

    def settings(self) -> dict[str, Any]:
        """The settings given to `__init__`, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    def frame(self, areas: Sequence[str], first: np.datetime64) -> pl.DataFrame:
        """One row for each area and week that was judged; `first` is the day on which the first week begins."""
        if not hasattr(self, "counts_"):
            raise NotCharted(f"{self!r} has seen no counts yet; call fit(counts) first")
        if len(areas) != len(self.counts_):
            raise BadCounts(f"{len(areas)} names for {len(self.counts_)} areas")
        row, week = np.nonzero(np.isfinite(self.exceedance_))
        columns = ("counts_", "expected_", "upper_", "exceedance_", "alarm_")
        return pl.DataFrame(
            {
                "area": np.array(areas, dtype=object)[row].tolist(),
                "week": first.astype("datetime64[D]") + 7 * week,
                **{name.strip("_"): getattr(self, name)[row, week] for name in columns},
            }
        )

    @abstractmethod
    def describe(self) -> str:
        """One sentence: what it does, with its source."""

    @abstractmethod
    def _check(self) -> None:
        """Refuse settings that make no chart."""

    @abstractmethod
    def _judge(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        """(areas, weeks) expected counts, upper counts, and the statistic over its limit."""


class _Ears(Chart):
    """Mean and standard deviation of some weeks shortly before (Hutwagner et al. 2003, J Urban Health 80)."""

    gap = 0

    def __init__(self, *, baseline: int = 7, limit: float = 3.0, least_spread: float = 0.5) -> None:
        self.baseline = baseline
        self.limit = limit
        self.least_spread = least_spread

    def _check(self) -> None:
        if not is_count(self.baseline, 3) or not self.limit > 0 or not self.least_spread > 0:
            raise BadChart("a baseline has at least 3 whole weeks; the limit and the least spread lie above 0")

    def _judge(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        mean, spread = _before(counts, self.baseline, self.gap)
        spread = np.maximum(spread, self.least_spread)
        return mean, mean + self.limit * spread, (counts - mean) / spread / self.limit


class C1(_Ears):
    """EARS C1: against the seven weeks before; by default an alarm beyond three standard deviations."""

    def describe(self) -> str:
        """One sentence: what it does, with its source."""
        return f"EARS C1: {self.limit:g} standard deviations above the mean of the {self.baseline} weeks before"


class C2(_Ears):
    """EARS C2: as C1, with two weeks left out between, so that a slow rise does not hide itself."""

    gap = 2

    def describe(self) -> str:
        """One sentence: what it does, with its source."""
        return f"EARS C2: {self.limit:g} standard deviations above {self.baseline} weeks that end two weeks before"


class C3(_Ears):
    """EARS C3: what C2 lies above one, summed over this week and the two before; by default an alarm beyond two."""

    gap = 2

    def __init__(self, *, baseline: int = 7, limit: float = 2.0, least_spread: float = 0.5) -> None:
        super().__init__(baseline=baseline, limit=limit, least_spread=least_spread)

    def describe(self) -> str:
        """One sentence: what it does, with its source."""
        return f"EARS C3: C2 beyond 1, summed over three weeks, above {self.limit:g}"

    def _judge(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        mean, spread = _before(counts, self.baseline, self.gap)
        spread = np.maximum(spread, self.least_spread)
        over = np.maximum((counts - mean) / spread - 1, 0.0)
        earlier = _shifted(over, 1) + _shifted(over, 2)
        mean = np.where(np.isnan(earlier), np.nan, mean)
        # C3(t) > limit  ⇔  y > mean + spread · (1 + limit − what the two weeks before have summed up), or these suffice
        upper = np.where(earlier > self.limit, -1.0, mean + spread * (1 + self.limit - earlier))
        return mean, upper, (over + earlier) / self.limit


class EWMA(Chart):
    """Exponentially weighted mean of standardised counts, which sums up small rises that last (Roberts 1959).

    share: weight of the newest week; limit: standard deviations of the weighted mean; baseline: weeks that give mean
    and variance, the latest `gap` left out. The variance is at least the mean, as chance alone would have it.
    """

    def __init__(self, *, share: float = 0.3, limit: float = 3.0, baseline: int = 52, gap: int = 2) -> None:
        self.share = share
        self.limit = limit
        self.baseline = baseline
        self.gap = gap

    def describe(self) -> str:
        """One sentence: what it does, with its source."""
        return f"EWMA (Roberts 1959): {self.share:g} of each week's deviation from the {self.baseline} weeks before"

    def _check(self) -> None:
        if not 0 < self.share <= 1 or not self.limit > 0 or not is_count(self.baseline, 3) or not is_count(self.gap):
            raise BadChart("share lies above 0, at most 1, the limit above 0; a baseline has at least 3 whole weeks")

    def _judge(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        mean, spread = _before(counts, self.baseline, self.gap)
        spread = np.sqrt(np.maximum(np.maximum(spread**2, mean), 0.25))  # a quarter: counts of a few a year
        weighted, upper = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
        last = np.zeros(len(counts))
        begin = self.baseline + self.gap
        for week in range(begin, counts.shape[1]):
            # Roberts 1959, equation 5: the variance of the weighted mean of k weeks, as a share of one week's
            k = week - begin + 1
            edge = self.limit * np.sqrt(self.share / (2 - self.share) * (1 - (1 - self.share) ** (2 * k)))
            carried = (1 - self.share) * last
            upper[:, week] = mean[:, week] + spread[:, week] * (edge - carried) / self.share
            last = carried + self.share * (counts[:, week] - mean[:, week]) / spread[:, week]
            weighted[:, week] = last / edge
        return mean, upper, weighted


def weekly_counts(day: npt.ArrayLike, area: npt.ArrayLike, areas: int, first: np.datetime64, weeks: int) -> Ints:
    """(areas, weeks) incidents by area (m,) and day (m,), in weeks from the day `first` on; −1 is no area.

    Days are dates or days since 1970; what lies outside of the weeks is left out.
    """
    dates, where = _days(day), np.asarray(area)
    if dates.shape != where.shape or areas < 1 or weeks < 1:
        raise BadCounts("each incident needs a day and an area; at least one area and one week are counted")
    if where.size and (where.dtype.kind not in "iu" or np.any(where >= areas) or np.any(where < -1)):
        raise BadCounts(f"an incident's area is −1 or the number of one of {areas} areas")
    where = ints(where)
    week = (dates - int(first.astype("datetime64[D]").astype(np.int64))) // 7
    inside = (week >= 0) & (week < weeks) & (where >= 0)
    return ints(np.bincount(where[inside] * weeks + week[inside], minlength=areas * weeks).reshape(areas, weeks))


def _days(day: npt.ArrayLike) -> Ints:
    """Days since 1970 of dates, or of such days."""
    given = np.asarray(day)
    if given.dtype.kind == "M":
        if np.any(np.isnat(given)):
            raise BadCounts("some days are missing")
        given = given.astype("datetime64[D]").astype(np.int64)
    if given.size and given.dtype.kind not in "iu":
        raise BadCounts("days are dates, or whole days since 1970; read text as dates first")
    return ints(given)


def _table(counts: npt.ArrayLike) -> Ints:
    """(areas, weeks) whole numbers from nought."""
    given = np.asarray(counts)
    if given.ndim == 1:
        given = given[None, :]
    if given.ndim != 2 or given.size == 0 or given.dtype.kind not in "iuf":
        raise BadCounts("counts are a table of areas by weeks")
    if not np.all(np.isfinite(given)):
        raise BadCounts("some counts are missing; a week without incidents has 0")
    if np.any(given < 0) or np.any(given != np.floor(given)) or np.any(given > MOST):
        raise BadCounts(f"counts are whole numbers, none negative, none above {MOST:,}")
    return ints(given)


def _before(counts: Floats, baseline: int, gap: int) -> tuple[Floats, Floats]:
    """(areas, weeks) mean and standard deviation (n − 1) of `baseline` weeks that end `gap` weeks before each week."""
    mean, spread = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    begin = baseline + gap
    if counts.shape[1] > begin:
        windows = np.lib.stride_tricks.sliding_window_view(counts, baseline, axis=1)[:, : counts.shape[1] - begin]
        mean[:, begin:], spread[:, begin:] = windows.mean(axis=2), windows.std(axis=2, ddof=1)
    return mean, spread


def _shifted(values: Floats, weeks: int) -> Floats:
    """Values of some weeks before; NaN at the beginning."""
    out = np.full(values.shape, np.nan)
    out[:, weeks:] = values[:, :-weeks]
    return out
