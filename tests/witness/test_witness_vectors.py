"""The proofs of another implementation, good and bad: every one of them is judged as it says."""

import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from tests.shared_data import SHARED

from witness import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from witness.failures import ProofFailure, WrongHashLength

CASES = sorted((SHARED / "vectors/merkle/testdata").rglob("*.json"))
Case = dict[str, Any]


def _inclusion(case: Case, read: Callable[[str], bytes]) -> None:
    proof = [read(text) for text in case["proof"] or ()]
    verify_inclusion(read(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, read(case["root"]))


def _consistency(case: Case, read: Callable[[str], bytes]) -> None:
    proof = [read(text) for text in case["proof"] or ()]
    verify_consistency(case["size1"], case["size2"], proof, read(case["root1"]), read(case["root2"]))


def _subtree_inclusion(case: Case, read: Callable[[str], bytes]) -> None:
    proof = [read(text) for text in case["proof"] or ()]
    verify_subtree_inclusion(
        read(case["leafHash"]), case["leafIdx"], case["start"], case["end"], proof=proof, root=read(case["root"])
    )


def _subtree_consistency(case: Case, read: Callable[[str], bytes]) -> None:
    proof = [read(text) for text in case["proof"] or ()]
    roots = {"subtree_root": read(case["root1"]), "root": read(case["root2"])}
    verify_subtree_consistency(case["start"], case["end"], case["size"], proof=proof, **roots)


JUDGES = {
    "inclusion": _inclusion,
    "consistency": _consistency,
    "subtreeinclusion": _subtree_inclusion,
    "subtreeconsistency": _subtree_consistency,
}


def _widened(text: str) -> bytes:
    """A hash as it is, and 32 bytes made of it where the case wrote something shorter."""
    data = b64decode(text)
    return data if len(data) == 32 else sha256(data).digest()


def _texts(case: Case) -> list[str]:
    return [*(case["proof"] or ()), *(case[name] for name in ("root", "leafHash", "root1", "root2") if name in case)]


@pytest.mark.skipif(not CASES, reason="real data not here: vectors/merkle (set OPENBEAT_SHARED_DATA to its folder)")
@pytest.mark.parametrize("path", CASES, ids=lambda path: "/".join(path.parts[path.parts.index("testdata") + 1 :]))
def test_case_is_judged_as_it_says(path: Any) -> None:
    case = json.loads(path.read_text())
    judge = JUDGES[path.relative_to(SHARED / "vectors/merkle/testdata").parts[0]]
    if case["wantErr"]:
        with pytest.raises(ProofFailure):
            judge(case, b64decode)
        return
    # Some good cases write a few letters where a hash belongs. It is refused here; made 32 bytes long, it holds.
    if any(len(b64decode(text)) != 32 for text in _texts(case)):
        with pytest.raises(WrongHashLength):
            judge(case, b64decode)
    judge(case, _widened)


def test_all_four_kinds_are_there() -> None:
    if not CASES:
        pytest.skip("real data not here: vectors/merkle (set OPENBEAT_SHARED_DATA to its folder)")
    found = [path.relative_to(SHARED / "vectors/merkle/testdata").parts[0] for path in CASES]
    counts = {kind: found.count(kind) for kind in JUDGES}
    assert counts == {"inclusion": 98, "consistency": 98, "subtreeinclusion": 204, "subtreeconsistency": 118}
