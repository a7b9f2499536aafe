"""A what-if's whole life on real records: asked, simulated, compared, stopped, failed and tried again, copied."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import h3
import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from tests.town import NEIGHBOURHOODS, TODAY, Town, raised, taken_back

from openbeat.access import Actor, Permission, Role
from openbeat.audit.models import Entry
from openbeat.forecast.models import Run, RunClass, Surface
from openbeat.kernel.errors import Contradiction, NotFound, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.ops import what_if_work
from openbeat.patrol import actions as patrol
from openbeat.patrol import queries as units
from openbeat.patrol.models import Plan
from openbeat.patrol.what_if import actions, queries
from openbeat.patrol.what_if.feed import known_of
from openbeat.patrol.what_if.models import WhatIf
from openbeat.patrol.what_if.rules import Asked, Level, Setup
from openbeat.patrol.what_if.states import State
from openbeat.seeing import progress
from openbeat.seeing.scope import scope

PLACE = h3.latlng_to_cell(43.66, -79.38, 9)
"""A cell of the town."""
ASKED = Asked(
    setups=(Setup("Today", (2, 2, 2)), Setup("one car fewer", (1, 1, 1))),
    first=date(2021, 1, 1),
    last=date(2021, 12, 30),
    levels=(Level(40, 80, 8), Level(35, 80, 20), Level(30, 80, 60)),
    priorities={"NIBRS-120": 1, "NIBRS-13B": 2, "NIBRS-220": 3},
    days=7,
    runs=4,
)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(scope="module")
def done(town: Town) -> WhatIf:
    """One car fewer, as the worker left it."""
    return work(ask(town, town.actor(Role.COMMANDER)))


@pytest.fixture(autouse=True)
def undone(town: Town, done: WhatIf) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def commander(town: Town) -> Actor:
    return town.actor(Role.COMMANDER)


def ask(town: Town, actor: Actor, asked: Asked = ASKED) -> WhatIf:
    return actions.ask_what_if(actor, town.areas, title="One car fewer", asked=asked, at=town.at)


def work(found: WhatIf) -> WhatIf:
    """The worker does it."""
    what_if_work.simulate_what_if(agency_id=str(found.agency_id), what_if_id=str(found.id))
    found.refresh_from_db()
    return found


# --- asked and simulated ---------------------------------------------------------------------------------------------


def test_the_worker_simulates_today_and_the_alternative_on_the_same_calls(done: WhatIf) -> None:
    assert done.state == State.DONE
    result = done.result or {}
    today, fewer = result["setups"]
    assert today["calls"] == fewer["calls"] > 100
    assert {row["area"] for row in today["rows"]} == {"", *NEIGHBOURHOODS}
    p90 = next(
        one for one in result["differences"][0] if (one["measure"], one["priority"], one["area"]) == ("p90", "", "")
    )
    assert p90["high"] > 0  # fewer cars are never better beyond the interval
    assert [len(one["units"]) for one in result["setups"]] == [2, 1]
    assert progress.standing(done.id) == progress.NOT_BEGUN
    asked, *rest = Entry.objects.filter(object_id=str(done.id)).order_by("id")
    assert (asked.operation, asked.deed, asked.changes["alternatives"]) == ("combination", "what_if.run", 1)
    assert {entry.role for entry in rest} == {"service"}


def test_the_calls_are_the_periods_incidents_of_the_classes_chosen(town: Town, commander: Actor) -> None:
    found = ask(town, commander)
    known = known_of(town.house, found, ASKED)
    assert set(known.events.classes) == {"Robbery", "Simple Assault", "Burglary/Breaking & Entering"}
    assert str(known.events.times.min())[:10] >= "2021-01-01"
    assert str(known.events.ends.max())[:19] <= "2021-12-31T00:00:00"
    assert known.priorities == {"Robbery": 0, "Simple Assault": 1, "Burglary/Breaking & Entering": 2}
    assert set(known.areas) <= {"", *NEIGHBOURHOODS}


def test_beats_are_a_set_of_areas_of_the_agency(town: Town, commander: Actor) -> None:
    beats = Setup("own beats", (2, 2, 2), policy="beat_first", beats=str(town.areas.id))
    asked = replace(ASKED, setups=(ASKED.setups[0], beats))
    known = known_of(town.house, ask(town, commander, asked), asked)
    assert known.beats == {str(town.areas.id): {name: [name] for name in NEIGHBOURHOODS}}


@pytest.fixture
def night(town: Town) -> Plan:
    """A night's plan with one visit, from a forecast that expects all burglaries in one cell."""
    run = Run.objects.create(
        agency=town.agency, title="Burglary", made_at=town.at, area_set=town.areas, resolution=9, starts=TODAY,
        ends=TODAY + timedelta(days=14), estimator="ewma", data_until=TODAY,
    )  # fmt: skip
    RunClass.objects.create(run=run, offence_class_id="NIBRS-220")
    cell, counts = np.array([h3.str_to_int(PLACE)], "<i8").tobytes(), np.array([8.0], "<f8").tobytes()
    Surface.objects.create(run=run, cells=cell, expected=counts, low=counts, high=counts)
    starts = datetime(2022, 1, 1, 22, tzinfo=town.agency.tz)
    visit = {"place": h3.cell_to_center_child(PLACE, 10), "begin": 600, "leave": 1320}
    return Plan.objects.create(
        agency=town.agency, forecast=run, title="Saturday night", state="draft", made_at=town.at, starts=starts,
        ends=starts + timedelta(hours=8), seed=1, settings={"units": []}, problem={"places": []},
        solution={"tours": [{"unit": "U01", "items": [visit]}]},
    )  # fmt: skip


