"""The log whole: transactions a second with it on, beside a row chain and plain inserts; then the log by itself.

`python -m benchmarks.log`. A throwaway PostgreSQL 18, durable, 32 clients of pgbench, in turns. Each transaction makes
a deed and its entry. In the row chain each entry carries the hash of the one before, under an advisory lock, as logs in
databases are often built; ours puts the entry beside its commitment, and the sequencer works meanwhile.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.common import Figure, report
from benchmarks.log_memory import run as run_memory

CLIENTS = 32
SECONDS = 8
TURNS = 3

COLUMNS = (
    "id, at, operation, deed, actor_id, role, agency_id, object_type, object_id, reason, legal_basis, "
    '"case", recipient, source_address, changes, refused, salt'
)
VALUES = (
    "gen_random_uuid(), now(), 'alteration', 'bench.change', gen_random_uuid(), 'commander', gen_random_uuid(), "
    "'Thing', '01a200ff-64df-74a0-bf00-42e5fd5553d7', '', '', '', '', '127.0.0.1', "
    '\'{"state": ["draft", "approved"]}\', \'\', sha256(random()::text::bytea)'
)
DEED = "INSERT INTO bench_deed (at, words) VALUES (now(), 'a change of a thing');"

SCRIPTS = {
    "plain inserts": f"BEGIN; {DEED} INSERT INTO bench_entry ({COLUMNS}) VALUES ({VALUES}); END;",
    "row chain under an advisory lock": (
        f"BEGIN; {DEED} SELECT pg_advisory_xact_lock(7); "
        f"INSERT INTO bench_chain ({COLUMNS}, hash) SELECT {VALUES}, sha256((SELECT hash FROM bench_chain "
        "ORDER BY number DESC LIMIT 1) || gen_random_uuid()::text::bytea); END;"
    ),
    "ours": (
        f"BEGIN; {DEED} WITH entry AS (INSERT INTO audit_entry ({COLUMNS}) VALUES ({VALUES})) "
        "INSERT INTO audit_pending (entry_id, commitment) "
        "VALUES (gen_random_uuid(), sha256(random()::text::bytea)); END;"
    ),
}

TABLES = """
CREATE TABLE bench_deed (id bigserial PRIMARY KEY, at timestamptz, words text);
CREATE TABLE bench_entry (LIKE audit_entry INCLUDING INDEXES);
CREATE TABLE bench_chain (LIKE audit_entry INCLUDING INDEXES, number bigserial UNIQUE, hash bytea);
INSERT INTO bench_chain (id, at, operation, deed, role, object_type, object_id, reason, legal_basis, "case",
  recipient, source_address, changes, refused, salt, hash)
VALUES (gen_random_uuid(), now(), '', '', '', '', '', '', '', '', '', '', '{}', '', '', sha256(''));
GRANT ALL ON bench_deed, bench_entry, bench_chain TO openbeat_app;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO openbeat_app;
"""


def run() -> list[Figure]:
    """Transactions a second, and how far the sequencer is behind when the clients stop."""
    with tempfile.TemporaryDirectory(prefix="openbeat-bench-") as folder:
        os.environ["OPENBEAT_VAR"] = folder
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when we are root
        return _measured(Path(folder))


def _measured(folder: Path) -> list[Figure]:
    import psycopg

    from openbeat.ops import passwords, postgres, roles
    from openbeat.ops.database import as_application
    from openbeat.ops.paths import Var

    var = Var(folder)
    server = postgres.start(var, durable=True, tied=True)
    try:
        owner = roles.ensure_owner(server)
        password = passwords.ensure(var.keys / "database-app.json")
        roles.ensure_application(owner, password)
        os.environ |= {"DATABASE_URL": owner, "OPENBEAT_APP_DATABASE_URL": as_application(owner, password)}
        os.environ["DJANGO_SETTINGS_MODULE"] = "openbeat.settings"
        subprocess.run([sys.executable, "-m", "django", "migrate", "--database", "owner", "-v", "0"], check=True)
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(TABLES)
        return _turns(folder, os.environ["OPENBEAT_APP_DATABASE_URL"])
    finally:
        postgres.stop(var, patience=5)


def _turns(folder: Path, application: str) -> list[Figure]:
    import django

    django.setup()
    from openbeat.ops.sequencing import keep_sequencing

    stop = threading.Event()
    sequencer = threading.Thread(target=keep_sequencing, args=(stop,))
    sequencer.start()
    try:
        rates: dict[str, list[float]] = {name: [] for name in SCRIPTS}
        behind: list[float] = []
        for _ in range(TURNS):
            for name, script in SCRIPTS.items():
                rates[name].append(_pgbench(folder, application, script))
                if name == "ours":
                    behind.append(_until_signed(application))
    finally:
        stop.set()
        sequencer.join(60)
    middle = {name: sorted(values)[len(values) // 2] for name, values in rates.items()}
    chain = middle["row chain under an advisory lock"]
    ratios = sorted(
        ours / other for ours, other in zip(rates["ours"], rates["row chain under an advisory lock"], strict=True)
    )
    return [
        Figure("transactions with plain inserts", middle["plain inserts"], "a second"),
        Figure("transactions with a row chain", chain, "a second", peer="row chain"),
        Figure("transactions with our log on", middle["ours"], "a second"),
        Figure("our log against the row chain", ratios[len(ratios) // 2], "times", 2.0, ">=", "row chain"),
        Figure("all signed after the last client stops", max(behind), "s"),
    ]


def _pgbench(folder: Path, application: str, script: str) -> float:
    """Transactions a second of 32 clients."""
    from openbeat.ops.postgres import programs

    file = folder / "script.sql"
    file.write_text(script + "\n")
    command = [
        str(programs() / "pgbench"), "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-M", "prepared",
        "-f", str(file), application,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(done.stdout + done.stderr)
    return float(found[1])


def _until_signed(application: str) -> float:
    """Seconds until nothing waits for its index."""
    import psycopg

    begin = perf_counter()
    with psycopg.connect(application, autocommit=True) as connection:
        while connection.execute("SELECT EXISTS (SELECT 1 FROM audit_pending)").fetchone() != (False,):
            sleep(0.05)
    return perf_counter() - begin


if __name__ == "__main__":
    report("log", [*run(), *run_memory()])
