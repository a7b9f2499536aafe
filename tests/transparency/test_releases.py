"""What an agency publishes, on real records: released by a person, shown to everybody, never more than was released."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.test import Client
from pytest_django import Settings
from tests.shared_data import shared
from tests.town import Town, raised, taken_back

from openbeat.access import Actor, Permission, Role, scopes
from openbeat.access.actors import NOBODY, service
from openbeat.accounts.models import Agency
from openbeat.audit.models import Entry
from openbeat.incidents.models import Incident
from openbeat.kernel.errors import Contradiction, NotFound, NotPermitted, ReasonMissing
from openbeat.kernel.ids import new_id
from openbeat.places.models import AreaSet
from openbeat.seeing.scope import scope
from openbeat.transparency import actions, queries
from openbeat.transparency.models import MonthBase, MonthTable, Release

WHY = {"reason": "monthly figures", "basis": "obligation"}
SPRING = {"first": date(2021, 3, 1), "last": date(2021, 5, 31)}


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        with scope(service(made.far.pk)):
            Agency.objects.filter(pk=made.far.pk).update(publishes=False)
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def commander(town: Town) -> Actor:
    return town.actor(Role.COMMANDER)


def publish(town: Town, actor: Actor, **settings: Any) -> Release:
    asked = {"area_set": town.areas, **SPRING, "at": town.at, **WHY}
    return actions.publish(actor, town.agency, **asked | settings)


@pytest.fixture
def release(town: Town, commander: Actor) -> Release:
    return publish(town, commander)


def tables(town: Town) -> list[MonthTable]:
    anyone = queries.anyone(NOBODY, town.agency)
    with scope(anyone):
        return queries.month_tables(anyone)


# --- released --------------------------------------------------------------------------------------------------------


def test_a_release_shows_the_months_as_they_were_counted(town: Town, commander: Actor, release: Release) -> None:
    assert (release.author_id, release.held_back, release.threshold) == (commander.person_id, [], 5)
    found = tables(town)
    assert [table.month for table in found] == [date(2021, 3, 1), date(2021, 4, 1), date(2021, 5, 1)]
    march = Incident.objects.filter(day__range=(date(2021, 3, 1), date(2021, 3, 31)))
    assert found[0].total == march.count()
    for table in found:
        for rows in (table.areas, table.classes):
            shown = [count for _, count in rows if count is not None]
            assert all(count >= 5 for count in shown)
            assert sum(shown) <= table.total
        assert all(count is None or count % 5 == 0 for _, count in table.cells)
    entry = Entry.objects.get(operation="disclosure")
    assert (entry.reason, entry.legal_basis, entry.changes["months"]) == ("monthly figures", "obligation", 3)
    base = MonthBase.objects.order_by("month")[0]
    assert [str(found[0]), str(base)] == ["2021-03", "base of 2021-03"]
    assert str(release).startswith("release of 2022-01-0")


def test_a_month_too_small_to_tell_is_held_back_whole(town: Town, commander: Actor) -> None:
    april = Incident.objects.filter(day__range=(date(2021, 4, 1), date(2021, 4, 30)))
    april.exclude(pk__in=april.values("pk")[:3]).delete()
    assert publish(town, commander).held_back == ["2021-04-01"]
    assert [table.month.month for table in tables(town)] == [3, 5]


def test_a_small_change_shows_in_no_table_of_the_next_release(town: Town, commander: Actor, release: Release) -> None:
    before = [(t.total, t.areas, t.classes, t.cells) for t in tables(town)]
    march = Incident.objects.filter(day__range=(date(2021, 3, 1), date(2021, 3, 31)))
    march.filter(pk__in=march.values("pk")[:2]).delete()
    publish(town, commander)
    assert [(t.total, t.areas, t.classes, t.cells) for t in tables(town)] == before
    assert MonthTable.objects.count() == 6


def test_a_month_keeps_the_areas_it_was_first_released_by(town: Town, commander: Actor, release: Release) -> None:
    whole = AreaSet.objects.get(pk=town.areas.pk)
    whole.pk, whole.layer = new_id(), "wards"
    whole._state.adding = True
    whole.save()
    again = publish(town, commander, area_set=whole)
    assert again.held_back == ["2021-03-01", "2021-04-01", "2021-05-01"]


def test_an_administrator_who_sees_no_incident_publishes_the_same_figures(town: Town) -> None:
    assert publish(town, town.actor(Role.ADMINISTRATOR)).held_back == []
    assert len(tables(town)) == 3


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"reason": " "}, ReasonMissing, "a reason and a legal basis"),
        ({"basis": "because"}, ReasonMissing, "no legal basis"),
        ({"first": date(2021, 5, 3), "last": date(2021, 5, 20)}, Contradiction, "no whole month"),
    ],
)
def test_a_release_without_its_ground_is_refused(
    town: Town, commander: Actor, settings: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        publish(town, commander, **settings)
    assert not Release.objects.exists()


def test_areas_of_another_agency_are_not_published_by(town: Town, commander: Actor) -> None:
    town.areas.agency_id = town.far.pk
    try:
        with pytest.raises(Contradiction, match="another agency"):
            publish(town, commander)
    finally:
        town.areas.agency_id = town.agency.pk


def test_no_programme_and_no_service_releases(town: Town, commander: Actor) -> None:
    for actor in (
        Actor(
            commander.person_id, commander.agency_id, commander.holdings, scope=frozenset(Permission), token_id=new_id()
        ),
        Actor(None, commander.agency_id, commander.holdings),
    ):
        with pytest.raises(Contradiction, match="by a named person"):
            publish(town, actor)
    with pytest.raises(NotPermitted):
        publish(town, town.house)


def test_colleagues_and_strangers_release_nothing(town: Town) -> None:
    for actor in (town.actor(Role.ANALYST), town.actor(Role.OVERSEER), town.stranger(Role.COMMANDER)):
        with pytest.raises(NotPermitted):
            publish(town, actor)


def test_everybody_sees_releases_and_nothing_else(town: Town, release: Release) -> None:
    anyone = queries.anyone(NOBODY, town.agency, "192.0.2.9")
    with scope(anyone):
        assert list(queries.releases(anyone)) == [release]
        for permission in set(Permission) - {Permission.PUBLICATION_VIEW}:
            assert scopes(anyone, permission) == ()
    far = queries.anyone(NOBODY, town.far)
    with scope(far):
        assert not queries.releases(far).exists()
        assert not MonthTable.objects.exists()


# --- pages and files -------------------------------------------------------------------------------------------------


def test_the_public_page_needs_no_sign_in(town: Town, release: Release) -> None:
    assert Client().get("/public/")["Location"] == "/public/town/"
    page = Client().get("/public/town/").content.decode()
    for words in ("Church-Yonge Corridor", "Who may do what", "2021-05", "python -m witness verify"):
        assert words in page
    assert "2021-03" in Client().get("/public/town/?month=2021-03-01").content.decode()
    assert Client().get("/public/far/").status_code == 404


def test_the_day_of_a_release_is_the_agencys_own(town: Town, commander: Actor) -> None:
    late = town.at.astimezone(town.agency.tz).replace(hour=23, minute=30)
    assert late.astimezone(UTC).date() > late.date()
    publish(town, commander, at=late)
    assert f"Released on {late:%Y-%m-%d}" in Client().get("/public/town/").content.decode()


def test_an_agency_without_a_release_says_so(town: Town) -> None:
    assert Client().get("/public/town/").status_code == 200
    assert Client().get("/ogc/town/collections/areas/items").json()["numberMatched"] == 0
    with scope(service(town.far.pk)):
        Agency.objects.filter(pk=town.far.pk).update(publishes=True)
    page = Client().get("/public/").content.decode()
    assert page.index("Far") < page.index("Toronto (training)")


@pytest.mark.parametrize(("kind", "column"), [("areas", "area"), ("classes", "offence"), ("cells", "h3_cell")])
def test_open_data_come_as_csv(town: Town, release: Release, kind: str, column: str) -> None:
    answer = Client().get(f"/public/town/{kind}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert (answer["Content-Type"], list(rows[0])) == ("text/csv; charset=utf-8", ["month", column, "incidents"])
    assert {row["month"] for row in rows} == {"2021-03-01", "2021-04-01", "2021-05-01"}
    assert Client().get("/public/town/people.csv").status_code == 404


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> Path:
    settings.LOG_TILES = tmp_path / "tiles"
    for where in ("checkpoint", "tile/0/000", "tile/entries/x001/002.p/7", "secret"):
        file = tmp_path / "tiles" / where
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(where)
    (tmp_path / "outside").write_text("outside")
    return tmp_path


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("checkpoint", "no-cache"),
        ("tile/0/000", "public, max-age=31536000, immutable"),
        ("tile/entries/x001/002.p/7", "no-cache"),
    ],
)
def test_the_log_is_handed_out_as_it_is_laid_out(log: Path, where: str, kept: str) -> None:
    answer = Client().get(f"/log/{where}")
    assert answer.content.decode() == where
    assert (answer["Cache-Control"], answer["Access-Control-Allow-Origin"]) == (kept, "*")


@pytest.mark.parametrize(
    "where",
    [
        "secret", "tile/0/001", "../outside", "%2e%2e/outside", "tile/../../outside", "tile/..%2f..%2foutside",
        "tile/0/000/", "tile/0/000%0a", "/etc/passwd", "tile/0", "tile/100/000", "keys/../../outside", "checkpoint/x",
    ],
)  # fmt: skip
def test_nothing_beside_the_log_is_handed_out(log: Path, where: str) -> None:
    assert Client().get(f"/log/{where}").status_code == 404


# --- OGC API Features ------------------------------------------------------------------------------------------------


def schema(name: str) -> dict[str, Any]:
    file = shared("standards/ogcapi-features/ogcapi-features-1-oas31.yaml")
    document = yaml.safe_load(file.read_text())
    return {"$ref": f"#/components/schemas/{name}", "components": nulls(document["components"])}


def nulls(part: Any) -> Any:
    """The document writes the type «null» without quotes, which YAML reads as nothing."""
    if isinstance(part, dict):
        return {key: "null" if key == "type" and one is None else nulls(one) for key, one in part.items()}
    return [nulls(one) for one in part] if isinstance(part, list) else part


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("", "landingPage"),
        ("/conformance", "confClasses"),
        ("/collections", "collections"),
        ("/collections/areas", "collection"),
        ("/collections/cells/items?limit=3", "featureCollectionGeoJSON"),
        ("/collections/areas/items/2021-03.Moss%20Park", "featureGeoJSON"),
    ],
)
def test_answers_are_as_the_standard_has_them(release: Release, address: str, name: str) -> None:
    answer = Client().get(f"/ogc/town{address}")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    jsonschema.Draft202012Validator(schema(name)).validate(answer.json())


def items(query: str = "", name: str = "areas") -> dict[str, Any]:
    answer = Client().get(f"/ogc/town/collections/{name}/items{query}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    assert found["numberReturned"] == len(found["features"])
    return found


def test_pages_follow_each_other_to_the_end(release: Release) -> None:
    seen, query = [], "?limit=4"
    while query:
        page = items(query)
        seen += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        query = "?" + following[0].partition("?")[2] if following else ""
    assert len(seen) == len(set(seen)) == page["numberMatched"] == items()["numberReturned"] >= 9


def test_features_are_chosen_by_box_and_time(release: Release) -> None:
    everything = items()["numberMatched"]
    assert items("?bbox=-80,43,-79,44")["numberMatched"] <= everything
    assert items("?bbox=10,50,11,51")["numberMatched"] == 0
    assert items("?bbox=-80,43,0,-79,44,100")["numberMatched"] == items("?bbox=-80,43,-79,44")["numberMatched"]
    assert items("?bbox=170,-90,-79,90")["numberMatched"] == items("?bbox=-180,-90,-79,90")["numberMatched"] > 0
    april = items("?datetime=2021-04-01")
    assert {feature["properties"]["month"] for feature in april["features"]} == {"2021-04-01"}
    assert items("?datetime=2021-04-15T00:00:00Z/..")["numberMatched"] == everything - april["numberMatched"]
    assert items("?datetime=../2021-04-30")["numberMatched"] == 2 * april["numberMatched"]


def test_hidden_counts_are_told_as_hidden(release: Release) -> None:
    for name in ("areas", "cells"):
        for feature in items(name=name)["features"]:
            told = feature["properties"]
            assert told["hidden"] is (told["incidents"] is None)


def test_a_feature_with_a_slash_in_its_name_has_an_address(release: Release) -> None:
    table = MonthTable.objects.get(month=date(2021, 3, 1))
    table.areas = [["North/South St. James", 7]]
    table.save()
    found = Client().get("/ogc/town/collections/areas/items/2021-03.North/South%20St.%20James").json()
    assert (found["properties"]["incidents"], found["geometry"]) == (7, None)
    assert found["links"][0]["href"].endswith("/items/2021-03.North%2FSouth%20St.%20James")
    assert Client().get(found["links"][0]["href"]).status_code == 200
    assert "2021-03.North/South St. James" not in [f["id"] for f in items("?bbox=-80,43,-79,44")["features"]]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/collections/people", 404),
        ("/collections/people/items", 404),
        ("/collections/areas/items/none", 404),
        ("/collections/areas/items?limit=0", 400),
        ("/collections/areas/items?limit=-1", 400),
        ("/collections/areas/items?offset=x", 400),
        ("/collections/areas/items?bbox=1,2,3", 400),
        ("/collections/areas/items?bbox=a,b,c,d", 400),
        ("/collections/areas/items?bbox=nan,0,1,1", 400),
        ("/collections/areas/items?datetime=soon", 400),
        ("/collections/areas/items?datetime=2021-13-01", 400),
        ("/collections/areas/items?datetime=2021-01-01/2021-02-01/2021-03-01", 400),
        ("/collections/areas/items?colour=red", 400),
        ("/api", 200),
        ("/", 200),
        ("/collections/areas/items?limit=99999", 200),
    ],
)
def test_bad_input_is_told_in_words(release: Release, address: str, status: int) -> None:
    answer = Client().get(f"/ogc/town{address}")
    assert answer.status_code == status
    assert status == 200 or answer.json()["description"]


def test_an_agency_that_does_not_publish_has_no_open_data(town: Town) -> None:
    assert Client().get("/ogc/far").status_code == 404
    with pytest.raises(NotFound):
        queries.publishing_agency(NOBODY, "far")


# --- the commander's page --------------------------------------------------------------------------------------------


def test_figures_are_released_from_the_page(town: Town) -> None:
    client = town.client(Role.COMMANDER)
    told = {"area_set": str(town.areas.pk), "first": "2021-03-01", "last": "2021-05-31", **WHY}
    answer = client.post("/publishing/", told, follow=True)
    assert "3 months are published" in answer.content.decode()
    assert client.post("/publishing/", told | {"reason": ""}).status_code == 422
    refused = client.post("/publishing/", told | {"first": "2021-05-02"})
    assert (refused.status_code, "no whole month" in refused.content.decode()) == (422, True)
    assert town.client(Role.ANALYST).get("/publishing/").status_code == 403
    assert Client().get("/publishing/").status_code == 302
