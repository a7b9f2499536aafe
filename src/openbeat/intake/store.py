"""Where uploaded files lie on disk until they are brought in: one folder an import, named by its id."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.conf import settings

BLOCK = 2**20
LONGEST_NAME = 200


def folder(import_id: UUID) -> Path:
    """The import's folder."""
    return Path(settings.VAR) / "imports" / str(import_id)


def plain_name(name: str) -> str:
    """A file's name without folders, short enough to keep, its ending whole."""
    bare = PurePosixPath(name.replace("\\", "/")).name.replace("\0", "") or "file"
    return bare[-LONGEST_NAME:]


def take(import_id: UUID, source: Path, name: str) -> tuple[Path, int, str]:
    """Copy a file in; where it lies, its size in bytes and its SHA-256."""
    home = folder(import_id)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    seal, size, kept = hashlib.sha256(), 0, home / plain_name(name)
    with source.open("rb") as given, kept.open("wb") as copy:
        while block := given.read(BLOCK):
            seal.update(block)
            size += copy.write(block)
    return kept, size, seal.hexdigest()


def kept_before(moment: datetime) -> Iterator[UUID]:
    """The imports whose folders were last written to before then."""
    for home in (Path(settings.VAR) / "imports").glob("*"):
        if datetime.fromtimestamp(home.stat().st_mtime, UTC) < moment:
            yield UUID(home.name)


def drop(import_id: UUID) -> None:
    """Remove the import's folder with all that lies in it."""
    shutil.rmtree(folder(import_id), ignore_errors=True)
