"""Who bears a forecast: exposure worked out by hand, thinned reports, and a year in which the true rates are known."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely

from placewise.fairness import (
    AreaGroups,
    BadSimulation,
    Drift,
    Exposure,
    FeedbackStopped,
    NoGroups,
    exposure,
    shift,
    simulate_feedback,
    thin_reports,
)
from placewise.forecast import estimator
from placewise.forecast.checks import END, UNTIL, town
from placewise.forecast.counts import PlainCount
from placewise.space import Area, Cells, Events, Surface

# Groups of areas

ROW = Cells.squares(Area.projected(shapely.box(500_000, 4_800_000, 501_000, 4_800_250), "EPSG:32617"), 250)
HALVES = AreaGroups(("west", "east"), np.array([0, 0, 1, 1]), np.array([1000.0, 4000.0]))
WEEK = (np.datetime64("2020-01-01", "us"), np.datetime64("2020-01-08", "us"))


def areas(*properties: dict[str, Any]) -> dict[str, Any]:
    """As many areas as there are properties, side by side over the row of four cells."""
    edges = np.linspace(500_000, 501_000, len(properties) + 1)
    features = []
    for k, one in enumerate(properties):
        ground = Area.projected(shapely.box(edges[k], 4_799_990, edges[k + 1], 4_800_260), "EPSG:32617")
        features.append({"type": "Feature", "geometry": ground.geojson(), "properties": one})
    return {"type": "FeatureCollection", "features": features}


def test_cells_belong_to_the_group_of_the_area_around_their_centre() -> None:
    groups = AreaGroups.of(ROW, areas({"kind": "b"}, {"kind": "a"}, {"kind": "b"}, {"kind": "b"}), "kind")
    assert (groups.names, groups.of_cell.tolist()) == (("a", "b"), [1, 0, 1, 1])
    assert groups.residents is None


def test_numbers_make_fifths_and_residents_are_summed() -> None:
    properties = [{"rate": rate, "people": 100 * (k + 1)} for k, rate in enumerate((0.9, 0.1, 0.5, 0.2))]
    groups = AreaGroups.of(ROW, areas(*properties), "rate", "people")
    assert groups.names[0] == "lowest fifth"
    assert groups.of_cell.tolist() == [4, 0, 3, 1]
    assert groups.residents is not None
    assert groups.residents.tolist() == [200, 400, 0, 300, 100]


def test_cells_in_no_area_are_left_out() -> None:
    one, *_ = areas({"kind": "a"}, {"kind": "b"})["features"]
    groups = AreaGroups.of(ROW, {"features": [one]}, "kind")
    assert groups.of_cell.tolist() == [0, 0, -1, -1]
    assert groups.sums(np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [3.0]


@pytest.mark.parametrize(
    ("brought", "by", "people", "reason"),
    [
        (areas({"kind": "a"}, {}), "kind", None, "1 of 2 areas have no 'kind'; there are kind"),
        (areas({}), "kind", None, "none at all"),
        (areas({"kind": "a", "people": "many"}), "kind", "people", "not a number"),
        (areas({"kind": "a"}), "kind", "people", "no 'people'"),
    ],
)
def test_areas_that_do_not_say_are_refused(brought: Any, by: str, people: str | None, reason: str) -> None:
    with pytest.raises(NoGroups, match=reason):
        AreaGroups.of(ROW, brought, by, people)


def test_areas_elsewhere_are_refused() -> None:
    far = Area.projected(shapely.box(400_000, 4_800_000, 401_000, 4_801_000), "EPSG:32617").geojson()
    with pytest.raises(NoGroups, match="no cell lies"):
        AreaGroups.of(ROW, {"features": [{"geometry": far, "properties": {"kind": "a"}}]}, "kind")


# Exposure


def surface(*expected: float) -> Surface:
    return Surface(ROW, *WEEK, np.array(expected), np.zeros(4))


def test_exposure_by_hand() -> None:
    minutes, reported = np.array([60.0, 30.0, 0.0, 30.0]), np.array([2.0, 2.0, 0.0, 4.0])
    west, east = exposure(surface(4, 3, 1, 2), HALVES, share=0.5, minutes=minutes, reported=reported)
    assert west == Exposure(
        group="west", area_share=0.5, chosen_share=1.0, minutes_share=0.75, expected_share=0.7, reported_share=0.5,
        hit_rate=1.0, ratio=2.0, residents=1000.0, chosen_km2_per_100k=pytest.approx(12.5),
    )  # fmt: skip
    assert (east.chosen_share, east.hit_rate, east.ratio, east.chosen_km2_per_100k) == (0.0, 0.0, 0.0, 0.0)


def test_what_is_not_brought_is_not_told() -> None:
    groups = AreaGroups(HALVES.names, HALVES.of_cell)
    west = exposure(surface(4, 3, 1, 2), groups, share=0.5)[0]
    assert (west.minutes_share, west.reported_share, west.hit_rate, west.ratio) == (None,) * 4
    assert (west.residents, west.chosen_km2_per_100k) == (None, None)


def test_where_nothing_was_reported_no_ratio_is_made_up() -> None:
    one = exposure(surface(4, 3, 1, 2), HALVES, share=0.5, reported=np.zeros(4))[0]
    assert (one.reported_share, one.hit_rate, one.ratio) == (0.0, None, None)


def test_shift_is_the_part_of_the_ground_that_changed_groups() -> None:
    before = exposure(surface(4, 3, 1, 2), HALVES, share=0.5)
    after = exposure(surface(4, 1, 3, 2), HALVES, share=0.5)
    assert shift(before, before) == 0.0
    assert shift(before, after) == 0.5


# Under-reporting


def halves(cells: Cells) -> AreaGroups:
    west = cells.x < np.median(cells.x)
    return AreaGroups(("west", "east"), np.where(west, 0, 1))


def test_a_group_that_reports_less_is_chosen_less() -> None:
    events, cells = town()
    test = thin_reports(
        estimator("count3y"), events, cells, halves(cells), {"west": 0.3}, until=UNTIL, end=END, share=0.1
    )
    assert test.after[0].chosen_share < 0.5 * test.before[0].chosen_share
    assert test.moved == pytest.approx(test.before[0].chosen_share - test.after[0].chosen_share, abs=0.1)
    assert 0 < test.same_cells < 0.9


def test_all_reports_kept_change_nothing() -> None:
    events, cells = town(1000)
    test = thin_reports(estimator("kde"), events, cells, halves(cells), {"west": 1.0}, until=UNTIL, end=END, repeats=2)
    assert (test.moved, test.same_cells) == (0.0, 1.0)
    assert test.before == test.after


class Seen(PlainCount):
    """The plain count, which keeps what it was given to learn from."""

    given: list[tuple[int, int]] = []

    def fit(self, events: Events, cells: Cells, *, until: Any = None, context: Events | None = None) -> "Seen":
        self.given.append((len(events), -1 if context is None else len(context)))
        return super().fit(events, cells, until=until, context=context)


def test_reports_of_other_classes_are_thinned_alike() -> None:
    events, cells = town(1000)
    others, _ = town(400)
    Seen.given.clear()
    thin_reports(Seen(), events, cells, halves(cells), {"west": 0.0}, until=UNTIL, end=END, repeats=2, context=others)
    (every, all_others), *again = Seen.given
    assert (every, all_others) == (len(events), len(others))
    assert len(set(again)) == 1  # none of the west's reports is kept, so chance has no part in it
    assert all(0 < own < every and 0 < other < all_others for own, other in again)


def test_a_forecast_from_all_reports_that_is_there_already_is_not_made_again() -> None:
    events, cells = town(1000)
    settings: dict[str, Any] = {"until": UNTIL, "end": END, "repeats": 2}
    full = Seen().fit(events, cells, until=UNTIL).predict(UNTIL, END)
    Seen.given.clear()
    test = thin_reports(Seen(), events, cells, halves(cells), {"west": 0.5}, full=full, **settings)
    assert len(Seen.given) == 2
    assert test == thin_reports(Seen(), events, cells, halves(cells), {"west": 0.5}, **settings)


def test_reports_outside_all_groups_are_kept() -> None:
    events, cells = town(1000)
    none_east = AreaGroups(("west",), np.where(cells.x < np.median(cells.x), 0, -1))
    test = thin_reports(estimator("count3y"), events, cells, none_east, {"west": 0.01}, until=UNTIL, end=END, repeats=1)
    assert test.after[0].expected_share == 1.0
    assert test.same_cells < 1.0


def test_an_unknown_group_is_refused() -> None:
    events, cells = town(300)
    with pytest.raises(NoGroups, match="no group north; there are west, east"):
        thin_reports(estimator("count3y"), events, cells, halves(cells), {"north": 0.5}, until=UNTIL, end=END)


# Feedback: 24 cells, the west a sixth busier than its mirror image in the east, 60 incidents a week, 15 visits

CITY = Cells.squares(Area.projected(shapely.box(500_000, 4_800_000, 501_500, 4_801_000), "EPSG:32617"), 250)
SIDES = AreaGroups(("west", "east"), np.where(CITY.x < 500_750, 0, 1))


def true_rates() -> Any:
    half = np.random.default_rng(1).gamma(1.5, 1.0, 12)
    rates = np.zeros(24)
    rates[SIDES.of_cell == 0], rates[SIDES.of_cell == 1] = 1.15 * half, half
    return 60 * rates / rates.sum()


@cache
def year(name: str, kind: Any, runs: int) -> Drift:
    return simulate_feedback(estimator(name), CITY, true_rates(), SIDES, input=kind, runs=runs, patrols=15, seed=0)


# change over 52 weeks in what is asked, in visits of a hundred that left the true rates; seed 0
YEARS: list[tuple[str, str, int, bool, tuple[float, float]]] = [
    ("count3y", "reported", 10, False, (-0.02, 0.01)),
    ("count3y", "discovered", 10, True, (0.02, 0.05)),
    ("count1y", "reported", 10, False, (-0.02, 0.02)),
    ("count1y", "discovered", 10, True, (0.10, 0.16)),
    pytest.param("ours", "reported", 5, False, (-0.06, 0.03), marks=pytest.mark.slow),  # type: ignore[list-item]
    pytest.param("ours", "discovered", 5, True, (0.2, 0.8), marks=pytest.mark.slow),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("name", "kind", "runs", "away", "within"), YEARS)
def test_discovered_input_runs_away_and_reported_input_holds(
    name: str, kind: str, runs: int, away: bool, within: tuple[float, float]
) -> None:
    """Ensign et al. 2018, § 3: what is sent where it found, finds there, and is sent there again."""
    drift = year(name, kind, runs)
    assert drift.runs_away is away
    assert within[0] < drift.change_low < drift.change < drift.change_high < within[1]


def test_discovered_input_concentrates_patrols_far_beyond_the_true_rates() -> None:
    fair = np.sort(true_rates())[-10:].sum() / 60
    reported, discovered = year("count1y", "reported", 10), year("count1y", "discovered", 10)
    assert reported.concentrated[1] == pytest.approx(fair, abs=0.03)
    assert discovered.concentrated[1] > fair + 0.12


def test_where_patrols_end_is_luck_under_discovered_input() -> None:
    """The urn's mark: each run ends elsewhere, while reported input ends where the true rates are."""
    last = {kind: year("count1y", kind, 10).asked[:, -13:, 0].mean(axis=1) for kind in ("reported", "discovered")}
    assert last["reported"] == pytest.approx(np.full(10, 1.15 / 2.15), abs=0.04)
    assert last["discovered"].std() > 2 * last["reported"].std()


