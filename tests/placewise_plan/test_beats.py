"""Beats: the best of small towns is found and proved, every promise is checked, alternatives are what they say."""

from dataclasses import replace

import numpy as np
import pytest
from tests.placewise_plan.beat_towns import grid, least_seconds, town

from placewise.plan import BadProblem, BeatPlan, Beats, NoEvenBeats, SmallArea, Stop, check_beats, draw_beats

QUICK = Stop(rounds=150, workers=1)


def by_name(plans) -> dict[str, BeatPlan]:
    return {plan.name: plan for plan in plans}


# --- the best there is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_best_of_a_small_town_is_found_and_proved(seed):
    problem = town(seed)
    (plan,) = draw_beats(problem, QUICK, seed, alternatives=False)
    assert check_beats(problem, plan) == []
    assert plan.seconds == pytest.approx(least_seconds(problem))
    assert plan.gap < 2e-4


def test_two_beats_of_a_strip_part_it_in_the_middle():
    (plan,) = draw_beats(grid(6, 1, 2), QUICK, 1, alternatives=False)
    assert [beat.areas for beat in plan.beats] == [("a0", "a1", "a2"), ("a3", "a4", "a5")]
    assert [(beat.middle, beat.workload, beat.seconds) for beat in plan.beats] == [("a1", 3.0, 40.0), ("a4", 3.0, 40.0)]
    assert (plan.seconds, plan.uneven, plan.changed) == (40.0, 0.0, None)
    assert plan.beats[0].compactness == pytest.approx(4 * np.pi * 3 / 64)


def test_a_beat_goes_round_a_river():
    """No border crosses between the rows but at the left end: beats are the two rows, or parts that hang together."""
    river = [(i, i + 4) for i in range(1, 4)]
    problem = grid(4, 2, 2, gaps=river)
    (plan,) = draw_beats(problem, QUICK, 1, alternatives=False)
    assert check_beats(problem, plan) == []
    assert plan.seconds == pytest.approx(least_seconds(problem))
    assert {beat.areas for beat in plan.beats} == {("a0", "a1", "a2", "a3"), ("a4", "a5", "a6", "a7")}
    assert plan.gap < 2e-4  # what HiGHS found without the river is cut off


def test_the_same_seed_and_rounds_give_the_same_beats():
    problem = town(3, columns=5, rows=4, count=4)
    assert draw_beats(problem, QUICK, 5) == draw_beats(problem, QUICK, 5)


def test_a_plan_goes_through_plain_values():
    (plan,) = draw_beats(grid(6, 1, 2), QUICK, 1, alternatives=False)
    assert BeatPlan.from_dict(plan.to_dict()) == plan


def test_one_beat_is_everything_and_as_many_as_areas_are_the_areas():
    (whole,) = draw_beats(grid(3, 2, 1), QUICK, 1, alternatives=False)
    assert whole.beats[0].areas == tuple(f"a{i}" for i in range(6))
    (each,) = draw_beats(grid(3, 2, 6), QUICK, 1, alternatives=False)
    assert (each.seconds, len(each.beats), each.gap) == (0.0, 6, 0.0)


def test_places_without_work_belong_to_a_beat_too():
    problem = grid(4, 2, 2, work=[3, 0, 0, 3, 0, 0, 0, 0])
    (plan,) = draw_beats(problem, QUICK, 1, alternatives=False)
    assert check_beats(problem, plan) == []
    assert plan.seconds == 0


# --- alternatives ----------------------------------------------------------------------------------------------------


def test_alternatives_are_what_they_are_called():
    today = [f"beat {'north' if i < 12 else 'south'}" for i in range(24)]
    rng = np.random.default_rng(4)
    problem = grid(6, 4, 2, work=rng.integers(5, 15, 24), today=today, tolerance=0.3)
    plans = by_name(draw_beats(problem, Stop(rounds=600, workers=1), 2))
    assert [check_beats(problem, plan) for plan in plans.values()] == [[]] * len(plans)
    assert "quickest" in plans
    quickest = plans["quickest"]
    assert all(plan.seconds >= quickest.seconds for plan in plans.values())
    assert len({tuple(sorted(beat.areas for beat in plan.beats)) for plan in plans.values()}) == len(plans)
    if "even" in plans:
        assert plans["even"].uneven <= 0.1
    if "familiar" in plans:
        assert plans["familiar"].changed < quickest.changed
    assert {beat.name for beat in quickest.beats} == {"beat north", "beat south"}


