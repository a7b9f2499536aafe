"""`python -m placewise knox` on files: the table, the words, the strings, and what it refuses."""

import json

import numpy as np
import polars as pl
import pytest

from placewise.cli.knox import main
from placewise.simulate import SyntheticCity, happen

COLUMNS = ["--time", "time", "--class", "class"]
SMALL = ["--distances", "100,200", "--days", "7,14", "--replications", "99"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Two years of a synthetic town's reports as a file."""
    path = tmp_path_factory.mktemp("town") / "reports.csv"
    reports = happen(SyntheticCity.make("town", seed=1), "2020-01-06", 728, seed=1).reports
    kinds = np.array(reports.classes)[reports.codes]
    pl.DataFrame({"time": reports.times, "lon": reports.lon, "lat": reports.lat, "class": kinds}).write_csv(path)
    return path


def test_a_report_in_json(town, capsys):
    assert main([str(town), *COLUMNS, "--classes", "burglary", *SMALL, "--strings", "200,7"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert [row["to_days"] for row in told["table"]] == [7, 14] * 3
    assert told["table"][0]["ratio"] > 10
    assert told["reach"]["metres"] >= 100
    assert told["in_words"][0] in printed.err
    assert sum(one["incidents"] for one in told["strings"]) > 400
    assert {one["initiator"] is None for one in told["strings"]} == {True, False}


def test_a_table_in_csv_of_what_was_known(town, tmp_path):
    out = tmp_path / "table.csv"
    assert main([str(town), *COLUMNS, *SMALL, "--until", "2020-06-01", "--metric", "blocks", "--out", str(out)]) == 0
    whole = tmp_path / "whole.csv"
    main([str(town), *COLUMNS, *SMALL, "--metric", "blocks", "--out", str(whole)])
    assert pl.read_csv(out)["observed"].sum() < pl.read_csv(whole)["observed"].sum() / 3


def test_ratios_over_nought_are_left_empty(tmp_path, capsys):
    rows = {"time": ["2020-01-01", "2020-01-01", "2020-06-01"], "lon": [9.0, 9.0, 9.1], "lat": [48.0] * 3}
    pl.DataFrame(rows).write_csv(tmp_path / "few.csv")
    assert main([str(tmp_path / "few.csv"), "--time", "time", *SMALL]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["table"][0]["observed"], told["table"][0]["ratio_to_median"], told["reach"]) == (1, None, None)
    assert "strings" not in told


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--distances", "100,far"], "no numbers between commas"),
        (["--strings", "200"], "write 200,14"),
        (["--strings", "200,1.5"], "write 200,14"),
    ],
)
def test_options_that_can_not_be_read_are_refused(option, words, town, capsys):
    with pytest.raises(SystemExit) as end:
        main([str(town), *COLUMNS, *option])
    assert end.value.code == 2
    assert words in capsys.readouterr().err
