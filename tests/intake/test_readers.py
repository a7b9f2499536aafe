"""Files into frames: what each kind holds, with the row numbers a spreadsheet shows."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from tests.intake.sheets import workbook

from openbeat.intake.profile import Reading
from openbeat.intake.readers import AS_FOUND, MORE, ROW, UnreadableFile, batches, look, preview


def read(path: Path, reading: Reading = AS_FOUND, size: int = 100_000) -> pl.DataFrame:
    return pl.concat(list(batches(path, reading, size=size)), how="vertical")


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a,b,c\n1,2,3\n", ","), ("a;b;c\n1,5;2;3\n", ";"), ("a\tb\tc\n1\t2\t3\n", "\t"), ("a|b|c\n1|2|3\n", "|")],
)
def test_the_delimiter_is_found(tmp_path, text, delimiter):
    found = look(written(tmp_path, "a.csv", text))
    assert found.reading.delimiter == delimiter
    assert found.columns == ("a", "b", "c")


@pytest.mark.parametrize(
    ("bytes_", "encoding"),
    [
        ("a,b\nКража,1\n".encode(), "utf-8"),
        ("a,b\nКража,1\n".encode("utf-8-sig"), "utf-8-sig"),
        ("a,b\nКража,1\n".encode("utf-16"), "utf-16"),
    ],
)
def test_the_encoding_is_found(tmp_path, bytes_, encoding):
    path = written(tmp_path, "a.csv", bytes_)
    assert look(path).reading.encoding == encoding
    assert read(path).rows() == [(2, "Кража", "1", None)]


def test_an_old_code_page_is_read_as_the_profile_says(tmp_path):
    path = written(tmp_path, "a.csv", "a,b\nКража,1\n".encode("cp1251"))
    assert read(path, Reading(encoding="cp1251"))["a"].to_list() == ["Кража"]
    assert look(path).reading.encoding != "utf-8"


def test_quoted_newlines_stay_in_their_field_and_rows_keep_their_number(tmp_path):
    path = written(tmp_path, "a.csv", 'id,words\n1,"two\nlines"\n2,"he said ""no"""\n')
    assert read(path).select(ROW, "id", "words").rows() == [(2, "1", "two\nlines"), (3, "2", 'he said "no"')]


def test_a_row_with_more_fields_than_the_header_is_caught(tmp_path):
    frame = read(written(tmp_path, "a.csv", "a,b\n1,2\n3,4,5,6\n7\n"))
    assert frame[MORE].to_list() == [None, "5", None]
    assert frame["b"].to_list() == ["2", "4", None]


def test_rows_above_the_header_are_skipped_but_counted(tmp_path):
    frame = read(written(tmp_path, "a.csv", "Report of today\n\na,b\n1,2\n"), Reading(skip_rows=2))
    assert frame[ROW].to_list() == [4]
    assert frame["a"].to_list() == ["1"]


def test_unnamed_and_repeated_columns_are_told_apart(tmp_path):
    assert look(written(tmp_path, "a.csv", "a,,a\n1,2,3\n")).columns == ("a", "column 2", "a (3)")


def test_a_packed_file_is_read(tmp_path):
    assert read(written(tmp_path, "a.csv.gz", gzip.compress(b"a,b\n1,2\n")))["b"].to_list() == ["2"]


def test_batches_hold_no_more_rows_than_asked_and_count_on(tmp_path):
    path = written(tmp_path, "a.csv", "a,b\n" + "".join(f"{n},x\n" for n in range(10_000)))
    frames = list(batches(path, size=3_000))
    assert max(frame.height for frame in frames) <= 3_000
    assert pl.concat(frames)[ROW].to_list() == list(range(2, 10_002))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "\n\n", "no header"),
        ("a.pdf", "%PDF", "none of the endings"),
        ("a.parquet", "PAR1 and then nothing", "cannot be read"),
        ("a.xlsx", "no zip at all", "no workbook"),
        ("a.geojson", '{"type":"FeatureCollection","features":[]}', "no features"),
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9_999)[:60], "cannot be read"),
    ],
)
def test_an_unreadable_file_says_so(tmp_path, name, text, words):
    with pytest.raises(UnreadableFile, match=words):
        list(batches(written(tmp_path, name, text)))


def feature(number, geometry):
    return {"type": "Feature", "id": number, "geometry": geometry, "properties": {"kind": "theft", "n": number}}


def test_features_are_read_with_their_points(tmp_path):
    collection = {
        "type": "FeatureCollection",
        "features": [feature(1, {"type": "Point", "coordinates": [2.5, 48.0]}), feature(2, None)],
    }
    frame = read(written(tmp_path, "a.geojson", json.dumps(collection)))
    assert frame.select(ROW, "id", "kind", "longitude", "latitude").rows() == [
        (1, "1", "theft", "2.5", "48.0"),
        (2, "2", "theft", None, None),
    ]


def test_one_feature_a_line_is_read(tmp_path):
    lines = "\n".join(json.dumps(feature(n, {"type": "Point", "coordinates": [n, n]})) for n in (1, 2))
    assert read(written(tmp_path, "a.geojsonl", lines))["longitude"].to_list() == ["1", "2"]


def test_a_collection_cut_short_is_refused_even_where_a_feature_ends(tmp_path):
    point = {"type": "Point", "coordinates": [1, 1]}
    whole = json.dumps({"type": "FeatureCollection", "features": [feature(1, point), feature(2, point)]})
    for cut in (whole[: whole.rindex(', {"type": "Feature"')], whole[:-30]):
        with pytest.raises(UnreadableFile, match="to its end"):
            read(written(tmp_path, "a.geojson", cut))


def test_a_workbook_keeps_its_dates_and_row_numbers(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["when", "n"], ["2021-03-04", 1.5], ["2021-03-05", 2]])
    frame = read(path)
    assert frame[ROW].to_list() == [2, 3]
    assert frame["n"].to_list() == [1.5, 2.0]


def test_a_sheet_that_is_not_there_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a"], ["1"]])
    with pytest.raises(UnreadableFile, match="no sheet 'Totals'") as refused:
        look(path, Reading(sheet="Totals"))
    assert refused.value.mend == "it has Sheet1"


def test_a_preview_is_short(tmp_path):
    path = written(tmp_path, "a.csv", "a\n" + "1\n" * 5_000)
    assert preview(path, rows=20).height == 20
