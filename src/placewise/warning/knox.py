"""Knox's test: are incidents that lie near each other also nearer in time than chance would have them?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from placewise.kernels.arrays import Floats, Ints, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.pairs import LANES, MOST_TIME, Int16, Int32, UInt8, pair_bands, pair_counts
from placewise.warning.errors import is_count

Metric = Literal["straight", "blocks"]

SAME_PLACE = 1.0
"""Metres within which two positions are the same address."""
MOST_PAIRS = 300_000_000
"""Near pairs that fit into some gigabytes."""


class BadPairs(PlacewiseError):
    """Places, days or bands that no table of pairs can be made of."""


class TooManyPairs(PlacewiseError):
    """More pairs lie within the greatest distance than memory holds."""


@dataclass(frozen=True, eq=False)
class KnoxTable:
    """Pairs of incidents by distance band (rows) and time band (columns), against the same places in random order.

    distances: (d,) upper edges in metres, the first that of one and the same place; days: (t,) upper edges in whole
    days; observed, mean, median, margins: (d, t) pairs seen, mean and median over the random orders, and the product
    of both margins over all pairs (Knox 1964); p: (d, t) share of orders, the observed among them, with at least as
    many pairs; n: incidents; replications: random orders; seed: theirs.
    """

    distances: Floats
    days: Ints
    observed: Ints
    mean: Floats
    median: Floats
    margins: Floats
    p: Floats
    n: int
    replications: int
    seed: int

    def __post_init__(self) -> None:
        for part in (self.distances, self.days, self.observed, self.mean, self.median, self.margins, self.p):
            frozen(part)

    @property
    def ratio(self) -> Floats:
        """(d, t) observed over the mean of the random orders; 1 where neither has a pair."""
        return _over(self.observed, self.mean)

    @property
    def ratio_to_median(self) -> Floats:
        """(d, t) observed over the median of the random orders; infinite where that is nought and pairs were seen."""
        return _over(self.observed, self.median)

    def frame(self) -> pl.DataFrame:
        """One row for each pair of bands, distances outermost."""
        rows, columns = self.observed.shape
        low = np.concatenate([[0.0], self.distances[:-1]])
        first = np.concatenate([[0], self.days[:-1] + 1])
        tables = {
            name: getattr(self, name).ravel()
            for name in ("observed", "mean", "median", "margins", "ratio", "ratio_to_median", "p")
        }
        return pl.DataFrame(
            {
                "over_metres": np.repeat(low, columns),
                "to_metres": np.repeat(self.distances, columns),
                "from_days": np.tile(first, rows),
                "to_days": np.tile(self.days, rows),
                **tables,
            }
        )


def knox(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    day: npt.ArrayLike,
    *,
    distances: Sequence[float],
    days: Sequence[int],
    replications: int = 999,
    seed: int = 0,
    metric: Metric = "straight",
    workers: int | None = None,
) -> KnoxTable:
    """The table of incidents at x, y (n,) metres on whole days (n,), by upper edges of distances and of days.

    A band for one and the same place is put first. Each random order deals the days out anew among the places, which
    keeps both margins (Besag and Diggle 1977). The same seed gives the same table on any number of workers.
    Raises BadPairs, TooManyPairs.
    """
    spots, when = _spots(x, y), _whole(day)
    edges = _distance_edges(distances)
    limits = _day_edges(days)
    _check(spots, when, limits, (replications, seed), metric)
    order = np.lexsort((when, spots[:, 1], spots[:, 0]))  # so that the order in which the rows came changes nothing
    spots, when = spots[order], when[order]
    near = near_pairs(spots, edges, metric)
    counts = _orders(near, when, (edges.size, limits), replications, seed, workers)
    margins = np.outer(np.bincount(near.band, minlength=edges.size), _time_shares(when, limits))
    return _table(counts, margins, (edges, limits), (int(when.size), replications, seed))


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs within the greatest distance: i, j (m,) of the points, and the distance band (m,) of each."""

    i: Int32
    j: Int32
    band: UInt8


def near_pairs(spots: Floats, edges: Floats, metric: Metric = "straight") -> NearPairs:
    """All pairs of points (n, 2) in metres that are at most the last edge apart. Raises TooManyPairs."""
    tree, power = cKDTree(spots), (1.0 if metric == "blocks" else 2.0)
    found = (int(tree.count_neighbors(tree, edges[-1], p=power)) - len(spots)) // 2
    if found > MOST_PAIRS:
        raise TooManyPairs(f"{found:,} pairs lie within {edges[-1]:g} m; take shorter distances or fewer incidents")
    pairs = tree.query_pairs(edges[-1], p=power, output_type="ndarray").astype(np.int32)
    i, j = (np.ascontiguousarray(pairs[:, side]) for side in (0, 1))
    return NearPairs(i, j, pair_bands(i, j, floats(spots[:, 0]), floats(spots[:, 1]), edges, power))


