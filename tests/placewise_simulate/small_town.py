"""Small towns for tests of the simulation: one place, or a grid of zones, with units at stations."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from placewise.simulate import Arrivals, Estimate, Priority, Scenario, Station, Unit, Zone

HOUR = 3600.0
WEEK_HOURS = 168


def one_place(
    calls_an_hour: Sequence[float], minutes: float, servers: int, *, cv: float = 1.0, **rules: Any
) -> Scenario:
    """All calls and units at one place, so that nothing is driven: a queue with `servers` servers."""
    levels = tuple(Priority(str(i + 1), mean=minutes * 60, cv=cv) for i in range(len(calls_an_hour)))
    return Scenario(
        zones=(Zone("z", 0.0, 0.0),),
        stations=(Station("s", 0.0, 0.0),),
        units=tuple(Unit(f"u{i}", "s") for i in range(servers)),
        priorities=levels,
        arrivals=Arrivals.even(np.array(calls_an_hour)[:, None] * WEEK_HOURS),
        travel=np.zeros((2, 2)),
        **rules,
    )


def grid(side: int, units: int, calls_a_day: float, *, minutes_a_step: float = 1.0, **rules: Any) -> Scenario:
    """`side` × `side` zones in four areas, driven like a chessboard; units at the zones, two priorities."""
    spots = [(i, j) for i in range(side) for j in range(side)]
    half = (side + 1) // 2
    zones = tuple(Zone(f"z{i}.{j}", 0.01 * i, 0.01 * j, f"a{i // half}{j // half}") for i, j in spots)
    stations = tuple(Station(f"s{k}", zones[at].lon, zones[at].lat) for k, at in enumerate(_spread(len(zones), units)))
    at = np.array([*spots, *(spots[k] for k in _spread(len(zones), units))], dtype=np.float64)
    travel = np.abs(at[:, None] - at[None, :]).sum(axis=2) * minutes_a_step * 60
    crews = tuple(Unit(f"u{k}", f"s{k}", beat=(zones[z].area,)) for k, z in enumerate(_spread(len(zones), units)))
    weights = np.random.default_rng(5).gamma(2.0, 1.0, len(zones))
    weekly = np.outer([0.3, 0.7], weights / weights.sum()) * calls_a_day * 7
    levels = (Priority("urgent", mean=1800.0, target=480.0), Priority("other", mean=1500.0, target=1200.0))
    parts: dict[str, Any] = {"priorities": levels, "arrivals": Arrivals.even(weekly), "units": crews, "travel": travel}
    return Scenario(**{"zones": zones, "stations": stations, **parts, **rules})


def holds(found: Estimate, stated: float) -> bool:
    """Whether a stated value lies in the interval, made wide enough that of a thousand true ones all but one do."""
    assert found.value is not None
    assert found.low is not None
    return abs(found.value - stated) <= 2 * (found.value - found.low)


def _spread(size: int, count: int) -> list[int]:
    return [(2 * k + 1) * size // (2 * count) for k in range(count)]
