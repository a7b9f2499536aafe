"""A tamper-evident log that a stranger can verify: Merkle tree, checkpoints, tiles, proofs."""
