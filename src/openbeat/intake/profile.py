"""The profile of a source: how its columns are read. Written and kept as TOML, so that a person can correct it."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, get_type_hints
from zoneinfo import available_timezones

import tomlkit
from pyproj import CRS
from pyproj.exceptions import CRSError
from tomlkit.exceptions import TOMLKitError

from openbeat.incidents.rules import Scheme, code_list, require_known
from openbeat.intake.rules import DUPLICATES, KINDS, PRECISIONS, UNKNOWN_CODES
from openbeat.kernel.errors import BadInput

FORMAT = 1
"""The version of the profile's own layout."""
NOT_AN_OFFENCE = "-"
"""Stands for a class in a profile: rows with this code are no offence and are left out."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class BadProfile(BadInput):
    """A profile that cannot be used: a field is missing, misspelt or contradicts another."""

    code = "bad-profile"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file itself is read; empty settings are found out from the file."""

    kind: str = ""
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
    skip_rows: int = 0
    null_values: tuple[str, ...] = ()
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """The source's own id; a row without one is known by its time, place and class.

    `duplicates` says what becomes of a second row with the same id, `repeats` of one that has no id and says the same.
    """

    columns: tuple[str, ...] = ()
    duplicates: str = "refuse"
    repeats: str = "keep"


@dataclass(frozen=True, slots=True)
class Moment:
    """One time: a column, or a date column with an hour or a time column beside it."""

    column: str
    formats: tuple[str, ...] = ("iso",)
    hour: str = ""
    time: str = ""
    time_formats: tuple[str, ...] = ("%H:%M:%S", "%H:%M", "%H%M")


@dataclass(frozen=True, slots=True)
class Times:
    """When it happened, in which zone the source writes, and how exactly it can tell."""

    occurred_from: Moment
    zone: str = "UTC"
    precision: str = "minute"
    occurred_to: Moment | None = None
    reported_at: Moment | None = None
    earliest: str = "1950-01-01"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happened: two columns in a coordinate reference system, and the area the source names."""

    x: str = ""
    y: str = ""
    crs: str = "EPSG:4326"
    area: str = ""
    missing: str = "keep"
    outside: str = "keep"


@dataclass(frozen=True, slots=True)
class Offence:
    """The source's own code, and the class it means; "-" marks rows that are no offence and are left out.

    `listed` names a list of local codes that comes with Openbeat; `codes` are added to it or correct it. With
    neither, the source writes the class itself. `patrol` are local codes that patrols discover within a class.
    """

    columns: tuple[str, ...] = ()
    constant: str = ""
    scheme: str = "NIBRS"
    width: int = 0
    unknown: str = "keep"
    listed: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    patrol: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no column and the words that mean yes."""

    column: str
    yes: tuple[str, ...] = ("true", "1", "y", "yes", "t")


