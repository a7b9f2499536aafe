"""Inclusion and consistency proofs (RFC 9162, 2.1.3 and 2.1.4), and the same for a subtree.

Proofs of subtrees follow draft-ietf-plants-merkle-tree-certs, section 4: a subtree [start, end) of a tree has a start
that is a multiple of the smallest power of two not under its length. The whole tree is the subtree that starts at 0.
The verifying functions return nothing and raise a named `ProofFailure`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from witness.failures import RootMismatch, WrongHashLength, WrongProofLength, WrongSize
from witness.merkle import EMPTY_ROOT, HASH_BYTES, Nodes, node_hash, range_root


def prove_inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root of the first `size` leaves."""
    return prove_subtree_inclusion(nodes, index, 0, size)


def prove_subtree_inclusion(nodes: Nodes, index: int, start: int, end: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root of the subtree [start, end)."""
    _check_place(index, start, end)
    proof: list[bytes] = []
    while end - start > 1:
        middle = start + _split_point(end - start)
        if index < middle:
            proof.append(range_root(nodes, middle, end))
            end = middle
        else:
            proof.append(range_root(nodes, start, middle))
            start = middle
    return proof[::-1]


def prove_consistency(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """The hashes that show the first `old` leaves of a tree to be the beginning of its first `new` leaves."""
    if not 0 < old <= new:
        raise WrongSize(f"no consistency can be proven from {old} to {new} leaves")
    return prove_subtree_consistency(nodes, 0, old, new)


def prove_subtree_consistency(nodes: Nodes, start: int, end: int, size: int) -> list[bytes]:
    """The hashes that show the subtree [start, end) to be part of the tree of `size` leaves."""
    _check_subtree(start, end, size)
    if start == end:
        return []
    proof: list[bytes] = []
    low, high, whole = 0, size, True
    while (start, end) != (low, high):
        middle = low + _split_point(high - low)
        if end <= middle:
            proof.append(range_root(nodes, middle, high))
            high = middle
            continue
        proof.append(range_root(nodes, low, middle))
        if start < middle:
            start, whole = middle, False
        low = middle
    return ([] if whole else [range_root(nodes, start, end)]) + proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Refuse unless the leaf hash `leaf` is at `index` in the tree of `size` leaves with that root."""
    verify_subtree_inclusion(leaf, index, 0, size, proof=proof, root=root)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, *, proof: Sequence[bytes], root: bytes
) -> None:
    """Refuse unless the leaf hash `leaf` is at `index` in the subtree [start, end) with that root."""
    _check_hashes([leaf, root, *proof])
    _check_place(index, start, end)
    place, last = index - start, end - start - 1
    digest = leaf
    for other in proof:
        if last == 0:
            raise WrongProofLength("the inclusion proof is longer than the tree is high")
        if place & 1 or place == last:
            digest = node_hash(other, digest)
            skip = _trailing_zeros(place)
            place, last = place >> skip, last >> skip
        else:
            digest = node_hash(digest, other)
        place, last = place >> 1, last >> 1
    if last:
        raise WrongProofLength("the inclusion proof ends below the root")
    _check_root("the leaf", digest, root)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Refuse unless the tree of `old` leaves is the beginning of the tree of `new`; an empty tree proves nothing."""
    if old < 1:
        raise WrongSize("consistency with an empty tree says nothing")
    verify_subtree_consistency(0, old, new, proof=proof, subtree_root=old_root, root=new_root)


def verify_subtree_consistency(
    start: int, end: int, size: int, *, proof: Sequence[bytes], subtree_root: bytes, root: bytes
) -> None:
    """Refuse unless the subtree [start, end) with its root is part of the tree of `size` leaves with that root."""
    _check_hashes([subtree_root, root, *proof])
    _check_subtree(start, end, size)
    if start == end:
        _verify_empty(proof, subtree_root)
        return
    walk = _Walk(start, end - 1, size - 1)
    walk.skip_to_known()
    rest = iter(proof)
    first = subtree_root if walk.first == walk.last else _next(rest)
    part, whole = first, first
    for other in rest:
        part, whole = walk.climb(other, part, whole)
    if walk.end:
        raise WrongProofLength("the consistency proof ends below the root")
    _check_root("the earlier tree", part, subtree_root)
    _check_root("the later tree", whole, root)


@dataclass
class _Walk:
    """Where a consistency proof is: the first and last place of the subtree on this level, and the tree's last."""

    first: int
    last: int
    end: int

    def rise(self, levels: int) -> None:
        self.first, self.last, self.end = self.first >> levels, self.last >> levels, self.end >> levels

    def skip_to_known(self) -> None:
        """Go up to the root of the largest perfect subtree that ends where the subtree ends."""
        while self.first < self.last and (self.last == self.end or self.last & 1):
            self.rise(1)

    def climb(self, other: bytes, part: bytes, whole: bytes) -> tuple[bytes, bytes]:
        """One hash of the proof: the roots of the subtree and of the tree as far as they are known after it."""
        if self.end == 0:
            raise WrongProofLength("the consistency proof is longer than the tree is high")
        if self.last & 1 or self.last == self.end:
            if self.first < self.last:
                part = node_hash(other, part)
            whole = node_hash(other, whole)
            self.rise(_trailing_zeros(self.last))
        else:
            whole = node_hash(whole, other)
        self.rise(1)
        return part, whole


def _verify_empty(proof: Sequence[bytes], subtree_root: bytes) -> None:
    if proof:
        raise WrongProofLength("an empty subtree needs no proof")
    _check_root("the empty subtree", EMPTY_ROOT, subtree_root)


def _next(rest: Iterable[bytes]) -> bytes:
    for other in rest:
        return other
    raise WrongProofLength("the consistency proof is empty")


def _split_point(count: int) -> int:
    """The largest power of two under `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1 if number else 0


def _check_place(index: int, start: int, end: int) -> None:
    if not start <= index < end:
        raise WrongSize(f"there is no leaf {index} among [{start}, {end})")
    _check_subtree(start, end, end)


def _check_subtree(start: int, end: int, size: int) -> None:
    if not 0 <= start <= end <= size:
        raise WrongSize(f"[{start}, {end}) is not inside a tree of {size} leaves")
    if start < end and start % (1 << (end - start - 1).bit_length()):
        raise WrongSize(f"[{start}, {end}) is not a subtree")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    for digest in hashes:
        if len(digest) != HASH_BYTES:
            raise WrongHashLength(f"a hash has {len(digest)} bytes, not {HASH_BYTES}")


def _check_root(what: str, found: bytes, root: bytes) -> None:
    if found != root:
        raise RootMismatch(f"the proof leads from {what} to the root {found.hex()}, not to {root.hex()}")
