"""Dosage on its pages: taps of an officer, late entries, who sees what, filters, export, needs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Role
from openbeat.audit.models import Entry
from openbeat.forecast import actions as forecast_actions
from openbeat.forecast import queries as forecasts
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.errors import Contradiction, NotFound, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.ops import tasks
from openbeat.patrol import actions, queries
from openbeat.patrol.dosage import Given
from openbeat.patrol.models import Plan, Visit
from openbeat.patrol.rules import Asked

ZONE = ZoneInfo("America/Toronto")
STARTS = datetime(2021, 12, 31, 18, tzinfo=ZONE)
"""The evening before the training day: this shift is over whenever the tests run."""
EVE = date(2021, 12, 31)
DAY = timedelta(days=1)
ASKED = Asked(places=6, visits=2, dwell=10, slot=60, spacing=30, rest=20, max_share=100, balance=100, seconds=1)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with django_db_blocker.unblock(), raised(folder) as made, pytest.MonkeyPatch.context() as patch:  # type: ignore[attr-defined]
        patch.setattr(tasks, "TELL_PAUSE", 1e9)  # the solver's thread can't see what is not committed here
        yield made


@pytest.fixture(scope="module")
def approved(town: Town) -> Plan:
    """An approved plan of four hours, made for the training day's evening and put back by a day."""
    analyst = town.actor(Role.ANALYST)
    run = forecast_actions.ask_for_forecast(
        analyst, town.areas, title="Burglary", classes=[OffenceClass.objects.get(pk="NIBRS-220")], starts=TODAY,
        horizon=7, resolution=9, estimator="ewma", at=town.at,
    )  # fmt: skip
    computed = tasks._compute(town.house, forecasts.run(town.house, run.id))
    forecast_actions.begin_run(town.house, run)
    forecast_actions.finish_run(town.house, run, computed=replace(computed, better=True), at=town.at)
    forecast_actions.approve_forecast(analyst, run, expires=date(2022, 1, 7), at=town.at)
    plan = actions.ask_for_plan(
        town.actor(Role.COMMANDER), run, title="Evening", starts=STARTS + DAY, ends=STARTS + DAY + timedelta(hours=4),
        units=list(queries.units(town.house, town.agency.pk)), asked=ASKED, at=town.at,
    )  # fmt: skip
    tasks.solve_plan(agency_id=str(plan.agency_id), plan_id=str(plan.id))
    made = actions.approve_plan(town.actor(Role.COMMANDER), queries.plan(town.house, plan.id), at=town.at)
    Plan.objects.filter(pk=made.pk).update(starts=STARTS, ends=STARTS + timedelta(hours=4))
    return queries.plan(town.house, plan.id)


@pytest.fixture(autouse=True)
def undone(town: Town, approved: Plan) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def officer(town: Town) -> Client:
    return town.client(Role.OFFICER)


def stops(plan: Plan, unit: str) -> list[dict[str, int | str]]:
    tour = next(tour for tour in plan.values[1]["tours"] if tour["unit"] == unit)
    return [item for item in tour["items"] if "place" in item]


def post(client: Client, name: str, plan: Plan, unit: str = "U01", **told: object) -> str:
    return client.post(reverse(name, args=[plan.id, unit]), told, follow=True).content.decode()


# --- taps ------------------------------------------------------------------------------------------------------------


def test_here_leave_and_undo_are_one_tap_each(town: Town, approved: Plan, officer: Client) -> None:
    first = stops(approved, "U01")[0]
    assert "At stop 1 since" in post(officer, "plan_here", approved, order="1")
    visit = Visit.objects.get()
    assert (visit.source, visit.minutes, visit.slot, visit.place) == ("tap", None, first["slot"], first["place"])
    assert "We leave" in officer.get(reverse("plan_sheet", args=[approved.id, "U01"])).content.decode()
    assert "At stop 1 since" in post(officer, "plan_here", approved, order="1")  # twice is once
    assert Visit.objects.count() == 1
    assert "Left after 1 minute." in post(officer, "plan_leave", approved, visit=visit.pk)
    assert "Left after 1 minute." in post(officer, "plan_leave", approved, visit=visit.pk)
    assert "taken back" in post(officer, "plan_tap_undo", approved, visit=visit.pk)
    visit.refresh_from_db()
    assert visit.minutes is None
    assert "taken back" in post(officer, "plan_tap_undo", approved, visit=visit.pk)
    assert not Visit.objects.exists()
    assert "This visit is gone" in post(officer, "plan_tap_undo", approved, visit=visit.pk)
    entry = Entry.objects.filter(object_id=str(visit.pk)).order_by("-id")[0]
    assert (entry.deed, entry.changes["undone"]) == ("visit.record", "arrival")


