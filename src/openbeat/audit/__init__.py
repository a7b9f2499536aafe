"""The append-only trail: every deed, look and refusal, each bound into the tamper-evident log."""
