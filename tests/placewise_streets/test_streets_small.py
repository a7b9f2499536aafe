"""The street network on towns small enough to know every answer."""

import json
from itertools import pairwise

import numpy as np
import pytest
from tests.placewise_streets.plain_streets import random_streets

from placewise.streets import (
    BadPlaces,
    CrowFlight,
    NoStreets,
    NotAStreetCache,
    PlaceOffStreets,
    SpeedProfile,
    Speeds,
    StreetsError,
    contract,
    isochrones,
    load,
    nearest,
    open_lists,
    open_osm,
    read_lists,
    save,
)
from placewise.streets.raw import RawStreets, TurnRule
from placewise.streets.speeds import parse_maxspeed

SECONDS_A_PIECE = 10.0


def town(links, *, one_way=(), rules=(), ways=None) -> RawStreets:
    """Points on a grid of 0.001°, named by their column and row ("00" is the corner); every piece takes 10 s."""
    names = sorted({name for link in links for name in link})
    at = {name: i for i, name in enumerate(names)}
    start = np.array([at[a] for a, _ in links])
    end = np.array([at[b] for _, b in links])
    back = np.array([np.inf if link in one_way else SECONDS_A_PIECE for link in links])
    made = tuple(
        TurnRule(kind, u, source, target, via and at[via], over) for kind, u, source, target, via, over in rules
    )
    return RawStreets(
        np.array([float(name[0]) for name in names]) / 1000,
        np.array([float(name[1]) for name in names]) / 1000,
        start,
        end,
        np.full(len(links), SECONDS_A_PIECE),
        back,
        np.zeros(len(links), dtype=np.uint8),
        np.array(ways or range(len(links))),
        ("street",),
        made,
    )


SQUARE = [("00", "10"), ("10", "11"), ("11", "01"), ("01", "00"), ("00", "02")]


def seconds(raw, a, b):
    """Seconds between two places named as in `town`, tenths of a block allowed: (1.5, 0)."""
    places = np.array([a, b]) / 1000
    return contract(raw).many_to_many(places[:1], places[1:])[0, 0]


@pytest.mark.parametrize(
    ("one_way", "a", "b", "expected"),
    [
        ((), (0.5, 0), (0.5, 0), 0),
        ((), (0.2, 0), (0.7, 0), 5),
        ((), (0.7, 0), (0.2, 0), 5),
        ((), (0, 0), (1, 1), 20),
        ((), (1, 0.5), (0, 0.5), 20),
        ([("00", "10")], (0.2, 0), (0.7, 0), 5),
        ([("00", "10")], (0.7, 0), (0.2, 0), 35),
        ([("00", "10")], (1, 0), (0, 0), 30),
    ],
)
def test_times_on_a_square(one_way, a, b, expected):
    assert seconds(town(SQUARE, one_way=one_way), a, b) == pytest.approx(expected, abs=1e-3)


CROSS = [("10", "11"), ("11", "12"), ("01", "11"), ("11", "21")]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], 10),
        ([("no", False, 0, 3, "11", ())], 30),  # on to an end, turn round there, and come from another side
        ([("only", False, 0, 1, "11", ())], 30),
        ([("only", False, 0, 3, "11", ())], 10),
        ([("no", False, 0, 3, "11", ()), ("no", False, 1, 3, "11", ()), ("no", False, 0, 2, "11", ())], 50),
    ],
)
def test_turn_rules_at_a_crossing(rules, expected):
    """From the middle of the south arm to the middle of the east arm."""
    assert seconds(town(CROSS, rules=rules), (1, 0.5), (1.5, 1)) == pytest.approx(expected, abs=1e-3)


def test_a_rule_over_a_way_forbids_just_that_sequence():
    """South up the middle piece and round into the west: forbidden as a whole, each turn alone is free."""
    links = [("10", "11"), ("11", "12"), ("12", "02"), ("12", "22"), ("11", "21")]
    rule = ("no", False, 0, 2, None, (1,))
    free, bound = town(links), town(links, rules=[rule])
    assert seconds(free, (1, 0.5), (0.5, 2)) == pytest.approx(20, abs=1e-3)
    assert seconds(bound, (1, 0.5), (0.5, 2)) == pytest.approx(40, abs=1e-3)
    assert seconds(bound, (1.5, 1), (0.5, 2)) == pytest.approx(20, abs=1e-3)
    assert seconds(bound, (1, 0.5), (1.5, 2)) == pytest.approx(20, abs=1e-3)