def _orders(
    near: NearPairs, when: Ints, bands: tuple[int, Ints], replications: int, seed: int, workers: int | None
) -> Ints:
    """(d, t, replications + 1) pairs in each pair of bands, first as observed, then in each random order."""
    limits = bands[1].astype(np.int16)

    def batch(number: int) -> Ints:
        times = _dealt(when, number, seed)
        return pair_counts(near.i, near.j, near.band, times, limits, bands[0])

    with ThreadPoolExecutor(workers or cpu_count() or 1) as pool:
        parts = list(pool.map(batch, range(-(-(replications + 1) // LANES))))
    within = np.concatenate(parts, axis=2)[:, :, : replications + 1]
    return np.diff(within, axis=1, prepend=0)


def _dealt(when: Ints, number: int, seed: int) -> Int16:
    """(n, LANES) the days in random orders of their own; the very first column is as observed."""
    rng = np.random.default_rng([seed, number])
    times = np.empty((when.size, LANES), dtype=np.int16)
    days = (when - when.min()).astype(np.int16)
    for lane in range(LANES):
        times[:, lane] = days if number == lane == 0 else rng.permutation(days)
    return times


def _table(counts: Ints, margins: Floats, bands: tuple[Floats, Ints], facts: tuple[int, int, int]) -> KnoxTable:
    """The counts of all orders as a table; facts are incidents, replications and seed."""
    observed, orders = counts[:, :, 0], counts[:, :, 1:]
    at_least = np.sum(orders >= observed[:, :, None], axis=2)
    n, replications, seed = facts
    return KnoxTable(
        *bands,
        observed=ints(observed),
        mean=floats(orders.mean(axis=2)),
        median=floats(np.median(orders, axis=2)),
        margins=floats(margins),
        p=floats((1 + at_least) / (replications + 1)),
        n=n,
        replications=replications,
        seed=seed,
    )


def _time_shares(when: Ints, limits: Ints) -> Floats:
    """(t,) share of all pairs, however far apart, that lie in each time band."""
    ordered = np.sort(when)
    later = np.searchsorted(ordered, ordered[:, None] + limits, side="right")
    within = np.sum(later - np.arange(1, when.size + 1)[:, None], axis=0)
    return floats(np.diff(within, prepend=0) / (when.size * (when.size - 1) / 2))


def _over(top: npt.NDArray[np.number], bottom: Floats) -> Floats:
    """Ratios; 1 where both are nought, infinite where only the lower is."""
    ratio = np.divide(top, bottom, out=np.full(bottom.shape, np.inf), where=bottom > 0)
    return floats(np.where((bottom == 0) & (top == 0), 1.0, ratio))


def _spots(x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """(n, 2) positions in metres."""
    try:
        east, north = np.ravel(floats(x)), np.ravel(floats(y))
    except (TypeError, ValueError) as error:
        raise BadPairs(f"positions are metres: {error}") from error
    if east.size != north.size:
        raise BadPairs(f"there are {east.size} eastings and {north.size} northings")
    return floats(np.column_stack([east, north]))


def _whole(day: npt.ArrayLike) -> Ints:
    """(n,) days as whole numbers; times known more exactly are to be cut to days by whoever brings them."""
    given = np.ravel(np.asarray(day))
    if given.dtype.kind == "M":
        if np.any(np.isnat(given)):
            raise BadPairs("some dates are missing")
        given = given.astype("datetime64[D]").astype(np.int64)
    if given.dtype.kind not in "iuf" or not np.all(given == np.floor(given)):
        raise BadPairs("times are dates or whole days; read text as dates first, and cut moments to their day")
    return ints(given)


def _distance_edges(distances: Sequence[float]) -> Floats:
    """The upper edges with the band of one and the same place before them."""
    edges = floats([SAME_PLACE, *distances])
    if len(distances) == 0 or len(distances) > 254 or not np.all(np.diff(edges) > 0) or not np.isfinite(edges[-1]):
        raise BadPairs(f"distances are upper edges in metres, ascending from above {SAME_PLACE:g}: 100, 200, 300")
    return edges


def _day_edges(days: Sequence[int]) -> Ints:
    """The upper edges of time bands."""
    edges = _whole(days)
    if edges.size == 0 or edges[0] < 0 or not np.all(np.diff(edges) > 0):
        raise BadPairs("days are upper edges in whole days, ascending: 7, 14, 21")
    return edges


def _check(spots: Floats, when: Ints, limits: Ints, orders: tuple[int, int], metric: str) -> None:
    """Refuse what no table can be made of; orders are the replications and the seed."""
    replications, seed = orders
    if len(spots) != when.size or when.size < 2:
        raise BadPairs(f"a table of pairs needs two incidents or more, each with place and day; here are {when.size}")
    if not np.all(np.isfinite(spots)):
        raise BadPairs("some positions are missing")
    if (longest := max(int(np.ptp(when)), int(limits[-1]))) > MOST_TIME:
        raise BadPairs(f"incidents or bands span {longest:,} days, more than the {MOST_TIME:,} that are compared")
    if not is_count(seed):
        raise BadPairs("the seed of the random orders is a whole number from nought")
    if not is_count(replications, 19):
        raise BadPairs(f"{replications} random orders show nothing; take at least 19")
    if metric not in {"straight", "blocks"}:
        raise BadPairs(f"distances are measured straight or in blocks, not {metric!r}")
