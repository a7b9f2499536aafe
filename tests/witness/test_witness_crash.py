"""A run that is cut off at any call that changes the disk is made good when the log is opened again.

Whatever was not on the disk by then (no fsync of the file) is lost: such files are emptied.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from witness import Folder, Log, verify

ORIGIN = "city.example/log"
LEAVES = [b"leaf %d" % number for number in range(600)]


class CutOffError(BaseException):
    """The power fails; nothing of ours may catch it."""


@contextmanager
def cut_off_after(calls: int, root: Path) -> Iterator[list[str]]:
    """Let so many calls that change the disk happen, and cut off at the next; the list has those that happened."""
    done: list[str] = []
    broken: list[str] = []
    kept: set[int] = set()

    def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if broken or len(done) == calls:
                broken.append(name)
                raise CutOffError(name)
            done.append(name)
            return original(*arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        # pathlib goes through these too; a file is opened for writing by os.open alone.
        for name in ("fsync", "replace", "rename", "unlink", "mkdir", "link", "rmdir"):
            patch.setattr(os, name, counted(name, getattr(os, name)))
        counting = os.fsync
        patch.setattr(os, "fsync", lambda file: (counting(file), kept.add(os.fstat(file).st_ino)))
        yield done
    for path in root.rglob("*"):
        if path.is_file() and path.stat().st_ino not in kept:
            path.write_bytes(b"")


def open_log(root: Path) -> Log:
    return Log(root / "log", root / "keys", ORIGIN)


def begin_and_grow(root: Path) -> None:
    """A new log, three checkpoints, the second past a whole tile."""
    with open_log(root) as log:
        for size in (3, 300, 520):
            log.append(LEAVES[log.size : size])
            log.checkpoint()


def hand_over(root: Path) -> None:
    """A log that changes its key and goes on."""
    with open_log(root) as log:
        log.append(LEAVES[log.size : 10])
        log.rotate()
        log.append(LEAVES[log.size : 20])
        log.checkpoint()


def goes_on(root: Path) -> None:
    """Whatever happened, the next run finishes the work, and a stranger finds nothing wrong, not even in leftovers."""
    shown = (root / "log/checkpoint").read_bytes() if (root / "log/checkpoint").exists() else None
    with open_log(root) as log:
        signed = log.signed.size
        assert verify(Folder(root / "log"), since=shown).failures == []
        # The database may number differently what was never signed.
        log.append([b"other " + leaf for leaf in LEAVES[signed:550]])
        log.checkpoint()
    report = verify(Folder(root / "log"), since=shown)
    assert report.failures == []
    assert not any("not covered" in finding.words for finding in report.findings)
    assert sorted(path.name for path in (root / "keys").iterdir() if path.suffix == ".new") == []


@pytest.mark.parametrize("work", [begin_and_grow, hand_over])
def test_run_cut_off_anywhere_is_made_good(tmp_path: Path, work: Callable[[Path], None]) -> None:
    calls, reached = 0, -1
    while reached < calls:
        root = tmp_path / str(calls)
        with cut_off_after(calls, root) as done:
            try:
                work(root)
                reached = calls + 1
            except CutOffError:
                pass
        if (root / "log").exists():
            goes_on(root)
        calls += 1
    assert calls > 30
    assert {"fsync", "replace", "unlink", "mkdir", "link"} <= set(done)
