"""`python -m placewise streets` on real extracts and on a square of four streets: what it writes, what it refuses."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from tests.shared_data import shared

from placewise.__main__ import main
from placewise.streets import open_osm

LISTS = ["--nodes", "nodes.csv", "--edges", "edges.csv", "--kmh", "36"]


@pytest.fixture
def square(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four junctions on a square of 111 m, ten metres a second, and places to drive between."""
    monkeypatch.chdir(tmp_path)
    Path("nodes.csv").write_text(
        "node,longitude,latitude\n1,0.000,0.000\n2,0.001,0.000\n3,0.001,0.001\n4,0.000,0.001\n"
    )
    Path("edges.csv").write_text("u,v,length_m\n1,2,111\n2,3,111\n3,4,111\n4,1,111\n")
    Path("from.csv").write_text("name,lon,lat\nhome,0.0,0.0\nfire hall,0.0,0.001\n")
    Path("to.csv").write_text("lon,lat\n0.001,0.0\n0.001,0.001\n")
    return tmp_path


def run(*arguments: str) -> int:
    """The exit code, however the command ends."""
    try:
        return main(["streets", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_times_between_named_places(square: Path) -> None:
    assert run(*LISTS, "--from", "from.csv", "--to", "to.csv", "--out", "times.csv") == 0
    assert pl.read_csv("times.csv").rows() == [
        ("home", 1, 11.1), ("home", 2, 22.2), ("fire hall", 1, 22.2), ("fire hall", 2, 11.1),
    ]  # fmt: skip


def test_who_is_soonest_there(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*LISTS, "--from", "from.csv", "--to", "to.csv", "--nearest", "1") == 0
    assert capsys.readouterr().out == "to,rank,from,seconds\n1,1,home,11.1\n2,1,fire hall,11.1\n"


def test_ways_are_lines_with_their_time(square: Path) -> None:
    assert run(*LISTS, "--from", "from.csv", "--to", "to.csv", "--paths", "--out", "ways.geojson") == 0
    ways = json.loads(Path("ways.geojson").read_text())["features"]
    first = ways[0]
    assert first["properties"] == {"from": "home", "to": "1", "seconds": 11.1, "metres": 111}
    assert first["geometry"] == {"type": "LineString", "coordinates": [[0.0, 0.0], [0.001, 0.0]]}
    assert len(ways) == 4


def test_isochrones_hold_each_other(square: Path) -> None:
    assert run(*LISTS, "--from", "from.csv", "--isochrones", "0.2,1", "--resolution", "11", "--out", "iso.geojson") == 0
    found = json.loads(Path("iso.geojson").read_text())["features"]
    assert [(one["properties"]["place"], one["properties"]["minutes"]) for one in found] == [
        ("home", 1.0), ("home", 0.2), ("fire hall", 1.0), ("fire hall", 0.2),
    ]  # fmt: skip
    wide, near = (shapely.geometry.shape(one["geometry"]) for one in found[:2])
    assert shapely.contains(wide, near)
    assert near.area < wide.area


def test_an_hour_of_the_week_slows_everything(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("slow.json").write_text(json.dumps({"otherwise": [1.0] * 8 + [0.5] + [1.0] * 159}))
    assert run(*LISTS, "--from", "from.csv", "--to", "to.csv", "--profile", "slow.json", "--hour", "8") == 0
    assert "home,1,22.2\n" in capsys.readouterr().out


def test_the_great_circle_serves_without_streets(square: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--crow", "--kmh", "36", "--detour", "1", "--from", "from.csv", "--to", "to.csv") == 0
    assert "home,1,11.1\n" in capsys.readouterr().out
    assert run("--crow", "--kmh", "36", "--from", "from.csv", "--isochrones", "1", "--towards") == 0


@pytest.mark.parametrize("file", ["baltimore.osm.pbf", "Helsinki.osm.pbf"])
def test_a_real_extract_answers_as_the_graph_does(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = shared(f"osm/{file}")
    monkeypatch.chdir(tmp_path)
    graph = open_osm(extract, folder=tmp_path)
    rng = np.random.default_rng(3)
    spots = np.column_stack([graph.shape_lon, graph.shape_lat])[rng.integers(0, len(graph.shape_lon), 5)]
    pl.DataFrame({"lon": spots[:, 0], "lat": spots[:, 1]}).write_csv("spots.csv")
    assert run(str(extract), "--cache", ".", "--from", "spots.csv", "--to", "spots.csv") == 0
    said = capsys.readouterr()
    seconds = pl.read_csv(said.out.encode())["seconds"].to_numpy().reshape(5, 5)
    np.testing.assert_allclose(seconds, graph.many_to_many(spots, spots), atol=0.051)
    assert f"OpenStreetMap extract, {graph.facts['vertices']:,} junctions" in said.err
    assert run("--streets", str(extract), "--cache", ".") == 0
    assert json.loads(capsys.readouterr().out) == graph.facts


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "from.csv"], "name one source of driving times"),
        (["--crow", *LISTS], "name one source of driving times"),
        (["--crow"], "a speed is needed: --kmh"),
        (["--crow", "--kmh", "0"], "0 is no speed"),
        (["--nodes", "nodes.csv", "--kmh", "30"], "--nodes and --edges go together"),
        ([*LISTS, "--hour", "3"], "--profile and --hour go together"),
        ([*LISTS, "--profile", "from.csv", "--hour", "3"], "from.csv is no profile of speeds"),
        ([*LISTS, "--from", "from.csv"], "say with --to where to"),
        ([*LISTS, "--from", "gone.csv", "--to", "to.csv"], "gone.csv"),
        (
            [*LISTS, "--from", "edges.csv", "--to", "to.csv"],
            "edges.csv has no column lon, lat; there are u, v, length_m",
        ),
        ([*LISTS, "--from", "empty.csv", "--to", "to.csv"], "empty.csv holds no row"),
        ([*LISTS, "--from", "wrong.csv", "--to", "to.csv"], "wrong.csv, line 2: lon is 'x', not a number"),
        ([*LISTS, "--from", "far.csv", "--to", "to.csv"], "line 2: 200.0, 0.0 is no longitude and latitude"),
        ([*LISTS, "--from", "off.csv", "--to", "to.csv"], "from the nearest street, more than 2000 m"),
        ([*LISTS, "--from", "from.csv", "--to", "to.csv", "--nearest", "0"], "at least 1, not 0"),
        ([*LISTS, "--from", "from.csv", "--isochrones", "5,x"], "are no minutes"),
        ([*LISTS, "--from", "from.csv", "--isochrones", "0"], "no minutes above 0"),
        ([*LISTS, "--from", "from.csv", "--isochrones", "5", "--out", "a.csv"], "a.csv: this is written as .geojson"),
        ([*LISTS, "--from", "from.csv", "--to", "to.csv", "--out", "a.txt"], "ends in none of .csv"),
        (["edges.csv", "--from", "from.csv", "--to", "to.csv"], "edges.csv can't be read as an extract"),
    ],
)
def test_refusals_say_what_to_change_and_leave_no_file(
    arguments: list[str], says: str, square: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.csv").write_text("lon,lat\n")
    Path("wrong.csv").write_text("lon,lat\nx,1\n")
    Path("far.csv").write_text("lon,lat\n200,0\n")
    Path("off.csv").write_text("lon,lat\n1,1\n")
    before = {path.name for path in square.iterdir()} | {"edges.streets.npz"}
    assert run(*arguments) == 2
    assert says in capsys.readouterr().err
    assert {path.name for path in square.iterdir()} <= before
