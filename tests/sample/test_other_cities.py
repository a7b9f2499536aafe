"""Other cities come in as folders: Chicago with beats, stations and street lists, Portland in feet with an extract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from tests.shared_data import shared

from openbeat.access import Actor
from openbeat.access.actors import service
from openbeat.accounts.models import Agency
from openbeat.incidents import queries as incidents
from openbeat.incidents.models import Incident
from openbeat.intake.models import Import
from openbeat.kernel.errors import BadInput
from openbeat.ops import place_work
from openbeat.ops.sample import load_city
from openbeat.places import queries as places
from openbeat.places.models import StreetNetwork
from openbeat.seeing.scope import scope
from placewise.__main__ import main as analytics
from placewise.streets import StreetGraph

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CHICAGO = """
[agency]
name = "Chicago (training)"
slug = "chicago"
zone = "America/Chicago"
country = "US"

[[areas]]
file = "{beats}"
layer = "beats"
name = "Beats"
valid_from = 2012-12-18
code = "BEAT_NUM"
label = "BEAT_NUM"

[[areas]]
file = "{districts}"
layer = "districts"
name = "Districts"
valid_from = 2012-12-18
code = "DIST_NUM"
label = "DIST_LABEL"

[[incidents]]
file = "slice.parquet"
profile = "chicago-slim"

[streets]
nodes = "{nodes}"
edges = "{edges}"
kmh = 40
attribution = "City of Chicago"

[stations]
file = "{stations}"

[units]
count = 30
"""

PORTLAND = """
[agency]
name = "Portland (training)"
zone = "America/Los_Angeles"

[[areas]]
file = "{districts}"
layer = "districts"
name = "Police districts"
valid_from = 2012-01-01

[[incidents]]
file = "{burglary}"
profile = "portland-nij-burglary"

[[incidents]]
file = "{theft}"
profile = "portland-nij-vehicle-theft"

[streets]
extract = "{extract}"
"""


@contextmanager
def loaded(folder: Path, text: str) -> Iterator[tuple[Agency, Actor]]:
    (folder / "agency.toml").write_text(text, encoding="utf-8")
    agency = load_city(folder, lambda *_: None)
    house = service(agency.pk)
    with scope(house):
        yield agency, house


@pytest.fixture
def quiet(settings: object, tmp_path: Path) -> Callable[[], None]:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    return lambda: None


def test_chicago_comes_with_beats_stations_and_streets(tmp_path: Path, quiet: object) -> None:
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"))
    rows.tail(5_000).write_parquet(tmp_path / "slice.parquet")
    named = {
        "beats": "chicago/boundaries/police-beats-dec2012.shp.zip",
        "districts": "chicago/boundaries/police-districts-dec2012.shp.zip",
        "nodes": "chicago/streets/chicago_street_nodes.csv.gz",
        "edges": "chicago/streets/chicago_street_edges_derived.csv.gz",
        "stations": "chicago/police-district-stations.csv",
    }
    text = CHICAGO.format(**{key: shared(path) for key, path in named.items()})
    with loaded(tmp_path, text) as (agency, house):
        imported = Import.objects.get()
        assert imported.rows_new + imported.rows_refused == 5_000
        assert imported.rows_refused < 50
        last = rows["datetime"].max()
        assert agency.training_today == date(last.year, last.month, last.day + 1)
        force = places.area_sets_in_force(house, agency.pk, date(2018, 1, 1))
        assert {layer: one.count for layer, one in force.items()} == {"beats": 275, "districts": 23}
        assert places.stations(house, agency.pk).count() == 23
        network = StreetNetwork.objects.get()
        place_work.build_streets(agency_id=str(agency.pk), network_id=str(network.pk))
        times = places.travel_times(house, agency.pk)
        assert isinstance(times, StreetGraph)
        central, harrison = [[-87.6274, 41.8584]], [[-87.7052, 41.8739]]
        assert 8 < times.many_to_many(central, harrison).item() / 60 < 25


def test_portland_comes_in_feet_with_an_extract(tmp_path: Path, quiet: object) -> None:
    named = {
        "districts": "portland/Portland_Police_Districts/Portland_Police_Districts.shp",
        "burglary": "portland/nij_portland_bur_2012-03_2017-05.csv",
        "theft": "portland/nij_portland_veh_2012-03_2017-05.csv",
        "extract": "portland/portland-central-filtered.osm.pbf",
    }
    with loaded(tmp_path, PORTLAND.format(**{key: shared(path) for key, path in named.items()})) as (agency, house):
        assert agency.slug == "portland-training"
        assert agency.training_today == date(2017, 6, 1)
        assert Incident.objects.count() == 5_364 + 9_842
        ground = places.ground(house, places.area_sets_in_force(house, agency.pk, date(2017, 1, 1))["districts"])
        lon, lat = np.array(Incident.objects.values_list("lon", "lat")[:2000]).T
        assert shapely.intersects_xy(ground, lon, lat).mean() > 0.97
        waiting = places.basemaps(house, agency.pk).get()
        place_work.build_basemap_of(agency_id=str(agency.pk), basemap_id=str(waiting.pk))
        assert places.basemap_in_use(house, agency.pk) == waiting


def test_a_made_up_city_comes_as_the_manual_says(tmp_path: Path, quiet: object) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "how-to" / "another-city.md").read_text(encoding="utf-8")
    text = next(block for block in re.findall(r"```toml\n(.*?)```", manual, re.DOTALL) if "synthetic-city" in block)
    assert analytics(["city", "village", "--days", "400", "--seed", "4", "--out", str(tmp_path)]) == 0
    reports = pl.read_csv(tmp_path / "reports.csv")
    with loaded(tmp_path, text) as (agency, house):
        imported = Import.objects.get()
        assert (imported.rows_new, imported.rows_refused) == (len(reports), 0)
        found = incidents.classes_present(house, reported=True)
        assert {one.code: count for one, count in found} == {
            {"assault": "13B", "burglary": "220", "vehicle theft": "240"}[kind]: count
            for kind, count in reports.group_by("class").len().iter_rows()
        }
        assert places.stations(house, agency.pk).count() == 2
        network = StreetNetwork.objects.get()
        place_work.build_streets(agency_id=str(agency.pk), network_id=str(network.pk))
        spots = [(one.lon, one.lat) for one in places.stations(house, agency.pk)]
        assert np.isfinite(places.travel_times(house, agency.pk).many_to_many(spots, spots)).all()


def test_a_city_with_a_broken_file_leaves_nothing(tmp_path: Path, quiet: object) -> None:
    (tmp_path / "crimes.csv").write_text("when,what\nyesterday,theft\n")
    text = '[agency]\nname = "Half"\nzone = "UTC"\n\n[[incidents]]\nfile = "crimes.csv"\n'
    with pytest.raises(BadInput), loaded(tmp_path, text):
        pass
    assert not Agency.objects.filter(name="Half").exists()
