"""Whether a scan's p means what it says: even where nothing is the matter; early stops and fits tell the same."""

from typing import Any

import numpy as np
import pytest
from tests.placewise_warning.test_scan_satscan import read

from placewise.warning import Cases, SpaceTimeScan
from placewise.warning.inference import gumbel

SINCE, UNTIL = "2026-01-01", "2026-03-26"
TOWNS = 160
X, Y = (part.ravel() * 400.0 for part in np.meshgrid(np.arange(7), np.arange(7)))
SHARE = np.random.default_rng(0).dirichlet(np.full(49, 2.0))
BUSY = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 2.0])
EARLIER = ["2026-03-19", "2026-03-22"]


def town(seed: int, weekend: bool = False) -> Cases:
    """Four hundred cases over twelve weeks in 49 cells, some busier than others; nothing is the matter."""
    rng = np.random.default_rng([seed, 7])
    day = np.arange(84)
    weight = BUSY[day % 7] if weekend else np.ones(84)
    when = rng.choice(day, 400, p=weight / weight.sum())
    return Cases.from_counts(X, Y, rng.choice(49, 400, p=SHARE), np.datetime64(SINCE) + when)


def scan(**settings: Any) -> SpaceTimeScan:
    return SpaceTimeScan(**({"radius": 900.0, "days": 7, "replications": 99} | settings))


def fit(found: SpaceTimeScan, cases: Cases, **more: Any) -> SpaceTimeScan:
    people = SHARE if found.model == "poisson" else None
    return found.fit(cases, until=UNTIL, since=SINCE, population=people, threads=1, **more)


def even(p: Any) -> None:
    """Each share of the p is what it should be, to within four standard errors; a half of one on average."""
    for level in (0.05, 0.1, 0.2, 0.5, 0.8):
        assert np.mean(p <= level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / len(p)))
    assert np.mean(p) == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / len(p)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "weekend"),
    [
        ({}, False),
        ({"by_weekday": True}, True),
        ({"model": "poisson"}, False),
        ({"model": "poisson", "by_weekday": True}, True),
        ({"step": "week", "days": 21}, True),
        ({"early_stop": 5}, False),
    ],
)
def test_where_nothing_is_the_matter_p_is_even(settings: dict[str, Any], weekend: bool) -> None:
    found = (fit(scan(seed=seed, **settings), town(seed, weekend)).clusters_ for seed in range(TOWNS))
    even(np.array([one[0].p if one else 1.0 for one in found]))


@pytest.mark.slow
def test_over_earlier_analyses_the_greatest_of_all_is_even() -> None:
    """Of three analyses a few days apart the greatest statistic has an even rank among those of chance."""
    p = []
    for seed in range(TOWNS):
        cases, one = town(seed), scan(seed=seed)
        chance = fit(one, cases, earlier=EARLIER).maxima_
        study = one._study(cases, None, UNTIL, SINCE, EARLIER, None)
        top = study.cylinders.greatest(np.array([0, study.recent[0].size]), *study.recent, 4.0)[0]
        p.append((1 + np.sum(chance >= top * (1 - 1e-10))) / 100)
    even(np.array(p))


def test_stopping_early_decides_as_the_full_run_does() -> None:
    """With 50 hits asked of 999, p ≤ 0.05 and p ≤ 0.01 hold in the same towns, and there p is the same."""
    decided = []
    for seed in range(30):
        cases = town(seed) if seed % 3 else planted(seed)
        whole, stopped = (fit(scan(replications=999, early_stop=stop), cases) for stop in (None, 50))
        p, quick = whole.clusters_[0].p, stopped.clusters_[0].p
        assert (quick <= 0.05, quick <= 0.01) == (p <= 0.05, p <= 0.01)
        if p <= 0.05:
            assert quick == p
            assert stopped.maxima_.size == 999
        decided.append(p <= 0.05)
    assert 5 <= sum(decided) <= 15


def planted(seed: int) -> Cases:
    """Seven more cases in one cell over the last three days."""
    quiet, rng = town(seed), np.random.default_rng([seed, 8])
    day = np.append(quiet.day, np.datetime64(UNTIL).astype(int) - rng.integers(1, 4, 7))
    return Cases.from_counts(X, Y, np.append(quiet.place, np.full(7, rng.integers(49))), day.astype("datetime64[D]"))


def ratios(cases: Cases, until: str, since: str, many: int, **settings: Any) -> list[list[float]]:
    """Gumbel p of 999 replications over the share of many, where these say 0.05, 0.01 and 0.001; three times."""
    told = {"until": until, "since": since}
    chance = scan(replications=many, seed=1, **settings).fit(cases, **told)
    points = [chance.critical(alpha) for alpha in (0.05, 0.01, 0.001)]
    share = [np.mean(chance.maxima_ >= point * (1 - 1e-10)) for point in points]
    few = [scan(replications=999, seed=seed, **settings).fit(cases, **told).maxima_ for seed in (5, 6, 7)]
    return [[gumbel(one, point) / true for point, true in zip(points, share, strict=True)] for one in few]


def test_gumbel_among_few_cases_errs_to_the_safe_side() -> None:
    """A statistic that takes few values is no Gumbel's: p comes out up to two and a half times too large."""
    for five, one, tenth in ratios(town(1), UNTIL, SINCE, 99_999):
        assert 0.8 < five < 1.4
        assert 0.8 < one < 1.7
        assert 0.8 < tenth < 3.0


@pytest.mark.slow
def test_gumbel_of_999_tells_what_29999_do() -> None:
    """Among 2,000 cases (SaTScan's reference data) even 0.001 is told within a third."""
    cases = read("ref2k_500")[0]
    for told in ratios(cases, "2024-06-29", "2024-01-01", 29_999, radius=2000.0, days=28):
        assert all(0.6 < one < 1.6 for one in told)
