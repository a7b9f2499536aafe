"""`python -m placewise scan` on plain files: what is written, what is said, what is refused."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from shapely.geometry import Point, shape
from tests.shared_data import shared

from placewise.__main__ import main

TIMES = ["--time", "when", "--until", "2026-04-11"]
SCAN = ["scan", "town.csv", *TIMES, "--days", "14", "--radius", "800", "--replications", "99"]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hundred days of burglaries, a dozen of them within the last three days and 200 m; and some thefts."""
    rng = np.random.default_rng(1)
    lon, lat = 71.47 + rng.uniform(-0.04, 0.04, 800), 51.13 + rng.uniform(-0.04, 0.04, 800)
    hours = rng.uniform(0, 2400, 800)
    lon[:12], lat[:12] = 71.47 + rng.uniform(-0.001, 0.001, 12), 51.13 + rng.uniform(-0.001, 0.001, 12)
    hours[:12] = rng.uniform(2330, 2400, 12)
    when = np.datetime64("2026-01-01T00:00:00", "ms") + (hours * 3.6e6).astype("timedelta64[ms]")
    kind = ["burglary"] * 700 + ["theft"] * 100
    pl.DataFrame({"when": when, "lon": lon, "lat": lat, "kind": kind}).write_csv(tmp_path / "town.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_on_own_points(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SCAN, "--class", "kind", "--classes", "burglary", "--out", "report.json"]) == 0
    told = json.loads((town / "report.json").read_text())
    first = told["clusters"][0]
    assert (first["p"], first["recurrence"], first["end"]) == (0.01, 100, "2026-04-10")
    assert first["observed"] >= 10
    said = capsys.readouterr().err
    assert "99 replications" in said
    assert "700 cases at 700 places from 2026-01-01 to before 2026-04-11" in said
    assert first["words"] in said


def test_clusters_for_a_map(town: Path) -> None:
    cells = ["--cell", "300", "--by-weekday", "--early-stop", "20"]
    for kind, options in (("points", []), ("cells", cells)):
        assert main([*SCAN, *options, "--out", f"{kind}.geojson"]) == 0
        first: dict[str, Any] = json.loads((town / f"{kind}.geojson").read_text())["features"][0]
        assert shape(first["geometry"]).contains(Point(71.47, 51.13))
        assert ("cells" in first["properties"]) is (kind == "cells")


def test_against_a_population(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SCAN, "--h3", "8"]) == 0
    cells = {name for one in json.loads(capsys.readouterr().out)["clusters"] for name in one["cells"]}
    people = pl.DataFrame({"cell": sorted(cells), "population": [100.0] * len(cells)})
    people.write_csv(town / "people.csv")
    assert main([*SCAN, "--h3", "8", "--population", "people.csv"]) == 2
    assert "cases lie where the population is 0" in capsys.readouterr().err
    assert main([*SCAN, "--population", "people.csv"]) == 2
    assert "name their size with --cell" in capsys.readouterr().err
    (town / "people.csv").write_text("cell,population\nnowhere,5\n")
    assert main([*SCAN, "--h3", "8", "--population", "people.csv"]) == 2
    assert "names cells that are not there, the first of them nowhere" in capsys.readouterr().err
    (town / "people.csv").write_text("cell,persons\nnowhere,5\n")
    assert main([*SCAN, "--h3", "8", "--population", "people.csv"]) == 2
    assert "no columns cell and population" in capsys.readouterr().err
    for rows, why in (
        ("nowhere,5\nnowhere,6\n", "1 cells twice"),
        ("nowhere,\n", "1 fields of people.csv are empty"),
    ):
        (town / "people.csv").write_text(f"cell,population\n{rows}")
        assert main([*SCAN, "--h3", "8", "--population", "people.csv"]) == 2
        assert why in capsys.readouterr().err
    assert main([*SCAN, "--h3", "8", "--population", "nobody.csv"]) == 2
    assert "there is no file nobody.csv" in capsys.readouterr().err


def test_a_population_of_every_cell(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from placewise.space import Area, Cells, Events

    table = pl.read_csv(town / "town.csv", try_parse_dates=True)
    events = Events.from_arrays(table["when"].to_numpy(), table["lon"].to_numpy(), table["lat"].to_numpy())
    cells = Cells.h3(Area.covering(events), 8)
    pl.DataFrame({"cell": cells.names, "population": np.ones(len(cells))}).write_csv(town / "people.csv")
    assert main([*SCAN, "--h3", "8", "--population", "people.csv"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["settings"]["model"] == "poisson"
    assert told["clusters"][0]["p"] == 0.01


def test_earlier_analyses_and_weeks(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--step", "week", "--earlier", "2026-04-04,2026-03-28", "--since", "2026-01-01", "--least-cases", "3"]
    assert main([*SCAN, *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["clusters"][0]["days"] % 7 == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--radius", "-5"], "radius above 0"),
        (["--since", "2026-04-01"], "fewer than the 14 of a window"),
        (["--until", "2025-01-01"], "no incident is known before 2025-01-01"),
        (["--earlier", "2027-01-01"], "no whole steps before this one"),
        (["--radius", "nan"], "radius above 0"),
        (["--seed", "-1"], "none negative"),
    ],
)
def test_what_is_refused_is_said(town: Path, capsys: pytest.CaptureFixture[str], options: list[str], why: str) -> None:
    assert main([*SCAN, *options]) == 2
    assert why in capsys.readouterr().err
    assert list(town.glob("*.json")) == []


def test_a_day_that_is_none(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*SCAN, "--until", "soon"])
    assert "'soon' is not a moment in time" in capsys.readouterr().err


def test_progress_on_a_terminal(
    town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(SCAN) == 0
    assert "\r\x1b[K99 of 99 replications\n" in capsys.readouterr().err


def test_a_week_of_chicago(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Burglaries to the ninth of July 2017: the clusters of the week before are few, small and not very rare."""
    file = shared("chicago/chicago_slim_2012-2018.parquet")
    options = ["--time", "datetime", "--class", "category", "--classes", "BURGLARY", "--zone", "America/Chicago"]
    dates = ["--since", "2016-07-01", "--until", "2017-07-10", "--replications", "199"]
    assert main(["scan", str(file), *options, *dates]) == 0
    first = json.loads(capsys.readouterr().out)["clusters"][0]
    assert 2 <= first["observed"] <= 20
    assert first["radius"] <= 1000
    assert first["recurrence"] > 5
