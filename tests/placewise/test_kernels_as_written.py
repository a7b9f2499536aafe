"""The loops as they are written equal their twins as well as compiled; so a coverage report sees their lines too."""

import os
import subprocess
import sys
from pathlib import Path

TWINS = Path(__file__).with_name("test_kernels.py")


def test_loops_equal_their_twins_without_being_compiled() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov", str(TWINS)]
    root = TWINS.parents[2]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
