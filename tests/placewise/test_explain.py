"""What a forecast is made of, in words: the shares are those of a town whose incidents are known."""

import numpy as np
import pytest

from placewise.forecast import Estimator, estimator
from placewise.forecast.checks import END, UNTIL, town
from placewise.space import Events


@pytest.fixture(scope="module")
def fitted() -> Estimator:
    events, cells = town()
    return estimator("ours").fit(events.of("burglary"), cells, until=UNTIL, context=events.of("theft"))


def test_shares_of_the_mixture_add_up_to_the_whole(fitted: Estimator) -> None:
    made_of = fitted.explain()["made_of"]
    assert sum(part["share"] for part in made_of) == pytest.approx(1.0)
    assert [part["share"] for part in made_of] == sorted((part["share"] for part in made_of), reverse=True)


def test_other_classes_are_named(fitted: Estimator) -> None:
    assert any(part["what"] == "incidents of another class: theft" for part in fitted.explain()["made_of"])


def test_the_words_round_the_shares_and_leave_out_the_least(fitted: Estimator) -> None:
    told = fitted.explain()
    first = told["made_of"][0]
    assert told["in_words"][0] == f"{first['share']:.0%} {first['what']}"
    assert not any(line.startswith("0%") for line in told["in_words"])


def test_the_level_and_the_error_are_those_of_the_forecast(fitted: Estimator) -> None:
    told, surface = fitted.explain(), fitted.predict(UNTIL, END)
    assert told["incidents_a_week"] == pytest.approx(surface.total, rel=0.01)
    assert told["relative_error"] == pytest.approx(float(np.median(surface.stderr / surface.expected)), rel=0.01)


def test_before_learning_only_the_settings_are_told() -> None:
    model = estimator("ours", seed=5)
    assert model.explain() == {"model": model.describe(), "settings": model.settings()}


def test_a_town_with_lasting_spots_is_forecast_from_years(fitted: Estimator) -> None:
    years = sum(part["share"] for part in fitted.explain()["made_of"] if "several years" in part["what"])
    assert years > 0.3


def test_without_an_incident_next_to_none_is_expected_a_week() -> None:
    _, cells = town(300)
    told = estimator("ours").fit(Events.from_arrays([], [], [], since="2018-01-01"), cells, until=UNTIL).explain()
    assert told["incidents_a_week"] < 0.1
