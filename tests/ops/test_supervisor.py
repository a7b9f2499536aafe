"""Children kept alive, given up in words, ended in order; orphans found; strangers left alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from openbeat.ops import marks, supervisor
from openbeat.ops.paths import Var
from openbeat.ops.supervisor import Child, ChildKeepsEnding, StopAsked, Wishes, pause_before_restart

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]  # fmt: skip
FAILING = [sys.executable, "-c", "import sys; sys.exit('no such table')"]


@pytest.fixture
def var(tmp_path: Path) -> Var:
    """A folder for logs and process files."""
    return Var(tmp_path)


@pytest.fixture
def make(var: Var) -> Iterator[Callable[..., Child]]:
    """Children that end with the test."""
    children: list[Child] = []

    def make_child(command: list[str], patience: float = 5) -> Child:
        children.append(Child(var, "helper", command, patience=patience))
        return children[-1]

    yield make_child
    hurry = Wishes()
    hurry.hurry = True
    for child in children:
        child.stop(hurry)


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def running(child: Child) -> psutil.Process:
    wait_until(lambda: "up" in child.last_words())
    assert child.process
    return psutil.Process(child.process.pid)


@pytest.mark.parametrize(
    ("ends", "now", "pause"),
    [
        ([0.0], 0.0, 1.0),
        ([0.0, 1.0], 1.0, 2.0),
        ([0.0, 1.0, 3.0], 3.0, 4.0),
        ([0.0, 1.0, 3.0, 7.0, 15.0], 15.0, 16.0),
        ([0.0, 1.0, 3.0, 7.0, 15.0, 31.0], 31.0, None),
        ([0.0, 1.0, 3.0, 7.0, 15.0, 131.0], 131.0, 2.0),
        ([0.0] * 50 + [500.0], 500.0, 1.0),
    ],
)
def test_pauses_grow_with_ends_and_then_it_gives_up(ends: list[float], now: float, pause: float | None) -> None:
    assert pause_before_restart(ends, now) == pause


def test_a_killed_child_is_noticed_told_and_started_again(
    make: Callable[..., Child], capsys: pytest.CaptureFixture[str]
) -> None:
    child = make(SLEEPER)
    child.look(now=0)
    first = running(child)
    first.kill()
    wait_until(lambda: not child.process or child.process.poll() is not None)
    child.look(now=10)
    assert child.process is None
    assert "helper ended by signal 9; starting it again in 1 s" in capsys.readouterr().err
    child.look(now=10.9)
    assert child.process is None
    child.look(now=11)
    assert child.process is not None
    assert child.process.pid != first.pid


def test_a_child_that_keeps_ending_stops_the_service_with_its_last_words(make: Callable[..., Child]) -> None:
    child = make(FAILING)

    def live_through_two_minutes() -> None:
        for now in range(120):
            child.look(now)
            if child.process:
                child.process.wait()

    with pytest.raises(ChildKeepsEnding, match="no such table") as refusal:
        live_through_two_minutes()
    assert "helper.log" in refusal.value.mend
    assert len(child.ends) == supervisor.MOST_FAILURES + 1


def test_a_child_is_asked_to_end_and_its_process_file_goes(make: Callable[..., Child]) -> None:
    child = make(SLEEPER)
    child.start()
    process = running(child)
    assert marks.living(child.mark)
    child.stop(Wishes())
    assert not process.is_running()
    assert not child.mark.exists()


def test_a_child_that_does_not_listen_is_ended_when_patience_is_over(make: Callable[..., Child]) -> None:
    child = make(STUBBORN, patience=0.3)
    child.start()
    process = running(child)
    child.stop(Wishes())
    assert not process.is_running()


def test_a_second_wish_ends_patience(make: Callable[..., Child]) -> None:
    child = make(STUBBORN, patience=1000)
    child.start()
    process = running(child)
    wishes = Wishes()
    wishes._heard(signal.SIGINT, None)
    assert (wishes.stop, wishes.hurry) == (True, False)
    wishes._heard(signal.SIGINT, None)
    child.stop(wishes)
    assert not process.is_running()


def test_a_pause_ends_when_asked_to_stop() -> None:
    wishes = Wishes()
    wishes.pause(0)
    wishes.stop = True
    with pytest.raises(StopAsked):
        wishes.pause(1000)


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_children_end_with_a_killed_supervisor(var: Var) -> None:
    script = (
        "import sys, time; from pathlib import Path; from openbeat.ops.paths import Var; "
        "from openbeat.ops.supervisor import Child; "
        f"c = Child(Var(Path(sys.argv[1])), 'helper', {SLEEPER!r}, patience=1); c.start(); "
        "print(c.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(var.root)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        wait_until(lambda: "up" in (var.log / "helper.log").read_text())
        parent.kill()
    wait_until(lambda: not psutil.pid_exists(pid))


def test_orphans_of_a_killed_service_are_ended(var: Var, capsys: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL) as orphan:
        marks.leave(var.run / "helper.json", orphan.pid)
        supervisor.end_orphans(var, ["helper", "absent"])
        assert orphan.wait(5) == -signal.SIGTERM
    assert f"ending helper (process {orphan.pid})" in capsys.readouterr().err


def test_a_folder_copied_while_its_service_ran_leaves_that_service_alone(var: Var, tmp_path: Path) -> None:
    mark = marks.leave(var.run / "helper.json")
    copy = Var(tmp_path / "copy")
    shutil.copytree(var.run, copy.run)
    supervisor.end_orphans(copy, ["helper"])  # would have ended this very test
    assert (marks.living(copy.run / "helper.json"), marks.living(mark)) == (None, psutil.Process())


def test_a_stranger_with_the_same_number_is_left_alone(var: Var) -> None:
    mark = marks.leave(var.run / "helper.json")
    facts = json.loads(mark.read_text())
    mark.write_text(json.dumps({**facts, "created": facts["created"] - 60}))
    assert marks.living(mark) is None
    assert not mark.exists()
    supervisor.end_orphans(var, ["helper"])  # would have ended this very test


@pytest.mark.parametrize("text", ["", "{}", '{"pid": 1}', '{"pid": 999999999, "created": 0}'])
def test_a_process_file_that_says_nothing_useful_is_removed(var: Var, text: str) -> None:
    file = var.run / "helper.json"
    file.parent.mkdir()
    file.write_text(text)
    assert marks.living(file) is None
    assert not file.exists()


def test_facts_of_a_process_are_told(var: Var) -> None:
    mark = marks.leave(var.run / "up.json", address="http://127.0.0.1:8000")
    assert marks.fact(mark, "address") == "http://127.0.0.1:8000"
    assert marks.fact(mark, "colour") == ""
    assert marks.fact(var.run / "absent.json", "address") == ""


def test_only_one_holds_a_lock_and_its_end_frees_it(var: Var) -> None:
    file = var.run / "up.lock"
    with marks.only_one(file) as first, marks.only_one(file) as second:
        assert (first, second) == (True, False)
    with marks.only_one(file) as third:
        assert third


def test_a_long_log_is_put_aside_and_its_writer_goes_on(
    var: Var, make: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOG_LIMIT", 5)
    child = make([sys.executable, "-c", "import time\nwhile True: print('line', flush=True); time.sleep(0.01)"])
    child.start()
    wait_until(lambda: child.log.stat().st_size > 5)
    supervisor.put_aside(child.log)
    assert child.log.with_suffix(".log.1").read_text().startswith("line")
    wait_until(lambda: child.log.stat().st_size > 0)
    assert child.log.read_text().startswith("line")
    assert os.path.getsize(child.log) < 1000  # noqa: PTH202 not a hole of zero bytes followed by lines
