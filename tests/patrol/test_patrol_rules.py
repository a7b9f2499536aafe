"""Patrol rules: a table in, a stated answer out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from openbeat.kernel.errors import Contradiction, NotInThisState
from openbeat.patrol.rules import Asked, break_window, move, prizes, require_shift, slots
from openbeat.patrol.states import MOVES, State

T0 = datetime(2022, 1, 1, 22, tzinfo=UTC)
FLAT = [1 / 24] * 24


@pytest.mark.parametrize("now", list(State))
@pytest.mark.parametrize("then", list(State))
def test_every_move_is_in_the_table_or_refused(now: State, then: State) -> None:
    if then in MOVES[now]:
        assert move(now, then) is then
    else:
        with pytest.raises(NotInThisState, match="cannot become"):
            move(now, then)


@pytest.mark.parametrize(
    ("hours", "fine"), [(0.5, False), (1, True), (8, True), (14, True), (14.1, False), (-1, False)]
)
def test_a_shift_can_be_worked(hours: float, fine: bool) -> None:
    if fine:
        require_shift(T0, T0 + timedelta(hours=hours))
    else:
        with pytest.raises(Contradiction, match="one to fourteen hours"):
            require_shift(T0, T0 + timedelta(hours=hours))


@pytest.mark.parametrize(("name", "value"), [("dwell", 9), ("dwell", 16), ("visits", 0), ("max_share", 4)])
def test_what_is_asked_stays_within_its_bounds(name: str, value: int) -> None:
    with pytest.raises(Contradiction, match=name):
        Asked(**{name: value})


def test_slots_divide_the_whole_shift() -> None:
    assert slots(3 * 3600, 60) == [(0, 3600), (3600, 7200), (7200, 10800)]
    assert slots(2 * 3600 + 1800, 60)[-1] == (7200, 9000)


def test_the_break_lies_in_the_middle_third() -> None:
    earliest, latest = break_window(8 * 3600, 30)
    assert (earliest, latest) == (9600, 19200 - 1800)


def test_prizes_follow_the_hours_and_pass_midnight() -> None:
    night = [0.0] * 24
    night[23], night[0] = 0.75, 0.25
    assert prizes(2.0, night, [(22.5, 23.5), (23.5, 24.5)]) == pytest.approx((0.75, 1.0))
    assert prizes(24.0, FLAT, [(0, 1), (5, 7)]) == pytest.approx((1.0, 2.0))