def test_a_forgotten_leaving_ends_with_the_next_arrival(town: Town, approved: Plan) -> None:
    officer, (one, two, *_) = town.actor(Role.OFFICER), stops(approved, "U01")
    told = [{"unit_name": "U01", "place": stop["place"], "slot": stop["slot"]} for stop in (one, two)]
    first = actions.arrive(officer, approved, **told[0], at=STARTS)
    second = actions.arrive(officer, approved, **told[1], at=STARTS + timedelta(minutes=45))
    first.refresh_from_db()
    assert (first.minutes, second.minutes) == (10, None)  # as long as was asked, not 45
    actions.take_back_tap(officer, second)
    third = actions.arrive(officer, approved, **told[1], at=STARTS + timedelta(minutes=50))
    with pytest.raises(Contradiction, match="only the unit's last tap"):
        actions.take_back_tap(officer, first)
    actions.leave(officer, third, at=STARTS + timedelta(minutes=63))
    assert [one.minutes for one in queries.visits(officer, approved)] == [10, 13]


def test_no_unit_is_at_two_places_at_once(town: Town, approved: Plan) -> None:
    officer, stop = town.actor(Role.OFFICER), stops(approved, "U01")[0]
    visit = actions.arrive(officer, approved, unit_name="U01", place=stop["place"], slot=None, at=STARTS)
    visit.pk, visit.arrived_at = new_id(), STARTS + timedelta(minutes=1)
    with pytest.raises(IntegrityError, match="visit_one_place_at_a_time"), transaction.atomic():
        visit.save(force_insert=True)


def test_a_late_entry_has_its_time(town: Town, approved: Plan, officer: Client) -> None:
    line = {"order": "1", "arrived": "18:03", "minutes": "9"}
    assert "Stop 1 is recorded" in post(officer, "plan_visit", approved, **line)
    visit = Visit.objects.get()
    assert (visit.source, visit.minutes, visit.arrived_at) == ("hand", 9, STARTS + timedelta(minutes=3))
    assert "is known to have been there from 18:03" in post(
        officer, "plan_visit", approved, **line | {"arrived": "18:05"}
    )
    for wrong, status in (
        ({"arrived": "soon"}, 400),
        ({"minutes": "many"}, 400),
        ({"order": "77"}, 400),
        ({"arrived": "09:00"}, 400),
    ):
        assert officer.post(reverse("plan_visit", args=[approved.id, "U01"]), line | wrong).status_code == status
    Plan.objects.filter(pk=approved.pk).update(starts=STARTS + 2 * DAY, ends=STARTS + 2 * DAY + timedelta(hours=4))
    later = officer.post(reverse("plan_visit", args=[approved.id, "U01"]), line)
    assert (later.status_code, "still to come" in later.content.decode()) == (400, True)
    Plan.objects.filter(pk=approved.pk).update(starts=STARTS, ends=STARTS + timedelta(hours=4))
    assert "1 to 720" in post(officer, "plan_visit", approved, order="2", arrived="19:00", minutes="721")
    assert Visit.objects.count() == 1


def test_a_visit_to_another_units_stop_says_where_and_can_be_undone(
    town: Town, approved: Plan, officer: Client
) -> None:
    mine = {stop["place"] for stop in stops(approved, "U01")}
    other = next(str(stop["place"]) for stop in stops(approved, "U02") if stop["place"] not in mine)
    visit = actions.arrive(town.actor(Role.OFFICER), approved, unit_name="U01", place=other, slot=None, at=STARTS)
    text = officer.get(reverse("plan_sheet", args=[approved.id, "U01"])).content.decode()
    area = next(str(place["area"]) for place in approved.values[0]["places"] if place["name"] == other)
    for words in ("You are here", "18:00", area, "No stop of this sheet", "We leave", "Undo"):
        assert words in text
    assert "taken back" in post(officer, "plan_tap_undo", approved, visit=visit.pk)
    assert not Visit.objects.exists()


