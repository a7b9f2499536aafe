"""Files into frames: CSV, Excel, Parquet and GeoJSON, a bounded number of rows at a time."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import polars as pl
from charset_normalizer import from_bytes
from polars.exceptions import PolarsError

from openbeat.intake.profile import Reading
from openbeat.kernel.errors import BadInput

BATCH = 100_000
"""Rows held in memory at a time."""
CHUNK = 4 * 1024 * 1024
ROW = "\x1frow"
"""The column that counts the rows as a spreadsheet shows them (a header is row 1); no file has one of this name."""
MORE = "\x1fmore"
"""The column that catches what stands to the right of the last named column."""
AS_FOUND = Reading()
"""Everything about the file is found out from it."""
ENDINGS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsb": "excel",
    ".ods": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".geojson": "geojson",
    ".json": "geojson",
    ".geojsonl": "geojson",
}


class UnreadableFile(BadInput):
    """A file that is not what it says, is cut short, or is empty."""

    code = "unreadable-file"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about a file before reading it: its reading, completed, and its columns."""

    reading: Reading
    columns: tuple[str, ...]
    sheets: tuple[str, ...] = ()


def look(path: Path, reading: Reading = AS_FOUND) -> Found:
    """Find out how a file is to be read; what the reading already says is kept."""
    kind = reading.kind or _kind(path)
    if path.stat().st_size == 0:
        raise UnreadableFile("{name} is empty", mend="export it again from the source", name=path.name)
    with _in_words(path):
        return _LOOKS[kind](path, replace(reading, kind=kind))


def batches(path: Path, reading: Reading = AS_FOUND, *, size: int = BATCH) -> Iterator[pl.DataFrame]:
    """The rows of a file, at most `size` at a time, with their number in ROW; the file is never whole in memory."""
    found = look(path, reading)
    with _in_words(path):
        yield from _READS[found.reading.kind](path, found, size)


def preview(path: Path, reading: Reading = AS_FOUND, *, rows: int = 200) -> pl.DataFrame:
    """The first rows of a file."""
    return next(batches(path, reading, size=rows + 1), pl.DataFrame()).head(rows)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (PolarsError, UnicodeError, json.JSONDecodeError, EOFError, gzip.BadGzipFile) as error:
        words = str(error).partition("\n")[0][:300]
        raise UnreadableFile(
            "{name} cannot be read to its end: {what}",
            mend="export it again; nothing was imported",
            name=path.name,
            what=words,
        ) from error


def _kind(path: Path) -> str:
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in ENDINGS:
        known = ", ".join(sorted(ENDINGS))
        raise UnreadableFile(
            "{name} has none of the endings {known}",
            mend="say in the profile what kind it is",
            name=path.name,
            known=known,
        )
    return ENDINGS[ending]


# CSV


def _look_csv(path: Path, reading: Reading) -> Found:
    encoding = reading.encoding or _encoding(path)
    with _plain(path) as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
        for _ in range(reading.skip_rows):
            text.readline()
        sample = _whole_lines(text.read(256 * 1024))
    delimiter = reading.delimiter or _delimiter(sample)
    header = next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), [])
    if not any(name.strip() for name in header):
        raise UnreadableFile("{name} has no header", mend="the first row must name the columns", name=path.name)
    return Found(replace(reading, encoding=encoding, delimiter=delimiter), _distinct(header))


def _whole_lines(sample: str) -> str:
    return sample if "\n" not in sample else sample[: sample.rindex("\n") + 1]


def _distinct(header: list[str]) -> tuple[str, ...]:
    """Column names as they stand, the unnamed and the repeated told apart by their place."""
    names: list[str] = []
    for place, name in enumerate(header, start=1):
        plain = name.strip() or f"column {place}"
        names.append(plain if plain not in names else f"{plain} ({place})")
    return tuple(names)


