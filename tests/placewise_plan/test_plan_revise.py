"""A commander's edits change what they name and keep the rest."""

import numpy as np
import pytest
from tests.placewise_plan.small_city import HOUR, MINUTE, line, made_up, place, strange, unit

from placewise.plan import Add, BadEdit, BadPlan, Drop, Lock, Move, NoRoom, Stop, check, revise, solve

SOLVED = Stop(rounds=200, workers=1)


@pytest.fixture(scope="module")
def city():
    return made_up(7, places=45)


@pytest.fixture(scope="module")
def plan(city):
    return solve(city, SOLVED, 1)


def where(plan):
    return {(visit.place, visit.slot): tour.unit for tour in plan.tours for visit in tour.visits}


def when(plan):
    return {(visit.place, visit.slot): visit.begin for tour in plan.tours for visit in tour.visits}


def test_nothing_changes_without_an_edit(city, plan):
    again = revise(city, plan, [])
    assert again.tours == plan.tours


def test_a_drop_takes_one_visit_and_leaves_all_other_times(city, plan):
    gone = plan.tours[0].visits[1]
    again = revise(city, plan, [Drop(gone.place, gone.slot)])
    assert check(city, again) == []
    rest = {key: begin for key, begin in when(plan).items() if key != (gone.place, gone.slot)}
    assert when(again) == rest
    assert (gone.place, gone.slot, "dropped") in {(gap.place, gap.slot, gap.reason) for gap in again.unvisited}


def test_a_dropped_visit_stays_out_of_later_searches_until_it_is_added(city, plan):
    gone = max(plan.tours[0].visits, key=lambda visit: city.places[int(visit.place[1:])].prize[visit.slot])
    key = (gone.place, gone.slot)
    dropped = revise(city, plan, [Drop(*key)])
    searched = revise(city, dropped, [], stop=SOLVED)
    assert key not in where(searched)
    assert check(city, searched) == []
    back = revise(city, dropped, [Add(*key)])
    assert key in where(back)
    assert check(city, back) == []


def test_a_move_gives_a_visit_to_another_unit(city, plan):
    moved, other = plan.tours[0].visits[0], plan.tours[1].unit
    again = revise(city, plan, [Move(moved.place, moved.slot, other)])
    assert check(city, again) == []
    before, after = where(plan), where(again)
    assert after[moved.place, moved.slot] == other
    untouched = [key for key in before if key in after and key != (moved.place, moved.slot)]
    assert all(after[key] == before[key] for key in untouched)
    displaced = {(gap.place, gap.slot) for gap in again.unvisited if gap.reason == "displaced"}
    assert displaced == set(before) - set(after)


def test_a_move_within_a_tour_takes_the_position_named():
    town = line([place(f"p{i}") for i in range(4)], [unit()])
    plan = solve(town, SOLVED, 1)
    again = revise(town, plan, [Move("p3", 0, "a", position=0)])
    assert again.tours[0].visits[0].place == "p3"
    assert check(town, again) == []
    assert revise(town, again, [Move("p3", 0, "a", position=9)]).tours[0].visits[-1].place == "p3"


def test_an_added_visit_makes_room_for_itself():
    """One hour and the way: three visits fit; the one added pushes out the one of least prize."""
    places = [place("big", [5]), place("mid", [4]), place("small", [3]), place("least", [1])]
    town = line(places, [unit(end=65 * MINUTE)], step=2 * MINUTE)
    plan = solve(town, SOLVED, 1)
    assert [gap.place for gap in plan.unvisited] == ["least"]
    again = revise(town, plan, [Add("least", 0)])
    assert set(where(again)) == {("big", 0), ("mid", 0), ("least", 0)}
    assert [(gap.place, gap.reason) for gap in again.unvisited] == [("small", "displaced")]
    assert check(town, again) == []


def test_locked_moved_and_added_visits_stay_with_their_unit_in_a_new_search(city, plan):
    kept, moved = plan.tours[2].visits[0], plan.tours[0].visits[0]
    edits = [Lock(kept.place, kept.slot), Move(moved.place, moved.slot, plan.tours[1].unit)]
    again = revise(city, plan, edits, stop=SOLVED, seed=9)
    assert check(city, again) == []
    assert where(again)[kept.place, kept.slot] == plan.tours[2].unit
    assert where(again)[moved.place, moved.slot] == plan.tours[1].unit


def test_edits_that_make_no_sense_are_refused(city, plan):
    made = plan.tours[0].visits[0]
    gap = next(gap for gap in plan.unvisited if gap.slot >= 0)
    two_people = next(visit for tour in plan.tours for visit in tour.visits if int(visit.place[1:]) % 5 == 4)
    for edit in (
        Drop("nowhere", 0),
        Drop(made.place, 9),
        Drop(gap.place, gap.slot),
        Add(made.place, made.slot),
        Move(made.place, made.slot, "nobody"),
        Move(two_people.place, two_people.slot, "u0"),
    ):
        with pytest.raises(BadEdit):
            revise(city, plan, [edit])
    with pytest.raises(BadPlan):
        revise(line([place("x")], [unit()]), plan, [])


def test_an_added_visit_that_breaks_the_shift_is_refused():
    town = line(
        [place("near"), place("far")], [unit(end=40 * MINUTE, breaks=[(10 * MINUTE, 0, HOUR)])], step=10 * MINUTE
    )
    plan = solve(town, SOLVED, 1)
    with pytest.raises(BadEdit, match="keep its shift"):
        revise(town, plan, [Add("far", 0)])


@pytest.mark.parametrize("seed", range(40))
def test_strange_problems_and_edits_break_no_promise(seed):
    """Whatever is asked or edited: a plan without findings (shares are a hand's to break), or a word why."""
    rng = np.random.default_rng(seed)
    town = strange(seed)
    plan = solve(town, Stop(rounds=40, workers=1), seed)
    assert check(town, plan) == []
    for _ in range(6):
        edit = _drawn(rng, town, plan)
        if edit is None:
            break
        try:
            plan = revise(town, plan, [edit], stop=Stop(rounds=10, workers=1) if rng.random() < 0.3 else None)
        except (BadEdit, NoRoom):
            continue
        assert {finding.name for finding in check(town, plan)} <= {"area_share"}
        assert ((edit.place, edit.slot) in where(plan)) != isinstance(edit, Drop)


def _drawn(rng, town, plan):
    made, left = list(where(plan)), [(gap.place, gap.slot) for gap in plan.unvisited if gap.slot >= 0]
    drawn = rng.random()
    if made and drawn < 0.7:
        visit = made[rng.integers(len(made))]
        other = town.units[rng.integers(len(town.units))].name
        return Drop(*visit) if drawn < 0.3 else Lock(*visit) if drawn < 0.4 else Move(*visit, other)
    return Add(*left[rng.integers(len(left))]) if left else None
