"""Forecast rules: a table in, a stated answer out."""

from __future__ import annotations

from datetime import date

import pytest

from openbeat.forecast.rules import move, origins, period, possible_origins, require_reported, usable
from openbeat.forecast.states import MOVES, State
from openbeat.kernel.errors import Contradiction, NotInThisState


@pytest.mark.parametrize("now", list(State))
@pytest.mark.parametrize("then", list(State))
def test_every_move_is_in_the_table_or_refused(now: State, then: State) -> None:
    if then in MOVES[now]:
        assert move(now, then) is then
    else:
        with pytest.raises(NotInThisState, match="cannot become"):
            move(now, then)


def test_what_did_not_beat_the_count_has_no_way_out() -> None:
    assert not MOVES[State.NOT_BETTER]


def test_classes_that_patrols_discover_are_turned_away_by_name() -> None:
    require_reported([("Burglary", True)])
    with pytest.raises(Contradiction, match="Drug"):
        require_reported([("Burglary", True), ("Drug/Narcotic Violations", False)])
    with pytest.raises(Contradiction, match="at least one"):
        require_reported([])


def test_a_period_is_one_of_the_offered_lengths() -> None:
    assert period(date(2022, 1, 1), 7).end == date(2022, 1, 8)
    with pytest.raises(Contradiction, match="7, 14, 28"):
        period(date(2022, 1, 1), 10)


def test_origins_end_one_period_before_the_forecast() -> None:
    first, last, step = origins(date(2022, 1, 1), 7, count=26)
    assert (last, step) == (date(2021, 12, 25), 14)
    assert (last - first).days == 25 * 14


@pytest.mark.parametrize(
    ("first_record", "tests"),
    [(date(2014, 1, 1), 26), (date(2018, 12, 1), 2), (date(2018, 12, 26), 1), (date(2019, 6, 1), 0)],
)
def test_tests_have_three_years_of_records_before_them(first_record: date, tests: int) -> None:
    assert possible_origins(first_record, date(2022, 1, 1), 7) == tests


@pytest.mark.parametrize(
    ("state", "expires", "answer"),
    [
        (State.OFFERED, date(2022, 1, 5), True),
        (State.OFFERED, date(2022, 1, 1), True),
        (State.OFFERED, date(2021, 12, 31), False),
        (State.OFFERED, None, False),
        (State.READY, date(2022, 1, 5), False),
        (State.WITHDRAWN, date(2022, 1, 5), False),
    ],
)
def test_a_forecast_is_used_only_while_offered_and_fresh(state: State, expires: date | None, answer: bool) -> None:
    assert usable(state, expires, date(2022, 1, 1)) is answer
