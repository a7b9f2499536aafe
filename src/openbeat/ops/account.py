"""The system user that the embedded database runs as: ourselves, or an unprivileged one when we are root."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import launch

CANDIDATES = ("openbeat", "postgres", "nobody")
"""PostgreSQL refuses root. The first of these that the system knows owns a new cluster."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system user by its numbers; `foreign` if it is not ourselves."""

    uid: int
    gid: int
    foreign: bool

    def give(self, path: Path) -> None:
        """Makes the user owner of the file or folder."""
        if self.foreign:
            os.chown(path, self.uid, self.gid)

    def launcher(self, *options: str) -> list[str]:
        """The start of a command line that runs the rest as this user; nothing where there is nothing to change."""
        user = ["--user", f"{self.uid}:{self.gid}"] if self.foreign else []
        return [sys.executable, "-I", "-S", launch.__file__, *user, *options] if user or options else []

    def passes(self, folder: Path) -> bool:
        """Whether this user may pass through the folder."""
        facts = folder.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & 0o100)
        return bool(facts.st_mode & (0o010 if facts.st_gid == self.gid else 0o001))


def account_for(cluster: Path) -> Account:
    """The user of this cluster: its owner if it exists, else ourselves or, for root, the first candidate."""
    me = os.geteuid()
    owner = cluster.stat() if cluster.exists() else None
    if me != 0 and owner and owner.st_uid != me:
        raise Misconfigured(
            f"{cluster} belongs to the system user {owner.st_uid}, and we are {me}",
            mend="start Openbeat as the user who made the database, or as root",
        )
    if me != 0:
        return Account(me, os.getegid(), foreign=False)
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, foreign=True)
    return _unprivileged()


def _unprivileged() -> Account:
    """The first candidate that the system knows."""
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, foreign=True)
    raise Misconfigured(
        f"we are root, PostgreSQL refuses root, and the system has none of the users {', '.join(CANDIDATES)}",
        mend="add a system user: useradd --system openbeat",
    )


def let_through(paths: Iterable[Path], account: Account) -> list[Path]:
    """Lets another user pass (not list) the folders above the paths; returns those that had to be changed."""
    if not account.foreign:
        return []
    closed = [folder for path in paths for folder in path.resolve().parents if not account.passes(folder)]
    changed = list(dict.fromkeys(closed))
    for folder in changed:
        folder.chmod(folder.stat().st_mode | (0o010 if folder.stat().st_gid == account.gid else 0o001))
    return changed
