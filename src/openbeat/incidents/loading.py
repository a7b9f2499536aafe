"""Bringing records in and taking them back, many at a time: COPY to a temporary table, then INSERT … ON CONFLICT.

Called inside the deed of whoever brings them; all of a batch stands or none of it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
import uuid_utils
from django.db import connection

from openbeat.accounts.identity import Agency
from openbeat.incidents.models import Batch, LocalCode, Source
from openbeat.kernel.errors import Contradiction

STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_incidents (
  id uuid, source_key text COLLATE "C", occurred_from timestamptz, occurred_to timestamptz, reported_at timestamptz,
  day date, hour smallint, lon double precision, lat double precision, cell bigint, local_code text, code text,
  patrol_found boolean, area_hint text, arrest boolean, domestic boolean, fingerprint text COLLATE "C"
) ON COMMIT DROP;
TRUNCATE staged_incidents
"""
STAGED = (
    "id", "source_key", "occurred_from", "occurred_to", "reported_at", "day", "hour", "lon", "lat", "cell",
    "local_code", "code", "patrol_found", "area_hint", "arrest", "domestic", "fingerprint",
)  # fmt: skip

SAID = (
    "offence_class_id", "local_code", "patrol_found", "occurred_from", "occurred_to", "precision", "day", "hour",
    "reported_at", "lon", "lat", "cell", "area_hint", "arrest", "domestic",
)  # fmt: skip
"""What an incident says, and a later batch may say otherwise."""

INCOMING = """
SELECT s.*, coalesce(%(scheme)s || '-' || s.code, l.offence_class_id) AS offence_class_id, %(precision)s AS precision
FROM staged_incidents s
LEFT JOIN incidents_localcode l ON s.code IS NULL AND l.source_id = %(source)s AND l.code = s.local_code
"""

CHANGED = f"""
CREATE TEMPORARY TABLE changed_incidents ON COMMIT DROP AS
SELECT i.id, said.before, i.provenance, n.source_key
FROM ({INCOMING}) n
JOIN incidents_incident i ON i.agency_id = %(agency)s AND i.source_id = %(source)s AND i.source_key = n.source_key
CROSS JOIN LATERAL (
  SELECT jsonb_object_agg(key, old.value) AS before
  FROM jsonb_each(to_jsonb(i)) old JOIN jsonb_each(to_jsonb(n)) new USING (key)
  WHERE key = ANY (%(said)s) AND old.value IS DISTINCT FROM new.value
) said
WHERE i.fingerprint <> n.fingerprint AND said.before IS NOT NULL
"""  # noqa: S608 made of this module's own words

KEEP_VERSIONS = """
INSERT INTO incidents_version (id, agency_id, incident_id, batch_id, at, before, provenance)
SELECT gen_random_uuid(), %(agency)s, id, %(batch)s, %(at)s, before, provenance FROM changed_incidents
"""

UPDATE = f"""
UPDATE incidents_incident i
SET ({", ".join(SAID)}, fingerprint) = ({", ".join(f"n.{name}" for name in SAID)}, n.fingerprint),
    provenance = i.provenance || (SELECT jsonb_object_agg(key, %(batch)s::text) FROM jsonb_object_keys(c.before) key)
FROM ({INCOMING}) n JOIN changed_incidents c USING (source_key)
WHERE i.id = c.id
"""  # noqa: S608

INSERT = f"""
INSERT INTO incidents_incident
  (id, agency_id, source_id, source_key, batch_id, provenance, fingerprint, {", ".join(SAID)})
SELECT n.id, %(agency)s, %(source)s, n.source_key, %(batch)s, '{{}}', n.fingerprint,
  {", ".join(f"n.{name}" for name in SAID)}
FROM ({INCOMING}) n
ON CONFLICT (agency_id, source_id, source_key) DO NOTHING
"""  # noqa: S608

GIVE_BACK = f"""
UPDATE incidents_incident i
SET ({", ".join(SAID)}) = ({", ".join(f"(b).{name}" for name in SAID)}),
    provenance = v.provenance, fingerprint = ''
FROM incidents_version v
JOIN incidents_incident old ON old.id = v.incident_id
CROSS JOIN LATERAL jsonb_populate_record(NULL::incidents_incident, to_jsonb(old) || v.before) b
WHERE v.batch_id = %(batch)s AND v.incident_id = i.id
"""  # noqa: S608


COUNT_CODES = """
WITH c AS MATERIALIZED (
  SELECT local_code, count(*) AS rows, count(arrest) AS told, count(*) FILTER (WHERE arrest) AS arrests
  FROM incidents_incident WHERE agency_id = %(agency)s AND source_id = %(source)s GROUP BY local_code
)
UPDATE incidents_localcode l
SET incidents = coalesce(c.rows, 0), arrests_told = coalesce(c.told, 0), arrests = coalesce(c.arrests, 0)
FROM incidents_localcode known LEFT JOIN c ON c.local_code = known.code
WHERE l.id = known.id AND known.source_id = %(source)s
"""
# materialised: the planner knows nothing yet of rows just brought, and would count them anew for every code


@dataclass(frozen=True, slots=True)
class Naming:
    """How a file names its source: name, title, licence and attribution, and its local codes with their names."""

    name: str
    title: str
    licence: str
    attribution: str
    codes: Mapping[str, str]
    names: Mapping[str, str]
    patrol: frozenset[str]
    scheme: str
    precision: str


@dataclass(slots=True)
class Counts:
    """What became of the rows that were brought."""

    new: int = 0
    changed: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class Papers:
    """Where a batch comes from."""

    file_name: str
    sha256: str
    profile: str
    fields: Mapping[str, str]