def test_only_the_largest_part_that_can_be_left_is_kept():
    links = [*SQUARE, ("50", "60"), ("02", "03")]
    graph = contract(town(links, one_way=[("02", "03")]))
    assert graph.facts["points"] == 5  # neither the far street nor the one-way way out
    with pytest.raises(NoStreets):
        contract(town([("00", "10")], one_way=[("00", "10")]))


def test_a_lone_ring_is_a_network():
    graph = contract(town(SQUARE[:4]))
    assert graph.many_to_many([0, 0], [0.001, 0.001])[0, 0] == pytest.approx(20)


def test_path_follows_the_streets_and_adds_up():
    graph = contract(town(SQUARE, one_way=[("00", "10")]))
    route = graph.path([0.0007, 0], [0.0002, 0])
    assert route.seconds == pytest.approx(35, abs=1e-3)
    np.testing.assert_allclose(route.line * 1000, [[0.7, 0], [1, 0], [1, 1], [0, 1], [0, 0], [0.2, 0]], atol=1e-9)
    assert route.metres == pytest.approx(3.5 * 111.195, rel=1e-3)
    assert graph.path([0.0002, 0], [0.0007, 0]).line.shape == (2, 2)


@pytest.mark.parametrize("seed", range(8))
def test_paths_are_as_long_as_the_matrix_says(seed):
    """Each path's line, timed piece by piece on the streets as read, takes the time the matrix states."""
    raw = random_streets(seed)
    graph = contract(raw)
    pieces = {}
    for a, b, ahead, back in zip(raw.start, raw.end, raw.ahead, raw.back, strict=True):
        pieces[a, b], pieces[b, a] = ahead, back
    point = {(x, y): i for i, (x, y) in enumerate(zip(raw.lon, raw.lat, strict=True))}
    spots = graph.at_points(np.random.default_rng(seed).choice(len(graph.shape_lon), 12, replace=False))
    for i in range(0, 12, 2):
        one, other = graph.at_points(_point_of(graph, spots, i)), graph.at_points(_point_of(graph, spots, i + 1))
        route = graph.path_between(one, other)
        numbers = [point[x, y] for x, y in route.line]
        assert sum(pieces[step] for step in pairwise(numbers)) == pytest.approx(route.seconds)
        assert graph.seconds_between(one, other)[0, 0] == pytest.approx(route.seconds)


def _point_of(graph, spots, i):
    return [int(spots.piece[i] + spots.share[i])]


def test_reach_agrees_with_the_matrix_both_ways():
    graph = contract(random_streets(3))
    points = np.arange(len(graph.shape_lon))
    place = np.array([[graph.shape_lon[7], graph.shape_lat[7]]])
    spots, spot = graph.at_points(points), graph.snap(place)
    away, towards = graph.seconds_to_points(place, np.inf), graph.seconds_to_points(place, np.inf, towards=True)
    np.testing.assert_allclose(away, graph.seconds_between(spot, spots)[0])
    np.testing.assert_allclose(towards, graph.seconds_between(spots, spot)[:, 0])
    limit = float(np.median(away))
    assert np.isfinite(graph.seconds_to_points(place, limit)).sum() == (away <= limit).sum()


def test_places_far_from_any_street_are_told_apart():
    graph = contract(town(SQUARE))
    places = [[0.0, 0.0], [0.0, 0.017], [0.0, 0.021]]  # a street's corner; some 1.7 and 2.1 km north of the streets
    assert graph.out_of_reach(places).tolist() == [False, False, True]
    assert CrowFlight(40.0).out_of_reach(places).tolist() == [False] * 3


def test_isochrones_grow_with_the_limit():
    graph = contract(town(SQUARE))
    reach = graph.reach([0, 0], 60, resolution=11)
    areas = isochrones(reach, [0, 10, 60])
    sizes = [len(json.dumps(area)) for area in areas]
    assert sizes[0] < sizes[1] < sizes[2]
    assert reach.seconds.min() == 0
    assert isochrones(reach, [-1])[0]["coordinates"] == []


