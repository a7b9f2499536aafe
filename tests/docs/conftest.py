"""What the tests of the documents share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder outside of pytest's: another run that starts meanwhile closes those to the database's user."""
    folder = Path(tempfile.mkdtemp(prefix="openbeat-own-"))
    yield folder
    shutil.rmtree(folder)