class Loader:
    """Brings the incidents of one batch in, slice by slice."""

    def __init__(self, agency: Agency, naming: Naming, papers: Papers, *, at: datetime) -> None:
        self.naming = naming
        self.at = at
        self.source = _source(agency, naming)
        self.batch = Batch.objects.create(
            agency=agency, source=self.source, at=at, file_name=papers.file_name, sha256=papers.sha256,
            profile=papers.profile, fields=dict(papers.fields),
        )  # fmt: skip
        self.counts = Counts()
        self.local_codes: set[str] = set()
        self.known = Batch.objects.filter(source=self.source).exclude(pk=self.batch.pk).exists()

    def take(self, incidents: pl.DataFrame) -> None:
        """Bring a slice of incidents in: canonical columns, `source_id` unique within the batch."""
        if incidents.is_empty():
            return
        self.local_codes.update(incidents["local_code"].unique())
        values = self._values()
        with connection.cursor() as cursor:
            cursor.execute(STAGE)
            copy_in(cursor, "staged_incidents", _staged(incidents))
            changed = self._change(cursor, values) if self.known else 0
            cursor.execute(INSERT, values)
            new = cursor.rowcount
        self.counts.new += new
        self.counts.changed += changed
        self.counts.same += incidents.height - new - changed

    def close(self) -> Counts:
        """Keep the source's local codes, and say what became of the rows."""
        made = [self._local_code(code) for code in sorted(self.local_codes)]
        known = [code for code in made if code.offence_class_id]
        told = ["offence_class", "patrol_found", "name"]
        LocalCode.objects.bulk_create(
            known, update_conflicts=True, unique_fields=["source", "code"], update_fields=told
        )
        LocalCode.objects.bulk_create([code for code in made if not code.offence_class_id], ignore_conflicts=True)
        _count_codes(self.source)
        return self.counts

    def _local_code(self, code: str) -> LocalCode:
        naming = self.naming
        return LocalCode(
            agency_id=self.source.agency_id,
            source=self.source,
            code=code,
            name=naming.names.get(code, ""),
            offence_class_id=self._class_of(code),
            patrol_found=code in naming.patrol,
        )

    def _class_of(self, local_code: str) -> str | None:
        code = self.naming.codes.get(local_code)
        return f"{self.naming.scheme}-{code}" if code else None

    def _change(self, cursor: Any, values: dict[str, Any]) -> int:
        """Keep what changed incidents said before, then let them say the new."""
        cursor.execute("DROP TABLE IF EXISTS changed_incidents")
        cursor.execute(CHANGED, values)
        changed: int = cursor.rowcount
        if changed:
            cursor.execute(KEEP_VERSIONS, values)
            cursor.execute(UPDATE, values)
        return changed

    def _values(self) -> dict[str, Any]:
        return {
            "agency": self.source.agency_id,
            "source": self.source.pk,
            "batch": self.batch.pk,
            "at": self.at,
            "scheme": self.naming.scheme,
            "precision": self.naming.precision,
            "said": list(SAID),
        }


def _count_codes(source: Source) -> None:
    """Count the source's incidents by their local code, so that no page has to."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_CODES, {"agency": source.agency_id, "source": source.pk})


def _source(agency: Agency, naming: Naming) -> Source:
    """The agency's source of this name, made if new, and locked: files of one source come one after another."""
    told = {"title": naming.title, "licence": naming.licence, "attribution": naming.attribution}
    Source.objects.get_or_create(agency=agency, name=naming.name, defaults=told)
    return Source.objects.select_for_update().get(agency=agency, name=naming.name)


def _staged(incidents: pl.DataFrame) -> pl.DataFrame:
    ids = pl.Series("id", [str(uuid_utils.uuid7()) for _ in range(incidents.height)])
    return incidents.rename({"source_id": "source_key"}).with_columns(ids).select(STAGED)


def copy_in(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into a table with the same column names; null is the empty field."""
    text = io.BytesIO()
    frame.write_csv(text, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00", line_terminator="\n")
    with cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(text.getbuffer())


def take_back(batch_id: UUID, *, at: datetime) -> Counts:
    """Undo a batch: incidents it changed say again what they said before, those it brought are deleted.

    Refused while a later batch stands that changed incidents of this one.
    """
    batch = Batch.objects.select_related("source").get(pk=batch_id)
    Source.objects.select_for_update().get(pk=batch.source_id)
    _refuse_if_built_upon(batch)
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, {"batch": batch.pk})
        changed = cursor.rowcount
        cursor.execute("DELETE FROM incidents_version WHERE batch_id = %s", [batch.pk])
        cursor.execute("DELETE FROM incidents_incident WHERE batch_id = %s", [batch.pk])
        gone = cursor.rowcount
    _count_codes(batch.source)
    batch.withdrawn_at = at
    batch.save(update_fields=["withdrawn_at"])
    return Counts(new=gone, changed=changed)


def _refuse_if_built_upon(batch: Batch) -> None:
    later = Batch.objects.filter(source=batch.source, pk__gt=batch.pk, withdrawn_at=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT v.batch_id FROM incidents_version v JOIN incidents_incident i ON i.id = v.incident_id "
            "WHERE v.batch_id = ANY (%s) AND (i.batch_id = %s OR EXISTS (SELECT 1 FROM incidents_version w "
            "WHERE w.incident_id = v.incident_id AND w.batch_id = %s))",
            [[one.pk for one in later], batch.pk, batch.pk],
        )
        above = {row[0] for row in cursor.fetchall()}
    names = [one.file_name for one in later if one.pk in above]
    if names:
        raise Contradiction(
            "later imports changed incidents of this one: {listed}",
            mend="withdraw those first",
            listed=", ".join(sorted(names)),
        )
