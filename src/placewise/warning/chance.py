"""What chance would do: replications of the recent cases, seeded, a share of them at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from placewise.kernels.arrays import Floats, Ints, floats, ints
from placewise.kernels.scan import shuffle_recent
from placewise.warning.cylinders import Cylinders

SHARE = 16  # replications that are drawn from one generator
FIRST_GUESS = 12.0  # a statistic that the first replications are tried with

Drawn = tuple[Ints, Ints, Ints]
"""Where each replication begins, then place and steps back of each case."""


class Chance(Protocol):
    """A way to draw the recent cases where nothing is the matter."""

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """The recent cases of n replications."""


@dataclass(frozen=True, eq=False)
class Permutation:
    """The recent cases keep their steps and get places of all cases of their stratum, without putting back.

    pool: places of all cases by stratum, which begin at pool_first; drawn, back: how many recent cases each stratum
    has, and the steps that each of them lies back, by stratum.
    """

    pool: Ints
    pool_first: Ints
    drawn: Ints
    back: Ints

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """The recent cases of n replications."""
        size = self.back.size
        at, pool = np.empty((n, size), dtype=np.int64), self.pool.copy()
        for one in at:
            shuffle_recent(pool, self.pool_first, self.drawn, rng.random(size), one)
        return np.arange(n + 1) * size, at.ravel(), np.tile(self.back, n)


@dataclass(frozen=True, eq=False)
class Multinomial:
    """As many cases as there were fall anywhere and any time, in proportion to population and to each step's share.

    places: (n,) running sum of the population; steps: (h,) running sum of the shares of the last steps, latest first.
    """

    cases: int
    places: Floats
    steps: Floats

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """The recent cases of n replications."""
        recent = rng.binomial(self.cases, min(self.steps[-1], 1.0), size=n)
        begin = ints(np.concatenate([[0], np.cumsum(recent)]))
        at, back = (self._pick(sums, rng.random(begin[-1])) for sums in (self.places, self.steps))
        return begin, at, back

    @staticmethod
    def _pick(sums: Floats, u: Floats) -> Ints:
        """Numbers in proportion to the differences of `sums`."""
        return ints(np.searchsorted(sums, u * sums[-1], side="right").clip(max=sums.size - 1))


def maxima(
    cylinders: Cylinders, chance: Chance, replications: int, seed: int, threads: int,
    enough: Callable[[Floats], int | None], progress: Callable[[int, int], None],
) -> Floats:  # fmt: skip
    """The greatest statistic of each replication, in order, until there are `enough`; the same on any threads."""
    done = np.empty(0)
    for part in _parts(cylinders, chance, replications, seed, threads):
        done = np.concatenate([done, part])
        progress(min(done.size, replications), replications)
        if (stop := enough(done)) is not None:
            return floats(done[:stop])
    return floats(done)


def _parts(cylinders: Cylinders, chance: Chance, replications: int, seed: int, threads: int) -> Iterator[Floats]:
    """Share after share. The first tells from which statistic on the others are worth a close look."""

    def work(share: int, level: float) -> Floats:
        rng = np.random.default_rng([seed, share])
        begin, at, back = chance.draw(rng, min(SHARE, replications - share * SHARE))
        return cylinders.greatest(begin, at, back, level)

    first = work(0, FIRST_GUESS)
    yield first
    level, shares = float(first.min()), -(-replications // SHARE)
    with ThreadPoolExecutor(threads) as pool:
        for batch in range(1, shares, 4 * threads):
            yield from pool.map(work, range(batch, min(batch + 4 * threads, shares)), [level] * (4 * threads))
