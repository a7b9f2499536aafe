"""Reads a whole log, computes its tree anew from the entries, and says which file is not what was signed.

First all is computed upwards from the entry bundles. If that gives the signed root, the bundles are what was signed,
and every tile that differs from the computed one is altered. Otherwise the stored tiles are proven downwards from the
signed root as far as that goes, and whatever does not fit what is proven is altered.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from witness.checkpoint import Checkpoint
from witness.failures import BundleAltered, Failure, TileAltered, WrongRoot
from witness.merkle import HASH_BYTES, fold, leaf_hashes, split
from witness.source import Source
from witness.tiles import (
    ENTRIES,
    WIDTH,
    Edge,
    Tile,
    edge_shape,
    pack,
    parse_bundle,
    parse_tile,
    read_bundle,
    read_tile,
    tile_path,
    width_at,
)

FAILURES_MAX = 20
Place = tuple[int, int]
_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?")


@dataclass
class Scan:
    """What a log's files turned out to be.

    `roots` are the roots of the earlier trees that were asked for, by size; they count only where `failures` is empty.
    `found` are the places of the leaf hash that was asked for.
    """

    failures: list[Failure] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    found: list[int] = field(default_factory=list)
    files: int = 0
    unsigned: int = 0


def scan(source: Source, checkpoint: Checkpoint, sizes: Iterable[int] = (), wanted: bytes = b"") -> Scan:
    """Check every tile and bundle of a log against a checkpoint; look for earlier trees and a leaf hash on the way."""
    scanner = _Scanner(source, checkpoint, sorted(set(sizes)), wanted)
    scanner.run()
    return scanner.result


class _Scanner:
    """Differing tiles are kept by level and index: as stored (None: not there) and as computed from the entries."""

    def __init__(self, source: Source, checkpoint: Checkpoint, sizes: list[int], wanted: bytes) -> None:
        self.result = Scan()
        self._source, self._size, self._root = source, checkpoint.size, checkpoint.root
        self._sizes, self._wanted = sizes, wanted
        self._edge = Edge()
        self._stored: dict[Place, bytes | None] = {}
        self._computed: dict[Place, bytes] = {}
        self._unread: set[int] = set()

    def run(self) -> None:
        for index, (bundle, tile) in enumerate(self._pairs()):
            self._take(index, bundle, tile)
            if len(self.result.failures) >= FAILURES_MAX:
                return
        for edge in self._edge.partial():
            if edge.level:
                self._compare(edge)
        if self._edge.root() == self._root:
            self._fail_altered(self._stored)
        else:
            self._blame()
        self._check_narrow()

    def _pairs(self) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Each bundle with its tile of leaf hashes, as they are stored."""
        count = -(-self._size // WIDTH)
        paths = (
            tile_path(level, index, width_at(0, index, self._size)) for index in range(count) for level in (ENTRIES, 0)
        )
        files = self._source.read_many(paths)
        return zip(files, files, strict=True)

    def _take(self, index: int, bundle: bytes | None, tile: bytes | None) -> None:
        """Check one bundle against its tile and let the computed tree grow by it; the tile stands in for a lost one."""
        stored = computed = None
        with self._noted():
            stored = computed = parse_tile(self._source.read, 0, index, self._size, tile)
        self._unread.add(index)
        with self._noted():
            computed = leaf_hashes(parse_bundle(self._source.read, index, self._size, bundle))
            self._unread.remove(index)
        computed = computed or bytes(width_at(0, index, self._size) * HASH_BYTES)
        self._keep((0, index), stored, computed)
        self._look(computed)
        for whole in self._edge.extend(computed):
            if whole.level:
                self._compare(whole)

    def _compare(self, tile: Tile) -> None:
        stored = None
        with self._noted():
            stored = read_tile(self._source.read, tile.level, tile.index, self._size)
        self._keep((tile.level, tile.index), stored, tile.data)

    def _keep(self, place: Place, stored: bytes | None, computed: bytes) -> None:
        self.result.files += 1 if place[0] else 2
        if stored != computed:
            self._stored[place], self._computed[place] = stored, computed

    def _look(self, computed: bytes) -> None:
        """Keep what was asked for of the tree as far as it is computed."""
        start, width = self._edge.size, len(computed) // HASH_BYTES
        for size in self._sizes:
            if start < size <= start + width:
                self.result.roots[size] = self._edge.root_after(computed[: (size - start) * HASH_BYTES])
        if self._wanted and self._wanted in computed:
            self.result.found += [start + place for place, leaf in enumerate(split(computed)) if leaf == self._wanted]

    def _blame(self) -> None:
        """The entries do not give the signed root: find what is altered from what the signed root proves."""
        proof = _Proof(self._source, self._size, self._root, self._stored, self._computed)
        if not proof.edge_holds:
            self._fail(WrongRoot("the entries do not give the root in the checkpoint, nor do the tiles"))
        for place in sorted(set(self._stored) | set(self._children())):
            proven = proof.proven(place)
            if proven is None and place not in self._stored and not proof.expected(place):
                continue
            if self._stored.get(place, b"") is not None and proof.stored(place) != proven:
                self._fail_altered([place])
            if place[0] == 0 and place[1] not in self._unread and proof.computed(place) != proven:
                self._fail(BundleAltered(f"{self._path(place, ENTRIES)} is not what was signed"))

    def _children(self) -> Iterator[Place]:
        """The places under the differing hashes of stored tiles."""
        for (level, index), stored in self._stored.items():
            if level and stored:
                pairs = zip(split(stored), split(self._computed[level, index]), strict=True)
                yield from ((level - 1, index * WIDTH + at) for at, (one, other) in enumerate(pairs) if one != other)

    def _check_narrow(self) -> None:
        """Narrow tiles of earlier checkpoints must be the beginnings of today's."""
        for path in self._source.listing():
            level, index, width = _read_path(path)
            now = width_at(int(level) if level.isdigit() else 0, index, self._size)
            if width > now:
                self.result.unsigned += 1
            elif width < now and not self._damaged(level, index):
                self._check_beginning(path, level, index, width)

    def _damaged(self, level: str, index: int) -> bool:
        """Whether today's tile there has failed already, and nothing can be compared with it."""
        if level == ENTRIES and index in self._unread:
            return True
        return (0 if level == ENTRIES else int(level), index) in self._stored

    def _check_beginning(self, path: str, level: str, index: int, width: int) -> None:
        with self._noted():
            data = self._source.read(path)
            if data is None:
                return  # the log has grown since, and the whole tile has replaced it
            if level == ENTRIES:
                if data != pack(read_bundle(self._source.read, index, self._size)[:width]):
                    raise BundleAltered(f"{path} is not the beginning of what was signed")
            elif data != read_tile(self._source.read, int(level), index, self._size)[: width * HASH_BYTES]:
                raise TileAltered(f"{path} is not the beginning of what was signed")

    def _fail_altered(self, places: Iterable[Place]) -> None:
        for place in places:
            if self._stored.get(place, b"") is not None:
                self._fail(TileAltered(f"{self._path(place, place[0])} is not what was signed"))

    def _path(self, place: Place, level: int | str) -> str:
        return tile_path(level, place[1], width_at(place[0], place[1], self._size))

    def _fail(self, failure: Failure) -> None:
        self.result.failures.append(failure)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except Failure as failure:
            self._fail(failure)


class _Proof:
    """What the signed root proves of the stored and the computed tiles, from the top downwards."""

    def __init__(
        self, source: Source, size: int, root: bytes, stored: dict[Place, bytes | None], computed: dict[Place, bytes]
    ) -> None:
        self._source, self._size, self._stored, self._computed = source, size, stored, computed
        self._proven: dict[Place, bytes | None] = {}
        self.edge_holds = self._edge_root() == root

    def stored(self, place: Place) -> bytes | None:
        """The tile as it lies there; None where it is missing."""
        if place in self._stored:
            return self._stored[place]
        return read_tile(self._source.read, *place, self._size)

    def computed(self, place: Place) -> bytes | None:
        """The tile as it follows from the entries."""
        return self._computed[place] if place in self._computed else self.stored(place)

    def proven(self, place: Place) -> bytes | None:
        """The tile that was signed, where the stored or the computed one is it."""
        if place not in self._proven:
            self._proven[place] = self._prove(place)
        return self._proven[place]

    def expected(self, place: Place) -> bytes | None:
        """What a whole tile must fold to, where the tile above is proven."""
        level, index = place
        above = self.proven((level + 1, index // WIDTH))
        return above and above[index % WIDTH * HASH_BYTES :][:HASH_BYTES]

    def _prove(self, place: Place) -> bytes | None:
        if width_at(*place, self._size) < WIDTH:
            return self.stored(place) if self.edge_holds else None
        expected = self.expected(place)
        for data in (self.stored(place), self.computed(place)):
            if expected and data and fold(data) == expected:
                return data
        return None

    def _edge_root(self) -> bytes:
        rows: list[bytes] = []
        for level, index, _ in edge_shape(self._size):
            rows += [b""] * (level - len(rows))
            rows.append(self.stored((level, index)) or b"")
        return Edge(rows, self._size).root()


def _read_path(path: str) -> tuple[str, int, int]:
    """The level, index and width in a path; a width of no tile for any other path."""
    match = _PATH.fullmatch(path)
    if match:
        level, index, width = match[1], int(re.sub(r"\D", "", match[2])), int(match[3] or WIDTH)
        if tile_path(level, index, width) == path:
            return level, index, width
    return ENTRIES, 0, WIDTH + 1
