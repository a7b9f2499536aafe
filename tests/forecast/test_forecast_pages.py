"""The forecast desk page by page: its words, what may still be done, and what is over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Actor, Role
from openbeat.forecast import actions, queries
from openbeat.forecast.compute import Computed
from openbeat.forecast.models import Run
from openbeat.forecast.states import State
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.errors import Contradiction
from openbeat.ops import tasks
from openbeat.seeing import progress
from openbeat.web import forecasts
from openbeat.web.forecast_words import made_of


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture(scope="module")
def computed(town: Town) -> Computed:
    with taken_back():
        run = ask(town, town.actor(Role.ANALYST))
        return tasks._compute(town.house, queries.run(town.house, run.id))


def ask(town: Town, actor: Actor) -> Run:
    return actions.ask_for_forecast(
        actor, town.areas, title="Burglary", classes=[OffenceClass.objects.get(pk="NIBRS-220")], starts=TODAY,
        horizon=7, resolution=9, estimator="ewma", at=town.at,
    )  # fmt: skip


@pytest.fixture
def analyst(town: Town) -> Actor:
    return town.actor(Role.ANALYST)


@pytest.fixture
def client(town: Town) -> Client:
    return town.client(Role.ANALYST)


def finished(town: Town, actor: Actor, computed: Computed, *, better: bool = True) -> Run:
    run = ask(town, actor)
    actions.begin_run(town.house, run)
    verdict = {"offered": better, "reasons": ["as this test needs it"]}
    return actions.finish_run(town.house, run, computed=replace(computed, better=better, verdict=verdict), at=town.at)


def a_month_ago(run: Run) -> None:
    """As if it had been asked for a month earlier."""
    starts = run.starts - timedelta(days=31)
    Run.objects.filter(pk=run.pk).update(
        starts=starts, ends=starts + timedelta(days=7), data_until=starts,
        expires=run.expires and starts + timedelta(days=6),
    )  # fmt: skip
    run.refresh_from_db()


def text(client: Client, view: str, *given: object) -> str:
    answer = client.get(reverse(view, args=given))
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_the_verdict_is_in_words_that_need_no_statistics(
    town: Town, analyst: Actor, client: Client, computed: Computed
) -> None:
    run = finished(town, analyst, computed)
    log = run.report["models"]["ewma"]["against_baseline"]["log_score"]  # type: ignore[index]
    page = text(client, "forecast", run.pk)
    assert re.search(r"mean over 1 to 10 % of the area: [+-]\d+\.\d\d in a hundred against the plain count", page)
    times = f"{2.718281828459045 ** log['difference']:.2f}"
    assert f"What happened was {times} times as likely by this forecast as by the plain count" in page
    assert "times the average (PAI)" in page
    assert "in nats: " not in page


def test_a_forecast_whose_days_are_over_waits_for_nobody(
    town: Town, analyst: Actor, client: Client, computed: Computed
) -> None:
    run = finished(town, analyst, computed)
    assert "Approve…" in text(client, "forecast", run.pk)
    assert "offer it for planning?" in text(client, "home")
    a_month_ago(run)
    page = text(client, "forecast", run.pk)
    assert "Its days are over" in page
    assert "Approve…" not in page
    assert "offer it for planning?" not in text(client, "home")
    with pytest.raises(Contradiction, match="the days of this forecast are over"):
        actions.approve_forecast(analyst, run, expires=run.starts, at=town.at)


def test_an_offer_expires_in_words(town: Town, analyst: Actor, client: Client, computed: Computed) -> None:
    run = finished(town, analyst, computed)
    actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)
    page = text(client, "forecast", run.pk)
    assert "Usable until 2022-01-07" in page
    assert "Expired" not in page
    assert "Expired" not in text(client, "forecasts")
    a_month_ago(run)
    page = text(client, "forecast", run.pk)
    assert "Was usable until 2021-12-07" in page
    assert "plans made from this one keep their link to it" in page
    assert "Expired" in text(client, "forecasts")
    assert not queries.offered(analyst, TODAY).exists()


def test_home_tells_whoever_asked_that_it_was_not_better(
    town: Town, analyst: Actor, client: Client, computed: Computed
) -> None:
    run = finished(town, analyst, computed, better=False)
    assert run.state == State.NOT_BETTER
    assert "Not better than the plain count; see by how much" in text(client, "home")
    Run.objects.filter(pk=run.pk).update(finished_at=town.at - timedelta(days=2))
    assert "see by how much" not in text(client, "home")


def test_records_that_lie_back_are_told_before_a_forecast_is_asked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Records lie back" not in text(client, "forecast_ask")
    monkeypatch.setattr(forecasts.incidents, "span", lambda _actor: (date(2018, 9, 1), date(2021, 12, 20)))
    assert "The newest record is of 20 December 2021. Days after it count" in text(client, "forecast_ask")


def test_what_a_forecast_is_made_of_names_other_classes() -> None:
    parts = [
        {"what": "the same everywhere", "share": 0.5},
        {"what": "incidents of another class: Robbery", "share": 0.25},
        {"what": "something that a later version learned", "share": 0.2},
        {"what": "next to nothing", "share": 0.004},
    ]
    assert [(share, str(what)) for share, what in made_of(Run(explanation={"made_of": parts}))] == [
        ("50 %", "the same everywhere"),
        ("25 %", "incidents of another class: Robbery"),
        ("20 %", "something that a later version learned"),
    ]


def test_a_run_under_way_tells_how_much_of_the_past_is_tested(town: Town, analyst: Actor, client: Client) -> None:
    run = ask(town, analyst)
    assert "Waiting for the worker" in text(client, "forecast", run.pk)
    actions.begin_run(town.house, run)
    assert "Reading the incidents" in text(client, "forecast", run.pk)
    progress.tell(run.pk, run.agency_id, 0.23, "testing on the past: 12 of 104")
    page = text(client, "forecast", run.pk)
    assert "Testing on the past: 12 of 104 forecasts" in page
    assert "23 %" in page
