"""The simulation of one place is a queue: what closed formulas say lies in its intervals."""

import pytest
from tests.placewise_simulate.small_town import one_place

from placewise.simulate import Estimate, simulate


def holds(found: Estimate, stated: float) -> bool:
    """Whether a stated value lies within the interval, twice as wide as for 95 %: one in ten thousand is left out."""
    assert found.value is not None
    assert found.low is not None
    return abs(found.value - stated) <= 2 * (found.value - found.low)


# Erlang's C: calls an hour, minutes of service, servers, chance of waiting, mean wait in minutes
ERLANG_C = [
    (1.0, 30.0, 1, 0.5, 30.0),  # M/M/1: rho = 0.5, Wq = rho / (mu − lambda)
    (3.0, 30.0, 2, 0.642857, 38.5714),  # a = 1.5
    (8.0, 30.0, 5, 0.554113, 16.6234),  # a = 4
]


@pytest.mark.parametrize(("rate", "minutes", "servers", "queued", "wait"), ERLANG_C)
def test_erlang_c(rate: float, minutes: float, servers: int, queued: float, wait: float) -> None:
    found = simulate(one_place([rate], minutes, servers), days=700, seed=2, runs=12, warm_up=7)
    row = found.response()
    assert holds(row.queued, queued)
    assert holds(row.wait, wait * 60)
    assert holds(found.utilisation, rate * minutes / 60 / servers)
    assert holds(found.waiting, rate / 60 * wait)  # Little
