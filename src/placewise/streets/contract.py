"""From pieces to a street graph: the part where every place reaches every other, points of two neighbours joined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from placewise.kernels.chains import walk_chains
from placewise.streets.errors import NoStreets
from placewise.streets.graph import StreetGraph
from placewise.streets.raw import FloatArray, IntArray, RawStreets
from placewise.streets.turns import Arms, StateGraph, as_states, forbidden_routes

BoolArray = NDArray[np.bool_]


def contract(raw: RawStreets) -> StreetGraph:
    """The street graph of what was read: largest strongly connected part, exact times, geometry and turns kept."""
    kept = _connected(raw)
    vertex = _vertices(raw, kept)
    chains = _Chains.of(raw, kept, vertex)
    vertex_number = _spatial_order(raw, vertex)
    arms = chains.arms(raw, vertex_number)
    routes, unplaced = forbidden_routes(arms, raw.rules, vertex_number, _leading_away(raw))
    states, driven = _strongest(as_states(arms, int(vertex.sum()), 2 * chains.count, routes))
    facts = {
        "points": len(np.unique(chains.point)),
        "vertices": int(vertex.sum()),
        "turn_rules": len(raw.rules),
        "turn_rules_unplaced": unplaced,
    }
    return _assemble(raw, chains, driven, states, {**raw.facts, **facts})


def _leading_away(raw: RawStreets) -> set[tuple[int, int]]:
    """The pairs (point, way) where a way may be left by from a point that a turn rule names."""
    named = np.isin(np.arange(len(raw.lon)), [rule.via_point for rule in raw.rules if rule.via_point is not None])
    ahead, back = named[raw.start] & np.isfinite(raw.ahead), named[raw.end] & np.isfinite(raw.back)
    points = np.concatenate([raw.start[ahead], raw.end[back]]).tolist()
    ways = np.concatenate([raw.way[ahead], raw.way[back]]).tolist()
    return set(zip(points, ways, strict=True))


def _largest(heads: IntArray, tails: IntArray, count: int) -> BoolArray:
    """Which of `count` nodes lie in the largest strongly connected part."""
    arcs = coo_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(count, count))
    _, part = connected_components(arcs.tocsr(), directed=True, connection="strong")
    inside: BoolArray = np.equal(part, np.bincount(part).argmax())
    return inside


def _connected(raw: RawStreets) -> IntArray:
    """The pieces of the largest part in which every point reaches every other."""
    ahead, back = np.isfinite(raw.ahead), np.isfinite(raw.back)
    tails = np.concatenate([raw.start[ahead], raw.end[back]])
    heads = np.concatenate([raw.end[ahead], raw.start[back]])
    inside = _largest(heads, tails, len(raw.lon))
    kept = np.flatnonzero(inside[raw.start] & inside[raw.end] & (ahead | back))
    if not len(kept):
        raise NoStreets("no two places of these streets can reach each other both ways")
    return kept


def _vertices(raw: RawStreets, kept: IntArray) -> BoolArray:
    """Points where streets meet, end or change between one-way and two-way, and those that turn rules name."""
    start, end = raw.start[kept], raw.end[kept]
    ahead, back = np.isfinite(raw.ahead[kept]), np.isfinite(raw.back[kept])
    count = len(raw.lon)
    pieces = np.bincount(start, minlength=count) + np.bincount(end, minlength=count)
    ways_out = np.bincount(start, ahead, count) + np.bincount(end, back, count)
    ways_in = np.bincount(end, ahead, count) + np.bincount(start, back, count)
    passed = (pieces == 2) & (ways_out == ways_in) & (ways_out > 0)
    passed[start[start == end]] = False
    passed[_named_by_rules(raw)] = False
    vertex: BoolArray = (pieces > 0) & ~passed
    if not vertex.any():  # one ring road and nothing else
        vertex[start[0]] = True
    return vertex


def _named_by_rules(raw: RawStreets) -> IntArray:
    """Points of turn rules, and the ends of ways in rules over ways, where one way gives place to the next."""
    points = [rule.via_point for rule in raw.rules if rule.via_point is not None]
    ways = [way for rule in raw.rules if rule.via_ways for way in (rule.source, *rule.via_ways, rule.target)]
    for way in set(ways):
        ends = np.concatenate([raw.start[raw.way == way], raw.end[raw.way == way]])
        known, times = np.unique(ends, return_counts=True)
        points.extend(known[times == 1].tolist())
    return np.array(points, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Chains:
    """Chains of pieces: per chain point its raw point, the piece that leaves it (-1 at the last) and its sense."""

    point: IntArray
    piece: IntArray
    flip: BoolArray
    first: IntArray

    @property
    def count(self) -> int:
        return len(self.first) - 1

    @staticmethod
    def of(raw: RawStreets, kept: IntArray, vertex: BoolArray) -> "_Chains":
        start, end = raw.start[kept], raw.end[kept]
        ends = np.concatenate([start, end])
        order = np.argsort(ends, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=len(raw.lon)))])
        point, piece, flip, begins = walk_chains(first, order % len(kept), start, end, vertex)
        return _Chains(point, np.where(piece >= 0, kept[piece], -1), flip, begins)

    def seconds(self, raw: RawStreets) -> tuple[FloatArray, FloatArray]:
        """Seconds of each chain point's piece along the chain and against it, infinite where closed."""
        along = np.where(self.flip, raw.back[self.piece], raw.ahead[self.piece])
        against = np.where(self.flip, raw.ahead[self.piece], raw.back[self.piece])
        return along, against

    def arms(self, raw: RawStreets, vertex_number: IntArray) -> Arms:
        """The open directed streets between numbered vertices."""
        along, against = self.seconds(raw)
        begin, last = self.first[:-1], self.first[1:] - 1
        tail, head = vertex_number[self.point[begin]], vertex_number[self.point[last]]
        way_first, way_last = raw.way[self.piece[begin]], raw.way[self.piece[last - 1]]
        ahead, back = np.flatnonzero(np.isfinite(along[begin])), np.flatnonzero(np.isfinite(against[begin]))
        return Arms(
            np.concatenate([2 * ahead, 2 * back + 1]),
            np.concatenate([tail[ahead], head[back]]),
            np.concatenate([head[ahead], tail[back]]),
            np.concatenate([way_first[ahead], way_last[back]]),
            np.concatenate([way_last[ahead], way_first[back]]),
        )


