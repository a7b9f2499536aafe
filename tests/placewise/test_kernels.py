"""Compiled loops against plain Python twins written for reading, equal to 1e-12."""

import itertools
from math import erf, exp, floor, sqrt

import numpy as np
import pytest
from tests.placewise.plain_kernels import plain_gaussian, plain_prospective

from placewise.kernels.density import binned, gaussian_sums
from placewise.kernels.excitation import excitation_step
from placewise.kernels.fading import fade_cells, fade_ground
from placewise.kernels.hours import spread_hours
from placewise.kernels.mixture import mixture_step
from placewise.kernels.prospective import prospective_sums

EXACT = {"rel": 1e-12, "abs": 1e-12}


def points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 3000, n), rng.uniform(0, 2000, n)


@pytest.mark.parametrize("h", [60.0, 250.0, 900.0])
def test_gaussian_sums(h: float) -> None:
    (x, y), (at_x, at_y) = points(150, 1), points(80, 2)
    x[0], y[0] = -500.0, 2400.0
    weight = np.random.default_rng(3).random(150)
    start, members, bins = binned(at_x, at_y, 4 * h)
    got = gaussian_sums(x, y, weight, at_x, at_y, start, members, bins, h)
    assert got == pytest.approx(plain_gaussian(x, y, weight, at_x, at_y, 4 * h, h), **EXACT)


def test_prospective_sums() -> None:
    (x, y), (at_x, at_y) = points(150, 4), points(80, 5)
    age = np.random.default_rng(6).integers(0, 8, 150).astype(float)
    start, members, bins = binned(at_x, at_y, 400.0)
    got = prospective_sums(x, y, age, at_x, at_y, start, members, bins, 125.0)
    assert got == pytest.approx(plain_prospective(x, y, age, at_x, at_y, 400.0, 125.0), **EXACT)


def test_mixture_step() -> None:
    rng = np.random.default_rng(7)
    parts, counts, weights = rng.random((40, 5)), rng.poisson(1.0, 40).astype(float), rng.random(5)
    mass = parts.sum(axis=0)
    mass[4] = 0.0
    want = []
    for j in range(5):
        credit = sum(
            counts[i] * weights[j] * parts[i, j] / sum(weights[k] * parts[i, k] for k in range(5)) for i in range(40)
        )
        want.append(credit / mass[j] if mass[j] else 0.0)
    assert mixture_step(parts, counts, weights, mass) == pytest.approx(want, **EXACT)


def test_a_mixture_step_raises_the_likelihood() -> None:
    rng = np.random.default_rng(8)
    parts, counts = rng.random((60, 4)), rng.poisson(1.0, 60).astype(float)
    weights = np.full(4, 0.25)
    seen = []
    for _ in range(20):
        rate = parts @ weights
        seen.append(float(counts @ np.log(rate) - rate.sum()))
        weights = mixture_step(parts, counts, weights, parts.sum(axis=0))
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(seen))


def test_excitation_step() -> None:
    rng = np.random.default_rng(9)
    cells = np.sort(rng.integers(0, 6, 40))
    day = np.concatenate([np.sort(rng.uniform(0, 100, int((cells == c).sum()))) for c in range(6)])
    start = np.searchsorted(cells, np.arange(7)).astype(np.int64)
    background, theta, omega = rng.uniform(0.01, 0.05, 6), 0.3, 0.15
    own, triggered, lag = [0.0] * 6, 0.0, 0.0
    for j in range(40):
        before = [i for i in range(40) if cells[i] == cells[j] and i < j]
        sparks = [theta * omega * exp(-omega * (day[j] - day[i])) for i in before]
        rate = background[cells[j]] + sum(sparks)
        own[cells[j]] += background[cells[j]] / rate
        triggered += sum(sparks) / rate
        lag += sum(s * (day[j] - day[i]) for s, i in zip(sparks, before, strict=True)) / rate
    got = excitation_step(start, day, background, theta, omega)
    assert got[0] == pytest.approx(own, **EXACT)
    assert got[1:] == pytest.approx((triggered, lag), **EXACT)


WEEKS, TRIALS = 9, 4


