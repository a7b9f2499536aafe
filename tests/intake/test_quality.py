"""The report of a dry run: counts and findings of made files, and of slices of the real ones."""

from datetime import UTC, datetime

import polars as pl
import pytest
from tests.shared_data import shared

from openbeat.intake.normalise import Normaliser
from openbeat.intake.profile import Flag, Identity, Moment, Offence, Place, Profile, Times, shipped
from openbeat.intake.quality import Tally, Weight
from openbeat.intake.readers import ROW, batches

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROFILE = Profile(
    name="test",
    title="Test",
    source="test",
    id=Identity(("id",)),
    time=Times(Moment("when")),
    place=Place("lon", "lat"),
    offence=Offence(("kind",), codes={"B": "220", "N": "35A"}),
    arrest=Flag("arrest"),
)


def reported(rows, profile=PROFILE):
    frame = pl.DataFrame(rows, schema=["when", "kind", "lon", "lat", "arrest"], orient="row").with_row_index(
        ROW, offset=2
    )
    frame = frame.with_columns(pl.col(ROW).cast(pl.String).alias("id"))
    normaliser, tally = Normaliser(profile, now=NOW), Tally(profile)
    for part in frame.iter_slices(40):
        tally.add(normaliser.take(part))
    return tally.report()


def row(when="2020-06-01 10:31", kind="B", lon="1", lat="2", arrest="no"):
    return [when, kind, lon, lat, arrest]


def findings(report):
    return {finding.code: (finding.weight, finding.rows) for finding in report.findings}


def test_counts_add_up():
    report = reported([row(), row("2020-06-02 11:00"), row("soon"), row(kind="?", lon="", lat="")])
    assert (report.rows, report.accepted, report.refused, report.left_out) == (4, 3, 1, 0)
    assert (report.first, report.last) == ("2020-06-01 10:31", "2020-06-02 11:00")
    assert (report.without_place, report.without_class) == (1, 1)
    assert report.hours[10:12] == (2, 1)
    assert report.months == (("2020-06", 3),)
    assert report.refusals[0].examples == ((4, "soon"),)
    assert findings(report)["unknown-codes"] == (Weight.LOOK, 1)
    assert report.may_import


def test_a_file_of_which_most_is_refused_is_not_offered():
    report = reported([row("soon"), row("late"), row()])
    assert findings(report)["most-refused"] == (Weight.STOP, 2)
    assert not report.may_import


def test_a_file_without_rows_is_not_offered():
    assert not Tally(PROFILE).report().may_import


@pytest.mark.parametrize(
    ("times", "found"),
    [
        (["2020-06-01 10:31", "2020-06-02 11:00"], "minute"),
        (["2020-06-01 10:00", "2020-06-02 11:00"], "hour"),
        (["2020-06-01", "2020-06-02"], "day"),
        (["2020-06-01", "2020-07-01"], "month"),
    ],
)
def test_the_precision_is_seen_in_the_times(times, found):
    report = reported([row(when) for when in times])
    assert report.precision_found == found
    assert ("precision" in findings(report)) == (found != "minute")


def test_a_class_with_many_arrests_is_flagged_and_one_with_few_rows_is_not():
    many = [row(arrest="yes")] * 21 + [row()] * 9
    report = reported(many)
    assert report.codes[0].arrest_share == 0.7
    assert findings(report)["arrest-share"] == (Weight.LOOK, 30)
    assert "arrest-share" not in findings(reported(many[2:]))


def test_classes_that_patrols_discover_are_counted():
    assert findings(reported([row(kind="N"), row()]))["patrol-found"] == (Weight.NOTE, 1)


def test_midnight_noon_and_the_first_are_seen_as_habits():
    even = [row(f"2020-06-{day:02} {hour:02}:15") for day in range(1, 29) for hour in range(24)]
    report = reported(even + [row("2020-06-05 00:00")] * 100 + [row("2020-06-01 12:00")] * 100)
    words = [finding.words for finding in report.findings if finding.code == "spike"]
    assert [word.partition(" holds")[0] for word in words] == ["hour 0", "hour 12", "day of the month 1"]
    assert not [finding for finding in reported(even).findings if finding.code == "spike"]


def dry_run(path, name):
    profile = shipped(name)
    normaliser, tally = Normaliser(profile, now=NOW), Tally(profile)
    for frame in batches(path, profile.read):
        tally.add(normaliser.take(frame))
    return tally.report()


@pytest.mark.parametrize(
    ("name", "profile", "rows", "code"),
    [("bur", "portland-nij-burglary", 5_364, "220"), ("veh", "portland-nij-vehicle-theft", 9_842, "240")],
)
def test_portland_is_read_whole_as_days_in_feet(name, profile, rows, code):
    report = dry_run(shared(f"portland/nij_portland_{name}_2012-03_2017-05.csv"), profile)
    assert (report.rows, report.accepted, report.without_place) == (rows, rows, 0)
    assert (report.first, report.precision_found) == ("2012-03-01 00:00", "day")
    assert [(count.code, count.rows) for count in report.codes] == [(code, rows)]


def test_chicago_is_read_with_its_patrol_classes_told(tmp_path):
    slice_ = tmp_path / "slice.parquet"
    pl.scan_parquet(shared("chicago/chicago_slim_2012-2018.parquet")).slice(500_000, 30_000).sink_parquet(slice_)
    report = dry_run(slice_, "chicago-slim")
    by_code = {count.local_code: count for count in report.codes}
    assert report.accepted + report.left_out == report.rows == 30_000
    assert report.without_class == 0
    assert not by_code["1811"].reported_by_victims
    assert by_code["1811"].arrest_share > 0.9
    assert by_code["0610"].reported_by_victims
    assert findings(report)["patrol-found"][1] > 3_000
