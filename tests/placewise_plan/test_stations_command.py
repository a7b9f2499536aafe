"""`python -m placewise stations` on a made-up road and on Chicago: units, cover, today's beside it; no half file."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely
from tests.shared_data import shared

from placewise.__main__ import main

CROW = ["--crow", "--kmh", "60", "--detour", "1"]


def run(*arguments: str) -> int:
    """The exit code, however the command ends."""
    try:
        return main(["stations", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def square(column: int, **properties: Any) -> dict[str, Any]:
    """A square of a hundredth of a degree, 1.1 km; the middle of the next lies 66 seconds on."""
    shape = shapely.box(column / 100, 0, (column + 1) / 100, 0.01)
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}


@pytest.fixture
def road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten squares in a row with 7 of 10 calls in the first, 3 in the last; a site in each of these two."""
    monkeypatch.chdir(tmp_path)
    work = [7, *[0] * 8, 3]
    areas = [square(c, name=f"a{c}", work=work[c], busy=0.5 if c else 0.2) for c in range(10)]
    Path("areas.geojson").write_text(json.dumps({"features": areas}))
    spots = [((c + 0.5) / 100, 0.005) for c in range(10) for _ in range(work[c])]
    pl.DataFrame([*spots, (None, None)], schema=["lon", "lat"], orient="row").write_csv("incidents.csv")
    sites = [("west", 0.005, 0.005, 2), ("east", 0.095, 0.005, 0)]
    pl.DataFrame(sites, schema=["name", "lon", "lat", "now"], orient="row").write_csv("sites.csv")
    points = [{"type": "Feature", "properties": {"name": n, "now": t, "most": None}, "geometry":
               {"type": "Point", "coordinates": [lon, lat]}} for n, lon, lat, t in sites]  # fmt: skip
    Path("sites.geojson").write_text(json.dumps({"features": points}))
    return tmp_path


INCIDENTS = ["--incidents", "incidents.csv"]
WORK = ["--areas", "areas.geojson", "--name", "name", "--workload", "work"]
COUNTED = ["--areas", "areas.geojson", "--incidents", "incidents.csv"]


@pytest.mark.parametrize("sites", ["sites.csv", "sites.geojson"])
@pytest.mark.parametrize("demand", [INCIDENTS, WORK, COUNTED])
def test_units_stand_where_they_add_most_and_today_is_beside(
    sites: str, demand: list[str], road: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 2 units busy for 0.3 of the time one each covers 0.7 of all; both in the west 0.7 × (1 − 0.3²)."""
    given = [sites, "--units", "2", "--minutes", "2", "--busy", "0.3", "--today", "now", *demand, *CROW]
    assert run(*given, "--out", "o.csv", "--by-area", "a.csv", "--curve") == 0
    assert pl.read_csv("o.csv").select("name", "units", "today").rows() == [("west", 1, 2), ("east", 1, 0)]
    told = capsys.readouterr().err
    assert (
        "70.0% of what is wanted can expect a free unit within 2 minutes (no places can have more than 70.0%)" in told
    )
    assert "100.0% is within reach of a unit at all, 0.0% of two" in told
    assert "today 63.7%: +6.3 percentage points here" in told
    assert "1 units  49.0%  +49.0" in told
    assert "2 units  70.0%  +21.0" in told
    by_area = pl.read_csv("a.csv").filter(pl.col("wanted") > 0)
    assert by_area.select("wanted", "units_within_reach", "chance").sort("wanted").rows() == [(3, 1, 0.7), (7, 1, 0.7)]


def test_a_share_by_area_a_limit_and_points_on_a_map(road: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two units in the west, busy for a fifth of the time: 0.7 × (1 − 0.2²); the east is out of reach."""
    given = ["sites.csv", "--units", "2", "--minutes", "2", "--busy", "busy", "--stations", "1", *WORK, *CROW]
    assert run(*given, "--out", "o.geojson") == 0
    units = {
        one["properties"]["name"]: one["properties"] for one in json.loads(Path("o.geojson").read_text())["features"]
    }
    assert units == {"west": {"name": "west", "units": 2}, "east": {"name": "east", "units": 0}}
    told = capsys.readouterr().err
    assert "67.2% of what is wanted" in told
    assert "today" not in told


def test_another_number_of_units_today_is_said(road: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["sites.csv", "--units", "3", "--minutes", "2", "--busy", "0.3", "--today", "now", *WORK, *CROW]
    assert run(*given) == 0
    told = capsys.readouterr()
    assert "today 63.7% with 2 units instead of 3: +21.0 percentage points here" in told.err
    assert told.out.splitlines()[0] == "name,lon,lat,units,today"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["none.csv", *INCIDENTS], "none.csv: No such file"),
        (["areas.geojson", *INCIDENTS], "sites are points, not a Polygon"),
        (["sites.csv", "--today", "gone", *INCIDENTS], "no site of sites.csv has a gone"),
        (["sites.csv", "--busy", "busy", *INCIDENTS], "--busy busy is no share; a property of areas needs --areas"),
        (["sites.csv", "--busy", "gone", *WORK], "no number gone for each area"),
        (["sites.csv", "--busy", "1", *WORK], "busy is not a share from 0 to below 1"),
        (["sites.csv", "--workload", "work"], "--workload is a property of --areas"),
        (["sites.csv", "--units", "0", *INCIDENTS], "0 is no number of units"),
        (["sites.csv", "--minutes", "0", *INCIDENTS], "0 minutes are no reach"),
        (["far.csv", "--units", "9", *INCIDENTS], "no room for all units"),
    ],
)
def test_refusals_say_what_to_change_and_leave_no_file(
    given: list[str], says: str, road: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("far.csv").write_text("lon,lat,most\n0,0,2\n")
    usual = {"--units": "2", "--minutes": "2", "--busy": "0.3"}
    rest = [word for name, value in usual.items() if name not in given for word in (name, value)]
    assert run(*given, *rest, *CROW, "--out", "o.csv") == 2
    assert says in capsys.readouterr().err
    assert not Path("o.csv").exists()


def test_chicagos_stations_cover_more_than_with_the_same_number_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stations = pl.read_csv(shared("chicago/police-district-stations.csv"))
    incidents = shared("chicago/chicago_slim_2012-2018.parquet")
    lists = [shared(f"chicago/streets/chicago_street_{name}.csv.gz") for name in ("nodes", "edges_derived")]
    monkeypatch.chdir(tmp_path)
    names = {"DISTRICT NAME": "name", "LONGITUDE": "lon", "LATITUDE": "lat"}
    stations.select(*names).rename(names).with_columns(now=pl.lit(2), most=pl.lit(6)).write_csv("stations.csv")
    pl.scan_parquet(incidents).select("lon", "lat").collect().sample(10_000, seed=1).write_parquet("some.parquet")
    streets = ["--nodes", str(lists[0]), "--edges", str(lists[1]), "--kmh", "35", "--cache", "."]
    units = str(2 * len(stations))
    given = ["stations.csv", "--units", units, "--minutes", "7", "--busy", "0.5", "--today", "now", "--gap", "0.001"]
    assert run(*given, "--incidents", "some.parquet", "--h3", "8", *streets, "--out", "o.csv") == 0
    table = pl.read_csv("o.csv")
    assert table["units"].sum() == table["today"].sum() == 2 * len(stations)
    assert table["units"].max() <= 6
    told = capsys.readouterr().err
    assert "more like it" in told
    more = float(told.split("percentage points here")[0].split()[-1])
    assert more > 1
