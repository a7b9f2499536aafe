"""Where calls come from: rates from records, real weeks drawn again, zones where calls were, chances drawn once."""

import numpy as np
import pytest
from shapely.geometry import box
from tests.placewise_simulate.small_town import grid, one_place

from placewise.simulate import Arrivals, BadArrivals, BadScenario, Priority, Recorded, Zone, areas_from, zones_of
from placewise.simulate.calls import draw
from placewise.space.events import Events

DAY = 86_400
ZONES = (Zone("a", 10.0, 50.0), Zone("b", 10.1, 50.0))
MONDAY = np.datetime64("2024-01-01T00:00:00")


def events_of(*rows: tuple[float, float, str], date_only: bool = False, since: str = "2024-01-01") -> Events:
    """Calls from (hours since Monday 2024-01-01, longitude, class)."""
    hours, lon, kinds = zip(*rows, strict=True)
    times = MONDAY + (np.array(hours) * 3600e6).astype("timedelta64[us]")
    return Events.from_arrays(times, lon, [50.0] * len(rows), kinds, local=True, date_only=date_only, since=since)


def test_rates_are_means_a_week_of_the_nearest_zone() -> None:
    rows = [(3.0, 10.0, "high")] * 2 + [(27.0, 10.04, "low"), (30.0, 10.2, "low"), (336.0, 10.09, "low")]
    found = Arrivals.from_events(events_of(*rows), ZONES, {"high": 0, "low": 1}, 2)
    assert found.weekly == pytest.approx(np.array([[1.0, 0.0], [0.5, 1.0]]))  # two weeks of records
    assert found.rhythm.shape == (2, 1, 168)
    assert found.rhythm[0, 0].argmax() == 3
    assert found.rates().sum(axis=2) == pytest.approx(found.weekly)


def test_classes_without_a_priority_are_left_out() -> None:
    found = Arrivals.from_events(events_of((0.0, 10.0, "x"), (168.0, 10.0, "y")), ZONES, {"y": 0}, 1)
    assert found.weekly == pytest.approx(np.array([[1.0, 0.0]]))
    with pytest.raises(BadArrivals, match="no class has a priority"):
        Arrivals.from_events(events_of((0.0, 10.0, "x")), ZONES, {}, 1)
    with pytest.raises(BadArrivals, match="'x' has a priority outside 0 to 0"):
        Arrivals.from_events(events_of((0.0, 10.0, "x")), ZONES, {"x": 1}, 1)
    with pytest.raises(BadArrivals, match="no zones"):
        Arrivals.from_events(events_of((0.0, 10.0, "x")), (), {"x": 0}, 1)


def test_dates_alone_tell_days_but_no_hours() -> None:
    found = Arrivals.from_events(events_of(*[(24.0, 10.0, "x")] * 500, date_only=True), ZONES, {"x": 0}, 1)
    tuesday = found.rhythm[0, 0].reshape(7, 24)[1]
    assert tuesday.min() > 3 * found.rhythm[0, 0].reshape(7, 24)[4].max()
    assert tuesday[2:22].std() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("rates", [np.ones((1, 168)), np.ones((1, 2, 24))])
def test_rates_need_their_shape(rates: np.ndarray) -> None:
    with pytest.raises(BadArrivals, match="rates have shape"):
        Arrivals.from_rates(rates)


@pytest.mark.parametrize(
    ("weekly", "rhythm", "says"),
    [
        (np.ones(3), np.ones((1, 1, 168)), "shape"),
        (np.ones((1, 2)), np.ones((1, 168)), "a rhythm has shape"),
        (np.ones((1, 2)), np.full((1, 1, 168), 2.0), "mean 1"),
        (np.ones((1, 2)), np.full((1, 1, 168), -1.0), "numbers from 0"),
    ],
)
def test_rates_that_are_none_are_refused(weekly: np.ndarray, rhythm: np.ndarray, says: str) -> None:
    with pytest.raises(BadArrivals, match=says):
        Arrivals(weekly, rhythm)


def test_recorded_weeks_are_whole_weeks() -> None:
    rows = [(12.0, 10.0, "x"), (200.0, 10.1, "x"), (336.0, 10.0, "x")]
    found = Recorded.from_events(events_of(*rows), ZONES, {"x": 0}, 1)
    assert found.weeks == 2
    assert found.at.tolist() == [12 * 3600, 200 * 3600]
    assert found.zone.tolist() == [0, 1]
    later = Recorded.from_events(events_of(*rows, since="2024-01-02"), ZONES, {"x": 0}, 1)
    assert later.at.tolist() == [32 * 3600]  # the first week was not recorded from its Monday
    with pytest.raises(BadArrivals, match="no calls in whole weeks"):
        Recorded.from_events(events_of((12.0, 10.0, "x")), ZONES, {"x": 0}, 1)


