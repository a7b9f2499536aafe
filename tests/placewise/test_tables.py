"""Incidents from files of any layout: a table in, a stated answer out."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from placewise.space.events import UnknownClass
from placewise.space.readers import Columns, Read, UnknownColumn, UnreadableTable, from_frame, read_events

PLAIN = Columns("time", kind="class")
ROWS = {
    "time": ["2017-01-02T05:30:00", "2017-01-03T06:00:00"],
    "lon": [-87.6, -87.7],
    "lat": [41.8, 41.9],
    "class": ["b", "a"],
    "name": ["J. D.", "K. L."],
}


def frame(**more: Any) -> pl.DataFrame:
    return pl.DataFrame(ROWS | more)


def timed(texts: list[Any], **columns: Any) -> Read:
    n = len(texts)
    table = pl.DataFrame({"time": texts, "lon": [-87.6] * n, "lat": [41.8] * n})
    return from_frame(table, Columns("time", **columns))


def test_only_the_named_columns_are_read() -> None:
    got = from_frame(frame(), PLAIN).events
    assert (got.classes, got.codes.tolist(), got.lon.tolist()) == (("a", "b"), [1, 0], [-87.6, -87.7])
    assert "J. D." not in repr(vars(got))


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.arrow", "t.geojson", "t.json.gz"])
def test_every_kind_of_file_gives_the_same_incidents(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write(path)
    got = read_events([path], PLAIN).events
    want = from_frame(frame(), PLAIN).events
    assert got.times.tolist() == want.times.tolist()
    assert (got.lon.tolist(), got.lat.tolist(), got.codes.tolist()) == (want.lon.tolist(), want.lat.tolist(), [1, 0])


def write(path: Path) -> None:
    """The rows in the format that the name says."""
    if ".csv" in path.name:
        text = frame().write_csv().encode()
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    elif path.suffix == ".parquet":
        frame().write_parquet(path)
    elif path.suffix == ".arrow":
        frame().write_ipc(path)
    else:
        text = json.dumps(
            {"type": "FeatureCollection", "features": [point(row) for row in frame().to_dicts()]}
        ).encode()
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def point(row: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in row.items() if name not in {"lon", "lat"}}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        "properties": rest,
    }


def test_several_files_are_one_table(tmp_path: Path) -> None:
    for k in range(2):
        frame().write_csv(tmp_path / f"{k}.csv")
    assert len(read_events([tmp_path / "0.csv", tmp_path / "1.csv"], PLAIN).events) == 4


def test_files_of_two_layouts_are_refused(tmp_path: Path) -> None:
    frame().write_csv(tmp_path / "a.csv")
    frame(time=[[2017], [2018]]).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(UnreadableTable, match="differ in their layout"):
        read_events([tmp_path / "a.csv", tmp_path / "b.parquet"], PLAIN)


@pytest.mark.parametrize(
    ("texts", "first", "hours"),
    [
        (["2017-03-13"], "2017-03-13T00", 24),
        (["03/13/2017"], "2017-03-13T00", 24),
        (["13/03/2017"], "2017-03-13T00", 24),
        (["13.03.2017"], "2017-03-13T00", 24),
        ([" 2017/03/13 "], "2017-03-13T00", 24),
        (["2017-03-13 07:05:09"], "2017-03-13T07:05:09", 0),
        (["03/13/2017 07:05:09 PM"], "2017-03-13T19:05:09", 0),
        (["03/13/2017 19:05"], "2017-03-13T19:05", 0),
        (["13/03/2017 19:05"], "2017-03-13T19:05", 0),
        (["13.03.2017 19:05"], "2017-03-13T19:05", 0),
    ],
)
def test_times_as_cities_write_them(texts: list[str], first: str, hours: int) -> None:
    got = timed(texts).events
    assert got.times[0] == np.datetime64(first)
    assert (got.ends - got.times)[0] == np.timedelta64(hours, "h")


@pytest.mark.parametrize(
    "text",
    ["2017-01-02T05:30:00Z", "2017-01-02 05:30:00+00:00", "2017-01-01T23:30:00-0600", "2017-01-02T06:30:00+01:00"],
)
def test_a_time_with_a_zone_is_put_on_the_citys_wall_clock(text: str) -> None:
    assert timed([text], zone="America/Chicago").events.times[0] == np.datetime64("2017-01-01T23:30")


def test_a_column_with_a_zone_is_put_on_the_citys_wall_clock() -> None:
    column = pl.Series(["2017-01-02T05:30:00"]).str.to_datetime(time_zone="UTC")
    assert timed(column.to_list(), zone="America/Chicago").events.times[0] == np.datetime64("2017-01-01T23:30")


def test_dates_are_whole_days() -> None:
    got = timed(pl.Series(["2017-03-13"]).str.to_date().to_list()).events
    assert got.date_only


def test_an_hour_beside_the_date_makes_a_span_of_that_hour() -> None:
    table = pl.DataFrame({"time": ["2017-03-13"] * 3, "lon": [1.0] * 3, "lat": [0.0] * 3, "hour": [23, None, 99]})
    got = from_frame(table, Columns("time", hour="hour")).events
    assert sorted(((got.ends - got.times) // np.timedelta64(1, "h")).tolist()) == [1, 24, 24]
    assert got.times.max() == np.datetime64("2017-03-13T23")


def test_an_end_closes_a_span_and_a_missing_one_leaves_it_exact() -> None:
    table = pl.DataFrame(
        {
            "time": ["2017-03-10 18:00", "2017-03-11 18:00"],
            "end": ["2017-03-13 07:00", None],
            "lon": [1.0] * 2,
            "lat": [0.0] * 2,
        }
    )
    got = from_frame(table, Columns("time", end="end")).events
    assert (got.ends - got.times).astype("timedelta64[h]").astype(int).tolist() == [61, 0]


def test_positions_in_a_projection() -> None:
    table = pl.DataFrame({"time": ["2017-03-13"], "lon": ["7650823"], "lat": ["670782"]})
    read = from_frame(table, Columns("time", crs="EPSG:2913"))
    got = read.events
    assert not read.in_degrees
    assert (got.lon[0], got.lat[0]) == (pytest.approx(-122.6, abs=0.1), pytest.approx(45.5, abs=0.1))


def test_degrees_stay_degrees_whatever_projection_is_named() -> None:
    got = from_frame(frame(), Columns("time", kind="class", crs="EPSG:26916"))
    assert got.in_degrees
    assert got.events.lon.tolist() == ROWS["lon"]


def test_rows_without_time_or_place_are_left_out_and_counted() -> None:
    n = 300
    times = ["2017-01-02 10:00"] * (n - 1) + [None]
    table = pl.DataFrame(
        {"time": times, "lon": [0.0, None] + [1.0] * (n - 2), "lat": [0.0, 1.0, 91.0] + [0.0] * (n - 3)}
    )
    got = from_frame(table, Columns("time"))
    assert (got.rows, got.left_out, len(got.events)) == (n, 4, n - 4)


@pytest.mark.parametrize("text", ["soon", "1489363200", "13 March 2017"])
def test_times_that_can_not_be_told_are_refused(text: str) -> None:
    with pytest.raises(UnreadableTable, match="column time"):
        timed([text])


def test_numbers_are_no_times() -> None:
    with pytest.raises(UnreadableTable, match="Int64"):
        timed([42])


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.arrow", "t.geojson"])
def test_a_missing_column_is_told_with_those_there_are(name: str, tmp_path: Path) -> None:
    write(tmp_path / name)
    with pytest.raises(UnknownColumn, match=rf"{name} has no column occured; there are .*time.*name"):
        read_events([tmp_path / name], Columns("occured"))


def test_an_unknown_class_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownClass, match=r"no incident is of class c; there are (a, b|b, a)"):
        from_frame(frame(), PLAIN, ["a", "c"])
    with pytest.raises(UnknownClass, match="which column"):
        from_frame(frame(), Columns("time"), ["a"])


def test_of_many_classes_the_most_frequent_are_told() -> None:
    n = 100
    table = pl.DataFrame(
        {"time": ["2017-01-02"] * n, "lon": [1.0] * n, "lat": [0.0] * n, "class": [f"c{k}" for k in range(n)]}
    )
    with pytest.raises(UnknownClass, match=r"…$"):
        from_frame(table, PLAIN, ["d"])


def test_only_the_classes_asked_for_are_read() -> None:
    assert from_frame(frame(), PLAIN, ["b"]).events.classes == ("b",)


def test_an_arrow_table_is_taken_as_it_is() -> None:
    assert len(from_frame(frame().to_arrow() if arrow() else Stream(frame()), PLAIN).events) == 2


def arrow() -> bool:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


class Stream:
    """Anything that speaks the Arrow C stream."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested: object = None) -> object:
        return self.table.__arrow_c_stream__(requested)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("t.xlsx", "x", "files are CSV"),
        ("t.csv", "", "can't be read as .csv"),
        ("t.parquet", "no parquet", "can't be read as .parquet"),
        ("t.geojson", "{", "can't be read as .geojson"),
        ("t.geojson", "{}", "can't be read as .geojson"),
    ],
)
def test_what_is_no_table_is_refused(name: str, text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableTable, match=reason):
        read_events([tmp_path / name], PLAIN)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match=r"there is no file .*lost\.csv"):
        read_events([tmp_path / "lost.csv"], PLAIN)


def test_features_without_a_point_are_left_out(tmp_path: Path) -> None:
    features = [point(row) for row in frame().to_dicts()] + [{"type": "Feature", "geometry": None, "properties": None}]
    (tmp_path / "t.geojson").write_text(json.dumps({"features": features}))
    got = read_events([tmp_path / "t.geojson"], PLAIN)
    assert (got.rows, got.left_out) == (3, 1)
