"""`python -m placewise` on files of real cities and of a small town: what is written, what is said, what is refused."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.shared_data import shared

from placewise.__main__ import COMMANDS, main
from placewise.evaluate import Backtest
from placewise.forecast import names
from placewise.forecast.checks import town

TORONTO = Path(__file__).resolve().parents[2] / "src" / "openbeat" / "ops" / "sample" / "toronto"
FILE = ["--time", "time", "--class", "class", "--area", "area.geojson", "--cell", "500"]
START = ["--start", "2021-07-05"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up town: its incidents, its outline, its two halves."""
    path = tmp_path_factory.mktemp("town")
    events, cells = town(1500)
    kinds = np.array(events.classes)[events.codes]
    table = pl.DataFrame({"time": events.times, "lon": events.lon, "lat": events.lat, "class": kinds})
    table.write_csv(path / "town.csv")
    (path / "area.geojson").write_text(json.dumps({"type": "Feature", "geometry": cells.ground.geojson()}))
    (path / "halves.geojson").write_text(json.dumps(halves(cells)))
    return path


def halves(cells: Any) -> dict[str, Any]:
    """West and east of the town, with residents and a rate."""
    west, south, east, north = cells.ground.geometry.bounds
    middle = (west + east) / 2
    features = [
        feature(a, south, b, north, {"half": name, "rate": rate, "residents": people})
        for name, a, b, rate, people in (("west", west, middle, 0.1, 9000), ("east", middle, east, 0.3, 6000))
    ]
    return {"type": "FeatureCollection", "features": features}


def feature(west: float, south: float, east: float, north: float, properties: dict[str, Any]) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str) -> int:
    """The exit code, however the command ends."""
    try:
        return main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)


# What each command writes


def test_a_backtest_writes_a_report_and_a_page(at: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.json"
    origins = ["--origins", "2021-03-01/2021-04-26/P28D", "--horizon", "P28D", "--models", "kde,ours"]
    assert run("backtest", "town.csv", *FILE, "--classes", "burglary", *origins, "--out", str(out)) == 0
    report = Backtest.from_dict(json.loads(out.read_text()))
    assert list(report.models) == ["count3y", "kde", "ours"]
    assert (report.horizon, report.shares, report.cells["cells"]) == ("P28D", (0.01, 0.02, 0.05, 0.1), 80)
    told = capsys.readouterr().err
    assert f"{report.events_scored} incidents scored" in told
    assert "9 of 9 forecasts: ours at 2021-04-26" in told
    assert out.with_suffix(".html").read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_without_a_file_the_report_is_printed(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("backtest", "town.csv", *FILE, "--origins", "2021-03-01/2021-03-01/P7D", "--models", "count1y") == 0
    assert list(json.loads(capsys.readouterr().out)["models"]) == ["count3y", "count1y"]


@pytest.mark.parametrize("name", names())
def test_every_model_forecasts_by_its_name(name: str, at: Path, tmp_path: Path) -> None:
    out = tmp_path / "f.csv"
    assert run("forecast", "town.csv", *FILE, *START, "--model", name, "--out", str(out)) == 0
    assert pl.read_csv(out)["expected"].sum() > 1


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".geojson"])
def test_a_forecast_is_written_as_its_ending_says(ending: str, at: Path, tmp_path: Path) -> None:
    out = tmp_path / f"f{ending}"
    assert run("forecast", "town.csv", *FILE, *START, "--model", "count3y", "--out", str(out)) == 0
    if ending == ".geojson":
        cells = [one["properties"]["expected"] for one in json.loads(out.read_text())["features"]]
    else:
        cells = (pl.read_csv(out) if ending == ".csv" else pl.read_parquet(out))["expected"].to_list()
    assert len(cells) == 80
    assert sum(cells) == pytest.approx(1500 / 1350 * 7, rel=0.1)