def test_nearest_units_are_those_soonest_here_not_those_we_reach_soonest():
    graph = contract(town(SQUARE, one_way=[("00", "10")]))
    units = np.array([[0.001, 0.0], [0.0, 0.002], [0.0, 0.0005]])
    order, times = nearest(graph, units, [0.0005, 0.0], 2)
    assert order.tolist() == [2, 1]
    np.testing.assert_allclose(times, [10, 15], atol=1e-3)


def test_profile_slows_a_class_in_its_hour():
    graph = contract(town(SQUARE))
    profile = SpeedProfile({"street": (0.5, *[1.0] * 167)})
    assert graph.at(profile, 0).many_to_many([0, 0], [0.001, 0.001])[0, 0] == pytest.approx(40)
    assert graph.at(profile, 1).many_to_many([0, 0], [0.001, 0.001])[0, 0] == pytest.approx(20)
    with pytest.raises(ValueError, match="hour of the week"):
        graph.at(profile, 168)
    with pytest.raises(ValueError, match="168 shares"):
        SpeedProfile({"street": (1.0,)})


@pytest.mark.parametrize(
    ("places", "refusal"),
    [
        ([0.0], BadPlaces),
        ([[0.0, np.nan]], BadPlaces),
        ([[0.0, 91.0]], BadPlaces),
        ([[1.0, 1.0]], PlaceOffStreets),
    ],
)
def test_places_that_make_no_sense_are_refused(places, refusal):
    graph = contract(town(SQUARE))
    with pytest.raises(refusal):
        graph.many_to_many(places, [[0.0, 0.0]])


def test_no_places_give_an_empty_matrix():
    assert contract(town(SQUARE)).many_to_many(np.empty((0, 2)), [[0, 0]]).shape == (0, 1)


def test_saved_graph_is_the_same_and_another_file_is_refused(tmp_path):
    graph = contract(random_streets(4))
    save(graph, tmp_path / "town.npz")
    again = load(tmp_path / "town.npz")
    np.testing.assert_array_equal(again.arc_head, graph.arc_head)
    assert again.facts == graph.facts
    assert list(tmp_path.iterdir()) == [tmp_path / "town.npz"]
    (tmp_path / "other.npz").write_bytes(b"PK no")
    with pytest.raises(NotAStreetCache):
        load(tmp_path / "other.npz")


def test_cache_is_used_until_lists_or_speed_change(tmp_path):
    nodes, edges = tmp_path / "n.csv", tmp_path / "e.csv"
    nodes.write_text("node,longitude,latitude\n1,0,0\n2,0.001,0\n")
    edges.write_text("u,v,length_m\n1,2,100\n")

    def minutes(kmh):
        return open_lists(nodes, edges, kmh=kmh).many_to_many([0, 0], [0.001, 0])[0, 0]

    assert minutes(36) == pytest.approx(10)
    kept = tmp_path / "e.streets.npz"
    written = kept.stat().st_mtime_ns
    assert minutes(36) == pytest.approx(10)
    assert kept.stat().st_mtime_ns == written
    assert minutes(18) == pytest.approx(20)
    edges.write_text("u,v,length_m\n1,2,200\n")
    assert minutes(18) == pytest.approx(40)
    kept.write_bytes(b"broken")
    assert minutes(18) == pytest.approx(40)


@pytest.mark.parametrize(
    ("kmh", "edges", "refusal", "says"),
    [
        (0.0, "1,2,100\n", StreetsError, "above 0 km/h"),
        (np.inf, "1,2,100\n", StreetsError, "above 0 km/h"),
        (np.nan, "1,2,100\n", StreetsError, "above 0 km/h"),
        (30.0, "", NoStreets, "e.csv holds no street"),
        (30.0, "1,3,100\n", StreetsError, "nodes that n.csv does not hold"),  # between two that are there
        (30.0, "1,9,100\n", StreetsError, "nodes that n.csv does not hold"),  # beyond the last
    ],
)
def test_lists_that_make_no_streets_are_refused(tmp_path, kmh, edges, refusal, says):
    (tmp_path / "n.csv").write_text("node,longitude,latitude\n4,0.001,0\n1,0,0\n2,0.002,0\n")
    (tmp_path / "e.csv").write_text("u,v,length_m\n" + edges)
    with pytest.raises(refusal, match=says):
        read_lists(tmp_path / "n.csv", tmp_path / "e.csv", kmh=kmh)


