"""The rhythm of the week and the level of the year, learned from data with a known answer."""

import numpy as np
import pytest

from placewise.forecast import estimator
from placewise.forecast.checks import UNTIL, town
from placewise.space import Events
from placewise.time import Level, WeekRhythm


def nights(n: int = 5000) -> WeekRhythm:
    """Incidents from 18 h to midnight on every day."""
    rng = np.random.default_rng(1)
    day = rng.integers(18_000, 18_700, n) + rng.uniform(0.75, 1.0, n)
    return WeekRhythm.of(day, day)


@pytest.mark.parametrize(
    ("start", "end", "factor"),
    [(18_700, 18_707, 1.0), (18_700, 18_707 * 1.0 + 21, 1.0), (18_700.75, 18_701, 3.8), (18_700.1, 18_700.6, 0.03)],
)
def test_an_evening_town(start: float, end: float, factor: float) -> None:
    assert nights().factor(start, end) == pytest.approx(factor, rel=0.05, abs=0.02)


def test_parts_of_a_week_add_up_to_it() -> None:
    rhythm = nights()
    parts = [rhythm.factor(18_700 + k / 3, 18_700 + (k + 1) / 3) / 21 for k in range(21)]
    assert sum(parts) == pytest.approx(1.0)


def test_few_incidents_tell_little_of_the_hour() -> None:
    one = np.array([18_700.8])
    assert WeekRhythm.of(one, one).factor(18_700.75, 18_701.0) < 1.2


def test_shifts_of_a_forecast_add_up_to_its_week() -> None:
    events, cells = town(1500)
    evening = events.times.astype("datetime64[D]") + np.timedelta64(20, "h")
    fitted = estimator("count3y").fit(Events.from_arrays(evening, events.lon, events.lat), cells, until=UNTIL)
    shifts = [fitted.predict(f"2021-07-{5 + k // 3:02}T{8 * (k % 3):02}", _end(k)).total for k in range(21)]
    assert sum(shifts) == pytest.approx(fitted.predict(UNTIL, "2021-07-12").total)
    assert shifts[2] > 5 * shifts[1]


def _end(k: int) -> str:
    return f"2021-07-{5 + (k + 1) // 3:02}T{8 * ((k + 1) % 3):02}"


def seasonal(weeks: int, seed: int = 2) -> tuple[np.ndarray, float]:
    now = 20_000.0
    day = now - 7.0 * (weeks - np.arange(weeks)) + 3.5
    mean = 100 * np.exp(0.4 * np.cos(2 * np.pi * day / 365.25))
    return np.random.default_rng(seed).poisson(mean).astype(float), now


def test_the_level_follows_the_season() -> None:
    weekly, now = seasonal(260)
    level = Level.of(weekly, now)
    for ahead in (0.0, 91.0, 182.0):
        want = 100 * np.exp(0.4 * np.cos(2 * np.pi * (now + ahead + 3.5) / 365.25))
        assert level.at(now + ahead + 3.5) == pytest.approx(want, rel=0.1)


def test_a_short_history_has_no_season_but_the_recent_mean() -> None:
    weekly, now = seasonal(40)
    level = Level.of(weekly, now)
    assert not level.waves.any()
    assert level.at(now + 1800) == pytest.approx(weekly.mean(), rel=0.05)
    assert level.at(now) == pytest.approx(weekly[-12:].mean(), rel=0.15)


def test_a_town_without_incidents_expects_next_to_none() -> None:
    assert Level.of(np.zeros(150), 20_000.0).at(20_003.0) < 0.02
