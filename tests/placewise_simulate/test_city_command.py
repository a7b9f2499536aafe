"""`python -m placewise city`: the files of a made-up city fit together, and the truth stands beside them."""

import json

import polars as pl
import pytest

from placewise.cli.city import NoFolder, main
from placewise.streets import open_lists


def test_a_village_as_files(tmp_path, capsys):
    assert main(["village", "--days", "91", "--start", "2020-03-02", "--seed", "4", "--out", str(tmp_path)]) == 0
    reports, every = pl.read_csv(tmp_path / "reports.csv"), pl.read_csv(tmp_path / "truth-incidents.csv")
    assert every.filter("reported").height == reports.height
    assert f"{every.height:,} incidents happened and {reports.height:,} were reported" in capsys.readouterr().err
    repeats = every.with_row_index("row").filter(pl.col("repeats_row") >= 0)
    assert (repeats["repeats_row"] < repeats["row"]).all()
    assert every["time"].min() >= "2020-03-02"
    assert every["time"].max() < "2020-06-01"
    rates = pl.read_csv(tmp_path / "truth-rates.csv")
    assert rates.select("burglary", "vehicle theft", "assault").sum().sum_horizontal()[0] == pytest.approx(8)
    names = [one["properties"]["name"] for one in json.loads((tmp_path / "districts.geojson").read_text())["features"]]
    assert [f"District {number}" for number in rates["district"].unique().sort()] == names
    calls = pl.read_csv(tmp_path / "calls.csv")
    assert set(calls["priority"].unique()) == {1, 2, 3}
    assert calls.filter(pl.col("class") != "other").height == reports.height
    graph = open_lists(tmp_path / "nodes.csv", tmp_path / "edges.csv", kmh=30)
    assert graph.snap(reports.select("lon", "lat").to_numpy()).metres.max() < 200


def test_without_a_folder_nothing_is_written(tmp_path):
    with pytest.raises(NoFolder, match="there is no folder"):
        main(["village", "--out", str(tmp_path / "nowhere")])