def test_a_plan_is_driven_each_day_and_a_forecast_moves_its_calls(town: Town, commander: Actor, night: Plan) -> None:
    planned = Setup("planned", (2, 2, 2), plan=str(night.id))
    asked = replace(ASKED, setups=(ASKED.setups[0], planned), forecast=str(night.forecast_id))
    found = work(ask(town, commander, asked))
    assert found.state == State.DONE, found.failure
    result = found.result or {}
    assert [one["stops"] for one in result["setups"]] == [0, 1]
    assert 0 < result["setups"][1]["together"]["patrol_kept"][0] <= 1
    assert result["weekly_by_priority"][2] == pytest.approx(4)  # eight burglaries expected in two weeks
    page = town.client(Role.COMMANDER).get(reverse("what_if", args=[found.id])).content.decode()
    assert "Patrol plan kept, % of its time" in page
    assert "Saturday night" in page
    assert page.count("Burglary") == 1  # where calls come from


def test_a_plan_can_be_chosen_and_one_that_is_not_made_cannot_be_driven(
    town: Town, commander: Actor, night: Plan
) -> None:
    client = town.client(Role.COMMANDER)
    assert "Patrol plan, driven each day" in client.get(reverse("what_if_ask")).content.decode()
    given = form(area_set=town.areas.id, a_plan=str(night.id), today_plan="none", b_plan="same", c_plan="same")
    answer = client.post(reverse("what_if_ask"), given)
    assert answer.status_code == 302, answer.content.decode()
    found = WhatIf.objects.get(title="What if: plan: Saturday night")
    Plan.objects.filter(pk=night.pk).update(solution=None)
    assert work(found).failure == "Saturday night is not made yet"


def test_what_is_done_is_not_done_again(done: WhatIf) -> None:
    before = done.finished_at
    assert work(done).finished_at == before


def test_a_period_without_calls_fails_in_words_and_may_be_tried_again(town: Town, commander: Actor) -> None:
    nothing = replace(ASKED, first=date(2012, 1, 1), last=date(2012, 12, 30))
    found = work(ask(town, commander, nothing))
    assert found.state == State.FAILED
    assert found.failure == "there is no incident of these classes from 2012-01-01 to 2012-12-30"
    again = actions.retry_what_if(commander, found)
    assert (again.state, again.failure, again.finished_at) == (State.QUEUED, "", None)


def test_more_calls_than_units_can_serve_fail_in_words(town: Town, commander: Actor) -> None:
    found = work(ask(town, commander, replace(ASKED, calls_each=50.0)))
    assert found.state == State.FAILED
    assert found.failure.startswith("Today: calls ask for")
    assert "the queue would grow for ever" in found.failure


def test_an_agency_without_units_is_told_so(town: Town, commander: Actor) -> None:
    for unit in list(units.units(commander, town.agency.pk)):
        patrol.retire_unit(commander, unit, at=town.at)
    assert work(ask(town, commander)).failure == "there is no unit in use"


