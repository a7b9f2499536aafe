"""Private keys in files that only their owner can read, never anywhere else."""

import stat
from pathlib import Path

from witness.disk import write_new_file
from witness.failures import KeyFileExists, KeyFileMissing, KeyFileTooOpen, within
from witness.note import Signer


def create_key(path: Path, name: str) -> Signer:
    """A new key under `name` in a new file of mode 0600; refused where the file is there already."""
    signer = Signer.generate(name)
    try:
        write_new_file(path, f"{signer.skey}\n".encode(), 0o600)
    except FileExistsError:
        raise KeyFileExists(f"{path} is there already and is not overwritten") from None
    return signer


def load_key(path: Path) -> Signer:
    """The key in a file; refused where others than the owner have any right to it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        raise KeyFileMissing(f"{path} is not there; without it nothing can be signed") from None
    if mode & 0o077:
        raise KeyFileTooOpen(f"{path} has mode {mode:04o}; it must be 0600: chmod 600 {path}")
    with within(str(path)):
        return Signer.parse(path.read_text().strip())
