"""The compiled loops of Knox's table against their plain twin, on cases small enough for the interpreter."""

import numpy as np
import pytest
from tests.placewise_warning.plain_knox import plain_knox

from placewise.kernels.pairs import LANES, pair_bands, pair_counts


@pytest.mark.parametrize(("metric", "power"), [("straight", 2.0), ("blocks", 1.0)])
def test_the_loop_counts_each_order_as_the_twin_does(metric, power):
    rng = np.random.default_rng(1)
    x, y, day = rng.uniform(0, 400, 40), rng.uniform(0, 400, 40), rng.integers(0, 60, 40)
    orders = np.array([np.random.default_rng(k).permutation(day) for k in range(LANES)]).T.astype(np.int16)
    i, j = (side.astype(np.int32) for side in np.triu_indices(40, 1))
    edges = np.array([1.0, 100.0, 200.0, 1e9])
    band = pair_bands(i, j, x, y, edges, power)
    counts = pair_counts(i, j, band, orders, np.array([7, 14], dtype=np.int16), 4)
    points = list(zip(x, y, strict=True))
    for lane in (0, 7, LANES - 1):
        bands = np.diff(counts[:3, :, lane], axis=1, prepend=0)
        assert bands.tolist() == plain_knox(points, orders[:, lane].tolist(), (100, 200), (7, 14), metric)


def test_counters_of_16_bits_do_not_run_over():
    # 70,000 pairs at one place on one day: more than a counter holds before it is emptied
    i, j = np.zeros(70_000, dtype=np.int32), np.ones(70_000, dtype=np.int32)
    times = np.zeros((2, LANES), dtype=np.int16)
    counts = pair_counts(i, j, np.zeros(70_000, dtype=np.uint8), times, np.array([7], dtype=np.int16), 1)
    assert np.all(counts == 70_000)
