"""Import on real records: rows a second, memory, the same file again, and a file broken half way.

`make bench ONLY=import`. The first million rows of Chicago as a CSV in the layout of the city's portal, on the embedded
PostgreSQL with durable writes, through the same deeds as the pages.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import polars as pl
from benchmarks.common import DATA, Figure, report

RECORDS = DATA / "chicago" / "chicago_slim_2012-2018.parquet"
PROFILE = "chicago-portal"
ROWS = 1_000_000
SECONDS, MEBIBYTES = 60.0, 1024.0
AT = datetime(2026, 11, 22, tzinfo=UTC)


def run() -> list[Figure]:
    """All figures, each import in a process of its own, so that memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = portal_csv(Path(folder) / "chicago.csv")
        lines = subprocess.run(
            [sys.executable, "-m", "benchmarks.import", str(path)],
            check=True, capture_output=True, text=True, env=os.environ | {"OPENBEAT_VAR": f"{folder}/var"},
        ).stdout.splitlines()  # fmt: skip
    told = dict(line.split("=") for line in lines if "=" in line)
    first, again = float(told["first"]), float(told["again"])
    return [
        Figure("incidents brought in (47 rows are no offence)", float(told["new"]), "rows", 999_953, ">="),
        Figure("a million rows of CSV, brought in", first, "s", SECONDS),
        Figure("rows a second", float(told["new"]) / first, "rows/s"),
        Figure("most memory of the importing process", float(told["memory"]), "MiB", MEBIBYTES),
        Figure("the same file again", again, "s", SECONDS),
        Figure("rows that changed by it", float(told["changed"]), "rows", 0),
        Figure("dry run of the same file", float(told["dry"]), "s"),
        Figure("rows left by a file broken half way", float(told["left"]), "rows", 0),
        Figure("withdrawal of all of it", float(told["withdrawn"]), "s"),
    ]


def portal_csv(path: Path) -> Path:
    """The records in the portal's layout: ids, twelve-hour times with AM and PM, text for everything."""
    frame = pl.scan_parquet(RECORDS).head(ROWS).with_row_index("ID", offset=10_000_000)
    frame.select(
        "ID",
        pl.format("HX{}", pl.col("ID")).alias("Case Number"),
        pl.col("datetime").dt.strftime("%m/%d/%Y %I:%M:%S %p").alias("Date"),
        pl.lit("001XX W EXAMPLE ST").alias("Block"),
        pl.col("iucr").cast(pl.String).alias("IUCR"),
        pl.col("category").cast(pl.String).alias("Primary Type"),
        pl.lit('A "DESCRIPTION", WITH COMMAS').alias("Description"),
        pl.col("arrest").alias("Arrest"),
        pl.col("domestic").alias("Domestic"),
        pl.col("beat").cast(pl.String).alias("Beat"),
        pl.col("community_area").cast(pl.String).alias("Community Area"),
        pl.col("lat").cast(pl.Float64).alias("Latitude"),
        pl.col("lon").cast(pl.Float64).alias("Longitude"),
    ).sink_csv(path)
    return path


def measure(path: Path) -> None:
    """In a process of its own: found an agency, import, import again, break off, withdraw; print what was measured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeat.settings")
    from openbeat.ops import database
    from openbeat.ops.paths import here

    with database.in_use(here(), say=lambda *_words, **_style: None) as connections:
        connections.export()
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", database="owner", verbosity=0)
        _measured(path)


def _measured(path: Path) -> None:
    from openbeat.accounts import founding
    from openbeat.incidents import queries as incidents
    from openbeat.intake import actions, queries
    from openbeat.intake.bringing import Stopped
    from openbeat.ops.files import receive
    from openbeat.ops.tasks import at_work

    agency, _ = founding.found(
        name="Chicago bench", zone="America/Chicago", administrator="keeper", administrator_name="The keeper", at=AT
    )

    def half_way(_share: float, words: str) -> bool:
        return int(words.replace(",", "").split()[0]) >= ROWS // 2

    with at_work(agency.pk) as actor:

        def bring() -> Any:
            return actions.bring_in(actor, receive(actor, agency, path, PROFILE), at=AT, tell=_on)

        try:
            actions.bring_in(actor, receive(actor, agency, path, PROFILE), at=AT, tell=half_way)
        except Stopped:
            print(f"left={incidents.total(actor)}")
        first, new = _timed(bring)
        print(f"first={first}", f"new={new.rows_new}", f"memory={most_memory()}", sep="\n")
        again, same = _timed(bring)
        print(f"again={again}", f"changed={same.rows_new + same.rows_changed}", sep="\n")
        tried = receive(actor, agency, path, PROFILE)
        dry, _ = _timed(lambda: queries.dry_run(actor, tried, at=AT, tell=_on))
        withdrawn, _ = _timed(lambda: actions.withdraw_import(analyst(agency.pk), new, reason="measured", at=AT))
        print(f"dry={dry}", f"withdrawn={withdrawn}", sep="\n")


def analyst(agency_id: UUID) -> Any:
    """Somebody who may withdraw an import."""
    from openbeat.access import Actor, Holding, Role

    return Actor(None, agency_id, (Holding(Role.ANALYST, agency_id, None, frozenset({agency_id})),))


def _on(_share: float, _words: str) -> bool:
    return False


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = perf_counter()
    result = work()
    return perf_counter() - begin, result


def most_memory() -> float:
    """The most resident memory of this process so far, MiB; the database is another process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    measure(Path(sys.argv[1])) if len(sys.argv) > 1 else report("import", run())
