"""One visit of the doctor: every check in order, told to a person or as JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg

from openbeat.kernel.errors import OpenbeatError
from openbeat.ops import database, telling
from openbeat.ops.database import Connections
from openbeat.ops.doctor import files, store
from openbeat.ops.doctor.findings import Finding, Level, fail, look
from openbeat.ops.paths import Var, here

SIGNS = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.FAIL: ("✗", "red")}


def doctor(*, as_json: bool = False) -> int:
    """Looks at everything; exit code 1 if anything fails."""
    findings = []
    for finding in findings_of(here()):
        findings.append(finding)
        if not as_json:
            tell(finding)
    if as_json:
        json.dump([finding.as_json() for finding in findings], sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    return int(any(finding.level is Level.FAIL for finding in findings))


def tell(finding: Finding) -> None:
    """One finding to a person."""
    sign, style = SIGNS[finding.level]
    telling.say(f"{sign} {finding.name:<20} {finding.words}", style=style)
    if finding.mend:
        telling.say(f"  {'':<20} → {finding.mend}")


def findings_of(var: Var) -> Iterator[Finding]:
    """Every check's findings: first what needs no database, then what does."""
    var.root.mkdir(parents=True, exist_ok=True)
    yield from look("packages", files.packages)
    yield from look("disk", lambda: files.disk(var))
    yield from look("front end", files.front_end)
    yield from look("service", lambda: files.service(var))
    with ExitStack() as stack:
        try:
            connections = stack.enter_context(database.in_use(var))
            connections.export()
            owner = stack.enter_context(psycopg.connect(connections.owner, autocommit=True, connect_timeout=10))
        except (OpenbeatError, psycopg.Error) as error:
            words, mend = (error.words, error.mend) if isinstance(error, OpenbeatError) else (str(error), "")
            yield fail("database", words, mend or "run `make up`, and look into var/log/postgres.log")
        else:
            yield from _findings_of_database(owner, connections)
    yield from look("keys", lambda: files.keys(var))


def _findings_of_database(owner: psycopg.Connection, connections: Connections) -> Iterator[Finding]:
    yield from look("database", lambda: store.version(owner))
    yield from look("clock", lambda: store.clock(owner))
    try:
        application = psycopg.connect(connections.application, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        yield fail("application role", str(error).strip(), "check OPENBEAT_APP_DATABASE_URL")
        return
    with application:
        yield from look("application role", lambda: store.application_role(owner, application))
        yield from look("grants", lambda: store.grants(owner, application))
    yield from look("row-level security", lambda: store.row_locks(owner))
    _set_up_django()
    from openbeat.ops.doctor import work

    yield from look("migrations", store.migrations)
    yield from look("extensions", lambda: store.extensions(owner))
    yield from look("worker", lambda: work.worker(owner))
    yield from look("sequencer", work.sequencer)
    yield from look("trail", lambda: work.unpublished(owner))
    yield from look("log", work.published_log)
    yield from look("basemap", lambda: work.basemaps(owner))
    yield from look("languages", _languages)


def _languages() -> Iterator[Finding]:
    from django.conf import settings

    return files.languages(settings.LOCALE_PATHS[0], [code for code, _ in settings.LANGUAGES if code != "en"])


def _set_up_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeat.settings")
    django.setup()