def test_nothing_changes_hands_where_today_is_even_and_hardly_slower():
    today = ["west" if i % 6 < 3 else "east" for i in range(24)]
    work = [1.0] * 24
    work[0] = 1.5
    problem = grid(6, 4, 2, work=work, today=today)
    plans = draw_beats(problem, Stop(rounds=400, workers=1), 2)
    assert 0 in {plan.changed for plan in plans}


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"count": 0}, "beats below 1"),
        ({"count": 9}, "beats below 1 or more than areas: 9"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"travel": np.zeros((2, 2))}, "travel matrix: shape"),
        ({"travel": np.full((6, 6), -1.0)}, "seconds below 0"),
        ({"travel": np.full((6, 6), np.inf)}, "not finite"),
        ({"borders": ()}, "no border joins to the others: a1 and 4 more"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(changes, says):
    with pytest.raises(BadProblem, match=says):
        replace(grid(3, 2, 2), **changes)


def test_areas_that_make_no_sense_are_refused():
    one = SmallArea("x", 1.0, 1.0, 4.0)
    with pytest.raises(BadProblem, match="two areas of one name: x"):
        Beats((one, one), (), np.zeros((2, 2)), 1)
    with pytest.raises(BadProblem, match="workload below 0 or not finite: x"):
        Beats((replace(one, workload=np.nan),), (), np.zeros((1, 1)), 1)
    with pytest.raises(BadProblem, match="workload: there is none"):
        Beats((replace(one, workload=0.0),), (), np.zeros((1, 1)), 1)
    with pytest.raises(BadProblem, match="more workload than a beat may have: a0"):
        grid(3, 2, 2, work=[9, 1, 1, 1, 1, 1])


def test_a_town_without_even_beats_is_told_so():
    with pytest.raises(NoEvenBeats, match="no 2 beats within 5% of the mean workload"):
        draw_beats(grid(3, 1, 2, work=[2, 3, 2], tolerance=0.05), QUICK, 1)


def test_whoever_listens_may_end_the_search():
    told = []

    def listen(share, worth):
        told.append((share, worth))
        return len(told) < 5

    plans = draw_beats(town(1), Stop(seconds=60.0, workers=1), 1, progress=listen)
    assert plans[0].name == "quickest"
    assert told[-1][1] == pytest.approx(min(worth for _, worth in told))


# --- the checker -----------------------------------------------------------------------------------------------------


def strip() -> BeatPlan:
    return draw_beats(grid(6, 1, 2, today=["w"] * 3 + ["e"] * 3), QUICK, 1, alternatives=False)[0]


def with_beat(plan, number, **changes) -> BeatPlan:
    beats = list(plan.beats)
    beats[number] = replace(beats[number], **changes)
    return replace(plan, beats=tuple(beats))


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda plan: replace(plan, beats=plan.beats[:1]), "wrong_count"),
        (lambda plan: with_beat(plan, 1, name=plan.beats[0].name), "twice_named"),
        (lambda plan: with_beat(plan, 0, middle="a5"), "middle_outside"),
        (lambda plan: with_beat(plan, 0, areas=("a0", "a1", "a2", "x")), "unknown_area"),
        (lambda plan: with_beat(plan, 0, areas=("a0", "a1")), "not_once"),
        (lambda plan: with_beat(plan, 0, areas=("a0", "a1", "a2", "a3")), "not_once"),
        (
            lambda plan: with_beat(with_beat(plan, 0, areas=("a0", "a1", "a3")), 1, areas=("a2", "a4", "a5")),
            "in_pieces",
        ),
        (lambda plan: with_beat(with_beat(plan, 0, areas=("a0", "a1")), 1, areas=("a2", "a3", "a4", "a5")), "uneven"),
        (lambda plan: with_beat(plan, 0, workload=2.0), "wrong_total"),
        (lambda plan: with_beat(plan, 0, seconds=1.0), "wrong_total"),
        (lambda plan: with_beat(plan, 0, middle="a0", seconds=60.0), "better_middle"),
        (lambda plan: replace(plan, seconds=1.0), "wrong_total"),
        (lambda plan: replace(plan, bound=50.0), "wrong_total"),
        (lambda plan: replace(plan, uneven=0.1), "wrong_total"),
        (lambda plan: replace(plan, changed=3), "wrong_total"),
    ],
)
def test_each_broken_promise_is_named(spoil, finding):
    problem = grid(6, 1, 2, today=["w"] * 3 + ["e"] * 3)
    assert check_beats(problem, strip()) == []
    assert finding in {one.name for one in check_beats(problem, spoil(strip()))}
