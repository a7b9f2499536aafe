"""The street graph: immutable arrays, and the times, paths and reach they give."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import cpu_count

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.kernels.arrays import Bools, Floats, Ints, floats, frozen
from placewise.kernels.shortest import gather, room_for, search, search_rows, spread
from placewise.streets.cells import earliest_by_cell
from placewise.streets.raw import great_circle_metres
from placewise.streets.snap import FARTHEST_M, OnStreet, Snapper, at_shape_points
from placewise.streets.speeds import NO_STOPPING, SpeedProfile
from placewise.streets.travel import Reach, Route, as_places

Int32 = NDArray[np.int32]
ROWS_A_TASK = 8


@dataclass(frozen=True, eq=False)
class Doors:
    """States at which places enter or leave the graph, as compressed rows: the state and the seconds to or from it."""

    first: Ints
    state: Int32
    secs: Floats


@dataclass(frozen=True, eq=False)
class StreetGraph:
    """A city's streets as chains between junctions, and arcs between states (junctions, some of them with a past).

    Chain c owns shape points `shape_first[c]` to `shape_first[c + 1]`; `shape_ahead` and `shape_back` are seconds of
    the step to the next point and back. Street 2c drives chain c as drawn, 2c + 1 against it; `entry` is the state
    its driver ends in, -1 where closed. Arcs are compressed rows by state. Times are seconds, places lon, lat.
    """

    shape_first: Ints
    shape_lon: Floats
    shape_lat: Floats
    shape_ahead: Floats
    shape_back: Floats
    shape_road: NDArray[np.uint8]
    entry: Int32
    arc_first: Ints
    arc_head: Int32
    arc_street: Int32
    roads: tuple[str, ...]
    facts: Mapping[str, int | float | str]

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                frozen(value)

    # -- what follows from the arrays

    @cached_property
    def chain(self) -> Ints:
        """The chain of each shape point."""
        return np.repeat(np.arange(len(self.shape_first) - 1), np.diff(self.shape_first))

    @cached_property
    def ahead(self) -> Floats:
        """Seconds from the chain's first point to each shape point, driven as drawn."""
        return _from_chain_start(self.shape_ahead, self.shape_first, self.chain)

    @cached_property
    def back(self) -> Floats:
        """Seconds from each shape point to the chain's first point, driven against the drawing."""
        return _from_chain_start(self.shape_back, self.shape_first, self.chain)

    @cached_property
    def street_secs(self) -> Floats:
        """Seconds of each directed street."""
        last = self.shape_first[1:] - 1
        return np.stack([self.ahead[last], self.back[last]], axis=1).ravel()

    @cached_property
    def arc_secs(self) -> Floats:
        """Seconds of each arc."""
        return self.street_secs[self.arc_street]

    @cached_property
    def arc_tail(self) -> Int32:
        """The state each arc leaves."""
        return np.repeat(np.arange(self.states, dtype=np.int32), np.diff(self.arc_first))

    @cached_property
    def arcs_by_street(self) -> tuple[Ints, Ints]:
        """Arcs that drive each street, as compressed rows."""
        counts = np.bincount(self.arc_street, minlength=len(self.entry))
        return np.concatenate([[0], np.cumsum(counts)]), np.argsort(self.arc_street, kind="stable")

    @cached_property
    def open(self) -> Bools:
        """Which streets may be driven."""
        return np.asarray((self.entry >= 0) | (np.diff(self.arcs_by_street[0]) > 0))

    @cached_property
    def backwards(self) -> tuple[Ints, Int32, Floats]:
        """The arcs turned round: compressed rows by head, tails and seconds."""
        order = np.argsort(self.arc_head, kind="stable")
        counts = np.bincount(self.arc_head, minlength=self.states)
        return np.concatenate([[0], np.cumsum(counts)]), self.arc_tail[order], self.arc_secs[order]

    @cached_property
    def last(self) -> Bools:
        """Which shape points end a chain."""
        return np.append(self.chain[1:] != self.chain[:-1], True)

    @cached_property
    def snapper(self) -> Snapper:
        """Finds the nearest street on which a patrol car may stand."""
        standing = np.array([road not in NO_STOPPING for road in self.roads])[self.shape_road] & ~self.last
        return Snapper(self.shape_lon, self.shape_lat, standing if standing.any() else ~self.last)

    @cached_property
    def junction_places(self) -> Floats:
        """Longitude and latitude of each state, (states, 2): where the first street that leaves it begins."""
        street = self.arc_street[self.arc_first[:-1]]
        point = np.where(street % 2 == 0, self.shape_first[street // 2], self.shape_first[street // 2 + 1] - 1)
        return np.column_stack([self.shape_lon[point], self.shape_lat[point]])

    @property
    def states(self) -> int:
        """How many states the arcs join."""
        return len(self.arc_first) - 1

    # -- questions

    def snap(self, places: ArrayLike, *, farthest: float = FARTHEST_M) -> OnStreet:
        """Places put on their nearest streets, with the distance; refuses any farther than `farthest` metres."""
        return self.snapper.nearest(as_places(places), farthest)

    def out_of_reach(self, places: ArrayLike) -> Bools:
        """(n,) whether a place is farther from any street than `snap` accepts."""
        return self.snap(places, farthest=np.inf).metres > FARTHEST_M

    def at_points(self, points: ArrayLike) -> OnStreet:
        """The graph's own shape points, by index, as places on streets."""
        return at_shape_points(points, self.shape_lon, self.shape_lat, self.last)

    def many_to_many(self, origins: ArrayLike, destinations: ArrayLike) -> Floats:
        """Seconds between places, shape (origins, destinations)."""
        return self.seconds_between(self.snap(origins), self.snap(destinations))

    def seconds_between(self, origins: OnStreet, destinations: OnStreet) -> Floats:
        """Seconds between places on streets, shape (origins, destinations); searched from the shorter side."""
        if len(origins) <= len(destinations):
            arcs, seeds, goals = (self.arc_first, self.arc_head, self.arc_secs), self._exits, self._entrances
            rows = _rows(arcs, seeds(origins), goals(destinations))
        else:
            rows = _rows(self.backwards, self._entrances(destinations), self._exits(origins)).T.copy()
        a, b = np.nonzero(self.chain[origins.piece][:, None] == self.chain[destinations.piece][None, :])
        rows[a, b] = np.minimum(rows[a, b], self._along_one_chain(origins, destinations, a, b))
        return rows

    def path(self, origin: ArrayLike, destination: ArrayLike) -> Route:
        """The quickest way between two places: line, seconds, metres."""
        return self.path_between(self.snap(origin), self.snap(destination))

    def path_between(self, origin: OnStreet, destination: OnStreet) -> Route:
        """The quickest way between two single places on streets."""
        exits, entrances = self._exits(origin), self._entrances(destination)
        dist, came = self._search(exits, entrances.state, np.inf)
        through = dist[entrances.state] + entrances.secs if len(entrances.state) else np.array([np.inf])
        best = int(np.argmin(through))
        zero = np.zeros(1, dtype=np.int64)
        direct = float(self._along_one_chain(origin, destination, zero, zero)[0])
        if direct <= through[best]:
            line = self._stretch(origin, destination)
        else:
            line = self._drawn(origin, destination, self._streets_to(int(entrances.state[best]), came), best)
        seconds = min(direct, float(through[best]))
        return Route(line, seconds, _metres(line) if np.isfinite(seconds) else np.inf)

    def seconds_to_junctions(self, place: ArrayLike, limit: float) -> Floats:
        """Seconds from a place to every state, infinite beyond `limit` seconds; see `junction_places`."""
        return _one_search((self.arc_first, self.arc_head, self.arc_secs), self._exits(self.snap(place)), limit)[0]

    def seconds_to_points(self, place: ArrayLike, limit: float, *, towards: bool = False) -> Floats:
        """Seconds from a place to every shape point (to it with `towards`), infinite beyond `limit` seconds."""
        spot = self.snap(place)
        seconds = np.full(len(self.shape_lon), np.inf)
        shape = self.shape_first, self.ahead, self.back, self.street_secs
        if towards:
            gather(self.entry, _one_search(self.backwards, self._entrances(spot), limit)[0], *shape, limit, seconds)
        else:
            dist, _ = _one_search((self.arc_first, self.arc_head, self.arc_secs), self._exits(spot), limit)
            spread(self.arc_first, self.arc_street, dist, *shape, limit, seconds)
        chain = self.chain[spot.piece[0]]
        own = np.arange(self.shape_first[chain], self.shape_first[chain + 1])
        here, there = np.zeros(len(own), dtype=np.int64), np.arange(len(own))
        points = self.at_points(own)
        direct = self._along_one_chain(*((points, spot, there, here) if towards else (spot, points, here, there)))
        seconds[own] = np.minimum(seconds[own], np.where(direct <= limit, direct, np.inf))
        return seconds

    def reach(self, place: ArrayLike, limit: float, *, resolution: int = 10, towards: bool = False) -> Reach:
        """The H3 cells with a street point within `limit` seconds of a place (of which it is, with `towards`)."""
        seconds = self.seconds_to_points(place, limit, towards=towards)
        at = np.flatnonzero(np.isfinite(seconds))
        return earliest_by_cell(self.shape_lon[at], self.shape_lat[at], seconds[at], resolution)

    def at(self, profile: SpeedProfile, hour_of_week: int) -> "StreetGraph":
        """The same streets at the speeds of an hour of the week (0 is Monday midnight)."""
        slower = 1 / profile.at(hour_of_week, self.roads)[self.shape_road]
        return replace(
            self,
            shape_ahead=self.shape_ahead * slower,
            shape_back=self.shape_back * slower,
            facts={**self.facts, "hour_of_week": hour_of_week},
        )

    # -- places on streets as doors of the graph

    def _offsets(self, spots: OnStreet) -> tuple[Floats, Floats]:
        """Seconds along the chain from its first point to each spot, and against it from the spot back."""
        ahead = self.ahead[spots.piece] + spots.share * self.shape_ahead[spots.piece]
        return ahead, self.back[spots.piece] + spots.share * self.shape_back[spots.piece]

    def _exits(self, spots: OnStreet) -> Doors:
        """Where a driver who starts at each spot comes into the graph."""
        chain, (ahead, back) = self.chain[spots.piece], self._offsets(spots)
        streets = np.stack([2 * chain, 2 * chain + 1], axis=1).ravel()
        secs = np.stack([np.maximum(self.street_secs[2 * chain] - ahead, 0.0), back], axis=1).ravel()
        state = self.entry[streets]
        counts = (state >= 0).reshape(-1, 2).sum(axis=1)
        return Doors(np.concatenate([[0], np.cumsum(counts)]), state[state >= 0], secs[state >= 0])

    def _entrances(self, spots: OnStreet) -> Doors:
        """From which states a driver turns into the street of each spot."""
        chain, (ahead, back) = self.chain[spots.piece], self._offsets(spots)
        streets = np.stack([2 * chain, 2 * chain + 1], axis=1).ravel()
        secs = np.stack([ahead, np.maximum(self.street_secs[2 * chain + 1] - back, 0.0)], axis=1).ravel()
        first, arcs = self.arcs_by_street
        counts = first[streets + 1] - first[streets]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        state = self.arc_tail[arcs[np.repeat(first[streets], counts) + within]]
        rows = np.concatenate([[0], np.cumsum(counts.reshape(-1, 2).sum(axis=1))])
        return Doors(rows, state, np.repeat(secs, counts))

    def _along_one_chain(self, origins: OnStreet, destinations: OnStreet, a: Ints, b: Ints) -> Floats:
        """Seconds from origins a to destinations b without leaving their common chain, infinite where it can't be."""
        chain = self.chain[origins.piece[a]]
        (from_ahead, from_back), (to_ahead, to_back) = self._offsets(origins), self._offsets(destinations)
        drawn, other = to_ahead[b] - from_ahead[a], from_back[a] - to_back[b]
        ends_after = (destinations.piece[b] + destinations.share[b]) - (origins.piece[a] + origins.share[a])
        drawn[(ends_after < 0) | ~self.open[2 * chain] | (chain != self.chain[destinations.piece[b]])] = np.inf
        other[(ends_after > 0) | ~self.open[2 * chain + 1] | (chain != self.chain[destinations.piece[b]])] = np.inf
        return np.asarray(np.maximum(np.minimum(drawn, other), 0.0))

    # -- one search and its drawing

    def _search(self, exits: Doors, goals: Int32, limit: float) -> tuple[Floats, Ints]:
        is_goal = np.zeros(self.states, dtype=bool)
        is_goal[goals] = True
        return _one_search((self.arc_first, self.arc_head, self.arc_secs), exits, limit, is_goal)

    def _streets_to(self, state: int, came: Ints) -> tuple[int, list[int]]:
        """The state where the search began, and the streets driven from it to this state, in order."""
        streets: list[int] = []
        while (arc := int(came[state])) >= 0:
            streets.append(int(self.arc_street[arc]))
            state = int(self.arc_tail[arc])
        return state, streets[::-1]

    def _points_of(self, street: int) -> Floats:
        """The line of a whole street in driving order, (k, 2)."""
        part = slice(self.shape_first[street // 2], self.shape_first[street // 2 + 1])
        line = np.column_stack([self.shape_lon[part], self.shape_lat[part]])
        return line[::-1] if street % 2 else line

    def _drawn(self, origin: OnStreet, destination: OnStreet, driven: tuple[int, list[int]], door: int) -> Floats:
        """The line from the origin out of its street, over the streets driven, into the destination's street."""
        state, streets = driven
        chain, (ahead, back) = int(self.chain[origin.piece[0]]), self._offsets(origin)
        ways_out = {2 * chain: self.street_secs[2 * chain] - ahead[0], 2 * chain + 1: back[0]}
        out = min((street for street in ways_out if self.entry[street] == state), key=lambda street: ways_out[street])
        into = self._street_of_entrance(destination, door)
        return _joined([
            self._part(out, origin, leaving=True),
            *(self._points_of(street) for street in streets),
            self._part(into, destination, leaving=False),
        ])  # fmt: skip

    def _street_of_entrance(self, spot: OnStreet, door: int) -> int:
        """The street that the given entrance of a spot leads into."""
        street = 2 * int(self.chain[spot.piece[0]])
        first = self.arcs_by_street[0]
        return street if door < first[street + 1] - first[street] else street + 1

    def _part(self, street: int, spot: OnStreet, *, leaving: bool) -> Floats:
        """The part of a street from a spot to its end, or from its beginning to the spot."""
        piece, (low, high) = int(spot.piece[0]), self.shape_first[street // 2 : street // 2 + 2]
        here = np.array([[spot.lon[0], spot.lat[0]]])
        rest = slice(piece + 1, high) if leaving == (street % 2 == 0) else slice(low, piece + 1)
        line = np.column_stack([self.shape_lon[rest], self.shape_lat[rest]])
        line = line[::-1] if street % 2 else line
        return np.concatenate([here, line] if leaving else [line, here])

    def _stretch(self, origin: OnStreet, destination: OnStreet) -> Floats:
        """The line between two spots of one chain."""
        a, b = int(origin.piece[0]), int(destination.piece[0])
        between = np.arange(a + 1, b + 1) if a <= b else np.arange(a, b, -1)
        line = np.column_stack([self.shape_lon[between], self.shape_lat[between]])
        ends = [np.array([[spot.lon[0], spot.lat[0]]]) for spot in (origin, destination)]
        return _joined([ends[0], line, ends[1]])


def _from_chain_start(steps: Floats, first: Ints, chain: Ints) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    return np.asarray(total - total[first[:-1]][chain])


def _rows(arcs: tuple[Ints, Int32, Floats], seeds: Doors, goals: Doors) -> Floats:
    """Least seconds from each origin's seeds to each destination's goals, searched by as many threads as processors."""
    count = len(seeds.first) - 1
    rows = np.empty((count, len(goals.first) - 1))

    def fill(begin: int) -> None:
        part = seeds.first[begin : begin + ROWS_A_TASK + 1]
        search_rows(
            *arcs, part, seeds.state, seeds.secs, goals.first, goals.state, goals.secs,
            rows[begin : begin + ROWS_A_TASK],
        )  # fmt: skip

    with ThreadPoolExecutor(cpu_count()) as pool:
        list(pool.map(fill, range(0, count, ROWS_A_TASK)))
    return rows


def _one_search(
    arcs: tuple[Ints, Int32, Floats], seeds: Doors, limit: float, is_goal: Bools | None = None
) -> tuple[Floats, Ints]:
    """Seconds to every state within the limit, and the arc that led there; ends early once all goals are settled."""
    goals = np.zeros(len(arcs[0]) - 1, dtype=bool) if is_goal is None else is_goal
    sought, entries = -1 if is_goal is None else int(goals.sum()), len(arcs[1]) + len(seeds.state) + 2
    while True:
        room = room_for(len(goals), float(arcs[2].max()), entries)
        if search(*arcs, seeds.state, seeds.secs, limit, sought, goals, room):
            return room.dist, room.came
        entries *= 2


def _joined(lines: list[Floats]) -> Floats:
    """Lines one after another, points that repeat the one before left out."""
    line = np.concatenate(lines)
    return floats(line[np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))])


def _metres(line: Floats) -> float:
    return float(great_circle_metres(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum())
