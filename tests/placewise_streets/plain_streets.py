"""Plain twins of the street graph: times by definition on every piece, with nothing joined and nothing split."""

import heapq
from collections import Counter, defaultdict

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from placewise.streets.raw import RawStreets, TurnRule


class PlainStreets:
    """Drives pieces one by one: state is the directed piece just driven (2p ahead, 2p + 1 back)."""

    def __init__(self, raw: RawStreets) -> None:
        self.raw = raw
        pieces = np.arange(len(raw.start))
        self.tail = np.stack([raw.start, raw.end], axis=1).ravel()
        self.head = np.stack([raw.end, raw.start], axis=1).ravel()
        self.secs = np.stack([raw.ahead, raw.back], axis=1).ravel()
        self.way = np.repeat(raw.way[pieces], 2)
        self.leaving: dict[int, list[int]] = defaultdict(list)
        self.reaching: dict[int, list[int]] = defaultdict(list)
        self._list_arms(np.isfinite(self.secs))
        self.forbidden = {pair for rule in raw.rules if rule.via_point is not None for pair in self._pairs(rule)}
        self._list_arms(np.isfinite(self.secs) & self._connected())
        self.junction = self._junctions()
        self._leave_traps()

    def _list_arms(self, used: np.ndarray) -> None:
        self.leaving.clear()
        self.reaching.clear()
        for arm in np.flatnonzero(used).tolist():
            self.leaving[int(self.tail[arm])].append(arm)
            self.reaching[int(self.head[arm])].append(arm)

    def _connected(self) -> np.ndarray:
        """Directed pieces between points that reach each other both ways, whatever the turn rules."""
        open_ = np.isfinite(self.secs)
        links = coo_array((np.ones(open_.sum()), (self.tail[open_], self.head[open_])), shape=(len(self.raw.lon),) * 2)
        _, part = connected_components(links, connection="strong")
        inside = part == np.bincount(part).argmax()
        return inside[self.tail] & inside[self.head]

    def _leave_traps(self) -> None:
        """No driver enters a piece from which the rules never let him come back to the largest connected part."""
        source, target = np.array(list(self.turns())).T
        size = len(self.secs)
        links = coo_array((np.ones(len(source)), (target, source)), shape=(size, size)).tocsr()
        _, part = connected_components(links, connection="strong")
        core = int(np.argmax(part == np.bincount(part).argmax()))
        kept = set(breadth_first_order(links, core, return_predecessors=False).tolist())
        for arms in (*self.leaving.values(), *self.reaching.values()):
            arms[:] = [arm for arm in arms if arm in kept]

    def _junctions(self) -> set[int]:
        """Where one may turn round: streets meet, end, change their one-way sense, or a rule names the point."""
        pieces = {arm // 2 for arms in self.leaving.values() for arm in arms}
        met = Counter(int(point) for piece in pieces for point in (self.raw.start[piece], self.raw.end[piece]))
        named = {rule.via_point for rule in self.raw.rules}
        return {
            point
            for point in met
            if met[point] != 2 or point in named or len(self.leaving[point]) != len(self.reaching[point])
        }

    def _pairs(self, rule: TurnRule):
        targets = [arm for arm in self.leaving[rule.via_point] if self.way[arm] == rule.target]
        for source in self.reaching[rule.via_point]:
            if self.way[source] != rule.source or not targets:
                continue
            if rule.kind == "only":
                yield from ((source, arm) for arm in self.leaving[rule.via_point] if arm not in targets)
            elif rule.source != rule.target:
                yield from ((source, arm) for arm in targets)
            else:
                yield from ((source, arm) for arm in targets if (arm == source ^ 1) == rule.u_turn)

    def turns(self):
        """Every allowed pair of directed pieces."""
        for point, arms in self.reaching.items():
            for source in arms:
                for target in self.leaving[point]:
                    turns_round = target == source ^ 1
                    if (source, target) not in self.forbidden and (not turns_round or point in self.junction):
                        yield source, target

    def seconds_from(self, point: int) -> dict[int, float]:
        """Seconds to every point, by Dijkstra's method as the textbook has it."""
        onward = self.__dict__.setdefault("_onward", self._by_source())
        waiting = [(self.secs[arm], arm) for arm in self.leaving[point]]
        heapq.heapify(waiting)
        settled, least = set(), {point: 0.0}
        while waiting:
            time, arm = heapq.heappop(waiting)
            if arm in settled:
                continue
            settled.add(arm)
            least.setdefault(int(self.head[arm]), float(time))
            for target in onward[arm]:
                heapq.heappush(waiting, (time + self.secs[target], target))
        return least

    def _by_source(self) -> dict[int, list[int]]:
        onward = defaultdict(list)
        for source, target in self.turns():
            onward[source].append(target)
        return onward

    def matrix(self, origins: list[int], destinations: list[int]) -> np.ndarray:
        """Seconds between points by SciPy's Dijkstra over the graph of all turns, with a start node per origin."""
        turns = np.array(list(self.turns()))
        starts = [(len(self.secs) + i, arm) for i, point in enumerate(origins) for arm in self.leaving[point]]
        source, target = np.concatenate([turns, np.array(starts)]).T
        size = len(self.secs) + len(origins)
        # SciPy takes 0 for «no arc»: a piece of no length gets a time too short to matter
        weights = np.maximum(self.secs[target], 1e-12)
        graph = coo_array((weights, (source, target)), shape=(size, size)).tocsr()
        rows = dijkstra(graph, indices=[len(self.secs) + i for i in range(len(origins))])
        out = np.stack([rows[:, self.reaching[point]].min(axis=1) for point in destinations], axis=1)
        out[np.array(origins)[:, None] == np.array(destinations)[None, :]] = 0.0
        return out


def random_streets(seed: int, *, points: int = 40, rules: int = 12) -> RawStreets:
    """A small made-up town: a noisy grid with one-way pieces, bends, dead ends and turn rules."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(points))
    links = [(i * side + j, i * side + j + 1) for i in range(side) for j in range(side - 1)]
    links += [(i * side + j, (i + 1) * side + j) for i in range(side - 1) for j in range(side)]
    links = [link for link in links if rng.random() < 0.85]
    start, end, way, count = [], [], [], side * side
    for number, (a, b) in enumerate(links):
        bends = int(rng.integers(0, 3))
        stops = [a, *range(count, count + bends), b]
        count += bends
        start += stops[:-1]
        end += stops[1:]
        way += [number] * (bends + 1)
    way_array = np.array(way)
    sense = rng.choice([0, 0, 0, 1, -1], len(links))[way_array]
    secs = np.round(rng.uniform(1, 30, len(start)), 3)
    ahead, back = np.where(sense >= 0, secs, np.inf), np.where(sense <= 0, secs, np.inf)
    lon, lat = rng.uniform(-8.7, -8.5, count), rng.uniform(41.1, 41.2, count)
    made = []
    for _ in range(rules):
        one = int(rng.integers(len(links)))
        via = links[one][int(rng.integers(2))]
        meeting = [n for n, link in enumerate(links) if via in link]
        target = int(rng.choice(meeting))
        kind = str(rng.choice(["no", "no", "only"]))
        made.append(TurnRule(kind, target == one, one, target, via))
    return RawStreets(
        lon, lat, np.array(start), np.array(end), ahead, back, np.zeros(len(start), np.uint8), way_array,
        ("street",), tuple(made),
    )  # fmt: skip


def inner_points(graph, rng, count: int) -> np.ndarray:
    """Shape points of the graph that are no junction, drawn at random (all of a graph's points lie on one chain)."""
    first = np.zeros(len(graph.shape_lon), bool)
    first[graph.shape_first[:-1]] = True
    inner = np.flatnonzero(~first & ~graph.last)
    return rng.choice(inner, min(count, len(inner)), replace=False)


def raw_points(raw: RawStreets, lon: np.ndarray, lat: np.ndarray) -> list[int]:
    """The raw points at these places; points that share a place with another are not asked for."""
    used = np.unique(np.concatenate([raw.start, raw.end]))
    at = {(raw.lon[point], raw.lat[point]): int(point) for point in used}
    return [at[place] for place in zip(lon, lat, strict=True)]
