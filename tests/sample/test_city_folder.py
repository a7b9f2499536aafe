"""A city's folder is read whole, and each thing that is wrong in it is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from openbeat.ops.sample import SAMPLE
from openbeat.ops.sample.folder import (
    AgencyPart,
    AreasPart,
    CityFolderUnreadable,
    IncidentsPart,
    UnitsPart,
    read_folder,
)

GOOD = """
[agency]
name = "North"
zone = "Europe/Berlin"

[[areas]]
file = "beats.geojson"
layer = "beats"
name = "Beats"
valid_from = 2020-01-01

[[incidents]]
file = "crimes.csv"
profile = "own.toml"
"""


def folder(path: Path, text: str) -> Path:
    for name in ("beats.geojson", "crimes.csv", "own.toml", "stations.csv"):
        (path / name).touch()
    (path / "agency.toml").write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_read(tmp_path: Path) -> None:
    city = read_folder(folder(tmp_path, GOOD))
    assert city.agency == AgencyPart("North", "Europe/Berlin", training=True)
    assert city.areas == (AreasPart("beats.geojson", "beats", "Beats", date(2020, 1, 1)),)
    assert city.incidents == (IncidentsPart("crimes.csv", "own.toml"),)
    assert (city.streets, city.stations, city.travel, city.units) == (None, None, None, UnitsPart(0))
    assert city.file("crimes.csv") == tmp_path / "crimes.csv"
    assert city.file("/data/crimes.csv") == Path("/data/crimes.csv")


def test_the_sample_is_such_a_folder() -> None:
    city = read_folder(SAMPLE)
    assert (city.agency.name, city.agency.training_today) == ("Toronto (training)", date(2022, 1, 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[agency]", "[agency"), "is not TOML"),
        (('[agency]\nname = "North"\nzone = "Europe/Berlin"', ""), "has no [agency]"),
        (('name = "North"', ""), "does not say name in [agency]"),
        (('name = "North"', "name = 5"), "has name = 5"),
        (('name = "North"', 'name = "North"\ntraining = 1'), "has training = 1"),
        (("Europe/Berlin", "Berlin"), "has the zone 'Berlin'"),
        (("[agency]", "[office]\n[agency]"), "does not know [office]"),
        (('layer = "beats"', 'layer = "beets"'), "has the layer 'beets'"),
        (('layer = "beats"', 'layer = "beats"\ncolour = "red"'), "does not know colour in [areas]"),
        (("2020-01-01", '"2020"'), "has valid_from = '2020'"),
        (("2020-01-01", "2020-01-01T10:00:00"), "has valid_from"),
        (("crimes.csv", "crime.csv"), "names crime.csv, which is not there"),
        (("own.toml", "other.toml"), "names other.toml, which is not there"),
        (("[[areas]]", '[streets]\nnodes = "beats.geojson"\n[[areas]]'), "has [streets] without files"),
        (("[[areas]]", "[units]\ncount = 4\n[[areas]]"), "has units but no stations"),
        (("[[areas]]", "stations = 4\n[[areas]]"), "does not know stations in [agency]"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(CityFolderUnreadable) as refused:
        read_folder(folder(tmp_path, GOOD.replace(*change, 1)))
    assert words in refused.value.words
    assert refused.value.mend


def test_an_empty_folder_says_where_to_read_on(tmp_path: Path) -> None:
    with pytest.raises(CityFolderUnreadable, match=r"there is no agency\.toml") as refused:
        read_folder(tmp_path)
    assert "another-city.md" in refused.value.mend


def test_a_table_must_be_a_table(tmp_path: Path) -> None:
    with pytest.raises(CityFolderUnreadable, match=r"has no table \[units\]"):
        read_folder(folder(tmp_path, "units = 4\n" + GOOD))
