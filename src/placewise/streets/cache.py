"""Street graphs kept on disk, and built anew when the extract, the speeds or the format changes."""

import hashlib
import json
import os
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from placewise.streets.contract import contract
from placewise.streets.errors import NotAStreetCache
from placewise.streets.graph import StreetGraph
from placewise.streets.lists import read_lists
from placewise.streets.osm import read_osm
from placewise.streets.speeds import Speeds

FORMAT = 1
_PLAIN = frozenset({"roads", "facts"})


def open_osm(extract: Path, *, speeds: Speeds | None = None, folder: Path | None = None) -> StreetGraph:
    """The street graph of an `.osm.pbf`, from the cache in `folder` (else beside the extract) when it still fits."""
    speeds = speeds or Speeds()
    key = _key([extract], speeds.key())
    kept = (folder or extract.parent) / f"{extract.name.removesuffix('.osm.pbf')}.streets.npz"
    return _kept(kept, key) or _keep(contract(read_osm(extract, speeds)), kept, key)


def open_lists(nodes: Path, edges: Path, *, kmh: float, folder: Path | None = None) -> StreetGraph:
    """The street graph of a node and an edge list at one speed, cached as `open_osm` does."""
    key = _key([nodes, edges], str(kmh))
    kept = (folder or edges.parent) / f"{edges.name.partition('.')[0]}.streets.npz"
    return _kept(kept, key) or _keep(contract(read_lists(nodes, edges, kmh=kmh)), kept, key)


def save(graph: StreetGraph, path: Path, *, key: str = "") -> None:
    """Writes the graph to one file, whole or not at all."""
    arrays = {item.name: getattr(graph, item.name) for item in fields(graph) if item.name not in _PLAIN}
    about = json.dumps({"format": FORMAT, "key": key, "roads": graph.roads, "facts": dict(graph.facts)})
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, about=np.array(about), **arrays)
    part.replace(path)


def load(path: Path) -> StreetGraph:
    """The graph that `save` wrote; refuses anything else."""
    return _read(path)[0]


def _read(path: Path) -> tuple[StreetGraph, str]:
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            arrays = {item.name: file[item.name] for item in fields(StreetGraph) if item.name not in _PLAIN}
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise NotAStreetCache(f"{path.name} is no street graph: {error}") from error
    if about["format"] != FORMAT:
        raise NotAStreetCache(f"{path.name} was written in format {about['format']}, this is {FORMAT}")
    return StreetGraph(**arrays, roads=tuple(about["roads"]), facts=about["facts"]), about["key"]


def _kept(path: Path, key: str) -> StreetGraph | None:
    """The cached graph if it was built from just this; a broken or older cache is only rebuilt."""
    if not path.exists():
        return None
    try:
        graph, built_from = _read(path)
    except NotAStreetCache:
        return None
    return graph if built_from == key else None


def _keep(graph: StreetGraph, path: Path, key: str) -> StreetGraph:
    """The graph, saved where that is allowed: an extract in a read-only folder just has no cache beside it."""
    if os.access(path.parent, os.W_OK):
        save(graph, path, key=key)
    return graph


def _key(files: list[Path], settings: str) -> str:
    """What a graph was built from: content of its files, settings, format."""
    seal = hashlib.sha256(f"{FORMAT} {settings}".encode())
    for file in files:
        with file.open("rb") as stream:
            seal.update(hashlib.file_digest(stream, "sha256").digest())
    return seal.hexdigest()
