"""Process files: who is running, told apart from a stranger who got the same number later."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from openbeat.ops.paths import make_folder


def leave(file: Path, pid: int | None = None, **facts: str) -> Path:
    """Writes that the process (we, by default) runs, with what others should know of it."""
    process = psutil.Process(pid if pid is not None else os.getpid())
    make_folder(file.parent)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as out:
        known = {"pid": process.pid, "created": process.create_time(), "inode": os.fstat(out.fileno()).st_ino}
        json.dump(known | facts, out)
    return draft.replace(file)


def living(file: Path) -> psutil.Process | None:
    """The process that the file speaks of, if it still runs; a file about a dead one is removed.

    So is a copy: in a folder that was copied while its service ran, the process is that of another folder.
    """
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        process = psutil.Process(int(facts["pid"]))
        own = file.stat().st_ino
        same = facts.get("inode", own) == own  # a file of an earlier version names none
        if same and abs(process.create_time() - facts["created"]) < 0.05 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError, KeyError):
        pass
    file.unlink(missing_ok=True)
    return None


def fact(file: Path, name: str) -> str:
    """What the process wanted known of itself; empty where it said nothing."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get(name, ""))
    except (FileNotFoundError, ValueError):
        return ""


@contextmanager
def only_one(file: Path) -> Iterator[bool]:
    """True for the first who asks, until it ends in whatever way; False for all others meanwhile."""
    make_folder(file.parent)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
