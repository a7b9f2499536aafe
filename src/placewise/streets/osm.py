"""Streets from an OpenStreetMap extract (`.osm.pbf`), read with pyosmium."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from placewise.streets.errors import NoStreets
from placewise.streets.raw import IntArray, RawStreets, TurnRule, great_circle_metres
from placewise.streets.speeds import Speeds

METRES_PER_SECOND = 1 / 3.6
ONE_WAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1, "no": 0, "false": 0, "0": 0}
CLOSED = frozenset({"no", "agricultural", "forestry"})
SPARED = frozenset({"emergency", "motorcar", "motor_vehicle"})
"""Traffic that an `except` tag frees from a turn restriction and that a patrol car is."""


@dataclass
class _Ways:
    """What is collected way by way: one row a way, one entry a point in `points`."""

    points: list[tuple[int, float, float]] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    ident: list[int] = field(default_factory=list)
    road: list[int] = field(default_factory=list)
    ahead: list[float] = field(default_factory=list)  # km/h, 0 where closed
    back: list[float] = field(default_factory=list)


def read_osm(path: Path, speeds: Speeds) -> RawStreets:
    """Every street a car may use in the extract, with its turn restrictions; refuses one without streets."""
    import osmium

    ways, rules = _Ways(), []
    codes = {road: code for code, road in enumerate(speeds.roads())}
    wanted = osmium.filter.KeyFilter("highway", "restriction")
    things: Iterable[Any] = osmium.FileProcessor(str(path)).with_locations().with_filter(wanted)
    for thing in things:
        if thing.is_way():
            _take_way(thing, ways, codes, speeds)
        elif thing.is_relation():
            rules.extend(_turn_rules(thing))
    if not ways.ident:
        raise NoStreets(f"{path.name} holds no street a car may use")
    return _as_arrays(ways, rules, speeds)


def _take_way(way: Any, ways: _Ways, codes: Mapping[str, int], speeds: Speeds) -> None:
    road = way.tags["highway"]
    if road not in codes or _closed_to_cars(way.tags):
        return
    points = [(node.ref, node.lon, node.lat) for node in way.nodes if node.location.valid()]
    if len(points) < 2:
        return
    ahead, back = _directions(way.tags, road)
    ways.points.extend(points)
    ways.length.append(len(points))
    ways.ident.append(way.id)
    ways.road.append(codes[road])
    ways.ahead.append(ahead and speeds.kmh(road, way.tags.get("maxspeed:forward") or way.tags.get("maxspeed")))
    ways.back.append(back and speeds.kmh(road, way.tags.get("maxspeed:backward") or way.tags.get("maxspeed")))


def _closed_to_cars(tags: Any) -> bool:
    """The most special access tag decides; private streets stay open to the police."""
    if tags.get("area") == "yes":
        return True
    stated = (tags.get(key) for key in ("motorcar", "motor_vehicle", "vehicle", "access"))
    return next((value for value in stated if value), "yes") in CLOSED


def _directions(tags: Any, road: str) -> tuple[bool, bool]:
    """Whether a way is open along its points and against them."""
    implied = 1 if tags.get("junction") in {"roundabout", "circular"} or road == "motorway" else 0
    sense = ONE_WAY.get(tags.get("oneway", ""), implied)
    return sense >= 0, sense <= 0


def _turn_rules(relation: Any) -> list[TurnRule]:
    """The restrictions a relation states for cars; none where a member is missing or it speaks of others."""
    text = relation.tags.get("restriction", "")
    freed = set(relation.tags.get("except", "").replace(" ", "").split(";"))
    kind = text.partition("_")[0]
    if relation.tags.get("type") != "restriction" or kind not in {"no", "only"} or freed & SPARED:
        return []
    members = [(member.role, member.type, member.ref) for member in relation.members]
    sources = [ref for role, sort, ref in members if role == "from" and sort == "w"]
    targets = [ref for role, sort, ref in members if role == "to" and sort == "w"]
    points = [ref for role, sort, ref in members if role == "via" and sort == "n"]
    via = tuple(ref for role, sort, ref in members if role == "via" and sort == "w")
    if bool(points) == bool(via):
        return []
    point = points[0] if points else None
    return [TurnRule(kind, text == "no_u_turn", source, target, point, via) for source in sources for target in targets]


def _as_arrays(ways: _Ways, rules: list[TurnRule], speeds: Speeds) -> RawStreets:
    ident = np.fromiter((point[0] for point in ways.points), np.int64, len(ways.points))
    known, first, number = np.unique(ident, return_index=True, return_inverse=True)
    place = np.array([ways.points[i][1:] for i in first], dtype=np.float64)
    lon, lat = place[:, 0].copy(), place[:, 1].copy()
    last = np.cumsum(ways.length) - 1
    inside = np.ones(len(ident), dtype=bool)
    inside[last] = False
    at = np.flatnonzero(inside)
    start, end = number[at].astype(np.int64), number[at + 1].astype(np.int64)
    row = np.repeat(np.arange(len(ways.length)), ways.length)[at]
    moves = start != end
    start, end, row = start[moves], end[moves], row[moves]
    metres = great_circle_metres(lon[start], lat[start], lon[end], lat[end])
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = metres / (np.array(ways.ahead, dtype=np.float64)[row] * METRES_PER_SECOND)
        back = metres / (np.array(ways.back, dtype=np.float64)[row] * METRES_PER_SECOND)
    ahead[np.isnan(ahead)] = back[np.isnan(back)] = np.inf
    return RawStreets(
        lon, lat, start, end, ahead, back,
        road=np.array(ways.road, dtype=np.uint8)[row],
        way=np.array(ways.ident, dtype=np.int64)[row],
        roads=speeds.roads(),
        rules=tuple(_renumbered(rules, known)),
        facts={"source": "OpenStreetMap extract", "points_read": len(known), "pieces_read": len(start)},
    )  # fmt: skip


def _renumbered(rules: list[TurnRule], known: IntArray) -> list[TurnRule]:
    """The rules with their points numbered as ours; those at points we did not read are left out."""
    kept = []
    for rule in rules:
        if rule.via_point is None:
            kept.append(rule)
            continue
        at = int(np.searchsorted(known, rule.via_point))
        if at < len(known) and known[at] == rule.via_point:
            kept.append(replace(rule, via_point=at))
    return kept
