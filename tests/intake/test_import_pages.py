"""The import and incidents desks as an analyst meets them: from an upload to a withdrawn import."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from openbeat.access import Role
from openbeat.access.actors import service
from openbeat.accounts import actions as accounts
from openbeat.accounts.identity import actor_of
from openbeat.accounts.models import Agency
from openbeat.audit.models import Entry
from openbeat.incidents.models import Incident, LocalCode
from openbeat.intake.models import Import, SavedProfile
from openbeat.kernel.time import now
from openbeat.ops import import_work
from openbeat.ops.tasks import FAILS
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db
T0 = datetime(2020, 1, 2, tzinfo=UTC)

RECORDS = (
    "Report,Occurred,Lon,Lat,Offense,Beat\n"
    "r1,2020-05-01 10:30,10.01,50.01,BURG,01\n"
    "r2,2020-05-02 23:10,10.02,50.02,BURG,01\n"
    "r3,2020-05-03 04:45,10.02,50.02,DRUG,02\n"
    "r4,whenever,10.02,50.02,BURG,02\n"
)
MAPPED = {
    "source": "rms", "id": ["Report"], "when": "Occurred", "formats": "iso", "hour": "", "clock": "",
    "zone": "Europe/Berlin", "precision": "minute", "until": "", "reported": "", "x": "Lon", "y": "Lat",
    "crs": "EPSG:4326", "area": "Beat", "kind": ["Offense"], "arrest": "", "domestic": "", "unknown": "keep",
    "save_as": "Our Records!", "code_0": "220", "code_1": "35A drugs", "base": "",
}  # fmt: skip


def wrong(answer) -> list[str]:
    """What a page says is wrong."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.findall(r">\s*(\w[^<>]{3,})<", main.partition("error-summary")[2])[:12]


class Desk:
    """A person at the desk."""

    def __init__(self, role: Role, agency: Agency) -> None:
        self.agency, self.client = agency, Client()
        house = service(agency.pk)
        with scope(house):
            self.person = accounts.add_person(house, agency, username=role.value, name=role.value, at=T0)
            post = accounts.add_post(house, agency, name=f"Post of {role.value}")
            accounts.give_role(house, self.person, post=post, role=role, since=T0)
            secret = accounts.issue_sign_in_link(house, self.person, at=now())
            self.actor = actor_of(self.person, at=now())
        self.client.post(reverse("sign_in_link", args=[secret]))

    def looking(self):
        return scope(self.actor)

    def page(self, view, *args, status=200, **query):
        answer = self.client.get(reverse(view, args=args), query)
        assert answer.status_code == status, wrong(answer)
        return answer.content.decode()

    def post(self, view, *args, status=302, **given):
        answer = self.client.post(reverse(view, args=args), given)
        assert answer.status_code == status, wrong(answer)
        return answer

    def upload(self, text=RECORDS, name="records.csv"):
        answer = self.post("import_upload", file=SimpleUploadedFile(name, text.encode()))
        with self.looking():
            return Import.objects.get(pk=answer.url.strip("/").split("/")[-1])

    def work(self, imported, task):
        """What the worker would do now."""
        getattr(import_work, task).func(agency_id=str(self.agency.pk), import_id=str(imported.pk))

    def bring(self, text=RECORDS):
        imported = self.upload(text)
        self.post("import", imported.pk, **MAPPED)
        self.work(imported, "check")
        self.post("import_bring", imported.pk)
        self.work(imported, "bring_in")
        return imported


@pytest.fixture
def agency(settings, tmp_path: Path) -> Agency:
    settings.VAR = tmp_path / "var"
    founding = accounts.Founding()
    house = service(founding.pk)
    with scope(house):
        return accounts.found_agency(
            house, founding, name="North", zone="Europe/Berlin", slug="north", training_today=date(2020, 6, 1)
        )


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    """Progress is told on a connection of its own, which would not see this test's rows."""
    from contextlib import contextmanager

    @contextmanager
    def quiet(_actor, _imported):
        yield lambda _share, _words: False

    monkeypatch.setattr(import_work, "telling_aside", quiet)


@pytest.fixture
def analyst(agency: Agency) -> Desk:
    return Desk(Role.ANALYST, agency)


def test_empty_desks_say_what_will_be_here(analyst):
    assert "No imports yet" in analyst.page("imports")
    assert "No incidents yet" in analyst.page("incidents")
    assert "No classes in use yet" in analyst.page("offences")


