"""What can be seen without the database: packages, disk, keys, front end, languages, the running service."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from openbeat.ops import install, marks
from openbeat.ops.doctor.findings import Finding, fail, ok, warn
from openbeat.ops.paths import Var
from openbeat.ops.words import is_stale

GIB = 2**30
LEAST_FREE = 1 * GIB
WISHED_FREE = 10 * GIB
KEY_FILES = ("database-app.json", "web.key", "rows.key")
"""Made on the first start; others come with what they open."""
SHOWN_FILES = ("last-checkpoint",)
"""Kept beside the keys because outside the database, but published all the same."""


def packages() -> Iterator[Finding]:
    """Whether the installed packages are the pinned ones."""
    pins = install.REQUIREMENTS / "base.txt"
    if install.read(install.VENV / "installed-base") == install.digest([pins]):
        yield ok("packages", "the pinned packages are installed")
    else:
        yield warn("packages", "the installed packages may differ from requirements/base.txt", "run `make up`")


def disk(var: Var) -> Iterator[Finding]:
    """Room for data, and for the database to go on writing."""
    usage = shutil.disk_usage(var.root)
    words = f"{usage.free / GIB:.1f} GiB of {usage.total / GIB:.0f} GiB are free under {var.root}"
    mend = "free some space, or move the folder and set OPENBEAT_VAR"
    if usage.free < LEAST_FREE:
        yield fail("disk", words, mend)
    elif usage.free < WISHED_FREE:
        yield warn("disk", words, mend)
    else:
        yield ok("disk", words)


def keys(var: Var) -> Iterator[Finding]:
    """Every key there, and for the service's own user alone."""
    if not var.keys.is_dir():
        yield fail(
            "keys", f"{var.keys} is missing", "run `make up`: it makes the keys; or bring them back from a backup"
        )
        return
    files = [path for path in sorted(var.keys.rglob("*")) if path.is_file() and path.name not in SHOWN_FILES]
    loose = [path for path in [var.keys, *files] if _mode(path) & 0o077]
    for path in loose:
        wanted = "700" if path.is_dir() else "600"
        mend = f"chmod {wanted} {path}; if others use this machine, rotate it"
        yield fail("keys", f"{path} can be read by others (mode {_mode(path):o})", mend)
    absent = [name for name in KEY_FILES if not (var.keys / name).exists()]
    for name in absent:
        yield warn(
            "keys", f"{var.keys / name} is missing", "run `make up`: it makes it; or bring it back from a backup"
        )
    if not loose and not absent:
        yield ok("keys", f"{len(files)} keys, readable by their owner alone")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def front_end() -> Iterator[Finding]:
    """Whether the pages' scripts and styles are built from the sources that lie here."""
    built = install.read(install.BUILT / ".built")
    if not built:
        yield fail("front end", "the pages' scripts and styles are not built", "run `make up`")
    elif built != install.front_end_mark():
        yield warn("front end", "the pages' scripts and styles are older than their sources", "run `make up`")
    else:
        yield ok("front end", "built from the sources that lie here")


def languages(folder: Path, codes: list[str]) -> Iterator[Finding]:
    """Each language's words, compiled since they last changed."""
    for code in codes:
        source = folder / code.replace("zh-hans", "zh_Hans") / "LC_MESSAGES" / "django.po"
        if not source.exists():
            yield warn("languages", f"{code}: not translated yet; its pages are in English", f"translate {source}")
        elif is_stale(source):
            yield fail("languages", f"{code}: its words are not compiled", "run `openbeat up`")
        else:
            yield ok("languages", f"{code}: words compiled")


def service(var: Var) -> Iterator[Finding]:
    """Whether `openbeat up` runs, and where."""
    if marks.living(var.run / "up.json"):
        yield ok("service", f"runs at {marks.fact(var.run / 'up.json', 'address')}")
    else:
        yield warn("service", "does not run", "run `make up`")
