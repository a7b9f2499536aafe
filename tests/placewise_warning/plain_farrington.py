"""The flexible Farrington chart for one area and one week, written for reading: its likelihood is climbed."""

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
from scipy import stats
from scipy.optimize import minimize

YEAR = 365.25 / 7


def baseline(week, years, half, levels, recent):
    """Pairs of past week and level of its season."""
    same = [week - round(k * YEAR) for k in range(years, -1, -1)]
    pairs = []
    for t in range(same[0] - half, week - recent):
        if any(abs(t - s) <= half for s in same):
            pairs.append((t, 0))
            continue
        (south, north), *_ = [(a, b) for a, b in pairwise(same) if a < t < b]
        between = list(range(south + half + 1, north - half))
        pairs.append((t, 1 + (levels - 1) * between.index(t) // len(between)))
    return pairs


def climbed(y, rows, weights):
    """Coefficients of the greatest weighted Poisson likelihood, means, and their covariance over φ by differences."""

    def loss(beta):
        eta = np.clip(rows @ beta, -30, 30)
        return float(np.sum(weights * (np.exp(eta) - y * eta)))

    def slope(beta):
        return (weights * (np.exp(np.clip(rows @ beta, -30, 30)) - y)) @ rows

    begin = np.zeros(rows.shape[1])
    begin[0] = log(np.mean(y) + 0.01)
    beta = minimize(loss, begin, jac=slope, method="BFGS", options={"gtol": 1e-7}).x
    step = 1e-5
    curve = np.array([(slope(beta + step * e) - slope(beta - step * e)) / (2 * step) for e in np.eye(beta.size)])
    return beta, np.exp(rows @ beta), np.linalg.inv(curve)


def plain_farrington(counts, week, *, alpha, years=5, half=3, levels=10, recent=26, outlier=2.58, bound="nbinom"):
    """Expected count, upper count and φ of one week."""
    pairs = baseline(week, years, half, levels, recent)
    y = np.array([counts[t] for t, _ in pairs], dtype=float)
    for trend in (True, False):
        rows = np.array(
            [[1.0, *([(t - week) / YEAR] if trend else []), *(float(level == k) for k in range(1, levels))]
             for t, level in pairs]
        )  # fmt: skip
        _, mean, spread = climbed(y, rows, np.ones(y.size))
        phi = max(1.0, float(np.sum((y - mean) ** 2 / mean)) / (y.size - rows.shape[1]))
        raw = []
        for i in range(y.size):
            leverage = mean[i] * float(rows[i] @ spread @ rows[i])
            residual = 1.5 * (y[i] ** (2 / 3) - mean[i] ** (2 / 3)) / mean[i] ** (1 / 6) / sqrt(phi * (1 - leverage))
            raw.append(residual**-2 if residual > outlier else 1.0)
        weights = np.array(raw) * y.size / sum(raw)
        beta, mean, spread = climbed(y, rows, weights)
        phi = max(1.0, float(np.sum(weights * (y - mean) ** 2 / mean)) / (y.size - rows.shape[1]))
        now = exp(beta[0])
        if now <= y.max():
            break
    if bound == "power":
        error = sqrt(4 / 9 * now ** (-2 / 3) * (phi * now + now**2 * phi * spread[0, 0]))
        return now, (now ** (2 / 3) + stats.norm.ppf(1 - alpha) * error) ** 1.5, phi
    if phi > 1 + 1e-6:
        return now, float(stats.nbinom.ppf(1 - alpha, now / (phi - 1), 1 / phi)), phi
    return now, float(stats.poisson.ppf(1 - alpha, now)), phi
