"""Fitting by Poisson likelihood: weights of a mixture, and a log-linear correction of what the mixture says."""

from dataclasses import dataclass

import numpy as np

from placewise.kernels.arrays import Floats, floats
from placewise.kernels.mixture import mixture_step

STEPS = 200
BELIEF = 50.0  # incidents' worth of belief in the weights that one begins with
LIMIT = 2.0  # the correction multiplies by at most e², and divides by no more


def mixture(at_events: Floats, mass: Floats, first: Floats) -> Floats:
    """Weights (s,) of scales, given their rates at events (e, s), their sums over all trials (s,) and first weights.

    EM under a Poisson likelihood; the first weights count as much as `BELIEF` incidents, so that a small town keeps
    nearer to them.
    """
    count = float(at_events.shape[0])
    if count == 0.0:
        return first
    weights, ones = first.copy(), np.ones(at_events.shape[0])
    for _ in range(STEPS):
        credit = mixture_step(at_events, ones, weights, mass)
        weights = (credit * count + first * BELIEF) / (count + BELIEF)
    return weights


@dataclass(frozen=True)
class Correction:
    """A log-linear factor: centre and spread (c,) of the columns, which of them are multiplied, weights, covariance."""

    centre: Floats
    spread: Floats
    crossed: tuple[int, ...]
    weights: Floats
    covariance: Floats

    def log_factor(self, columns: Floats) -> Floats:
        """(r,) log of the factor for rows of columns (r, c)."""
        return np.clip(self._design(columns) @ self.weights, -LIMIT, LIMIT)

    def variance(self, columns: Floats) -> Floats:
        """(r,) variance of the log factor from not knowing the weights exactly."""
        design = self._design(columns)
        return floats(np.einsum("ij,jk,ik->i", design, self.covariance, design))

    def _design(self, columns: Floats) -> Floats:
        return _design((columns - self.centre) / self.spread, self.crossed)


def correction(
    columns: Floats, log_rate: Floats, event: Floats, weight: Floats, *, crossed: tuple[int, ...], ridge: float
) -> Correction:
    """The factor under which trial rows are likeliest: Newton's method on Σ_events log λ − Σ weight·λ − ridge.

    columns (r, c), log_rate (r,) what the mixture says, event and weight (r,) as in `Trials`.
    """
    mass = weight * np.exp(log_rate)
    mass = mass / mass.sum()
    centre = mass @ columns
    spread = np.sqrt(mass @ (columns - centre) ** 2) + 1e-6
    design = _design((columns - centre) / spread, crossed)
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1.0
    weights = np.zeros(design.shape[1])
    pull = event @ design
    places = weight > 0  # the integral needs no rows of incidents
    at, base, cost = design[places], log_rate[places], weight[places]
    for _ in range(15):
        mean = cost * np.exp(base + np.clip(at @ weights, -LIMIT, LIMIT))
        curve = (at * mean[:, None]).T @ at + np.diag(penalty)
        step = np.linalg.solve(curve, pull - mean @ at - penalty * weights)
        weights = weights + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-4:
            break
    return Correction(centre, spread, crossed, weights, floats(np.linalg.inv(curve)))


def _design(scaled: Floats, crossed: tuple[int, ...]) -> Floats:
    """A constant, the columns, and products of pairs of the crossed ones, all within bounds."""
    scaled = np.clip(scaled, -4.0, 4.0)
    pairs = [scaled[:, a] * scaled[:, b] for k, a in enumerate(crossed) for b in crossed[k:]]
    return floats(np.column_stack([np.ones(scaled.shape[0]), scaled, *pairs]))