def test_cells_that_are_all_alike_are_not_treated_alike_under_discovered_input() -> None:
    rates, fair = np.full(24, 2.5), 10 / 24
    runs: Callable[..., Drift] = simulate_feedback
    drifts = {
        kind: runs(estimator("count1y"), CITY, rates, SIDES, input=kind, runs=5, patrols=15, seed=3)
        for kind in ("reported", "discovered")
    }
    assert not drifts["reported"].runs_away
    assert drifts["discovered"].runs_away
    assert drifts["reported"].concentrated[1] == pytest.approx(fair, abs=0.01)
    assert drifts["discovered"].concentrated[1] > fair + 0.04


def test_shares_of_groups_add_up_and_start_fair() -> None:
    drift = year("count3y", "discovered", 10)
    assert drift.asked.sum(axis=2) == pytest.approx(np.ones((10, 52)))
    assert drift.fair.tolist() == pytest.approx([1.15 / 2.15, 1 / 2.15])
    assert drift.asked[:, 0].mean(axis=0) == pytest.approx(drift.fair, abs=0.02)
    assert drift.group_change.sum() == pytest.approx(0.0)


def test_equal_seeds_give_equal_years() -> None:
    def run(seed: int) -> Any:
        model = estimator("count3y")
        return simulate_feedback(model, CITY, true_rates(), SIDES, input="discovered", runs=2, weeks=8, seed=seed)

    assert np.array_equal(run(4).distance, run(4).distance)
    assert not np.array_equal(run(4).distance, run(5).distance)


