"""From replications to probabilities."""

import numpy as np

from placewise.kernels.arrays import Floats
from placewise.warning.errors import TooFewReplications

EQUAL = 1e-10  # relative difference below which two statistics are the same


def at_least(maxima: Floats, statistic: float) -> int:
    """How many replications reach the statistic."""
    return int(np.sum(maxima >= statistic * (1 - EQUAL)))


def monte_carlo(maxima: Floats, statistic: float, asked: int) -> float:
    """Rank among the replications and the data themselves; after an early stop hits by replications (Besag and
    Clifford 1991, Biometrika 78), for what made them stop.
    """
    hits = at_least(maxima, statistic)
    stopped = maxima.size < asked
    return max(hits, 1) / maxima.size if stopped else (hits + 1) / (maxima.size + 1)


def gumbel(maxima: Floats, statistic: float) -> float:
    """Chance of a maximum this large by a Gumbel distribution with the replications' mean and spread (Abrams, Kulldorff
    and Kleinman 2010, International Journal of Health Geographics 9). 1 where all replications are alike.
    """
    scale = float(np.std(maxima, ddof=1)) * np.sqrt(6) / np.pi if maxima.size > 1 else 0.0
    if scale == 0:
        return 1.0
    place = float(np.mean(maxima)) - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(statistic - place) / scale)))


def recurrence(p: float, analyses: int, pause: float) -> float:
    """Days of analyses, `pause` days apart, until chance alone shows one like it, where p is for `analyses` together.

    Each by itself then has 1 − (1 − p)^(1/analyses); for one analysis it is days by p (Kleinman, Abrams, Kulldorff and
    Platt 2005, Statistics in Medicine 24).
    """
    alone = 1.0 if p >= 1 else -np.expm1(np.log1p(-p) / analyses)
    return float(pause / alone)


def critical(maxima: Floats, alpha: float) -> float:
    """The statistic that a cluster must exceed for p ≤ alpha."""
    rank = int(np.floor(alpha * (maxima.size + 1) * (1 + EQUAL)))
    if not 0 < alpha < 1 or rank < 1:
        raise TooFewReplications(f"{maxima.size:,} replications tell no critical value for {alpha:g}")
    return float(np.sort(maxima)[-rank])


def enough_after(maxima: Floats, statistic: float, hits: int | None) -> int | None:
    """After how many replications the statistic was reached `hits` times; None while it was not."""
    if hits is None:
        return None
    reached = np.flatnonzero(maxima >= statistic * (1 - EQUAL))
    return int(reached[hits - 1]) + 1 if reached.size >= hits else None
