"""`python -m placewise simulate` on a made-up town: what is written, said and refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from placewise.__main__ import main
from placewise.cli.simulate_tables import read_patrols, read_units
from placewise.cli.tables import BadTable
from placewise.simulate import OffStreets, Outcome, Patrol, Shift, Station, Unit, Zone, driven_to
from placewise.space import Events
from placewise.streets import CrowFlight

H = 3600
BASE = [
    "--time",
    "time",
    "--priority",
    "level",
    "--priorities",
    "high,low",
    "--units",
    "units.csv",
    "--crow",
    "--kmh",
    "40",
]
SHORT = ["--days", "7", "--runs", "2"]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two weeks of 600 calls of a town, four units in two shifts, a plan, two areas."""
    rng = np.random.default_rng(0)
    times = np.datetime64("2024-01-01T00:00:00") + np.sort(rng.integers(0, 14 * 86_400, 600)).astype("timedelta64[s]")
    spots = np.array([13.0, 52.5]) + rng.normal(0, 0.03, (600, 2))
    rows = zip(times, spots, rng.choice(["high", "low", "test"], 600, p=[0.3, 0.6, 0.1]), strict=True)
    lines = [f"{time},{lon:.5f},{lat:.5f},{level}" for time, (lon, lat), level in rows]
    (tmp_path / "calls.csv").write_text("\n".join(["time,lon,lat,level", *lines]) + "\n")
    units = ["D1,12.99,52.5,06:00,18:00,west half", "D2,13.01,52.5,06:00,18:00,east;west half"]
    units += ["N1,12.99,52.5,18:00,06:00,", "N2,13.01,52.5,18:00,06:00,"]
    (tmp_path / "units.csv").write_text("\n".join(["name,lon,lat,from,to,beat", *units]) + "\n")
    (tmp_path / "patrols.csv").write_text("unit,lon,lat,from,to\nN1,13.0,52.5,23:00,23:30\n")
    halves = [(-180, 13.0, "west half"), (13.0, 180, "east")]
    features = [
        {
            "type": "Feature",
            "properties": {"half": name},
            "geometry": {"type": "Polygon", "coordinates": [[[a, 50], [b, 50], [b, 54], [a, 54], [a, 50]]]},
        }
        for a, b, name in halves
    ]
    (tmp_path / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


AREAS = ["--areas", "areas.geojson", "--by", "half"]


def test_a_report_is_written_and_told(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ["--minutes", "40,20", "--targets", "8,30", "--patrols", "patrols.csv", "--cover", "5"]
    assert main(["simulate", "calls.csv", *BASE, *AREAS, *SHORT, *rules, "--out", "a.json"]) == 0
    found = Outcome.from_dict(json.loads((at / "a.json").read_text())["outcome"])
    assert [unit.name for unit in found.units] == ["D1", "D2", "N1", "N2"]
    assert {row.priority for row in found.responses} == {"", "high", "low"}
    assert {row.area for row in found.responses} == {"", "west half", "east"}
    assert found.units[2].patrol_asked == 2 * 7 * 1800
    said = capsys.readouterr().err
    assert "4 units" in said
    assert "1 of 2 runs\n2 of 2 runs\n" in said
    assert "  high       mean " in said
    assert list(at.glob(".*.part")) == []


def test_a_report_may_be_compared_with_an_earlier_one(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "calls.csv", *BASE, *AREAS, *SHORT, "--out", "a.json"]) == 0
    more = ["--policy", "beat_first", "--preemption", "driving", "--idle", "stay", "--against", "a.json"]
    assert main(["simulate", "calls.csv", *BASE, *AREAS, *SHORT, *more, "--out", "b.json"]) == 0
    told = json.loads((at / "b.json").read_text())["differences"]
    assert {"measure", "difference", "low", "high", "clear"} <= set(told[0])
    assert any(one["clear"] for one in told)
    assert " → " in capsys.readouterr().err
    assert main(["simulate", "calls.csv", *BASE, *AREAS, *SHORT, "--seed", "3", "--against", "a.json"]) == 2
    assert "seed is 0 in one and 3 in the other" in capsys.readouterr().err


def test_without_out_json_is_printed(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--time", "time", "--units", "units.csv", "--crow", "--kmh", "40", "--recorded", "--hand-over", *SHORT]
    assert main(["simulate", "calls.csv", *few]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["outcome"]["runs"] == 2
    assert "the beats of units are left out" in printed.err


REFUSED = [
    (["--time", "when"], "has no column when"),
    (["--priorities", "high,highest"], "no incident is of class highest"),
    (["--minutes", "1,2,3"], "--minutes has 3 numbers, and there are 2 priorities"),
    (["--minutes", "a"], "'a' holds no numbers between commas"),
    (["--minutes", "inf"], "'inf' holds no numbers"),
    (["--minutes", "4000"], "the queue would grow for ever"),
    (["--recorded", "--scale", "2"], "can't be scaled"),
    (["--against", "areas.geojson"], "areas.geojson is no report of a simulation"),
    (["--areas", "areas.geojson"], "an area has no property 'name'"),
    (["--units", "nowhere.csv"], "nowhere.csv"),
    (["--policy", "nearest"], "invalid choice"),
    (["--runs", "0"], "a run at least"),
    (["--policy", "beat_first"], "beat_first needs the areas of the beats"),
    (["--crs", "moon"], "no projection is called moon"),
]


@pytest.mark.parametrize(("more", "says"), REFUSED, ids=[" ".join(more) for more, _ in REFUSED])
def test_refused_in_words(at: Path, capsys: pytest.CaptureFixture[str], more: list[str], says: str) -> None:
    assert ended(["simulate", "calls.csv", *BASE, *SHORT, *more, "--out", "a.json"]) == 2
    assert says in capsys.readouterr().err
    assert not (at / "a.json").exists()


def ended(arguments: list[str]) -> int:
    """The exit code, whether the command or argparse ends it."""
    try:
        return main(arguments)
    except SystemExit as end:
        return int(str(end.code))


def test_too_many_values_of_a_priority_are_asked_back(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--time", "time", "--priority", "lon", "--units", "units.csv", "--crow", "--kmh", "40"]
    assert main(["simulate", "calls.csv", *few]) == 2
    assert "name the priorities with --priorities" in capsys.readouterr().err


def test_rows_without_a_place_are_told(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (at / "calls.csv").read_text()
    (at / "calls.csv").write_text(text + "2024-01-03T00:00:00,,,high\n")
    assert main(["simulate", "calls.csv", *BASE, *SHORT, "--out", "a.json"]) == 0
    assert "1 of " in capsys.readouterr().err
    (at / "none.csv").write_text("time,lon,lat,level\n2024-01-03T00:00:00,,,high\n2024-01-03T00:00:00,,,low\n")
    assert main(["simulate", "none.csv", *BASE]) == 2
    assert "none of 2 rows has both a time and a place" in capsys.readouterr().err


def test_units_are_read_with_their_shifts(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(
        "name,lon,lat,from,to,days,beat,crew\n"
        "A,1,2,22:00,06:00,sun,North End; South,2\n"
        "A,1,2,08:00,24:00,mon tue,,\n"
        "B,1,2,,,,,\n"
        "C,3,4,00:00,00:00,Monday,,\n"
    )
    stations, units = read_units(tmp_path / "u.csv")
    assert stations == (Station("station 1", 1.0, 2.0), Station("station 2", 3.0, 4.0))
    assert units == (
        Unit(
            "A", "station 1",
            (Shift(6 * 24 * H + 22 * H, 7 * 24 * H + 6 * H), Shift(8 * H, 24 * H), Shift(32 * H, 48 * H)),
            ("North End", "South"), 2,
        ),
        Unit("B", "station 1"),
        Unit("C", "station 2", (Shift(0, 24 * H),)),
    )  # fmt: skip


BAD_UNITS = [
    ("A,1,2,8:60,10:00,", "'8:60' is no time"),
    ("A,1,2,24:30,10:00,", "'24:30' is no time"),
    ("A,1,2,08:00,,", "'' is no time"),
    ("A,1,2,08:00,10:00,someday", "'someday' is no day; write them as mon tue"),
    ("A,1,2,,,\nA,1,3,,,", "line 3: A has two stations"),
    ("A,1,2,08:00,10:00,\nA,1,2,,,", "A has shifts and is always on duty"),
    ("A,1,x,,,", "line 2: lat is 'x', not a number"),
]


@pytest.mark.parametrize(("rows", "says"), BAD_UNITS, ids=[says for _, says in BAD_UNITS])
def test_bad_units_are_refused_with_their_line(tmp_path: Path, rows: str, says: str) -> None:
    (tmp_path / "u.csv").write_text(f"name,lon,lat,from,to,days\n{rows}\n")
    with pytest.raises(BadTable, match=says):
        read_units(tmp_path / "u.csv")


def test_patrol_stops_are_in_the_nearest_zone(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("unit,lon,lat,from,to,days\nA,1.1,2,23:30,00:30,tue\n")
    zones = (Zone("far", 5.0, 2.0), Zone("near", 1.0, 2.0))
    assert read_patrols(tmp_path / "p.csv", zones) == (Patrol("A", "near", 24 * H + 84_600, 48 * H + 1800),)


class Bridgeless(CrowFlight):
    """Times for what lies west of a river alone."""

    def __init__(self, river: float) -> None:
        super().__init__(40.0)
        object.__setattr__(self, "river", river)

    def out_of_reach(self, places: object) -> np.ndarray:
        return np.asarray(places)[:, 0] > self.river


def test_calls_off_the_streets_count_at_the_nearest_place_on_them() -> None:
    zones = (Zone("west", 13.0, 52.5), Zone("east", 13.1, 52.5))
    times = np.datetime64("2024-01-01", "us") + np.arange(3) * np.timedelta64(1, "h")
    events = Events.from_arrays(times, [13.0, 13.1, 13.1], [52.5] * 3)
    assert driven_to(zones, events, CrowFlight(40.0)) == (zones, 0)
    assert driven_to(zones, events, Bridgeless(13.05)) == (zones[:1], 2)
    with pytest.raises(OffStreets, match="the extract of this city"):
        driven_to(zones, events, Bridgeless(12.0))
