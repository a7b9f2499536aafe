"""Ours: fading counts on many scales, mixed and corrected by how well the mixture foretold the weeks that followed."""

from typing import Any

import numpy as np

from placewise.forecast.base import Estimator
from placewise.forecast.expert import Expert, Group
from placewise.forecast.scales import WEEK, Trials, scales, trials
from placewise.forecast.words import ingredients
from placewise.kernels.arrays import Floats, floats
from placewise.space.cells import Located
from placewise.space.smoothing import Smoother
from placewise.time.level import Level

HALF_LIVES = (3.0, 8.0, 16.0, 30.0, 60.0, 120.0, 240.0)  # weeks
REACHES = (0.0, 100.0, 200.0, 350.0, 600.0, 1100.0, 2200.0)  # metres
OTHER_HALF_LIVES, OTHER_REACHES = (26.0, 240.0), (0.0, 200.0, 600.0)
WARM = 26  # weeks of history before the first trial
ENOUGH = 5000  # incidents in the trial weeks; with fewer, twice as many weeks are tried


class Combined(Estimator):
    """Counts of the cell and of its surroundings, of this class and of others, on many scales at once.

    (1) Counts that fade with half-lives of 3 to 240 weeks, in the cell and spread 100 to 2,200 m about it, are mixed
    with the non-negative weights that gave the incidents of the last year, each week forecast from before it, the
    highest Poisson likelihood: a self-exciting process whose kernel is read from the data (Marsan and Lengliné 2008;
    Mohler et al. 2011), and, as the weights are linear, shrinkage of a sparse cell towards its surroundings.
    With other classes as context, their counts are scales as well. (2) Two factors correct the mixture where counts on
    several scales together mean more or less than their sum: a log-linear one with ridge, and small boosted trees;
    they are pooled geometrically (Genest and Zidek 1986). (3) The total follows the city's level and season.
    """

    learns_from_others = True

    def __init__(
        self, trial_weeks: int = 52, draws: int = 800, ridge: float = 50.0, classes: int = 6, seed: int = 0
    ) -> None:
        self.trial_weeks = trial_weeks
        self.draws = draws
        self.ridge = ridge
        self.classes = classes
        self.seed = seed

    def describe(self) -> str:
        """What it does."""
        return "counts fading over 3 to 240 weeks and spread up to 2.2 km, mixed and corrected by their past success"

    def explain(self) -> dict[str, Any]:
        """What the last forecast is made of: shares of the mixture by when and where, in words, the largest first."""
        if not hasattr(self, "expert_"):
            return super().explain()
        names = {str(code): name for code, name in enumerate(self.context_classes_)} | {"rest": "other classes"}
        made_of = ingredients(self.expert_, names)
        return super().explain() | {
            "made_of": [{"what": what, "share": share} for what, share in made_of],
            "in_words": [f"{share:.0%} {what}" for what, share in made_of if share >= 0.005],
            "incidents_a_week": self.level_.at(self.now_ + WEEK / 2),
            "relative_error": float(np.median(self.error_)),
        }

    def _learn(self, located: Located, context: Located | None) -> None:
        plan = self._plan(located)
        own = Group("own", scales(located, plan, self.cells_, HALF_LIVES, self._reaches(REACHES)))
        others = [] if context is None else self._others(context, plan)
        self.expert_ = Expert.of([own, *others], plan, self.ridge, self.seed)
        self.share_ = _shares(self.expert_.log_rate)
        self.error_ = self._error(plan, located)
        week = plan.week_of(located)
        self.level_ = Level.of(floats(np.bincount(week[week >= 0], minlength=plan.history)), self.now_)

    def _expect(self, start: float, end: float) -> tuple[Floats, Floats]:
        expected = self.share_ * self.level_.at((start + end) / 2) * (end - start) / WEEK
        return expected, expected * self.error_

    def _plan(self, located: Located) -> Trials:
        """The trial weeks: a year, two where incidents are few, always after some history; where places are drawn."""
        history = max(int((self.now_ - self.since_) // WEEK), 1)
        few = np.sum(located.day >= self.now_ - WEEK * self.trial_weeks) < ENOUGH
        weeks = min(self.trial_weeks * (2 if few else 1), max(history - WARM, 0), history * 2 // 3)
        before = located.where(located.day < self.now_ - WEEK * weeks).counts(len(self.cells_))
        near = Smoother(self.cells_, max(600.0, self._pitch))(before + 1e-3)
        places = 0.3 / len(self.cells_) + 0.7 * near / near.sum()
        drawn = places / places.sum()
        draws = self.draws * self.trial_weeks // max(weeks, self.trial_weeks)
        return trials(located, self.now_, self.since_, drawn, weeks=weeks, draws=draws, seed=self.seed)

    def _others(self, context: Located, plan: Trials) -> list[Group]:
        """Scales of the most frequent other classes, and of the rest of them taken together."""
        counts = np.bincount(context.code, minlength=1)
        largest = [code for code in np.argsort(-counts, kind="stable")[: self.classes] if counts[code]]
        masks = {f"{code}": context.code == code for code in largest} | {"rest": ~np.isin(context.code, largest)}
        reaches = self._reaches(OTHER_REACHES)
        return [
            Group(kind, scales(context.where(mask), plan, self.cells_, OTHER_HALF_LIVES, reaches))
            for kind, mask in masks.items()
            if mask.any()
        ]

    def _error(self, plan: Trials, located: Located) -> Floats:
        """(n,) relative standard error: what the last quarter's forecast was off by, and doubt about the weights.

        The first by moments, from the counts of the last trial quarter beyond their Poisson variance.
        """
        doubt = self.expert_.variance
        counts = located.counts(len(self.cells_), self.now_ - WEEK * plan.quarter)
        if not plan.checks.size or not counts.sum():
            return floats(np.sqrt(1.0 + doubt))
        expected = _shares(self.expert_.log_checks) * counts.sum()
        beyond = np.sum((counts - expected) ** 2 - expected) / np.sum(expected**2)
        return floats(np.sqrt(np.clip(beyond, 0.01, 4.0) + doubt))

    @property
    def _pitch(self) -> float:
        """The side of a square as large as a cell, in metres."""
        return float(np.sqrt(np.median(self.cells_.areas)))

    def _reaches(self, reaches: tuple[float, ...]) -> tuple[float, ...]:
        """The reaches that are not finer than the cells."""
        return tuple(reach for reach in reaches if reach == 0.0 or reach >= 0.6 * self._pitch)


def _shares(logs: Floats) -> Floats:
    """Parts of one in proportion to what has these logarithms."""
    values = np.exp(logs - logs.max())
    return floats(values / values.sum())
