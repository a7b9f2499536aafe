"""A first profile for a file nobody has mapped yet: guessed from the names and the look of its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from openbeat.incidents.rules import Scheme, code_list
from openbeat.intake.moments import read_moments
from openbeat.intake.normalise import read_number
from openbeat.intake.profile import (
    Flag,
    Identity,
    Moment,
    Offence,
    Place,
    Profile,
    Reading,
    Times,
    shipped,
    shipped_names,
)
from openbeat.intake.readers import MORE, ROW

WORDS: dict[str, tuple[str, ...]] = {
    "id": (
        "id",
        "eventuniqueid",
        "incidentid",
        "incidentnumber",
        "crimeid",
        "casenumber",
        "reportnumber",
        "recordid",
        "objectid",
    ),
    "time": (
        "occurredat",
        "occurredfrom",
        "occurred",
        "datetime",
        "occdate",
        "occurrencedate",
        "incidentdate",
        "dateocc",
        "dateofoccurrence",
        "when",
        "fromdate",
        "startdate",
        "date",
        "month",
        "reportdate",
    ),
    "hour": ("hour", "occurrencehour", "occhour"),
    "clock": ("time", "timeocc", "occtime", "incidenttime", "occurrencetime"),
    "to": ("occurredto", "todate", "enddate"),
    "reported": ("reportedat", "reportdate", "reporteddate", "daterptd"),
    "x": (
        "longitude",
        "lon",
        "lng",
        "long",
        "longwgs84",
        "x",
        "xcoordinate",
        "xcoordina",
        "xcoord",
        "easting",
        "pointx",
    ),
    "y": ("latitude", "lat", "latwgs84", "y", "ycoordinate", "ycoordina", "ycoord", "northing", "pointy"),
    "offence": (
        "class",
        "nibrs",
        "offensecode",
        "offencecode",
        "iucr",
        "ucrcode",
        "crimecode",
        "mci",
        "mcicategory",
        "crimetype",
        "offence",
        "offense",
        "primarytype",
        "category",
        "type",
        "kind",
    ),
    "area": (
        "beat",
        "neighbourhood",
        "neighborhood",
        "district",
        "precinct",
        "area",
        "lsoacode",
        "communityarea",
        "ward",
    ),
    "arrest": ("arrest", "arrested", "arrestmade"),
    "domestic": ("domestic", "isdomestic"),
}
"""Names a column may have, commonest and most telling first; compared without case, spaces and signs."""

FORMATS = (
    "iso",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d %H:%M:%S%#z",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y",
    "%Y%m%d",
    "%Y-%m",
    "%d %b %Y",
    "%d %b %Y %H:%M",
    "%b %d %Y %H:%M:%S",
    "excel",
    "epoch",
    "epoch-ms",
)
"""Tried in this order; the first that reads the most rows wins, and a tie of day and month is told."""
PLAUSIBLE = (datetime(1950, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 wall times
NEEDED = ("time", "offence")


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed profile, or none if no time was found, and what a person should check: (field, words)."""

    profile: Profile | None
    doubts: tuple[tuple[str, str], ...]
    fits: tuple[str, ...]
    """Shipped profiles whose columns are all in the file, the most telling first."""


def fitting(columns: Sequence[str]) -> tuple[str, ...]:
    """The shipped profiles whose every column the file has, those that use the most columns first."""
    have = set(columns)
    found = [shipped(name) for name in shipped_names() if set(shipped(name).columns()) <= have]
    return tuple(profile.name for profile in sorted(found, key=lambda profile: -len(profile.columns())))


def guess(sample: pl.DataFrame, *, reading: Reading, zone: str, name: str, source: str) -> Guess:
    """Guess how a file is to be read from its first rows; `zone` is the agency's."""
    columns = [column for column in sample.columns if column not in {ROW, MORE}]
    found = {field: _column(columns, words, _fits(field, sample)) for field, words in WORDS.items()}
    found["time"] = found["time"] or _any_time(columns, sample)
    doubts: list[tuple[str, str]] = [
        (field, f"no column looks like the {field}") for field in NEEDED if not found[field]
    ]
    if not found["time"]:
        return Guess(None, tuple(doubts), fitting(columns))
    formats, words = _formats(sample, found["time"], zone)
    doubts += [("time", words)] if words else []
    place = _place(sample, found, doubts)
    profile = Profile(
        name=name,
        title=name.replace("-", " ").capitalize(),
        source=source,
        read=reading,
        id=Identity((found["id"],)) if found["id"] else Identity(),
        time=_times(sample, found, formats, zone),
        place=place,
        offence=_offence(sample, found["offence"]),
        arrest=Flag(found["arrest"]) if found["arrest"] else None,
        domestic=Flag(found["domestic"]) if found["domestic"] else None,
    )
    return Guess(profile, tuple(doubts), fitting(columns))


def as_written(profile: Profile, sample: pl.DataFrame) -> tuple[Profile, tuple[tuple[str, str], ...]]:
    """The profile with the format in which the sample's dates are, where it is none of its own; what to check then."""
    times, moment = profile.time, profile.time.occurred_from
    if read_moments(sample[moment.column], moment.formats, times.zone).is_between(*PLAUSIBLE).any():
        return profile, ()
    formats, words = _formats(sample, moment.column, times.zone)
    if not _read(sample, moment.column, formats[0], times.zone):
        return profile, ()
    doubts = [f"dates are written otherwise than this profile says: they are read as {formats[0]}", words]
    hours = any(sign in formats[0] for sign in ("%H", "%I", "iso", "epoch", "excel")) or moment.hour or moment.time
    exactly = times.precision if hours else "day"
    written = replace(times, occurred_from=replace(moment, formats=formats), precision=exactly)
    return replace(profile, time=written), tuple(("time", doubt) for doubt in doubts if doubt)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _column(columns: Sequence[str], words: tuple[str, ...], fits: Callable[[str], bool]) -> str:
    """The column whose name is the earliest of the words and whose values fit."""
    by_word = {_bare(column): column for column in reversed(columns)}
    return next((by_word[word] for word in words if word in by_word and fits(by_word[word])), "")