@dataclass(frozen=True, slots=True)
class Filter:
    """Only rows whose column holds one of these values (or, with `leave_out`, none of them)."""

    column: str
    values: tuple[str, ...]
    leave_out: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything needed to read one kind of file into incidents."""

    name: str
    title: str
    source: str
    time: Times
    place: Place = Place()
    offence: Offence = Offence()
    id: Identity = Identity()
    read: Reading = Reading()
    arrest: Flag | None = None
    domestic: Flag | None = None
    only: tuple[Filter, ...] = ()
    licence: str = ""
    attribution: str = ""
    note: str = ""
    format: int = FORMAT

    def __post_init__(self) -> None:
        for words in _faults(self):
            raise BadProfile(
                "profile {name!r}: {what}", mend="correct the profile; nothing was imported", name=self.name, what=words
            )
        require_known(Scheme(self.offence.scheme), set(local_codes(self.offence).classes.values()) - {NOT_AN_OFFENCE})

    def columns(self) -> tuple[str, ...]:
        """The columns the profile reads, each once, in order of first mention."""
        return tuple(dict.fromkeys(name for name in _named(self) if name))

    def fields(self) -> dict[str, str]:
        """Which field of an incident comes from which column."""
        found = {
            "source_id": " + ".join(self.id.columns),
            "occurred_from": _origin(self.time.occurred_from),
            "occurred_to": _origin(self.time.occurred_to),
            "reported_at": _origin(self.time.reported_at),
            "place": f"{self.place.x} + {self.place.y} ({self.place.crs})" if self.place.x else "",
            "area_hint": self.place.area,
            "offence": " + ".join(self.offence.columns) or self.offence.constant,
            "arrest": self.arrest.column if self.arrest else "",
            "domestic": self.domestic.column if self.domestic else "",
        }
        return {name: column for name, column in found.items() if column}


def _origin(moment: Moment | None) -> str:
    return " + ".join(filter(None, (moment.column, moment.hour, moment.time))) if moment else ""


def _moments(profile: Profile) -> list[Moment]:
    times = profile.time
    return [moment for moment in (times.occurred_from, times.occurred_to, times.reported_at) if moment]


def _named(profile: Profile) -> list[str]:
    names = list(profile.id.columns)
    for moment in _moments(profile):
        names += [moment.column, moment.hour, moment.time]
    names += [profile.place.x, profile.place.y, profile.place.area, *profile.offence.columns]
    names += [flag.column for flag in (profile.arrest, profile.domestic) if flag]
    return names + [rule.column for rule in profile.only]


def _faults(profile: Profile) -> list[str]:
    checks = {
        f"the name may hold small letters, digits and hyphens, not {profile.name!r}": NAME.fullmatch(profile.name),
        f"layout {profile.format} is not known, only {FORMAT}": profile.format == FORMAT,
        "it says from which source the rows come": profile.source,
        f"precision is one of {', '.join(PRECISIONS)}": profile.time.precision in PRECISIONS,
        f"there is no time zone {profile.time.zone!r}": profile.time.zone in available_timezones(),
        f"duplicates and repeats are one of {', '.join(DUPLICATES)}": {profile.id.duplicates, profile.id.repeats}
        <= set(DUPLICATES),
        f"scheme is one of {', '.join(Scheme)}": profile.offence.scheme in set(Scheme),
        f"there is no list of local codes {profile.offence.listed!r}": profile.offence.listed in ("", *list_names()),
        f"unknown is one of {', '.join(UNKNOWN_CODES)}": profile.offence.unknown in UNKNOWN_CODES,
        f"kind is one of {', '.join(KINDS)}": profile.read.kind in ("", *KINDS),
        "missing and outside places are kept or refused": {profile.place.missing, profile.place.outside}
        <= {"keep", "refuse"},
        "a place needs both of its columns": bool(profile.place.x) == bool(profile.place.y),
        f"{profile.place.crs!r} is no coordinate reference system": not profile.place.x or _is_crs(profile.place.crs),
        "the offence is a column or a constant, not both": not (profile.offence.columns and profile.offence.constant),
        "a time has an hour column or a time column, not both": not any(m.hour and m.time for m in _moments(profile)),
    }
    return [words for words, holds in checks.items() if not holds]


@dataclass(frozen=True, slots=True)
class LocalCodes:
    """A source's own codes: the class each means, its name, and those that patrols discover."""

    classes: Mapping[str, str]
    names: Mapping[str, str]
    patrol: frozenset[str]


def local_codes(offence: Offence) -> LocalCodes:
    """The shipped list with the profile's own codes over it; with neither, the classes themselves."""
    rows = _listed(offence.listed) if offence.listed else []
    classes = {row["code"]: row["class"] for row in rows} | dict(offence.codes)
    if not classes:
        entries = code_list(Scheme(offence.scheme))
        return LocalCodes(
            {code: code for code in entries}, {code: entry.name for code, entry in entries.items()}, frozenset()
        )
    names = {row["code"]: row["name"] for row in rows} | dict(offence.names)
    patrol = frozenset(row["code"] for row in rows if row["patrol"] == "yes") | frozenset(offence.patrol)
    return LocalCodes(classes, names, patrol)


def list_names() -> list[str]:
    """The lists of local codes that come with Openbeat."""
    folder = files("openbeat.intake") / "codes"
    return sorted(item.name.removesuffix(".csv") for item in folder.iterdir() if item.name.endswith(".csv"))


