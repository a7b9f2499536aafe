"""Changes to what is known of offences, and handing incidents over."""

from __future__ import annotations

import hashlib
import tempfile
from typing import IO

from django.db import connection
from django.db.models import Case, CharField, F, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.acting import action, note
from openbeat.audit.words import Operation
from openbeat.incidents import queries
from openbeat.incidents.models import Incident, LocalCode, OffenceClass
from openbeat.kernel.errors import Contradiction

EXPORT_RESOLUTION = 9
"""Cells of edge 200 m: an exported row names no address."""
COLUMNS = ("day", "hour", "precision", "class", "class name", "local code", "cell", "area", "source")


@action(Permission.OFFENCES_MANAGE)
def map_local_code(
    actor: Actor, local_code: LocalCode, /, *, offence_class: OffenceClass | None, patrol_found: bool = False
) -> LocalCode:
    """Say which class a source's own code means; its incidents follow, and so do those still to come."""
    local_code.offence_class = offence_class
    local_code.patrol_found = patrol_found
    local_code.save(update_fields=["offence_class", "patrol_found"])
    theirs = Incident.objects.filter(
        agency_id=local_code.agency_id, source_id=local_code.source_id, local_code=local_code.code
    )
    note(incidents=theirs.update(offence_class=offence_class, patrol_found=patrol_found))
    return local_code


@action(Permission.INCIDENT_EXPORT, operation=Operation.DISCLOSURE)
def export_incidents(
    actor: Actor, agency: Agency, /, *, filters: queries.Filters, reason: str, basis: str, recipient: str = ""
) -> IO[bytes]:
    """The incidents that pass as CSV, places coarsened to cells; what was handed over is known by its digest."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 handed to the caller, who sends and closes it
    rows = queries.incidents(actor, filters).filter(agency=agency).order_by("day", "hour", "id")
    words, values = rows.values_list(*_exported()).query.sql_with_params()
    file.write((",".join(COLUMNS) + "\r\n").encode())
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY ({words}) TO STDOUT (FORMAT csv)", values) as copy:
            for part in copy:
                file.write(part)
        count = cursor.rowcount
    if not count:
        file.close()
        raise Contradiction("no incident passes these filters: there is nothing to hand over")
    file.seek(0)
    note(rows=count, sha256=hashlib.file_digest(file, "sha256").hexdigest(), resolution=EXPORT_RESOLUTION)
    file.seek(0)
    return file


def _exported() -> list[str | Combinable]:
    texts = ("offence_class__code", "offence_class__name", "local_code")
    return ["day", "hour", "precision", *(_inert(name) for name in texts), queries.ParentCell(EXPORT_RESOLUTION),
            _inert("area_hint"), _inert("source__name")]  # fmt: skip


def _inert(name: str) -> Case:
    """A text that a spreadsheet will not take for a formula (CWE-1236)."""
    armed = When(**{f"{name}__regex": r"^[=+\-@\t\r]", "then": Concat(Value("'"), F(name))})
    return Case(armed, default=F(name), output_field=CharField())
