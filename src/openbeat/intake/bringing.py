"""A file on its way: read and judged ahead by one thread, tried or loaded by the other, a slice at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import polars as pl
import uuid_utils
from django.db import connection

from openbeat.incidents.loading import Counts, Loader, Naming, Papers, copy_in
from openbeat.intake.mending import ROW_COLUMN, renumbered
from openbeat.intake.models import Import, RefusedRow
from openbeat.intake.normalise import Batch, Ground, Normaliser
from openbeat.intake.profile import Profile, from_table, local_codes
from openbeat.intake.quality import Report, Tally
from openbeat.intake.readers import batches
from openbeat.intake.rules import whole_file_refused
from openbeat.kernel.errors import Contradiction, OpenbeatError

Tell = Callable[[float, str], bool]
"""Told a share done and words; answers whether someone asked to stop."""
T = TypeVar("T")
AHEAD = 2
"""Slices judged before the one that is being loaded."""
POLL = 0.2

STAGE_REFUSED = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_refused (id uuid, row integer, reason text, detail text, fields jsonb)
ON COMMIT DROP;
TRUNCATE staged_refused
"""
KEEP_REFUSED = """
INSERT INTO intake_refusedrow (id, agency_id, of_id, row, reason, detail, fields)
SELECT id, %(agency)s, %(of)s, row, reason, coalesce(detail, ''), fields FROM staged_refused
ON CONFLICT (of_id, row) DO NOTHING
"""


class Stopped(OpenbeatError):
    """Someone asked the work to end before it was done."""

    code = "stopped"


class MostRefused(Contradiction):
    """So many rows are refused that the profile must be wrong."""

    code = "most-refused"


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import brought: its loader with the batch, what became of the rows, how many were refused or left out."""

    loader: Loader
    counts: Counts
    refused: int
    left_out: int


def ahead(slices: Iterator[T], depth: int = AHEAD) -> Iterator[T]:
    """The same slices, made by a thread of their own while the taker is busy; what goes wrong there is raised here."""
    waiting: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(depth)
    given_up = threading.Event()

    def put(kind: str, what: T | BaseException | None) -> None:
        while not given_up.is_set():
            with suppress(queue.Full):
                waiting.put((kind, what), timeout=POLL)
                return

    def make() -> None:
        try:
            for one in slices:
                put("slice", one)
                if given_up.is_set():
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    maker = threading.Thread(target=make, name="reading ahead")
    maker.start()
    try:
        yield from _taken(waiting)
    finally:
        given_up.set()
        maker.join()


def _taken(waiting: queue.Queue[tuple[str, T | BaseException | None]]) -> Iterator[T]:
    while True:
        kind, what = waiting.get()
        if kind == "end":
            return
        if isinstance(what, BaseException):
            raise what
        yield what  # type: ignore[misc]


def judged(imported: Import, profile: Profile, *, at: datetime, ground: Ground | None) -> Iterator[Batch]:
    """The file's rows as incidents and refused rows, slice by slice."""
    normaliser = Normaliser(profile, now=at, zone=imported.agency.zone, ground=ground)
    for frame in batches(Path(imported.file), profile.read):
        yield normaliser.take(renumbered(frame) if imported.mends_id else frame)


def examine(imported: Import, *, at: datetime, ground: Ground | None, tell: Tell) -> Report:
    """The dry run: the whole file read and judged, nothing kept but the report."""
    profile = from_table(imported.profile or {})
    tally = Tally(profile)
    for batch in ahead(judged(imported, profile, at=at, ground=ground)):
        tally.add(batch)
        _go_on(tell, tally.rows, None)
    return tally.report()


def bring(imported: Import, *, at: datetime, ground: Ground | None, tell: Tell) -> Brought:
    """Load the whole file; called inside a deed, whose transaction takes all of it or nothing."""
    profile = from_table(imported.profile or {})
    loader = Loader(imported.agency, _naming(profile), _papers(imported, profile), at=at)
    expected = (imported.report or {}).get("rows")
    rows = refused = left_out = 0
    for batch in ahead(judged(imported, profile, at=at, ground=ground)):
        loader.take(batch.accepted)
        _keep_refused(imported, batch.refused)
        _mend(imported, batch.accepted)
        refused, left_out = refused + batch.refused.height, left_out + batch.left_out
        rows += batch.accepted.height + batch.refused.height + batch.left_out
        _go_on(tell, rows, expected)
    if whole_file_refused(rows, refused) and imported.mends_id is None:
        raise MostRefused(
            "{refused} of {rows} rows are refused: the profile does not fit the file",
            mend="correct the columns, and try with a dry run; nothing was imported",
            refused=refused,
            rows=rows,
        )
    return Brought(loader, loader.close(), refused, left_out)


def _go_on(tell: Tell, rows: int, expected: int | None) -> None:
    if tell(rows / expected if expected else 0.0, f"{rows:,} rows"):
        raise Stopped("stopped, as was asked", mend="nothing was imported")


def _naming(profile: Profile) -> Naming:
    known = local_codes(profile.offence)
    return Naming(
        name=profile.source,
        title=profile.title,
        licence=profile.licence,
        attribution=profile.attribution,
        codes=known.classes,
        names=known.names,
        patrol=known.patrol,
        scheme=profile.offence.scheme,
        precision=profile.time.precision,
    )


def _papers(imported: Import, profile: Profile) -> Papers:
    return Papers(imported.file_name, imported.sha256, profile.name, profile.fields())


def _keep_refused(imported: Import, refused: pl.DataFrame) -> None:
    if refused.is_empty():
        return
    ids = pl.Series("id", [str(uuid_utils.uuid7()) for _ in range(refused.height)])
    with connection.cursor() as cursor:
        cursor.execute(STAGE_REFUSED)
        copy_in(cursor, "staged_refused", refused.with_columns(ids))
        cursor.execute(KEEP_REFUSED, {"agency": imported.agency_id, "of": imported.pk})


def _mend(imported: Import, accepted: pl.DataFrame) -> None:
    """Rows that were refused once and are brought in now point to the import that brought them."""
    if imported.mends_id is not None and ROW_COLUMN in imported.found["columns"]:
        old = RefusedRow.objects.filter(of_id=imported.mends_id, row__in=accepted["row"].to_list())
        old.update(mended_by=imported)
