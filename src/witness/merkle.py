"""The hashing of RFC 6962, and trees that grow: compact ranges and whole trees in memory."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

from witness.failures import WrongSize

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The 32-byte hash of a leaf's data (RFC 6962, 2.1)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of an inner node over its two children (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> bytes:
    """The hashes of many leaves, one after the other."""
    return b"".join([sha256(b"\x00" + leaf).digest() for leaf in leaves])


def fold(hashes: bytes) -> bytes:
    """The root of a perfect tree over 2^k hashes, given and returned as bytes of 32 a hash."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes


def split(hashes: bytes) -> list[bytes]:
    """Hashes that lie one after the other, as a list."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


class Nodes(Protocol):
    """Anything that knows the perfect subtrees of a tree."""

    def node(self, level: int, index: int) -> bytes:
        """The root of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level)."""
        ...


class CompactRange:
    """The roots of the perfect subtrees that make up a tree: enough to let it grow and to know its root."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, root: bytes, level: int = 0) -> None:
        """Add a perfect subtree of 2^level leaves; refused where the tree so far is not a multiple of that."""
        if self.size % (1 << level):
            raise WrongSize(f"a subtree of {1 << level} leaves does not fit behind {self.size} leaves")
        place = self.size >> level
        while place & 1:
            root = node_hash(self.peaks.pop(), root)
            place >>= 1
        self.peaks.append(root)
        self.size += 1 << level

    def extend(self, hashes: bytes, level: int = 0) -> None:
        """Add many subtrees of the same level, given as bytes of 32 a root."""
        for root in split(hashes):
            self.append(root, level)

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


class Tree:
    """A whole tree in memory: all its perfect subtrees by level, so that any proof can be made.

    The leaves are hashed as they come, the levels above when a node is first asked for: many at once are quicker.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[leaf_hash(leaf) for leaf in leaves]]
        self._complete_to = 0

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> int:
        """Add a leaf's data; returns its index."""
        row = self._levels[0]
        row.append(sha256(b"\x00" + leaf).digest())
        return len(row) - 1

    def node(self, level: int, index: int) -> bytes:
        """The root of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level)."""
        if self._complete_to < self.size:
            self._complete()
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree over its first `size` leaves, all of them unless said otherwise."""
        return tree_root(self, self.size if size is None else size)

    def _complete(self) -> None:
        """Compute every node over the leaves that have come."""
        level, below = 1, self._levels[0]
        while len(below) > 1:
            if level == len(self._levels):
                self._levels.append([])
            row = self._levels[level]
            fresh = below[2 * len(row) : len(below) & ~1]
            row += [sha256(b"\x01" + left + right).digest() for left, right in zip(*[iter(fresh)] * 2, strict=True)]
            level, below = level + 1, row
        self._complete_to = self.size


def tree_root(nodes: Nodes, size: int) -> bytes:
    """The root over the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else range_root(nodes, 0, size)


def range_root(nodes: Nodes, start: int, end: int) -> bytes:
    """The root over the leaves [start, end), where start is a multiple of the next power of two of their number."""
    count = end - start
    level = count.bit_length() - 1
    if count == 1 << level:
        return nodes.node(level, start >> level)
    middle = start + (1 << level)
    return node_hash(range_root(nodes, start, middle), range_root(nodes, middle, end))
