"""What may be watched, when a scan is due, what continues what, what ends a warning: a table in, an answer out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from openbeat.forecast.warning import rules
from openbeat.forecast.warning.rules import Outcome, Stretch
from openbeat.forecast.warning.states import (
    ALARM_MOVES,
    BACK,
    FOLLOWED,
    MOVES,
    OPEN,
    SCAN_MOVES,
    UNDER_WAY,
    WATCH_MOVES,
    AlarmState,
    ScanState,
    WatchState,
)
from openbeat.kernel.errors import Contradiction, NotInThisState

LON, LAT = -79.38, 43.65
NORTH = 1 / 111_195
"""Degrees of latitude in a metre."""


def stretch(metres: float = 0, radius: float = 500, first: int = 1, last: int = 14) -> Stretch:
    return Stretch(LON, LAT + metres * NORTH, radius, date(2021, 11, first), date(2021, 11, last))


def test_no_two_states_share_a_name() -> None:
    names = [str(state) for moves in (WATCH_MOVES, SCAN_MOVES, ALARM_MOVES) for state in moves]
    assert len(names) == len(set(names)) == len(MOVES)


def test_every_state_leads_only_to_states() -> None:
    assert all(then in MOVES for targets in MOVES.values() for then in targets)
    assert all(BACK[state] in ALARM_MOVES[state] for state in BACK)
    assert set(OPEN) | {AlarmState.DISMISSED} == set(FOLLOWED)
    assert all(ScanState.FAILED in SCAN_MOVES[state] for state in UNDER_WAY)


def test_a_move_leads_on_or_is_refused() -> None:
    assert rules.move(WatchState.PROPOSED, WatchState.WATCHING) is WatchState.WATCHING
    with pytest.raises(NotInThisState, match="what is closed cannot become linked"):
        rules.move(AlarmState.CLOSED, AlarmState.LINKED)


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ((1000, 28, 100, 3), ""),
        ((250, 14, 30, 2), ""),
        ((2000, 56, 3650, 50), ""),
        ((999, 28, 100, 3), "within 250, 500, 1000, 2000 metres"),
        ((1000, 27, 100, 3), "back 14, 28, 56 days"),
        ((1000, 28, 29, 3), "once in 30 to once in 3650 days"),
        ((1000, 28, 3651, 3), "once in 30 to once in 3650 days"),
        ((1000, 28, 100, 1), "from 2 to 50 reports"),
        ((1000, 28, 100, 51), "from 2 to 50 reports"),
    ],
)
def test_settings_that_are_not_offered_are_refused(settings: tuple[int, int, int, int], refusal: str) -> None:
    if refusal:
        with pytest.raises(Contradiction, match=refusal):
            rules.require_settings(*settings)
    else:
        rules.require_settings(*settings)


@pytest.mark.parametrize(
    ("today", "newest", "night"),
    [
        (date(2022, 1, 1), date(2021, 12, 31), date(2022, 1, 1)),
        (date(2022, 1, 1), date(2022, 1, 1), date(2022, 1, 1)),  # today's are not all in
        (date(2022, 1, 1), date(2030, 1, 1), date(2022, 1, 1)),  # a slip of the hand
        (date(2022, 1, 1), date(2021, 12, 20), date(2021, 12, 21)),  # records lie back
    ],
)
def test_a_night_follows_the_newest_record(today: date, newest: date, night: date) -> None:
    assert rules.night_of(today, newest) == night


@pytest.mark.parametrize(("interval", "tries"), [(30, 999), (364, 999), (365, 9999), (3650, 9999)])
def test_rare_thresholds_try_chance_more_often(interval: int, tries: int) -> None:
    assert rules.tries(interval) == tries


def test_without_records_there_is_no_night() -> None:
    with pytest.raises(Contradiction, match="no records to scan"):
        rules.night_of(date(2022, 1, 1), None)


@pytest.mark.parametrize(
    ("hour", "scanned", "due"), [(3, [], False), (4, [], True), (23, [], True), (4, [date(2022, 1, 1)], False)]
)
def test_a_scan_is_due_once_from_early_morning_on(hour: int, scanned: list[date], due: bool) -> None:
    assert rules.is_due(datetime(2022, 1, 1, hour, 23, tzinfo=UTC), date(2022, 1, 1), scanned) is due


@pytest.mark.parametrize(
    ("other", "metres"),
    [
        (Stretch(LON, LAT, 1, date(2021, 1, 1), date(2021, 1, 1)), 0),
        (stretch(1000), 1000),
        (Stretch(LON + 0.01, LAT, 1, date(2021, 1, 1), date(2021, 1, 1)), 804.6),  # cos 43.65° × 1,111.95 m
    ],
)
def test_distances_are_great_circles(other: Stretch, metres: float) -> None:
    assert rules.metres_between(stretch(), other) == pytest.approx(metres, abs=0.2)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (stretch(), True),
        (stretch(499), True),
        (stretch(501), False),
        (stretch(900, radius=1000), True),  # the greater circle holds the other's centre
        (stretch(0, first=14, last=20), True),
        (stretch(0, first=15, last=20), False),
    ],
)
def test_what_shares_days_and_a_centre_is_the_same(other: Stretch, same: bool) -> None:
    assert rules.overlap(stretch(), other) is same
    assert rules.overlap(other, stretch()) is same


def test_small_circles_close_by_are_the_same_place() -> None:
    assert rules.overlap(stretch(radius=0), stretch(249, radius=10))
    assert not rules.overlap(stretch(radius=0), stretch(251, radius=10))


@pytest.mark.parametrize(
    ("found", "known", "pairs"),
    [
        ([], [stretch()], {}),
        ([stretch()], [], {}),
        ([stretch(100)], [stretch()], {0: 0}),
        ([stretch(5000)], [stretch()], {}),
        ([stretch(300), stretch(50)], [stretch()], {1: 0}),  # the nearest continues it, the other is new
        ([stretch(100)], [stretch(400), stretch(120)], {0: 1}),
        ([stretch(100), stretch(350)], [stretch(400), stretch(120)], {0: 1, 1: 0}),
    ],
)
def test_the_nearest_pairs_go_on_each_once(found: list[Stretch], known: list[Stretch], pairs: dict[int, int]) -> None:
    assert rules.continued(found, dict(enumerate(known))) == pairs


def test_reasons_are_given_in_words() -> None:
    assert rules.require_words("  a shop moved ") == "a shop moved"
    with pytest.raises(Contradiction, match="say why"):
        rules.require_words(" \n")


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_asks_for_nothing_is_dismissed(outcome: Outcome) -> None:
    if outcome in rules.DISMISSALS:
        assert rules.require_dismissal(outcome) is outcome
    else:
        with pytest.raises(Contradiction, match="dismissed for a known cause"):
            rules.require_dismissal(outcome)


def test_what_is_still_found_is_not_closed() -> None:
    rules.require_ended(living=False)
    with pytest.raises(Contradiction, match="still finds it"):
        rules.require_ended(living=True)


@pytest.mark.parametrize(
    ("state", "living", "waiting"),
    [
        (AlarmState.NEW, True, True),
        (AlarmState.NEW, False, True),
        (AlarmState.ACKNOWLEDGED, True, False),
        (AlarmState.ACKNOWLEDGED, False, True),
        (AlarmState.LINKED, False, True),
        (AlarmState.DISMISSED, False, False),
        (AlarmState.CLOSED, False, False),
    ],
)
def test_what_waits_for_a_word(state: AlarmState, living: bool, waiting: bool) -> None:
    assert rules.waits(state, living=living) is waiting