def test_a_file_goes_all_the_way(analyst):
    imported = analyst.upload()
    page = analyst.page("import", imported.pk)
    assert "Columns of records.csv" in page
    assert "whenever" in page
    assert re.search(r'<option value="Occurred" selected>', page)

    analyst.post("import", imported.pk, **MAPPED)
    waiting = analyst.page("import", imported.pk)
    assert reverse("import_progress", args=[imported.pk]) in waiting
    analyst.work(imported, "check")
    report = analyst.page("import", imported.pk)
    for words in ("Dry run of records.csv", "the date is in none of the formats", "5: whenever", "Bring it in"):
        assert words in report
    with analyst.looking():
        assert SavedProfile.objects.get().name == "our-records"
        assert not Incident.objects.exists()

    analyst.post("import_bring", imported.pk)
    assert analyst.client.get(reverse("import_progress", args=[imported.pk])).status_code == 200
    analyst.work(imported, "bring_in")
    over = analyst.client.get(reverse("import_progress", args=[imported.pk]))
    assert (over.status_code, over.headers["HX-Refresh"]) == (204, "true")
    result = analyst.page("import", imported.pk)
    assert "New incidents" in result
    assert "Mend them" in result
    assert "records.csv" in analyst.page("imports")
    with analyst.looking():
        classes = Incident.objects.order_by("source_key").values_list("offence_class_id", flat=True)
        assert list(classes) == ["NIBRS-220", "NIBRS-220", "NIBRS-35A"]


def test_an_unreadable_file_is_refused_in_words(analyst):
    answer = analyst.post("import_upload", status=422, file=SimpleUploadedFile("records.pdf", b"%PDF"))
    assert "has none of the endings" in answer.content.decode()


def test_a_wrong_mapping_is_told_beside_the_form(analyst):
    imported = analyst.upload()
    answer = analyst.post("import", imported.pk, status=422, **(MAPPED | {"crs": "EPSG:1"}))
    assert "is no coordinate reference system" in answer.content.decode()
    answer = analyst.post("import", imported.pk, status=422, **(MAPPED | {"code_0": "999"}))
    assert "NIBRS has no class 999" in answer.content.decode()


def test_a_profile_is_chosen_read_as_toml_and_given_back(analyst):
    imported = analyst.upload()
    assert 'value="call_group' not in analyst.page("import", imported.pk, columns="1", profile="generic")
    toml = analyst.client.get(reverse("import_profile", args=[imported.pk])).content.decode()
    assert "[time.occurred_from]" in toml
    analyst.post("import_toml", imported.pk, toml=toml)
    with analyst.looking():
        assert Import.objects.get().state == "checking"


def test_a_shipped_profile_that_fits_is_chosen(analyst):
    records = (
        "ID,Date,IUCR,Arrest,Domestic,Beat,Latitude,Longitude\n"
        "1,01/02/2020 03:04:05 PM,0610,true,false,1112,41.9,-87.7\n"
    )
    imported = analyst.upload(records)
    page = analyst.page("import", imported.pk)
    assert re.search(r'<option value="chicago-portal" selected>', page)
    assert "Codes without a class</h2>" not in page


def test_toml_that_cannot_be_read_is_told(analyst):
    imported = analyst.upload()
    answer = analyst.client.post(reverse("import_toml", args=[imported.pk]), {"toml": "= 1"}, follow=True)
    assert "not TOML" in answer.content.decode()


def test_refused_rows_are_downloaded_and_mended_on_the_page(analyst):
    imported = analyst.bring()
    answer = analyst.client.get(reverse("import_refused_csv", args=[imported.pk]))
    assert b"r4,whenever" in answer.getvalue()
    page = analyst.page("import_refused", imported.pk)
    row = re.search(r'name="row" value="([0-9a-f-]+)"', page).group(1)
    name = re.search(r'name="([0-9a-f-]+-\d+)" value="whenever"', page).group(1)
    fields = dict(re.findall(rf'name="({row}-\d+)" value="([^"]*)"', page))
    sent = analyst.post("import_refused", imported.pk, row=row, **(fields | {name: "2020-05-04 12:00"}))
    with analyst.looking():
        mending = Import.objects.get(mends=imported)
    assert sent.url == reverse("import", args=[mending.pk])
    analyst.work(mending, "check")
    analyst.post("import_bring", mending.pk)
    analyst.work(mending, "bring_in")
    assert "No refused row waits" in analyst.page("import_refused", imported.pk)
    with analyst.looking():
        assert Incident.objects.count() == 4


def test_nothing_corrected_is_told(analyst):
    imported = analyst.bring()
    answer = analyst.client.post(reverse("import_refused", args=[imported.pk]), {}, follow=True)
    assert "No field was changed" in answer.content.decode()


def test_an_import_is_withdrawn_with_a_reason(analyst):
    imported = analyst.bring()
    analyst.post("import_withdraw", imported.pk, reason="the wrong city")
    assert "the wrong city" in analyst.page("import", imported.pk)
    with analyst.looking():
        assert not Incident.objects.exists()


