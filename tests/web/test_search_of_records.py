"""What a search finds of records: incidents by number, classes, areas and people, each for who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Role
from openbeat.audit.models import Entry
from openbeat.forecast.warning import actions as warnings
from openbeat.forecast.warning.compute import Found, Scanned
from openbeat.forecast.warning.models import Alarm
from openbeat.forecast.warning.rules import Stretch
from openbeat.incidents.models import Incident, OffenceClass
from openbeat.places.models import Area


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


def found(town: Town, role: Role, asked: str, *, stranger: bool = False) -> str:
    client = town.strangers_client(role) if stranger else town.client(role)
    page = client.get(reverse("search"), {"q": asked}).content.decode()
    return page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(("role", "sees"), [(Role.ANALYST, True), (Role.COMMANDER, True), (Role.OFFICER, False)])
def test_an_incident_is_found_by_its_number(town: Town, role: Role, sees: bool) -> None:
    incident = Incident.objects.order_by("id")[7]
    address = f'href="{reverse("incident", args=[incident.pk])}"'
    assert (address in found(town, role, f" {incident.source_key} ")) is sees
    assert address not in found(town, role, incident.source_key[:-1])
    assert address not in found(town, role, incident.source_key, stranger=True)


@pytest.mark.parametrize("asked", ["burglary/break", "BURGLARY", "220"])
def test_a_class_is_found_by_name_and_code(town: Town, asked: str) -> None:
    burglary = OffenceClass.objects.get(pk="NIBRS-220")
    address = f'href="{reverse("incidents")}?offence={burglary.pk}"'
    page = found(town, Role.ANALYST, asked)
    assert address in page
    assert burglary.name.replace("&", "&amp;") in page
    assert address not in found(town, Role.OFFICER, asked)
    assert "Murder" not in page


def test_an_area_leads_to_its_incidents(town: Town) -> None:
    area = Area.objects.get(name="Moss Park")
    address = f'href="{reverse("incidents")}?area={area.pk}"'
    assert address in found(town, Role.ANALYST, "moss")
    assert address in found(town, Role.COMMANDER, area.code)
    assert address not in found(town, Role.OFFICER, "moss")
    assert address not in found(town, Role.ANALYST, "moss", stranger=True)
    assert town.client(Role.ANALYST).get(reverse("incidents"), {"area": area.pk}).status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_people_are_found_by_administrators_alone(town: Town, role: Role) -> None:
    if role not in {Role.ANALYST, Role.COMMANDER, Role.OFFICER, Role.OVERSEER, Role.ADMINISTRATOR}:
        return
    analyst = town.person(Role.ANALYST)
    address = f'href="{reverse("person", args=[analyst.pk])}"'
    assert (address in found(town, role, analyst.username[:7])) is (role is Role.ADMINISTRATOR)
    assert address not in found(town, role, analyst.username[:7], stranger=True)


@pytest.fixture
def warned(town: Town) -> Alarm:
    analyst, day = town.actor(Role.ANALYST), date(2021, 12, 31)
    watch = warnings.set_up_watch(
        analyst, town.areas, title="Homes at night", classes=[OffenceClass.objects.get(pk="NIBRS-220")], radius=1000,
        days=28, least_interval=100, at=town.at,
    )  # fmt: skip
    scan = warnings.ask_for_scan(
        town.house, warnings.approve_watch(analyst, watch, at=town.at), night=TODAY, nightly=True, at=town.at
    )
    warnings.begin_scan(town.house, scan)
    found = Found(Stretch(-79.37, 43.656, 480.0, day, day), 9, 1.2, 7.1, 0.003, 340.0, [], {})
    warnings.finish_scan(town.house, scan, scanned=Scanned(900, 1, (found,)), names=["Moss Park"], at=town.at)
    return Alarm.objects.get()


@pytest.mark.parametrize("asked", ["moss", "homes at", "burglary/b"])
def test_a_warning_is_found_by_place_watch_and_offence(town: Town, warned: Alarm, asked: str) -> None:
    address = f'href="{reverse("warning", args=[warned.pk])}"'
    assert address in found(town, Role.ANALYST, asked)
    assert "Burglary/Breaking &amp; Entering, Moss Park, 31 Dec 2021 (New)" in found(town, Role.COMMANDER, asked)
    assert address not in found(town, Role.OFFICER, asked)
    assert address not in found(town, Role.ANALYST, asked, stranger=True)
    assert address not in found(town, Role.ANALYST, "annex")


def test_a_watch_is_found_by_its_name(town: Town, warned: Alarm) -> None:
    address = f'href="{reverse("warning_watch", args=[warned.watch_id])}"'
    assert address in found(town, Role.ANALYST, "homes")
    assert address not in found(town, Role.ANALYST, "moss")
    assert address not in found(town, Role.OFFICER, "homes")


def test_a_list_is_no_look_at_a_record(town: Town) -> None:
    client = town.client(Role.ANALYST)
    before = Entry.objects.count()
    client.get(reverse("search"), {"q": "220"})
    client.get(reverse("search"), {"q": Incident.objects.order_by("id")[7].source_key})
    assert Entry.objects.count() == before


def test_a_letter_is_too_little_to_look_for_things(town: Town) -> None:
    assert "?area=" not in found(town, Role.ANALYST, "m")
