"""The whole service, started as a keeper starts it: killed in every part, stopped in every way, and back again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from openbeat.ops import marks, postgres, up
from openbeat.ops.paths import Var
from openbeat.ops.supervisor import end_in_order

pytestmark = pytest.mark.slow


class Running:
    """An `openbeat up` in a process of its own, and what it has told so far."""

    def __init__(self, var: Var, port: int) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBEAT_", "DATABASE_"))}
        self.var = var
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "openbeat.ops.main", "up", "--city", "none"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
            env={**kept, "OPENBEAT_VAR": str(var.root), "OPENBEAT_PORT": str(port), "PYTHONUNBUFFERED": "1",
                 "DJANGO_SETTINGS_MODULE": "openbeat.settings"},
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
        self.process.stdout.close()

    @property
    def told(self) -> str:
        return "".join(self.lines)

    @property
    def port(self) -> int:
        found = re.search(r"Openbeat runs at http://127\.0\.0\.1:(\d+)", self.told)
        assert found, self.told
        return int(found[1])

    def wait_for(self, words: str, seconds: float = 120) -> None:
        wait_until(lambda: words in self.told or self.process.poll() is not None, seconds, lambda: self.told)
        assert words in self.told, self.told

    def child(self, name: str) -> psutil.Process:
        found = marks.living(self.var.run / f"{name}.json")
        assert found, f"{name} does not run"
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.reader.join(10)
        return status


def wait_until(true: Callable[[], object], seconds: float = 60, told: Callable[[], str] = lambda: "") -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain. {told()}"
        time.sleep(0.05)


def parts_of(var: Var) -> list[psutil.Process]:
    """Every process that works for the service in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("OPENBEAT_VAR") == str(var.root) or Path(process.cwd()) == var.postgres
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.fixture(scope="module")
def var() -> Iterator[Var]:
    """One installation for this module: made by its first start, kept from test to test."""
    folder = Path(tempfile.mkdtemp(prefix="openbeat-up-"))
    made = Var(folder / "var")
    yield made
    for process in parts_of(made):
        process.kill()
    shutil.rmtree(folder)


class Installation:
    """Starts the service in one folder; a service that still runs from the test before is used again."""

    def __init__(self, var: Var) -> None:
        self.var = var
        self.started: list[Running] = []

    def start(self, port: int = 18230) -> Running:
        self.started.append(Running(self.var, port))
        return self.started[-1]

    def running(self) -> Running:
        for service in self.started:
            if service.process.poll() is None:
                return service
        service = self.start()
        service.wait_for("Ctrl-C stops it")
        return service

    def end(self) -> None:
        for service in self.started:
            if service.process.poll() is None:
                end_in_order(psutil.Process(service.process.pid), 30)
            service.process.wait(10)
            service.reader.join(10)


@pytest.fixture(scope="module")
def installation(var: Var) -> Iterator[Installation]:
    """The module's installation."""
    made = Installation(var)
    yield made
    made.end()


@pytest.fixture
def running(installation: Installation) -> Running:
    """The service, up and answering."""
    service = installation.running()
    wait_until(lambda: up.healthy(service.port))
    return service


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_process_is_told_and_comes_back(running: Running, name: str) -> None:
    first = running.child(name)
    first.kill()
    running.wait_for(f"{name} ended by signal 9; starting it again in 1 s")
    wait_until(lambda: marks.living(running.var.run / f"{name}.json"))
    assert running.child(name).pid != first.pid
    wait_until(lambda: up.healthy(running.port))


def test_a_killed_database_comes_back_and_pages_with_it(running: Running) -> None:
    server = postgres.running(running.var)
    assert server
    os.kill(server.pid, signal.SIGKILL)
    running.wait_for("the database ended; starting it again")
    wait_until(lambda: postgres.running(running.var) and up.healthy(running.port))
    again = postgres.running(running.var)
    assert again
    assert again.port == server.port
    assert again.pid != server.pid


def test_a_second_start_says_where_the_first_runs(running: Running, installation: Installation) -> None:
    second = installation.start()
    assert second.process.wait(60) == 0
    second.reader.join(10)
    assert f"Openbeat runs already: http://127.0.0.1:{running.port}" in second.told
    assert up.healthy(running.port)


def test_the_doctor_finds_a_running_service_well(running: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openbeat.ops.main", "doctor", "--json"], capture_output=True, text=True, check=False,
        env={**os.environ, "OPENBEAT_VAR": str(running.var.root), "DJANGO_SETTINGS_MODULE": "openbeat.settings"},
    )  # fmt: skip
    levels = {finding["name"]: finding for finding in json.loads(done.stdout)}
    expected = ("disk", "service", "database", "clock", "application role", "grants", "row-level security",
                "migrations", "extensions", "keys")  # fmt: skip
    assert {name: levels[name] for name in expected if levels[name]["level"] != "ok"} == {}
    assert up.healthy(running.port)


def test_after_kill_9_of_the_supervisor_a_second_start_recovers(running: Running, installation: Installation) -> None:
    before = parts_of(running.var)
    running.process.kill()
    running.process.wait()
    second = installation.start()
    second.wait_for("Ctrl-C stops it")
    assert up.healthy(second.port)
    web_and_worker = [process for process in before if process.is_running() and process.name() != "postgres"]
    assert web_and_worker == []


def test_after_kill_9_of_everything_a_second_start_recovers(running: Running, installation: Installation) -> None:
    for process in parts_of(running.var):
        process.kill()
    running.process.wait()
    second = installation.start()
    second.wait_for("Ctrl-C stops it")
    assert up.healthy(second.port)


def test_ctrl_c_ends_everything_in_order(running: Running) -> None:
    assert running.end(signal.SIGINT) == 0
    assert "Openbeat has stopped. Everything is saved." in running.told
    assert parts_of(running.var) == []
    assert "database system is shut down" in (running.var.log / "postgres.log").read_text().splitlines()[-1]
    assert not (running.var.run / "up.json").exists()


def test_a_taken_port_is_passed_over(installation: Installation) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        service = installation.start(taken)
        service.wait_for("Ctrl-C stops it")
        assert service.port > taken
    assert service.end(signal.SIGHUP) == 0


def test_stop_from_elsewhere(running: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openbeat.ops.main", "stop"], capture_output=True, text=True, check=True,
        env={**os.environ, "OPENBEAT_VAR": str(running.var.root)},
    )  # fmt: skip
    assert "Openbeat has stopped." in done.stderr
    assert running.process.wait(60) == 0
    assert parts_of(running.var) == []


def test_a_wish_to_stop_while_it_is_starting(installation: Installation) -> None:
    service = installation.start()
    wait_until(lambda: (service.var.run / "up.json").exists() or service.told)
    assert service.end(signal.SIGTERM) == 0
    assert "Openbeat has stopped" in service.told
    assert parts_of(service.var) == []
