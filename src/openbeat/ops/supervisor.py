"""Keeps the service's processes alive: starts them, notices their end, starts them again, stops them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

from openbeat.kernel.errors import OpenbeatError
from openbeat.ops import launch, marks
from openbeat.ops.paths import Var, make_folder
from openbeat.ops.telling import say

FAILURE_WINDOW = 120.0
"""Seconds over which a process's ends are counted."""
MOST_FAILURES = 5
LOG_LIMIT = 64 * 2**20
"""Bytes after which a log is put aside; one older part is kept."""


class StopAsked(Exception):
    """Ctrl-C or a signal asked the service to stop."""


class ChildKeepsEnding(OpenbeatError):
    """A process of the service ended again and again; going on would only hide it."""

    code = "child-keeps-ending"


def pause_before_restart(ends: Sequence[float], now: float) -> float | None:
    """Seconds to wait after these ends of a process: 1, 2, 4 … up to 16; None when it ended too often lately."""
    recent = sum(now - end < FAILURE_WINDOW for end in ends)
    return None if recent > MOST_FAILURES else float(2 ** max(recent - 1, 0))


class Wishes:
    """Ctrl-C and signals, heard at safe points only. The second one means: at once."""

    def __init__(self) -> None:
        self.stop = False
        self.hurry = False

    def listen(self) -> None:
        """Hears the terminal's Ctrl-C, its closing, and a request to end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._heard)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.hurry = self.stop
        self.stop = True

    def pause(self, seconds: float) -> None:
        """Waits, unless asked to stop: then StopAsked."""
        end = time.monotonic() + seconds
        while True:
            if self.stop:
                raise StopAsked
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))


def tied(command: Sequence[str]) -> list[str]:
    """The command line of a process that is asked to end when we die."""
    return [sys.executable, "-I", "-S", launch.__file__, "--tie", f"{os.getpid()}:{int(signal.SIGTERM)}", *command]


class Child:
    """One process of the service: its command, its log, and how long it may take to end."""

    def __init__(
        self, var: Var, name: str, command: Sequence[str], *, patience: float, descriptors: Sequence[int] = ()
    ) -> None:
        self.name = name
        self.command = command
        self.patience = patience
        self.descriptors = descriptors
        self.log = make_folder(var.log) / f"{name}.log"
        self.mark = var.run / f"{name}.json"
        self.process: subprocess.Popen[bytes] | None = None
        self.ends: list[float] = []
        self.due = 0.0

    def start(self) -> None:
        """Starts the process, tied to our life and in a session of its own, so that Ctrl-C reaches it through us."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                tied(self.command),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, pass_fds=self.descriptors,
            )  # fmt: skip
        marks.leave(self.mark, self.process.pid)

    def look(self, now: float) -> None:
        """Notices an end, says it, and starts the process again when its pause is over."""
        if self.process is not None and self.process.poll() is not None:
            self._ended(self.process.returncode, now)
        if self.process is None and now >= self.due:
            self.start()

    def _ended(self, status: int, now: float) -> None:
        self.process = None
        self.ends.append(now)
        pause = pause_before_restart(self.ends, now)
        how = f"by signal {-status}" if status < 0 else f"with exit code {status}"
        if pause is None:
            raise ChildKeepsEnding(
                f"{self.name} ended {how}, the {len(self.ends)}th time. It said last:\n{self.last_words()}",
                mend=f"look into {self.log}; `openbeat doctor` helps; then start again",
            )
        say(f"{self.name} ended {how}; starting it again in {pause:.0f} s (its log: {self.log})", style="yellow")
        self.due = now + pause

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:]) if self.log.exists() else ""

    def stop(self, wishes: Wishes) -> None:
        """Asks the process to end, and ends it when its patience or ours is over."""
        if self.process is not None:
            end_in_order(psutil.Process(self.process.pid), self.patience, wishes)
            self.process.wait()
        self.process = None
        self.mark.unlink(missing_ok=True)

    def put_log_aside(self) -> None:
        """Moves what a long log holds to `.1` and goes on in an empty one."""
        put_aside(self.log)


def put_aside(log: Path) -> None:
    """Copies a log that grew too long to `.1` and empties it; its writers append, so they go on."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def end_in_order(process: psutil.Process, patience: float, wishes: Wishes | None = None) -> None:
    """SIGTERM, and SIGKILL to it and its children after `patience` seconds or a second Ctrl-C."""
    try:
        family = [process, *process.children(recursive=True)]
        process.terminate()
    except psutil.NoSuchProcess:
        return
    end = time.monotonic() + patience
    while not gone(process) and time.monotonic() < end and not (wishes and wishes.hurry):
        time.sleep(0.05)
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    end = time.monotonic() + 5
    while not all(map(gone, family)) and time.monotonic() < end:
        time.sleep(0.05)


def gone(process: psutil.Process) -> bool:
    """Whether the process has ended, even if its parent has not yet asked how."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end_orphans(var: Var, names: Sequence[str]) -> None:
    """Ends processes that outlived a service which was killed; strangers with the same number are left alone."""
    for name in names:
        process = marks.living(var.run / f"{name}.json")
        if process is not None:
            say(f"ending {name} (process {process.pid}), left over from a service that was killed")
            end_in_order(process, 10)
