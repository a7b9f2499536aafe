"""Rows in, incidents or refusals out: each a table and its stated answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import h3.api.basic_int as h3
import numpy as np
import polars as pl
import pytest

from openbeat.intake.normalise import CANONICAL, REFUSED, Ground, Normaliser, Seen
from openbeat.intake.profile import Filter, Flag, Identity, Moment, Offence, Place, Profile, Times
from openbeat.intake.readers import MORE, ROW

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BASE = Profile(
    name="test",
    title="Test",
    source="test",
    id=Identity(("id",)),
    time=Times(Moment("when"), zone="America/Chicago"),
    place=Place("lon", "lat"),
    offence=Offence(("kind",), codes={"B": "220", "N": "35A", "X": "-"}, patrol=("N",)),
)
ROWS = {"id": ["1"], "when": ["2020-06-01 10:30"], "lon": ["-87.65"], "lat": ["41.85"], "kind": ["B"]}


def taken(profile=BASE, *, ground=None, **columns):
    rows = {**ROWS, **columns}
    longest = max(len(values) for values in rows.values())
    if "id" not in columns:
        rows["id"] = [str(number + 1) for number in range(longest)]
    full = {name: values * longest if len(values) == 1 else values for name, values in rows.items()}
    frame = pl.DataFrame(full).with_row_index(ROW, offset=2)
    return Normaliser(profile, now=NOW, ground=ground).take(frame)


def timed(*formats, zone="America/Chicago", **settings):
    return replace(
        BASE, time=replace(BASE.time, occurred_from=Moment("when", formats or ("iso",), **settings), zone=zone)
    )


def test_a_plain_row_becomes_an_incident():
    batch = taken()
    assert batch.refused.is_empty()
    row = batch.accepted.row(0, named=True)
    assert row["occurred_from"] == datetime(2020, 6, 1, 15, 30, tzinfo=UTC)
    assert (row["lon"], row["lat"]) == (-87.65, 41.85)
    assert row["cell"] == h3.latlng_to_cell(41.85, -87.65, 11)
    assert (row["source_id"], row["local_code"], row["code"], row["row"]) == ("1", "B", "220", 2)
    assert batch.accepted.schema == pl.Schema(CANONICAL)
    assert batch.refused.schema == pl.Schema(REFUSED)


@pytest.mark.parametrize(
    ("wanted", "text", "zone", "utc"),
    [
        ("iso", "2020-06-01", "America/Chicago", "2020-06-01 05:00"),
        ("iso", "2020-06-01T10:30:15", "America/Chicago", "2020-06-01 15:30:15"),
        ("iso", "2020-06-01T10:30:15.25Z", "America/Chicago", "2020-06-01 10:30:15.25"),
        ("iso", "2020-06-01T10:30+05:00", "America/Chicago", "2020-06-01 05:30"),
        ("%m/%d/%Y %I:%M:%S %p", "06/01/2020 10:30:00 PM", "America/Chicago", "2020-06-02 03:30"),
        ("%d.%m.%Y %H:%M", "01.06.2020 09:05", "Asia/Almaty", "2020-06-01 03:05"),
        ("%Y/%m/%d %H:%M:%S%#z", "2014/03/02 05:00:00+00", "America/Toronto", "2014-03-02 05:00"),
        ("%Y-%m", "2021-05", "Europe/London", "2021-04-30 23:00"),
        ("%Y%m%d", "20200601", "Asia/Tashkent", "2020-05-31 19:00"),
        ("epoch", "1590000000", "America/Chicago", "2020-05-20 18:40"),
        ("epoch-ms", "1590000000000", "America/Chicago", "2020-05-20 18:40"),
        ("excel", "43983.4375", "America/Chicago", "2020-06-01 15:30"),
    ],
)
def test_times_are_read_in_their_format_and_zone(wanted, text, zone, utc):
    batch = taken(timed(wanted, zone=zone), when=[f" {text} "])
    assert batch.accepted["occurred_from"].to_list() == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]


def test_the_first_format_that_reads_a_row_wins():
    batch = taken(timed("%d/%m/%Y", "%Y-%m-%d"), when=["02/03/2020", "2020-03-02", "31/31/2020"])
    assert batch.accepted["occurred_from"].to_list() == [datetime(2020, 3, 2, 6, tzinfo=UTC)] * 2
    assert batch.refused.rows() == [(4, "unreadable-time", "31/31/2020", batch.refused["fields"][0])]


@pytest.mark.parametrize(
    ("values", "utc"),
    [
        ([date(2020, 6, 1)], datetime(2020, 6, 1, 5, tzinfo=UTC)),
        ([datetime(2020, 6, 1, 10, 30)], datetime(2020, 6, 1, 15, 30, tzinfo=UTC)),
        ([datetime(2020, 6, 1, 10, 30, tzinfo=UTC)], datetime(2020, 6, 1, 10, 30, tzinfo=UTC)),
    ],
)
def test_typed_columns_need_no_format(values, utc):
    assert taken(when=values).accepted["occurred_from"].to_list() == [utc]


@pytest.mark.parametrize(
    ("settings", "column", "value", "minute"),
    [
        ({"hour": "h"}, "h", "7", 12 * 60),
        ({"hour": "h"}, "h", 7, 12 * 60),
        ({"time": "t"}, "t", "07:45", 12 * 60 + 45),
        ({"time": "t"}, "t", "745", 12 * 60 + 45),
        ({"time": "t"}, "t", time(7, 45), 12 * 60 + 45),
    ],
)
def test_an_hour_or_time_column_stands_beside_the_date(settings, column, value, minute):
    batch = taken(timed("iso", **settings), when=["2020-06-01 23:59"], **{column: [value]})
    found = batch.accepted["occurred_from"][0]
    assert found.hour * 60 + found.minute == minute


@pytest.mark.parametrize("hour", ["24", "-1", "noon"])
def test_an_hour_that_is_none_is_refused(hour):
    assert taken(timed("iso", hour="h"), h=[hour]).refused["reason"].to_list() == ["unreadable-time"]


def test_clock_changes_a_skipped_hour_is_later_and_a_repeated_one_is_the_first():
    batch = taken(when=["2020-03-08 02:30", "2020-11-01 01:30"])
    assert batch.accepted["occurred_from"].to_list() == [
        datetime(2020, 3, 8, 8, 30, tzinfo=UTC),
        datetime(2020, 11, 1, 6, 30, tzinfo=UTC),
    ]
    assert batch.shifted == 1


def test_positions_in_feet_are_turned_to_degrees():
    profile = replace(BASE, place=Place("lon", "lat", crs="EPSG:2913"))
    row = taken(profile, lon=["7644000"], lat=["684000"]).accepted.row(0, named=True)
    assert row["lon"] == pytest.approx(-122.68, abs=0.02)
    assert row["lat"] == pytest.approx(45.52, abs=0.02)


def test_a_decimal_comma_is_read_where_the_profile_says_so():
    profile = replace(BASE, read=replace(BASE.read, decimal_comma=True))
    assert taken(profile, lon=["-87,65"], lat=["41,85"]).accepted["lat"].to_list() == [41.85]


def test_no_place_is_kept_and_zero_is_no_place():
    batch = taken(lon=["", "0", "-87.65"], lat=["", "0.0", "41.85"])
    assert batch.accepted["cell"].is_null().to_list() == [True, True, False]
    assert batch.zero_places == 1


def test_places_outside_the_areas_are_counted_or_refused():
    ground = Ground(np.array([h3.latlng_to_cell(41.85, -87.65, 9)]), 9)
    assert taken(ground=ground, lon=["-87.65", "-80", ""], lat=["41.85", "41.85", ""]).outside == 1
    strict = replace(BASE, place=replace(BASE.place, outside="refuse"))
    assert taken(strict, ground=ground, lon=["-87.65", "-80"]).refused["reason"].to_list() == ["outside-area"]


@pytest.mark.parametrize(
    ("columns", "reason", "detail"),
    [
        ({"when": [""]}, "missing-time", ""),
        ({"when": ["soon"]}, "unreadable-time", "soon"),
        ({"when": ["1920-01-01"]}, "too-early", "1920-01-01"),
        ({"when": ["2027-01-01"]}, "in-future", "2027-01-01"),
        ({"lon": ["west"]}, "unreadable-place", "west, 41.85"),
        ({"lon": [""]}, "unreadable-place", "41.85"),
        ({"lat": ["4185"]}, "impossible-place", "-87.65, 4185"),
        ({"kind": [""]}, "missing-class", ""),
        ({"id": ["9" * 201]}, "id-too-long", "9" * 60),
        ({"kind": ["B\0"]}, "unreadable-characters", ""),
        ({MORE: ["extra"]}, "too-many-fields", ""),
    ],
)
def test_a_row_is_refused_with_its_reason_and_the_text_at_fault(columns, reason, detail):
    batch = taken(**columns)
    assert batch.accepted.is_empty()
    assert batch.refused.select("row", "reason", "detail").rows() == [(2, reason, detail)]


def test_an_end_before_its_beginning_is_refused():
    profile = replace(BASE, time=replace(BASE.time, occurred_to=Moment("to")))
    batch = taken(profile, to=["2020-06-01 10:29", "2020-06-01 10:30", ""])
    assert batch.refused.select("row", "reason").rows() == [(2, "ends-before-start")]
    assert batch.accepted["occurred_to"].null_count() == 1


def test_a_refused_row_keeps_everything_it_said():
    refused = taken(when=["soon"], other=['quoted "word"']).refused["fields"][0]
    assert '"when":"soon"' in refused
    assert r"quoted \"word\"" in refused


def test_codes_unknown_are_kept_without_class_or_refused_as_the_profile_says():
    batch = taken(kind=["B", "?"])
    assert batch.accepted["code"].to_list() == ["220", None]
    strict = replace(BASE, offence=replace(BASE.offence, unknown="refuse"))
    assert taken(strict, kind=["B", "?"]).refused.select("reason", "detail").rows() == [("unknown-code", "?")]


def test_what_is_no_offence_is_left_out_and_what_patrols_found_is_marked():
    batch = taken(kind=["B", "X", "N"])
    assert batch.accepted["local_code"].to_list() == ["B", "N"]
    assert batch.accepted["patrol_found"].to_list() == [False, True]
    assert batch.left_out == 1


def test_codes_are_joined_and_filled_with_zeros():
    joined = replace(BASE, offence=Offence(("kind", "sub"), codes={"B/x": "220"}))
    assert taken(joined, sub=["x"]).accepted["code"].to_list() == ["220"]
    filled = replace(BASE, offence=Offence(("kind",), width=4, codes={"0610": "220"}))
    assert taken(filled, kind=["610"]).accepted["code"].to_list() == ["220"]


def test_without_a_mapping_the_source_writes_the_class_itself():
    assert taken(replace(BASE, offence=Offence(("kind",))), kind=["13A", "B"]).accepted["code"].to_list() == [
        "13A",
        None,
    ]


def test_a_constant_class_needs_no_column():
    constant = replace(BASE, offence=Offence(constant="220"))
    assert taken(constant).accepted.select("local_code", "code").rows() == [("220", "220")]


def test_filters_choose_and_leave_out_rows():
    only = replace(BASE, only=(Filter("city", ("A", "B")), Filter("city", ("B",), leave_out=True)))
    batch = taken(only, city=["A", "B", "C"])
    assert batch.accepted["row"].to_list() == [2]
    assert batch.left_out == 2


@pytest.mark.parametrize(
    ("values", "flags"), [(["Yes", "no", ""], [True, False, None]), ([True, False, None], [True, False, None])]
)
def test_flags_are_yes_no_or_not_told(values, flags):
    assert taken(replace(BASE, arrest=Flag("caught")), caught=values).accepted["arrest"].to_list() == flags


def test_the_second_row_with_an_id_is_refused_or_numbered():
    assert taken(id=["7", "7", "8"]).refused.select("row", "reason", "detail").rows() == [(3, "duplicate-id", "7")]
    kept = replace(BASE, id=Identity(("id",), duplicates="keep"))
    assert taken(kept, id=["7", "7", "8"]).accepted["source_id"].to_list() == ["7", "7-2", "8"]


def test_a_refused_row_does_not_use_up_its_id():
    assert taken(id=["7", "7"], when=["soon", "2020-06-01"]).accepted["source_id"].to_list() == ["7"]


def test_rows_without_an_id_are_known_by_time_place_and_class():
    batch = taken(id=[None, None, None], kind=["B", "B", "N"])
    first, second, other = batch.accepted["source_id"].to_list()
    assert first.startswith("row-")
    assert second == f"{first}-2"
    assert not other.startswith(first)
    assert batch.repeats == 1
    strict = replace(BASE, id=Identity(("id",), repeats="refuse"))
    assert taken(strict, id=[None, None]).refused["reason"].to_list() == ["duplicate-row"]


def test_a_row_without_an_id_stays_the_same_when_its_mapping_is_corrected():
    other = replace(BASE, offence=replace(BASE.offence, codes={"B": "23D"}), time=replace(BASE.time, zone="UTC"))
    before, after = (taken(profile, id=[None]).accepted.row(0, named=True) for profile in (BASE, other))
    assert before["source_id"] == after["source_id"]
    assert before["fingerprint"] != after["fingerprint"]


def test_the_fingerprint_tells_a_changed_row_from_an_unchanged_one():
    same, again, moved = (taken(lon=[lon]).accepted["fingerprint"][0] for lon in ("-87.65", "-87.650", "-87.66"))
    assert same == again
    assert same != moved


def test_repeats_are_remembered_across_batches():
    normaliser = Normaliser(BASE, now=NOW)
    frame = pl.DataFrame(ROWS).with_row_index(ROW, offset=2)
    assert normaliser.take(frame).accepted.height == 1
    assert normaliser.take(frame).refused["reason"].to_list() == ["duplicate-id"]


def test_seen_counts_like_a_plain_dictionary():
    random = np.random.default_rng(5)
    seen, plain = Seen(), {}
    for _ in range(30):
        keys = random.integers(0, 400, size=random.integers(1, 90)).astype(np.uint64)
        expected = []
        for key in keys.tolist():
            expected.append(plain.get(key, 0))
            plain[key] = plain.get(key, 0) + 1
        assert seen.before(keys).tolist() == expected
