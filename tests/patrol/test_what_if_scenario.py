"""From what was asked to scenarios: ground, units and shifts, beats, plans, a forecast's calls; all on small arrays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import h3
import numpy as np
import pytest

from openbeat.kernel.errors import Contradiction
from openbeat.patrol.build import Crew
from openbeat.patrol.what_if.compute import computed
from openbeat.patrol.what_if.rules import Asked, Beats, Level, Policy, Setup
from openbeat.patrol.what_if.scenario import Expected, Ground, Known, Stop, built, stops_of
from placewise.simulate import Hypercube, OffStreets, Scenario, SimulationStopped, Station
from placewise.simulate.record import Span
from placewise.simulate.run import _record
from placewise.space.events import Events
from placewise.streets import CrowFlight

WEST, EAST = (-79.40, 43.65), (-79.30, 43.65)
HOUR, DAY = 3600, 86_400
TODAY = Setup("Today", (2, 2, 2))
FEWER = Setup("fewer", (1, 1, 1))
ASKED = Asked(
    setups=(TODAY, FEWER),
    first=date(2021, 1, 4),
    last=date(2021, 1, 31),
    levels=(Level(30, 50, 8), Level(30, 50, 20), Level(30, 50, 60)),
    priorities={"R": 1, "B": 2},
    days=7,
    runs=4,
)
TIMES = CrowFlight(30.0, 1.3)


def calls(count: int = 280) -> Events:
    """Over four weeks, robbery in the west and burglary in the east in turn, on the hour."""
    west = np.arange(count) % 2 == 0
    times = np.datetime64("2021-01-04T00", "us") + np.arange(count) * np.timedelta64(28 * DAY // count, "s")
    lon, lat = np.where(west, WEST[0], EAST[0]), np.full(count, WEST[1])
    return Events.from_arrays(
        times, lon, lat, np.where(west, "Robbery", "Burglary"), local=True, since=np.datetime64("2021-01-04")
    )


def known(**more: object) -> Known:
    events = calls()
    ground = Ground.of(events.lon, events.lat)
    given = {
        "events": events,
        "ground": ground,
        "areas": ["West" if lon < -79.35 else "East" for lon in ground.lon.tolist()],
        "crews": [Crew("U1", "West", *WEST), Crew("U2", "East", *EAST)],
        "stations": [Station("West", *WEST), Station("East", *EAST)],
        "priorities": {"Robbery": 0, "Burglary": 1},
    }
    return Known(**given | more)  # type: ignore[arg-type]


def test_ground_is_as_fine_as_the_number_of_zones_allows() -> None:
    few = Ground.of(np.array([WEST[0], WEST[0], EAST[0]]), np.array([43.65, 43.6501, 43.65]))
    assert len(few.cells) == 2
    assert {h3.get_resolution(h3.int_to_str(cell)) for cell in few.cells.tolist()} == {9}
    assert sorted(few.lat.tolist()) == pytest.approx([43.65, 43.65005])
    dice = np.random.default_rng(1)
    many = Ground.of(dice.uniform(-79.7, -79.1, 5000), dice.uniform(43.5, 43.9, 5000))
    assert len(many.cells) <= 1200
    assert {h3.get_resolution(h3.int_to_str(cell)) for cell in many.cells.tolist()} == {7}


def test_scenarios_share_calls_and_ground_and_differ_in_what_was_asked() -> None:
    setups = (TODAY, Setup("fewer", (2, 1, 1), policy=Policy.BEAT_FIRST, preemption="driving", beats=Beats.NONE))
    made = built(known(), replace(ASKED, setups=setups, calls_each=2.0, answered=50.0), TIMES)
    today, fewer = made.scenarios
    assert made.weekly == pytest.approx(70, rel=0.02)
    assert today.arrivals is fewer.arrivals
    assert today.travel is fewer.travel
    assert [unit.name for unit in today.units] == ["U1", "U2"]
    assert [unit.shifts for unit in today.units] == [(), ()]  # all three shifts: always out
    west, east = fewer.units  # both have two stations with one car: the last goes, at the west
    assert (west.shifts, len(east.shifts), east.shifts[0].start, east.shifts[0].end) == ((), 7, 6 * HOUR, 14 * HOUR)
    assert (fewer.policy, fewer.preemption, fewer.units[0].beat) == ("beat_first", "driving", ())
    assert [unit.beat for unit in today.units] == [("West",), ("East",)]
    assert today.priorities[0].mean == 1800
    assert today.priorities[0].handling == 60


class Bridgeless(CrowFlight):
    """Times for the west alone."""

    def out_of_reach(self, places: object) -> np.ndarray:
        return np.asarray(places)[:, 0] > self.limit

    limit = -79.35


def test_what_lies_off_the_streets_counts_at_the_nearest_place_on_them() -> None:
    whole, part = built(known(), ASKED, TIMES), built(known(), ASKED, Bridgeless(30.0))
    assert (whole.moved, part.moved) == (0, 140)
    assert part.weekly == pytest.approx(whole.weekly)
    assert {zone.area for zone in part.scenarios[0].zones} == {"West"}


def test_nowhere_to_drive_is_refused() -> None:
    class Nowhere(Bridgeless):
        limit = -90.0

    with pytest.raises(OffStreets, match="near a street that is known"):
        built(known(), ASKED, Nowhere(30.0))


def test_beats_come_from_a_set_of_areas() -> None:
    swapped = replace(TODAY, name="one beat", beats="set")
    made = built(
        known(beats={"set": {"All": ["East", "West", "Lake"]}}), replace(ASKED, setups=(TODAY, swapped)), TIMES
    )
    beats = [unit.beat for unit in made.scenarios[1].units]
    assert sorted(beats) == [(), ("East", "West")]  # one beat, of the station nearest to its calls


def test_a_plan_is_driven_each_day_by_the_units_that_are_out() -> None:
    cell = h3.str_to_int(h3.latlng_to_cell(43.65, -79.3005, 10))
    stops = [
        Stop("U2", cell, 22 * HOUR, 22 * HOUR + 600),
        Stop("U2", cell, 25 * HOUR, 25 * HOUR + 600),
        Stop("U1", cell, 22 * HOUR, 22 * HOUR + 600),
        Stop("U9", cell, 22 * HOUR, 22 * HOUR + 600),
    ]
    setups = (Setup("Today", (2, 2, 1)), Setup("planned", (2, 2, 1), station="East", plan="p"))
    made = built(known(plans={"p": stops}), replace(ASKED, setups=setups), TIMES)
    assert made.left_out == (0, 3)  # U2 is not out at night, and nobody knows U9
    patrols = made.scenarios[1].patrols
    assert len(patrols) == 7
    assert {one.unit for one in patrols} == {"U1"}
    assert (patrols[0].start, patrols[0].end) == (22 * HOUR, 22 * HOUR + 600)
    assert patrols[6].start == 6 * DAY + 22 * HOUR
    late = built(known(plans={"p": stops[1:2]}), replace(ASKED, setups=(TODAY, replace(TODAY, plan="p"))), TIMES)
    assert late.scenarios[1].patrols[0].start == HOUR  # after midnight: the hour of each day


def test_the_stops_of_a_solution() -> None:
    solution = {
        "tours": [
            {
                "unit": "U1",
                "items": [{"place": "8a2b9bc46657fff", "begin": 60, "leave": 660}, {"begin": 700, "end": 900}],
            }
        ]
    }
    assert stops_of(solution, 22 * HOUR) == [
        Stop("U1", h3.str_to_int("8a2b9bc46657fff"), 22 * HOUR + 60, 22 * HOUR + 660)
    ]


def test_a_forecast_moves_the_calls_of_its_classes_and_no_others() -> None:
    here = known()
    zones = here.ground.cells.tolist()
    east = next(cell for cell, area in zip(zones, here.areas, strict=True) if area == "East")
    inside = h3.str_to_int(h3.cell_to_center_child(h3.int_to_str(east), 10))
    far = h3.str_to_int(h3.latlng_to_cell(44.5, -79.0, 10))
    expected = Expected(np.array([inside, far]), np.array([10.0, 5.0]), {"Robbery"})
    weekly = built(replace(here, expected=expected), ASKED, TIMES).scenarios[0].arrivals.weekly
    column = zones.index(east)
    assert weekly[0, column] == pytest.approx(10)  # robbery, urgent, now where it is expected
    assert weekly[0].sum() == pytest.approx(10)
    assert weekly[1, column] == pytest.approx(35, rel=0.02)  # burglary as it came
    with pytest.raises(Contradiction, match="no class of the forecast has a priority"):
        built(replace(here, expected=replace(expected, classes={"Arson"})), ASKED, TIMES)


def test_fewer_cars_are_never_better_beyond_the_interval_and_all_is_told() -> None:
    heard: list[tuple[float, str]] = []

    def tell(share: float, words: str) -> bool:
        heard.append((share, words))
        return False

    asked = replace(ASKED, calls_each=3.0, share=80)
    result = computed(built(known(), asked, TIMES), asked, TIMES.facts, tell)
    assert [round(share, 3) for share, _words in heard][-1] == 1.0
    assert heard[0][1] == "Today: 1 / 4"
    today, fewer = result["setups"]
    assert today["calls"] == fewer["calls"] > 0
    gaps = {(g["measure"], g["priority"], g["area"], g["unit"]): g for g in result["differences"][0]}
    for measure in ("mean", "p50", "p80", "p90", "p95", "queued"):
        assert gaps[measure, "", "", ""]["high"] > 0, measure
    assert gaps["within", "", "", ""]["low"] < 0
    assert gaps["p80", "", "East", ""]["value"] is not None
    assert ("p95", "", "East", "") not in gaps
    assert gaps["p80", "2", "East", ""]["value"] is not None
    assert gaps["utilisation", "", "", "U1"]["low"] > 0  # the car that stays has more to do
    assert [one["name"] for one in fewer["units"]] == ["U1"]
    rows = {(row["priority"], row["area"]) for row in today["rows"]}
    assert rows == {("", ""), ("1", ""), ("2", ""), ("", "East"), ("", "West"), ("1", "West"), ("2", "East")}
    assert {row["hours"] for row in today["rows"] if not row["area"]} == {"", "0", "1", "2"}
    assert result["travel"] == {"source": "great circle", "kmh": 30.0, "factor": 1.3}
    assert len(today["cover_by_hour"]) == 24


def test_percentiles_by_area_priority_and_shift_are_those_of_the_calls_themselves() -> None:
    """Each call's response worked out from the log of jobs, its percentile by sorting."""
    asked = replace(ASKED, calls_each=3.0, share=80, first_hour=5)
    made = built(known(), asked, TIMES)
    told = computed(made, asked, TIMES.facts, lambda _share, _words: False)["setups"]
    for scenario, setup in zip(made.scenarios, told, strict=True):
        calls = [call for number in range(asked.runs) for call in responses(scenario, asked, number)]
        for row in setup["rows"]:
            mine = sorted(
                seconds for level, area, hour, seconds in calls
                if row["priority"] in {"", level} and row["area"] in {"", area}
                and row["hours"] in {"", str((hour - 5) % 24 // 8)}
            )  # fmt: skip
            assert len(mine) == row["calls"] > 0
            assert row["p50"][0] == pytest.approx(np.quantile(mine, 0.5), rel=1e-4)
            assert row["p80"][0] == pytest.approx(np.quantile(mine, 0.8), rel=1e-4)
            target = {"1": 8, "2": 20}.get(row["priority"])
            if target:
                within = sum(seconds <= 60 * target for seconds in mine) / len(mine)
                assert row["within"][0] == pytest.approx(within, rel=1e-4)


def responses(scenario: Scenario, asked: Asked, number: int) -> list[tuple[str, str, int, float]]:
    """Priority, area, hour of the day and seconds to the first unit of each call of a run that is measured."""
    record = _record(scenario, Span(0.0, asked.days * DAY, 3), DAY, (asked.seed, number))
    first: dict[int, float] = {}
    for call, arrived in zip(record.log.call.tolist(), record.log.arrived.tolist(), strict=True):
        if np.isfinite(arrived):
            first[call] = min(arrived, first.get(call, np.inf))
    drawn = record.drawn
    return [
        (
            scenario.priorities[drawn.calls.priority[call]].name, scenario.zones[drawn.calls.zone[call]].area,
            int(at // HOUR) % 24, first[call] - at,
        )
        for call, at in enumerate(drawn.at.tolist()) if 0 <= at < asked.days * DAY
    ]  # fmt: skip


def test_two_units_agree_with_the_textbook() -> None:
    """Two units that back each other up (Larson and Odoni 1981, ch. 5), by the desk's own way from incidents on."""
    even = np.datetime64("2021-01-04T00:30", "us") + np.arange(672) * np.timedelta64(HOUR, "s")
    west = np.arange(672) // 2 % 3 > 0  # two of three calls come in the west, one in the east
    lon, names = np.where(west, WEST[0], EAST[0]), np.where(west, "Robbery", "Burglary")
    events = Events.from_arrays(even, lon, np.full(672, 43.65), names, local=True, since=np.datetime64("2021-01-04"))
    levels = (Level(20, 100, 8),) * 3
    asked = replace(ASKED, setups=(TODAY, FEWER), levels=levels, handling=0.0, days=28, runs=30, calls_each=1.2)
    made = built(known(events=events), asked, TIMES)
    exact = Hypercube.of(made.scenarios[0]).exact()
    today = computed(made, asked, TIMES.facts, lambda _share, _words: False)["setups"][0]
    for unit, busy in zip(today["units"], exact.utilisation.tolist(), strict=True):
        value, low, _high = unit["utilisation"]
        assert abs(value - busy) <= 2 * (value - low) + 0.01  # units on their way home are closer than the model has it
    queued, low, _high = next(row for row in today["rows"] if not row["priority"] + row["area"] + row["hours"])[
        "queued"
    ]
    assert abs(queued - exact.queued) <= 2 * (queued - low) + 0.01


def test_a_patrol_stop_changes_who_is_near() -> None:
    """The one car on duty stands in the west; a plan that keeps it in the east all day turns the nearest around."""
    east = h3.str_to_int(h3.latlng_to_cell(EAST[1], EAST[0], 10))
    stops = [Stop("U1", east, hour * HOUR, (hour + 8) * HOUR) for hour in (0, 8, 16)]
    one = Setup("Today", (1, 1, 1), station="East")
    asked = replace(ASKED, setups=(one, replace(one, name="planned", plan="p")), calls_each=0.2, days=28)
    made = built(known(plans={"p": stops}), asked, TIMES)
    result = computed(made, asked, TIMES.facts, lambda _share, _words: False)
    rows = [{row["area"]: row for row in setup["rows"] if not row["priority"]} for setup in result["setups"]]
    handling, way = 60, TIMES.many_to_many([WEST], [EAST])[0, 0]
    assert rows[0]["West"]["p50"][0] == pytest.approx(handling, abs=1)
    assert rows[0]["East"]["p50"][0] == pytest.approx(handling + way, rel=0.01)
    assert rows[1]["East"]["p50"][0] == pytest.approx(handling, abs=1)
    assert rows[1]["West"]["p50"][0] == pytest.approx(handling + way, rel=0.01)


def test_the_same_question_has_the_same_answer_and_stops_when_asked() -> None:
    made = built(known(), ASKED, TIMES)
    once, again = (computed(made, ASKED, TIMES.facts, lambda _share, _words: False) for _ in range(2))
    assert once == again
    with pytest.raises(SimulationStopped):
        computed(made, ASKED, TIMES.facts, lambda _share, _words: True)
