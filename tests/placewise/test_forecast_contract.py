"""Every estimator in the table passes every check of the suite, and the suite catches those that should fail."""

from typing import Any

import numpy as np
import pytest

from placewise.forecast import UnknownEstimator, estimator, names
from placewise.forecast.base import Estimator
from placewise.forecast.checks import CHECKS, check_no_future_leak, check_pure_predict, check_repeatable
from placewise.forecast.counts import PlainCount


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", names())
def test_estimator_passes_check(name: str, check: Any) -> None:
    check(estimator(name))


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownEstimator, match="count3y"):
        estimator("oracle")


class Peeking(PlainCount):
    """Counts the future too."""

    def fit(self, events: Any, cells: Any, *, until: Any = None, context: Any = None) -> Any:
        super().fit(events, cells, until=until)
        self.mean_ = self.mean_ + len(events) * 1e-6
        return self


class Forgetful(PlainCount):
    """Predicts something else each time."""

    def _expect(self, start: float, end: float) -> Any:
        self.mean_ = self.mean_ * 1.01
        return super()._expect(start, end)


class Unseeded(PlainCount):
    """Learns with a random number that no seed holds."""

    def _learn(self, located: Any, context: Any) -> None:
        super()._learn(located, context)
        self.mean_ = self.mean_ * np.random.default_rng().random()


@pytest.mark.parametrize(
    ("model", "check"),
    [(Peeking(), check_no_future_leak), (Forgetful(), check_pure_predict), (Unseeded(), check_repeatable)],
)
def test_the_suite_catches(model: Estimator, check: Any) -> None:
    with pytest.raises(AssertionError):
        check(model)
