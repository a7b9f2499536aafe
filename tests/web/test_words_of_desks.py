"""Words and figures of the desks that are easily wrong by one: last days, all of a sum, a name for every right."""

from __future__ import annotations

from datetime import date

import pytest

from openbeat.access import RULES, Permission, Role
from openbeat.web.forecast_words import calibration_words, days, informed_by
from openbeat.web.plan_board import around, travel_words
from openbeat.web.rights import DEEDS, deed_name, who_may


@pytest.mark.parametrize(
    ("first", "after", "words"),
    [
        (date(2022, 1, 1), date(2022, 1, 8), "2022-01-01 – 2022-01-07"),
        (date(2021, 12, 31), date(2022, 1, 1), "2021-12-31 – 2021-12-31"),
    ],
)
def test_a_period_is_told_by_its_last_day(first: date, after: date, words: str) -> None:
    assert days(first, after) == words


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.996, "As many incidents happened as were expected"),
        (0.9, "10 % fewer incidents happened than were expected"),
        (1.28, "28 % more incidents happened than were expected"),
    ],
)
def test_calibration_is_said_as_it_is(ratio: float, words: str) -> None:
    assert calibration_words(ratio) == words


def test_what_informed_a_forecast_is_named_as_far_as_one_reads() -> None:
    context = [{"name": name, "reports": count} for name, count in zip("abcdefg", range(70, 0, -10), strict=True)]
    assert informed_by(context[:2]) == "a (70), b (60)"
    assert informed_by(context[:6]) == "a (70), b (60), c (50), d (40), e (30) and 1 class more (20)"
    assert informed_by(context).endswith("e (30) and 2 classes more (30)")


def test_every_right_has_words_of_its_own() -> None:
    assert set(DEEDS) == {permission.value for permission in Permission} == {p.value for p in RULES}
    assert len({str(words) for words in DEEDS.values()}) == len(DEEDS)


def test_a_deed_without_a_right_keeps_its_name() -> None:
    assert deed_name("sign-in") == "sign-in"


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ([Role.ANALYST.value, Role.SERVICE.value], "Analyst, The service itself"),
        ([role.value for role in Role], "Everybody"),
    ],
)
def test_who_may_is_said_in_words(roles: list[str], words: str) -> None:
    assert who_may(roles) == words


def test_a_plans_map_begins_at_its_stops() -> None:
    units = [
        {"path": [[-80.0, 43.0]], "stops": [{"at": [-79.4, 43.6]}, {"at": [-79.5, 43.7]}]},
        {"path": [], "stops": []},
    ]
    assert around(units) == pytest.approx((-79.505, 43.595, -79.395, 43.705))
    assert around(units[1:]) is None


def test_a_speed_is_told_without_idle_noughts() -> None:
    assert "at 30 km/h" in travel_words({"factor": 1.3, "kmh": 30.0})
