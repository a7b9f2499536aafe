"""A standby plan's whole life on real records: asked, worked out, beside today, stopped, failed and tried again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils.html import escape
from tests.town import NEIGHBOURHOODS, Town, raised, taken_back

from openbeat.access import Actor, Permission, Role
from openbeat.audit.models import Entry
from openbeat.kernel.errors import Contradiction, NotFound, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.ops import standby_work, what_if_work
from openbeat.patrol.standby import actions, compute, feed, queries
from openbeat.patrol.standby.feed import known_of
from openbeat.patrol.standby.models import StandbyPlan
from openbeat.patrol.standby.rules import Asked, Stand
from openbeat.patrol.standby.states import State
from openbeat.patrol.what_if import actions as what_ifs
from openbeat.patrol.what_if.rules import Asked as WhatIfAsked
from openbeat.patrol.what_if.rules import Level, Setup
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.seeing.scope import scope
from openbeat.web.what_if_words import changes

CLASSES = ("NIBRS-120", "NIBRS-13B", "NIBRS-220")


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(scope="module")
def asked(town: Town) -> Asked:
    """Four units within two minutes; today all stand at the first station."""
    names = [one.name for one in places.stations(town.house, town.agency.pk)]
    stands = tuple(Stand(name, today=4 * (number == 0)) for number, name in enumerate(names))
    return Asked(stands=stands, first=date(2021, 1, 1), last=date(2021, 12, 30), classes=CLASSES, units=4, minutes=2.0,
                 busy=40.0)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Seconds of proof that a test has the patience for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute, "PROOF_SECONDS", 2.0)
        patch.setattr(compute, "CURVE_SECONDS", 2.0)
        yield


@pytest.fixture(scope="module")
def done(town: Town, asked: Asked) -> StandbyPlan:
    """The plan as the worker left it."""
    return work(ask(town, town.actor(Role.COMMANDER), asked))


@pytest.fixture(autouse=True)
def undone(town: Town, done: StandbyPlan) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def commander(town: Town) -> Actor:
    return town.actor(Role.COMMANDER)


def ask(town: Town, actor: Actor, asked: Asked) -> StandbyPlan:
    return actions.ask_standby_plan(actor, town.areas, title="Four units", asked=asked, at=town.at)


def work(found: StandbyPlan) -> StandbyPlan:
    """The worker does it."""
    standby_work.place_standby_units(agency_id=str(found.agency_id), standby_plan_id=str(found.id))
    found.refresh_from_db()
    return found


# --- asked and worked out --------------------------------------------------------------------------------------------


def test_units_are_placed_and_never_worse_than_today(done: StandbyPlan, asked: Asked) -> None:
    assert done.state == State.DONE, done.failure
    result = done.result or {}
    told = result["together"]
    assert told["today"] < told["expected"] <= told["bound"] + 1e-9
    assert sum(one["units"] for one in result["places"]) == sum(one["today"] for one in result["places"]) == 4
    assert result["unkept"] == []
    assert {one["area"] for one in result["areas"]} <= {"", *NEIGHBOURHOODS}
    total = sum(one["calls"] for one in result["areas"])
    assert sum(one["calls"] * one["chance"] for one in result["areas"]) / total == pytest.approx(
        told["expected"], abs=1e-4
    )
    assert [one["units"] for one in result["curve"]] == [1, 2, 3, 4, 5, 6, 7]
    expected = [one["expected"] for one in result["curve"]]
    assert expected == sorted(expected)
    assert expected[3] == told["expected"]
    assert progress.standing(done.id) == progress.NOT_BEGUN
    first, *rest = Entry.objects.filter(object_id=str(done.id)).order_by("id")
    assert (first.operation, first.deed, first.changes["units"]) == ("combination", "standby.place", 4)
    assert {entry.role for entry in rest} == {"service"}


def test_the_calls_are_the_periods_reported_incidents_in_the_hours_asked(
    town: Town, commander: Actor, asked: Asked
) -> None:
    found = ask(town, commander, asked)
    day, night = (replace(asked, first_hour=first, last_hour=last) for first, last in ((6, 18), (18, 6)))
    every, by_day, by_night = (known_of(town.house, found, one) for one in (asked, day, night))
    whole = every.ground.weight.sum()
    assert by_day.ground.weight.sum() + by_night.ground.weight.sum() == pytest.approx(whole)
    assert every.calls_an_hour == pytest.approx(whole / (364 * 24))
    assert by_day.calls_an_hour + by_night.calls_an_hour == pytest.approx(2 * every.calls_an_hour)
    assert set(every.areas) <= {"", *NEIGHBOURHOODS}
    twice = known_of(town.house, found, replace(asked, calls_each=2.0))
    assert twice.calls_an_hour == pytest.approx(2 * every.calls_an_hour)


def test_units_wait_between_stations_where_that_is_allowed(town: Town, commander: Actor, asked: Asked) -> None:
    stations = len(asked.stands)
    for waiting in ("cells", str(town.areas.id)):
        found = work(ask(town, commander, replace(asked, waiting=waiting, stations=2)))
        assert found.state == State.DONE, found.failure
        result = found.result or {}
        further = [one for one in result["places"] if not one["station"]]
        assert len(result["places"]) == stations + len(further)
        assert sum(one["units"] for one in further) > 0
        assert sum(one["units"] > 0 for one in result["places"]) <= 2
        page = town.client(Role.COMMANDER).get(reverse("standby_plan", args=[found.id])).content.decode()
        assert "waiting place" in page
    assert [one["name"] for one in further] == list(NEIGHBOURHOODS)


def test_the_busy_share_is_worked_out_from_calls_and_minutes_at_work(
    town: Town, commander: Actor, asked: Asked
) -> None:
    found = work(ask(town, commander, replace(asked, busy=None, at_work=45.0)))
    told = (found.result or {})["together"]
    assert told["busy"] == pytest.approx(told["calls_an_hour"] * 45 / 60 / 4, rel=1e-4)
    curve = (found.result or {})["curve"]
    assert [one["busy"] for one in curve] == sorted((one["busy"] for one in curve), reverse=True)
    page = town.client(Role.COMMANDER).get(reverse("standby_plan", args=[found.id])).content.decode()
    assert re.search(r"[\d.]+ calls an hour × 45 minutes at work ÷ 4 units = \d+ % of its time", page)


def test_units_that_calls_would_swamp_are_refused_and_fewer_of_them_left_out_of_the_curve(
    town: Town, commander: Actor, asked: Asked
) -> None:
    found = work(ask(town, commander, replace(asked, busy=None, calls_each=50.0, at_work=120.0)))
    assert found.state == State.FAILED
    assert re.match(r"4 units would be busy for \d+% of their time", found.failure)
    calls = known_of(town.house, found, asked).calls_an_hour
    just = replace(asked, busy=None, at_work=60.0, calls_each=2.5 / calls)
    curve = (work(ask(town, commander, just)).result or {})["curve"]
    assert [one["expected"] is None for one in curve] == [True, True, False, False, False, False, False]


def test_what_stations_must_and_may_hold_is_kept(town: Town, commander: Actor, asked: Asked) -> None:
    last = len(asked.stands) - 1
    stands = tuple(replace(one, least=int(number == last), most=1) for number, one in enumerate(asked.stands))
    result = work(ask(town, commander, replace(asked, stands=stands))).result or {}
    units = [one["units"] for one in result["places"]]
    assert units[last] == max(units) == 1
    assert sum(units) == 4


def test_no_more_units_than_the_stations_hold_are_told_of(town: Town, commander: Actor, asked: Asked) -> None:
    stands = tuple(replace(one, most=2) for one in asked.stands[:2])
    result = work(ask(town, commander, replace(asked, stands=stands))).result or {}
    assert [one["expected"] is None for one in result["curve"]] == [False] * 4 + [True] * 3


def test_a_period_without_calls_fails_in_words_and_may_be_tried_again(
    town: Town, commander: Actor, asked: Asked
) -> None:
    for first, last in ((date(2012, 1, 1), date(2012, 12, 30)), (date(2023, 1, 1), date(2023, 12, 30))):
        found = work(ask(town, commander, replace(asked, first=first, last=last)))
        assert found.failure == f"there is no incident of these classes from {first} to {last}"
    again = actions.retry_standby_plan(commander, found)
    assert (again.state, again.failure, again.finished_at) == (State.QUEUED, "", None)


def test_hours_without_calls_and_stations_that_are_gone_fail_in_words(
    town: Town, commander: Actor, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = work(ask(town, commander, replace(asked, stands=(Stand("Gone"),))))
    assert gone.failure == "there is no station Gone any more"
    monkeypatch.setattr(feed, "MOST_WAITING", 2)
    many = work(ask(town, commander, replace(asked, waiting=str(town.areas.id))))
    assert "has 3 areas; units can wait in the middles of at most 2" in many.failure
    monkeypatch.setattr(feed, "share_in_hours", lambda times, *_rest: 0.0 * times.astype(float))
    assert "there is no incident" in work(ask(town, commander, asked)).failure


def test_what_is_done_is_not_done_again(done: StandbyPlan) -> None:
    before = done.finished_at
    assert work(done).finished_at == before


def test_one_that_is_stopped_keeps_what_was_asked_alone(
    town: Town, commander: Actor, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(town, commander, asked)
    actions.cancel_standby_plan(commander, found, at=town.at)
    assert work(found).state == State.CANCELLED
    running = actions.begin_standby_plan(town.house, ask(town, commander, asked))
    actions.cancel_standby_plan(commander, running, at=town.at)
    assert progress.standing(running.id).stop_asked
    meanwhile = ask(town, commander, asked)
    placed = standby_work._placed

    def stopped(actor: Actor, found: StandbyPlan) -> dict[str, object]:
        actions.cancel_standby_plan(commander, queries.standby_plan(actor, found.id), at=town.at)
        return placed(actor, found)

    monkeypatch.setattr(standby_work, "_placed", stopped)
    assert work(meanwhile).state == State.CANCELLED
    assert meanwhile.result is None


def test_given_up_work_says_so(town: Town, commander: Actor, done: StandbyPlan, asked: Asked) -> None:
    found = ask(town, commander, asked)
    standby_work._fail_standby_plan(town.house, "its worker ended 3 times", str(found.id))
    standby_work._fail_standby_plan(town.house, "too late", str(done.id))
    found.refresh_from_db()
    done.refresh_from_db()
    assert (found.state, found.failure, done.state) == (State.FAILED, "its worker ended 3 times", State.DONE)


def test_states_lead_nowhere_else(commander: Actor, done: StandbyPlan) -> None:
    with pytest.raises(NotInThisState, match="a standby plan that is done cannot become queued"):
        actions.retry_standby_plan(commander, done)


def test_what_cannot_be_worked_out_is_not_queued(town: Town, commander: Actor, asked: Asked) -> None:
    with pytest.raises(Contradiction, match="no class of incident"):
        ask(town, commander, replace(asked, classes=()))


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"result": None}, "standby_done_has_its_result"),
        ({"state": State.RUNNING}, "standby_result_only_if_done"),
        ({"state": State.FAILED, "result": None}, "standby_failed_with_words"),
    ],
)
def test_the_database_keeps_what_must_be_true(done: StandbyPlan, changed: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        StandbyPlan.objects.filter(pk=done.pk).update(**changed)


# --- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.ANALYST])
def test_a_friend_asks_and_sees(town: Town, role: Role, done: StandbyPlan, asked: Asked) -> None:
    actor = town.actor(role)
    found = ask(town, actor, asked)
    assert set(queries.standby_plans(actor)) == {found, done}
    assert queries.asked_of(actor, queries.standby_plan(actor, done.id)) == asked


def test_an_overseer_sees_and_asks_for_nothing(town: Town, done: StandbyPlan, asked: Asked) -> None:
    overseer = town.actor(Role.OVERSEER)
    assert queries.standby_plan(overseer, done.id) == done
    with pytest.raises(NotPermitted):
        ask(town, overseer, asked)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DISPATCHER, Role.PARTNER, Role.ADMINISTRATOR])
def test_a_colleague_without_the_right_does_neither(town: Town, role: Role, done: StandbyPlan, asked: Asked) -> None:
    actor = town.actor(role) if role is not Role.ADMINISTRATOR else town.stranger(role)
    with pytest.raises(NotFound):
        queries.standby_plan(actor, done.id)
    with pytest.raises(NotPermitted):
        ask(town, actor, asked)


def test_a_stranger_does_neither_and_the_database_shows_no_row(town: Town, done: StandbyPlan, asked: Asked) -> None:
    stranger = town.stranger(Role.COMMANDER)
    with pytest.raises(NotFound):
        queries.standby_plan(stranger, done.id)
    with pytest.raises(NotPermitted):
        ask(town, stranger, asked)
    for deed in (actions.retry_standby_plan, actions.begin_standby_plan):
        with pytest.raises(NotPermitted):
            deed(stranger, done)
    with pytest.raises(NotPermitted):
        actions.export_standby_plan(stranger, done, lines=[["what"]], reason="for the council", basis="task")
    with scope(stranger), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE openbeat_app")
        cursor.execute("SELECT count(*) FROM standby_standbyplan")
        assert cursor.fetchone() == (0,)
        cursor.execute("RESET ROLE")
    assert Permission.STANDBY_PLACE.value == "standby.place"


# --- pages -----------------------------------------------------------------------------------------------------------


def form(town: Town, **changed: object) -> dict[str, object]:
    """The form as it stands filled in, with what is changed."""
    usual = {
        "units": 4, "minutes": 2, "waiting": "none", "busy": 40, "calls_each": 1, "at_work": 45, "first": "2021-01-01",
        "last": "2021-12-30", "first_hour": 0, "last_hour": 24, "classes": list(CLASSES), "area_set": town.areas.id,
        "today_0": 4,
    }  # fmt: skip
    return {**usual, **changed}


def test_the_form_begins_with_today(town: Town, asked: Asked) -> None:
    page = town.client(Role.COMMANDER).get(reverse("standby_ask")).content.decode()
    assert re.search(r'name="units" value="2"', page)
    assert 'name="first" value="2021-01-02"' in page
    assert len(re.findall(r'<input[^>]*name="classes"[^>]*checked', page)) > 3
    assert "incidents that victims or callers report stand for calls" in page.lower()
    for stand in asked.stands:
        assert f"<legend>{escape(stand.station)}</legend>" in page


def test_a_plan_is_asked_on_the_page_named_by_what_it_asks_and_copied(town: Town, asked: Asked) -> None:
    client = town.client(Role.COMMANDER)
    given = form(town, first_hour=22, last_hour=6, waiting="cells", least_1=1, most_1=2)
    answer = client.post(reverse("standby_ask"), given)
    assert answer.status_code == 302, answer.content.decode()
    found = StandbyPlan.objects.get(title="4 units within 2 minutes, 22–06, also between stations")
    stand = queries.asked_of(town.house, found).stands[1]
    assert (stand.least, stand.most) == (1, 2)
    copy = client.get(reverse("standby_ask"), {"from": str(found.id)}).content.decode()
    assert 'name="least_1" value="1"' in copy
    assert 'name="most_1" value="2"' in copy
    assert 'name="first_hour" value="22"' in copy
    assert re.search(r'<option value="cells" selected', copy)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"units": 0}, "greater than or equal to 1"),
        ({"last": "2021-01-03"}, "7 to 730 days, not 3"),
        ({"classes": []}, "This field is required"),
        ({"least_0": 5}, "the stations ask for at least 5 units, and 4 are on duty"),
        ({"most_0": -1}, "greater than or equal to 0"),
        ({"minutes": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words_on_the_form(
    town: Town, changed: dict[str, object], words: str
) -> None:
    answer = town.client(Role.COMMANDER).post(reverse("standby_ask"), form(town, **changed))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words.lower() in page.lower()
    assert ('<details class="details" open>' in page) == bool({"least_0", "most_0", "last"} & changed.keys())


def test_the_page_tells_the_finding_beside_today(town: Town, done: StandbyPlan) -> None:
    client = town.client(Role.COMMANDER)
    text = client.get(reverse("standby_plan", args=[done.id])).content.decode()
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    assert heading is not None
    told = r"[\d.]+ % of calls can expect a free unit within 2 minutes, today [\d.]+ % \(\+[\d.]+ percentage points\)"
    assert re.search(told, heading[1])
    for words in ("Proved: under what was asked, no places give more.", "One more unit would add ", "Copy and change",
                  "Calls are not recorded here yet", "40 % of its time, as given", "By area"):  # fmt: skip
        assert words in text
    for neighbourhood in NEIGHBOURHOODS:
        assert neighbourhood in text
    today = client.get(reverse("standby_plan", args=[done.id]), {"map": "1"}).content.decode()
    assert re.search(r'aria-current="\w+"[^>]*>As they stand today', today)


def test_a_colleague_opens_the_address_and_a_stranger_does_not(town: Town, done: StandbyPlan) -> None:
    address = reverse("standby_plan", args=[done.id])
    assert town.client(Role.ANALYST).get(address).status_code == 200
    assert "Copy and change" not in town.client(Role.OVERSEER).get(address).content.decode()
    assert town.strangers_client(Role.COMMANDER).get(address).status_code == 404
    assert town.client(Role.OFFICER).get(address).status_code == 404
    assert town.client(Role.OFFICER).get(reverse("standby_ask")).status_code == 403
    assert town.client(Role.COMMANDER).get(reverse("standby_plan", args=[new_id()])).status_code == 404


def test_deeds_on_the_page(town: Town, commander: Actor, asked: Asked) -> None:
    client, found = town.client(Role.COMMANDER), ask(town, commander, asked)
    assert "Waiting for the worker" in client.get(reverse("standby_plan", args=[found.id])).content.decode()
    assert client.get(reverse("standby_progress", args=[found.id])).status_code == 200
    assert "Being worked out" in client.get(reverse("home")).content.decode()
    client.post(reverse("standby_cancel", args=[found.id]))
    assert "This search was stopped" in client.get(reverse("standby_plan", args=[found.id])).content.decode()
    assert client.get(reverse("standby_progress", args=[found.id])).headers["HX-Refresh"] == "true"
    again = client.post(reverse("standby_cancel", args=[found.id]), follow=True).content.decode()
    assert "cannot become" in again
    broken = work(ask(town, commander, replace(asked, first=date(2012, 1, 1), last=date(2012, 12, 30))))
    page = client.get(reverse("standby_plan", args=[broken.id])).content.decode()
    assert "This could not be worked out" in page
    assert "Could not be worked out" in client.get(reverse("home")).content.decode()
    retried = client.post(reverse("standby_retry", args=[broken.id]), follow=True).content.decode()
    assert "Waiting for the worker" in retried


def test_a_plan_is_handed_over_with_a_reason_and_a_basis(town: Town, commander: Actor, done: StandbyPlan) -> None:
    client, address = town.client(Role.COMMANDER), reverse("standby_export", args=[done.id])
    assert "Worked out; see the finding" in client.get(reverse("home")).content.decode()
    given = {"reason": "for tonight's briefing", "legal_basis": "task"}
    answer = client.post(address, given)
    told = answer.content.decode()
    assert told.startswith("what,name,lon,lat,units,units_today,calls_a_week,chance_of_a_free_unit,chance_today\r\n")
    assert sum(line.startswith("station,") for line in told.splitlines()) == len((done.result or {})["places"])
    assert any(line.startswith("area,") for line in told.splitlines())
    entry = Entry.objects.filter(object_id=str(done.id)).latest("id")
    assert (entry.operation, entry.reason) == ("disclosure", "for tonight's briefing")
    refused = client.post(address, {}, follow=True).content.decode()
    assert "reason" in refused
    waiting = ask(town, commander, queries.asked_of(commander, done))
    early = client.post(reverse("standby_export", args=[waiting.id]), given, follow=True).content.decode()
    assert "there is no result yet to hand over" in early.lower()


def test_a_what_if_simulates_the_places_beside_today(town: Town, commander: Actor, done: StandbyPlan) -> None:
    client = town.client(Role.COMMANDER)
    page = client.get(reverse("standby_plan", args=[done.id])).content.decode()
    link = re.search(r'href="(/what-if/new/\?standby=[^"]+)"', page)
    assert link is not None
    form = client.get(link[1]).content.decode()
    assert re.search(rf'<select name="a_standby".*?<option value="{done.id}" selected', form, re.DOTALL)
    places_of = {one["name"]: one["units"] for one in (done.result or {})["places"]}
    setups = (Setup("Today", (2, 2, 2)), Setup("as placed", (2, 2, 2), standby=str(done.id)))
    levels = (Level(40, 80, 8), Level(35, 80, 20), Level(30, 80, 60))
    asked = WhatIfAsked(setups=setups, first=date(2021, 1, 1), last=date(2021, 12, 30), levels=levels,
                        priorities=dict.fromkeys(CLASSES, 2), days=7, runs=4)  # fmt: skip
    found = what_ifs.ask_what_if(commander, town.areas, title="As placed", asked=asked, at=town.at)
    what_if_work.simulate_what_if(agency_id=str(found.agency_id), what_if_id=str(found.id))
    found.refresh_from_db()
    assert found.result is not None, found.failure
    assert {one["station"] for one in found.result["setups"][1]["units"]} <= {
        n for n, units in places_of.items() if units
    }
    told = client.get(reverse("what_if", args=[found.id])).content.decode()
    assert "at their own stations" in told
    assert "Four units" in told
    copy = client.get(reverse("what_if_ask"), {"from": str(found.id)}).content.decode()
    assert re.search(rf'<select name="a_standby".*?<option value="{done.id}" selected', copy, re.DOTALL)
    waits = ask(town, commander, queries.asked_of(commander, done))
    unmade = replace(asked, setups=(setups[0], replace(setups[1], standby=str(waits.id))))
    broken = what_ifs.ask_what_if(commander, town.areas, title="Unmade", asked=unmade, at=town.at)
    what_if_work.simulate_what_if(agency_id=str(broken.agency_id), what_if_id=str(broken.id))
    broken.refresh_from_db()
    assert broken.failure == "Four units is not made yet"


def test_an_alternative_is_named_by_where_its_units_wait() -> None:
    today, then = Setup("Today", (2, 2, 2)), Setup("", (2, 2, 2), standby="7")
    assert changes(today, then, {}, {}, {"7": "Night"}) == ["units wait as in Night"]
    assert changes(today, then, {}, {}, {}) == ["units wait as in a standby plan"]


def test_the_list_tells_what_was_asked_and_what_will_be_here(town: Town, done: StandbyPlan) -> None:
    page = town.client(Role.COMMANDER).get(reverse("standby_plans")).content.decode()
    assert "Four units" in page
    assert "New standby plan" in page
    far = town.strangers_client(Role.ANALYST).get(reverse("standby_plans")).content.decode()
    assert "No standby plan yet" in far


def test_the_form_says_what_is_missing(town: Town) -> None:
    page = town.strangers_client(Role.COMMANDER).get(reverse("standby_ask")).content.decode()
    assert "No station yet" in page
