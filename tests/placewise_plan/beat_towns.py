"""Small towns for beats: grids of small areas with workload, and the plain twin that tries every split."""

import numpy as np

from placewise.plan import Beats, Border, SmallArea

SIDE = 100.0


def grid(columns, rows, count, *, work=None, today=None, tolerance=0.15, gaps=()) -> Beats:
    """Squares of 100 m side by side; a minute from each to the next one over, as the streets of a grid go."""
    size = columns * rows
    at = np.array([(i % columns, i // columns) for i in range(size)])
    travel = 60.0 * np.abs(at[:, None] - at[None, :]).sum(axis=2)
    beside = [(i, i + 1) for i in range(size) if i % columns < columns - 1] + [
        (i, i + columns) for i in range(size - columns)
    ]
    borders = tuple(Border(a, b, SIDE) for a, b in beside if (a, b) not in gaps)
    work = [1.0] * size if work is None else work
    today = [""] * size if today is None else today
    areas = tuple(SmallArea(f"a{i}", float(work[i]), SIDE**2, 4 * SIDE, today[i]) for i in range(size))
    return Beats(areas, borders, travel, count, tolerance)


def town(seed, *, columns=4, rows=3, count=3, tolerance=0.3) -> Beats:
    """A grid with drawn workloads and driving times that differ by direction."""
    rng = np.random.default_rng(seed)
    plain = grid(columns, rows, count, work=rng.integers(1, 10, columns * rows), tolerance=tolerance)
    travel = plain.travel * rng.uniform(0.8, 1.2, plain.travel.shape)
    return Beats(plain.areas, plain.borders, travel, count, tolerance)


def least_seconds(problem: Beats) -> float:
    """The least mean seconds of any even beats in one piece each, by trying them all; infinite where there are none."""
    size, count = len(problem.areas), problem.count
    work = np.array([area.workload for area in problem.areas])
    beside = [set() for _ in range(size)]
    for border in problem.borders:
        beside[border.one].add(border.other)
        beside[border.other].add(border.one)
    cost = {}
    for mask in range(1, 1 << size):
        inside = [i for i in range(size) if mask >> i & 1]
        load = work[inside].sum() / problem.mean
        if abs(load - 1) <= problem.tolerance + 1e-9 and _in_one_piece(set(inside), beside):
            cost[mask] = min(float((work[inside] * problem.travel[j, inside]).sum()) for j in inside)
    best = {0: 0.0}
    for _ in range(count):
        further = {}
        for done, so_far in best.items():
            first = next((i for i in range(size) if not done >> i & 1), None)
            for mask, own in cost.items():
                if first is not None and mask >> first & 1 and not mask & done:
                    further[done | mask] = min(further.get(done | mask, np.inf), so_far + own)
        best = further
    return best.get((1 << size) - 1, np.inf) / float(work.sum())


def _in_one_piece(inside, beside) -> bool:
    reached, ahead = set(), [min(inside)]
    while ahead:
        here = ahead.pop()
        reached.add(here)
        ahead += (beside[here] & inside) - reached
    return reached == inside
