"""Larson's hypercube against Erlang, its approximation, and the simulation."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from tests.placewise_simulate.small_town import grid, holds

from placewise.simulate import BadHypercube, Hypercube, erlang_b, erlang_c, mean_wait, simulate


@pytest.mark.parametrize(("units", "load", "waiting"), list(product([4, 10], [0.2, 0.6, 0.9], [True, False])))
def test_however_they_are_ordered_so_many_are_busy_as_erlang_says(units: int, load: float, *, waiting: bool) -> None:
    rng = np.random.default_rng(units)
    rates = rng.gamma(1.0, 1.0, 30)
    rates *= units * load / rates.sum()
    model = Hypercube(rates, rng.uniform(60, 900, (units, 30)), 3600, waiting=waiting)
    for found in (model.exact(), model.approximate()):
        lost = 0.0 if waiting else erlang_b(units * load, units)
        assert found.lost == pytest.approx(lost)
        assert found.queued == pytest.approx(erlang_c(units * load, units) if waiting else 0.0)
        assert found.utilisation.mean() == pytest.approx(load * (1 - lost))
        assert found.wait == pytest.approx(3600 * mean_wait(units * load, 1.0, units) if waiting else 0.0)


@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
def test_the_approximate_one_is_near_the_exact(load: float, *, waiting: bool) -> None:
    """Larson 1975 tells of differences of some per cent; three on utilisation and two on travel are kept here."""
    rng = np.random.default_rng(1)
    rates = rng.gamma(1.0, 1.0, 60)
    rates *= 10 * load / rates.sum()
    model = Hypercube(rates, rng.uniform(60, 900, (10, 60)), 3600, waiting=waiting)
    exact, near = model.exact(), model.approximate()
    assert near.utilisation == pytest.approx(exact.utilisation, rel=0.03)
    assert near.mean_travel == pytest.approx(exact.mean_travel, rel=0.02)
    assert near.states is None


def test_more_than_sixteen_units_are_approximated() -> None:
    model = Hypercube(np.full(40, 0.25), np.random.default_rng(0).uniform(60, 900, (20, 40)), 3600)
    assert model.solve().utilisation.mean() == pytest.approx(0.5)
    with pytest.raises(BadHypercube, match="exact to 16 units, and there are 20"):
        model.exact()


# side of the grid, units, calls a day, whether calls wait
TOWNS = [(4, 2, 40, True), (6, 5, 120, True), (6, 5, 200, False), (8, 9, 300, True)]


@pytest.mark.parametrize(("side", "units", "calls", "waiting"), TOWNS)
def test_the_simulation_agrees_where_the_hypercube_holds(side: int, units: int, calls: float, *, waiting: bool) -> None:
    """Hundredths of a second between zones, so that service is exponential and who is free stands at home."""
    town = grid(side, units, calls, minutes_a_step=1 / 6000, waiting=waiting)
    levels = tuple(replace(level, mean=1800.0) for level in town.priorities)
    town = replace(town, priorities=levels)
    model, found = Hypercube.of(town).exact(), simulate(town, days=56, seed=6, runs=12)
    row = found.response()
    for estimate, stated in (
        (row.queued, model.queued),
        (row.lost, model.lost),
        (found.utilisation, model.utilisation.mean()),
        *((unit.utilisation, busy) for unit, busy in zip(found.units, model.utilisation, strict=True)),
        (row.wait, model.wait),
    ):
        assert holds(estimate, stated)
    if not waiting:  # who is sent is told by how long he drives, in each area
        assert holds(row.mean, model.mean_travel)
        for area in sorted({zone.area for zone in town.zones}):
            mine = np.array([zone.area == area for zone in town.zones])
            weight = town.arrivals.weekly.sum(axis=0) * mine * model.dispatches.sum(axis=1)
            assert holds(found.response(area=area).mean, float(weight @ model.travel / weight.sum()))
