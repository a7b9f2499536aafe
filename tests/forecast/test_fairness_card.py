"""The fairness card of a run: groups that somebody brought and groups by reports, less reporting, a simulated year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Role
from openbeat.forecast import actions, queries
from openbeat.forecast.fairness import BY_REPORTS, _coarse, fairness, home_of
from openbeat.forecast.question import Known, NamedArea, Question, Statistic
from openbeat.incidents.models import OffenceClass
from openbeat.ops import tasks
from openbeat.places import actions as place_actions
from openbeat.places import queries as places
from openbeat.places.statistics import AreaValues
from placewise.evaluate.backtest import BacktestStopped
from placewise.forecast.registry import estimator
from placewise.space.cells import Cells
from placewise.space.events import Events

WEST = shapely.MultiPolygon([shapely.box(10.00, 50.00, 10.03, 50.04)])
EAST = shapely.MultiPolygon([shapely.box(10.03, 50.00, 10.06, 50.04)])
AREAS = (NamedArea("w", "West", WEST), NamedArea("e", "East", EAST))
QUESTION = Question(date(2021, 1, 4), date(2021, 1, 11), 9, "count3y", 1)


def events(seed: int = 0) -> Events:
    """Four incidents in the west for each one in the east, over three years."""
    rng = np.random.default_rng(seed)
    west = rng.random(3000) < 0.8
    lon = np.where(west, 10.0, 10.03) + 0.03 * rng.random(3000)
    times = np.datetime64("2018-01-01", "us") + (rng.random(3000) * 1100 * 86_400e6).astype("timedelta64[us]")
    return Events.from_arrays(np.sort(times), lon, 50 + 0.04 * rng.random(3000), local=True)


def card(*statistics: Statistic, at: float = 2.0) -> dict[str, Any]:
    ground = shapely.union_all([WEST, EAST])
    cells = Cells.h3(ground, 9)
    told: list[float] = []

    def tell(share: float, _words: str) -> bool:
        told.append(share)
        return share >= at

    starts, ends = str(QUESTION.starts), str(QUESTION.ends)
    surface = estimator(QUESTION.estimator).fit(events(), cells, until=starts).predict(starts, ends)
    found = fairness(QUESTION, Known(events()), surface, home_of(cells, AREAS), AREAS, statistics, tell)
    assert told == sorted(told)
    return found


def test_groups_by_reports_need_nothing_from_elsewhere() -> None:
    found = card()
    (grouping,) = found["groupings"]
    assert grouping["name"] == BY_REPORTS
    groups = {one["group"]: one for one in grouping["groups"]}
    west, east = groups["highest fifth"], groups["lowest fifth"]
    assert west["area_share"] == pytest.approx(0.5, abs=0.05)
    assert west["expected_share"] == pytest.approx(0.8, abs=0.1)  # cells on the border lie in both
    assert west["chosen_share"] > 0.9
    assert west["chosen_share"] + east["chosen_share"] == pytest.approx(1)
    assert found["less_reporting"]["group"] == "highest fifth"
    assert 0 <= found["less_reporting"]["moved"] < 0.5
    assert found["feedback"]["weeks"] == 52
    assert found["feedback"]["runs_away"] is False


def test_what_offices_say_of_areas_makes_groups() -> None:
    found = card(
        Statistic("Rent", "Office 2020", {"w": "low", "e": "high"}),
        Statistic("Residents", "Office 2020", {"w": 20_000.0, "e": 10_000.0}, residents=True),
    )
    rent, reports = found["groupings"]
    assert (rent["name"], rent["source"]) == ("Rent", "Office 2020")
    low = next(one for one in rent["groups"] if one["group"] == "low")
    highest = next(one for one in reports["groups"] if one["group"] == "highest fifth")
    assert low["chosen_share"] == highest["chosen_share"]
    assert low["residents"] == 20_000
    assert low["chosen_km2_per_100k"] > 0


@pytest.mark.parametrize("share", [0.83, 0.9])
def test_it_stops_when_asked(share: float) -> None:
    with pytest.raises(BacktestStopped):
        card(at=share)


@pytest.mark.parametrize(("km2", "finest", "resolution"), [(600, 9, 7), (100, 9, 8), (10, 9, 9), (600, 10, 8)])
def test_the_simulated_year_takes_cells_as_large_as_leave_enough(km2: float, finest: int, resolution: int) -> None:
    assert _coarse(km2, finest) == resolution


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


def test_the_board_shows_the_card_and_the_peers(town: Town) -> None:
    with taken_back():
        analyst = town.actor(Role.ANALYST)
        codes = places.areas(town.house, town.areas).values_list("code", flat=True)
        rents = AreaValues("Rent", {code: float(number) for number, code in enumerate(codes)})
        place_actions.bring_statistics(analyst, town.areas, statistics=[rents], source="Office 2021", at=town.at)
        run = actions.ask_for_forecast(
            analyst, town.areas, title="Burglary", classes=[OffenceClass.objects.get(pk="NIBRS-220")], starts=TODAY,
            horizon=7, resolution=9, estimator="ewma", peers=["promap", "promap"], at=town.at,
        )  # fmt: skip
        tasks.run_forecast(agency_id=str(run.agency_id), run_id=str(run.id))  # type: ignore[operator]
        done = queries.run(town.house, run.id)
        assert done.peers == ["promap"]
        assert "promap" in (done.report or {})["models"]
        assert queries.card(town.house, done)["fairness"] == done.fairness
        page = town.client(Role.ANALYST).get(reverse("forecast", args=[run.id])).content.decode()
        for words in ("Who bears it", "Rent", "Office 2021", "By incidents reported for each km²", "highest fifth"):
            assert words in page
        assert "it does not feed on itself" in page
        assert "Prospective kernel" in page
