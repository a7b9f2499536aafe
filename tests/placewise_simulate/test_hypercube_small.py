"""Larson's hypercube on cases small enough for a pencil or a dense solution; what is none is refused."""

from dataclasses import replace

import numpy as np
import pytest
from tests.placewise_simulate.small_town import grid

from placewise.kernels.arrays import Floats
from placewise.simulate import BadHypercube, Hypercube, Overloaded, Unit, erlang_b, erlang_c, every_day, mean_wait


def test_two_units_by_hand() -> None:
    """Zone 1 asks once an hour and prefers unit 1, zone 2 every other hour and prefers unit 2; service takes an hour.

    Balance: 1.5 p00 = p01 + p10; 2.5 p10 = 1 p00 + p11; 2.5 p01 = 0.5 p00 + p11; 2 p11 = 1.5 (p01 + p10).
    """
    found = Hypercube([1.0, 0.5], [[60, 300], [240, 120]], 3600, waiting=False).exact()
    none = 1 / 3.625  # 1 + 1.5 + 1.5² / 2
    assert found.states == pytest.approx([none, 0.85 * none, 0.65 * none, 1.125 * none])
    assert found.utilisation == pytest.approx([1.975 * none, 1.775 * none])
    assert found.lost == pytest.approx(erlang_b(1.5, 2))
    # zone 1: unit 1 where it is free (00, 01), unit 2 where only that is free (10)
    assert found.dispatches == pytest.approx(np.array([[1.65, 0.85], [0.65, 1.85]]) * none)
    assert found.travel == pytest.approx([(1.65 * 60 + 0.85 * 240) / 2.5, (0.65 * 300 + 1.85 * 120) / 2.5])
    sums = np.array([1.65 * 60 + 0.85 * 240, 0.65 * 300 + 1.85 * 120])
    assert found.mean_travel == pytest.approx((sums @ [1.0, 0.5]) / (2.5 * 1.5))


def test_two_units_with_a_queue_by_hand() -> None:
    """The same, but calls wait: all busy becomes a geometric series with ratio 0.75."""
    between = [[0.0, 400.0], [400.0, 0.0]]
    found = Hypercube([1.0, 0.5], [[60, 300], [240, 120]], 3600, between=between).exact()
    none = 1 / 7.0  # 1 + 1.5 + 1.125 / (1 − 0.75)
    assert found.states == pytest.approx([none, 0.85 * none, 0.65 * none, 4.5 * none])
    assert found.utilisation == pytest.approx([5.35 * none, 5.15 * none])
    assert found.queued == pytest.approx(erlang_c(1.5, 2))
    assert found.wait == pytest.approx(mean_wait(1.5, 1.0, 2) * 3600)
    assert found.dispatches.sum(axis=1) == pytest.approx([1.0, 1.0])
    queued = 4.5 * none
    assert found.dispatches[0] == pytest.approx([1.65 * none + queued / 2, 0.85 * none + queued / 2])
    assert found.travel[0] == pytest.approx((1.65 * 60 + 0.85 * 240) * none + queued * 400 / 3)


def dense(model: Hypercube) -> Floats:
    """The steady state without a queue by solving all balance equations at once."""
    units = len(model.service)
    flow = np.zeros((1 << units, 1 << units))
    for state in range(1 << units):
        free = [unit for unit in range(units) if not state >> unit & 1]
        for zone, rate in enumerate(model.rates):
            if sent := [unit for unit in model.order[zone] if unit in free][:1]:
                flow[state, state | 1 << sent[0]] += rate
        for unit in set(range(units)) - set(free):
            flow[state, state ^ 1 << unit] += 3600 / model.service[unit]
    equations = flow.T - np.diag(flow.sum(axis=1))
    equations[0] = 1.0
    return np.linalg.solve(equations, np.eye(1 << units)[0])


@pytest.mark.parametrize("units", [1, 2, 3, 5, 8])
def test_the_exact_one_solves_the_balance_equations(units: int) -> None:
    rng = np.random.default_rng(units)
    rates, travel = rng.gamma(1.0, 0.6, 10), rng.uniform(60, 900, (units, 10))
    model = Hypercube(rates, travel, rng.uniform(1200, 3000, units).tolist(), waiting=False)
    found = model.exact()
    assert found.states == pytest.approx(dense(model), abs=1e-11)
    busy = [sum(p for state, p in enumerate(found.states) if state >> unit & 1) for unit in range(units)]
    assert found.utilisation == pytest.approx(busy)


BAD = [
    (([1.0], np.zeros((0, 1)), 1.0), "no units"),
    (([0.0], [[1.0]], 1.0), "a rate from 0, and one"),
    (([1.0, 1.0], [[1.0]], 1.0), "a rate from 0"),
    (([1.0], [[np.inf]], 1.0), "no way between some places"),
    (([1.0], [[1.0]], 0.0), "mean service is seconds above 0"),
]


@pytest.mark.parametrize(("parts", "says"), BAD, ids=[says for _, says in BAD])
def test_what_is_no_hypercube_is_refused(parts: tuple[object, ...], says: str) -> None:
    with pytest.raises(BadHypercube, match=says):
        Hypercube(*parts)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BadHypercube, match="names every unit once"):
        Hypercube([1.0], [[1.0], [1.0]], 60.0, order=[[0, 0]])
    with pytest.raises(BadHypercube, match="between zones"):
        Hypercube([1.0], [[1.0]], 60.0, between=[[1.0, 1.0]])
    with pytest.raises(Overloaded, match=r"1\.50 times what all units can do"):
        Hypercube([3.0], [[1.0], [1.0]], 3600.0)
    town = grid(2, 2, 60)
    with pytest.raises(BadHypercube, match="knows no shifts"):
        Hypercube.of(replace(town, units=(Unit("a", "s0"), Unit("b", "s1", every_day(0, 43_200)))))
