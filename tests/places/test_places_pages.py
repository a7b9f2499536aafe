"""The Places desk as its people meet it: empty, with areas, with a file that cannot be read, with streets."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from shapely.geometry import box, mapping
from tests.places.small_city import binary

from openbeat.access import Role
from openbeat.access.actors import service
from openbeat.accounts import actions as accounts
from openbeat.accounts.identity import actor_of
from openbeat.accounts.models import Agency
from openbeat.kernel.time import now
from openbeat.ops import place_work
from openbeat.ops.tasks import FAILS, at_work
from openbeat.places import queries, store
from openbeat.places.models import AreaSet, Basemap, Station, StreetNetwork
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 1, 2, tzinfo=UTC)

BEATS = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"beat": code, "title": name},
                "geometry": mapping(box(x, 50.0, x + 0.02, 50.03)),
            }
            for code, name, x in (("01", "West", 10.0), ("02", "East", 10.02))
        ],
    }
).encode()


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

    def upload(self, name: str, content: bytes, view: str = "area_upload", **more: str) -> object:
        file = SimpleUploadedFile(name, content)
        return self.client.post(reverse(view), {"file": file, **more})

    def keep_beats(self) -> AreaSet:
        chosen = self.upload("beats.geojson", BEATS)
        told = {
            "layer": "beats", "name": "Our beats", "valid_from": "2015-01-01", "code_column": "beat",
            "name_column": "title", "epsg": "", "attribution": "City of North",
        }  # fmt: skip
        answer = self.client.post(chosen.url, told)  # type: ignore[attr-defined]
        assert answer.status_code == 302, answer.content.decode()
        with self.looking():
            return AreaSet.objects.get()

    def looking(self) -> scope:  # type: ignore[valid-type]
        return scope(self.actor)

    def page(self, view: str, *args: object, status: int = 200) -> str:
        answer = self.client.get(reverse(view, args=args))
        assert answer.status_code == status
        return answer.content.decode()


def found(name: str) -> Agency:
    founding = accounts.Founding()
    house = service(founding.pk)
    with scope(house):
        return accounts.found_agency(
            house, founding, name=name, zone="Europe/Berlin", slug=name.lower(), training_today=date(2020, 6, 1)
        )


@pytest.fixture
def agency(settings: object, tmp_path: Path) -> Agency:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    return found("North")


@pytest.fixture
def analyst(agency: Agency) -> Desk:
    return Desk(Role.ANALYST, agency)


def test_an_empty_desk_says_what_will_be_here(analyst: Desk) -> None:
    page = analyst.page("places")
    assert "No areas yet" in page
    assert reverse("area_upload") in page
    assert "No stations yet" in analyst.page("stations")
    streets = analyst.page("streets")
    assert "× 1.3 at 30 km/h" in streets
    assert "No basemap yet" in streets


def test_areas_come_in_by_two_steps(analyst: Desk) -> None:
    chosen = analyst.upload("beats.geojson", BEATS)
    preview = analyst.client.get(chosen.url).content.decode()  # type: ignore[attr-defined]
    assert "beats.geojson holds 2 features" in preview
    assert '<option value="beat" selected>' in preview
    made = analyst.keep_beats()
    page = analyst.page("area_set", made.pk)
    for words in ("Our beats", "West", "East", "City of North", "Withdraw"):
        assert words in page
    assert "Our beats" in analyst.page("places")
    answer = analyst.client.get(reverse("area_set_geojson", args=[made.pk]), {"exact": "1"})
    assert [feature["properties"]["name"] for feature in answer.json()["features"]] == ["West", "East"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("beats.pdf", b"%PDF", "is not an area file"), ("beats.zip", b"<html>", "called a zip but is not one")],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(analyst: Desk, name: str, content: bytes, words: str) -> None:
    answer = analyst.upload(name, content)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert words in answer.content.decode()  # type: ignore[attr-defined]


def test_the_second_step_says_what_is_wrong_and_keeps_the_file(analyst: Desk) -> None:
    metres = BEATS.replace(b"10.0", b"455000.0").replace(b"50.0", b"5500000.0")
    chosen = analyst.upload("beats.geojson", metres)
    told = {"layer": "beats", "name": "B", "valid_from": "2015-01-01", "code_column": "beat", "name_column": ""}
    answer = analyst.client.post(chosen.url, told)  # type: ignore[attr-defined]
    assert answer.status_code == 422
    assert "are not degrees" in answer.content.decode()
    assert analyst.client.get(chosen.url).status_code == 200  # type: ignore[attr-defined]


def test_a_file_put_aside_is_its_persons_alone(analyst: Desk, agency: Agency) -> None:
    chosen = analyst.upload("beats.geojson", BEATS)
    assert Desk(Role.ADMINISTRATOR, agency).client.get(chosen.url).status_code == 404  # type: ignore[attr-defined]


def test_areas_are_withdrawn_with_a_reason(analyst: Desk) -> None:
    made = analyst.keep_beats()
    url = reverse("area_withdraw", args=[made.pk])
    assert "Say why" in analyst.client.post(url, {"reason": ""}, follow=True).content.decode()
    analyst.client.post(url, {"reason": "wrong file"})
    assert "No areas yet" in analyst.page("places")
    assert "wrong file" in analyst.page("area_set", made.pk)


def test_sets_that_come_later_and_went_before_are_told_apart(analyst: Desk) -> None:
    analyst.keep_beats()
    for day, layer in (("2012-01-01", "beats"), ("2021-01-01", "beats"), ("2016-01-01", "wards")):
        chosen = analyst.upload("beats.geojson", BEATS)
        told = {
            "layer": layer,
            "name": f"Set of {day}",
            "valid_from": day,
            "code_column": "beat",
            "name_column": "title",
        }
        assert analyst.client.post(chosen.url, told).status_code == 302  # type: ignore[attr-defined]
    page = analyst.page("places")
    for words in ("In force", "Replaced", "From its first day", "?layer=wards"):
        assert words in page
    assert "Set of 2016-01-01</h2>" in analyst.client.get(reverse("places"), {"layer": "wards"}).content.decode()
    again = analyst.upload("beats.geojson", BEATS)
    told = {
        "layer": "wards",
        "name": "Again",
        "valid_from": "2016-01-01",
        "code_column": "beat",
        "name_column": "title",
    }
    answer = analyst.client.post(again.url, told)  # type: ignore[attr-defined]
    assert (answer.status_code, "wards from 2016-01-01 already" in answer.content.decode()) == (422, True)


def test_a_colleague_looks_and_a_stranger_does_not_know(analyst: Desk, agency: Agency) -> None:
    made = analyst.keep_beats()
    colleague = Desk(Role.OFFICER, agency)
    page = colleague.page("area_set", made.pk)
    assert "West" in page
    assert "Withdraw" not in page
    assert colleague.upload("beats.geojson", BEATS).status_code == 302  # type: ignore[attr-defined]
    stranger = Desk(Role.COMMANDER, found("Far"))
    stranger.page("area_set", made.pk, status=404)
    stranger.page("area_set_geojson", made.pk, status=404)
    answer = Client().get(reverse("places"))
    assert answer.status_code == 302


def test_stations_come_as_a_list(analyst: Desk) -> None:
    good = "DISTRICT,DISTRICT NAME,LATITUDE,LONGITUDE\n1,Central,50.01,10.01\n2,Harbour,50.02,10.02\n"
    assert analyst.upload("s.csv", good.encode(), view="stations").status_code == 302  # type: ignore[attr-defined]
    page = analyst.page("stations")
    assert "Central" in page
    assert "Harbour" in page
    with analyst.looking():
        assert Station.objects.count() == 2
    for bad, words in (
        (b"code,name\n1,A\n", "no place in degrees"),
        (b"\xff\xfe", "UTF-8"),
        (b"code\n", "holds no stations"),
    ):
        answer = analyst.upload("s.csv", bad, view="stations")
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert words in answer.content.decode()  # type: ignore[attr-defined]


def test_a_speed_is_stated(analyst: Desk) -> None:
    answer = analyst.client.post(reverse("streets"), {"speed": "1", "kmh": "45"})
    assert answer.status_code == 302
    assert "at 45 km/h" in analyst.page("streets")
    assert analyst.client.post(reverse("streets"), {"speed": "1", "kmh": "900"}).status_code == 422


def test_what_is_said_after_an_upload_is_said_to_the_page_that_stays(analyst: Desk, tmp_path: Path) -> None:
    given = {"extract": "1", "file": SimpleUploadedFile("city.osm.pbf", binary(tmp_path).read_bytes())}
    answer = analyst.client.post(reverse("streets"), given, headers={"X-Sent-By-Script": "1"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("streets"))
    assert "The extract is kept" in analyst.page("streets")
    assert "The extract is kept" not in analyst.page("streets")
    refused = analyst.client.post(reverse("streets"), {"extract": "1"}, headers={"X-Sent-By-Script": "1"})
    assert refused.status_code == 422


def test_work_that_failed_is_tried_again_on_the_page(analyst: Desk, agency: Agency, tmp_path: Path) -> None:
    analyst.upload("city.osm.pbf", binary(tmp_path).read_bytes(), view="streets", extract="1")
    with analyst.looking():
        made = {"streets_retry": StreetNetwork.objects.get(), "basemap_retry": Basemap.objects.get()}
    for task, thing in zip(("places.build_streets", "places.build_basemap"), made.values(), strict=True):
        with at_work(agency.pk) as house:
            FAILS[task](house, "its worker ended", str(thing.pk))
    page, commander = analyst.page("streets"), Desk(Role.COMMANDER, agency)
    for view, thing in made.items():
        address = reverse(view, args=[thing.pk])
        assert address in page
        assert commander.client.post(address).status_code == 302
        with analyst.looking():
            assert type(thing).objects.get().state == "failed"
        analyst.client.post(address)
        with analyst.looking():
            assert (type(thing).objects.get().state, type(thing).objects.get().failure) == ("waiting", "")
    assert address not in analyst.page("streets")


def test_an_extract_becomes_streets_and_a_basemap(analyst: Desk, tmp_path: Path) -> None:
    answer = analyst.upload("city.osm.pbf", binary(tmp_path).read_bytes(), view="streets", extract="1")
    assert answer.status_code == 302  # type: ignore[attr-defined]
    assert "waiting for the worker" in analyst.page("streets")
    assert "waiting for the worker" in analyst.page("streets_progress")
    with analyst.looking():
        network, basemap = StreetNetwork.objects.get(), Basemap.objects.get()
    place_work.build_streets(agency_id=str(network.agency_id), network_id=str(network.pk))
    place_work.build_basemap_of(agency_id=str(basemap.agency_id), basemap_id=str(basemap.pk))
    answer = analyst.client.get(reverse("streets_progress"))
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    page = analyst.page("streets")
    assert "Drives follow the streets" in page
    assert reverse("basemap_tiles", args=[basemap.pk]) in page
    with analyst.looking():
        assert queries.basemap_in_use(analyst.actor, network.agency_id) == basemap


def test_no_extract_is_refused_at_once(analyst: Desk) -> None:
    for name, content, words in (
        ("a.osm", b"<osm/>", "is not an OpenStreetMap extract"),
        ("a.osm.pbf", b"<html>", "cannot be read"),
    ):
        answer = analyst.upload(name, content, view="streets", extract="1")
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert words in answer.content.decode()  # type: ignore[attr-defined]


# --- tiles -----------------------------------------------------------------------------------------------------------

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def tiles(agency: Agency) -> str:
    key = uuid4()
    target = store.tiles(key)
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    return reverse("basemap_tiles", args=[key])


@pytest.mark.parametrize(
    ("wanted", "status", "content", "told"),
    [
        ("bytes=0-15", 206, CONTENT[:16], "bytes 0-15/1024"),
        ("bytes=1000-", 206, CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=1000-9999", 206, CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", 206, CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-9999", 206, CONTENT, "bytes 0-1023/1024"),
        ("bytes=1024-", 416, b"", "bytes */1024"),
        ("bytes=-0", 416, b"", "bytes */1024"),
        ("bytes=9-3", 416, b"", "bytes */1024"),
        ("bytes=0-1,5-6", 200, CONTENT, None),
        ("lines=0-1", 200, CONTENT, None),
        ("", 200, CONTENT, None),
    ],
)
def test_tiles_come_by_byte_ranges(tiles: str, wanted: str, status: int, content: bytes, told: str | None) -> None:
    answer = Client().get(tiles, headers={"Range": wanted} if wanted else {})
    assert answer.status_code == status
    assert (b"".join(answer.streaming_content) if answer.streaming else answer.content) == content  # type: ignore[attr-defined]
    assert answer.headers.get("Content-Range") == told
    assert answer.headers["Accept-Ranges"] == "bytes"
    answer.close()


def test_tiles_are_kept_by_the_browser(tiles: str) -> None:
    first = Client().get(tiles, headers={"Range": "bytes=0-1"})
    tag = first.headers["ETag"]
    assert "immutable" in first.headers["Cache-Control"]
    assert Client().get(tiles, headers={"If-None-Match": tag}).status_code == 304
    assert Client().get(tiles, headers={"Range": "bytes=0-1", "If-Range": tag}).status_code == 206
    other = Client().get(tiles, headers={"Range": "bytes=0-1", "If-Range": '"another"'})
    assert (other.status_code, b"".join(other.streaming_content)) == (200, CONTENT)  # type: ignore[attr-defined]
    head = Client().head(tiles, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (206, b"", "2")
    assert Client().post(tiles).status_code == 405
    assert Client().get(reverse("basemap_tiles", args=[uuid4()])).status_code == 404


def test_a_gzipped_file_is_read_through(analyst: Desk) -> None:
    assert analyst.upload("beats.geojson.gz", gzip.compress(BEATS)).status_code == 302  # type: ignore[attr-defined]
