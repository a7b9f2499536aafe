"""`python -m placewise beats` on a made-up town and on Chicago: beats, alternatives, a page; no half file."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely
from tests.shared_data import shared

from placewise.__main__ import main
from placewise.plan.beats_ground import Outlines

CROW = ["--crow", "--kmh", "30", "--rounds", "100"]


def square(column: int, row: int, **properties: Any) -> dict[str, Any]:
    """A square of a hundredth of a degree."""
    shape = shapely.box(column / 100, row / 100, (column + 1) / 100, (row + 1) / 100)
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two rows of four squares, an island beside them, incidents, and today's two beats."""
    monkeypatch.chdir(tmp_path)
    areas = [
        square(c, r, name=f"{r}{c}", work=1 + c, beat="upper" if r else "lower") for r in range(2) for c in range(4)
    ]
    areas.append(square(6, 0, name="island", work=1, beat="lower"))
    Path("areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": areas}))
    spots = [(c / 100 + 0.002, r / 100 + 0.003) for r in range(2) for c in range(4) for _ in range(1 + c)]
    table = pl.DataFrame([*spots, (0.061, 0.001), (1.0, 1.0), (None, None)], schema=["lon", "lat"], orient="row")
    table.write_csv("incidents.csv")
    table.write_parquet("incidents.parquet")
    return tmp_path


