"""Plain Python twins of compiled kernels, written for reading; tests and a benchmark hold the loops against them."""

from collections.abc import Iterable
from math import exp, floor, pi, sqrt

Numbers = Iterable[float]


def plain_gaussian(
    x: Numbers, y: Numbers, weight: Numbers, at_x: Numbers, at_y: Numbers, width: float, h: float
) -> list[float]:
    sums = []
    for px, py in zip(at_x, at_y, strict=True):
        total = 0.0
        for ex, ey, w in zip(x, y, weight, strict=True):
            d2 = (ex - px) ** 2 + (ey - py) ** 2
            if d2 < width**2:
                total += w * exp(-d2 / (2 * h**2)) / (2 * pi * h**2)
        sums.append(total)
    return sums


def plain_prospective(
    x: Numbers, y: Numbers, age: Numbers, at_x: Numbers, at_y: Numbers, reach: float, step: float
) -> list[float]:
    sums = []
    for px, py in zip(at_x, at_y, strict=True):
        total = 0.0
        for ex, ey, weeks in zip(x, y, age, strict=True):
            d2 = (ex - px) ** 2 + (ey - py) ** 2
            if d2 < reach**2:
                total += 1 / (1 + weeks) / (1 + floor(sqrt(d2) / step))
        sums.append(total)
    return sums