def test_lists_give_two_way_streets_without_those_that_lead_nowhere(tmp_path):
    (tmp_path / "n.csv").write_text("node,longitude,latitude\n4,0.001,0\n1,0,0\n2,0.002,0\n")
    (tmp_path / "e.csv").write_text("u,v,length_m\n1,4,100\n2,2,50\n4,2,200\n")
    raw = read_lists(tmp_path / "n.csv", tmp_path / "e.csv", kmh=36)
    assert raw.lon.tolist() == [0, 0.002, 0.001]  # by node
    assert (raw.start.tolist(), raw.end.tolist(), raw.way.tolist()) == ([0, 2], [2, 1], [0, 2])
    assert raw.ahead.tolist() == raw.back.tolist() == [10, 20]


OSM = """<?xml version='1.0'?><osm version="0.6">
<node id="1" lon="0" lat="0"/><node id="2" lon="0.001" lat="0"/><node id="3" lon="0.001" lat="0.001"/>
<node id="4" lon="0" lat="0.001"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="maxspeed" v="36"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="oneway" v="-1"/></way>
<way id="3"><nd ref="1"/><nd ref="4"/><nd ref="3"/><tag k="highway" v="service"/></way>
<way id="4"><nd ref="1"/><nd ref="3"/><tag k="highway" v="footway"/></way>
<way id="5"><nd ref="1"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="motor_vehicle" v="no"/></way>
</osm>"""


def test_extract_gives_speeds_senses_and_access(tmp_path):
    (tmp_path / "town.osm").write_text(OSM)
    graph = open_osm(tmp_path / "town.osm", speeds=Speeds({"residential": 30, "primary": 72, "service": 18}))
    block = 111.195
    there = graph.many_to_many([0, 0], [0.001, 0.001])[0, 0]
    back = graph.many_to_many([0.001, 0.001], [0, 0])[0, 0]
    assert there == pytest.approx(2 * block / 5, rel=1e-3)  # by the service road: the primary is one-way, southwards
    assert back == pytest.approx(block / 20 + block / 10, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("30 mph", 48.28032),
        ("50; 40", 40),
        ("none", None),
        ("walk", 6),
        ("RO:urban", None),
        ("20 km/h", 20),
    ],
)
def test_maxspeed_texts(text, kmh):
    assert parse_maxspeed(text) == (pytest.approx(kmh) if kmh else None)


def test_crow_flight_times():
    crow = CrowFlight(36.0, factor=1.5)
    assert crow.many_to_many([0, 0], [[0.001, 0], [0, 0]])[0] == pytest.approx([16.679, 0], abs=1e-2)
    assert crow.path([0, 0], [0.001, 0]).metres == pytest.approx(166.79, abs=0.01)
    reach = crow.reach([0, 0], 60, resolution=10)
    assert reach.seconds.max() <= 60
    assert len(reach.cells) > 20
    assert crow.at(SpeedProfile(otherwise=(0.5,) * 168), 3).speed_kmh == 18
    with pytest.raises(ValueError, match="above 0"):
        CrowFlight(0.0)


def test_junctions_agree_with_the_points_that_lie_on_them():
    graph = contract(random_streets(5))
    place = [graph.shape_lon[3], graph.shape_lat[3]]
    junctions, points = graph.seconds_to_junctions(place, np.inf), graph.seconds_to_points(place, np.inf)
    along, least = {}, {}
    for x, y, seconds in zip(graph.shape_lon, graph.shape_lat, points, strict=True):
        along[x, y] = min(seconds, along.get((x, y), np.inf))
    for (x, y), seconds in zip(graph.junction_places, junctions, strict=True):
        least[x, y] = min(seconds, least.get((x, y), np.inf))
    assert len(least) > 20
    for where, seconds in least.items():
        assert along[where] == pytest.approx(seconds) or along[where] < seconds  # on the source's own street
