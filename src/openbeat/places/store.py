"""Where extracts, street graphs and basemaps lie on disk: one folder an extract, named by its id."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
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
