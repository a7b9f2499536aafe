"""What runs behind the pages: the worker and its jobs, the sequencer, the signed log, the maps' background."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings

from openbeat.ops.doctor.findings import Finding, fail, ok, warn
from openbeat.ops.health import sequencer_age, sequencer_word
from openbeat.places.store import tiles
from witness import Folder, Report, verify

SILENCE = 30.0
"""Seconds without a heartbeat after which the worker counts as gone; it beats every ten."""
SEQUENCER_SILENCE = 10.0
PUBLISHED_LATE = 5.0
"""Seconds after which an entry should have its place in the log; a second is what is promised."""

WORKER = "SELECT extract(epoch FROM now() - max(last_heartbeat))::float FROM procrastinate_workers"
JOBS = (
    "SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'failed') FROM procrastinate_jobs"
)
LATE = (
    "SELECT count(*) FROM audit_pending p JOIN audit_entry e ON e.id = p.entry_id"
    " WHERE e.at < now() - %s * interval '1 s'"
)
BASEMAPS = "SELECT id, state FROM places_basemap ORDER BY id"


def worker(owner: psycopg.Connection) -> Iterator[Finding]:
    """Whether a worker lives, and how its jobs fare."""
    row = owner.execute(WORKER).fetchone()
    silence = row[0] if row else None
    if silence is None:
        yield warn("worker", "no worker runs: imports, forecasts and plans wait", "run `make up`")
    elif silence > SILENCE:
        yield fail("worker", f"not heard for {silence:.0f} s: jobs wait", "start again; var/log/worker.log says why")
    else:
        yield ok("worker", f"heard {silence:.0f} s ago")
    waiting, failed = owner.execute(JOBS).fetchone() or (0, 0)
    if failed:
        yield warn(
            "jobs", f"{failed} failed, {waiting} wait", "var/log/worker.log says why; their pages offer another try"
        )
    else:
        yield ok("jobs", f"{waiting} wait, none failed")


def sequencer() -> Iterator[Finding]:
    """Whether the trail's entries are being numbered and signed."""
    word = sequencer_word()
    state, age = word.get("state", ""), sequencer_age(word)
    if not word:
        yield warn("sequencer", "never heard: nothing is signed yet", "run `make up`")
    elif state != "signing":
        mend = "the log is not signed past a contradiction: read docs/how-to/run.md, «The log stands still»"
        yield fail("sequencer", f"stands still: {word.get('words') or state}", mend)
    elif age > SEQUENCER_SILENCE:
        yield warn("sequencer", f"not heard for {age:.0f} s", "run `make up`; if it runs, look into var/log/worker.log")
    else:
        yield ok("sequencer", f"heard {age:.0f} s ago; the signed log has {word.get('size', 0)} entries")


def unpublished(owner: psycopg.Connection) -> Iterator[Finding]:
    """Entries that still wait for their place in the log."""
    row = owner.execute(LATE, [PUBLISHED_LATE]).fetchone()
    late = row[0] if row else 0
    if late:
        mend = "run `make up`: the worker signs them; if it runs, look into var/log/worker.log"
        yield warn("trail", f"{late} entries have waited over {PUBLISHED_LATE:.0f} s for their place in the log", mend)
    else:
        yield ok("trail", "every entry has its place in the log")


def published_log() -> Iterator[Finding]:
    """The published files, checked as a stranger would, against the checkpoint kept outside the database."""
    folder = Path(settings.LOG_TILES)
    if not (folder / "checkpoint").exists():
        yield warn("log", "nothing is published yet", "run `make up`: the worker publishes it")
        return
    kept = Path(settings.LOG_LAST_CHECKPOINT)
    report = verify(Folder(folder), since=kept.read_bytes() if kept.exists() else None)
    if report.holds:
        yield ok("log", _size(report))
        return
    for finding in report.findings:
        if finding.failure:
            mend = "somebody changed the published files or a disk failed: keep them, and restore from a backup"
            yield fail("log", f"{finding.failure}: {finding.words}", mend)


def _size(report: Report) -> str:
    return f"the published log verifies: {report.checkpoint.size if report.checkpoint else 0} entries"


def basemaps(owner: psycopg.Connection) -> Iterator[Finding]:
    """The archives behind the maps."""
    rows = owner.execute(BASEMAPS).fetchall()
    ready = [UUID(str(number)) for number, state in rows if state == "ready"]
    absent = [str(tiles(number)) for number in ready if not tiles(number).exists()]
    for path in absent:
        yield fail("basemap", f"{path} is missing", "restore it from a backup, or have it made again under Places")
    failed = sum(state == "failed" for _, state in rows)
    if failed and not ready:
        yield warn("basemap", f"{failed} could not be made", "see why under Places, and bring in a sound extract")
    elif not ready:
        yield warn(
            "basemap", "none: maps have no background", "bring an OpenStreetMap extract (.osm.pbf) in under Places"
        )
    elif not absent:
        yield ok("basemap", f"{len(ready)} ready")