def test_a_unit_is_not_told_to_be_at_two_stops_at_once(town: Town, approved: Plan, officer: Client) -> None:
    one, two = stops(approved, "U01")[:2]
    assert one["place"] != two["place"]
    assert "Stop 1 is recorded" in post(officer, "plan_visit", approved, order="1", arrived="18:00", minutes="12")
    text = post(officer, "plan_visit", approved, order="2", arrived="18:03", minutes="10")
    assert "U01 is known to have been at another stop from 18:00 for 12 minutes" in text
    assert "Stop 2 is recorded" in post(officer, "plan_visit", approved, order="2", arrived="18:10", minutes="10")
    assert Visit.objects.count() == 2


def test_who_taps_and_who_does_not(town: Town, approved: Plan) -> None:
    for role in (Role.ANALYST, Role.DISPATCHER, Role.OVERSEER):
        assert "ou may not do this here" in post(town.client(role), "plan_here", approved, order="1")
        assert (
            "We are here"
            not in town.client(role).get(reverse("plan_sheet", args=[approved.id, "U01"])).content.decode()
        )
    stranger = town.stranger(Role.OFFICER)
    with pytest.raises(NotPermitted):
        actions.arrive(stranger, approved, unit_name="U01", place="x", slot=None, at=town.at)
    visit = actions.arrive(
        town.actor(Role.OFFICER),
        approved,
        unit_name="U01",
        place=stops(approved, "U01")[0]["place"],
        slot=0,
        at=town.at,
    )
    for deed in (lambda: actions.leave(stranger, visit, at=town.at), lambda: actions.take_back_tap(stranger, visit)):
        with pytest.raises(NotPermitted):
            deed()
    with pytest.raises(NotFound):
        queries.visit(stranger, visit.pk)
    assert queries.visit(town.actor(Role.COMMANDER), visit.pk) == visit


# --- dosage ----------------------------------------------------------------------------------------------------------


def drive(town: Town, plan: Plan) -> None:
    """U01 gives its first two stops, and one place a second time soon after; U02 nothing."""
    officer, (one, two, *_) = town.actor(Role.OFFICER), stops(plan, "U01")
    for stop, minute, minutes in ((one, 5, 10), (two, 40, 8), (one, 25, 6)):
        actions.record_visit(
            officer, plan, unit_name="U01", place=str(stop["place"]), arrived_at=STARTS + timedelta(minutes=minute),
            minutes=minutes, at=town.at,
        )  # fmt: skip


def test_dosage_of_a_shift_and_of_a_period_agree(town: Town, approved: Plan) -> None:
    drive(town, approved)
    one = queries.shift_dosage(town.house, approved, town.at)
    (two,) = queries.dosage_over(town.house, town.agency, first=EVE, last=EVE, at=town.at)
    assert (one.lines, one.spots, one.over) == (two.lines, two.spots, two.over)
    assert sum(line.given for line in one.lines) == 3
    assert sum(line.asked for line in one.lines) == len(stops(approved, "U01")) + len(stops(approved, "U02"))
    assert sum(line.minutes_given for line in one.lines) == 24
    assert sum(line.close for line in one.lines) >= 1
    assert queries.dosage_over(town.house, town.agency, first=date(2022, 1, 2), last=date(2022, 1, 9), at=town.at) == []
    stranger = town.stranger(Role.COMMANDER)
    assert queries.dosage_over(stranger, town.agency, first=EVE, last=EVE, at=town.at) == []