def _spatial_order(raw: RawStreets, vertex: BoolArray) -> IntArray:
    """A number for each vertex (-1 for other points) along a Z-curve, so that neighbours lie close in memory."""
    at = np.flatnonzero(vertex)
    code = np.zeros(len(at), dtype=np.uint64)
    for shift, values in enumerate((raw.lon[at], raw.lat[at])):
        spread = np.ptp(values) or 1.0
        level = ((values - values.min()) / spread * 65_535).astype(np.uint64)
        for bit in range(16):
            code |= ((level >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + shift)
    number = np.full(len(vertex), -1, dtype=np.int64)
    number[at[np.argsort(code, kind="stable")]] = np.arange(len(at))
    return number


def _strongest(graph: StateGraph) -> tuple[StateGraph, BoolArray]:
    """The graph without the states that can't come back to its largest part, and which chains that part drives.

    A turn rule may make a trap of a corner; no driver is sent there, but who stands in one may leave it.
    """
    core = _largest(graph.head, graph.tail, graph.states)
    reaching = coo_array((np.ones(len(graph.head), np.int8), (graph.head, graph.tail)), shape=(graph.states,) * 2)
    inside = np.zeros(graph.states, dtype=bool)
    inside[breadth_first_order(reaching.tocsr(), int(np.argmax(core)), return_predecessors=False)] = True
    number = np.where(inside, np.cumsum(inside) - 1, -1)
    driven = np.zeros(len(graph.entry) // 2, dtype=bool)
    driven[graph.street[core[graph.tail] & core[graph.head]] // 2] = True
    arcs = inside[graph.tail] & inside[graph.head] & driven[graph.street // 2]
    entry = np.where(graph.entry >= 0, number[graph.entry], -1)
    kept = StateGraph(number[graph.tail[arcs]], number[graph.head[arcs]], graph.street[arcs], entry, int(inside.sum()))
    return kept, driven


def _assemble(
    raw: RawStreets, chains: _Chains, driven: BoolArray, graph: StateGraph, facts: dict[str, int | float | str]
) -> StreetGraph:
    """The immutable graph of the driven chains."""
    sizes = np.diff(chains.first)
    keep = np.repeat(driven, sizes)
    number = np.cumsum(driven) - 1
    along, against = (seconds[keep] for seconds in chains.seconds(raw))
    last = np.cumsum(sizes[driven]) - 1
    forth, back = np.where(np.isfinite(along), along, against), np.where(np.isfinite(against), against, along)
    forth[last] = back[last] = 0.0
    order = np.argsort(graph.tail, kind="stable")
    street = graph.street[order]
    return StreetGraph(
        shape_first=np.concatenate([[0], last + 1]),
        shape_lon=raw.lon[chains.point[keep]],
        shape_lat=raw.lat[chains.point[keep]],
        shape_ahead=forth,
        shape_back=back,
        shape_road=raw.road[chains.piece[keep]],
        entry=graph.entry.reshape(-1, 2)[driven].ravel().astype(np.int32),
        arc_first=np.concatenate([[0], np.cumsum(np.bincount(graph.tail, minlength=graph.states))]),
        arc_head=graph.head[order].astype(np.int32),
        arc_street=(2 * number[street // 2] + street % 2).astype(np.int32),
        roads=raw.roads,
        facts={**facts, "chains": int(driven.sum()), "arcs": len(street), "states": graph.states},
    )