def _fits(field: str, sample: pl.DataFrame) -> Callable[[str], bool]:
    tests: dict[str, Callable[[str], bool]] = {
        "id": lambda column: sample[column].null_count() < sample.height and _distinct_share(sample[column]) > 0.5,
        "time": lambda column: _best(sample, column, "UTC")[1] > 0.5 * _given(sample[column]),
        "x": lambda column: _numeric(sample, column),
        "y": lambda column: _numeric(sample, column),
        "hour": lambda column: _numeric(sample, column),
    }
    return tests.get(field, lambda _: True)


def _given(values: pl.Series) -> int:
    return max(values.len() - values.null_count(), 1)


def _distinct_share(values: pl.Series) -> float:
    return values.drop_nulls().n_unique() / _given(values)


def _numeric(sample: pl.DataFrame, column: str) -> bool:
    numbers = sample.select(read_number(column))[column]
    return numbers.len() - numbers.null_count() >= 0.9 * _given(sample[column])


def _read(sample: pl.DataFrame, column: str, wanted: str, zone: str) -> int:
    moments = read_moments(sample[column], (wanted,), zone)
    return int(moments.is_between(*PLAUSIBLE).sum())


def _best(sample: pl.DataFrame, column: str, zone: str) -> tuple[str, int]:
    scores = {wanted: _read(sample, column, wanted, zone) for wanted in FORMATS}
    best = max(FORMATS, key=lambda wanted: scores[wanted])
    return best, scores[best]


NUMERIC = frozenset({"excel", "epoch", "epoch-ms", "%Y%m%d"})
"""Formats that any number might seem to be in: no ground to take an unnamed column for a time."""


def _any_time(columns: Sequence[str], sample: pl.DataFrame) -> str:
    """The first column that reads as a date although its name does not say so."""
    best = {column: _best(sample, column, "UTC") for column in columns}
    fits = (c for c, (wanted, read) in best.items() if wanted not in NUMERIC and read > 0.9 * _given(sample[c]))
    return next(fits, "")


def _formats(sample: pl.DataFrame, column: str, zone: str) -> tuple[tuple[str, ...], str]:
    best, read = _best(sample, column, zone)
    swapped = best.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
    if swapped != best and swapped in FORMATS and _read(sample, column, swapped, zone) == read:
        return (best,), f"day and month cannot be told apart in the first rows of {column}: is it {best} or {swapped}?"
    return (best,), ""


def _times(sample: pl.DataFrame, found: dict[str, str], formats: tuple[str, ...], zone: str) -> Times:
    whole = read_moments(sample[found["time"]], formats, zone).drop_nulls()
    has_hours = not whole.is_empty() and bool((whole.dt.hour() + whole.dt.minute() > 0).any())
    hour = "" if has_hours else found["hour"]
    clock = "" if has_hours or hour else found["clock"]
    moment = Moment(found["time"], formats, hour=hour, time=clock)
    precision = "hour" if hour else "minute" if has_hours or clock else "month" if formats == ("%Y-%m",) else "day"
    return Times(
        moment,
        zone=zone,
        precision=precision,
        occurred_to=_other_moment(sample, found, "to", zone),
        reported_at=_other_moment(sample, found, "reported", zone),
    )


def _other_moment(sample: pl.DataFrame, found: dict[str, str], name: str, zone: str) -> Moment | None:
    column = found[name]
    if not column or column == found["time"]:
        return None
    return Moment(column, _formats(sample, column, zone)[0])


def _place(sample: pl.DataFrame, found: dict[str, str], doubts: list[tuple[str, str]]) -> Place:
    x, y = found["x"], found["y"]
    if not (x and y):
        doubts.append(("place", "no pair of columns looks like a position"))
        return Place(area=found["area"])
    numbers = sample.select(read_number(x).abs().max().alias("x"), read_number(y).abs().max().alias("y")).row(0)
    if (numbers[0] or 0) > 180 or (numbers[1] or 0) > 90:
        doubts.append(("place", f"{x} and {y} are no degrees: name their coordinate reference system (EPSG)"))
    return Place(x, y, area=found["area"])


def _offence(sample: pl.DataFrame, column: str) -> Offence:
    """The column's codes; those that are NIBRS codes as they stand need no mapping."""
    if not column:
        return Offence()
    seen = set(sample[column].cast(pl.String).drop_nulls().str.strip_chars().unique())
    known = seen <= set(code_list(Scheme.NIBRS))
    return Offence((column,), codes={} if known else _by_name(seen))


NAMES: dict[str, str] = {
    "burglary": "220",
    "break and enter": "220",
    "robbery": "120",
    "motor vehicle theft": "240",
    "auto theft": "240",
    "vehicle theft": "240",
    "arson": "200",
    "homicide": "09A",
    "murder": "09A",
    "shoplifting": "23C",
    "vandalism": "290",
    "criminal damage": "290",
    "aggravated assault": "13A",
    "assault": "13B",
    "battery": "13B",
    "theft": "23H",
    "larceny": "23H",
    "narcotics": "35A",
    "drugs": "35A",
}
"""Plain names of offences whose class is not in doubt."""


def _by_name(codes: set[str]) -> dict[str, str]:
    return {code: NAMES[code.lower()] for code in sorted(codes) if code.lower() in NAMES}
