"""Ours: what its parts learn, where the truth is known."""

import numpy as np
import pytest

from placewise.forecast import estimator
from placewise.forecast.checks import END, UNTIL, town
from placewise.forecast.expert import _leaning
from placewise.forecast.trees import grown
from placewise.space.events import Events


def test_trees_learn_most_of_a_rate_that_doubles_where_two_columns_are_high() -> None:
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(40_000, 8))
    high = (columns[:, 0] > 0) & (columns[:, 1] > 0)
    truth = 0.05 * np.where(high, 2.0, 1.0)
    happened = rng.poisson(truth)
    event = np.concatenate([np.zeros(truth.size), np.ones(happened.sum())])
    weight = np.concatenate([np.ones(truth.size), np.zeros(happened.sum())])
    rows = np.concatenate([columns, np.repeat(columns, happened, axis=0)])
    said = np.full(event.size, np.log(truth.mean()))
    factor = grown(rows, said, event, weight, ridge=5.0, seed=0).log_factor(columns)
    assert 0.6 * np.log(2.0) < factor[high].mean() - factor[~high].mean() < 1.1 * np.log(2.0)


def test_trees_stay_out_where_rows_are_few() -> None:
    columns, event = np.arange(60.0)[:, None], np.tile([1.0, 0.0], 30)
    factor = grown(columns, np.zeros(60), event, 1.0 - event, ridge=50.0, seed=0).log_factor(columns)
    assert np.ptp(factor) == 0.0


@pytest.mark.parametrize("kinds", [("own",), ("own", "0"), ("own", "0", "rest")])
def test_every_scale_begins_with_some_weight(kinds: tuple[str, ...]) -> None:
    ladder = [(h, r) for h in (60.0, 240.0) for r in (0.0, 350.0, 1100.0)]
    names = [(kind, name) for kind in kinds for name in ladder] + [("even", (0.0, 0.0))]
    weights = _leaning(names)
    assert weights.min() > 0
    assert weights.sum() == pytest.approx(1.0)


def test_another_class_in_the_same_places_is_named_and_helps() -> None:
    """Of the town's incidents a twentieth is to be forecast; the others fall in the same hot spots."""
    events, cells = town()
    chosen = np.random.default_rng(5).random(len(events)) < 0.05
    rare, common = (
        Events.from_arrays(
            events.times[part], events.lon[part], events.lat[part], np.repeat(name, part.sum()), since=events.since
        )
        for part, name in ((chosen, "rare"), (~chosen, "common"))
    )
    alone = estimator("ours").fit(rare, cells, until=UNTIL)
    helped = estimator("ours").fit(rare, cells, until=UNTIL, context=common)
    counts = cells.counts(events, UNTIL, "2021-12-31")
    scores = [float(counts @ np.log(one.predict(UNTIL, END).density)) for one in (alone, helped)]
    assert scores[1] > scores[0]
    named = {part["what"]: part["share"] for part in helped.explain()["made_of"]}
    assert named["incidents of another class: common"] > 0.05
