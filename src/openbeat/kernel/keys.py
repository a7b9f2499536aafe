"""Secrets on disk: made on first use, readable by their owner alone, refused when looser."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from openbeat.kernel.errors import Misconfigured

OWNER_ONLY = 0o600


def secret(path: Path, size: int = 32) -> bytes:
    """The secret kept at `path`, `size` random bytes made on first use; a file others can read is refused."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        return _read(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, mode=0o700)
        return secret(path, size)
    made = secrets.token_bytes(size)
    with os.fdopen(handle, "wb") as file:
        file.write(made.hex().encode())
        file.flush()
        os.fsync(file.fileno())
    return made


def _read(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise Misconfigured(f"{path} can be read by others (mode {mode:o})", mend=f"chmod 600 {path}, then rotate it")
    text = path.read_text().strip()
    if not text:
        raise Misconfigured(f"{path} is empty", mend=f"remove {path}; a new secret is made at the next start")
    return bytes.fromhex(text)