def test_one_that_is_stopped_keeps_what_was_asked_alone(
    town: Town, commander: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(town, commander)
    actions.cancel_what_if(commander, found, at=town.at)
    assert work(found).state == State.CANCELLED
    running = actions.begin_what_if(town.house, ask(town, commander))
    actions.cancel_what_if(commander, running, at=town.at)
    assert progress.standing(running.id).stop_asked
    meanwhile = ask(town, commander)
    simulated = what_if_work._simulated

    def stopped(actor: Actor, found: WhatIf) -> dict[str, object]:
        actions.cancel_what_if(commander, queries.what_if(actor, found.id), at=town.at)
        return simulated(actor, found)

    monkeypatch.setattr(what_if_work, "_simulated", stopped)
    assert work(meanwhile).state == State.CANCELLED
    assert meanwhile.result is None


def test_given_up_work_says_so(town: Town, commander: Actor, done: WhatIf) -> None:
    found = ask(town, commander)
    what_if_work._fail_what_if(town.house, "its worker ended 3 times", str(found.id))
    what_if_work._fail_what_if(town.house, "too late", str(done.id))
    found.refresh_from_db()
    done.refresh_from_db()
    assert (found.state, found.failure, done.state) == (State.FAILED, "its worker ended 3 times", State.DONE)


def test_a_what_if_that_compares_nothing_is_not_queued(town: Town, commander: Actor) -> None:
    with pytest.raises(Contradiction, match="compares from one to 3 alternatives"):
        ask(town, commander, replace(ASKED, setups=ASKED.setups[:1]))


def test_states_lead_nowhere_else(commander: Actor, done: WhatIf) -> None:
    with pytest.raises(NotInThisState, match="a what-if that is done cannot become queued"):
        actions.retry_what_if(commander, done)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"result": None}, "what_if_done_has_its_result"),
        ({"state": State.RUNNING}, "what_if_result_only_if_done"),
        ({"state": State.FAILED, "result": None}, "what_if_failed_with_words"),
    ],
)
def test_the_database_keeps_what_must_be_true(done: WhatIf, changed: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        WhatIf.objects.filter(pk=done.pk).update(**changed)


# --- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.ANALYST])
def test_a_friend_asks_and_sees(town: Town, role: Role, done: WhatIf) -> None:
    actor = town.actor(role)
    found = ask(town, actor)
    assert set(queries.what_ifs(actor)) == {found, done}
    assert queries.asked_of(actor, queries.what_if(actor, done.id)) == ASKED


def test_an_overseer_sees_and_asks_for_nothing(town: Town, done: WhatIf) -> None:
    overseer = town.actor(Role.OVERSEER)
    assert queries.what_if(overseer, done.id) == done
    with pytest.raises(NotPermitted):
        ask(town, overseer)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DISPATCHER, Role.PARTNER, Role.ADMINISTRATOR])
def test_a_colleague_without_the_right_does_neither(town: Town, role: Role, done: WhatIf) -> None:
    actor = town.actor(role) if role is not Role.ADMINISTRATOR else town.stranger(role)
    with pytest.raises(NotFound):
        queries.what_if(actor, done.id)
    with pytest.raises(NotPermitted):
        ask(town, actor)


def test_a_stranger_does_neither_and_the_database_shows_no_row(town: Town, done: WhatIf) -> None:
    stranger = town.stranger(Role.COMMANDER)
    with pytest.raises(NotFound):
        queries.what_if(stranger, done.id)
    with pytest.raises(NotPermitted):
        ask(town, stranger)
    for deed in (actions.retry_what_if, actions.begin_what_if):
        with pytest.raises(NotPermitted):
            deed(stranger, done)
    with scope(stranger), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE openbeat_app")
        cursor.execute("SELECT count(*) FROM what_if_whatif")
        assert cursor.fetchone() == (0,)
        cursor.execute("RESET ROLE")
    assert not Permission.WHAT_IF_RUN.value.startswith("plan")


# --- pages -----------------------------------------------------------------------------------------------------------