@pytest.mark.parametrize(
    "query",
    [
        "", "?show=never", "?show=less&sort=-asked", "?show=extra&sort=area", "?show=close", "?unit=U01&sort=shift",
        "?sort=nonsense", "?first=2021-12-20&last=2022-01-01&sort=-units",
    ],
)  # fmt: skip
def test_the_pages_show_what_the_address_asks_for(town: Town, approved: Plan, query: str) -> None:
    drive(town, approved)
    client = town.client(Role.COMMANDER)
    for address in (reverse("dosage"), reverse("plan_dosage", args=[approved.id])):
        answer = client.get(address + query)
        assert answer.status_code == 200
        assert "per cent of the minutes asked" in answer.content.decode()


def test_lines_are_those_asked_for(town: Town, approved: Plan) -> None:
    drive(town, approved)
    client, address = town.client(Role.COMMANDER), reverse("plan_dosage", args=[approved.id])
    lines = queries.shift_dosage(town.house, approved, town.at).lines

    def shown(query: str) -> int:
        return client.get(address + query).context["table"].total

    assert shown("") == len(lines)
    assert shown("?show=never") == sum(line.given == 0 for line in lines)
    assert shown("?show=extra") == sum(line.extra > 0 for line in lines)
    assert shown("?unit=U02") == len({stop["place"] for stop in stops(approved, "U02")})
    assert shown("?area=Nowhere") == 0


def test_who_was_never_visited_is_plain_by_place_and_shift(town: Town, approved: Plan) -> None:
    drive(town, approved)
    client, address = town.client(Role.COMMANDER), reverse("plan_dosage", args=[approved.id])
    never = {line.place: line.asked for line in queries.shift_dosage(town.house, approved, town.at).lines if line.never}
    one = client.get(address).context["never"]
    assert {row.cells[1]: row.cells[2] for row in one.rows} == never
    over = client.get(reverse("dosage") + "?first=2021-12-31&last=2021-12-31").context["never"]
    assert {(row.cells[1], row.cells[4], row.cells[5], row.cells[6]) for row in over.rows} == {
        (place, 1, 1, "2021-12-31 18:00") for place in never
    }
    told = {"reason": "review of January", "legal_basis": "task"}
    export = reverse("plan_dosage_export", args=[approved.id])
    rows = list(csv.DictReader(io.StringIO(client.post(export + "?show=never", told).content.decode())))
    assert {row["cell"] for row in rows} == set(never)
    assert {(row["never_visited"], row["shift_over"]) for row in rows} == {("1", "1")}
    every = list(csv.DictReader(io.StringIO(client.post(export, told).content.decode())))
    assert {row["cell"] for row in every if row["never_visited"] == "1"} == set(never)
    for minute, stop in enumerate(stops(approved, "U01") + stops(approved, "U02")):
        at, place = STARTS + timedelta(minutes=minute), str(stop["place"])
        actions.arrive(town.actor(Role.OFFICER), approved, unit_name="U02", place=place, slot=None, at=at)
    page = client.get(address)
    assert page.context["never"] is None
    assert "Every place that was asked for was visited." in page.content.decode()


def test_a_shift_that_is_not_over_has_places_not_visited_yet(town: Town, approved: Plan) -> None:
    Plan.objects.filter(pk=approved.pk).update(starts=town.at - timedelta(hours=1), ends=town.at + timedelta(hours=3))
    page = town.client(Role.COMMANDER).get(reverse("plan_dosage", args=[approved.id]))
    assert str(page.context["never"].caption) == "Places not visited yet"
    assert page.context["stats"][2]["label"] == "Not visited yet"
    assert town.client(Role.COMMANDER).get(reverse("dosage")).context["never"] is None  # not counted before it is over


def test_a_period_without_shifts_or_too_long_says_so(town: Town, approved: Plan) -> None:
    client = town.client(Role.ANALYST)
    assert (
        "No shift in this period"
        in client.get(reverse("dosage") + "?first=2020-01-01&last=2020-02-01").content.decode()
    )
    assert "A year at most" in client.get(reverse("dosage") + "?first=2018-01-01&last=2022-01-01").content.decode()
    assert client.get(reverse("dosage") + "?first=soon&last=2022-01-01").status_code == 200
    draft = Plan.objects.get(pk=approved.pk)
    Plan.objects.filter(pk=draft.pk).update(state="withdrawn")
    assert "This plan is not approved" in client.get(reverse("plan_dosage", args=[draft.pk])).content.decode()


