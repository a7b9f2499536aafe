"""Stays near places: a track in, stated stays out; and the same by a plain walk over the positions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pyproj import Transformer

from placewise.space.stays import BadTrack, StayRules, stays

PLACES = ([-79.38, -79.37], [43.65, 43.65])
"""Two places some 800 m apart."""
FAR = (-79.30, 43.70)
T0 = np.datetime64("2022-01-01T22:00:00", "us")
A, B = (-79.38, 43.65), (-79.37, 43.65)


def track(*steps: tuple[float, tuple[float, float]]) -> tuple[np.ndarray, list[float], list[float]]:
    """Times and positions from (minute, position) pairs."""
    times = T0 + np.array([round(minute * 60e6) for minute, _ in steps], dtype="timedelta64[us]")
    return times, [at[0] for _, at in steps], [at[1] for _, at in steps]


def found(steps: list[tuple[float, tuple[float, float]]], **rules: float) -> list[tuple[int, float, float]]:
    """Place, first minute and length of each stay."""
    told = stays(*track(*steps), *PLACES, StayRules(**rules))
    first = (told.first - T0) / np.timedelta64(1, "m")
    return [
        (int(p), round(float(f), 3), round(float(m), 3))
        for p, f, m in zip(told.place, first, told.minutes, strict=True)
    ]


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        ([], []),
        ([(0, FAR), (10, FAR)], []),
        ([(m, A) for m in range(13)], [(0, 0, 12)]),
        ([(0, A), (4.9, A)], []),  # too short
        ([(0, A), (5, A)], [(0, 0, 5)]),  # just long enough
        ([(0, A), (3, A), (4, FAR), (5, A), (8, A)], [(0, 0, 8)]),  # two minutes astray
        ([(0, A), (6, A), (7, FAR), (9, A), (15, A)], [(0, 0, 6), (0, 9, 6)]),  # away for three: two stays
        ([(0, A), (6, A), (16, A), (22, A)], [(0, 0, 22)]),  # silent for ten minutes
        ([(0, A), (6, A), (17, A), (23, A)], [(0, 0, 6), (0, 17, 6)]),  # silent for eleven: what nobody saw
        ([(0, A), (40, A)], []),  # two positions with nothing between are no stay
        ([(0, A), (6, A), (7, B), (13, B)], [(0, 0, 6), (1, 7, 6)]),
        ([(13, B), (0, A), (7, B), (6, A), (6, FAR)], [(0, 0, 6), (1, 7, 6)]),  # out of order, a moment twice
    ],
)
def test_a_track_in_stays_out(steps: list[tuple[float, tuple[float, float]]], answer: list[object]) -> None:
    assert found(steps) == answer


def test_reach_is_measured_in_metres_and_includes_its_edge() -> None:
    north = (-79.38, 43.65 + 100 / 111_134)  # a hundred metres, to some centimetres
    steps = [(0.0, north), (10.0, north)]
    assert found(steps, within=99) == []
    assert found(steps, within=101) == [(0, 0, 10)]


def test_of_two_places_within_reach_the_nearest_is_visited() -> None:
    between = (-79.374, 43.65)
    assert found([(0.0, between), (6.0, between)], within=1_000) == [(1, 0, 6)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"within": 0.0}, {"least": -1.0}, {"silence": 0.0}, {"astray": -0.1},
    ],
)  # fmt: skip
def test_rules_without_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadTrack, match="above nothing"):
        StayRules(**wrong)


def test_what_makes_no_track_is_refused() -> None:
    with pytest.raises(BadTrack, match="differ in length"):
        stays([T0], [0.0, 1.0], [0.0], *PLACES)
    for times, lon in (([np.datetime64("NaT")], [0.0]), ([T0], [np.nan]), ([T0], [181.0])):
        with pytest.raises(BadTrack, match="no time"):
            stays(times, lon, [0.0], *PLACES)


def test_without_places_nobody_stayed() -> None:
    assert len(stays(*track((0, A), (9, A)), [], [])) == 0


def plain(times: np.ndarray, lon: list[float], lat: list[float], rules: StayRules) -> list[tuple[int, object, object]]:
    """The same by walking from position to position, distances in the place's UTM zone."""
    zone = Transformer.from_crs("EPSG:4326", "EPSG:32617", always_xy=True)
    spots = [zone.transform(px, py) for px, py in zip(*PLACES, strict=True)]
    rows = sorted({t: (x, y) for t, x, y in reversed(list(zip(times.tolist(), lon, lat, strict=True)))}.items())
    runs: list[list[object]] = []
    outside = False
    for at, (x, y) in rows:
        east, north = zone.transform(x, y)
        metres = [np.hypot(east - px, north - py) for px, py in spots]
        place = int(np.argmin(metres))
        if metres[place] > rules.within:
            outside = True
            continue
        most = rules.astray if outside else rules.silence
        if runs and runs[-1][0] == place and (at - runs[-1][2]).total_seconds() / 60 <= most:
            runs[-1][2] = at
        else:
            runs.append([place, at, at])
        outside = False
    return [(p, a, b) for p, a, b in runs if (b - a).total_seconds() / 60 >= rules.least]


@pytest.mark.parametrize("seed", range(6))
def test_the_plain_walk_finds_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 400
    minutes = np.cumsum(rng.choice([0.3, 1.0, 3.0, 12.0], n, p=[0.4, 0.4, 0.15, 0.05]))
    state = np.repeat(rng.integers(0, 3, n // 8), 8)
    x = np.choose(state, [A[0], B[0], FAR[0]]) + rng.normal(0, 6e-4, n)
    y = np.choose(state, [A[1], B[1], FAR[1]]) + rng.normal(0, 4e-4, n)
    times = T0 + (minutes * 60e6).astype("timedelta64[us]")
    rules = StayRules(within=90, least=3)
    told = stays(times, x, y, *PLACES, rules)
    assert len(told) > 3
    assert list(zip(told.place.tolist(), told.first.tolist(), told.last.tolist(), strict=True)) == plain(
        times, x.tolist(), y.tolist(), rules
    )
    assert all(a <= b for a, b in pairwise(told.last.tolist()))
    assert told.positions.sum() <= n
