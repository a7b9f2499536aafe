"""What was asked against what was given: a table in, a stated answer out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from openbeat.kernel.csv_file import inert
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.dosage import (
    Dosage,
    Given,
    Share,
    Stop,
    answered,
    dosage,
    elsewhere,
    overlap,
    same_visit,
    share,
    sorted_out,
    stops,
)
from openbeat.patrol.rules import require_minutes, require_past, whole_minutes

T0 = datetime(2022, 1, 1, 22, tzinfo=UTC)


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def stop(place: str, slot: int, begin: int, unit: str = "U1") -> Stop:
    return Stop(unit, place, slot, at(begin), at(begin + 12))


def given(place: str, arrived: float, minutes: int | None = 10, *, unit: str = "U1", slot: int | None = None) -> Given:
    return Given(unit, place, at(arrived), minutes, "tap", slot)


def test_stops_come_from_the_tours_in_order_of_time() -> None:
    visits = [{"place": "b", "slot": 1, "begin": 3600, "leave": 4320}, {"begin": 5000, "end": 6000}]
    other = [{"place": "a", "slot": 0, "begin": 60, "leave": 720}]
    found = stops({"tours": [{"unit": "U1", "items": visits}, {"unit": "U2", "items": other}]}, T0)
    assert [(one.unit, one.place, one.slot, one.minutes) for one in found] == [("U2", "a", 0, 11), ("U1", "b", 1, 12)]


@pytest.mark.parametrize(
    ("visits", "answers"),
    [
        ([], {}),
        ([given("a", 5)], {0: 0}),
        ([given("a", 100)], {1: 0}),  # nearer to the later stop
        ([given("a", 100, slot=0)], {0: 0}),  # unless it was said to be for the earlier
        ([given("a", 5), given("a", 8)], {0: 0, 1: 1}),  # two visits: the second answers what is left
        ([given("a", 5, slot=0), given("a", 8, slot=0)], {0: 0, 1: 1}),
        ([given("a", 5, slot=7)], {0: 0}),  # a slot that nobody asked for
        ([given("a", 5), given("a", 30), given("a", 110)], {0: 0, 1: 2}),
        ([given("z", 5)], {}),
        ([given("a", 5, unit="U2")], {0: 0}),  # another unit went: the place was visited
    ],
)
def test_each_stop_is_answered_once(visits: list[Given], answers: dict[int, int]) -> None:
    asked = [stop("a", 0, 0), stop("a", 1, 120)]
    assert answered(asked, visits) == {asked[number]: visits[which] for number, which in answers.items()}


def test_dosage_tells_met_extra_never_and_spacing() -> None:
    asked = [stop("a", 0, 0), stop("a", 1, 120), stop("b", 0, 20)]
    visits = [given("a", 2, 10), given("a", 40, 5), given("a", 100, None), given("c", 60, 7)]
    one, never, extra = dosage(asked, visits, timedelta(minutes=30))
    assert one == Dosage("a", 2, 3, 24, 15, met=2, extra=1, gaps=2, close=1, units=("U1",), sources=("tap",))
    assert (never.place, never.asked, never.met, never.never, never.share) == ("b", 1, 0, True, 0)
    assert (extra.place, extra.asked, extra.extra, extra.never, extra.share) == ("c", 0, 1, False, None)
    assert one.share == pytest.approx(15 / 24)


def test_a_pause_begins_when_the_last_unit_has_left() -> None:
    """While one unit stays for an hour another comes and goes: the third comes ten minutes after the first has left."""
    visits = [given("a", 0, 60), given("a", 10, 5, unit="U2"), given("a", 70, 5)]
    (told,) = dosage([stop("a", 0, 0)], visits, timedelta(minutes=15))
    assert (told.gaps, told.close) == (2, 2)
    (told,) = dosage([stop("a", 0, 0)], visits, timedelta(minutes=10))
    assert (told.gaps, told.close) == (2, 1)


@pytest.mark.parametrize(
    ("other", "so"),
    [
        (given("b", 0, 10), True),
        (given("b", 4, 10), True),  # six of ten minutes
        (given("b", 5, 10), False),  # half: a tap that came late
        (given("b", 8, 1), True),  # a short one within
        (given("b", 10, 10), False),
        (given("b", 3, None), False),  # how long it was is not known
        (given("a", 0, 10), False),
        (given("b", 0, 10, unit="U2"), False),
    ],
)
def test_no_unit_is_told_to_be_at_two_places(other: Given, so: bool) -> None:
    one = given("a", 0, 10)
    assert (elsewhere(one, other), elsewhere(other, one)) == (so, so)


def test_a_stay_while_told_to_be_elsewhere_is_left() -> None:
    found = [given("b", 2, 7), given("c", 30, 6)]
    new, ended, merged, against = sorted_out([given("a", 0, 10)], found)
    assert ([one.place for one in new], ended, merged, against) == (["c"], {}, 0, 1)


def test_a_share_over_shifts_has_an_interval_between_them() -> None:
    assert share([]) == Share(None)
    assert share([(0, 0)]) == Share(None)
    assert share([(3, 4), (1, 4)]) == Share(0.5, None, None, 2)
    # by hand: shares .5 .5 .75 .25 .5 of 4 each: r = 0.5, Σ(g − r a)² = 2, s² = 5/4 · 2 / 20² = 1/160, t₄ = 2.776
    told = share([(2, 4), (2, 4), (3, 4), (1, 4), (2, 4)])
    assert (told.value, told.shifts) == (0.5, 5)
    assert told.high == pytest.approx(0.5 + 2.7764451 / 160**0.5, abs=1e-6)
    assert told.low == pytest.approx(0.5 - 2.7764451 / 160**0.5, abs=1e-6)
    assert share([(4, 4)] * 4 + [(0, 4)]).high == 1
    assert share([(9, 4)] * 4 + [(4, 4)]).value == 2


@pytest.mark.parametrize(
    ("other", "same", "at_once"),
    [
        (given("a", 0, 10), True, True),
        (given("a", 9, 10), True, True),
        (given("a", 10, 10), True, False),
        (given("a", 20, 10), True, False),  # ten minutes apart
        (given("a", 21, 10), False, False),
        (given("b", 0, 10), False, False),
        (given("a", 0, 10, unit="U2"), False, False),
    ],
)
def test_when_two_tellings_are_one_visit(other: Given, same: bool, at_once: bool) -> None:
    one = given("a", 0, 10)
    assert (same_visit(one, other), same_visit(other, one)) == (same, same)
    assert (overlap(one, other), overlap(other, one)) == (at_once, at_once)


def test_what_a_person_told_stands_and_positions_tell_the_rest() -> None:
    known = [given("a", 0, 10), given("b", 60, None), given("c", 100, None)]
    found = [given("a", 3, 8), given("b", 58, 14), given("d", 200, 6), given("c", 99, 0), given("b", 71, 3)]
    new, ended, merged, _against = sorted_out(known, found)
    assert [one.place for one in new] == ["d"]
    assert ended == {1: 12}  # 60 to 72
    assert merged == 3  # a as it was told, c whose end they do not know either, b once more
    again = sorted_out([*known[:1], given("b", 60, 12), known[2], *new], found)
    assert again == ([], {}, 5, 0)  # the same file a second time changes nothing


@pytest.mark.parametrize(("minutes", "kept"), [(0.2, 1), (10.4, 10), (2000, 720)])
def test_minutes_are_whole_and_sensible(minutes: float, kept: int) -> None:
    assert whole_minutes(T0, at(minutes)) == kept
    require_minutes(kept)


@pytest.mark.parametrize("minutes", [0, 721])
def test_minutes_that_cannot_be(minutes: int) -> None:
    with pytest.raises(Contradiction, match="1 to 720"):
        require_minutes(minutes)


@pytest.mark.parametrize(
    ("cell", "text"), [("=1+1", "'=1+1"), ("-x", "'-x"), (-5, "-5"), (None, ""), ("Moss Park", "Moss Park")]
)
def test_cells_of_a_file_are_inert(cell: object, text: str) -> None:
    assert inert(cell) == text


def test_what_is_still_to_come_is_not_told() -> None:
    require_past(at(5), at(0))  # a clock that is five minutes ahead
    with pytest.raises(Contradiction, match="still to come"):
        require_past(at(6), at(0))


def by_hand(asked: list[Stop], visits: list[Given], spacing: float) -> list[tuple[object, ...]]:
    """The same figures by another way: rows in Polars, without pairing visits with stops."""
    full: Any = {"on": "place", "how": "full", "coalesce": True}
    want = pl.DataFrame({"place": [one.place for one in asked], "want": [one.minutes for one in asked]})
    had = pl.DataFrame(
        {
            "place": [one.place for one in visits],
            "came": [(one.arrived - T0).total_seconds() / 60 for one in visits],
            "stay": [one.minutes or 0 for one in visits],
        }
    ).sort("place", "came")
    pause = pl.col("came").shift(-1) - (pl.col("came") + pl.col("stay")).cum_max()
    gaps = had.select("place", pause=pause.over("place")).drop_nulls()
    close = gaps.group_by("place").agg(gaps=pl.len(), close=(pl.col("pause") < spacing).sum())
    told = (
        want.group_by("place").agg(asked=pl.len(), minutes=pl.col("want").sum())
        .join(had.group_by("place").agg(given=pl.len(), got=pl.col("stay").sum()), **full)
        .join(close, on="place", how="left").fill_null(0).sort("place")
    )  # fmt: skip
    return [
        (*row, min(row[1], row[3]), max(0, row[3] - row[1]))
        for row in told.select("place", "asked", "minutes", "given", "got", "gaps", "close").rows()
    ]


@pytest.mark.parametrize("seed", range(20))
def test_dosage_is_what_counting_by_hand_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = [f"p{i}" for i in range(8)]
    asked = [stop(places[i], slot, 60 * slot + 5 * i) for i in range(6) for slot in range(rng.integers(1, 5))]
    visits = [
        given(
            str(rng.choice(places)), float(rng.integers(0, 480)), [None, 3, 12, 40][rng.integers(4)],
            unit=f"U{rng.integers(3)}", slot=[None, 0, 2][rng.integers(3)],
        )
        for _ in range(rng.integers(0, 30))
    ]  # fmt: skip
    told = [
        (one.place, one.asked, one.minutes_asked, one.given, one.minutes_given, one.gaps, one.close, one.met, one.extra)
        for one in dosage(asked, visits, timedelta(minutes=45))
    ]
    assert told == by_hand(asked, visits, 45)
