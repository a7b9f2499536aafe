"""What happens event by event: towns small enough to follow by hand, the plain twin, and what must always hold."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.placewise_simulate.plain_city import PlainCity
from tests.placewise_simulate.small_town import grid

from placewise.kernels.dispatch import Calls, run
from placewise.simulate import (
    POLICIES,
    PREEMPTION,
    Arrivals,
    Patrol,
    Priority,
    Scenario,
    Shift,
    Station,
    Unit,
    Zone,
    every_day,
)
from placewise.simulate.arrays import as_city, fresh
from placewise.simulate.calls import draw
from placewise.simulate.run import COVER_STEP

DAY = 86_400.0


def lived(scenario: Scenario, calls: Calls, end: float = 8 * DAY):
    """The log of a scenario whose calls are given: rows (call, unit, sent, arrived, left, done)."""
    city, _ = as_city(scenario, 0.0, end)
    fleet, line, log = fresh(city, calls, 64 + 8 * len(calls.ready))
    assert run(city, calls, fleet, line, log, 0.0, end, COVER_STEP, np.zeros(4))
    rows = list(zip(*(column[: line.size[1]].tolist() for column in log[:6]), strict=True))
    stays = list(zip(*(column[: line.size[2]].tolist() for column in log[6:]), strict=True))
    return rows, stays, line


def calls_of(*rows: tuple[float, int, int, int, float]) -> Calls:
    """Calls from (ready, zone, priority, people, work)."""
    ready, zone, priority, people, work = zip(*rows, strict=True)
    return Calls(np.array(ready, dtype=float), *map(np.array, (zone, priority, people)), np.array(work, dtype=float))


def street(units: tuple[Unit, ...], **rules) -> Scenario:
    """Five zones in a row, 100 s apart; a station at either end; areas «west» and «east»."""
    at = np.array([0, 1, 2, 3, 4, 0, 4]) * 100.0
    zones = tuple(Zone(f"z{i}", i / 100, 0.0, "west" if i < 2 else "east") for i in range(5))
    stations = (Station("left", 0.0, 0.0), Station("right", 0.04, 0.0))
    levels = (Priority("1", target=1000.0), Priority("2", target=1000.0))
    arrivals = Arrivals.even(np.array([[1.0] * 5, [1.0] * 5]))
    return Scenario(zones, stations, units, levels, arrivals, np.abs(at[:, None] - at[None, :]), **rules)


LEFT, RIGHT = Unit("l", "left"), Unit("r", "right")
Z = 500.0  # seconds at the scene


def sent(rows) -> list[tuple[int, int, float, float, float]]:
    """Rows without whether they were done."""
    return [row[:5] for row in rows]


def test_the_closest_free_unit_is_sent_and_goes_home() -> None:
    rows, _, _ = lived(street((LEFT, RIGHT)), calls_of((0, 1, 0, 1, Z), (10, 2, 0, 1, Z), (1000, 2, 0, 1, Z)))
    assert sent(rows) == [
        (0, 0, 0.0, 100.0, 600.0),
        (1, 1, 10.0, 210.0, 710.0),  # the left one is busy
        (2, 0, 1000.0, 1200.0, 1700.0),  # both are home again: equal, the first named goes
    ]


def test_a_unit_on_its_way_home_is_where_it_has_come_to() -> None:
    rows, _, _ = lived(street((LEFT,)), calls_of((0, 4, 0, 1, Z), (1000, 4, 0, 1, Z), (2150, 0, 0, 1, Z)))
    assert rows[1][2:4] == (1000.0, 1100.0)  # left zone 4 at 900, 100 s of its 400 s home are driven
    assert rows[2][2:4] == (2150.0, 2150.0)  # home since 2000


def test_a_unit_that_stays_is_where_it_was() -> None:
    rows, _, _ = lived(street((LEFT,), idle="stay"), calls_of((0, 4, 0, 1, Z), (5000, 4, 0, 1, Z)))
    assert rows[1][2:4] == (5000.0, 5000.0)


def test_calls_wait_by_priority_then_by_age() -> None:
    calls = calls_of((0, 0, 1, 1, Z), (1, 1, 1, 1, Z), (2, 2, 1, 1, Z), (3, 3, 0, 1, Z))
    rows, _, _ = lived(street((LEFT,)), calls)
    assert [row[0] for row in rows] == [0, 3, 1, 2]
    assert rows[1][2] == 500.0  # sent at once when the unit is free, from where it is


def test_calls_that_may_not_wait_are_handed_over() -> None:
    rows, _, line = lived(street((LEFT,), waiting=False), calls_of((0, 0, 0, 1, Z), (1, 1, 0, 1, Z)))
    assert [row[0] for row in rows] == [0]
    assert line.lost.tolist() == [False, True]


def test_the_own_beat_comes_first_though_farther() -> None:
    units = (replace(LEFT, beat=("east",)), replace(RIGHT, beat=("west",)))
    first, _, _ = lived(street(units, policy="beat_first"), calls_of((0, 0, 0, 1, Z), (1, 0, 0, 1, Z)))
    assert [row[1] for row in first] == [1, 0]  # then whoever there is
    closest, _, _ = lived(street(units), calls_of((0, 0, 0, 1, Z)))
    assert closest[0][1] == 0


def test_cover_is_kept_for_all_but_the_first_priority() -> None:
    """Three units: two stand on the left. The one in the middle of the call would leave the right uncovered."""
    units = (Unit("a", "left"), Unit("b", "left"), Unit("c", "right"))
    town = street(units, policy="closest_keeping_cover", cover_seconds=150.0)
    assert lived(town, calls_of((0, 3, 1, 1, Z)))[0][0][1] == 0  # c is closer, but nobody else covers the right
    assert lived(town, calls_of((0, 3, 0, 1, Z)))[0][0][1] == 2
    late = replace(town, priorities=(Priority("1"), Priority("2", target=250.0)))
    assert lived(late, calls_of((0, 3, 1, 1, Z)))[0][0][1] == 2  # a would come after 300 s: too late


def test_a_more_urgent_call_takes_the_unit_on_its_way() -> None:
    calls = calls_of((0, 4, 1, 1, Z), (100, 0, 0, 1, Z))
    rows, _, _ = lived(street((LEFT,), preemption="driving"), calls)
    assert sent(rows)[0][:3] == (0, 0, 0.0)
    assert np.isnan(rows[0][3])
    assert rows[0][4] == 100.0
    assert sent(rows)[1:] == [(1, 0, 100.0, 200.0, 700.0), (0, 0, 700.0, 1100.0, 1600.0)]
    assert [row[5] for row in rows] == [False, True, True]


def test_at_the_scene_it_is_taken_only_where_that_is_the_rule() -> None:
    calls = calls_of((0, 0, 1, 1, Z), (100, 1, 0, 1, Z))
    assert [row[0] for row in lived(street((LEFT,), preemption="driving"), calls)[0]] == [0, 1]
    rows, _, _ = lived(street((LEFT,), preemption="always"), calls)
    assert sent(rows) == [
        (0, 0, 0.0, 0.0, 100.0),
        (1, 0, 100.0, 200.0, 700.0),
        (0, 0, 700.0, 800.0, 1200.0),  # 400 s of its 500 were left
    ]


def test_an_equal_call_takes_nobody() -> None:
    calls = calls_of((0, 4, 0, 1, Z), (100, 0, 0, 1, Z))
    assert [row[0] for row in lived(street((LEFT,), preemption="always"), calls)[0]] == [0, 1]


def test_two_people_are_two_units_or_one_crew_of_two() -> None:
    calls = calls_of((0, 1, 0, 2, Z))
    assert [row[1] for row in lived(street((LEFT, RIGHT)), calls)[0]] == [0, 1]
    assert [row[1] for row in lived(street((replace(LEFT, crew=2), RIGHT)), calls)[0]] == [0]


def test_a_call_for_two_waits_for_the_second() -> None:
    calls = calls_of((0, 4, 0, 1, Z), (10, 0, 0, 2, Z))
    rows, _, _ = lived(street((LEFT, RIGHT)), calls)
    assert sent(rows) == [(0, 1, 0.0, 0.0, 500.0), (1, 0, 10.0, 10.0, 510.0), (1, 1, 500.0, 900.0, 1400.0)]


def test_shifts_begin_at_the_station_and_a_job_is_finished_after_them() -> None:
    early, late = Unit("e", "left", (Shift(0, 1000),)), Unit("l", "right", (Shift(2000, 3000),))
    calls = calls_of((900, 4, 0, 1, Z), (1500, 4, 0, 1, Z), (3500, 0, 0, 1, Z))
    rows, _, _ = lived(street((early, late)), calls, 15 * DAY)
    assert sent(rows)[:2] == [(0, 0, 900.0, 1300.0, 1800.0), (1, 1, 2000.0, 2000.0, 2500.0)]
    assert sent(rows)[2][2] == 7 * DAY  # nobody until the next week's first shift


def test_a_shift_over_the_weeks_end_holds_from_the_beginning() -> None:
    night = Unit("n", "left", (Shift(int(6 * DAY) + 80_000, int(7 * DAY) + 1000),))
    rows, _, _ = lived(street((night,)), calls_of((500, 0, 0, 1, Z)))
    assert rows[0][2] == 500.0


def test_traffic_slows_by_the_hour_in_which_one_sets_out() -> None:
    pace = (1.0, 0.5, *(1.0,) * 166)
    rows, _, _ = lived(street((LEFT,), pace=pace), calls_of((0, 4, 0, 1, 0.0), (3600, 4, 0, 1, 0.0)))
    assert [row[3] - row[2] for row in rows] == [400.0, 800.0]


def test_a_patrol_stop_is_kept_but_for_calls() -> None:
    town = street((LEFT,), patrols=(Patrol("l", "z2", 1000, 2000),))
    rows, stays, _ = lived(town, calls_of((1200, 4, 0, 1, 100.0)))
    assert rows[0][2:5] == (1200.0, 1400.0, 1500.0)  # from the stop, not from home
    assert [stay for stay in stays if stay[1] < DAY] == [(0, 1000.0, 1200.0), (0, 1700.0, 2000.0)]


def test_a_stop_asked_while_busy_is_gone_to_afterwards() -> None:
    town = street((LEFT,), patrols=(Patrol("l", "z2", 1000, 2000), Patrol("l", "z0", 2500, 2600)))
    _, stays, _ = lived(town, calls_of((900, 3, 0, 1, 100.0)))  # half way to the stop: there at 1100, free at 1200
    assert [stay for stay in stays if stay[1] < DAY] == [(0, 1300.0, 2000.0), (1, 2500.0, 2600.0)]


RULES = [
    {"policy": policy, "preemption": preemption, "idle": idle, "waiting": waiting}
    for policy, idle in zip(POLICIES, ("home", "stay", "home"), strict=True)
    for preemption, waiting in zip(PREEMPTION, (False, True, True), strict=True)
]


def busy_town(**rules) -> Scenario:
    """A town with shifts, a plan, calls for two, crews of two, traffic, and hardly enough units."""
    town = grid(6, 6, 120, minutes_a_step=1.5)
    crews = [replace(unit, shifts=every_day(6 * 3600 * i, 6 * 3600 * i + 50_000)) for i, unit in enumerate(town.units)]
    crews = [*crews[:3], replace(crews[3], crew=2, shifts=()), replace(crews[4], shifts=()), crews[5]]
    crews = [replace(unit, shifts=unit.shifts[:6]) for unit in crews]
    levels = tuple(replace(level, two_people=0.3) for level in town.priorities)
    plan = tuple(Patrol("u3", f"z{i}.{i}", 7200 * i, 7200 * i + 3600) for i in range(6))
    pace = tuple(0.6 + 0.4 * (hour % 24 < 7) for hour in range(168))
    return replace(town, units=tuple(crews), priorities=levels, patrols=plan, pace=pace, **rules)


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: " ".join(map(str, rules.values())))
def test_the_compiled_city_does_what_the_plain_one_does(rules: dict[str, object]) -> None:
    town = busy_town(**rules)
    drawn = draw(town, 0.0, 2 * DAY, (7, 0))
    rows, stays, line = lived(town, drawn.calls)
    plain = PlainCity(as_city(town, 0.0, 8 * DAY)[0], drawn.calls).live(8 * DAY)
    np.testing.assert_array_equal(np.array(rows, dtype=float), np.array(plain.log))
    assert stays == plain.stays
    assert line.lost.tolist() == plain.lost
    assert len(rows) > 100


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: " ".join(map(str, rules.values())))
def test_what_must_always_hold(rules: dict[str, object]) -> None:
    town = busy_town(**rules)
    drawn = draw(town, 0.0, 2 * DAY, (8, 0))
    rows, _, line = lived(town, drawn.calls)
    served = Counter(call for call, *_, done in rows if done)
    crew = [unit.crew for unit in town.units]
    people = Counter()
    for call, unit, *_, done in rows:
        people[call] += crew[unit] * done
    for call, asked in enumerate(drawn.calls.people.tolist()):
        if line.lost[call]:
            assert not served[call]
        elif town.waiting:
            assert people[call] >= asked  # nobody is forgotten, not even who was interrupted
        else:
            assert served[call] >= 1
    by_unit = sorted((unit, sent_at, left) for _, unit, sent_at, _, left, _ in rows)
    for (one, _, left), (other, sent_at, _) in pairwise(by_unit):
        assert one != other or left <= sent_at  # nobody is in two places
    for call, _, sent_at, arrived, left, _ in rows:
        assert drawn.calls.ready[call] <= sent_at <= left
        assert np.isnan(arrived) or sent_at <= arrived <= left
    if town.preemption == "none":
        assert all(done for *_, done in rows)


def test_cover_is_looked_at_in_steps_and_a_log_too_short_is_told() -> None:
    """Nobody reaches zone 3 from the left in 250 s; while the unit is at zone 4 nobody else is reached."""
    town = street((LEFT,), cover_seconds=250.0)
    city, _ = as_city(town, 0.0, DAY)
    calls = calls_of((1000, 4, 0, 1, 2000.0))
    fleet, line, log = fresh(city, calls, 64)
    cover = np.full(5, np.nan)
    assert run(city, calls, fleet, line, log, 0.0, DAY, 900.0, cover)
    assert cover == pytest.approx([0.6, 0.6, 0.0, 0.0, 1.0])  # at 3600 half way home: every zone is 200 s off at most
    fleet, line, log = fresh(city, calls, 4)
    assert not run(city, calls, fleet, line, log, 0.0, DAY, 900.0, cover)
