"""Becomes a child process: drops root's rights, ties its life to its parent's, and runs the command.

Run as a script with `python -I -S`, so it imports the standard library alone. On systems without
parent-death signals the next start finds the orphan by its process file.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1  # prctl(2), PR_SET_PDEATHSIG


def main(arguments: list[str]) -> None:
    """Reads `[--user UID:GID] [--tie PID:SIGNAL] COMMAND…` and becomes COMMAND."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--tie")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    if options.user:
        drop_rights(*map(int, options.user.split(":")))
    if options.tie:
        tie_to(*map(int, options.tie.split(":")))
    os.execv(options.command[0], options.command)  # noqa: S606 the command comes from our own supervisor


def drop_rights(uid: int, gid: int) -> None:
    """Becomes the given user for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def tie_to(parent: int, number: int) -> None:
    """Asks the kernel for the signal when the parent dies; leaves at once if it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(SET_PARENT_DEATH_SIGNAL, signal.Signals(number))
    if os.getppid() != parent:
        sys.exit(f"the parent process {parent} has gone")


if __name__ == "__main__":
    main(sys.argv[1:])
