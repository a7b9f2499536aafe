"""The loops that plan and draw beats, on cases small enough to be walked by the interpreter as well as compiled."""

from dataclasses import replace

import numpy as np
import pytest
from tests.placewise_plan.beat_towns import grid, least_seconds, town
from tests.placewise_plan.small_city import made_up, strange

from placewise.kernels.beats import Split, fill_sums, give, holds_without, totals_after
from placewise.plan import Add, Lock, Stop, check, revise, solve
from placewise.plan.beats_bound import Median, everything, exactly_priced, priced, prove
from placewise.plan.beats_search import as_ground, grown, heats, search, split_of, todays, wish

# --- patrol plans ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 8, 11])
def test_a_few_rounds_break_no_promise(seed):
    problem = strange(seed)
    assert check(problem, solve(problem, Stop(rounds=25, workers=1), seed)) == []


def test_shares_balance_and_breaks_are_kept_from_the_first_round():
    problem = made_up(5, places=12, units=3, max_share={"north": 0.4}, balance=0.3)
    assert check(problem, solve(problem, Stop(rounds=60, workers=1), 2)) == []


def test_what_is_locked_stays_through_a_search():
    problem = made_up(6, places=25, units=2)
    plan = solve(problem, Stop(rounds=10, workers=1), 1)
    kept = plan.tours[0].visits[0]
    gap = next(gap for gap in plan.unvisited if gap.reason == "no_time")
    again = revise(
        problem, plan, [Lock(kept.place, kept.slot), Add(gap.place, gap.slot)], stop=Stop(rounds=20, workers=1)
    )
    assert check(problem, again) == []
    assert (kept.place, kept.slot) in {(visit.place, visit.slot) for visit in again.tours[0].visits}


# --- beats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_move_changes_what_follows_as_working_it_out_anew_does(seed):
    problem, rng = town(seed, columns=5, rows=4, count=3), np.random.default_rng(seed)
    today = tuple(replace(area, today="x" if i < 10 else "y") for i, area in enumerate(problem.areas))
    problem = replace(problem, areas=today)
    ground, asked = as_ground(problem, today=True), wish(problem, 100.0)
    split = split_of(ground, grown(ground, 3, rng), 3)
    fill_sums(ground, split, asked)
    after, least = np.empty(4), np.empty(2)
    for _ in range(40):
        area, b = int(rng.integers(20)), int(rng.integers(3))
        if b == split.beat[area] or split.size[split.beat[area]] == 1:
            continue
        totals_after(ground, split, asked, area, b, after, least)
        give(ground, split, area, b, after, least)
        anew = split_of(ground, split.beat, 3)
        fill_sums(ground, anew, asked)
        for name in Split._fields:
            np.testing.assert_allclose(getattr(split, name), getattr(anew, name), atol=1e-9)


def test_an_area_that_holds_a_beat_together_may_not_leave_it():
    problem = grid(3, 2, 2)
    ground = as_ground(problem)
    split = split_of(ground, np.array([0, 0, 0, 1, 1, 1]), 2)
    fill_sums(ground, split, wish(problem, 1.0))
    seen, queue = np.zeros(7, dtype=np.int64), np.empty(6, dtype=np.int64)
    assert [holds_without(ground, split, area, seen, queue) for area in range(3)] == [True, False, True]


def test_a_short_search_ends_with_even_beats_in_one_piece():
    problem = town(2, tolerance=0.4)
    ground = as_ground(problem)
    best, found = search(
        ground, grown(ground, 3, np.random.default_rng(1)), 3, wish(problem, 100.0),
        lambda rounds, _worth: rounds / 4, np.random.default_rng(2), heats(problem, 100.0),
    )  # fmt: skip
    assert best is not None
    anew = split_of(ground, best, 3)
    fill_sums(ground, anew, wish(problem, 100.0))
    assert anew.total[3] <= 1e-9
    assert anew.total[0] == pytest.approx(found)
    assert found >= least_seconds(problem) - 1e-9
    assert (todays(problem) == -1).all()


def test_who_stands_alone_stays_where_it_is():
    """One area has no neighbour at all: there is nobody to give it to."""
    problem = grid(2, 1, 1)
    ground = as_ground(problem)._replace(first=np.zeros(3, dtype=np.int64), near=np.empty(0, dtype=np.int64))
    best, _ = search(
        ground, np.array([0, 1]), 2, wish(problem, 1.0, tolerance=5.0), lambda rounds, _worth: float(rounds),
        np.random.default_rng(2), (1.0, 0.1),
    )  # fmt: skip
    assert best is not None
    assert best.tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(4))
def test_no_bound_lies_above_the_best(seed):
    problem = town(seed, tolerance=0.2)
    best = least_seconds(problem)
    ground = as_ground(problem)
    median = Median(ground.cost, ground.work, problem.count, 0.8, 1.2)
    upper = best * 1.05
    rough = priced(median, everything(median), upper)
    fine = exactly_priced(median, rough, upper, np.inf)
    proved = prove(median, fine, upper, [], seconds=np.inf, gap=0.0)
    assert rough.bound <= fine.bound + 1e-9 <= proved.bound + 1e-6 <= best + 2e-6
    assert fine.bound > 0.8 * best


def test_areas_without_work_cost_no_bound_anything():
    problem = grid(4, 2, 2, work=[3, 0, 1, 3, 0, 2, 0, 0], tolerance=0.4)
    ground = as_ground(problem)
    median = Median(ground.cost, ground.work, 2, 0.6, 1.4)
    assert 0 < priced(median, everything(median), 200.0).bound <= least_seconds(problem) + 1e-9
