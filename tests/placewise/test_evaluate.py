"""Scores of small forecasts worked out by hand, back-tests with a known winner, and what is refused."""

import json
from typing import Any

import numpy as np
import pytest
import shapely

from placewise.evaluate import Backtest, BacktestStopped, MaskedOnOutcome, Step, UnknownMetric, backtest
from placewise.evaluate.backtest import HorizonTooFine
from placewise.evaluate.metrics import chosen, metrics
from placewise.evaluate.report import NotInBacktest
from placewise.evaluate.resampling import pooled, table
from placewise.evaluate.tally import Curve, tally
from placewise.forecast import estimator
from placewise.forecast.base import Estimator
from placewise.forecast.checks import town
from placewise.forecast.counts import PlainCount
from placewise.space import Area, Cells, Events, Surface

ROW = Cells.squares(Area.projected(shapely.box(500_000, 4_800_000, 501_000, 4_800_250), "EPSG:32617"), 250)
WEEK = (np.datetime64("2020-01-01", "us"), np.datetime64("2020-01-08", "us"))


def scored(expected: list[float], counts: list[float], past: list[float] | None = None) -> dict[str, float]:
    surface = Surface(ROW, *WEEK, np.array(expected), np.zeros(4))
    one = tally(surface, np.array(counts), np.array(past or counts), (0.25, 0.5))
    return {metric.key: pooled(metric, table([one])) for metric in metrics((0.25, 0.5))}


def test_scores_by_hand() -> None:
    got = scored([4.0, 3.0, 2.0, 1.0], [2.0, 0.0, 6.0, 2.0], [5.0, 5.0, 0.0, 10.0])
    want = {
        "hit_rate@0.25": 0.2,
        "pai@0.25": 0.8,
        "pei@0.25": 2 / 6,
        "hit_rate@0.5": 0.2,
        "pei@0.5": 2 / 8,
        "rri@0.25": (2 / 5) / (10 / 20),
        "rri@0.5": (2 / 10) / (10 / 20),
        "area_to@0.25": 0.5 + 0.25 * 0.5 / 6,
        "area_to@0.8": 0.75,
        "auc": 0.25 * (1 + 2 + (2 + 8) / 2 + (8 + 10) / 2) / 10,
        "deviance": 2 * (2 * np.log(2 / 4) + 6 * np.log(6 / 2) + 2 * np.log(2 / 1)),
        "log_score": (2 * np.log(4 / 0.0625) + 6 * np.log(2 / 0.0625) + 2 * np.log(1 / 0.0625) - 10) / 10,
        "observed_to_expected": 1.0,
    }
    assert {key: got[key] for key in want} == pytest.approx(want)


def test_equal_cells_are_chosen_among_by_chance() -> None:
    assert scored([1.0] * 4, [8.0, 0.0, 0.0, 0.0])["hit_rate@0.25"] == 0.25
    assert scored([1.0] * 4, [0.0, 0.0, 0.0, 8.0])["auc"] == 0.5


def test_the_order_of_unequal_cells_is_by_density() -> None:
    curve = Curve.of(np.array([1.0, 2.0]), np.array([3.0, 1.0]), np.array([3.0, 1.0]))
    assert curve.at([0.25, 1.0]).tolist() == [1.0, 4.0]


def test_a_cell_that_was_given_no_chance_costs_much_but_not_all() -> None:
    assert 30 < scored([0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0])["deviance"] < 60


@pytest.mark.parametrize("name", ["masked_mae", "rmse_nonzero", "MAPE", "hit_rate_where_events"])
def test_a_score_masked_on_the_outcome_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(MaskedOnOutcome, match="chosen by the outcome"):
        chosen([name], (0.1,))


def test_an_unknown_score_is_refused() -> None:
    with pytest.raises(UnknownMetric, match="log_score"):
        chosen(["beauty"], (0.1,))
    assert [metric.key for metric in chosen(["pai", "auc"], (0.1,))] == ["pai@0.1", "auc"]


ORIGINS, HORIZON = "2021-01-04/2021-05-31/P14D", "P14D"


def moved() -> tuple[Events, Cells]:
    """A town whose hot spots moved elsewhere half a year before the first origin."""
    before, cells = town()
    after, _ = town(seed=9)
    return before.within("2018-01-01", "2020-07-01").joined([after.within("2020-07-01", "2022-01-01")]), cells


def run(models: dict[str, Estimator], **more: Any) -> Backtest:
    events, cells = moved()
    return backtest(models, events, cells, origins=ORIGINS, horizon=HORIZON, replicates=500, **more)


class Even(Estimator):
    """Expects the same everywhere."""

    def describe(self) -> str:
        return "even"

    def _learn(self, located: Any, context: Any) -> None:
        self.rate_ = len(located) / (self.now_ - self.since_) / len(self.cells_)

    def _expect(self, start: float, end: float) -> Any:
        return np.full(len(self.cells_), self.rate_ * (end - start)), np.full(len(self.cells_), 0.01)


