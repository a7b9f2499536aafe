"""The checker names every kind of broken promise, and none where all hold."""

from dataclasses import replace

import pytest
from tests.placewise_plan.small_city import HOUR, MINUTE, line, place, unit

from placewise.plan import Plan, Rest, Tour, Unvisited, Visit, check

SLOTS = ((0, HOUR), (HOUR, 2 * HOUR))


def city(**rest):
    """Two places 5 and 10 minutes out; two units, the first with a break."""
    return line(
        [
            place("x", [2.0, 3.0], visits=2, dwell=10 * MINUTE, area="south"),
            place("y", [1.0, 1.0], dwell=10 * MINUTE, area="north", skills=("dog",), crew=2),
        ],
        [unit("a", end=2 * HOUR, breaks=[(20 * MINUTE, 15 * MINUTE, HOUR)]), unit("b", skills=("dog",), crew=2)],
        slots=SLOTS,
        spacing=30 * MINUTE,
        **rest,
    )


def good() -> Plan:
    m = MINUTE
    return Plan(
        tours=(
            Tour(
                "a",
                (Visit("x", 0, 5 * m, 5 * m, 15 * m), Rest(15 * m, 35 * m), Visit("x", 1, 35 * m, 60 * m, 70 * m)),
                75 * m,
            ),
            Tour("b", (Visit("y", 0, 10 * m, 10 * m, 20 * m),), 30 * m),
        ),
        unvisited=(),
        prize=6.0,
        wanted_prize=6.0,
        travel=30 * m,
        engine="by hand",
        seed=0,
    )  # fmt: skip


def swap(plan: Plan, tour: int, item: int, **changes) -> Plan:
    """The plan with one item of one tour changed."""
    items = list(plan.tours[tour].items)
    items[item] = replace(items[item], **changes)
    return with_items(plan, tour, items)


def with_items(plan: Plan, tour: int, items) -> Plan:
    tours = list(plan.tours)
    tours[tour] = replace(tours[tour], items=tuple(items))
    return replace(plan, tours=tuple(tours))


def names(plan: Plan, **rest) -> set[str]:
    return {finding.name for finding in check(city(**rest), plan)}


def test_a_good_plan_has_no_findings():
    assert check(city(), good()) == []
    assert check(city(max_share={"south": 0.7}, balance=0.2), good()) == []


M = MINUTE
A, B = good().tours


@pytest.mark.parametrize(
    ("plan", "finding"),
    [
        (swap(good(), 0, 0, arrive=4 * M), "travel_too_short"),
        (swap(good(), 0, 0, begin=4 * M), "overlap"),
        (swap(good(), 0, 0, leave=14 * M), "dwell_too_short"),
        (swap(good(), 0, 2, begin=59 * M), "outside_slot"),
        (swap(good(), 0, 2, begin=120 * M, leave=130 * M), "outside_slot"),
        (swap(good(), 0, 2, leave=118 * M), "after_shift"),
        (swap(good(), 0, 1, begin=14 * M), "overlap"),
        (swap(good(), 0, 1, begin=14 * M), "break_outside_window"),
        (swap(good(), 0, 1, end=34 * M), "break_too_short"),
        (with_items(good(), 0, [A.items[0], A.items[2]]), "break_missing"),
        (with_items(good(), 1, [*B.items, Visit("x", 0, 25 * M, 25 * M, 35 * M)]), "too_close"),
        (with_items(good(), 1, [*B.items, Visit("x", 0, 25 * M, 45 * M, 55 * M)]), "twice_in_slot"),
        (with_items(good(), 1, [*B.items, Visit("y", 1, 20 * M, 60 * M, 70 * M)]), "too_many_visits"),
        (with_items(good(), 0, [Visit("y", 0, 10 * M, 10 * M, 20 * M), *A.items[1:]]), "skill_missing"),
        (with_items(good(), 0, [Visit("y", 0, 10 * M, 10 * M, 20 * M), *A.items[1:]]), "too_few_people"),
        (with_items(good(), 1, []), "unaccounted"),
        (replace(good(), unvisited=(Unvisited("y", 0, "no_time"),)), "unaccounted"),
        (replace(good(), prize=7.0), "wrong_total"),
        (replace(good(), travel=29 * M), "wrong_total"),
        (replace(good(), tours=good().tours[::-1]), "wrong_units"),
        (replace(good(), unvisited=(Unvisited("z", 0, "no_time"),)), "unknown_place"),
        (swap(good(), 0, 0, slot=2), "unknown_place"),
        (replace(good(), tours=(replace(A, back=74 * M), B)), "travel_too_short"),
    ],
)
def test_each_broken_promise_is_named(plan, finding):
    assert finding in names(plan)


def test_shares_and_balance_are_recomputed():
    assert names(good(), max_share={"south": 0.6}) == {"area_share"}
    assert names(good(), balance=0.1) == {"unbalanced"}
