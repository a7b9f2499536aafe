"""A tamper-evident log that a stranger can verify: Merkle tree, checkpoints, tiles, proofs.

Needs the standard library and `cryptography`, nothing of Openbeat. The format is described in docs/reference/log.md.

- writing: `Log` (append, checkpoint, missing, catch_up, compare, rotate)
- entries: `canonical_json`, `new_salt`, `commitment`, `EntryFile`
- reading: `open_source`, `Folder`, `Web`, `verify` → `Report`, `read_chain`, `trusted_chain`, `Checkpoint`, `Handover`
- keys and notes: `Signer`, `Verifier`, `create_key`, `load_key`, `Note`, `sign_note`
- trees: `Tree` (in memory), `CompactRange`, `TileNodes` (from tiles), `tree_root`, `leaf_hash`, `node_hash`
- proofs: `prove_inclusion`, `verify_inclusion`, `prove_consistency`, `verify_consistency`, and the same for subtrees
- failures: `Failure` (something does not hold), `Refusal` (the writer will not go on); all in `witness.failures`

`python -m witness verify DIR|URL [--entry FILE] [--since CHECKPOINT] [--key VKEY]` says in words what holds.
"""

from witness.checkpoint import Checkpoint, Handover, KeyChain, read_chain, trusted_chain
from witness.entries import EntryFile, canonical_json, commitment, new_salt
from witness.failures import Failure, Refusal
from witness.keys import create_key, load_key
from witness.log import Log
from witness.merkle import EMPTY_ROOT, CompactRange, Tree, leaf_hash, node_hash, tree_root
from witness.note import Note, Signer, Verifier, sign_note
from witness.proofs import (
    prove_consistency,
    prove_inclusion,
    prove_subtree_consistency,
    prove_subtree_inclusion,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from witness.source import Folder, Web, open_source
from witness.tiles import TileNodes
from witness.verify import Report, verify

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "CompactRange",
    "EntryFile",
    "Failure",
    "Folder",
    "Handover",
    "KeyChain",
    "Log",
    "Note",
    "Refusal",
    "Report",
    "Signer",
    "TileNodes",
    "Tree",
    "Verifier",
    "Web",
    "canonical_json",
    "commitment",
    "create_key",
    "leaf_hash",
    "load_key",
    "new_salt",
    "node_hash",
    "open_source",
    "prove_consistency",
    "prove_inclusion",
    "prove_subtree_consistency",
    "prove_subtree_inclusion",
    "read_chain",
    "sign_note",
    "tree_root",
    "trusted_chain",
    "verify",
    "verify_consistency",
    "verify_inclusion",
    "verify_subtree_consistency",
    "verify_subtree_inclusion",
]