def test_dosage_is_exported_with_a_reason_or_not_at_all(town: Town, approved: Plan) -> None:
    drive(town, approved)
    client = town.client(Role.COMMANDER)
    told = {"reason": "review of January", "legal_basis": "task"}
    for address in (reverse("dosage_export"), reverse("plan_dosage_export", args=[approved.id])):
        refused = client.post(address, {"reason": "", "legal_basis": ""}, follow=True)
        assert "reason and a legal basis" in refused.content.decode()
        rows = list(csv.DictReader(io.StringIO(client.post(address, told).content.decode())))
        assert sum(int(row["visits_given"]) for row in rows) == 3
        assert {row["plan"] for row in rows} == {"Evening"}
    assert (
        "nothing to hand over"
        in client.post(reverse("dosage_export") + "?area=Nowhere", told, follow=True).content.decode()
    )
    assert Entry.objects.filter(operation="disclosure", deed="plan.view").count() == 2
    assert (
        town.strangers_client(Role.COMMANDER).post(reverse("plan_dosage_export", args=[approved.id]), told).status_code
        == 404
    )
    assert town.client(Role.ADMINISTRATOR).post(reverse("dosage_export"), told).status_code == 403


def test_who_sees_dosage(town: Town, approved: Plan) -> None:
    seers = {
        Role.ANALYST: 200,
        Role.COMMANDER: 200,
        Role.OFFICER: 200,
        Role.DISPATCHER: 200,
        Role.OVERSEER: 200,
        Role.ADMINISTRATOR: 403,
    }
    for role, status in seers.items():
        assert town.client(role).get(reverse("dosage")).status_code == status
    address = reverse("plan_dosage", args=[approved.id])
    assert town.strangers_client(Role.COMMANDER).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_the_commander_is_told_what_last_night_left_out(town: Town, approved: Plan) -> None:
    starts = town.at - timedelta(hours=5)
    Plan.objects.filter(pk=approved.pk).update(starts=starts, ends=starts + timedelta(hours=4))
    asked = len({stop["place"] for unit in ("U01", "U02") for stop in stops(approved, unit)})
    assert f"{asked} of the last shift" in town.client(Role.COMMANDER).get("/").content.decode()
    assert "of the last shift" not in town.client(Role.OFFICER).get("/").content.decode()


# --- positions -------------------------------------------------------------------------------------------------------


def file_of(plan: Plan, *lines: str) -> SimpleUploadedFile:
    """U01 at its first stop from ten past six for twelve minutes, a position a minute."""
    first = stops(plan, "U01")[0]["place"]
    spot = next(place for place in plan.values[0]["places"] if place["name"] == first)
    times = [STARTS + timedelta(minutes=10 + step) for step in range(13)]
    rows = [f"U01,{at.isoformat()},{spot['lon']},{spot['lat']}" for at in times]
    return SimpleUploadedFile("night.csv", "\n".join(["unit,time,lon,lat", *rows, *lines]).encode())


def bring(client: Client, plan: Plan, file: SimpleUploadedFile, **told: str) -> HttpResponse:
    settings = {"least": "5", "within": "200", "silence": "10", "unit": ""}
    return client.post(reverse("plan_positions", args=[plan.id]), settings | told | {"file": file})


def test_positions_are_looked_at_taken_over_and_not_kept(town: Town, approved: Plan, officer: Client) -> None:
    preview = bring(officer, approved, file_of(approved, "U77,2021-12-31T23:05:00Z,-79.38,43.65"))
    text = preview.content.decode()
    assert (preview.status_code, preview.context["new"], preview.context["left_out"]) == (200, 1, 1)
    assert "no unit of this plan" in text
    assert not Visit.objects.exists()  # nothing before it is taken over
    told = {"visits": preview.context["sealed"]}
    take = reverse("plan_positions_take", args=[approved.id])
    done = officer.post(take, told, follow=True).content.decode()
    assert "1 visit is taken over. The positions are not kept." in done
    visit = Visit.objects.get()
    assert (visit.source, visit.unit_name, visit.minutes, visit.arrived_at) == (
        "position", "U01", 12, STARTS + timedelta(minutes=10),
    )  # fmt: skip
    assert "0 taps got their end, 1 were known" in officer.post(take, told, follow=True).content.decode()
    assert Visit.objects.count() == 1
    entry = Entry.objects.filter(object_type="Plan", deed="visit.record").order_by("-id")[0]
    assert {name: entry.changes[name] for name in ("new", "ended", "known")} == {"new": 0, "ended": 0, "known": 1}
    assert "lon" not in str(entry.changes)


