"""Places in the database: kept with their cells, in force by day, changed by those who may, shut to strangers."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import h3.api.numpy_int as h3
import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from shapely import MultiPolygon, box
from tests.places.small_city import binary, write

from openbeat.access import Actor, Holding, Role
from openbeat.accounts.models import Agency
from openbeat.audit.models import Entry
from openbeat.kernel.errors import BadInput, Contradiction, NotFound, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.patrol.models import Unit
from openbeat.places import actions, queries, store
from openbeat.places.extract import ExtractUnreadable
from openbeat.places.models import AreaCell, AreaSet, Basemap, Extract, StreetNetwork
from openbeat.places.rules import Layer, NotAStreetFile, StationRow
from openbeat.places.shapes import AreaShape
from openbeat.places.states import State
from openbeat.places.tiles import Basemap as Built
from openbeat.seeing.scope import scope
from placewise.streets import CrowFlight, StreetGraph

pytestmark = pytest.mark.django_db

T0 = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
WEST = AreaShape("01", "West", MultiPolygon([box(10.0, 50.0, 10.02, 50.03)]))
EAST = AreaShape("02", "East", MultiPolygon([box(10.02, 50.0, 10.04, 50.03)]))


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="North", slug="north", zone="Europe/Berlin")


def someone(agency: Agency, *roles: Role) -> Actor:
    reach = frozenset({agency.id})
    return Actor(new_id(), agency.id, tuple(Holding(role, agency.id, new_id(), reach) for role in roles))


@pytest.fixture
def analyst(agency: Agency) -> Iterator[Actor]:
    actor = someone(agency, Role.ANALYST, Role.OVERSEER)
    with scope(actor):
        yield actor


def add(actor: Actor, agency: Agency, *, day: str = "2020-01-01", layer: Layer = Layer.BEATS) -> AreaSet:
    return actions.add_areas(
        actor, agency, layer=layer, name="Beats", valid_from=date.fromisoformat(day), areas=[EAST, WEST],
        source="beats.geojson", at=T0,
    )  # fmt: skip


def test_areas_are_kept_with_their_cells(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    assert (made.count, made.resolution, made.author_id) == (2, 10, analyst.person_id)
    assert made.bounds == (10.0, 50.0, 10.04, 50.03)
    assert made.km2 == pytest.approx(WEST.km2 + EAST.km2)
    assert [(area.code, area.name) for area in queries.areas(analyst, made)] == [("01", "West"), ("02", "East")]
    by_area = queries.cells_by_area(analyst, made)
    middle = h3.latlng_to_cell(50.01, 10.01, 10)
    assert by_area.area[np.searchsorted(by_area.cells, middle)] == 0
    assert 0.9 < len(by_area.cells) * h3.average_hexagon_area(10) / made.km2 < 1.3
    assert Entry.objects.get().changes["count"] == [None, 2]


def test_counting_by_area_is_a_join(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    spots = [(10.01, 50.01), (10.011, 50.011), (10.03, 50.02)]
    cells = [int(h3.latlng_to_cell(lat, lon, 11)) for lon, lat in spots]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.code, count(*) FROM unnest(%s::bigint[]) AS i(cell)"
            " JOIN places_areacell c ON c.area_set_id = %s AND c.cell = openbeat_parent(i.cell, 10)"
            " JOIN places_area a ON a.id = c.area_id GROUP BY a.code ORDER BY a.code",
            [cells, made.pk],
        )
        assert cursor.fetchall() == [("01", 2), ("02", 1)]


def test_points_find_their_area_exactly(analyst: Actor, agency: Agency) -> None:
    keys, found = queries.areas_at(analyst, add(analyst, agency), np.array([10.01, 10.03, 11.0]), np.array([50.01] * 3))
    assert found.tolist() == [0, 1, -1]
    assert [str(area) for area in queries.areas(analyst, AreaSet.objects.get()).filter(pk__in=keys)] == ["West", "East"]


def test_the_collection_is_geojson_for_maps(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    for exact in (True, False):
        collection = queries.area_collection(analyst, made, exact=exact)
        assert collection["bbox"] == [10.0, 50.0, 10.04, 50.03]
        assert [feature["properties"]["name"] for feature in collection["features"]] == ["West", "East"]
        assert {feature["geometry"]["type"] for feature in collection["features"]} <= {"Polygon", "MultiPolygon"}
    assert queries.ground(analyst, made).area == pytest.approx(0.04 * 0.03)


def test_a_later_set_takes_the_place_of_an_earlier_one_from_its_day(analyst: Actor, agency: Agency) -> None:
    old, new = add(analyst, agency), add(analyst, agency, day="2024-06-01")
    wards = add(analyst, agency, layer=Layer.WARDS)

    def on(day: str) -> dict[str, AreaSet]:
        return queries.area_sets_in_force(analyst, agency.id, date.fromisoformat(day))

    assert on("2019-12-31") == {}
    assert on("2024-05-31") == {"beats": old, "wards": wards}
    assert on("2024-06-01") == {"beats": new, "wards": wards}
    assert queries.area_sets_to_choose(analyst, date(2024, 5, 31)) == [old, wards, new]
    assert queries.area_sets_to_choose(analyst, date(2024, 6, 1), agency.id) == [new, old, wards]
    actions.withdraw_areas(analyst, new, reason="wrong file", at=T0)
    assert on("2024-06-01") == {"beats": old, "wards": wards}
    assert queries.area_set(analyst, new.pk).withdrawn_why == "wrong file"


def test_one_set_a_layer_and_day(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    with pytest.raises(Contradiction, match="beats from 2020-01-01 already"):
        add(analyst, agency)
    with pytest.raises(IntegrityError), transaction.atomic():
        AreaSet(**{f.name: getattr(made, f.name) for f in AreaSet._meta.fields if f.name != "id"}).save()
    actions.withdraw_areas(analyst, made, reason="wrong file", at=T0)
    assert add(analyst, agency).count == 2


def test_areas_are_withdrawn_once_and_with_a_reason(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    with pytest.raises(Contradiction, match="say why"):
        actions.withdraw_areas(analyst, made, reason="  ", at=T0)
    actions.withdraw_areas(analyst, made, reason="redrawn", at=T0)
    with pytest.raises(Contradiction, match="already"):
        actions.withdraw_areas(analyst, made, reason="redrawn", at=T0)


def test_a_friend_may_a_colleague_may_look_a_stranger_sees_nothing(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    colleague = someone(agency, Role.DISPATCHER)
    assert list(queries.area_sets(colleague)) == [made]
    with pytest.raises(NotPermitted):
        add(colleague, agency, day="2021-01-01")
    stranger = someone(Agency.objects.create(name="Far", slug="far"), Role.ANALYST)
    with scope(stranger):
        assert list(queries.area_sets(stranger)) == []
        with pytest.raises(NotFound):
            queries.area_set(stranger, made.pk)
        assert AreaSet.objects.count() == 0
        assert AreaCell.objects.count() == 0
    assert list(queries.areas(stranger, made)) == []


def test_things_are_called_by_their_names(analyst: Actor, agency: Agency, extract: Extract) -> None:
    made = add(analyst, agency)
    things = [made, queries.areas(analyst, made)[0], StationRow("1", "Hill", 1, 2).name, extract]
    assert [str(thing) for thing in things] == ["Beats", "West", "Hill", "city.osm.pbf"]
    assert [str(thing) for thing in (StreetNetwork.objects.get(), Basemap.objects.get())] == [
        "streets waiting", "basemap waiting",
    ]  # fmt: skip
    cell = AreaCell.objects.order_by("cell")[0]
    assert str(cell) == f"{cell.cell:x}"


def test_cells_are_called_by_the_area_of_their_middle(analyst: Actor, agency: Agency) -> None:
    made = add(analyst, agency)
    cells = np.array([h3.latlng_to_cell(50.01, lon, 9) for lon in (10.01, 10.03, 11.0)], np.int64)
    assert queries.names_of_cells(analyst, made, cells) == ["West", "East", ""]
    assert queries.names_of_cells(analyst, made, cells[:0]) == []


def test_the_box_around_all_areas(analyst: Actor, agency: Agency) -> None:
    assert queries.bounds(analyst, agency.pk) is None
    add(analyst, agency)
    assert queries.bounds(analyst, agency.pk, margin=0.01) == pytest.approx((9.99, 49.99, 10.05, 50.04))


def test_a_station_in_use_is_kept(analyst: Actor, agency: Agency) -> None:
    actions.set_stations(analyst, agency, stations=[StationRow("1", "Hill", 10, 50)])
    station = queries.stations(analyst, agency.pk).get()
    Unit.objects.create(agency=agency, call_sign="U1", station=station)
    with pytest.raises(Contradiction, match="in use: 1"):
        actions.set_stations(analyst, agency, stations=[StationRow("2", "Port", 10, 50)])
    assert queries.stations(analyst, agency.pk).get() == station


def test_places_belong_to_an_agency(analyst: Actor) -> None:
    with pytest.raises(NotPermitted):
        actions.state_speed(analyst, Agency(), kmh=30, at=T0)


def test_a_stated_speed_has_no_streets(analyst: Actor, agency: Agency) -> None:
    stated = actions.state_speed(analyst, agency, kmh=30, at=T0)
    with pytest.raises(NotFound, match="no streets"):
        queries.graph_of(analyst, stated)


def test_stations_are_replaced_as_a_list(analyst: Actor, agency: Agency) -> None:
    actions.set_stations(analyst, agency, stations=[StationRow("1", "Old", 10, 50), StationRow("2", "Harbour", 10, 50)])
    actions.set_stations(analyst, agency, stations=[StationRow("2", "Port", 10.5, 50), StationRow("3", "Hill", 10, 51)])
    kept = queries.stations(analyst, agency.id).values_list("code", "name", "lon")
    assert list(kept) == [("2", "Port", 10.5), ("3", "Hill", 10.0)]


# --- streets and basemap ---------------------------------------------------------------------------------------------


def test_without_streets_drives_are_guessed_at_the_stated_speed(analyst: Actor, agency: Agency) -> None:
    times = queries.travel_times(analyst, agency.id)
    assert isinstance(times, CrowFlight)
    assert dict(times.facts) == {"source": "great circle", "kmh": 30.0, "factor": 1.3}
    actions.state_speed(analyst, agency, kmh=42, at=T0)
    assert queries.travel_times(analyst, agency.id).facts["kmh"] == 42
    with pytest.raises(BadInput, match="no average speed"):
        actions.state_speed(analyst, agency, kmh=400, at=T0)


@pytest.fixture
def extract(analyst: Actor, agency: Agency, tmp_path: Path, settings: object) -> Extract:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    return actions.receive_extract(analyst, agency, file=binary(tmp_path), name="city.osm.pbf", at=T0)


def test_an_extract_is_kept_and_waits_for_the_worker(analyst: Actor, agency: Agency, extract: Extract) -> None:
    kept = store.folder(extract.pk) / store.OSM
    assert extract.size == kept.stat().st_size
    assert extract.sha256 == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert extract.attribution == "© OpenStreetMap contributors"
    assert [network.state for network in queries.networks(analyst, agency.id)] == [State.WAITING]
    assert [basemap.state for basemap in queries.basemaps(analyst, agency.id)] == [State.WAITING]
    assert queries.basemap_in_use(analyst, agency.id) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs ORDER BY task_name")
        assert [name for (name,) in cursor.fetchall()] == ["places.build_basemap", "places.build_streets"]


def test_a_web_page_is_no_extract(analyst: Actor, agency: Agency, tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.write_bytes(b"<html>not found</html>")
    with pytest.raises(ExtractUnreadable, match="cannot be read"):
        actions.receive_extract(analyst, agency, file=page, name="city.osm.pbf", at=T0)
    assert not Extract.objects.exists()


def test_only_the_binary_form_is_taken(analyst: Actor, agency: Agency, tmp_path: Path) -> None:
    with pytest.raises(NotAStreetFile, match=r"city\.osm is not"):
        actions.receive_extract(analyst, agency, file=write(tmp_path / "city.osm"), name="city.osm", at=T0)
    assert not Extract.objects.exists()


def test_what_the_worker_makes_moves_from_state_to_state(analyst: Actor, agency: Agency, extract: Extract) -> None:
    network, basemap = StreetNetwork.objects.get(), Basemap.objects.get()
    with pytest.raises(NotInThisState):
        actions.finish_streets(analyst, network, told={}, at=T0)
    actions.begin_streets(analyst, network)
    actions.finish_streets(analyst, network, told={"arcs": 5}, at=T0)
    assert queries.network_in_use(analyst, agency.id) == network
    actions.begin_basemap(analyst, basemap)
    actions.finish_basemap(analyst, basemap, built=Built(9, 999, (1.0, 2.0, 3.0, 4.0), "2026-01-01"), at=T0)
    assert queries.basemap_in_use(analyst, agency.id) == basemap
    again = queries.basemap(analyst, basemap.pk)
    assert (again.tiles, again.west, again.north, again.snapshot) == (9, 1.0, 4.0, "2026-01-01")


def test_what_fails_says_why(analyst: Actor, agency: Agency, extract: Extract) -> None:
    network, basemap = StreetNetwork.objects.get(), Basemap.objects.get()
    assert actions.fail_streets(analyst, network, words="broken", at=T0).state == State.FAILED
    assert actions.fail_basemap(analyst, basemap, words="broken", at=T0).state == State.FAILED
    assert isinstance(queries.travel_times(analyst, agency.id), CrowFlight)
    for unknown in (queries.network, queries.basemap):
        with pytest.raises(NotFound):
            unknown(analyst, new_id())


def test_street_lists_give_travel_times(analyst: Actor, agency: Agency, tmp_path: Path, settings: object) -> None:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    nodes, edges = tmp_path / "n.csv.gz", tmp_path / "e.csv.gz"
    nodes.write_bytes(gzip.compress(b"node,longitude,latitude\n0,10.0,50.0\n1,10.01,50.0\n2,10.01,50.01\n"))
    edges.write_bytes(gzip.compress(b"u,v,length_m,street\n0,1,720,A\n1,2,1110,B\n0,2,1300,C\n"))
    actions.receive_street_lists(
        analyst, agency, nodes=nodes, edges=edges, name="streets", kmh=36, attribution="City", at=T0
    )
    network = StreetNetwork.objects.get()
    actions.begin_streets(analyst, network)
    actions.finish_streets(analyst, network, told={}, at=T0)
    times = queries.travel_times(analyst, agency.id)
    assert isinstance(times, StreetGraph)
    assert times.many_to_many([[10.0, 50.0]], [[10.01, 50.0]]) == pytest.approx(72, abs=1)
