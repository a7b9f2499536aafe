"""Guessing a profile: from the names and the look of a file's columns."""

import polars as pl
import pytest
from tests.shared_data import shared

from openbeat.intake.guess import as_written, fitting, guess
from openbeat.intake.profile import Reading, shipped
from openbeat.intake.readers import preview


def guessed(**columns):
    return guess(pl.DataFrame(columns), reading=Reading(), zone="Europe/Lisbon", name="mine", source="mine")


def test_plain_names_are_mapped():
    found = guessed(
        Incident_ID=["a", "b"],
        Occurred=["2020-06-01 10:30", "2020-06-02 11:00"],
        LONGITUDE=["1", "2"],
        Latitude=["3", "4"],
        Offense=["burglary", "spitting"],
        Beat=["1", "1"],
        Arrest=["Y", "N"],
    )
    profile = found.profile
    assert found.doubts == ()
    assert profile.id.columns == ("Incident_ID",)
    assert (profile.time.occurred_from.column, profile.time.precision, profile.time.zone) == (
        "Occurred",
        "minute",
        "Europe/Lisbon",
    )
    assert (profile.place.x, profile.place.y, profile.place.area) == ("LONGITUDE", "Latitude", "Beat")
    assert profile.offence.codes == {"burglary": "220"}
    assert profile.arrest.column == "Arrest"


@pytest.mark.parametrize(
    ("values", "wanted", "precision"),
    [
        (["12/31/2020 11:59:00 PM", "01/02/2020 12:30:00 AM"], "%m/%d/%Y %I:%M:%S %p", "minute"),
        (["31/12/2020", "01/02/2020"], "%d/%m/%Y", "day"),
        (["2021-05", "2021-06"], "%Y-%m", "month"),
        (["31.12.2020 10:15"], "%d.%m.%Y %H:%M", "minute"),
        (["1590000000000"], "epoch-ms", "minute"),
        (["43983.4375"], "excel", "minute"),
    ],
)
def test_the_format_of_the_time_is_found(values, wanted, precision):
    times = guessed(date=values, type=["x"] * len(values)).profile.time
    assert times.occurred_from.formats == (wanted,)
    assert times.precision == precision


def test_a_day_and_month_that_cannot_be_told_apart_are_doubted():
    found = guessed(date=["01/02/2020", "03/04/2020"], type=["x", "y"])
    assert (
        "time",
        "day and month cannot be told apart in the first rows of date: is it %m/%d/%Y or %d/%m/%Y?",
    ) in found.doubts


def test_an_hour_or_a_clock_beside_the_date_is_used():
    assert guessed(date=["2020-06-01"], hour=["7"], type=["x"]).profile.time.occurred_from.hour == "hour"
    assert guessed(date=["2020-06-01"], time=["07:15"], type=["x"]).profile.time.occurred_from.time == "time"


def test_positions_that_are_no_degrees_are_doubted():
    found = guessed(date=["2020-06-01"], x=["7644000"], y=["684000"], type=["x"])
    assert [field for field, _ in found.doubts] == ["place"]


def test_without_a_time_there_is_no_profile():
    found = guessed(a=["x"], b=["y"])
    assert found.profile is None
    assert [field for field, _ in found.doubts] == ["time", "offence"]


def test_nibrs_codes_need_no_mapping():
    assert guessed(date=["2020-06-01", "2020-06-01"], nibrs=["13A", "220"]).profile.offence.codes == {}


def test_a_shipped_profile_is_recognised_by_its_columns():
    path = shared("portland/nij_portland_bur_2012-03_2017-05.csv")
    found = guess(preview(path), reading=Reading(), zone="UTC", name="mine", source="mine")
    assert found.fits == ("portland-nij-burglary", "portland-nij-vehicle-theft")
    assert found.profile.time.precision == "day"
    assert fitting(shipped("chicago-portal").columns())[0] == "chicago-portal"


@pytest.mark.parametrize(
    ("dates", "formats", "doubted"),
    [
        (["2017-12-31T10:00:00", None], ("iso",), []),
        (["12/31/2017 10:00:00 PM", None], ("%m/%d/%Y %I:%M:%S %p",), ["read as %m/%d/%Y %I:%M:%S %p"]),
        (["12/31/2017"], ("%m/%d/%Y",), ["read as %m/%d/%Y"]),
        (["01/01/2017 10:00:00 PM"], ("%m/%d/%Y %I:%M:%S %p",), ["read as %m/%d/%Y", "is it %m/%d/%Y"]),
        (["long ago", None], ("iso",), []),
        ([None], ("iso",), []),
    ],
)
def test_a_shipped_profile_reads_dates_as_the_file_writes_them(dates, formats, doubted):
    sample = pl.DataFrame({"datetime": dates}, schema={"datetime": pl.String})
    profile, doubts = as_written(shipped("chicago-slim"), sample)
    assert profile.time.occurred_from.formats == formats
    assert profile.time.precision == ("day" if formats == ("%m/%d/%Y",) else "minute")
    assert (profile.source, profile.place.crs) == ("chicago-crimes-slim", "EPSG:4326")
    assert [part in words for part, (_, words) in zip(doubted, doubts, strict=True)] == [True] * len(doubted)