@cache
def _listed(name: str) -> list[dict[str, str]]:
    text = (files("openbeat.intake") / "codes" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _is_crs(text: str) -> bool:
    try:
        CRS.from_user_input(text)
    except CRSError:
        return False
    return True


T = TypeVar("T")


def from_toml(text: str) -> Profile:
    """Read a profile; a missing, misspelt or contradicting field is refused by its name."""
    try:
        table = tomlkit.parse(text).unwrap()
    except TOMLKitError as error:
        raise BadProfile("the profile is not TOML: {error}", mend="correct that line", error=error) from None
    return from_table(table)


def from_table(table: Mapping[str, Any]) -> Profile:
    """The profile that a plain table (as of TOML or JSON) describes."""
    made: Profile = _build(Profile, table, "profile")
    return made


PARTS: Mapping[str, type] = {
    "time": Times,
    "place": Place,
    "offence": Offence,
    "id": Identity,
    "read": Reading,
    "arrest": Flag,
    "domestic": Flag,
    "occurred_from": Moment,
    "occurred_to": Moment,
    "reported_at": Moment,
}


def _build(kind: type[Any], table: Any, where: str) -> Any:
    if not isinstance(table, Mapping):
        raise BadProfile("{where} is a table of settings", mend="see the guide to profiles", where=where)
    known = {item.name for item in fields(kind)}
    for name in table:
        if name not in known:
            raise BadProfile(
                "{where} has no setting {name!r}",
                mend="it knows {known}",
                where=where,
                name=name,
                known=", ".join(sorted(known)),
            )
    values = {name: _value(kind, name, value, where) for name, value in table.items() if value is not None}
    try:
        return kind(**values)
    except TypeError as error:
        missing = str(error).rpartition("argument")[2].strip(" s:")
        raise BadProfile(
            "{where} lacks {missing}", mend="add it to the profile", where=where, missing=missing
        ) from None


def _value(kind: type[Any], name: str, value: Any, where: str) -> Any:
    if name in PARTS and kind in {Profile, Times}:
        return _build(PARTS[name], value, f"{where}.{name}")
    if name == "only":
        return tuple(_build(Filter, item, f"{where}.only") for item in value)
    wanted = str(get_type_hints(kind)[name])
    if "tuple" in wanted:
        return (value,) if isinstance(value, str) else tuple(_checked(item, str, where, name) for item in value)
    if "Mapping" in wanted:
        return {str(key): _checked(item, str, where, name) for key, item in _checked(value, dict, where, name).items()}
    return _checked(value, get_type_hints(kind)[name], where, name)


def _checked(value: T, wanted: Any, where: str, name: str) -> T:
    if isinstance(value, wanted) and not (wanted is int and isinstance(value, bool)):
        return value
    raise BadProfile(
        "{where}.{name} is {value!r}, not {kind}",
        mend="correct the profile",
        where=where,
        name=name,
        value=value,
        kind=wanted.__name__,
    )


def to_table(profile: Profile) -> dict[str, Any]:
    """The profile as a plain table, its unchanged settings left out."""
    return _plain(profile)


def _plain(thing: Any) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for item in fields(thing):
        value = getattr(thing, item.name)
        if item.name != "format" and (value is None or value == item.default or value in ((), {}, "")):
            continue
        table[item.name] = _plain_value(value)
    return table


def _plain_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return _plain(value) if hasattr(value, "__dataclass_fields__") else value


def to_toml(profile: Profile) -> str:
    """The profile as TOML, to be kept and read again."""
    table = to_table(profile)
    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    return tomlkit.dumps(plain | {name: value for name, value in table.items() if name not in plain})


def shipped_names() -> list[str]:
    """The names of the profiles that come with Openbeat."""
    folder = files("openbeat.intake") / "profiles"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


@cache
def shipped(name: str) -> Profile:
    """One of the profiles that come with Openbeat."""
    if name not in shipped_names():
        raise BadProfile(
            "no profile is called {name!r}", mend="there are {known}", name=name, known=", ".join(shipped_names())
        )
    return from_toml((files("openbeat.intake") / "profiles" / f"{name}.toml").read_text(encoding="utf-8"))


def read_as(profile: Profile, found: Reading) -> Profile:
    """The profile with what was found out about the file: kind, encoding, delimiter, sheet and first row."""
    known = replace(found, null_values=profile.read.null_values, decimal_comma=profile.read.decimal_comma)
    return replace(profile, read=known)


def require_columns(profile: Profile, columns: Sequence[str]) -> None:
    """Refuse a profile that names columns the file does not have."""
    missing = [name for name in profile.columns() if name not in columns]
    if missing:
        raise BadProfile(
            "the file has no column {missing}",
            mend="it has {columns}; correct the profile",
            missing=", ".join(missing),
            columns=", ".join(columns),
        )
