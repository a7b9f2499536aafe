"""A frame of a source's rows into incidents as the house knows them, and the rows that are refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import polars as pl
from pyproj import Transformer

from openbeat.incidents.rules import parent_cell
from openbeat.intake.moments import WALL, read_clock, read_hours, read_moments, to_utc, to_utc_strictly
from openbeat.intake.profile import NOT_AN_OFFENCE, Flag, Moment, Profile, local_codes
from openbeat.intake.readers import MORE, ROW
from openbeat.intake.rules import LONGEST_ID
from openbeat.kernel.geometry import CELL_RESOLUTION

WGS84 = "EPSG:4326"
BETWEEN = "\x1f"
"""Stands between the parts of a key, as no text of a source does."""

CANONICAL: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.UInt32,
    "source_id": pl.String,
    "occurred_from": pl.Datetime("us", "UTC"),
    "occurred_to": pl.Datetime("us", "UTC"),
    "reported_at": pl.Datetime("us", "UTC"),
    "day": pl.Date,
    "hour": pl.Int16,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "cell": pl.Int64,
    "local_code": pl.String,
    "code": pl.String,
    "patrol_found": pl.Boolean,
    "area_hint": pl.String,
    "arrest": pl.Boolean,
    "domestic": pl.Boolean,
    "fingerprint": pl.String,
}
"""The columns of an incident on its way in. Times are UTC; `day` and `hour` are local to the agency, `hour` only where
the source tells it; `cell` is H3 at resolution 11."""

REFUSED: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.UInt32,
    "reason": pl.String,
    "detail": pl.String,
    "fields": pl.String,
}
"""A refused row: its number, the reason's code, the text at fault, and the whole row as JSON."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What an agency's areas cover: (n,) H3 cells (int64, sorted) of one resolution."""

    cells: npt.NDArray[np.int64]
    resolution: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some rows: incidents, refused rows, rows left out by a filter, and local times for the report."""

    accepted: pl.DataFrame
    refused: pl.DataFrame
    left_out: int
    local: pl.Series
    outside: int
    zero_places: int
    shifted: int
    repeats: int


