"""`python -m placewise plan` on a made-up night and on Baltimore's streets: a checked plan, a table, lines to drive."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.shared_data import shared

from placewise.__main__ import main
from placewise.plan import Plan, Problem, check
from placewise.streets import open_osm

CROW = ["--crow", "--kmh", "40", "--rounds", "200"]
NIGHT = ["places.csv", "--stations", "stations.csv", "--units", "units.csv"]


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three places about a station, two units that pass midnight, one of them with a dog and a break."""
    monkeypatch.chdir(tmp_path)
    Path("places.csv").write_text(
        "name,lon,lat,prize,visits,dwell,area,skills,crew\n"
        "market,0.01,0.0,5,2,15,north,,1\nharbour,0.0,0.02,4,1,10,south,dog,2\nsquare,0.02,0.01,2,1,,north,,\n"
    )
    Path("stations.csv").write_text("name,lon,lat\nhome,0.0,0.0\n")
    Path("units.csv").write_text(
        "name,start,from,to,breaks,skills,crew\n12,home,22:00,02:00,30@23:30-00:30,,\n14,home,23:00,03:00,,dog,2\n"
    )
    return tmp_path


def run(*arguments: str) -> int:
    """The exit code, however the command ends."""
    try:
        return main(["plan", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_a_night_is_planned_checked_and_told(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [*NIGHT, *CROW, "--slots", "22:00-00:30,00:30-03:00", "--spacing", "30"]
    assert run(*given, "--out", "plan.json", "--routes", "routes.geojson") == 0
    told = json.loads(Path("plan.json").read_text())
    problem, plan = Problem.from_dict(told["problem"]), Plan.from_dict(told["plan"])
    assert (told["begins"], told["findings"], check(problem, plan)) == ("22:00", [], [])
    assert (plan.prize, plan.wanted_prize, plan.unvisited) == (16.0, 16.0, ())
    assert [(unit.shift.start, unit.shift.end) for unit in problem.units] == [(0, 14400), (3600, 18000)]
    assert problem.units[0].breaks[0].earliest == 5400
    assert [(place.dwell, place.crew, place.skills) for place in problem.places] == [
        (900, 1, ()), (600, 2, ("dog",)), (900, 1, ()),
    ]  # fmt: skip
    table = Path("plan.txt").read_text()
    assert "12: 22:00 from home" in table
    assert "break" in table
    parts = json.loads(Path("routes.geojson").read_text())["features"]
    assert sum(one["geometry"]["type"] == "Point" for one in parts) == 4
    drives = [one for one in parts if one["geometry"]["type"] == "LineString"]
    assert drives[0]["geometry"]["coordinates"][0] == [0.0, 0.0]
    said = capsys.readouterr().err
    assert "16.0 of 16.0 expected is covered, 0 visits are not made" in said
    assert "every promise is kept" in said


def test_without_a_file_the_table_is_printed_with_what_is_not_visited(
    night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("places.csv").write_text("name,lon,lat,prize_1,prize_2\nfar,1.5,0,9,9\nnear,0.01,0,1,8\n")
    assert run(*NIGHT, *CROW, "--slots", "2") == 0
    told = capsys.readouterr().out
    assert "far, slot 1: no such unit can be there in this slot" in told
    assert told.startswith("Plan by recreate, seed 0: 8.0 of 17.0 expected is covered\n")


def test_shares_of_areas_and_balance_are_promises(night: Path) -> None:
    given = [*NIGHT, *CROW, "--slots", "2", "--max-share", "north=0.5", "--balance", "0.2", "--out", "plan.json"]
    assert run(*given) == 0
    told = json.loads(Path("plan.json").read_text())
    assert (told["problem"]["max_share"], told["problem"]["balance"]) == ({"north": 0.5}, 0.2)
    visits = [item["place"] for tour in told["plan"]["tours"] for item in tour["items"] if "place" in item]
    dwell = {"market": 15, "harbour": 10, "square": 15}
    north = sum(dwell[name] for name in visits if name != "harbour")
    assert north <= 0.5 * sum(dwell[name] for name in visits)


def test_baltimore_is_planned_on_its_streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extract = shared("osm/baltimore.osm.pbf")
    monkeypatch.chdir(tmp_path)
    graph = open_osm(extract, folder=tmp_path)
    rng = np.random.default_rng(1)
    spots = np.column_stack([graph.shape_lon, graph.shape_lat])[rng.integers(0, len(graph.shape_lon), 22)]
    names = [f"p{i}" for i in range(20)]
    columns = {"name": names, "lon": spots[:20, 0], "lat": spots[:20, 1], "prize": rng.integers(1, 20, 20)}
    pl.DataFrame(columns).with_columns(visits=2).write_csv("places.csv")
    pl.DataFrame({"name": ["s1", "s2"], "lon": spots[20:, 0], "lat": spots[20:, 1]}).write_csv("stations.csv")
    Path("units.csv").write_text("name,start,end,from,to,breaks\n" + "".join(
        f"{unit},s{1 + unit % 2},s1,22:00,06:00,30@01:00-03:00\n" for unit in range(3)
    ))  # fmt: skip
    given = [*NIGHT, "--streets", str(extract), "--cache", ".", "--slots", "3", "--spacing", "30", "--rounds", "100"]
    assert run(*given, "--out", "plan.json", "--routes", "routes.geojson") == 0
    told = json.loads(Path("plan.json").read_text())
    problem, plan = Problem.from_dict(told["problem"]), Plan.from_dict(told["plan"])
    assert check(problem, plan) == []
    assert plan.prize > 0.8 * plan.wanted_prize
    lines = [one for one in json.loads(Path("routes.geojson").read_text())["features"] if "drive" in one["properties"]]
    driven = sum(line["properties"]["seconds"] for line in lines)
    assert driven == pytest.approx(plan.travel, abs=len(lines))  # the plan rounds each drive up to a second


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("places.csv", "name,lon,lat,prize\nx,0,0,-1\n", "prize below 0 or not finite: x"),
        ("places.csv", "name,lon,lat,prize\nx,0,0,\n", "places.csv, line 2: no prize"),
        ("places.csv", "name,lon,lat\nx,0,0\n", "places.csv, line 2: no prize_1"),
        ("places.csv", "name,lon,lat,prize,visits\nx,0,0,1,1.5\n", "visits is 1.5, not a whole number"),
        ("places.csv", "name,lon,lat,prize\nx,0,0,inf\n", "prize is 'inf', not a number"),
        ("units.csv", "name,start,from,to\na,nowhere,22:00,02:00\n", "unit at no known station: a"),
        ("units.csv", "name,start,from,to\na,home,22:00,25:00\n", "'25:00' is no time; write it as 22:30"),
        (
            "units.csv",
            "name,start,from,to,breaks\na,home,22:00,02:00,30\n",
            "'30' is no break; write it as 30@01:00-03:00",
        ),
        (
            "units.csv",
            "name,start,from,to,breaks\na,home,22:00,02:00,300@22:00-01:00\n",
            "break that can't be taken: a",
        ),
        ("stations.csv", "name,lon\nhome,0\n", "stations.csv has no column lat"),
    ],
)
def test_tables_that_make_no_sense_are_refused(
    file: str, text: str, says: str, night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(file).write_text(text)
    assert run(*NIGHT, *CROW, "--out", "plan.json") == 2
    assert says in capsys.readouterr().err
    assert not Path("plan.json").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--slots", "noon"], "'noon' is no slot"),
        (["--slots", "22:00-23:00,22:30-23:30"], "slot before the one it follows"),
        (["--max-share", "north"], "is no area and part"),
        (["--engine", "magic"], "invalid choice"),
        (["--seconds", "0"], "a search of no time finds nothing"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    given: list[str], says: str, night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*NIGHT, *CROW, *given) == 2
    assert says in capsys.readouterr().err