def run(*arguments: str) -> int:
    """The exit code, however the command ends."""
    try:
        return main(["beats", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    "work", [["--workload", "work"], ["--incidents", "incidents.csv"], ["--incidents", "incidents.parquet"]]
)
def test_beats_are_drawn_and_told(work: list[str], town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["areas.geojson", "--count", "2", "--name", "name", "--today", "beat", *work, *CROW, "--out", "b.geojson"]
    assert run(*given) == 0
    beats = json.loads(Path("b.geojson").read_text())["features"]
    quickest = [one["properties"] for one in beats if one["properties"]["plan"] == "quickest"]
    assert {one["beat"] for one in quickest} == {"upper", "lower"}
    assert sum(one["workload"] for one in quickest) == 21
    assert all(abs(one["workload"] / 10.5 - 1) <= 0.15 for one in quickest)
    assert sorted(area for one in quickest for area in one["areas"]) == sorted(
        [f"{r}{c}" for r in range(2) for c in range(4)] + ["island"]
    )
    told = capsys.readouterr().err
    assert "island touches nothing and counts as beside 13" in told
    assert "quickest" in told
    assert "areas change hands" in told
    page = Path("b.html").read_text()
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == len({one["properties"]["plan"] for one in beats})
    assert "<script" not in page


def test_incidents_outside_are_counted_and_told(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["areas.geojson", "--count", "2", "--incidents", "incidents.csv", *CROW, "--only-quickest"]
    assert run(*given) == 0
    told = capsys.readouterr()
    assert "1 of 22 incidents lie outside all areas" in told.err
    assert [one["properties"]["beat"] for one in json.loads(told.out)["features"]] == ["1", "2"]


@pytest.mark.slow
def test_chicago_has_beats_of_its_community_areas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    areas, incidents = (
        shared("chicago/boundaries/commareas.geojson.gz"),
        shared("chicago/chicago_slim_2012-2018.parquet"),
    )
    lists = [shared(f"chicago/streets/chicago_street_{name}.csv.gz") for name in ("nodes", "edges_derived")]
    monkeypatch.chdir(tmp_path)
    pl.scan_parquet(incidents).select("lon", "lat").collect().sample(20_000, seed=1).write_parquet("some.parquet")
    streets = ["--nodes", str(lists[0]), "--edges", str(lists[1]), "--kmh", "35", "--cache", "."]
    given = [str(areas), "--name", "community", "--incidents", "some.parquet", "--count", "8", "--seconds", "8"]
    assert run(*given, *streets, "--out", "b.geojson") == 0
    beats = [one["properties"] for one in json.loads(Path("b.geojson").read_text())["features"]]
    for plan in {one["plan"] for one in beats}:
        own = [one for one in beats if one["plan"] == plan]
        mean = sum(one["workload"] for one in own) / 8
        assert len(own) == 8
        assert sum(len(one["areas"]) for one in own) == 77
        assert max(abs(one["workload"] / mean - 1) for one in own) <= 0.15
    assert {"quickest", "compact", "even"} == {one["plan"] for one in beats}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["areas.geojson", "--count", "2", "--workload", "gone", *CROW], "no number gone for each area"),
        (["areas.geojson", "--count", "2", "--name", "gone", "--workload", "work", *CROW], "each with a property gone"),
        (["areas.geojson", "--count", "2", "--workload", "work", "--today", "gone", *CROW], "has a property gone"),
        (["areas.geojson", "--count", "20", "--workload", "work", *CROW], "more than areas: 20"),
        (["areas.geojson", "--count", "2", "--workload", "work"], "name one source of driving times"),
        (["incidents.csv", "--count", "2", "--workload", "work", *CROW], "no GeoJSON collection"),
        (["none.geojson", "--count", "2", "--workload", "work", *CROW], "holds no feature with an outline"),
        (["lines.geojson", "--count", "2", "--workload", "work", *CROW], "area without an inside: 1"),
        (
            ["areas.geojson", "--count", "2", "--incidents", "incidents.csv", "--lon", "x", *CROW],
            "has no columns x and lat",
        ),
        (["areas.geojson", "--count", "2", "--incidents", "away.csv", *CROW], "none of 1 incidents lies in any area"),
        (["areas.geojson", "--count", "2", "--incidents", "empty.csv", *CROW], "empty.csv holds no position"),
        (["areas.geojson", "--count", "2", "--workload", "work", "--tolerance", "0", *CROW], "0 is no tolerance"),
        (
            ["areas.geojson", "--count", "3", "--workload", "work", "--tolerance", "0.001", *CROW],
            "allow more tolerance",
        ),
    ],
)
def test_refusals_say_what_to_change_and_leave_no_file(
    given: list[str], says: str, town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("none.geojson").write_text('{"features": []}')
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    Path("lines.geojson").write_text(json.dumps({"features": [{"properties": {}, "geometry": line}]}))
    Path("away.csv").write_text("lon,lat\n9,9\n")
    Path("empty.csv").write_text("lon,lat\n,\n")
    assert run(*given, "--out", "b.geojson") == 2
    assert says in capsys.readouterr().err
    assert not Path("b.geojson").exists()


# --- outlines --------------------------------------------------------------------------------------------------------


def test_neighbours_share_a_border_and_corners_do_not() -> None:
    outlines = Outlines.of([square(0, 0), square(1, 0), square(1, 1)])
    borders, bridges = outlines.borders()
    assert [(one.one, one.other) for one in borders] == [(0, 1), (1, 2)]
    assert [one.metres for one in borders] == pytest.approx([1106, 1113], rel=0.02)
    assert bridges == ()
    assert outlines.names == ("1", "2", "3")


def test_the_middle_of_an_area_lies_inside_and_where_its_incidents_are() -> None:
    ring = shapely.difference(shapely.box(0, 0, 0.05, 0.05), shapely.box(0.01, 0.01, 0.05, 0.04))
    outlines = Outlines.of([{"properties": {}, "geometry": shapely.geometry.mapping(ring)}])
    assert shapely.contains_xy(ring, *outlines.middles()[0])
    spots = pl.DataFrame({"lon": [0.004, 0.005, 0.006, 0.9], "lat": [0.02, 0.02, 0.02, 0.9]}).to_numpy()
    assert outlines.middles(spots)[0].tolist() == [0.005, 0.02]
    assert outlines.area_of(spots).tolist() == [0, 0, 0, -1]
