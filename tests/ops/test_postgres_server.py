"""The embedded PostgreSQL: made, found, mended after every kind of hard stop, and stopped."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import account, passwords, postgres
from openbeat.ops.paths import Var


@pytest.fixture(scope="module")
def made() -> Iterator[Var]:
    """A cluster of this module's own."""
    folder = Path(tempfile.mkdtemp(prefix="openbeat-postgres-"))
    var = Var(folder / "var")
    postgres.start(var, durable=False, tied=True)
    yield var
    postgres.stop(var, patience=1)
    shutil.rmtree(folder)


@pytest.fixture
def var(made: Var) -> Var:
    """The module's cluster, running."""
    postgres.start(made, durable=False, tied=True)
    return made


@pytest.fixture(scope="module")
def durable(made: Var) -> Var:
    """The module's cluster, running as an installation's does."""
    postgres.stop(made)
    postgres.start(made, tied=True)
    return made


def value(var: Var, question: str) -> object:
    """The one value that the database answers."""
    server = postgres.running(var)
    assert server
    with psycopg.connect(server.superuser_address()) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row
    return row[0]


def wait_for_end(pid: int) -> None:
    end = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
        ("data_checksums", "on"),
    ],
)
def test_is_durable_shut_and_keeps_personal_data_out_of_its_log(durable: Var, setting: str, expected: str) -> None:
    assert value(durable, f"SELECT current_setting('{setting}')") == expected


def test_what_was_committed_survives_kill_9(durable: Var) -> None:
    server = postgres.running(durable)
    assert server
    with psycopg.connect(server.superuser_address()) as connection:
        connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    os.kill(server.pid, signal.SIGKILL)
    wait_for_end(server.pid)
    again = postgres.start(durable, tied=True)
    assert again.started
    assert value(durable, "SELECT n FROM kept") == 42