def test_both_inputs_begin_with_the_same_year() -> None:
    assert np.array_equal(year("count3y", "reported", 10).asked[:, 0], year("count3y", "discovered", 10).asked[:, 0])


def test_progress_is_told_and_stopping_is_heard() -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(FeedbackStopped, match="after 3 of 16"):
        simulate_feedback(
            estimator("count3y"), CITY, true_rates(), SIDES, input="reported", runs=2, weeks=8,
            progress=lambda done, total: told.append((done, total)), stop=lambda: len(told) == 3,
        )  # fmt: skip
    assert told == [(1, 16), (2, 16), (3, 16)]


@pytest.mark.parametrize(
    ("rates", "more", "reason"),
    [
        (true_rates(), {"runs": 1}, "at least 2 runs"),
        (true_rates(), {"weeks": 4}, "of 8 weeks"),
        (np.zeros(24), {}, "not all nought"),
        (np.ones(3), {}, "24 numbers"),
        (true_rates(), {"chance": 0.0}, "a chance above 0"),
        (true_rates(), {"patrols": 0}, "at least one patrol"),
    ],
)
def test_a_simulation_that_could_show_nothing_is_refused(rates: Any, more: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadSimulation, match=reason):
        simulate_feedback(estimator("count3y"), CITY, rates, SIDES, input="reported", **more)
