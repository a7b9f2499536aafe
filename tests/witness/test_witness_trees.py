"""Trees and proofs against a twin that follows the definitions of RFC 6962 word for word, on lists."""

import random
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from witness import (
    EMPTY_ROOT,
    CompactRange,
    TileNodes,
    Tree,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
    prove_subtree_inclusion,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from witness.failures import ProofFailure, RootMismatch, TileAltered, TileMissing, WrongProofLength, WrongSize
from witness.merkle import fold, leaf_hashes, split
from witness.tiles import Edge, edge_shape, tile_path

LEAVES = [b"entry %d" % number for number in range(70_000)]
SMALL = Tree(LEAVES[:600])


def twin_root(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    half = max(2**power for power in range(20) if 2**power < len(leaves))
    return sha256(b"\x01" + twin_root(leaves[:half]) + twin_root(leaves[half:])).digest()


def twin_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """The Merkle inclusion proof of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    half = max(2**power for power in range(20) if 2**power < len(leaves))
    if index < half:
        return [*twin_path(index, leaves[:half]), twin_root(leaves[half:])]
    return [*twin_path(index - half, leaves[half:]), twin_root(leaves[:half])]


def twin_consistency(old: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """The Merkle consistency proof of RFC 9162, 2.1.4.1."""
    if old == len(leaves):
        return [] if known else [twin_root(leaves)]
    half = max(2**power for power in range(20) if 2**power < len(leaves))
    if old <= half:
        return [*twin_consistency(old, leaves[:half], known=known), twin_root(leaves[half:])]
    return [*twin_consistency(old - half, leaves[half:], known=False), twin_root(leaves[:half])]


def cut(size: int) -> tuple[Edge, dict[str, bytes]]:
    """The tiles of a tree of that size, as files."""
    edge = Edge()
    tiles = edge.extend(leaf_hashes(LEAVES[:size])) + edge.partial()
    return edge, {tile.path: tile.data for tile in tiles}


@given(st.integers(0, 600))
def test_every_kind_of_tree_has_the_root_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    compact = CompactRange()
    compact.extend(leaf_hashes(leaves))
    edge, files = cut(size)
    expected = twin_root(leaves)
    assert Tree(leaves).root() == expected
    assert SMALL.root(size) == expected
    assert compact.root() == expected
    assert compact.size == edge.size == size
    assert edge.root() == expected
    assert tree_root(TileNodes(files.get, size), size) == expected


def test_empty_tree_has_the_hash_of_nothing() -> None:
    assert (
        Tree().root() == EMPTY_ROOT == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    )


def test_append_returns_the_index() -> None:
    tree = Tree()
    assert [tree.append(leaf) for leaf in LEAVES[:5]] == [0, 1, 2, 3, 4]
    assert tree.size == 5


@given(st.lists(st.integers(0, 200), max_size=5))
def test_tree_may_be_asked_while_it_grows(steps: list[int]) -> None:
    tree = Tree()
    for step in steps:
        for leaf in LEAVES[tree.size : tree.size + step]:
            tree.append(leaf)
        assert tree.root() == twin_root(LEAVES[: tree.size])
        if tree.size:
            assert prove_inclusion(tree, tree.size // 2, tree.size) == twin_path(tree.size // 2, LEAVES[: tree.size])


@given(st.lists(st.integers(0, 700), max_size=5))
def test_edge_grows_the_same_in_any_steps(steps: list[int]) -> None:
    stepwise, at = Edge(), 0
    for step in steps:
        assert stepwise.root_after(leaf_hashes(LEAVES[at : at + step])) == cut(at + step)[0].root()
        assert stepwise.size == at
        stepwise.extend(leaf_hashes(LEAVES[at : at + step]))
        at += step
    assert stepwise.root() == cut(at)[0].root()


def test_tiles_are_those_of_the_specification() -> None:
    # The example of C2SP tlog-tiles: 70,000 entries.
    _, files = cut(70_000)
    whole = {tile_path(0, index, 256) for index in range(273)} | {tile_path(1, 0, 256)}
    assert set(files) == whole | {"tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}
    assert list(edge_shape(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert split(files["tile/1/000"])[3] == fold(files["tile/0/003"])


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 5, 17, "tile/0/005.p/17"),
        (1, 1_000, 256, "tile/1/x001/000"),
        ("entries", 1_234_067, 256, "tile/entries/x001/x234/067"),
        ("entries", 1_234_067, 1, "tile/entries/x001/x234/067.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(level: int | str, index: int, width: int, path: str) -> None:
    assert tile_path(level, index, width) == path


def test_narrow_tile_that_has_gone_is_the_beginning_of_the_whole_one() -> None:
    files = cut(512)[1] | {"tile/1/000.p/1": cut(300)[1]["tile/1/000.p/1"]}
    assert tree_root(TileNodes(files.get, 300), 300) == twin_root(LEAVES[:300])


def test_missing_and_short_tiles_are_named() -> None:
    files = cut(300)[1]
    with pytest.raises(TileMissing, match=r"tile/0/001\.p/44 is not there"):
        tree_root(TileNodes({**files, "tile/0/001.p/44": None}.get, 300), 300)
    with pytest.raises(TileAltered, match=r"tile/0/001\.p/44 has 1376 bytes, not 1408"):
        tree_root(TileNodes({**files, "tile/0/001.p/44": files["tile/0/001.p/44"][32:]}.get, 300), 300)


def test_subtree_is_appended_only_where_it_fits() -> None:
    compact = CompactRange()
    compact.append(bytes(32))
    with pytest.raises(WrongSize):
        compact.append(bytes(32), level=1)


@given(st.integers(1, 600), st.data())
def test_inclusion_proof_is_that_of_the_definition_and_holds(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(SMALL, index, size)
    assert proof == twin_path(index, LEAVES[:size])
    assert proof == prove_inclusion(TileNodes(cut(size)[1].get, size), index, size)
    verify_inclusion(leaf_hash(LEAVES[index]), index, size, proof, SMALL.root(size))


@given(st.integers(1, 600), st.data())
def test_consistency_proof_is_that_of_the_definition_and_holds(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    proof = prove_consistency(SMALL, old, new)
    assert proof == twin_consistency(old, LEAVES[:new])
    assert proof == prove_consistency(TileNodes(cut(new)[1].get, new), old, new)
    verify_consistency(old, new, proof, SMALL.root(old), SMALL.root(new))


@st.composite
def subtrees(draw: st.DrawFn) -> tuple[int, int, int]:
    """A subtree [start, end) of a tree of some size."""
    power = draw(st.integers(0, 8))
    start = draw(st.integers(0, 599 >> power)) << power
    end = draw(st.integers(start, min(start + (1 << power), 600)))
    return start, end, draw(st.integers(max(end, 1), 600))


@given(subtrees())
def test_subtree_proofs_hold(subtree: tuple[int, int, int]) -> None:
    start, end, size = subtree
    root = twin_root(LEAVES[start:end])
    proof = prove_subtree_consistency(SMALL, start, end, size)
    verify_subtree_consistency(start, end, size, proof=proof, subtree_root=root, root=SMALL.root(size))
    for index in {start, (start + end) // 2, end - 1} - {end, start - 1}:
        inclusion = prove_subtree_inclusion(SMALL, index, start, end)
        assert inclusion == twin_path(index - start, LEAVES[start:end])
        verify_subtree_inclusion(leaf_hash(LEAVES[index]), index, start, end, proof=inclusion, root=root)


@given(st.integers(1, 600), st.data(), st.randoms(use_true_random=False))
def test_damaged_inclusion_proof_is_refused(size: int, data: st.DataObject, random_: random.Random) -> None:
    index = data.draw(st.integers(0, size - 1))
    values = [leaf_hash(LEAVES[index]), *prove_inclusion(SMALL, index, size), SMALL.root(size)]
    leaf, *proof, root = damaged(values, random_)
    with pytest.raises(ProofFailure):
        verify_inclusion(leaf, index, size, proof, root)


@given(st.integers(2, 600), st.data(), st.randoms(use_true_random=False))
def test_damaged_consistency_proof_is_refused(new: int, data: st.DataObject, random_: random.Random) -> None:
    old = data.draw(st.integers(1, new - 1))
    values = [SMALL.root(old), *prove_consistency(SMALL, old, new), SMALL.root(new)]
    first, *proof, last = damaged(values, random_)
    with pytest.raises(ProofFailure):
        verify_consistency(old, new, proof, first, last)


@given(st.integers(1, 600), st.integers(0, 600), st.integers(0, 600))
def test_inclusion_holds_at_no_other_place(size: int, index: int, other: int) -> None:
    assume(index < size)
    assume(other != index)
    with pytest.raises(ProofFailure):
        verify_inclusion(leaf_hash(LEAVES[index]), other, size, prove_inclusion(SMALL, index, size), SMALL.root(size))


def damaged(values: list[bytes], random_: random.Random) -> list[bytes]:
    """The hashes of a proof with one bit of one turned, one left out, or one added."""
    at = random_.randrange(len(values))
    change = random_.choice(["turn", "add", "drop"] if len(values) > 2 else ["turn", "add"])
    if change == "turn":
        turned = bytearray(values[at])
        turned[random_.randrange(32)] ^= 1 << random_.randrange(8)
        return [*values[:at], bytes(turned), *values[at + 1 :]]
    if change == "add":
        return [*values[: at or 1], random_.randbytes(32), *values[at or 1 :]]
    at = random_.randrange(1, len(values) - 1)
    return values[:at] + values[at + 1 :]


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_no_consistency_is_proven_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(WrongSize):
        prove_consistency(SMALL, old, new)
    with pytest.raises(WrongSize):
        verify_consistency(old, new, [], EMPTY_ROOT, EMPTY_ROOT)


@pytest.mark.parametrize(("index", "start", "end"), [(0, 0, 0), (5, 0, 5), (-1, 0, 5), (0, 1, 2), (3, 3, 5)])
def test_no_inclusion_is_proven_outside_a_tree(index: int, start: int, end: int) -> None:
    with pytest.raises(WrongSize):
        prove_subtree_inclusion(SMALL, index, start, end)


def test_empty_subtree_needs_the_empty_root_and_no_proof() -> None:
    root = SMALL.root()
    verify_subtree_consistency(4, 4, 600, proof=[], subtree_root=EMPTY_ROOT, root=root)
    with pytest.raises(RootMismatch):
        verify_subtree_consistency(4, 4, 600, proof=[], subtree_root=root, root=root)
    with pytest.raises(WrongProofLength):
        verify_subtree_consistency(4, 4, 600, proof=[root], subtree_root=EMPTY_ROOT, root=root)
