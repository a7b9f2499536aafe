"""Fading counts on a ladder of half-lives and reaches, at the rows of past trial weeks and at all cells today."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.kernels.fading import fade_cells, fade_ground
from placewise.space.cells import Cells, Located
from placewise.space.raster import Raster

WEEK = 7.0


@dataclass(frozen=True)
class Trials:
    """The last `weeks` weeks before `now` as forecasts that could have been made: rows (r,) of week and cell.

    `event` marks rows that are incidents; others are places drawn to stand for the whole area, each for `weight` cells
    (Berman and Turner 1992, Applied Statistics 41); rows that are neither, all cells once, begin the last quarter and
    serve to measure the error. `history` is the number of whole weeks before `now`, `start` (weeks + 1,) opens weeks.
    """

    now: float
    history: int
    weeks: int
    cell: Ints
    event: Floats
    weight: Floats
    start: Ints

    @property
    def quarter(self) -> int:
        """How many weeks the last quarter has: thirteen, or all."""
        return min(13, self.weeks)

    @property
    def checks(self) -> Ints:
        """The rows of all cells at the start of the last quarter, in the order of the cells."""
        return np.flatnonzero((self.event == 0) & (self.weight == 0))

    def week_of(self, located: Located) -> Ints:
        """Week number of each event, 0 the oldest of the history, below it what is older."""
        back = np.floor((self.now - located.day) / WEEK).astype(np.int64)
        return self.history - 1 - np.clip(back, 0, None)


def trials(located: Located, now: float, since: float, places: Floats, *, weeks: int, draws: int, seed: int) -> Trials:
    """Trial weeks with their incidents and `draws` places a week, drawn with probabilities `places` (n,).

    Where there are no more cells than that, every cell is a place.
    """
    history = max(int((now - since) // WEEK), 1)
    plan = Trials(now, history, weeks, ints([]), floats([]), floats([]), ints([0]))
    trial = plan.week_of(located) - (history - weeks)
    cell, n = located.cell[trial >= 0], places.size if weeks else 0
    drawn, cost = _drawn(places, weeks, draws, seed)
    week = np.concatenate([trial[trial >= 0], _repeated(weeks, drawn.size), np.full(n, weeks - plan.quarter)])
    event = np.concatenate([np.ones(cell.size), np.zeros(drawn.size + n)])
    weight = np.concatenate([np.zeros(cell.size), cost, np.zeros(n)])
    cell = np.concatenate([cell, drawn, np.arange(n)])
    order = np.argsort(week, kind="stable")
    start = np.searchsorted(week[order], np.arange(weeks + 1))
    return Trials(now, history, weeks, ints(cell[order]), floats(event[order]), floats(weight[order]), ints(start))


def _drawn(places: Floats, weeks: int, draws: int, seed: int) -> tuple[Ints, Floats]:
    """Places of all weeks, week by week, and how many cells each stands for."""
    if draws >= places.size:
        return np.tile(np.arange(places.size), weeks), np.ones(weeks * places.size)
    drawn = np.random.default_rng(seed).choice(places.size, size=weeks * draws, p=places)
    return ints(drawn), floats(1.0 / (draws * places[drawn]))


def _repeated(weeks: int, total: int) -> Ints:
    """The week of each of `total` rows that are the same number in every week."""
    return np.repeat(np.arange(weeks), total // weeks if weeks else 0)


@dataclass(frozen=True)
class Scales:
    """Weekly rates by scale: at trial rows (r, s), at all cells now (n, s), their sums over cells by trial (w, s)."""

    names: tuple[tuple[float, float], ...]
    rows: Floats
    cells: Floats
    sums: Floats


def scales(
    located: Located, plan: Trials, cells: Cells, half_lives: Sequence[float], reaches: Sequence[float]
) -> Scales:
    """Fading counts with `half_lives` (weeks), in the cell itself (reach 0) and about it (reach in metres)."""
    faded = _Fading.of(located, plan, cells, half_lives)
    parts = [faded.in_cells() if reach == 0.0 else faded.on_ground(reach) for reach in reaches]
    mass = faded.mass()
    at_trials = mass[plan.history - plan.weeks : plan.history]
    of_row = np.repeat(np.arange(plan.weeks), np.diff(plan.start))
    return Scales(
        names=tuple((half_life, reach) for reach in reaches for half_life in half_lives),
        rows=np.hstack([rows / at_trials[of_row] for rows, _, _ in parts]),
        cells=np.hstack([final / mass[-1] for _, final, _ in parts]),
        sums=np.hstack([sums / at_trials for _, _, sums in parts]),
    )


@dataclass(frozen=True)
class _Fading:
    """Events sorted by week, the oldest first, and what is left of each count after a week (j,)."""

    located: Located
    start: Ints
    keep: Floats
    plan: Trials
    cells: Cells

    @staticmethod
    def of(located: Located, plan: Trials, cells: Cells, half_lives: Sequence[float]) -> "_Fading":
        week = plan.week_of(located)
        order = np.argsort(week, kind="stable")
        order = order[np.searchsorted(week[order], 0) :]
        start = ints(np.searchsorted(week[order], np.arange(plan.history + 1)))
        return _Fading(located.where(order), start, floats(0.5 ** (1.0 / np.asarray(half_lives))), plan, cells)

    def mass(self) -> Floats:
        """(history + 1, j) weeks' worth of fading weight before each week, at least one."""
        whole = (1.0 - self.keep ** np.arange(self.plan.history + 1)[:, None]) / (1.0 - self.keep)
        return np.maximum(whole, 1.0)

    def in_cells(self) -> tuple[Floats, Floats, Floats]:
        """Counts of each cell alone."""
        plan = self.plan
        return fade_cells(self.start, self.located.cell, self.keep, plan.start, plan.cell, len(self.cells))

    def on_ground(self, reach: float) -> tuple[Floats, Floats, Floats]:
        """Counts spread over the ground, as many as a cell's area gets; what would fall outside is given back."""
        raster, ones = Raster(self.cells, reach / 3), np.ones(len(self.cells))
        x, y = raster.pixels(self.located.x, self.located.y)
        inside = np.maximum(raster.blurred(ones, float(np.hypot(reach, raster.pitch * 12**-0.5))), 1e-6)
        plan, size = self.plan, ints(raster.size)
        at_cells = (raster.corner, raster.share, inside)
        return fade_ground(
            self.start, x, y, self.keep, plan.start, plan.cell, *at_cells, size, reach / raster.pitch
        )  # fmt: skip
