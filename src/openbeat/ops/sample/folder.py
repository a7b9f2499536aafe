"""A city's folder: `agency.toml` and the files it names, read and checked before anything is founded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from zoneinfo import available_timezones

from openbeat.kernel.errors import BadInput
from openbeat.places.rules import DEFAULT_KMH, Layer

NAME = "agency.toml"


class CityFolderUnreadable(BadInput):
    """The folder of a city lacks something, or its agency.toml says what cannot be."""

    code = "city-folder-unreadable"


@dataclass(frozen=True)
class AgencyPart:
    """Who the agency is. In training its clock stands on `training_today`, or on the day after its last incident."""

    name: str
    zone: str
    slug: str = ""
    country: str = ""
    attribution: str = ""
    training: bool = True
    training_today: date | None = None


@dataclass(frozen=True)
class AreasPart:
    """One file of areas; empty columns are guessed."""

    file: str
    layer: str
    name: str
    valid_from: date
    code: str = ""
    label: str = ""
    epsg: int | None = None
    attribution: str = ""


@dataclass(frozen=True)
class IncidentsPart:
    """One file of incidents and how it is read: the name of a profile, or a profile's TOML file in the folder."""

    file: str
    profile: str = ""


@dataclass(frozen=True)
class StreetsPart:
    """Streets as an OpenStreetMap extract, or as lists of nodes and edges driven at one speed."""

    extract: str = ""
    nodes: str = ""
    edges: str = ""
    kmh: float = DEFAULT_KMH
    attribution: str = ""


@dataclass(frozen=True)
class StationsPart:
    """The list of stations."""

    file: str


@dataclass(frozen=True)
class TravelPart:
    """The speed of drives that are guessed."""

    kmh: float = DEFAULT_KMH


@dataclass(frozen=True)
class UnitsPart:
    """How many units there are to begin with, shared out among the stations."""

    count: int = 0


@dataclass(frozen=True)
class CityFolder:
    """Everything that a city's folder says, each file found."""

    path: Path
    agency: AgencyPart
    areas: tuple[AreasPart, ...]
    incidents: tuple[IncidentsPart, ...]
    streets: StreetsPart | None
    stations: StationsPart | None
    travel: TravelPart | None
    units: UnitsPart

    def file(self, name: str) -> Path:
        """The path of a file that the folder names: beside agency.toml, or anywhere by its full path."""
        return self.path / name


PART = TypeVar("PART")
SINGLE: Mapping[str, type[Any]] = {
    "agency": AgencyPart, "streets": StreetsPart, "stations": StationsPart, "travel": TravelPart, "units": UnitsPart,
}  # fmt: skip
SEVERAL: Mapping[str, type[Any]] = {"areas": AreasPart, "incidents": IncidentsPart}


def read_folder(path: Path) -> CityFolder:
    """The folder's contents, checked: known words, values of their kind, files that are there."""
    told = _toml(path / NAME)
    unknown = sorted(told.keys() - SINGLE.keys() - SEVERAL.keys())
    if unknown:
        raise _wrong(f"does not know [{unknown[0]}]", f"it knows: {', '.join([*SINGLE, *SEVERAL])}")
    if "agency" not in told:
        raise _wrong("has no [agency]", "say its name and zone")
    one = {name: _part(kind, told[name], name) for name, kind in SINGLE.items() if name in told}
    many = {name: tuple(_part(kind, row, name) for row in _rows(told, name)) for name, kind in SEVERAL.items()}
    city = CityFolder(
        path=path, agency=one["agency"], areas=many["areas"], incidents=many["incidents"], streets=one.get("streets"),
        stations=one.get("stations"), travel=one.get("travel"), units=one.get("units", UnitsPart()),
    )  # fmt: skip
    _check(city)
    return city


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CityFolderUnreadable(f"there is no {NAME} in {path.parent}", mend="see docs/how-to/another-city.md")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"is not TOML: {error}", "correct that line") from error


def _rows(told: Mapping[str, Any], name: str) -> list[Any]:
    rows = told.get(name, [])
    return rows if isinstance(rows, list) else [rows]


def _part(kind: type[PART], told: Any, name: str) -> PART:
    if not isinstance(told, dict):
        raise _wrong(f"has no table [{name}]", f"write [{name}] and its lines below it")
    kinds, known = get_type_hints(kind), {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key, value in told.items():
        if key not in known:
            raise _wrong(f"does not know {key} in [{name}]", f"it knows: {', '.join(known)}")
        if not _fits(value, kinds[key]):
            raise _wrong(f"has {key} = {value!r} in [{name}]", f"{key} is {_words(kinds[key])}")
    missing = [key for key, field in known.items() if key not in told and field.default is MISSING]
    if missing:
        raise _wrong(f"does not say {missing[0]} in [{name}]", f"add {missing[0]} = …")
    return kind(**told)


def _fits(value: object, kind: Any) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if isinstance(value, datetime):
        return False
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)


def _words(kind: Any) -> str:
    names = {
        str: "text in quotes",
        bool: "true or false",
        float: "a number",
        int: "a whole number",
        date: "a day like 2022-01-01",
    }
    return names.get(kind) or names[next(one for one in names if one in kind.__args__)]


def _check(city: CityFolder) -> None:
    if city.agency.zone not in available_timezones():
        raise _wrong(f"has the zone {city.agency.zone!r}", "use a name like America/Toronto")
    for part in city.areas:
        if part.layer not in set(Layer):
            raise _wrong(f"has the layer {part.layer!r}", f"it is one of: {', '.join(Layer)}")
    streets = city.streets
    if streets and not (streets.extract or (streets.nodes and streets.edges)):
        raise _wrong("has [streets] without files", "name an extract, or both nodes and edges")
    if city.units.count and not city.stations:
        raise _wrong("has units but no stations", "add [stations], for units start from them")
    for name in _files(city):
        if not city.file(name).is_file():
            raise CityFolderUnreadable(f"{NAME} names {name}, which is not there", mend="correct the path")


def _files(city: CityFolder) -> list[str]:
    named = [part.file for part in city.areas] + [part.file for part in city.incidents]
    named += [part.profile for part in city.incidents if part.profile.endswith(".toml")]
    named += [city.stations.file] if city.stations else []
    named += [city.streets.extract, city.streets.nodes, city.streets.edges] if city.streets else []
    return [name for name in named if name]


def _wrong(words: str, mend: str) -> CityFolderUnreadable:
    return CityFolderUnreadable(f"{NAME} {words}", mend=mend)
