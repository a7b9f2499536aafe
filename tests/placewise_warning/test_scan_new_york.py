"""A published sample with places that have no cases: what SaTScan 10.3.2 finds, and its critical values."""

from datetime import date

import numpy as np
import pytest
from tests.placewise_warning.nyc_fever import CASES, MIDDLES

from placewise.warning import Cases, SpaceTimeScan
from placewise.warning.cases import metres_of


@pytest.fixture(scope="module")
def zips() -> tuple[np.ndarray, SpaceTimeScan]:
    """The ZIP codes, and 99,999 replications."""
    case, middle = np.array(CASES.split(), dtype=int).reshape(-1, 2), np.array(MIDDLES.split(), dtype=float)
    codes, lat, lon = middle.reshape(-1, 3).T
    place, day = np.searchsorted(codes, case[:, 0]), np.datetime64("2001-10-31") + case[:, 1]
    cases = Cases.from_counts(*metres_of(lon.copy(), lat.copy()), place, day)
    assert (len(cases), codes.size, np.unique(place).size) == (194, 192, 75)
    scan = SpaceTimeScan(radius=3000, days=7, replications=99_999, seed=1)
    return codes.astype(int), scan.fit(cases, until="2001-11-25", since="2001-11-01")


def test_the_clusters_are_those_of_satscan(zips: tuple[np.ndarray, SpaceTimeScan]) -> None:
    codes, scan = zips
    first, second, third = scan.clusters_[:3]
    assert codes[list(first.places)].tolist() == [11418, 11415, 11419, 11435, 11416, 11421, 11451, 11375, 11417]
    assert round(first.radius / 1000, 2) == 2.90
    assert (first.start, first.end, first.observed) == (date(2001, 11, 22), date(2001, 11, 24), 4)
    assert round(first.expected, 2) == 0.67
    assert [codes[list(one.places)].tolist() for one in (second, third)] == [[11372], [10472]]
    assert [(one.days, one.observed) for one in (second, third)] == [(1, 2), (2, 2)]
    assert [round(one.statistic, 6) for one in (first, second, third)] == [3.845418, 3.164201, 2.137259]


def test_p_agree_with_the_few_replications_after_which_satscan_stopped(
    zips: tuple[np.ndarray, SpaceTimeScan],
) -> None:
    """After 207 replications, with 50 hits: 0.242, 0.575 and 0.966."""
    for cluster, p in zip(zips[1].clusters_, (0.242, 0.575, 0.966), strict=False):
        assert abs(cluster.p - p) < 3 * np.sqrt(cluster.p * (1 - cluster.p) / 207)


def test_critical_values_are_the_published_ones(zips: tuple[np.ndarray, SpaceTimeScan]) -> None:
    """QuantCrimAtLeeds' PredictCode records SaTScan's of 99,999 replications: 4.752877, 5.887987 and 7.121381.

    A greatest statistic takes few values: the first two are hit exactly, the third is the share of some hundred hits.
    """
    scan = zips[1]
    assert round(scan.critical(0.05), 6) == 4.752877
    assert round(scan.critical(0.01), 6) == 5.887987
    assert scan.critical(0.001) == pytest.approx(7.121381, abs=0.1)
    beyond = np.mean(scan.maxima_ >= 7.121381 - 1e-6)
    assert beyond == pytest.approx(0.001, abs=4 * np.sqrt(0.001 * 2 / 99_999))