def test_a_tap_without_an_end_gets_it_from_positions(town: Town, approved: Plan) -> None:
    actor, stop = town.actor(Role.OFFICER), stops(approved, "U01")[0]
    told = {"unit_name": "U01", "place": stop["place"], "slot": stop["slot"]}
    actions.arrive(actor, approved, **told, at=STARTS + timedelta(minutes=9))
    client = town.client(Role.COMMANDER)
    preview = bring(client, approved, file_of(approved))
    assert (preview.context["new"], preview.context["ended"]) == (0, 1)
    client.post(reverse("plan_positions_take", args=[approved.id]), {"visits": preview.context["sealed"]})
    visit = Visit.objects.get()
    assert (visit.source, visit.minutes, visit.arrived_at) == ("tap", 13, STARTS + timedelta(minutes=9))


def test_a_stay_while_told_to_be_elsewhere_is_shown_and_left(town: Town, approved: Plan, officer: Client) -> None:
    first, other = stops(approved, "U01")[:2]
    assert first["place"] != other["place"]
    post(officer, "plan_visit", approved, order="2", arrived="18:10", minutes="12")
    preview = bring(officer, approved, file_of(approved))
    assert (preview.context["new"], preview.context["against"]) == (0, 1)
    assert "Told to be elsewhere" in preview.content.decode()
    taken = actions.take_over_stays(
        town.actor(Role.OFFICER), approved, at=town.at,
        found=[Given("U01", str(first["place"]), STARTS + timedelta(minutes=10), 12, "position")],
    )  # fmt: skip
    assert (taken.new, taken.against, Visit.objects.count()) == (0, 1, 1)
    take = reverse("plan_positions_take", args=[approved.id])
    done = officer.post(take, {"visits": preview.context["sealed"]}, follow=True).content.decode()
    assert "1 left, since told to be elsewhere" in done


def test_what_is_still_to_come_is_left_out(town: Town, approved: Plan, officer: Client) -> None:
    Plan.objects.filter(pk=approved.pk).update(starts=town.at - timedelta(hours=1), ends=town.at + timedelta(hours=3))
    spot = next(iter(approved.values[0]["places"]))
    times = [town.at + timedelta(minutes=20 + step) for step in range(12)]
    rows = [f"U01,{at.isoformat()},{spot['lon']},{spot['lat']}" for at in times]
    preview = bring(officer, approved, SimpleUploadedFile("a.csv", "\n".join(["unit,time,lon,lat", *rows]).encode()))
    assert (preview.context["new"], preview.context["left_out"]) == (0, 12)
    assert "still to come: later than now" in preview.content.decode()
    with pytest.raises(Contradiction, match="still to come"):
        actions.record_visit(
            town.actor(Role.OFFICER), approved, unit_name="U01", place=str(spot["name"]), minutes=5, at=town.at,
            arrived_at=town.at + timedelta(minutes=20),
        )  # fmt: skip