def form(**changed: object) -> dict[str, object]:
    """The form as it stands filled in, with what is changed."""
    rules = {"policy": "same", "preemption": "same", "beats": "same", "station": "same"}
    others = {f"{key}_{name}": value for key in "abc" for name, value in rules.items()}
    levels = {
        f"level_{number}_{part}": value
        for number, row in enumerate(((40, 80, 8), (35, 80, 20), (30, 80, 60)), start=1)
        for part, value in zip(("minutes", "spread", "target"), row, strict=True)
    }
    classes = {f"class_NIBRS-{code}": level for code, level in
               (("120", 1), ("13B", 2), ("220", 3), ("23H", 3), ("240", 0))}  # fmt: skip
    today: dict[str, object] = {f"today_{shift}": 2 for shift in range(3)}
    today |= {"today_policy": "closest", "today_preemption": "none", "today_beats": "stations"}
    numbers = {
        "first": "2021-01-01", "last": "2021-12-30", "calls_each": "1", "answered": "100", "handling": "1",
        "share": "90", "cover": "8", "first_hour": "6", "days": "7", "runs": "4", "seed": "1", "forecast": "same",
    }  # fmt: skip
    return {**others, **levels, **classes, **today, **numbers, **changed}


def test_the_form_begins_with_today(town: Town) -> None:
    page = town.client(Role.COMMANDER).get(reverse("what_if_ask")).content.decode()
    assert re.search(r'name="today_0" value="2"', page)
    assert 'name="first" value="2021-01-02"' in page
    assert "incidents stand for calls" in page.lower()
    assert page.count("Add alternative") == 2


def test_a_what_if_is_asked_on_the_page_named_by_what_it_changes_and_copied(town: Town) -> None:
    client = town.client(Role.COMMANDER)
    given = form(area_set=town.areas.id, a_0=1, a_1=1, a_2=1, b_policy="beat_first", b_preemption="always", b_1=3)
    answer = client.post(reverse("what_if_ask"), given)
    assert answer.status_code == 302, answer.content.decode()
    found = WhatIf.objects.get(pk=answer["Location"].strip("/").split("/")[-1])
    assert found.title.startswith(
        "What if: one car fewer · 3 cars in the evening instead of 2, the beat's own unit sent first"
    )
    asked = queries.asked_of(town.house, found)
    assert [one.units for one in asked.setups] == [(2, 2, 2), (1, 1, 1), (2, 3, 2)]
    assert (asked.setups[2].policy, asked.setups[2].preemption) == ("beat_first", "always")
    waiting = client.get(answer["Location"]).content.decode()
    assert "Waiting for the worker" in waiting
    assert "Stop the simulation" in waiting
    copy = client.get(reverse("what_if_ask"), {"from": str(found.id)}).content.decode()
    assert 'name="a_0" value="1"' in copy
    assert 'name="b_1" value="3"' in copy
    assert copy.count("Add alternative") == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "compares from one to 3 alternatives"),
        ({"a_0": 0}, "greater than or equal to 1"),
        ({"a_0": 1, "last": "2021-01-03"}, "7 to 730 days, not 3"),
        ({"a_0": 1, "last": "2020-12-30"}, "The period of the calls ends before it begins."),
        ({"a_0": 1, "first": "9999-01-01", "last": "9999-12-31"}, "not up to 9999-12-31"),
        ({"a_0": 1, "first_hour": "noon"}, "Enter a whole number"),
        ({"a_0": 1, "days": 91, "runs": 40}, "more than 1000 days"),
        ({"a_0": 1, "level_1_minutes": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words_on_the_form(
    town: Town, changed: dict[str, object], words: str
) -> None:
    answer = town.client(Role.COMMANDER).post(reverse("what_if_ask"), form(area_set=town.areas.id, **changed))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_page_tells_the_finding_with_its_interval(town: Town, done: WhatIf) -> None:
    page = town.client(Role.COMMANDER).get(reverse("what_if", args=[done.id]))
    text = page.content.decode()
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    assert heading is not None
    told = (
        r"With one car fewer, 90 % of urgent calls are reached within [\d.]+ minutes( instead of|, today within) [\d.]+"
    )
    assert re.search(told, heading[1])
    assert re.search(r"95 % interval.*: [+−]?[\d.]+ to \+[\d.]+", heading[1])
    for words in ("Side by side", "Cover is least about", "Calls are not recorded here yet", "Copy and change"):
        assert words in text
    assert "By area" in text
    for neighbourhood in NEIGHBOURHOODS:
        assert neighbourhood in text
    today = town.client(Role.COMMANDER).get(reverse("what_if", args=[done.id]), {"map": "0"}).content.decode()
    assert "90 % of calls of priority 2 reached within" in today


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"priority": "1"}, "90 % of urgent calls reached within: difference to today, with one car fewer"),
        ({}, "90 % of calls of priority 2 reached within: difference to today"),  # too few are urgent
        ({"map": "0", "priority": "2", "measure": "p50"}, "Half of calls of priority 2 reached within"),
        ({"priority": "all", "measure": "late"}, "Calls reached later than their target: difference to today"),
        (
            {"map": "7", "priority": "9", "measure": "p1"},
            "90 % of calls of priority 2 reached within: difference to today",
        ),
    ],
)
def test_areas_are_told_by_priority_and_measure_as_the_address_says(
    town: Town, done: WhatIf, view: dict[str, str], words: str
) -> None:
    page = town.client(Role.COMMANDER).get(reverse("what_if", args=[done.id]), view).content.decode()
    assert words in html.unescape(page)
    assert page.count('aria-current="page"') >= 3


