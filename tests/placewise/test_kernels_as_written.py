"""The loops as they are written do what they do compiled; so a coverage report sees their lines too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SMALL = (
    "placewise/test_kernels.py",
    "placewise_streets/test_streets_small.py",
    "placewise_plan/test_plan_loops.py",
    "placewise_simulate/test_hypercube_small.py",
    "placewise_simulate/test_simulate_events.py",
    "placewise_warning/test_knox_loops.py",
    "placewise_warning/test_scan_kernels.py",
)
"""Tests of compiled loops on cases small enough to be walked by the interpreter."""


@pytest.mark.slow
@pytest.mark.parametrize("file", SMALL)
def test_loops_hold_without_being_compiled(file: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov", str(TESTS / file)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run(command, cwd=TESTS.parent, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
