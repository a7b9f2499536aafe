"""Does a forecast feed on the patrols that follow it? A year is simulated in which the true rates are known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from placewise.fairness.groups import AreaGroups
from placewise.kernels.arrays import Floats, Ints, Moments, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.space.cells import Cells
from placewise.space.contract import Forecaster
from placewise.space.events import Events

START = np.datetime64("2020-01-06", "us")  # a Monday; the simulated city has no other calendar
WEEK = np.timedelta64(7, "D")
HISTORY = 52  # weeks recorded before the first forecast, alike for both inputs
NEGLIGIBLE = 0.01  # part of the visits: what moves less in a year is no drift

Input = Literal["reported", "discovered"]


class FeedbackStopped(PlacewiseError):
    """The simulation was asked to stop before its end."""


class BadSimulation(PlacewiseError):
    """A simulation that could show nothing: too few runs or weeks, no incidents, no patrols, chances that are none."""


@dataclass(frozen=True)
class Drift:
    """What a forecast asks of patrols over the simulated weeks, against what the true rates would ask.

    asked: (runs, weeks, g) share of visits asked for each group of areas; fair: (g,) share of true incidents;
    distance: (runs, weeks) total variation over cells between what is asked and the true rates: the part of the
    visits, 0 to 1, that would have to be made elsewhere; change: distance in the last quarter of the weeks less that
    in the first, mean over runs with its 95 % interval (Student's t over runs); group_change: (g,) the same of each
    group's share; concentrated: share of visits asked for the ten busiest cells, first and last quarter.
    """

    input: str
    groups: tuple[str, ...]
    asked: Floats
    fair: Floats
    distance: Floats
    change: float
    change_low: float
    change_high: float
    group_change: Floats
    concentrated: tuple[float, float]

    @property
    def runs_away(self) -> bool:
        """Whether what is asked moves away from the true rates by more than one visit in a hundred.

        The whole 95 % interval of the change must lie above that: an estimator's own noise, which is there from the
        first week on, is not called drift, and neither is what chance alone may have done.
        """
        return self.change_low > NEGLIGIBLE


@dataclass(frozen=True)
class _City:
    """Cells with true weekly rates (n,), and how incidents get into the records."""

    cells: Cells
    rates: Floats
    groups: AreaGroups
    input: Input
    chance: float
    patrols: int


@dataclass(frozen=True)
class _Records:
    """Times and cells of what was recorded."""

    times: Moments
    cell: Ints

    def with_week(self, week: int, cell: Ints, rng: np.random.Generator) -> "_Records":
        """These and one more week's, each at some moment of it."""
        into = (rng.random(cell.size) * 7 * 86_400e6).astype("timedelta64[us]")
        return _Records(np.append(self.times, START + week * WEEK + into), np.append(self.cell, cell))

    def events(self, cells: Cells) -> Events:
        """As incidents at the centres of their cells."""
        lon, lat = cells.degrees
        return Events.from_arrays(self.times, lon[self.cell], lat[self.cell], local=True, since=START)


def simulate_feedback(
    model: Forecaster,
    cells: Cells,
    rates: Floats,
    groups: AreaGroups,
    *,
    input: Input,  # noqa: A002
    weeks: int = 52,
    runs: int = 5,
    patrols: int = 100,
    chance: float = 0.5,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Drift:
    """Every week: fit, forecast, send `patrols` visits in proportion to the forecast, record, and again.

    rates (n,): true incidents a week, which patrols do not change. «reported»: victims report each incident with
    probability `chance`, wherever patrols are. «discovered»: only what a visit comes upon is recorded, each visit
    finding each of the cell's incidents with probability `chance` (Ensign et al. 2018, FAT*, § 3; Lum and Isaac 2016).
    Both begin with the same year of reports. Raises BadSimulation, FeedbackStopped.
    """
    city = _City(cells, floats(rates), groups, input, chance, patrols)
    _check(city, weeks, runs)
    asked = np.zeros((runs, weeks, len(cells)))
    for done, (run, shares) in enumerate(_all_weeks(model, city, (runs, weeks), seed), start=1):
        asked[run, (done - 1) % weeks] = shares
        if progress is not None:
            progress(done, runs * weeks)
        if stop is not None and stop():
            raise FeedbackStopped(f"stopped after {done} of {runs * weeks} weeks")
    return _drift(asked, city)


def _check(city: _City, weeks: int, runs: int) -> None:
    """Refuse what could show nothing."""
    if runs < 2 or weeks < 8:
        raise BadSimulation(f"{runs} runs of {weeks} weeks show no drift from chance; take at least 2 runs of 8 weeks")
    if city.rates.shape != (len(city.cells),) or not np.all(city.rates >= 0) or not city.rates.sum() > 0:
        raise BadSimulation(f"true rates are {len(city.cells)} numbers, none negative and not all nought")
    if not 0 < city.chance <= 1 or city.patrols < 1:
        raise BadSimulation("at least one patrol is needed, and a chance above 0, at most 1")


def _all_weeks(model: Forecaster, city: _City, size: tuple[int, int], seed: int) -> Iterator[tuple[int, Floats]]:
    """The run and the shares of visits (n,) asked in each week of each simulated year."""
    for run in range(size[0]):
        rng = np.random.default_rng([seed, run])
        records = _Records(np.array([], dtype="datetime64[us]"), ints([]))
        for week in range(HISTORY):
            records = records.with_week(week, _reported(city, rng), rng)
        for week in range(HISTORY, HISTORY + size[1]):
            now = START + week * WEEK
            fitted = model.clone().fit(records.events(city.cells), city.cells, until=now)
            asked = _shares(fitted.predict(now, now + WEEK).expected)
            yield run, asked
            found = _reported(city, rng) if city.input == "reported" else _discovered(city, asked, rng)
            records = records.with_week(week, found, rng)


def _shares(values: Floats) -> Floats:
    """Parts of one."""
    return floats(values / values.sum())


def _reported(city: _City, rng: np.random.Generator) -> Ints:
    """The cells of the incidents that victims report in one week."""
    return ints(np.repeat(np.arange(len(city.cells)), rng.poisson(city.rates * city.chance)))


def _discovered(city: _City, asked: Floats, rng: np.random.Generator) -> Ints:
    """The cells of the incidents that one week's visits come upon."""
    visits = rng.multinomial(city.patrols, asked)
    found = rng.poisson(city.rates * (1.0 - (1.0 - city.chance) ** visits))
    return ints(np.repeat(np.arange(len(city.cells)), found))


def _drift(asked: Floats, city: _City) -> Drift:
    """How far what was asked (runs, weeks, n) moved from what the true rates would ask."""
    true = _shares(city.rates)
    distance = floats(np.abs(asked - true).sum(axis=2) / 2)
    by_group = np.array([[city.groups.sums(floats(one)) for one in run] for run in asked])
    quarter = asked.shape[1] // 4
    change = distance[:, -quarter:].mean(axis=1) - distance[:, :quarter].mean(axis=1)
    margin = float(stats.t.ppf(0.975, change.size - 1) * np.std(change, ddof=1) / np.sqrt(change.size))
    moved = by_group[:, -quarter:].mean(axis=(0, 1)) - by_group[:, :quarter].mean(axis=(0, 1))
    return Drift(
        input=city.input,
        groups=city.groups.names,
        asked=frozen(floats(by_group)),
        fair=frozen(city.groups.sums(true)),
        distance=frozen(distance),
        change=float(change.mean()),
        change_low=float(change.mean()) - margin,
        change_high=float(change.mean()) + margin,
        group_change=frozen(floats(moved)),
        concentrated=(_top_ten(asked[:, :quarter]), _top_ten(asked[:, -quarter:])),
    )


def _top_ten(asked: Floats) -> float:
    """Share of visits asked for the ten busiest cells of a quarter, mean over runs."""
    return float(np.mean(np.sort(asked.mean(axis=1), axis=1)[:, -10:].sum(axis=1)))
