"""Where the real open data lie that tests and benchmarks read in place."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("OPENBEAT_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def shared(relative: str) -> Path:
    """The path of a shared data file; the calling test is skipped where it is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"real data not here: {relative} (set OPENBEAT_SHARED_DATA to its folder)")
    return path