def test_a_change_in_one_shift_is_told_of_that_shift(town: Town, commander: Actor) -> None:
    asked = replace(ASKED, setups=(ASKED.setups[0], Setup("one car at night", (2, 2, 1))))
    found = work(ask(town, commander, asked))
    page = town.client(Role.COMMANDER).get(reverse("what_if", args=[found.id])).content.decode()
    assert re.search(r"<h1[^>]*>\s*With one car at night, 90 % of urgent calls at night are reached within", page)
    assert "By shift: 90 % within, minutes" in page
    assert "Night 22–06 · All calls" in page


def test_a_result_from_before_shifts_were_told_apart_still_opens(town: Town, done: WhatIf) -> None:
    result = done.result or {}
    for setup in result["setups"]:
        setup["rows"] = [{k: v for k, v in row.items() if k != "hours"} for row in setup["rows"] if not row["hours"]]
    kept = [{k: v for k, v in row.items() if k != "hours"} for row in result["differences"][0] if not row["hours"]]
    WhatIf.objects.filter(pk=done.pk).update(result=result | {"differences": [kept]})
    page = town.client(Role.COMMANDER).get(reverse("what_if", args=[done.id])).content.decode()
    assert "By area and priority" in page
    assert "By shift" not in page


# --- handed over, deleted ---------------------------------------------------------------------------------------------


WHY = {"reason": "The mayor asked for it", "legal_basis": "task"}


def test_every_figure_leaves_as_a_file_with_its_interval(town: Town, done: WhatIf) -> None:
    answer = town.client(Role.OVERSEER).post(reverse("what_if_export", args=[done.id]), WHY)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    whole = [
        row for row in rows if (row["priority"], row["area"], row["shift"], row["measure"]) == ("1", "", "", "p90")
    ]
    assert [row["setup"] for row in whole] == ["Today", "One car fewer"]
    assert float(whole[1]["value"]) == pytest.approx(float(whole[0]["value"]) + float(whole[1]["difference"]), abs=0.02)
    assert float(whole[1]["low"]) < float(whole[1]["value"]) < float(whole[1]["high"])
    assert (whole[0]["told_in"], whole[0]["difference"]) == ("minutes", "")
    assert {row["area"] for row in rows if row["priority"] == "3"} == {"", *NEIGHBOURHOODS}
    assert {row["shift"] for row in rows} == {"", "Day 06–14", "Evening 14–22", "Night 22–06"}
    assert {row["unit"] for row in rows if row["measure"] == "utilisation"} == {"", "U01", "U02"}
    entry = Entry.objects.filter(object_id=str(done.id), operation="disclosure").get()
    assert (entry.changes["rows"], entry.reason) == (len(rows), WHY["reason"])


def test_nothing_leaves_without_a_reason_or_a_result(town: Town, commander: Actor, done: WhatIf) -> None:
    client = town.client(Role.COMMANDER)
    told = client.post(reverse("what_if_export", args=[done.id]), {}, follow=True).content.decode()
    assert "This needs a reason and a legal basis." in told
    waiting = ask(town, commander)
    with pytest.raises(Contradiction, match="no result yet"):
        actions.export_what_if(commander, waiting, lines=[], reason="why", basis="task")
    assert client.post(reverse("what_if_export", args=[waiting.id]), WHY).status_code == 302
    assert town.strangers_client(Role.COMMANDER).post(reverse("what_if_export", args=[done.id]), WHY).status_code == 404


