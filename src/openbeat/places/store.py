"""Where extracts, street graphs and basemaps lie on disk: one folder an extract, named by its id."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

OSM, NODES, EDGES = "streets.osm.pbf", "nodes.csv.gz", "edges.csv.gz"
BLOCK = 2**20


def folder(extract_id: UUID) -> Path:
    """The extract's folder."""
    return Path(settings.VAR) / "places" / str(extract_id)


def tiles(basemap_id: UUID) -> Path:
    """A basemap's archive. Known by its id alone, so that serving it asks the database nothing."""
    return Path(settings.VAR) / "basemaps" / f"{basemap_id}.pmtiles"


def take(extract_id: UUID, files: Mapping[str, Path]) -> tuple[int, str]:
    """Copy the files in under their names; their size in bytes and the SHA-256 of their contents, one after another."""
    home = folder(extract_id)
    home.mkdir(parents=True, exist_ok=True)
    seal, size = hashlib.sha256(), 0
    for name, source in files.items():
        with source.open("rb") as given, (home / name).open("wb") as kept:
            while block := given.read(BLOCK):
                seal.update(block)
                size += kept.write(block)
    return size, seal.hexdigest()


def drop(extract_id: UUID) -> None:
    """Remove the extract's folder with all that was made in it."""
    shutil.rmtree(folder(extract_id), ignore_errors=True)


# --- files between upload and decision -------------------------------------------------------------------------------


def put_aside(person_id: UUID, key: UUID, name: str, content: bytes) -> None:
    """Keep an uploaded area file until its person has said what its columns mean; the last one alone."""
    home = _aside(person_id)
    shutil.rmtree(home, ignore_errors=True)
    (home / str(key)).mkdir(parents=True)
    (home / str(key) / Path(name).name).write_bytes(content)


def put_aside_earlier(person_id: UUID, key: UUID) -> tuple[str, bytes] | None:
    """The name and content of a file that this person put aside."""
    found = next(iter(sorted((_aside(person_id) / str(key)).glob("*"))), None)
    return (found.name, found.read_bytes()) if found else None


def forget_aside_before(moment: datetime) -> int:
    """Remove what was put aside before then and never decided; of how many people."""
    old = [
        home
        for home in (Path(settings.VAR) / "aside").glob("*")
        if datetime.fromtimestamp(home.stat().st_mtime, UTC) < moment
    ]
    for home in old:
        shutil.rmtree(home, ignore_errors=True)
    return len(old)


def forget_aside(person_id: UUID) -> None:
    """What this person put aside is decided."""
    shutil.rmtree(_aside(person_id), ignore_errors=True)


def _aside(person_id: UUID) -> Path:
    return Path(settings.VAR) / "aside" / str(person_id)