class Seen:
    """How often each key came before: 64-bit hashes in sorted runs, 8 bytes a key."""

    def __init__(self) -> None:
        self.runs: list[npt.NDArray[np.uint64]] = []

    def before(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """For each key, how many equal ones were seen earlier, in this call too; the keys are remembered."""
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        starts = np.searchsorted(ranked, ranked, side="left")
        counts = np.empty(len(keys), dtype=np.int64)
        counts[order] = np.arange(len(keys)) - starts
        for run in self.runs:
            counts += np.searchsorted(run, keys, side="right") - np.searchsorted(run, keys, side="left")
        self._remember(ranked)
        return counts

    def _remember(self, run: npt.NDArray[np.uint64]) -> None:
        while self.runs and len(self.runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate((self.runs.pop(), run)), kind="stable")
        self.runs.append(run)


class Normaliser:
    """Reads batch after batch of one file by its profile; remembers only which ids it has seen.

    `now` bounds the future, `zone` and `ground` are the agency's.
    """

    def __init__(self, profile: Profile, *, now: datetime, zone: str = "", ground: Ground | None = None) -> None:
        self.profile = profile
        self.zone = zone or profile.time.zone
        self.now = now.astimezone(UTC)
        self.ground = ground
        self.seen = Seen()

    def take(self, raw: pl.DataFrame) -> Batch:
        """The incidents and the refused rows of one batch of raw rows."""
        kept = raw.filter(_filters(self.profile, raw))
        frame = self._read(kept)
        offences = frame.filter(pl.col("code").ne_missing(NOT_AN_OFFENCE) | pl.col("broken"))
        judged = self._judge(offences)
        good = judged.filter(pl.col("reason").is_null())
        bad = judged.filter(pl.col("reason").is_not_null())
        return Batch(
            accepted=good.select(*CANONICAL),
            refused=_refused(self.profile, bad, kept),
            left_out=raw.height - offences.height,
            local=good["local"],
            outside=int(good["outside"].sum()),
            zero_places=int(good["zero"].sum()),
            shifted=int(good["shifted"].sum()),
            repeats=int((good["repeat"] > 0).sum()),
        )

    def _read(self, raw: pl.DataFrame) -> pl.DataFrame:
        profile = self.profile
        frame = raw.select(
            pl.col(ROW).cast(pl.UInt32).alias("row"),
            _broken(raw),
            _text_of(profile.id.columns, raw).alias("own_id"),
            *_walls(profile, raw),
            _given(profile.time.occurred_from, raw),
            *_numbers(profile, raw),
            _text_of((profile.place.area,), raw).alias("area_hint"),
            local_code_of(profile, raw),
            _flag(profile.arrest, raw).alias("arrest"),
            _flag(profile.domestic, raw).alias("domestic"),
            _key(profile, raw).alias("key"),
        )
        frame = _classify(profile, _localise(profile, frame, self.zone))
        return _locate(profile, frame, self.ground)

    def _judge(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Each row with the first reason to refuse it, or none; ids come last, among rows that are else good."""
        frame = frame.with_columns(_reason(self.profile, self.now).alias("reason"))
        repeats = self._repeats(frame)
        frame = frame.with_columns(repeats.alias("repeat"))
        frame = frame.with_columns(_source_id(self.profile).alias("source_id"))
        frame = frame.with_columns(_repeat_reason(self.profile).alias("reason"))
        return _fingerprinted(self.profile, frame)

    def _repeats(self, frame: pl.DataFrame) -> pl.Series:
        """How many good rows before this one had its id, or without an id said the same."""
        counts = np.zeros(frame.height, dtype=np.int64)
        good = frame["reason"].is_null().to_numpy()
        names = frame.select(pl.coalesce("own_id", "key"))["own_id"].filter(frame["reason"].is_null())
        counts[good] = self.seen.before(names.hash().to_numpy())
        return pl.Series(counts)


# Reading columns


def _filters(profile: Profile, raw: pl.DataFrame) -> pl.Expr:
    keep = pl.lit(value=True)
    for rule in profile.only:
        held = _text_of((rule.column,), raw).is_in(list(rule.values)).fill_null(value=False)
        keep &= ~held if rule.leave_out else held
    return keep


def _text_of(columns: tuple[str, ...], raw: pl.DataFrame, between: str = "/") -> pl.Expr:
    """The columns' trimmed text joined; null where every one is empty."""
    parts = [pl.col(name).cast(pl.String).str.strip_chars() for name in columns if name in raw.columns]
    if not parts:
        return pl.lit(None, dtype=pl.String)
    parts = [pl.when(part != "").then(part) for part in parts]
    if len(parts) == 1:
        return parts[0]
    joined = pl.concat_str(parts, separator=between, ignore_nulls=True)
    return pl.when(pl.any_horizontal([part.is_not_null() for part in parts])).then(joined)


def _broken(raw: pl.DataFrame) -> pl.Expr:
    more = pl.col(MORE).is_not_null() if MORE in raw.columns else pl.lit(value=False)
    return more.alias("broken")


def _columns_of(moment: Moment | None) -> tuple[str, ...]:
    return tuple(filter(None, (moment.column, moment.hour, moment.time))) if moment else ()


def _given(moment: Moment, raw: pl.DataFrame) -> pl.Expr:
    """Whether any of the columns of the time holds something."""
    return _text_of((moment.column,), raw).is_not_null().alias("time given")


def _walls(profile: Profile, raw: pl.DataFrame) -> list[pl.Series]:
    """The wall times of each moment the profile knows, in the source's zone."""
    times = profile.time
    moments = {"local": times.occurred_from, "local_to": times.occurred_to, "local_reported": times.reported_at}
    return [_wall_of(moment, raw, times.zone).alias(name) for name, moment in moments.items()]


def _wall_of(moment: Moment | None, raw: pl.DataFrame, zone: str) -> pl.Series:
    if moment is None:
        return pl.Series(dtype=WALL).extend_constant(None, raw.height)
    wall = read_moments(raw[moment.column], moment.formats, zone)
    if moment.hour:
        return wall.dt.truncate("1d") + read_hours(raw[moment.hour])
    if moment.time:
        return wall.dt.truncate("1d") + read_clock(raw[moment.time], moment.time_formats)
    return wall


def read_number(column: str) -> pl.Expr:
    """A column as numbers, null where it is none."""
    return _number(pl.col(column).cast(pl.String).str.strip_chars(), comma=False)


def _numbers(profile: Profile, raw: pl.DataFrame) -> list[pl.Expr]:
    """The two coordinates, and whether each was given at all."""
    found = []
    for name, column in (("x", profile.place.x), ("y", profile.place.y)):
        numeric = column in raw.columns and raw.schema[column].is_numeric()
        value = pl.col(column) if numeric else _text_of((column,), raw)
        number = value.cast(pl.Float64) if numeric else _number(value, comma=profile.read.decimal_comma)
        found += [value.is_not_null().alias(f"{name} given"), number.alias(name)]
    return found


def _number(text: pl.Expr, *, comma: bool) -> pl.Expr:
    plain = text.str.replace(",", ".", literal=True) if comma else text
    return plain.cast(pl.Float64, strict=False)


def local_code_of(profile: Profile, raw: pl.DataFrame) -> pl.Expr:
    """The source's own code of each row."""
    offence = profile.offence
    if not offence.columns:
        return pl.lit(offence.constant or None, dtype=pl.String).alias("local_code")
    code = _text_of(offence.columns, raw)
    return (code.str.zfill(offence.width) if offence.width else code).alias("local_code")


def _flag(flag: Flag | None, raw: pl.DataFrame) -> pl.Expr:
    if flag is None or flag.column not in raw.columns:
        return pl.lit(None, dtype=pl.Boolean)
    if raw.schema[flag.column] == pl.Boolean:
        return pl.col(flag.column)
    text = _text_of((flag.column,), raw).str.to_lowercase()
    return pl.when(text.is_not_null()).then(text.is_in([word.lower() for word in flag.yes]))


def _key(profile: Profile, raw: pl.DataFrame) -> pl.Expr:
    """What a row without an id is known by: the text of its time, place and class."""
    moment, place = profile.time.occurred_from, profile.place
    names = (moment.column, moment.hour, moment.time, place.x, place.y, *profile.offence.columns)
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in names if name in raw.columns]
    return pl.concat_str([*parts, pl.lit(profile.offence.constant)], separator=BETWEEN)


# Making sense of them


def _localise(profile: Profile, frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Wall times as UTC. An hour that the clocks skipped is an hour later; one that came twice is the first."""
    names = {"local": "occurred_from", "local_to": "occurred_to", "local_reported": "reported_at"}
    made = [to_utc(pl.col(wall), profile.time.zone).alias(name) for wall, name in names.items()]
    skipped = pl.col("local").is_not_null() & to_utc_strictly(pl.col("local"), profile.time.zone).is_null()
    return frame.with_columns(*made, skipped.alias("shifted")).with_columns(*_day_and_hour(profile, zone))


def _day_and_hour(profile: Profile, zone: str) -> list[pl.Expr]:
    """The agency's day and hour; a source that tells no hour means the day that it writes."""
    if profile.time.precision in {"day", "month"}:
        return [pl.col("local").dt.date().alias("day"), pl.lit(None, dtype=pl.Int16).alias("hour")]
    wall = pl.col("occurred_from").dt.convert_time_zone(zone)
    return [wall.dt.date().alias("day"), wall.dt.hour().cast(pl.Int16).alias("hour")]


def _classify(profile: Profile, frame: pl.DataFrame) -> pl.DataFrame:
    known = local_codes(profile.offence)
    local = pl.col("local_code")
    code = local.replace_strict(list(known.classes), list(known.classes.values()), default=None, return_dtype=pl.String)
    patrol = local.is_in(sorted(known.patrol)).fill_null(value=False)
    return frame.with_columns(code.alias("code"), patrol.alias("patrol_found"))


@lru_cache(maxsize=16)
def _transformer(crs: str) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def _locate(profile: Profile, frame: pl.DataFrame, ground: Ground | None) -> pl.DataFrame:
    """Longitude, latitude and cell; 0/0 is no place; what lies outside the agency's areas is marked."""
    x, y = (frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("x", "y"))
    zero = (x == 0) & (y == 0)
    x, y = np.where(zero, np.nan, x), np.where(zero, np.nan, y)
    given = np.isfinite(x) & np.isfinite(y)
    lon, lat = x.copy(), y.copy()
    if profile.place.crs != WGS84 and given.any():
        lon[given], lat[given] = _transformer(profile.place.crs).transform(x[given], y[given])
    possible = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    cells = _cells(lon, lat, possible)
    return frame.with_columns(
        _or_null(lon, possible).alias("lon"),
        _or_null(lat, possible).alias("lat"),
        cells.alias("cell"),
        pl.Series("zero", zero),
        pl.Series("given", given),
        pl.Series("outside", _outside(cells, ground)),
    )


def _or_null(values: npt.NDArray[np.float64], keep: npt.NDArray[np.bool_]) -> pl.Series:
    return pl.Series(np.where(keep, values, np.nan)).fill_nan(None).round(7)


def _outside(cells: pl.Series, ground: Ground | None) -> npt.NDArray[np.bool_]:
    """Which places lie in no cell of the ground; what has no place is not outside."""
    placed = cells.is_not_null().to_numpy()
    if ground is None:
        return np.zeros(len(cells), dtype=bool)
    parents = parent_cell(cells.fill_null(0).to_numpy(), ground.resolution)
    return placed & ~np.isin(parents, ground.cells)


def _cells(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], keep: npt.NDArray[np.bool_]) -> pl.Series:
    """The H3 cell of each place, each distinct place resolved once."""
    places = pl.DataFrame({"lon": lon, "lat": lat, "keep": keep})
    distinct = places.filter("keep").unique(["lon", "lat"])
    pairs = zip(distinct["lat"].to_list(), distinct["lon"].to_list(), strict=True)
    cells = [h3.latlng_to_cell(north, east, CELL_RESOLUTION) for north, east in pairs]
    found = distinct.with_columns(pl.Series("cell", cells, dtype=pl.Int64))
    return places.join(found, on=["lon", "lat", "keep"], how="left", maintain_order="left")["cell"]


# Judging


def _reason(profile: Profile, now: datetime) -> pl.Expr:
    """The first reason against each row, or null."""
    time, place = profile.time, profile.place
    earliest = datetime.fromisoformat(time.earliest).replace(tzinfo=UTC)
    some = pl.col("x given") | pl.col("y given")
    unread = some & (pl.col("x").is_null() | pl.col("y").is_null())
    nowhere = pl.col("lon").is_null()
    checks: list[tuple[str, pl.Expr]] = [
        ("too-many-fields", pl.col("broken")),
        ("unreadable-characters", _has_nul()),
        ("missing-time", ~pl.col("time given")),
        ("unreadable-time", pl.col("occurred_from").is_null()),
        ("too-early", pl.col("occurred_from") < earliest),
        ("in-future", pl.col("occurred_from") > now),
        ("ends-before-start", pl.col("occurred_to") < pl.col("occurred_from")),
        ("unreadable-place", unread),
        ("impossible-place", pl.col("given") & nowhere),
        ("missing-place", nowhere & (place.missing == "refuse")),
        ("outside-area", pl.col("outside") & (place.outside == "refuse")),
        ("missing-class", pl.col("local_code").is_null()),
        ("unknown-code", pl.col("code").is_null() & (profile.offence.unknown == "refuse")),
        ("id-too-long", pl.col("own_id").str.len_chars() > LONGEST_ID),
    ]
    reason = pl.lit(None, dtype=pl.String)
    for code, broken in reversed(checks):
        reason = pl.when(broken.fill_null(value=False)).then(pl.lit(code)).otherwise(reason)
    return reason


AT_FAULT = {
    "unreadable-time": "from", "too-early": "from", "in-future": "from", "ends-before-start": "to",
    "unreadable-place": "place", "impossible-place": "place", "outside-area": "place", "unknown-code": "local_code",
    "id-too-long": "own_id", "duplicate-id": "source_id", "duplicate-row": "source_id",
}  # fmt: skip
"""Which text is at fault for a reason."""


def _detail(profile: Profile, bad: pl.DataFrame, said: pl.DataFrame) -> pl.Series:
    """The text at fault in each refused row; `said` holds the same rows as they stood in the file."""
    times, place = profile.time, profile.place
    texts = said.select(
        _text_of(_columns_of(times.occurred_from), said, " ").alias("from"),
        _text_of(_columns_of(times.occurred_to), said, " ").alias("to"),
        _text_of((place.x, place.y), said, ", ").alias("place"),
    )
    known = bad.select("reason", "local_code", pl.col("own_id").str.head(60), "source_id").hstack(texts)
    choice = pl.lit("")
    for reason, name in AT_FAULT.items():
        choice = pl.when(pl.col("reason") == reason).then(pl.col(name)).otherwise(choice)
    return known.select(choice.fill_null("").alias("detail")).to_series()


def _has_nul() -> pl.Expr:
    """A zero character, which PostgreSQL keeps in no text."""
    names = ("own_id", "local_code", "area_hint", "key")
    return pl.any_horizontal([pl.col(name).str.contains("\0", literal=True).fill_null(value=False) for name in names])


def _source_id(profile: Profile) -> pl.Expr:
    """The source's own id; else a digest of what the row is known by. Equals that are kept are numbered."""
    digest = pl.col("key").map_batches(_digests, return_dtype=pl.String)
    nth = pl.lit("-") + (pl.col("repeat") + 1).cast(pl.String)
    number = pl.when(pl.col("repeat") > 0).then(nth).otherwise(pl.lit(""))
    own = pl.col("own_id") + number if profile.id.duplicates == "keep" else pl.col("own_id")
    return pl.coalesce(own, pl.lit("row-") + digest + number)


def _repeat_reason(profile: Profile) -> pl.Expr:
    again = pl.col("reason").is_null() & (pl.col("repeat") > 0)
    named = pl.col("own_id").is_not_null()
    same_id = again & named & (profile.id.duplicates == "refuse")
    same_row = again & ~named & (profile.id.repeats == "refuse")
    reason = pl.when(same_id).then(pl.lit("duplicate-id")).when(same_row).then(pl.lit("duplicate-row"))
    return reason.otherwise("reason")


def _digests(texts: pl.Series) -> pl.Series:
    made = [hashlib.blake2b(text.encode(), digest_size=12).hexdigest() for text in texts.to_list()]
    return pl.Series(made, dtype=pl.String)


def _fingerprinted(profile: Profile, frame: pl.DataFrame) -> pl.DataFrame:
    """With a digest of everything an incident says, so that a changed row is known from an unchanged one."""
    read_as = pl.lit(f"{profile.time.precision} {profile.offence.scheme}")
    said = [name for name in CANONICAL if name not in {"row", "source_id", "fingerprint"}]
    parts = [_as_text(name).fill_null("") for name in said]
    whole = pl.concat_str([read_as, *parts], separator=BETWEEN).map_batches(_digests, return_dtype=pl.String)
    return frame.with_columns(whole.alias("fingerprint"))


def _as_text(name: str) -> pl.Expr:
    if isinstance(CANONICAL[name], pl.Datetime):
        return pl.col(name).dt.epoch("us").cast(pl.String)
    if name in {"lon", "lat"}:
        return (pl.col(name) * 1e7).round().cast(pl.Int64).cast(pl.String)
    return pl.col(name).cast(pl.String)


def _refused(profile: Profile, bad: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """The refused rows with everything they said, as JSON."""
    if bad.is_empty():
        return pl.DataFrame(schema=REFUSED)
    said = raw.filter(pl.col(ROW).cast(pl.UInt32).is_in(bad["row"].implode()))
    plain = pl.struct(pl.all().exclude(ROW, MORE).cast(pl.String)).struct.json_encode()
    whole = said.select(plain.str.replace_all("\\u0000", "", literal=True).alias("fields")).to_series()
    return bad.select("row", "reason").with_columns(_detail(profile, bad, said), whole).select(*REFUSED)
