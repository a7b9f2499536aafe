"""A tree that grows in a folder of tiles: what is not yet whole is kept in memory, and all of it written when asked."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from witness.checkpoint import Checkpoint
from witness.disk import write_files
from witness.failures import BundleAltered, InconsistentWithLastCheckpoint, LeafTooLong
from witness.merkle import leaf_hashes
from witness.source import Folder
from witness.tiles import (
    ENTRIES,
    LEAF_BYTES_MAX,
    WIDTH,
    Edge,
    edge_shape,
    pack,
    read_bundle,
    read_tile,
    tile_path,
)

_LEVELS = 8
_PENDING_MAX = 1024


def check_leaves(leaves: Sequence[bytes]) -> None:
    """Refuse leaves that no entry bundle can hold."""
    if any(len(leaf) > LEAF_BYTES_MAX for leaf in leaves):
        raise LeafTooLong(f"a leaf is longer than {LEAF_BYTES_MAX:,} bytes")


class Growth:
    """The tiles of a log while it is written. `size` counts every leaf, on the disk or not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._edge = Edge()
        self._tail: list[bytes] = []
        self._pending: list[tuple[str, bytes]] = []
        self._whole: list[str] = []

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._edge.size

    def root(self) -> bytes:
        """The root over all leaves."""
        return self._edge.root()

    def load(self, checkpoint: Checkpoint) -> None:
        """Go on from the tiles on the disk; refused where they are not what was signed."""
        read, size = Folder(self._folder).read, checkpoint.size
        rows = [b""] * _LEVELS
        for level, index, _ in edge_shape(size):
            rows[level] = read_tile(read, level, index, size)
        self._edge = Edge(rows, size)
        if self.root() != checkpoint.root:
            raise InconsistentWithLastCheckpoint(f"the tiles do not give the root that was signed for {size} entries")
        self._tail = read_bundle(read, size // WIDTH, size) if size % WIDTH else []
        if leaf_hashes(self._tail) != rows[0]:
            raise BundleAltered(f"{tile_path(ENTRIES, size // WIDTH, size % WIDTH)} is not what was signed")

    def append(self, leaves: Sequence[bytes]) -> None:
        """Add leaves behind the last."""
        self._tail += leaves
        self._cut_bundles(self.size // WIDTH)
        self._pending += [(tile.path, tile.data) for tile in self._edge.extend(leaf_hashes(leaves))]
        if len(self._pending) > _PENDING_MAX:
            self._write_whole()

    def write(self) -> None:
        """Put every leaf and hash on the disk."""
        self._write_whole()
        narrow = [(tile.path, tile.data) for tile in self._edge.partial()]
        if self._tail:
            narrow.append((tile_path(ENTRIES, self.size // WIDTH, len(self._tail)), pack(self._tail)))
        write_files(self._folder, narrow)

    def sweep(self) -> None:
        """Remove the narrow forms of tiles that are whole now."""
        for path in self._whole:
            shutil.rmtree(self._folder / f"{path}.p", ignore_errors=True)
        self._whole = []

    def drop_unsigned(self) -> None:
        """Remove tiles behind the last leaf, which a run that was cut off may have left."""
        for level in (ENTRIES, *range(_LEVELS)):
            hashes = self.size >> (0 if isinstance(level, str) else 8 * level)
            first, width = divmod(hashes, WIDTH)
            for narrow in self._narrow(level, first).glob("*"):
                if narrow.name.isdecimal() and int(narrow.name) > width:
                    narrow.unlink()
            index = first
            while self._drop(level, index, keep_narrow=index == first) or index == first:
                index += 1

    def _drop(self, level: int | str, index: int, *, keep_narrow: bool) -> bool:
        whole, narrow = self._folder / tile_path(level, index, WIDTH), self._narrow(level, index)
        found = whole.exists() or narrow.exists()
        whole.unlink(missing_ok=True)
        if not keep_narrow:
            shutil.rmtree(narrow, ignore_errors=True)
        return found

    def _narrow(self, level: int | str, index: int) -> Path:
        return self._folder / f"{tile_path(level, index, WIDTH)}.p"

    def _cut_bundles(self, index: int) -> None:
        whole = len(self._tail) // WIDTH
        for place in range(whole):
            bundle = pack(self._tail[place * WIDTH : (place + 1) * WIDTH])
            self._pending.append((tile_path(ENTRIES, index + place, WIDTH), bundle))
        del self._tail[: whole * WIDTH]

    def _write_whole(self) -> None:
        write_files(self._folder, self._pending)
        self._whole += [path for path, _ in self._pending]
        self._pending = []
