"""Patrol plans: a night's plan on Baltimore's streets against VROOM and PyVRP, and team orienteering.

`python -m benchmarks.plan [--all]`. The night: 100 hot spots × 3 visits × 15 minutes, 10 units, 8 hours. Every engine
gets 10 seconds on the same problem in the same run; each plan is read by the independent checker, and a plan with a
finding counts for nothing. Team orienteering: Chao's set 4, 3 seconds each, against the best values published
(Chao, Golden and Wasil 1996; Dang, Guibadj and Moukrim 2013); every third instance, all of them with `--all`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks.common import DATA, Figure, report

from placewise.plan import Break, Place, Problem, Station, Stop, Unit, Window, check, solve, travel_seconds
from placewise.streets import open_osm

HOUR = 3600
BEST_OF_SET_4 = {
    2: "206 341 452 531 618 687 757 835 918 965 1022 1074 1132 1174 1218 1242 1268 1292 1304 1306",
    3: "0 38 193 335 468 579 653 729 809 861 919 979 1063 1121 1172 1222 1253 1273 1295 1305",
    4: "0 0 0 38 183 324 461 571 657 732 821 880 919 977 1061 1124 1161 1216 1260 1285",
}


def run(*, all_instances: bool = False) -> list[Figure]:
    """All figures; about three minutes, five with all instances."""
    solve(night(breaks=True, spacing=1800, places=8), Stop(rounds=5), 0)  # compile once
    figures = [*_nights()]
    gaps = [_gap(file) for file in sorted((DATA / "top" / "Set4").glob("*.txt"))[:: 1 if all_instances else 3]]
    known = [gap for gap in gaps if gap is not None]
    figures.append(Figure(f"team orienteering set 4, mean gap of {len(known)}", float(np.mean(known)), "%", 0.3))
    figures.append(Figure("team orienteering set 4, greatest gap", float(np.max(known)), "%"))
    return figures


def _nights() -> list[Figure]:
    kept, free = night(breaks=True, spacing=1800), night(breaks=False, spacing=0)
    wanted = sum(sum(place.prize) for place in kept.places)
    ours = _collected(kept, "recreate")
    peers = {engine: _collected(kept, engine) for engine in ("vroom", "pyvrp")}
    loose = {engine: _collected(free, engine) for engine in ("recreate", "vroom", "pyvrp")}
    return [
        Figure("prize wanted", wanted, ""),
        Figure("ours, breaks and spacing kept", ours, "", max(peers.values()), ">=", "the better of the two below"),
        *(Figure(f"{engine}, breaks and spacing kept", value, "", peer=engine) for engine, value in peers.items()),
        Figure("ours, neither", loose["recreate"], "", max(loose["vroom"], loose["pyvrp"]), ">="),
        *(Figure(f"{engine}, neither", loose[engine], "", peer=engine) for engine in ("vroom", "pyvrp")),
        Figure("ours with both, of the best without either", ours / max(loose.values()) * 100, "%"),
    ]


def _collected(problem: Problem, engine: str) -> float:
    """The prize of a plan made in ten seconds; nothing where the checker finds a promise broken."""
    plan = solve(problem, Stop(seconds=10.0), 1, engine=engine)
    return 0.0 if check(problem, plan) else plan.prize


def night(*, breaks: bool, spacing: int, places: int = 100, seed: int = 11) -> Problem:
    """Hot spots drawn on Baltimore's streets with skewed risks, four stations, ten units of eight hours."""
    with TemporaryDirectory() as folder:
        graph = open_osm(DATA / "osm" / "baltimore.osm.pbf", folder=Path(folder))
    rng = np.random.default_rng(seed)
    spots = np.column_stack([graph.shape_lon, graph.shape_lat])
    low, high = np.quantile(spots, [0.02, 0.98], axis=0)
    spots = spots[rng.choice(np.flatnonzero(((spots > low) & (spots < high)).all(axis=1)), places + 4, replace=False)]
    risk = np.clip(np.round(rng.gamma(2.0, 5.0, places)), 1, None)
    hot = tuple(
        Place(f"p{i}", lon, lat, (float(risk[i]),) * 3, visits=3)
        for i, (lon, lat) in enumerate(spots[:places].tolist())
    )
    stations = tuple(Station(f"s{i}", lon, lat) for i, (lon, lat) in enumerate(spots[places:].tolist()))
    rest = (Break(1800, 3 * HOUR, 5 * HOUR),) * breaks
    units = tuple(Unit(f"u{i}", f"s{i % 4}", f"s{i % 4}", Window(0, 8 * HOUR), rest) for i in range(10))
    slots = tuple(Window(i * 8 * HOUR // 3, (i + 1) * 8 * HOUR // 3) for i in range(3))
    return Problem(hot, stations, units, slots, travel_seconds(graph, hot, stations), spacing)


def _gap(file: Path) -> float | None:
    """Per cent below the best published value; None where nothing can be collected."""
    _, teams, letter, _ = file.name.split(".")
    best = float(BEST_OF_SET_4[int(teams)].split()["abcdefghijklmnopqrst".index(letter)])
    if best == 0:
        return None
    problem = orienteering(file)
    plan = solve(problem, Stop(seconds=3.0), 1)
    return 100.0 if check(problem, plan) else (best - plan.prize) / best * 100


def orienteering(file: Path, scale: int = 10_000) -> Problem:
    """An instance of team orienteering: visits take no time, a shift is the length a tour may have."""
    lines = [line.split() for line in file.read_text().splitlines() if line.strip()]
    teams, longest = int(lines[1][1]), int(float(lines[2][1]) * scale)
    rows = np.array(lines[3:], dtype=np.float64)
    spots = np.concatenate([rows[1:-1], rows[:1], rows[-1:]])[:, :2]
    travel = np.ceil(np.hypot(*(spots[:, None] - spots[None, :]).T) * scale - 1e-6).astype(np.int64)
    places = tuple(Place(f"p{i}", 0.0, 0.0, (float(prize),), dwell=0) for i, prize in enumerate(rows[1:-1, 2]))
    units = tuple(Unit(f"u{i}", "start", "end", Window(0, longest)) for i in range(teams))
    stations = (Station("start", 0.0, 0.0), Station("end", 0.0, 0.0))
    return Problem(places, stations, units, (Window(0, longest + 1),), travel)


if __name__ == "__main__":
    report("plan", run(all_instances="--all" in sys.argv))
