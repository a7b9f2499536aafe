"""What needs each role now, and what a search finds: real things of the desks, nothing of what is not built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Role
from openbeat.forecast import actions as forecasts
from openbeat.forecast.models import Run
from openbeat.forecast.states import State as RunState
from openbeat.incidents.models import LocalCode, OffenceClass
from openbeat.intake import actions as intake
from openbeat.intake.models import Import, RefusedRow
from openbeat.intake.states import State
from openbeat.oversight.models import LogCheck
from openbeat.oversight.states import State as CheckState
from openbeat.patrol.models import Plan
from openbeat.patrol.states import State as PlanState

FILE = "week.csv"


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("homes")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


def home(client: Client) -> str:
    answer = client.get(reverse("home"))
    assert answer.status_code == 200
    return answer.content.decode()


def a_run(town: Town, state: RunState) -> Run:
    """A forecast that came this far; how is told by the tests of forecasts."""
    run = forecasts.ask_for_forecast(
        town.actor(Role.ANALYST), town.areas, title="Burglary, first week",
        classes=[OffenceClass.objects.get(pk="NIBRS-220")], starts=TODAY, horizon=7, resolution=9, estimator="ewma",
        at=town.at,
    )  # fmt: skip
    analyst = town.person(Role.ANALYST)
    known: dict[str, Any] = {"verdict": {}, "report": {}, "exposure": {}, "failure": "no space"}
    if state == RunState.FAILED:
        known["finished_at"] = town.at
    if state in {RunState.READY, RunState.OFFERED}:
        known["better"] = True
    if state == RunState.OFFERED:
        known |= {"approved_by": analyst, "approved_at": town.at, "expires": TODAY + timedelta(days=7)}
    Run.objects.filter(pk=run.pk).update(state=state, **known)
    return Run.objects.get(pk=run.pk)


def a_plan(town: Town, state: PlanState) -> Plan:
    commander = town.person(Role.COMMANDER)
    signed = {"approved_by": commander, "approved_at": town.at} if state == PlanState.APPROVED else {}
    return Plan.objects.create(
        agency=town.agency, author=commander, forecast=a_run(town, RunState.OFFERED), title="Night shift", state=state,
        made_at=town.at, starts=town.at + timedelta(hours=2), ends=town.at + timedelta(hours=10), seed=1,
        settings={"units": ["U01"]}, solution={}, failure="no unit", **signed,
    )  # fmt: skip


def a_file(town: Town, tmp_path: Path, state: State) -> Import:
    path = tmp_path / FILE
    path.write_text("event,date\n1,2021-12-31\n")
    imported = intake.receive_file(
        town.actor(Role.ANALYST), town.agency, path=path, file_name=FILE, at=town.at, mends=None
    )
    Import.objects.filter(pk=imported.pk).update(state=state, profile={}, failure="broken")
    return imported


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.CUSTODIAN, Role.PARTNER])
def test_a_role_without_a_desk_is_promised_nothing(town: Town, role: Role) -> None:
    shown = home(town.client(role))
    assert "no desk of its own" in shown
    assert "come here" not in shown


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.OFFICER])
def test_where_nothing_waits_the_page_says_what_will(town: Town, role: Role) -> None:
    shown = home(town.client(role))
    assert "Nothing waits for you" in shown
    assert "plan" in shown


def test_without_an_offered_forecast_an_analyst_is_asked_for_one(town: Town) -> None:
    shown = home(town.client(Role.ANALYST))
    assert "No forecast is offered" in shown
    assert reverse("forecast_ask") in shown
    assert "No forecast is offered" not in home(town.client(Role.COMMANDER))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.READY, "offer it for planning?"),
        (RunState.RUNNING, "Being computed"),
        (RunState.FAILED, "Could not be computed"),
        (RunState.OFFERED, "usable until 8 January 2022"),
    ],
)
def test_forecasts_on_the_analysts_home(town: Town, state: RunState, words: str) -> None:
    run = a_run(town, state)
    shown = home(town.client(Role.ANALYST))
    assert words in shown
    assert reverse("forecast", args=[run.pk]) in shown
    assert "No forecast is offered" not in shown


def test_an_offered_forecast_asks_a_commander_for_a_plan(town: Town) -> None:
    a_run(town, RunState.OFFERED)
    shown = home(town.client(Role.COMMANDER))
    assert "No plan for today or tomorrow" in shown
    assert "No plan for today or tomorrow" not in home(town.client(Role.ANALYST))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PlanState.DRAFT, "check it and approve"),
        (PlanState.SOLVING, "Being made"),
        (PlanState.FAILED, "Could not be made"),
        (PlanState.APPROVED, "Night shift"),
    ],
)
def test_plans_on_the_commanders_home(town: Town, state: PlanState, words: str) -> None:
    plan = a_plan(town, state)
    shown = home(town.client(Role.COMMANDER))
    assert words in shown
    assert reverse("plan", args=[plan.pk]) in shown
    assert "No plan for today or tomorrow" not in shown


@pytest.mark.parametrize(("state", "sees"), [(PlanState.APPROVED, True), (PlanState.DRAFT, False)])
def test_an_officer_sees_the_plan_that_is_approved(town: Town, state: PlanState, sees: bool) -> None:
    plan = a_plan(town, state)
    assert (reverse("plan", args=[plan.pk]) in home(town.client(Role.OFFICER))) is sees


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.UPLOADED, "Say what its columns mean"),
        (State.MAPPED, "try it"),
        (State.CHECKED, "bring it in, or give it up"),
        (State.IMPORTING, "Being brought in"),
        (State.FAILED, "nothing of it was brought in"),
    ],
)
def test_imports_on_the_analysts_home(town: Town, tmp_path: Path, state: State, words: str) -> None:
    imported = a_file(town, tmp_path, state)
    shown = home(town.client(Role.ANALYST))
    assert words in shown
    assert reverse("import", args=[imported.pk]) in shown
    assert words not in home(town.client(Role.COMMANDER))


def test_refused_rows_wait_to_be_mended(town: Town) -> None:
    done = Import.objects.get(state=State.DONE)
    Import.objects.filter(pk=done.pk).update(rows_refused=2)
    for row, mended in ((3, None), (4, None), (5, done)):
        RefusedRow.objects.create(
            agency=town.agency, of=done, row=row, reason="time", detail="", fields={}, mended_by=mended
        )
    shown = home(town.client(Role.ANALYST))
    assert "2 refused rows can be mended" in shown
    assert reverse("import_refused", args=[done.pk]) in shown


def test_codes_without_a_class_wait_for_the_analyst(town: Town) -> None:
    LocalCode.objects.filter(code="Robbery").update(offence_class=None)
    shown = home(town.client(Role.ANALYST))
    assert "1 offence code means no class yet" in shown
    assert reverse("offences") in shown


def test_a_broken_log_stands_first_for_the_overseer(town: Town) -> None:
    assert "The log was never checked" in home(town.client(Role.OVERSEER))
    LogCheck.objects.create(agency=town.agency, asked_at=town.at, finished_at=town.at, state=CheckState.BROKEN)
    shown = home(town.client(Role.OVERSEER))
    assert "The log does not verify" in shown
    assert 'class="count">1<' in shown


@pytest.mark.parametrize(("days", "asked"), [(1, False), (8, True)])
def test_a_check_of_long_ago_is_not_enough(town: Town, days: int, asked: bool) -> None:
    at = town.at - timedelta(days=days)
    LogCheck.objects.create(agency=town.agency, asked_at=at, finished_at=at, state=CheckState.HOLDS)
    assert ("not checked for a week" in home(town.client(Role.OVERSEER))) is asked
    assert "not checked for a week" not in home(town.client(Role.ANALYST))


@pytest.mark.parametrize("page", ["home", "incidents", "forecasts"])
def test_a_desk_says_how_much_of_it_waits(town: Town, page: str) -> None:
    client = town.client(Role.ANALYST)
    assert 'class="count"' not in client.get(reverse(page)).content.decode()
    a_run(town, RunState.READY)
    shown = client.get(reverse(page)).content.decode()
    assert f'href="{reverse("forecasts")}"' in shown
    assert shown.count('class="count">1<') == 1


@pytest.mark.parametrize(
    ("role", "asked", "finds"),
    [
        (Role.ANALYST, "burgl", True),
        (Role.ANALYST, "first WEEK", True),
        (Role.ANALYST, "robbery", False),
        (Role.ANALYST, "b", False),
        (Role.COMMANDER, "burgl", True),
        (Role.OFFICER, "burgl", False),
    ],
)
def test_a_search_finds_forecasts_in_reach(town: Town, role: Role, asked: str, finds: bool) -> None:
    url = reverse("forecast", args=[a_run(town, RunState.OFFERED).pk])
    assert (url in town.client(role).get(reverse("search"), {"q": asked}).content.decode()) is finds
    assert url not in town.strangers_client(role).get(reverse("search"), {"q": asked}).content.decode()


def test_a_search_finds_plans_files_and_acts(town: Town) -> None:
    plan = reverse("plan", args=[a_plan(town, PlanState.APPROVED).pk])
    file = reverse("import", args=[Import.objects.get(state=State.DONE).pk])
    act = reverse("forecast_ask")
    for role, asked, url in (
        (Role.OFFICER, "night", plan),
        (Role.ANALYST, "parquet", file),
        (Role.ANALYST, "new for", act),
    ):
        assert f'href="{url}"' in town.client(role).get(reverse("search"), {"q": asked}).content.decode()
