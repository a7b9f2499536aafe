"""The worker makes streets and a basemap of an extract, and tells in words what it could not make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from shapely import MultiPolygon, box
from tests.places.small_city import binary

from openbeat.access import Actor, Holding, Role
from openbeat.accounts.models import Agency
from openbeat.kernel.ids import new_id
from openbeat.ops import place_work
from openbeat.ops.tasks import FAILS
from openbeat.places import actions, queries, store
from openbeat.places.models import Basemap, StreetNetwork
from openbeat.places.rules import Layer
from openbeat.places.shapes import AreaShape
from openbeat.places.states import State
from openbeat.seeing import progress
from openbeat.seeing.scope import scope
from placewise.streets import StreetGraph

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def analyst(settings: object, tmp_path: Path) -> Iterator[Actor]:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    agency = Agency.objects.create(name="North", slug="north")
    reach = frozenset({agency.id})
    actor = Actor(new_id(), agency.id, (Holding(Role.ANALYST, agency.id, new_id(), reach),))
    with scope(actor):
        yield actor


def receive(actor: Actor, file: Path) -> None:
    actions.receive_extract(actor, Agency.objects.get(), file=file, name="city.osm.pbf", at=T0)


def test_streets_are_made_and_in_use(analyst: Actor, tmp_path: Path) -> None:
    receive(analyst, binary(tmp_path))
    waiting = StreetNetwork.objects.get()
    place_work.build_streets(agency_id=str(analyst.agency_id), network_id=str(waiting.pk))
    network = queries.network_in_use(analyst, waiting.agency_id)
    assert network == waiting
    assert network.facts_told["vertices"] == 2
    assert isinstance(queries.travel_times(analyst, waiting.agency_id), StreetGraph)


def test_the_basemap_is_drawn_around_the_areas(analyst: Actor, tmp_path: Path) -> None:
    areas = [AreaShape("1", "One", MultiPolygon([box(10.02, 50.01, 10.03, 50.02)]))]
    actions.add_areas(
        analyst, Agency.objects.get(), layer=Layer.BEATS, name="B", valid_from=date(2020, 1, 1), areas=areas,
        source="b", at=T0,
    )  # fmt: skip
    receive(analyst, binary(tmp_path))
    waiting = Basemap.objects.get()
    place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(waiting.pk))
    made = queries.basemap_in_use(analyst, waiting.agency_id)
    assert made == waiting
    assert (made.west, made.north) == pytest.approx((10.0, 50.03))
    assert store.tiles(made.pk).stat().st_size == made.size
    assert progress.standing(made.pk) == progress.NOT_BEGUN


def test_a_broken_extract_fails_in_words(analyst: Actor, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(binary(tmp_path).read_bytes()[:-60])
    receive(analyst, broken)
    network, basemap = StreetNetwork.objects.get(), Basemap.objects.get()
    place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(basemap.pk))
    basemap.refresh_from_db()
    assert basemap.state == State.FAILED
    assert "cannot be read" in basemap.failure, basemap.failure
    place_work.build_streets(agency_id=str(analyst.agency_id), network_id=str(network.pk))
    network.refresh_from_db()
    assert (network.state, bool(network.failure)) == (State.FAILED, True)
    for retry, made in ((actions.retry_streets, network), (actions.retry_basemap, basemap)):
        retry(analyst, made)
        assert (made.state, made.failure, made.finished_at) == (State.WAITING, "", None)
    place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(basemap.pk))
    basemap.refresh_from_db()
    assert basemap.state == State.FAILED
    FAILS["places.build_streets"](analyst, "given up", str(network.pk))
    network.refresh_from_db()
    assert (network.state, network.failure) == (State.FAILED, "given up")


def test_work_that_is_done_is_not_done_again(analyst: Actor, tmp_path: Path) -> None:
    receive(analyst, binary(tmp_path))
    network, basemap = StreetNetwork.objects.get(), Basemap.objects.get()
    for _ in range(2):
        place_work.build_streets(agency_id=str(analyst.agency_id), network_id=str(network.pk))
        place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(basemap.pk))
        for task, thing in (("places.build_streets", network), ("places.build_basemap", basemap)):
            FAILS[task](analyst, "too late to matter", str(thing.pk))
    for thing in (network, basemap):
        thing.refresh_from_db()
        assert (thing.state, thing.failure) == (State.READY, "")


def test_work_stops_when_asked(analyst: Actor, tmp_path: Path) -> None:
    receive(analyst, binary(tmp_path))
    basemap = Basemap.objects.get()
    progress.ask_to_stop(basemap.pk, basemap.agency_id)
    place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(basemap.pk))
    basemap.refresh_from_db()
    assert (basemap.state, basemap.failure) == (State.FAILED, "stopped, as was asked.")
    assert not store.tiles(basemap.pk).exists()


def test_an_extract_of_another_city_is_told_as_such(analyst: Actor, tmp_path: Path) -> None:
    areas = [AreaShape("1", "One", MultiPolygon([box(-87.7, 41.8, -87.6, 41.9)]))]
    actions.add_areas(
        analyst, Agency.objects.get(), layer=Layer.BEATS, name="B", valid_from=date(2020, 1, 1), areas=areas,
        source="b", at=T0,
    )  # fmt: skip
    receive(analyst, binary(tmp_path))
    network, basemap = StreetNetwork.objects.get(), Basemap.objects.get()
    place_work.build_streets(agency_id=str(analyst.agency_id), network_id=str(network.pk))
    place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(basemap.pk))
    for made in (network, basemap):
        made.refresh_from_db()
        assert (made.state, "nothing where your areas are" in made.failure) == (State.FAILED, True)


def test_the_unforeseen_is_told_and_goes_on(analyst: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(analyst, binary(tmp_path))
    basemap = Basemap.objects.get()
    monkeypatch.setattr(place_work, "build_basemap", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        place_work.build_basemap_of(agency_id=str(analyst.agency_id), basemap_id=str(basemap.pk))
    basemap.refresh_from_db()
    assert "ZeroDivisionError" in basemap.failure