def test_a_file_is_given_up(analyst):
    imported = analyst.upload()
    analyst.post("import_discard", imported.pk)
    assert "Given up" in analyst.page("import", imported.pk)


def test_work_that_breaks_off_is_told_and_can_be_mapped_again(analyst, monkeypatch):
    imported = analyst.upload()
    analyst.post("import", imported.pk, **MAPPED)
    (Path(imported.file)).write_text("")
    analyst.work(imported, "check")
    with analyst.looking():
        assert Import.objects.get().state == "failed"
    with analyst.looking():
        assert "is empty" in Import.objects.get().failure
    assert "is empty" in analyst.page("import", imported.pk)
    Path(imported.file).write_text(RECORDS)
    assert reverse("import_check", args=[imported.pk]) in analyst.page("import", imported.pk)
    analyst.post("import_check", imported.pk)
    with analyst.looking():
        again = Import.objects.get()
        assert (again.state, again.failure, again.finished_at) == ("checking", "", None)
    analyst.work(imported, "check")
    with analyst.looking():
        assert Import.objects.get().state == "checked"
        before = Entry.objects.count()
    analyst.work(imported, "check")  # the work was done, only its end was not told
    analyst.work(imported, "bring_in")
    with analyst.looking():
        FAILS["intake.check"](service(imported.agency_id), "too late to matter", str(imported.pk))
        assert (Import.objects.get().state, Entry.objects.count()) == ("checked", before)


def test_what_nobody_has_mapped_is_not_tried(analyst):
    imported = analyst.upload()
    with analyst.looking():
        Import.objects.update(profile=None)
    analyst.post("import_check", imported.pk)
    with analyst.looking():
        assert Import.objects.get().state == "uploaded"


def test_incidents_are_found_by_the_address(analyst):
    analyst.bring()
    everything = analyst.page("incidents")
    assert "BURG" in everything
    assert "DRUG" in everything
    only = analyst.page("incidents", offence="NIBRS-220", first="2020-05-02", last="2020-05-31", since="22", until="2")
    assert only.count('class="row-link"') == 1
    assert "DRUG" not in only.split('id="incidents"')[-1]
    assert "No incident passes" in analyst.page("incidents", first="2019-01-01", last="2019-02-01")
    assert analyst.client.get(reverse("incidents"), {"cursor": "nonsense"}).status_code == 400


def test_an_incident_tells_where_its_fields_come_from(analyst):
    analyst.bring()
    with analyst.looking():
        incident = Incident.objects.get(source_key="r1")
    page = analyst.page("incident", incident.pk)
    for words in ("2020-05-01 10:30", "Lon + Lat (EPSG:4326)", "records.csv", "r1"):
        assert words in page


def test_incidents_are_exported_coarsely_with_a_reason(analyst):
    analyst.bring()
    address = reverse("incidents_export") + "?first=2020-05-01&last=2020-05-31"
    answer = analyst.client.post(address, {"reason": "yearly report", "legal_basis": "task"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == "day,hour,precision,class,class name,local code,cell,area,source"
    assert len(lines) == 4
    assert "50.01" not in "".join(lines)
    assert "r1" not in "".join(lines)
    with analyst.looking():
        entry = Entry.objects.get(operation="disclosure")
        assert (entry.reason, entry.changes["rows"]) == ("yearly report", 3)
    refused = analyst.client.post(address, {"reason": "", "legal_basis": ""}, follow=True)
    assert "needs a reason" in refused.content.decode()


def test_a_code_is_mapped_by_an_analyst(analyst):
    analyst.bring()
    with analyst.looking():
        code = LocalCode.objects.get(code="DRUG")
    page = analyst.page("offences")
    assert "found by stops and searches" in page
    analyst.post("offence_map", code.pk, **{"class": "NIBRS-290", "patrol": "on"})
    with analyst.looking():
        mapped = Incident.objects.get(local_code="DRUG")
        assert (mapped.offence_class_id, mapped.patrol_found) == ("NIBRS-290", True)


def test_a_commander_sees_imports_but_brings_none_in(analyst, agency):
    imported = analyst.bring()
    commander = Desk(Role.COMMANDER, agency)
    assert "Import a file" not in commander.page("imports")
    assert "New incidents" in commander.page("import", imported.pk)
    with commander.looking():
        assert commander.client.post(reverse("import_withdraw", args=[imported.pk]), {"reason": "x"}).status_code == 302
        assert Incident.objects.count() == 3


def test_an_officer_has_no_import_desk(analyst, agency):
    imported = analyst.bring()
    assert Desk(Role.OFFICER, agency).client.get(reverse("import", args=[imported.pk])).status_code == 404
