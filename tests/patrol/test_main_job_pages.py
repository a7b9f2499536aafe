"""The forecast, planning and trail desks as each role meets them: pages, forms with errors, progress, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Role
from openbeat.audit.models import Entry
from openbeat.forecast import actions as forecast_actions
from openbeat.forecast import queries as forecasts
from openbeat.forecast.models import Run, Surface
from openbeat.forecast.states import State as RunState
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.ids import new_id
from openbeat.ops import tasks
from openbeat.patrol import actions, queries
from openbeat.patrol.models import Plan, Unit, Visit
from openbeat.patrol.rules import Asked
from openbeat.patrol.states import State

STARTS = datetime(2022, 1, 2, 18, tzinfo=ZoneInfo("America/Toronto"))
ASKED = Asked(places=6, visits=2, dwell=10, slot=60, spacing=30, rest=20, max_share=100, balance=100, seconds=1)
BURGLARY = "NIBRS-220"


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with django_db_blocker.unblock(), raised(folder) as made, pytest.MonkeyPatch.context() as patch:  # type: ignore[attr-defined]
        patch.setattr(tasks, "TELL_PAUSE", 1e9)  # the solver's thread can't see what is not committed here
        yield made


@pytest.fixture(scope="module")
def ready(town: Town) -> Run:
    """A burglary forecast that waits for approval."""
    run = ask(town)
    computed = tasks._compute(town.house, forecasts.run(town.house, run.id))
    forecast_actions.begin_run(town.house, run)
    return forecast_actions.finish_run(town.house, run, computed=replace(computed, better=True), at=town.at)


def ask(town: Town) -> Run:
    return forecast_actions.ask_for_forecast(
        town.actor(Role.ANALYST), town.areas, title="Burglary", classes=[OffenceClass.objects.get(pk=BURGLARY)],
        starts=TODAY, horizon=7, resolution=9, estimator="ewma", at=town.at,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def undone(town: Town, ready: Run) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture(scope="module")
def draft(town: Town, ready: Run) -> Iterator[Plan]:
    """A plan from the forecast, which is offered for it."""
    run = forecasts.run(town.house, ready.id)
    forecast_actions.approve_forecast(town.actor(Role.ANALYST), run, expires=date(2022, 1, 7), at=town.at)
    plan = actions.ask_for_plan(
        town.actor(Role.COMMANDER), run, title="Evening", starts=STARTS, ends=STARTS + timedelta(hours=4),
        units=list(queries.units(town.house, town.agency.pk)), asked=ASKED, at=town.at,
    )  # fmt: skip
    tasks.solve_plan(agency_id=str(plan.agency_id), plan_id=str(plan.id))
    return queries.plan(town.house, plan.id)


EVERY = [Role.ANALYST, Role.COMMANDER, Role.OVERSEER, Role.DISPATCHER, Role.OFFICER, Role.ADMINISTRATOR]


def statuses(town: Town, address: str) -> dict[str, int]:
    found = {role.value: town.client(role).get(address).status_code for role in EVERY}
    return found | {"stranger": town.strangers_client(Role.COMMANDER).get(address).status_code}


def expected(default: int, *roles: Role, stranger: int) -> dict[str, int]:
    return {role.value: 200 if role in roles else default for role in EVERY} | {"stranger": stranger}


# --- forecasts -------------------------------------------------------------------------------------------------------


def test_who_sees_the_forecast_desk(town: Town, ready: Run) -> None:
    seers = (Role.ANALYST, Role.COMMANDER, Role.OVERSEER)
    assert statuses(town, reverse("forecast", args=[ready.id])) == expected(404, *seers, stranger=404)
    assert statuses(town, reverse("forecast_ask")) == expected(403, Role.ANALYST, stranger=403)
    assert statuses(town, reverse("forecasts")) == expected(200, stranger=200)
    assert "Burglary" not in town.strangers_client(Role.ANALYST).get(reverse("forecasts")).content.decode()
    assert Client().get(reverse("forecasts")).status_code == 302
    assert town.client(Role.ANALYST).get(reverse("forecast", args=[new_id()])).status_code == 404


def test_a_forecast_is_asked_for_followed_and_stopped_on_the_pages(town: Town) -> None:
    client = town.client(Role.ANALYST)
    told = {
        "classes": [BURGLARY], "area_set": str(town.areas.pk), "starts": "2022-01-01", "horizon": "7",
        "resolution": "9", "estimator": "ewma",
    }  # fmt: skip
    for wrong in (
        {"classes": []},
        {"classes": ["NIBRS-35A"]},
        {"starts": "soon"},
        {"horizon": "8"},
        {"starts": "2999-01-01"},
    ):
        assert client.post(reverse("forecast_ask"), told | wrong).status_code == 422, wrong
    answer = client.post(reverse("forecast_ask"), told)
    run = Run.objects.get(state=RunState.QUEUED)
    assert answer["Location"] == reverse("forecast", args=[run.id])
    assert run.title == "Burglary/Breaking & Entering, 2022-01-01 – 2022-01-07"
    assert "Waiting for the worker" in client.get(answer["Location"]).content.decode()
    assert client.get(reverse("forecast_progress", args=[run.id])).status_code == 200
    assert "Being computed" in client.get("/").content.decode()
    assert client.get(reverse("forecast_cancel", args=[run.id])).status_code == 405
    client.post(reverse("forecast_cancel", args=[run.id]))
    ended = client.get(reverse("forecast_progress", args=[run.id]))
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    assert client.get(reverse("forecast", args=[run.id])).status_code == 200
    assert "Stopped" in client.get(reverse("forecasts") + "?state=cancelled").content.decode()


def test_a_forecast_is_offered_and_withdrawn_on_its_board(town: Town) -> None:
    run = forecast_actions.begin_run(town.house, ask(town))
    done = Run.objects.get(state__in=[RunState.READY, RunState.OFFERED])
    for name in ("report", "explanation", "exposure", "verdict", "events_used", "first_event"):
        setattr(run, name, getattr(done, name))
    run.better, run.state = True, RunState.READY
    run.save()
    surface = Surface.objects.get(run=done)
    Surface.objects.create(run=run, cells=surface.cells, expected=surface.expected, low=surface.low, high=surface.high)
    client, address = town.client(Role.ANALYST), reverse("forecast", args=[run.id])
    cells, expected = reverse("forecast_surface", args=[run.id]), forecasts.surface(town.house, run).expected
    drawn = client.get(cells).json()
    assert [cell["value"] for cell in drawn] == [round(value, 4) for value in expected.tolist() if value >= 0.001]
    assert town.client(Role.OFFICER).get(cells).status_code == 404

    def post(name: str, **told: str) -> str:
        return client.post(reverse(name, args=[run.id]), told, follow=True).content.decode()

    assert "offer it for planning?" in client.get("/").content.decode()
    assert "Choose the day" in post("forecast_approve", expires="soon")
    assert "choose a day between them" in post("forecast_approve", expires="2023-01-01")
    assert "you may not do this here" in (
        town.client(Role.COMMANDER)
        .post(reverse("forecast_approve", args=[run.id]), {"expires": "2022-01-07"}, follow=True)
        .content.decode()
        .lower()
    )
    assert "is offered for planning" in post("forecast_approve", expires="2022-01-07")
    assert "2022-01-07" in client.get(address).content.decode()
    assert "ay why" in post("forecast_withdraw", reason="")
    assert "is withdrawn" in post("forecast_withdraw", reason="records were wrong")


# --- plans -----------------------------------------------------------------------------------------------------------


def test_who_sees_the_planning_desk(town: Town, draft: Plan) -> None:
    seers = (Role.ANALYST, Role.COMMANDER, Role.OVERSEER, Role.DISPATCHER, Role.OFFICER)
    assert statuses(town, reverse("plan", args=[draft.id])) == expected(404, *seers, stranger=404)
    assert statuses(town, reverse("plan_sheet", args=[draft.id, "U01"])) == expected(404, *seers, stranger=404)
    assert statuses(town, reverse("plan_ask")) == expected(403, Role.COMMANDER, stranger=200)
    assert statuses(town, reverse("units")) == expected(403, *seers, stranger=200)
    assert Client().get(reverse("plans")).status_code == 302


def test_a_plan_is_asked_for_on_the_page(town: Town, draft: Plan) -> None:
    client = town.client(Role.COMMANDER)
    told = {
        "forecast": str(draft.forecast_id), "day": "2022-01-02", "begins": "22:00", "hours": "8",
        "units": [str(unit.id) for unit in Unit.objects.all()], "places": "6", "visits": "2", "dwell": "12",
        "spacing": "45", "rest": "30", "max_share": "60",
    }  # fmt: skip
    for wrong in ({"units": []}, {"dwell": "20"}, {"hours": "20"}, {"day": "2022-02-01"}, {"forecast": str(new_id())}):
        assert client.post(reverse("plan_ask"), told | wrong).status_code == 422, wrong
    answer = client.post(reverse("plan_ask"), told)
    plan = Plan.objects.get(state=State.QUEUED)
    assert answer["Location"] == reverse("plan", args=[plan.id])
    assert (plan.title, plan.ends - plan.starts) == ("Shift of 2022-01-02 22:00", timedelta(hours=8))
    assert "Waiting for the worker" in client.get(answer["Location"]).content.decode()
    assert client.get(reverse("plan_progress", args=[plan.id])).status_code == 200
    ended = client.get(reverse("plan_progress", args=[draft.id]))
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    assert client.get(reverse("plan_download", args=[plan.id, "pdf"])).status_code == 404


def test_a_plan_is_edited_approved_and_driven_on_the_pages(town: Town, draft: Plan) -> None:
    client, officer = town.client(Role.COMMANDER), town.client(Role.OFFICER)
    tour = next(tour for tour in draft.values[1]["tours"] if sum("place" in item for item in tour["items"]) > 1)
    keys = [f"{item['place']}:{item['slot']}" for item in tour["items"] if "place" in item]
    edit = reverse("plan_edit", args=[draft.id])

    def post(**told: object) -> str:
        return client.post(edit, told, follow=True).content.decode()

    assert "ay why" in post(kind="drop", stop=keys[0])
    for wrong in (
        {"kind": "drop", "stop": "x"},
        {"kind": "fly", "stop": keys[0]},
        {"unit": "U77"},
        {"unit": tour["unit"], "stop": ["a:1"]},
    ):
        assert "load" in post(reason="a closed road", **wrong)
    assert "changed and checked" in post(kind="lock", stop=keys[0], reason="a closed road")
    assert "changed and checked" in post(kind="drop", stop=keys[-1], reason="a closed road")
    moved = client.post(edit, {"unit": tour["unit"], "stop": keys[:-1], "reason": "x"}, headers={"HX-Request": "true"})
    assert (moved.status_code, moved["HX-Refresh"]) == (204, "true")
    board = client.post(reverse("plan_undo", args=[draft.id]), follow=True).content.decode()
    assert "taken back" in board
    assert "check it and approve" in client.get("/").content.decode()
    refused = officer.post(reverse("plan_approve", args=[draft.id]), follow=True).content.decode()
    assert "ou may not do this here" in refused
    assert "is approved" in client.post(reverse("plan_approve", args=[draft.id]), follow=True).content.decode()
    here = reverse("plan_here", args=[draft.id, tour["unit"]])
    assert "At stop 1 since" in officer.post(here, {"order": "1"}, follow=True).content.decode()
    assert officer.post(here, {"order": "99"}).status_code == 400
    assert Visit.objects.count() == 1
    assert client.get(reverse("plan", args=[draft.id])).status_code == 200
    withdrawn = client.post(reverse("plan_withdraw", args=[draft.id]), {"reason": "storm"}, follow=True)
    assert "is withdrawn" in withdrawn.content.decode()


@pytest.mark.parametrize(
    ("kind", "content_type", "begins"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("ics", "text/calendar", b"BEGIN:VCALENDAR"),
        ("geojson", "application/geo+json", b"{"),
        ("gpx", "application/gpx+xml", b"<?xml"),
    ],
)
def test_a_plan_is_taken_along(town: Town, draft: Plan, kind: str, content_type: str, begins: bytes) -> None:
    client, address = town.client(Role.OFFICER), reverse("plan_download", args=[draft.id, kind])
    answer = client.get(address + "?unit=U01")
    assert (answer.status_code, answer["Content-Type"], answer.content[: len(begins)]) == (200, content_type, begins)
    assert client.get(address + "?unit=U77").status_code == 404
    assert client.get(reverse("plan_download", args=[draft.id, "docx"])).status_code == 404


def test_units_are_added_and_retired_on_the_page(town: Town, draft: Plan) -> None:
    client = town.client(Role.COMMANDER)
    station = str(Unit.objects.order_by("call_sign")[0].station_id)
    told = {"call_sign": "K9", "station": station, "crew": "1"}
    assert "The unit is added" in client.post(reverse("units"), told, follow=True).content.decode()
    again = client.post(reverse("units"), told)
    assert (again.status_code, "K9 already" in again.content.decode()) == (422, True)
    unit = Unit.objects.get(call_sign="K9")
    assert town.client(Role.OFFICER).post(reverse("unit_retire", args=[unit.id])).status_code == 403
    assert client.post(reverse("unit_retire", args=[unit.id])).status_code == 302
    assert client.post(reverse("unit_retire", args=[unit.id])).status_code == 403
    assert client.post(reverse("unit_retire", args=[new_id()])).status_code == 404


# --- the trail -------------------------------------------------------------------------------------------------------

WHY = {"reason": "yearly review", "basis": "oversight"}


def test_the_trail_asks_why_before_it_opens(town: Town) -> None:
    client = town.client(Role.OVERSEER)
    address = reverse("trail")
    assert "Why do you look?" in client.get(address).content.decode()
    assert client.post(address, {"reason": "x", "basis": "oversight"}).status_code == 422
    assert client.post(address, WHY | {"basis": "because"}).status_code == 422
    page = client.post(address, WHY, follow=True).content.decode()
    assert "forecast.run" in page or "Forecast" in page
    assert client.get(address + "?cursor=nonsense").status_code == 400
    assert client.get(f"{address}?cursor={new_id()}&operation=refusal&since=2021-01-01&until=soon").status_code == 200
    entry = Entry.objects.filter(operation="consultation").order_by("id")[0]
    assert "yearly review" in client.get(reverse("trail_entry", args=[entry.id])).content.decode()
    assert client.get(reverse("trail_entry", args=[new_id()])).status_code == 404
    client.post(reverse("trail_stop"))
    assert "Why do you look?" in client.get(address).content.decode()


def test_colleagues_and_strangers_read_no_trail_of_ours(town: Town) -> None:
    for role in (Role.ANALYST, Role.OFFICER, Role.DISPATCHER):
        client = town.client(role)
        assert client.post(reverse("trail"), WHY, follow=True).status_code == 403
    stranger = town.strangers_client(Role.OVERSEER)
    entry = Entry.objects.order_by("id")[0]
    stranger.post(reverse("trail"), WHY)
    assert stranger.get(reverse("trail_entry", args=[entry.id])).status_code == 404


def test_an_entry_is_handed_out_and_erased_with_a_ground_or_not_at_all(town: Town) -> None:
    entry = Entry.objects.order_by("id")[0]
    overseer, admin = town.client(Role.OVERSEER), town.client(Role.ADMINISTRATOR)
    told = {"reason": "court order 7", "legal_basis": "order", "recipient": "court"}
    hand_out, erase = (reverse(name, args=[entry.id]) for name in ("trail_hand_out", "trail_erase"))
    for wrong in ({"reason": ""}, {"legal_basis": ""}, {"legal_basis": "a" * 40}):
        assert overseer.post(hand_out, told | wrong).status_code == 403
    assert overseer.post(hand_out, told).status_code == 404  # it has no place in the log yet
    assert overseer.post(erase, told).status_code == 403
    assert admin.post(reverse("trail_erase", args=[new_id()]), told).status_code == 404


def test_the_log_is_checked_by_who_may(town: Town) -> None:
    client = town.client(Role.OVERSEER)
    assert "never checked" in client.get("/").content.decode()
    assert client.post(reverse("log_check")).status_code == 302
    assert "Being checked" in client.get(reverse("log_checks")).content.decode()
    refused = town.client(Role.OFFICER).post(reverse("log_check"), follow=True).content.decode()
    assert "ou may not do this here" in refused