def _encoding(path: Path) -> str:
    with _plain(path) as raw:
        start = raw.read(4)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    return "utf-8" if _is_utf8(path) else _guessed_encoding(path)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _plain(path) as raw:
        try:
            while chunk := raw.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _guessed_encoding(path: Path) -> str:
    with _plain(path) as raw:
        best = from_bytes(raw.read(CHUNK // 8)).best()
    return best.encoding if best and best.encoding not in {"utf_8", "ascii"} else "cp1252"


def _delimiter(sample: str) -> str:
    """The sign that splits the most rows into the same, largest number of fields."""
    scores = {sign: _split_score(sample, sign) for sign in ",;\t|"}
    return max(scores, key=lambda sign: scores[sign])


def _split_score(sample: str, sign: str) -> tuple[float, int]:
    rows = [
        len(row) for row, _ in zip(csv.reader(io.StringIO(sample, newline=""), delimiter=sign), range(50), strict=False)
    ]
    if not rows or rows[0] < 2:
        return (0.0, 0)
    return (rows.count(rows[0]) / len(rows), rows[0])


@contextmanager
def _plain(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked if it is gzip."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as raw:
        yield raw  # type: ignore[misc]


@contextmanager
def _as_utf8(path: Path, encoding: str) -> Iterator[Path]:
    """The file itself where it is plain UTF-8; else a copy in UTF-8, made piece by piece and removed afterwards."""
    if encoding.lower().replace("_", "-") in {"utf-8", "ascii"} and not path.name.lower().endswith(".gz"):
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".csv") as copy, _plain(path) as raw:
        for text in codecs.iterdecode(iter(lambda: raw.read(CHUNK), b""), encoding):
            copy.write(text.encode())
        copy.flush()
        yield Path(copy.name)


def _read_csv(path: Path, found: Found, size: int) -> Iterator[pl.DataFrame]:
    reading = found.reading
    schema = dict.fromkeys((*found.columns, MORE), pl.String)
    with _as_utf8(path, reading.encoding) as plain:
        frame = pl.scan_csv(
            plain,
            has_header=False,
            skip_lines=reading.skip_rows,
            separator=reading.delimiter,
            schema=schema,
            infer_schema=False,
            null_values=list(reading.null_values) or None,
            truncate_ragged_lines=True,
            missing_columns="insert",
            low_memory=True,
        )
        frames = frame.collect_batches(chunk_size=size, maintain_order=True)
        yield from _numbered(_without_header(frames), reading.skip_rows + 2)


def _without_header(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The header is read as a row, since it may be quoted over several lines, and dropped here."""
    first = next(frames, None)
    if first is not None:
        yield first.slice(1)
        yield from frames


def _numbered(frames: Iterator[pl.DataFrame], first: int) -> Iterator[pl.DataFrame]:
    for frame in frames:
        if frame.height:
            yield frame.with_row_index(ROW, offset=first)
            first += frame.height


# Excel


def _look_excel(path: Path, reading: Reading) -> Found:
    book = _book(path)
    sheet = reading.sheet or book.sheet_names[0]
    if sheet not in book.sheet_names:
        raise UnreadableFile(
            "{name} has no sheet {sheet!r}",
            mend="it has {known}",
            name=path.name,
            sheet=sheet,
            known=", ".join(book.sheet_names),
        )
    first = book.load_sheet(sheet, header_row=reading.skip_rows, n_rows=1)
    names = [column.name for column in first.available_columns()]
    return Found(replace(reading, sheet=sheet), _distinct(names), tuple(book.sheet_names))


def _book(path: Path) -> Any:
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise UnreadableFile(
            "{name} is no workbook: {error}", mend="save it as .xlsx or CSV", name=path.name, error=error
        ) from None


def _read_excel(path: Path, found: Found, size: int) -> Iterator[pl.DataFrame]:
    reading = found.reading
    sheet = _book(path).load_sheet(reading.sheet, header_row=reading.skip_rows, schema_sample_rows=None)
    frame = sheet.to_polars()
    frame.columns = list(found.columns)
    yield from _numbered(frame.iter_slices(size), reading.skip_rows + 2)


# Parquet


def _look_parquet(path: Path, reading: Reading) -> Found:
    return Found(reading, tuple(pl.read_parquet_schema(path)))


def _read_parquet(path: Path, found: Found, size: int) -> Iterator[pl.DataFrame]:
    frames = pl.scan_parquet(path).collect_batches(chunk_size=size, maintain_order=True)
    yield from _numbered(frames, 1)


# GeoJSON


def _look_geojson(path: Path, reading: Reading) -> Found:
    first = next(_features(path), None)
    if first is None:
        raise UnreadableFile(
            "{name} holds no features", mend="it must be a FeatureCollection or one feature a line", name=path.name
        )
    return Found(reading, tuple(_feature_row(first)))


def _read_geojson(path: Path, found: Found, size: int) -> Iterator[pl.DataFrame]:
    yield from _numbered(_feature_frames(path, found.columns, size), 1)


def _feature_frames(path: Path, columns: tuple[str, ...], size: int) -> Iterator[pl.DataFrame]:
    rows: list[dict[str, str | None]] = []
    for feature in _features(path):
        rows.append(_feature_row(feature))
        if len(rows) == size:
            yield _text_frame(rows, columns)
            rows = []
    if rows:
        yield _text_frame(rows, columns)


def _text_frame(rows: list[dict[str, str | None]], columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String)
    )


def _feature_row(feature: dict[str, Any]) -> dict[str, str | None]:
    """A feature's properties as text, its id, and the longitude and latitude of its point."""
    row: dict[str, str | None] = {}
    if "id" in feature:
        row["id"] = _text(feature["id"])
    row |= {str(name): _text(value) for name, value in (feature.get("properties") or {}).items()}
    shape = feature.get("geometry") or {}
    point = shape.get("coordinates") if shape.get("type") == "Point" else None
    lon, lat = (point[0], point[1]) if point and len(point) > 1 else (None, None)
    return row | {"longitude": _text(lon), "latitude": _text(lat)}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _features(path: Path) -> Iterator[dict[str, Any]]:
    """Each feature in turn, of a collection or of a file with one feature a line; the file is read in pieces."""
    with _plain(path) as raw:
        text = _Pieces(io.TextIOWrapper(raw, encoding="utf-8-sig"))
        listed = text.skip_past('"features"')
        if listed:
            text.skip_past("[")
        yield from text.objects(",\x1e \t\r\n")
        if listed and not text.begins_with("]"):
            raise EOFError("the list of features has no end")


class _Pieces:
    """A text read piece by piece, from which whole JSON values are taken."""

    def __init__(self, source: IO[str]) -> None:
        self.source = source
        self.held = ""
        self.decoder = json.JSONDecoder()

    def more(self) -> bool:
        piece = self.source.read(CHUNK)
        self.held += piece
        return bool(piece)

    def skip_past(self, mark: str) -> bool:
        """Drop everything up to and with the mark, if it stands in the first piece."""
        if not self.held:
            self.more()
        if mark not in self.held:
            return False
        self.held = self.held.partition(mark)[2]
        return True

    def begins_with(self, mark: str) -> bool:
        return self.held.startswith(mark)

    def objects(self, between: str) -> Iterator[dict[str, Any]]:
        place = 0
        while True:
            place = self._past(place, between)
            if not self.held.startswith("{", place):
                self.held = self.held[place:]
                return
            value, place = self._object(place)
            if value.get("type") != "Feature":
                raise EOFError("there is something other than features")
            yield value
            if place > CHUNK:
                self.held, place = self.held[place:], 0

    def _past(self, place: int, between: str) -> int:
        while True:
            while place < len(self.held) and self.held[place] in between:
                place += 1
            if place < len(self.held) or not self.more():
                return place

    def _object(self, place: int) -> tuple[dict[str, Any], int]:
        while True:
            try:
                value, end = self.decoder.raw_decode(self.held, place)
            except json.JSONDecodeError:
                if not self.more():
                    raise
            else:
                return value, end


_LOOKS = {"csv": _look_csv, "excel": _look_excel, "parquet": _look_parquet, "geojson": _look_geojson}
_READS = {"csv": _read_csv, "excel": _read_excel, "parquet": _read_parquet, "geojson": _read_geojson}
