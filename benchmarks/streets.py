"""Streets on Porto: build, many-to-many, reach, and exactness against Dijkstra over every piece and turn.

`python -m benchmarks.streets`. Figures beside a goal are processor seconds of all threads together, which other work on
the machine hardly changes and which the clock undercuts on two free cores; the peer is SciPy's Dijkstra on the same
contracted graph, in the same run.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from benchmarks.common import DATA, Figure, least_work, report
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from tests.placewise_streets.plain_streets import PlainStreets, inner_points, raw_points

from placewise.streets import OnStreet, Speeds, StreetGraph, contract, read_osm
from placewise.streets.raw import RawStreets

EXTRACT = DATA / "osm" / "porto_portugal.osm.pbf"
PLACES = 200
PAIRS = 100  # × 100 = 10,000 pairs
LIMIT = 15 * 60.0


def run() -> list[Figure]:
    """All figures; takes about a minute, most of it the plain reference."""
    contract(read_osm(EXTRACT, Speeds()))  # compile once: the machine code is kept on disk
    build = least_work(3, lambda: contract(read_osm(EXTRACT, Speeds())))
    raw = read_osm(EXTRACT, Speeds())
    graph = contract(raw)
    rng = np.random.default_rng(7)
    ours, peer = _matrix(graph, rng)
    search, points, share = _reach(graph, rng)
    return [
        Figure("points of the network", float(graph.facts["points"]), "points"),
        Figure("vertices after joining", float(graph.facts["vertices"]), "points"),
        Figure("build from the extract", build, "s", 5.0),
        Figure(f"{PLACES} × {PLACES} times", ours, "s", 1.7),
        Figure("the same by SciPy's Dijkstra", peer, "s", peer="scipy.sparse.csgraph"),
        Figure("ours against SciPy", peer / ours, "times", 1.0, ">="),
        Figure("junctions within 15 minutes of one source", search, "ms", 2.0),
        Figure("the same with every point of the streets", points, "ms"),
        Figure("share of the network reached in it", share, ""),
        Figure("greatest error of 10,000 pairs", _error(raw, graph, rng), "s", 1e-6),
    ]


def _matrix(graph: StreetGraph, rng: np.random.Generator) -> tuple[float, float]:
    spots = graph.at_points(rng.integers(0, len(graph.shape_lon), 2 * PLACES))
    places = np.column_stack([spots.lon, spots.lat])
    seconds = least_work(5, lambda: graph.many_to_many(places[:PLACES], places[PLACES:]))
    arcs = csr_array((graph.arc_secs, graph.arc_head, graph.arc_first), shape=(graph.states, graph.states))
    origins = rng.integers(0, graph.states, PLACES)
    return seconds, least_work(1, lambda: dijkstra(arcs, indices=origins))


def _reach(graph: StreetGraph, rng: np.random.Generator) -> tuple[float, float, float]:
    """Medians over 60 sources in milliseconds: the search alone, and all points; and the mean share reached."""
    spots = graph.at_points(rng.integers(0, len(graph.shape_lon), 60))
    places = np.column_stack([spots.lon, spots.lat])
    reached = np.mean([np.isfinite(graph.seconds_to_points(place, LIMIT)).mean() for place in places])
    search = [_milliseconds(partial(graph.seconds_to_junctions, place, LIMIT)) for place in places]
    points = [_milliseconds(partial(graph.seconds_to_points, place, LIMIT)) for place in places]
    return float(np.median(search)), float(np.median(points)), float(reached)


def _milliseconds(work: Callable[[], object]) -> float:
    return least_work(3, work) * 1000


def _error(raw: RawStreets, graph: StreetGraph, rng: np.random.Generator) -> float:
    """Seconds by which any of 10,000 random pairs differs from Dijkstra over all pieces and allowed turns."""
    here, there = inner_points(graph, rng, PAIRS), inner_points(graph, rng, PAIRS)
    rules = tuple(rule for rule in raw.rules if rule.via_point is not None)
    plain = RawStreets(
        raw.lon, raw.lat, raw.start, raw.end, raw.ahead, raw.back, raw.road, raw.way, raw.roads, rules
    )  # fmt: skip
    ends = [raw_points(raw, graph.shape_lon[at], graph.shape_lat[at]) for at in (here, there)]
    reference = PlainStreets(plain).matrix(*ends)
    graph = contract(plain)
    spots = [_same_places(graph, raw, at) for at in ends]
    return float(np.abs(graph.seconds_between(*spots) - reference).max())


def _same_places(graph: StreetGraph, raw: RawStreets, points: list[int]) -> OnStreet:
    at = {place: i for i, place in enumerate(zip(graph.shape_lon.tolist(), graph.shape_lat.tolist(), strict=True))}
    return graph.at_points([at[raw.lon[point], raw.lat[point]] for point in points])


if __name__ == "__main__":
    report("streets", run())