def fading_case() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(10)
    week = np.sort(rng.integers(0, WEEKS, 60))
    start = np.searchsorted(week, np.arange(WEEKS + 1)).astype(np.int64)
    row_week = np.sort(rng.integers(0, TRIALS, 15))
    row_start = np.searchsorted(row_week, np.arange(TRIALS + 1)).astype(np.int64)
    row_cell = rng.integers(0, 12, 15)
    return week, start, row_week, row_start, row_cell, np.array([0.5, 0.9])


def test_fade_cells() -> None:
    week, start, row_week, row_start, row_cell, keep = fading_case()
    cell = np.random.default_rng(11).integers(0, 12, 60)

    def faded(i: int, before: int, j: int) -> float:
        return sum(keep[j] ** (before - 1 - week[e]) for e in range(60) if cell[e] == i and week[e] < before)

    rows, state, sums = fade_cells(start, cell, keep, row_start, row_cell, 12)
    first = WEEKS - TRIALS
    want = [[faded(row_cell[r], first + row_week[r], j) for j in (0, 1)] for r in range(15)]
    assert rows == pytest.approx(np.array(want), **EXACT)
    assert state == pytest.approx(np.array([[faded(i, WEEKS, j) for j in (0, 1)] for i in range(12)]), **EXACT)
    totals = [[sum(faded(i, first + t, j) for i in range(12)) for j in (0, 1)] for t in range(TRIALS)]
    assert sums == pytest.approx(np.array(totals), **EXACT)


def pixel_part(at: float, pixel: int, sigma: float) -> float:
    """What a Gaussian at `at` leaves in a pixel: nothing in pixels that three standard deviations do not touch."""
    if not floor(at - 3 * sigma) <= pixel <= floor(at + 3 * sigma):
        return 0.0
    return 0.5 * (erf((pixel + 1 - at) / sigma / sqrt(2)) - erf((pixel - at) / sigma / sqrt(2)))


def test_fade_ground() -> None:
    week, start, row_week, row_start, row_cell, keep = fading_case()
    rng = np.random.default_rng(12)
    height, width, sigma = 5, 6, 0.8
    x, y = rng.uniform(-1, width + 1, 60), rng.uniform(-1, height + 1, 60)
    corner = rng.integers(0, height * width, (4, 12))
    share, inside = rng.dirichlet(np.ones(4), 12).T.copy(), rng.uniform(0.5, 1, 12)

    def faded(i: int, before: int, j: int) -> float:
        total = 0.0
        for q in range(4):
            row, column = divmod(int(corner[q, i]), width)
            for e in range(60):
                if week[e] < before:
                    part = pixel_part(x[e], column, sigma) * pixel_part(y[e], row, sigma)
                    total += share[q, i] * keep[j] ** (before - 1 - week[e]) * part
        return total / inside[i]

    rows, final, sums = fade_ground(
        start, x, y, keep, row_start, row_cell, corner, share, inside, np.array([height, width]), sigma
    )
    first = WEEKS - TRIALS
    want = [[faded(row_cell[r], first + row_week[r], j) for j in (0, 1)] for r in range(15)]
    assert rows == pytest.approx(np.array(want), **EXACT)
    assert final == pytest.approx(np.array([[faded(i, WEEKS, j) for j in (0, 1)] for i in range(12)]), **EXACT)
    totals = [[sum(faded(i, first + t, j) for i in range(12)) for j in (0, 1)] for t in range(TRIALS)]
    assert sums == pytest.approx(np.array(totals), **EXACT)


def plain_hours(first, last):  # type: ignore[no-untyped-def]
    total = [0.0] * 168
    for a, b in zip(first, last, strict=True):
        if b <= a:
            total[floor(a) % 168] += 1
        elif b - a > 4 * 168:
            total = [value + 1 / 168 for value in total]
        else:
            for hour in range(floor(a), floor(b) + 1):
                total[hour % 168] += max(min(b, hour + 1) - max(a, hour), 0) / (b - a)
    return total


def test_spread_hours() -> None:
    rng = np.random.default_rng(13)
    first = rng.uniform(0, 5000, 80)
    last = first + rng.choice([0.0, 0.25, 24.0, 61.5, 900.0], 80)
    first[:20], last[:20] = np.floor(first[:20]), np.floor(first[:20]) + 24
    got = spread_hours(first, last)
    assert got == pytest.approx(plain_hours(first, last), rel=1e-9)
    assert got.sum() == pytest.approx(80)
