"""Times on the joined graph are those of driving piece by piece, restrictions kept."""

import numpy as np
import pytest
from tests.placewise_streets.plain_streets import PlainStreets, inner_points, random_streets, raw_points
from tests.shared_data import shared

from placewise.streets import Speeds, contract, read_lists, read_osm
from placewise.streets.raw import RawStreets


def _agree(raw: RawStreets, count: int, seed: int) -> None:
    graph = contract(raw)
    rng = np.random.default_rng(seed)
    here, there = inner_points(graph, rng, count), inner_points(graph, rng, count)
    ours = graph.seconds_between(graph.at_points(here), graph.at_points(there))
    plain = PlainStreets(raw)
    ends = [raw_points(raw, graph.shape_lon[at], graph.shape_lat[at]) for at in (here, there)]
    np.testing.assert_allclose(ours, plain.matrix(*ends), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_made_up_towns_agree_with_the_plain_twin(seed):
    raw = random_streets(seed)
    graph, plain = contract(raw), PlainStreets(raw)
    inner = inner_points(graph, np.random.default_rng(seed), 25)
    points = raw_points(raw, graph.shape_lon[inner], graph.shape_lat[inner])
    ours = graph.seconds_between(graph.at_points(inner), graph.at_points(inner))
    for row, point in zip(ours, points, strict=True):
        least = plain.seconds_from(point)
        np.testing.assert_allclose(row, [least[other] for other in points], rtol=1e-12, atol=1e-9)


def test_turn_rules_change_times_in_made_up_towns():
    """The comparison above would be empty if no rule ever lay on a quickest way."""
    slower = 0
    for seed in range(30):
        raw = random_streets(seed)
        free = RawStreets(raw.lon, raw.lat, raw.start, raw.end, raw.ahead, raw.back, raw.road, raw.way, raw.roads)
        plain, without = PlainStreets(raw), PlainStreets(free)
        least, freely = plain.seconds_from(0), without.seconds_from(0)
        slower += sum(least[point] > freely[point] + 1e-9 for point in least)
    assert slower > 20


@pytest.mark.parametrize(
    "extract",
    ["osm/baltimore.osm.pbf", "osm/Helsinki.osm.pbf", "osm/liechtenstein-latest.osm.pbf",
     "portland/portland-central-filtered.osm.pbf"],
)  # fmt: skip
def test_real_extracts_agree_with_dijkstra_over_all_turns(extract):
    _agree(_only_rules_at_points(read_osm(shared(extract), Speeds())), 25, seed=5)


def test_chicago_lists_agree_with_dijkstra_over_all_turns():
    folder = shared("chicago/streets")
    raw = read_lists(folder / "chicago_street_nodes.csv.gz", folder / "chicago_street_edges_derived.csv.gz", kmh=30)
    _agree(raw, 15, seed=6)


def _only_rules_at_points(raw: RawStreets) -> RawStreets:
    """The twin knows no rules over ways; they have their own test."""
    rules = tuple(rule for rule in raw.rules if rule.via_point is not None)
    return RawStreets(raw.lon, raw.lat, raw.start, raw.end, raw.ahead, raw.back, raw.road, raw.way, raw.roads, rules)