def test_a_recorded_date_is_a_moment_drawn_in_it() -> None:
    found = Recorded.from_events(
        events_of(*[(24.0, 10.0, "x")] * 90, (400.0, 10.0, "x"), date_only=True), ZONES, {"x": 0}, 1
    )
    assert found.at.min() >= DAY
    assert found.at.max() < 2 * DAY
    assert len(set(found.at.tolist())) == 90


def test_drawn_weeks_are_the_recorded_ones() -> None:
    calls = Recorded(np.array([10.0, 700_000.0, 700_010.0]), np.array([0, 1, 2]), np.array([0, 1, 1]), 2, (2, 4))
    drawn = draw(grid(2, 2, 60, arrivals=calls), 0.0, 20 * 7 * DAY, (1, 0))
    week = (drawn.at // (7 * DAY)).astype(int)
    assert {tuple(drawn.calls.zone[week == w].tolist()) for w in range(20)} == {(0,), (1, 2)}
    assert set((drawn.at % (7 * DAY)).tolist()) == {10.0, 95_200.0, 95_210.0}


def test_calls_come_in_the_hours_and_zones_of_their_rates() -> None:
    rates = np.zeros((2, 4, 168))
    rates[0, 1, 5], rates[1, 2, 100] = 30.0, 60.0
    drawn = draw(grid(2, 2, 60, arrivals=Arrivals.from_rates(rates)), 0.0, 10 * 7 * DAY, (1, 0))
    kinds = set(
        zip(drawn.calls.priority.tolist(), drawn.calls.zone.tolist(), (drawn.at // 3600 % 168).tolist(), strict=True)
    )
    assert kinds == {(0, 1, 5.0), (1, 2, 100.0)}
    assert np.bincount(drawn.calls.priority) == pytest.approx([300, 600], rel=0.2)
    assert (np.diff(drawn.at) >= 0).all()


def test_time_at_the_scene_is_drawn_as_the_priority_says() -> None:
    town = one_place([20.0], 30.0, 20, cv=0.5)
    seconds = draw(town, 0.0, 50 * DAY, (3, 0)).calls.work
    assert seconds.mean() == pytest.approx(1800, rel=0.02)
    assert seconds.std() == pytest.approx(900, rel=0.05)
    assert set(draw(one_place([20.0], 30.0, 20, cv=0.0), 0.0, DAY, (3, 0)).calls.work.tolist()) == {1800.0}
    taken = Priority("1", samples=(60.0, 120.0), handling=30.0, two_people=0.25)
    town = one_place([20.0], 30.0, 20)
    drawn = draw(type(town)(**{**vars(town), "priorities": (taken,)}), 0.0, 50 * DAY, (3, 0))
    assert taken.work == 90.0
    assert set(drawn.calls.work.tolist()) == {60.0, 120.0}
    assert drawn.calls.ready == pytest.approx(drawn.at + 30.0)
    assert (drawn.calls.people == 2).mean() == pytest.approx(0.25, abs=0.02)


def test_other_units_and_rules_meet_the_same_calls() -> None:
    one, other = grid(3, 3, 60), grid(3, 5, 60, policy="beat_first", idle="stay")
    first, second = draw(one, 0.0, DAY, (1, 0)), draw(other, 0.0, DAY, (1, 0))
    assert all((a == b).all() for a, b in zip((first.at, *first.calls), (second.at, *second.calls), strict=True))


def test_zones_stand_in_the_middle_of_their_calls() -> None:
    events = events_of((0.0, 10.0, "x"), (1.0, 10.0004, "x"), (2.0, 10.0, "x"), (3.0, 10.5, "x"))
    areas = {"west": box(9, 49, 10.2, 51), "east": box(10.2, 49, 10.4, 51)}
    zones = zones_of(events, 7, areas)
    assert sorted((zone.lon, zone.lat, zone.area) for zone in zones) == [(10.0, 50.0, "west"), (10.5, 50.0, "east")]
    assert {zone.area for zone in zones_of(events, 7)} == {""}
    with pytest.raises(BadScenario, match="there are no calls"):
        zones_of(events.of("x").before("2020-01-01"), 7)


def test_areas_of_one_name_are_one() -> None:
    def feature(told: dict[str, str], *corner: float) -> dict[str, object]:
        return {"properties": told, "geometry": box(*corner).__geo_interface__}

    found = areas_from([feature({"n": "a"}, 0, 0, 1, 1), feature({"n": "a"}, 2, 0, 3, 1)], "n")
    assert found["a"].area == pytest.approx(2.0)
    with pytest.raises(BadScenario, match="no property 'm'"):
        areas_from([feature({"n": "a"}, 0, 0, 1, 1)], "m")