def test_one_is_deleted_with_a_reason_and_the_trail_keeps_that_it_was(
    town: Town, commander: Actor, done: WhatIf
) -> None:
    client, address = town.client(Role.ANALYST), reverse("what_if_delete", args=[done.id])
    assert "Say why the what-if is deleted." in client.post(address, {"reason": " "}, follow=True).content.decode()
    assert town.client(Role.OVERSEER).post(address, WHY, follow=True).status_code in {200, 403}
    assert WhatIf.objects.filter(pk=done.pk).exists()
    assert "The what-if is deleted." in client.post(address, WHY, follow=True).content.decode()
    assert not WhatIf.objects.filter(pk=done.pk).exists()
    entry = Entry.objects.filter(object_id=str(done.pk), operation="erasure").latest("id")
    assert (entry.reason, entry.refused) == (WHY["reason"], "")


def test_what_still_waits_is_stopped_before_it_is_deleted(town: Town, commander: Actor) -> None:
    found = ask(town, commander)
    with pytest.raises(NotInThisState, match="a what-if that is queued cannot be deleted"):
        actions.delete_what_if(commander, found, reason="asked by mistake")
    actions.cancel_what_if(commander, found, at=town.at)
    actions.delete_what_if(commander, found, reason="asked by mistake")
    assert not WhatIf.objects.filter(title="One car fewer", state=State.CANCELLED).exists()


def test_home_tells_its_author_what_was_simulated(town: Town, done: WhatIf) -> None:
    assert "Simulated; see the finding" in town.client(Role.COMMANDER).get(reverse("home")).content.decode()
    assert "Simulated; see the finding" not in town.client(Role.ANALYST).get(reverse("home")).content.decode()


def test_a_colleague_opens_the_address_and_a_stranger_does_not(town: Town, done: WhatIf) -> None:
    address = reverse("what_if", args=[done.id])
    analyst = town.client(Role.ANALYST).get(address)
    assert analyst.status_code == 200
    overseer = town.client(Role.OVERSEER).get(address).content.decode()
    assert "Copy and change" not in overseer
    assert town.strangers_client(Role.COMMANDER).get(address).status_code == 404
    assert town.client(Role.OFFICER).get(address).status_code == 404
    assert town.client(Role.OFFICER).get(reverse("what_if_ask")).status_code == 403


def test_deeds_on_the_page(town: Town, commander: Actor) -> None:
    client, found = town.client(Role.COMMANDER), ask(town, commander)
    assert client.get(reverse("what_if_progress", args=[found.id])).status_code == 200
    client.post(reverse("what_if_cancel", args=[found.id]))
    assert "This simulation was stopped" in client.get(reverse("what_if", args=[found.id])).content.decode()
    assert client.get(reverse("what_if_progress", args=[found.id])).headers["HX-Refresh"] == "true"
    again = client.post(reverse("what_if_cancel", args=[found.id]), follow=True).content.decode()
    assert "cannot become" in again
    broken = work(ask(town, commander, replace(ASKED, calls_each=50.0)))
    address = reverse("what_if", args=[broken.id])
    assert "This could not be simulated" in client.get(address).content.decode()
    assert "Could not be simulated" in client.get(reverse("home")).content.decode()
    assert (
        "Waiting for the worker"
        in client.post(reverse("what_if_retry", args=[broken.id]), follow=True).content.decode()
    )


def test_the_list_tells_what_was_asked_and_what_will_be_here(town: Town, done: WhatIf) -> None:
    page = town.client(Role.COMMANDER).get(reverse("what_ifs")).content.decode()
    assert "One car fewer" in page
    assert "New what-if" in page
    far = town.strangers_client(Role.ANALYST).get(reverse("what_ifs")).content.decode()
    assert "No what-if yet" in far
    missing = town.client(Role.COMMANDER).get(reverse("what_if", args=[new_id()]))
    assert missing.status_code == 404


def test_the_form_says_what_is_missing(town: Town) -> None:
    page = town.strangers_client(Role.COMMANDER).get(reverse("what_if_ask")).content.decode()
    assert "No unit in use" in page