def models() -> dict[str, Estimator]:
    return {"count3y": estimator("count3y"), "kde": estimator("kde"), "even": Even(), "lately": PlainCount(years=0.4)}


@pytest.fixture(scope="module")
def result() -> Backtest:
    return run(models())


def test_the_scored_events_are_those_of_the_horizons(result: Backtest) -> None:
    events, cells = moved()
    assert len(result.origins) == 11
    assert result.events_scored == cells.counts(events, "2021-01-04", "2021-06-07").sum()


def test_intervals_hold_their_value_and_the_worse_is_told_apart(result: Backtest) -> None:
    kde, even = result.models["kde"], result.models["even"]
    assert all(score.low <= score.value <= score.high for score in kde.scores.values())
    assert even.scores["hit_rate@0.1"].value == pytest.approx(0.1)
    assert even.against_baseline["hit_rate@0.1"].p < 0.01
    assert even.against_baseline["hit_rate@0.1"].high < 0
    assert not even.against_baseline["deviance"].better


def test_calibration_tenths_add_up(result: Backtest) -> None:
    tenths = result.models["kde"].calibration
    assert len(tenths) == 10
    assert sum(tenth.observed for tenth in tenths) == result.events_scored
    largest = max(tenth.expected for tenth in tenths) / sum(tenth.expected for tenth in tenths)
    assert largest < 0.2
    assert all(tenth.low < tenth.observed / tenth.expected < tenth.high for tenth in tenths)


def test_tenths_without_intervals_of_an_older_report_are_read(result: Backtest) -> None:
    plain = json.loads(json.dumps(result.as_dict()))
    plain["models"]["kde"]["calibration"] = [{"expected": 2.0, "observed": 1.0}] * 10
    assert Backtest.from_dict(plain).models["kde"].calibration[0].observed == 1.0


def test_the_stop_use_rule(result: Backtest) -> None:
    assert result.verdict("lately").offered
    assert not result.verdict("even").offered
    assert "below the plain count" in result.verdict("even").reasons[0]
    assert not result.verdict("count3y").offered
    with pytest.raises(NotInBacktest):
        result.verdict("oracle")


def test_of_few_forecasts_nothing_is_said() -> None:
    events, cells = moved()
    few = backtest(models(), events, cells, origins="2021-01-04/2021-03-29/P28D", horizon="P28D", replicates=50)
    assert few.verdict("lately").offered
    fewer = backtest(models(), events, cells, origins="2021-01-04/2021-03-01/P28D", horizon="P28D", replicates=50)
    assert fewer.models["lately"].against_baseline["mean_hit_rate"].low > 0
    assert fewer.verdict("lately").reasons == ("3 forecasts are too few to tell; score at least 4",)


def test_a_report_reads_back_from_json(result: Backtest) -> None:
    again = Backtest.from_dict(json.loads(json.dumps(result.as_dict())))
    assert again == result


def test_the_same_seed_gives_the_same_report(result: Backtest) -> None:
    again = run(models())
    assert again.models["kde"].scores == result.models["kde"].scores
    assert again.models["kde"].against_baseline == result.models["kde"].against_baseline


def test_progress_is_told_and_stopping_is_heard() -> None:
    steps: list[Step] = []
    with pytest.raises(BacktestStopped, match="after 3 of 22"):
        run(
            {"count3y": estimator("count3y"), "even": Even()},
            progress=steps.append,
            stop=lambda: len(steps) == 3,
        )
    assert steps[-1] == Step(3, 22, "count3y", "2021-01-18")


def test_a_baseline_must_be_among_the_models() -> None:
    with pytest.raises(NotInBacktest):
        run({"even": Even()})


def test_hours_are_not_scored_on_dates() -> None:
    events, cells = town(300)
    dated = Events.from_arrays(events.times, events.lon, events.lat, date_only=True)
    with pytest.raises(HorizonTooFine):
        backtest({"count3y": estimator("count3y")}, dated, cells, origins=ORIGINS, horizon="PT8H")


def test_weeks_without_incidents_are_survived() -> None:
    _, cells = town(300)
    none = Events.from_arrays([], [], [], since="2020-01-01")
    report = backtest({"count3y": estimator("count3y")}, none, cells, origins=ORIGINS, horizon=HORIZON)
    assert report.events_scored == 0
    assert report.as_dict()["models"]["count3y"]["scores"]["auc"]["value"] is None


def test_a_model_never_sees_beyond_the_origin() -> None:
    seen: list[bool] = []

    class Watching(Even):
        def fit(self, events: Any, cells: Any, *, until: Any = None, context: Any = None) -> Any:
            seen.append(bool(len(events) and events.times.max() < until and context.times.max() < until))
            return super().fit(events, cells, until=until)

    events, _ = moved()
    run({"count3y": Watching()}, context=events)
    assert seen == [True] * 11