def test_hexagons_have_their_own_names(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--time", "time", "--area", "area.geojson", "--h3", "8"]
    assert run("forecast", "town.csv", *given, *START, "--model", "count1y") == 0
    rows = capsys.readouterr().out.splitlines()
    assert all(re.match(r"88[0-9a-f]{13},", row) for row in rows[1:])


def test_street_segments_are_told_by_their_place_among_those_brought(
    at: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [[[-80.99 + k / 100, 43.37], [-80.98 + k / 100, 43.37]] for k in range(-8, 4)]
    features = [{"type": "Feature", "geometry": {"type": "LineString", "coordinates": line}} for line in lines]
    (tmp_path / "streets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    given = ["--time", "time", "--area", "area.geojson", "--segments", str(tmp_path / "streets.geojson")]
    assert run("forecast", "town.csv", *given, *START, "--model", "count3y") == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [7, 8, 9, 10, 11]


def test_the_future_does_not_draw_the_ground(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--time", "time", "--cell", "250", "--model", "count1y"]
    sizes = []
    for start in ("2018-03-01", "2021-07-05"):
        assert run("forecast", "town.csv", *given, "--start", start) == 0
        sizes.append(len(capsys.readouterr().out.splitlines()))
    assert sizes[0] < sizes[1]


def test_an_explanation_is_in_words_and_in_figures(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--classes", "burglary", "--context", "theft", "--zone", "America/Toronto"]
    assert run("explain", "town.csv", *FILE, *given, *START) == 0
    told = capsys.readouterr()
    made_of = json.loads(told.out)
    assert sum(part["share"] for part in made_of["made_of"]) == pytest.approx(1.0)
    assert f"  {made_of['in_words'][0]}\n" in told.err


def test_a_plain_count_explains_itself_in_a_sentence(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "town.csv", *FILE, *START, "--model", "count3y") == 0
    assert "  plain count of the last 3 years in each cell\n" in capsys.readouterr().err


def test_fairness_by_named_groups(at: Path, tmp_path: Path) -> None:
    (at / "minutes.csv").write_text("cell,minutes\n0,30\n1,15\n")
    out = tmp_path / "fair.json"
    given = ["--groups", "halves.geojson", "--by", "half", "--residents", "residents", "--minutes", "minutes.csv"]
    year = ["--thin", "west=0.5", "--feedback", "2", "--patrols", "30", "--model", "count1y"]
    assert run("fairness", "town.csv", *FILE, *START, *given, *year, "--out", str(out)) == 0
    report = json.loads(out.read_text())
    east, west = report["exposure"]
    assert (east["group"], west["group"]) == ("east", "west")
    assert east["area_share"] + west["area_share"] == pytest.approx(1.0)
    assert (west["minutes_share"], west["residents"]) == (1.0, 9000)
    assert report["under_reporting"]["kept"] == {"west": 0.5}
    assert [one["input"] for one in report["feedback"]] == ["reported", "discovered"]
    assert len(report["feedback"][0]["distance_by_week"]) == 52


def test_fairness_by_a_number_makes_fifths(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    areas = json.loads((at / "halves.geojson").read_text())
    areas["features"].append({"type": "Feature", "geometry": None, "properties": None})
    (at / "halves.geojson.gz").write_bytes(gzip.compress(json.dumps(areas).encode()))
    assert run("fairness", "town.csv", *FILE, *START, "--groups", "halves.geojson.gz", "--by", "rate") == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["group"] for one in report["exposure"] if one["area_share"]] == ["lowest fifth", "highest fifth"]
    assert set(report) == {"exposure"}


# What is refused: exit code 2, one line that says what to do, no file


REFUSED = [
    (["--start", "soon"], "'soon' is not a moment"),
    (["--start", "1999-01-01"], "no incident is known before 1999-01-01; the records run from 2018-01-02T"),
    (["--horizon", "7days"], "write P7D"),
    (["--time", "occurred"], "town.csv has no column occurred; there are time, lon, lat, class"),
    (["--hour", "hour"], "no column hour"),
    (["--classes", "arson"], "no incident is of class arson; there are burglary, theft"),
    (["--crs", "999999"], "write its code"),
    (["--area", "area.geojson", "--time", "time", "--lon", "class"], "none of 1,500 rows"),
    (["--grid", "4326"], "squares need a projection in metres"),
    (["--zone", "Mars"], "write it as America/Chicago"),
    (["--area", "lost.geojson"], "lost.geojson: No such file"),
    (["--area", "town.csv"], "town.csv is no GeoJSON"),
    (["--lon", "lat", "--lat", "lon"], "--lon and --lat swapped"),
    (["--cell", "0"], "longer than 0"),
    (["--cell", "nan"], "longer than nan"),
    (["--cell", "0.1"], "take larger cells"),
    (["--cell", "1e6"], "take smaller cells"),
    (["--model", "oracle"], "choose from"),
    (["--out", "f.xlsx"], "ends in none of"),
    (["--out", "lost/f.csv"], "there is no folder lost"),
]


def test_degrees_with_a_projection_lie_where_they_lie_and_it_is_taken_for_the_squares(
    at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("--crs", "--grid"):
        assert run("forecast", "town.csv", *FILE, *START, name, "32617", "--out", f"{name[2:]}.csv") == 0
    assert "the positions are degrees as they stand; EPSG:32617 is taken for the squares" in capsys.readouterr().err
    assert (at / "crs.csv").read_text() == (at / "grid.csv").read_text()


@pytest.mark.parametrize(("given", "reason"), REFUSED, ids=lambda one: " ".join(one) if isinstance(one, list) else "")
def test_bad_input_is_refused(given: list[str], reason: str, at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(at.iterdir())
    assert run("forecast", "town.csv", *FILE, *START, *given) == 2
    told = capsys.readouterr()
    assert reason in told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert sorted(at.iterdir()) == before


@pytest.mark.parametrize(
    ("command", "given", "reason"),
    [
        ("backtest", ["--origins", "2021-01-01"], "write 2017-01-02/2017-12-25/P14D"),
        ("backtest", ["--origins", "2021-01-01/2021-02-01/P7D", "--models", "best"], "there are count1y"),
        ("backtest", [], "--origins"),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "wealth"], "there are half, rate, residents"),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "half", "--residents", "half"], "not a number"),
        ("forecast", [*START, "--context", "theft"], "say with --classes"),
        ("fairness", [*START, "--groups", "town.csv", "--by", "half"], "no GeoJSON"),
        ("fairness", [*START, "--groups", "lost.geojson", "--by", "half"], "lost.geojson: No such file"),
        ("fairness", [*START, "--groups", "area.geojson", "--by", "half"], "no GeoJSON collection"),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "half", "--thin", "west"], "write it as North=0.5"),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "half", "--thin", "north=0.5"], "there are east"),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "half", "--share", "0"], "above 0"),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "half", "--feedback", "1"], "at least 2 runs"),
        (
            "fairness",
            [*START, "--groups", "halves.geojson", "--by", "half", "--minutes", "town.csv"],
            "cell and minutes",
        ),
        ("fairness", [*START, "--groups", "halves.geojson", "--by", "half", "--minutes", "odd.csv"], "first of them x"),
    ],
)
def test_other_bad_input_is_refused(
    command: str, given: list[str], reason: str, at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (at / "odd.csv").write_text("cell,minutes\nx,30\n")
    assert run(command, "town.csv", *FILE, *given) == 2
    assert reason in capsys.readouterr().err


def test_positions_that_are_no_degrees_hint_at_the_projection(
    at: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feet.csv").write_text("time,lon,lat\n2020-01-01,7650823,670782\n")
    assert run("forecast", str(tmp_path / "feet.csv"), "--time", "time", *START) == 2
    assert "name their EPSG with --crs" in capsys.readouterr().err


def test_nothing_is_left_behind_when_writing_fails(at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "report.html")

    monkeypatch.setattr(Path, "replace", fails)
    given = ["--origins", "2021-03-01/2021-03-01/P7D", "--models", "count1y", "--out", str(tmp_path / "report.json")]
    assert run("backtest", "town.csv", *FILE, *given) == 2
    assert list(tmp_path.iterdir()) == []


def test_stopping_is_told(at: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("placewise.cli.options.read_events", stopped)
    assert run("forecast", "town.csv", *FILE, *START) == 130
    assert "nothing was written" in capsys.readouterr().err


def test_what_is_told_beside_the_result(at: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = (at / "town.csv").read_text().replace("theft", "NARCOTICS").splitlines()
    rows += ["2020-01-01T00:00:00.000000,,,theft", "2020-01-01T00:00:00.000000,100.0,0.0,theft"]
    (tmp_path / "odd.csv").write_text("\n".join(rows) + "\n")
    given = ["--origins", "2021-09-06/2021-10-04/P28D", "--models", "count1y"]
    assert run("backtest", str(tmp_path / "odd.csv"), *FILE, *given) == 0
    told = capsys.readouterr().err
    assert "1 of 1,502 rows have no time or no place" in told
    assert "1 of " in told
    assert "lie outside the study area" in told
    assert "patrols find NARCOTICS" in told
    assert "2021-10-11 lies beyond the records" in told


def test_progress_is_written_over_on_a_terminal(
    at: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert run("backtest", "town.csv", *FILE, "--origins", "2021-03-01/2021-03-01/P7D", "--models", "count1y") == 0
    assert "\r\x1b[K2 of 2 forecasts: count1y at 2021-03-01\n" in capsys.readouterr().err


# The list of commands


@pytest.mark.parametrize(("given", "code"), [([], 2), (["predict"], 2), (["--help"], 0), (["-h"], 0)])
def test_without_a_known_command_all_are_listed(
    given: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given) == code
    told = capsys.readouterr()
    assert all(f"  {name}" in told.out + told.err for name in COMMANDS)
    assert ("there is no command 'predict'" in told.err) == (given == ["predict"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name, "--help") == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: python -m placewise {name} ")
    assert "--out" in told


def test_it_runs_as_a_program_of_its_own(at: Path) -> None:
    command = [sys.executable, "-m", "placewise", "forecast", "town.csv", *FILE, *START, "--model", "count3y"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("cell,lon,lat,expected,stderr\n")


def test_a_reader_who_has_enough_is_no_failure(at: Path) -> None:
    words = ["-m", "placewise", "forecast", "town.csv", *FILE, *START, "--cell", "50", "--model", "count3y"]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ran:
        assert ran.stdout
        assert ran.stderr
        ran.stdout.close()
        said = ran.stderr.read()
    assert ran.returncode == 0
    assert "Error" not in said


# Real cities


def test_chicago(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.json"
    area = shared("chicago/boundaries/commareas.geojson.gz")
    file = [str(shared("chicago/chicago_slim_2012-2018.parquet")), "--time", "datetime", "--class", "category"]
    given = ["--classes", "ROBBERY", "--context", "BURGLARY", "--cell", "1000", "--area", str(area)]
    origins = ["--origins", "2016-01-04/2016-03-28/P28D", "--horizon", "P28D", "--models", "count3y,promap,ours"]
    assert run("backtest", *file, *given, *origins, "--out", str(out)) == 0
    report = Backtest.from_dict(json.loads(out.read_text()))
    assert report.cells["km2"] == pytest.approx(598, rel=0.01)
    hits = {name: one.scores["hit_rate@0.1"].value for name, one in report.models.items()}
    assert all(0.25 < hit < 0.5 for hit in hits.values())
    assert hits["ours"] > hits["promap"]


def test_portland_in_feet_with_dates_alone(tmp_path: Path) -> None:
    out = tmp_path / "forecast.geojson"
    file = [str(shared("portland/nij_portland_veh_2012-03_2017-05.csv")), "--time", "occ_date", "--date-only"]
    given = ["--lon", "x_coordina", "--lat", "y_coordina", "--crs", "2913", "--grid", "EPSG:2913", "--cell", "600"]
    assert run("forecast", *file, *given, "--start", "2017-03-01", "--horizon", "P1M", "--out", str(out)) == 0
    features = json.loads(out.read_text())["features"]
    expected = sum(one["properties"]["expected"] for one in features)
    assert 200 < expected < 320
    lon, lat = features[0]["geometry"]["coordinates"][0][0]
    assert (round(lon), round(lat)) == (-123, 45)


def test_toronto_with_the_hour_in_a_column_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = [str(TORONTO / "incidents.parquet"), "--time", "occurrence_date", "--hour", "occurrence_hour"]
    given = ["--lon", "longitude", "--lat", "latitude", "--class", "category", "--classes", "Auto Theft"]
    ground = ["--area", str(TORONTO / "neighbourhoods.geojson"), "--cell", "500", "--start", "2021-06-07"]
    shift = ["--horizon", "PT8H", "--model", "count3y"]
    groups = ["--groups", str(TORONTO / "neighbourhoods.geojson"), "--by", "name"]
    assert run("fairness", *file, *given, *ground, *shift, *groups) == 0
    report = json.loads(capsys.readouterr().out)["exposure"]
    assert len(report) == 140
    assert sum(one["expected_share"] for one in report) == pytest.approx(1.0)
