"""Writing so that a file is there whole or not at all, whenever the power fails."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_TEMPORARY = ".new"
_AT_ONCE = 8


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files under a folder; each is whole under its name, and all are on the disk when this returns."""
    made, folders = _make(folder, files), set()
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # the disk takes what is asked of it at once in one go
        list(pool.map(_sync, [temporary for temporary, _ in made]))
        for temporary, target in made:
            folders |= _make_folders(target.parent) | {target.parent}
            temporary.replace(target)
        list(pool.map(_sync, folders))


def _make(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[tuple[Path, Path]]:
    """Files under names of no meaning, each with the one it shall have."""
    made = []
    _make_folders(folder / _TEMPORARY)
    for number, (path, data) in enumerate(files):
        temporary = folder / _TEMPORARY / str(number)
        temporary.write_bytes(data)
        made.append((temporary, folder / path))
    return made


def write_file(path: Path, data: bytes) -> None:
    """Write one file; it is whole under its name and on the disk when this returns."""
    folders = _make_folders(path.parent) | {path.parent}
    temporary = _beside(path)
    _write_temporary(temporary, data, 0o644)
    temporary.replace(path)
    for each in folders:
        _sync(each)


def write_new_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not be there yet; FileExistsError where it is."""
    folders = _make_folders(path.parent) | {path.parent}
    temporary = _beside(path)
    _write_temporary(temporary, data, mode)
    try:
        os.link(temporary, path)
    finally:
        temporary.unlink()
    for each in folders:
        _sync(each)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _TEMPORARY)


def _write_temporary(path: Path, data: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(file)


def _make_folders(folder: Path) -> set[Path]:
    """Make a folder and those above it; returns the ones in which a new one appeared."""
    if folder.is_dir():
        return set()
    above = _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    return above | {folder.parent}


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