def test_a_file_of_another_clock_or_place_says_what_may_be_wrong(town: Town, approved: Plan, officer: Client) -> None:
    spot = next(iter(approved.values[0]["places"]))
    head = "unit,time,lon,lat"
    utc = [f"U01,{(STARTS + timedelta(hours=5, minutes=step)).replace(tzinfo=None)},{spot['lon']},{spot['lat']}"
           for step in range(12)]  # fmt: skip
    preview = bring(officer, approved, SimpleUploadedFile("a.csv", "\n".join([head, *utc]).encode()))
    (hint,) = preview.context["hints"]
    assert "from 2021-12-31 23:01 to 2021-12-31 23:11, the shift is 2021-12-31 18:00 – 22:00" in hint
    assert "America/Toronto" in hint
    swapped = [f"U01,{(STARTS + timedelta(minutes=step)).isoformat()},{spot['lat']},{spot['lon']}" for step in range(9)]
    preview = bring(officer, approved, SimpleUploadedFile("a.csv", "\n".join([head, *swapped]).encode()))
    (hint,) = preview.context["hints"]
    assert "Are longitude and latitude in the right columns" in hint
    assert bring(officer, approved, file_of(approved)).context["hints"] == []


def test_a_preview_is_its_readers_own(town: Town, approved: Plan, officer: Client) -> None:
    sealed = bring(officer, approved, file_of(approved)).context["sealed"]
    take = reverse("plan_positions_take", args=[approved.id])
    for client, text in ((town.client(Role.COMMANDER), sealed), (officer, sealed[:-2]), (officer, "")):
        assert "too old or not yours" in client.post(take, {"visits": text}, follow=True).content.decode()
    assert not Visit.objects.exists()


def test_half_of_a_file_is_never_taken_over(town: Town, approved: Plan) -> None:
    good = Given("U01", str(stops(approved, "U01")[0]["place"]), STARTS, 10, "position")
    for bad in (replace(good, unit="U77"), replace(good, place="89aaaaaaaaaffff"), replace(good, minutes=721)):
        with pytest.raises(Contradiction):
            actions.take_over_stays(town.actor(Role.OFFICER), approved, found=[good, bad], at=town.at)
        assert not Visit.objects.exists()


def test_a_file_that_is_none_is_told_on_its_field(town: Town, approved: Plan, officer: Client) -> None:
    answer = bring(officer, approved, SimpleUploadedFile("a.csv", b"x"))
    assert (answer.status_code, "no column time" in answer.content.decode()) == (422, True)
    assert bring(officer, approved, file_of(approved), within="1").status_code == 422
    assert officer.get(reverse("plan_positions", args=[approved.id])).status_code == 200


def test_who_brings_positions(town: Town, approved: Plan) -> None:
    address = reverse("plan_positions", args=[approved.id])
    assert town.client(Role.ANALYST).get(address).status_code == 403
    assert town.client(Role.ADMINISTRATOR).get(address).status_code == 404
    assert town.strangers_client(Role.OFFICER).get(address).status_code == 404
    Plan.objects.filter(pk=approved.pk).update(state="withdrawn")
    assert town.client(Role.COMMANDER).get(address).status_code == 404


# --- many shifts -----------------------------------------------------------------------------------------------------


def test_six_shifts_have_an_interval_between_them_and_a_chart(town: Town, approved: Plan) -> None:
    """Each night one visit more is given than the night before: shares from none to five of what was asked."""
    asked = stops(approved, "U01") + stops(approved, "U02")
    for night in range(6):
        plan = Plan.objects.get(pk=approved.pk)
        plan.pk, starts = new_id(), STARTS - (1 + night) * DAY
        plan.starts, plan.ends = starts, starts + timedelta(hours=4)
        plan.save(force_insert=True)
        for order, stop in enumerate(asked[:night]):
            Visit.objects.create(
                agency=town.agency, plan=plan, unit_name="U01", place=stop["place"], cell=int(str(stop["place"]), 16),
                arrived_at=starts + timedelta(minutes=order), minutes=10, recorded_at=town.at,
            )  # fmt: skip
    client = town.client(Role.COMMANDER)
    page = client.get(reverse("dosage") + "?first=2021-12-20&last=2021-12-30")
    given, minutes, *_ = page.context["stats"]
    whole = 6 * len(asked)
    assert given["value"] == f"{round(100 * 15 / whole)}"
    assert given["interval"]
    assert minutes["basis"] == "6 shifts"
    chart = page.context["by_shift"]
    assert len(chart.labels) == 6
    assert "From 0 %" in page.content.decode()
    assert page.context["table"].total == 6 * len({stop["place"] for stop in asked})
    assert [row.cells[0] for row in page.context["cells"].rows]
