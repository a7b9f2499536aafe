"""The tiles of a log (C2SP tlog-tiles): paths, entry bundles, and trees that are read from tiles or cut into them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from witness.failures import BundleAltered, BundleMissing, TileAltered, TileMissing, within
from witness.merkle import HASH_BYTES, CompactRange, fold

WIDTH = 256
TILE_BYTES = WIDTH * HASH_BYTES
LEAF_BYTES_MAX = 0xFFFF
ENTRIES = "entries"

Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Tile:
    """Up to 256 neighbouring hashes of one level: level 0 are leaves, each hash of level l + 1 is a whole tile of l."""

    level: int
    index: int
    data: bytes

    @property
    def width(self) -> int:
        """How many hashes it holds."""
        return len(self.data) // HASH_BYTES

    @property
    def path(self) -> str:
        """Where it lies in the log's folder."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int | str, index: int, width: int) -> str:
    """Where a tile, or with the level «entries» a bundle, of that width lies: «tile/0/x001/234.p/17»."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of that size; 0 where there is none."""
    return max(0, min(WIDTH, (size >> (8 * level)) - index * WIDTH))


def pack(leaves: Iterable[bytes]) -> bytes:
    """Leaves as an entry bundle: each after its length in two bytes, the higher first."""
    return b"".join([len(leaf).to_bytes(2, "big") + leaf for leaf in leaves])


def unpack(bundle: bytes) -> list[bytes]:
    """The leaves of an entry bundle; refused where its last one is cut off."""
    leaves, at, end = [], 0, len(bundle)
    while (start := at + 2) <= end:
        at = start + (bundle[at] << 8 | bundle[at + 1])
        leaves.append(bundle[start:at])
    if at != end:
        raise BundleAltered("its last entry is cut off")
    return leaves


class Edge:
    """The right edge of a growing tree: on each level the hashes that do not fill a tile yet."""

    def __init__(self, rows: Sequence[bytes | bytearray] = (), size: int = 0) -> None:
        self._rows = [bytearray(row) for row in rows]
        self.size = size

    def extend(self, hashes: bytes) -> list[Tile]:
        """Add leaf hashes; returns the tiles that became whole, lower before higher."""
        tiles = self._extend(0, hashes)
        self.size += len(hashes) // HASH_BYTES
        return tiles

    def _extend(self, level: int, hashes: bytes) -> list[Tile]:
        if level == len(self._rows):
            self._rows.append(bytearray())
        row = self._rows[level]
        row += hashes
        index = (self.size >> (8 * level)) // WIDTH
        whole = [bytes(row[at : at + TILE_BYTES]) for at in range(0, len(row) - TILE_BYTES + 1, TILE_BYTES)]
        del row[: len(whole) * TILE_BYTES]
        tiles = [Tile(level, index + place, data) for place, data in enumerate(whole)]
        return tiles + (self._extend(level + 1, b"".join(fold(data) for data in whole)) if whole else [])

    def partial(self) -> list[Tile]:
        """The tiles at the edge that are not whole."""
        return [
            Tile(level, (self.size >> (8 * level)) // WIDTH, bytes(row)) for level, row in enumerate(self._rows) if row
        ]

    def root_after(self, hashes: bytes) -> bytes:
        """The root that the tree would have with these leaf hashes added."""
        grown = Edge(self._rows, self.size)
        grown.extend(hashes)
        return grown.root()

    def root(self) -> bytes:
        """The root of the tree."""
        tree = CompactRange()
        for level in reversed(range(len(self._rows))):
            tree.extend(bytes(self._rows[level]), 8 * level)
        return tree.root()


def edge_shape(size: int) -> Iterator[tuple[int, int, int]]:
    """The level, index and width of each tile at the edge of a tree of that size."""
    level = 0
    while size >> (8 * level):
        count = size >> (8 * level)
        if count % WIDTH:
            yield level, count // WIDTH, count % WIDTH
        level += 1


class TileNodes:
    """The perfect subtrees of a tree of `size` leaves, read from its tiles. `read` gives a file, or None."""

    def __init__(self, read: Read, size: int) -> None:
        self._read, self._size = read, size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """The root of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level)."""
        row, height = divmod(level, 8)
        first = index << height
        data = self.tile(row, first // WIDTH)
        start = first % WIDTH * HASH_BYTES
        return fold(data[start : start + (HASH_BYTES << height)])

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of a tile as wide as the tree makes it; refused where it is missing or too short."""
        if (level, index) not in self._tiles:
            self._tiles[level, index] = read_tile(self._read, level, index, self._size)
        return self._tiles[level, index]


def read_tile(read: Read, level: int, index: int, size: int) -> bytes:
    """The hashes of a tile in a tree of `size` leaves; refused where it is missing or has another length."""
    return parse_tile(read, level, index, size, read(tile_path(level, index, width_at(level, index, size))))


def parse_tile(read: Read, level: int, index: int, size: int, data: bytes | None) -> bytes:
    """The same for data read before; where a narrow tile has gone, the beginning of the whole one does."""
    width = width_at(level, index, size)
    path = tile_path(level, index, width)
    if data is None and width < WIDTH and (whole := read(tile_path(level, index, WIDTH))) is not None:
        data = whole[: width * HASH_BYTES]
    if data is None:
        raise TileMissing(f"{path} is not there")
    if len(data) != width * HASH_BYTES:
        raise TileAltered(f"{path} has {len(data)} bytes, not {width * HASH_BYTES}")
    return data


def read_bundle(read: Read, index: int, size: int) -> list[bytes]:
    """The leaves of a bundle in a tree of `size` leaves; refused where it is missing or has more or fewer."""
    return parse_bundle(read, index, size, read(tile_path(ENTRIES, index, width_at(0, index, size))))


def parse_bundle(read: Read, index: int, size: int, data: bytes | None) -> list[bytes]:
    """The same for data read before; where a narrow bundle has gone, the first leaves of the whole one do."""
    width = width_at(0, index, size)
    path = tile_path(ENTRIES, index, width)
    whole = read(tile_path(ENTRIES, index, WIDTH)) if data is None and width < WIDTH else None
    if data is None and whole is None:
        raise BundleMissing(f"{path} is not there")
    with within(path):
        leaves = unpack(data) if data is not None else unpack(whole or b"")[:width]
        if len(leaves) != width:
            raise BundleAltered(f"it has {len(leaves)} entries, not {width}")
    return leaves


def read_leaves(read: Read, start: int, end: int, size: int) -> Iterator[bytes]:
    """The leaves [start, end) of a tree of `size` leaves, from its bundles."""
    for index in range(start // WIDTH, -(-end // WIDTH)):
        first = index * WIDTH
        yield from read_bundle(read, index, size)[max(0, start - first) : end - first]