def test_is_version_18_and_sorts_by_code_point_everywhere_alike(var: Var) -> None:
    assert str(value(var, "SHOW server_version")).startswith("18.")
    assert value(var, "SELECT datlocale FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"
    assert value(var, "SELECT upper('қазақ')") == "ҚАЗАҚ"


def test_asks_everybody_for_a_password(var: Var) -> None:
    server = postgres.running(var)
    assert server
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(server.address("postgres", "guess", "postgres"))


def test_a_second_start_finds_the_first(var: Var) -> None:
    first = postgres.running(var)
    second = postgres.start(var)
    assert first
    assert (second.pid, second.port, second.started) == (first.pid, first.port, False)


def test_stops_in_order_and_starts_on_the_same_port(var: Var) -> None:
    before = postgres.running(var)
    assert before
    assert postgres.stop(var) is True
    assert postgres.running(var) is None
    assert postgres.stop(var) is False
    assert not (var.postgres / "postmaster.pid").exists()
    after = postgres.start(var, durable=False, tied=True)
    assert (after.port, after.started) == (before.port, True)


def test_workers_that_outlive_a_killed_server_are_ended(var: Var) -> None:
    server = postgres.running(var)
    assert server
    said: list[str] = []
    with psycopg.connect(server.superuser_address(), autocommit=True) as connection:
        worker = connection.info.backend_pid
        os.kill(worker, signal.SIGSTOP)  # it cannot notice that the server has gone
        os.kill(server.pid, signal.SIGKILL)
        wait_for_end(server.pid)
        again = postgres.start(var, durable=False, tied=True, say=said.append)
    assert again.started
    assert not psutil.pid_exists(worker)
    assert any(f"ending process {worker}" in words for words in said)


def test_a_process_file_that_names_a_stranger_is_not_believed(var: Var) -> None:
    postgres.stop(var)
    (var.postgres / "postmaster.pid").write_text(f"{os.getpid()}\n{var.postgres}\n0\n5432\n\n127.0.0.1\n1 1\nready\n")
    assert postgres.running(var) is None
    assert postgres.start(var, durable=False, tied=True).started
    assert psutil.pid_exists(os.getpid())


def test_a_lost_password_is_set_anew(var: Var) -> None:
    old = passwords.read(postgres.superuser_file(var))
    postgres.stop(var)
    postgres.superuser_file(var).unlink()
    postgres.start(var, durable=False, tied=True)
    assert passwords.read(postgres.superuser_file(var)) not in {None, old}
    assert value(var, "SELECT current_user") == "postgres"


def test_moves_to_another_port_when_its_own_is_taken(var: Var) -> None:
    before = postgres.running(var)
    assert before
    postgres.stop(var)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", before.port))
        stranger.listen()
        assert postgres.start(var, durable=False, tied=True).port != before.port


def test_a_broken_first_start_leaves_nothing_half_made(own_folder: Path) -> None:
    var = Var(own_folder / "var")
    (var.root / "postgres.new").mkdir(parents=True)
    (var.root / "postgres.new" / "PG_VERSION").write_text("18\n")
    try:
        assert postgres.start(var, durable=False, tied=True).started
        assert not (var.root / "postgres.new").exists()
    finally:
        postgres.stop(var, patience=1)


def test_a_broken_setting_of_the_operators_is_told_in_the_servers_words(var: Var) -> None:
    postgres.stop(var)
    local = var.postgres / "local.conf"
    local.write_text("no_such_setting = 1\n")
    local.chmod(0o644)
    try:
        with pytest.raises(postgres.DatabaseWillNotStart, match="no_such_setting") as refusal:
            postgres.start(var, durable=False, tied=True)
        assert "postgres.log" in refusal.value.mend
    finally:
        local.unlink()


def test_the_operators_own_settings_win(var: Var) -> None:
    postgres.stop(var)
    local = var.postgres / "local.conf"
    local.write_text("work_mem = '7MB'\n")
    local.chmod(0o644)
    try:
        postgres.start(var, durable=False, tied=True)
        assert value(var, "SHOW work_mem") == "7MB"
    finally:
        local.unlink()


def test_ends_with_the_process_it_is_tied_to(own_folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from openbeat.ops import postgres; "
        "from openbeat.ops.paths import Var; "
        "print(postgres.start(Var(Path(sys.argv[1])), durable=False, tied=True).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(own_folder / "var")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    wait_for_end(pid)


def test_passwords_are_for_their_owner_alone(var: Var) -> None:
    assert stat.S_IMODE(var.keys.stat().st_mode) == 0o700
    assert stat.S_IMODE(postgres.superuser_file(var).stat().st_mode) == 0o600


def test_a_password_file_that_holds_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "database.json"
    file.write_text("{}")
    with pytest.raises(Misconfigured, match="holds no password"):
        passwords.read(file)


def test_quoting_of_an_address() -> None:
    made = passwords.address("a b", "p@ss/word", host="h", port=1, database="d b")
    assert made == "postgresql://a%20b:p%40ss%2Fword@h:1/d%20b"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives work to another user")
class TestAsRoot:
    """PostgreSQL refuses root, so its files and processes belong to another."""

    def test_runs_as_another_user_who_owns_the_cluster(self, var: Var) -> None:
        server = postgres.running(var)
        assert server
        uids = psutil.Process(server.pid).uids()
        assert {uids.real, uids.effective, uids.saved} == {var.postgres.stat().st_uid}
        assert uids.real != 0
        assert psutil.Process(server.pid).gids().real != 0

    def test_folders_above_let_it_pass_but_not_look(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        (closed / "var").mkdir(parents=True)
        closed.chmod(0o700)
        nobody = account.Account(65534, 65534, foreign=True)
        assert closed in account.let_through([closed / "var" / "postgres"], nobody)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o701
        assert account.let_through([closed / "var" / "postgres"], nobody) == []

    def test_an_unprivileged_user_starts_its_own(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="openbeat-plain-"))
        os.chown(folder, 65534, 65534)
        answer = as_user(65534, start_and_stop, Var(folder / "var"))
        shutil.rmtree(folder)
        assert answer == (True, True, 65534)

    def test_a_cluster_of_another_user_is_refused_in_words(self, var: Var) -> None:
        words = as_user(65533, refusal_of, var.postgres)
        assert str(words).startswith(f"{var.postgres} belongs to the system user")


def as_user(uid: int, function: Callable[..., object], *arguments: object) -> object:
    """What the function answers when an unprivileged user calls it."""
    receiver, sender = multiprocessing.Pipe(duplex=False)

    def run() -> None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        sender.send(function(*arguments))

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    answer = receiver.recv() if receiver.poll(60) else None
    child.join()
    child.close()
    receiver.close()
    sender.close()
    return answer


def start_and_stop(var: Var) -> tuple[bool, bool, int]:
    return postgres.start(var, durable=False).started, postgres.stop(var), var.postgres.stat().st_uid


def refusal_of(cluster: Path) -> str:
    try:
        return repr(account.account_for(cluster))
    except Misconfigured as refusal:
        return refusal.words
