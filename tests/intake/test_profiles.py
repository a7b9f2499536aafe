"""Profiles: read, written, refused by the name of what is wrong; and those that are shipped."""

import pytest

from openbeat.intake.profile import (
    BadProfile,
    Moment,
    Profile,
    Times,
    from_toml,
    local_codes,
    shipped,
    shipped_names,
    to_toml,
)
from openbeat.kernel.errors import BadInput

LEAST = """
name = "mine"
title = "Mine"
source = "mine"
[time.occurred_from]
column = "when"
"""


def test_the_least_profile_is_a_name_a_source_and_a_time():
    profile = from_toml(LEAST)
    assert profile.time.occurred_from == Moment("when")
    assert profile.columns() == ("when",)


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_profile_is_read_and_written_back_the_same(name):
    profile = shipped(name)
    assert from_toml(to_toml(profile)) == profile
    assert profile.name == name


def test_shipped_profiles_cover_the_promised_sources():
    promised = {"toronto-mci", "chicago-portal", "portland-nij-burglary", "police-uk-street", "generic"}
    assert promised <= set(shipped_names())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('name = "Mine!"', "small letters"),
        ("colour = 1", "no setting 'colour'"),
        ('[time]\nzone = "Mars/Olympus"', "no time zone"),
        ('[time]\nprecision = "week"', "precision is one of"),
        ('[place]\nx = "lon"', "both of its columns"),
        ('[place]\nx = "lon"\ny = "lat"\ncrs = "EPSG:999999"', "no coordinate reference system"),
        ('[offence.codes]\nA = "999"', "NIBRS has no class 999"),
        ('[offence]\ncolumns = ["a"]\nconstant = "b"', "not both"),
        ('[offence]\nscheme = "OTHER"', "scheme is one of"),
        ('[offence]\nlisted = "nowhere"', "no list of local codes"),
        ('[time.occurred_from]\nhour = "h"\ntime = "t"\ncolumn = "d"', "not both"),
        ('[read]\nskip_rows = "two"', "not int"),
        ("= 1", "not TOML"),
        ("time = 5", "table of settings"),
    ],
)
def test_a_fault_is_refused_by_its_name(change, words):
    text = "\n".join(_merged(change))
    with pytest.raises(BadInput, match=words):
        from_toml(text)


def _merged(change):
    base = {"name": 'name = "mine"', "title": 'title = "Mine"', "source": 'source = "mine"'}
    key = change.partition(" ")[0]
    lines = [line for name, line in base.items() if name != key]
    top = change if not change.startswith("[") else ""
    tables = change if change.startswith("[") else ""
    moment = "" if "occurred_from" in change or change.startswith("time") else '[time.occurred_from]\ncolumn = "when"'
    return [*lines, top, tables, moment]


def test_a_profile_without_a_time_says_what_it_lacks():
    with pytest.raises(BadProfile, match="lacks"):
        from_toml('name = "mine"\ntitle = "Mine"\nsource = "mine"\n[time]\nzone = "UTC"')


def test_local_codes_of_a_list_are_corrected_by_the_profile():
    text = LEAST + '[offence]\ncolumns = ["iucr"]\nlisted = "chicago-iucr"\n[offence.codes]\n"0610" = "23D"\n'
    known = local_codes(from_toml(text).offence)
    assert known.classes["0610"] == "23D"
    assert known.classes["0620"] == "220"
    assert "0454" in known.patrol


def test_fields_tell_which_column_each_comes_from():
    fields = shipped("toronto-mci").fields()
    assert fields["occurred_from"] == "occurrence_date + occurrence_hour"
    assert fields["place"] == "longitude + latitude (EPSG:4326)"


def test_a_profile_is_checked_however_it_is_made():
    with pytest.raises(BadProfile, match="from which source"):
        Profile(name="a", title="A", source="", time=Times(Moment("when")))
