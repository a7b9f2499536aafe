"""The gate of coverage: what each room must reach, and that a whole run of the tests asks it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("coverage_gate", ROOT / "scripts" / "coverage_gate.py")
assert spec
assert spec.loader
gate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gate)


def told(run: int, lines: int, branches: int = 0) -> dict[str, dict[str, int]]:
    summary = {
        "num_statements": lines,
        "num_branches": branches,
        "covered_lines": run - branches,
        "covered_branches": branches,
    }
    return {"summary": summary}


@pytest.mark.parametrize(
    ("files", "short"),
    [
        ({"src/openbeat/access/rules.py": told(100, 100)}, []),
        ({"src/openbeat/access/actors.py": told(99, 100)}, ["openbeat/access/actors.py: 99.0 %"]),
        ({"src/witness/log.py": told(199, 200)}, ["witness/log.py: 99.5 %"]),
        ({"src/openbeat/patrol/rules.py": told(109, 100, 10)}, ["openbeat/patrol/rules.py: 99.1 %"]),
        (
            {"src/openbeat/patrol/states.py": told(9, 10), "src/openbeat/patrol/a.py": told(991, 1000)},
            ["states.py: 90.0 %"],
        ),
        ({"src/openbeat/web/a.py": told(95, 100)}, []),
        ({"src/openbeat/web/a.py": told(94, 100)}, ["openbeat/web: 94.0 %"]),
        ({"src/openbeat/web/a.py": told(50, 100), "src/openbeat/web/ui/b.py": told(1000, 1000)}, []),
        ({"/tmp/x/src/openbeat/ops/launch.py": told(1, 100)}, []),
        ({"src/openbeat/urls.py": told(0, 4)}, ["openbeat: 0.0 %"]),
        ({"src/openbeat/web/__init__.py": told(0, 0)}, []),
        ({"src/placewise/space/cells.py": told(0, 100)}, []),
    ],
)
def test_what_falls_short_is_named(files: dict[str, dict[str, dict[str, int]]], short: list[str]) -> None:
    found = gate.failures(gate.reached(files))
    assert len(found) == len(short)
    assert all(words in line for words, line in zip(short, found, strict=True))


def test_a_whole_run_of_the_tests_asks_the_gate() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\ntest:")[2].partition("\n\n")[0]
    assert "--cov " in recipe
    assert "$(if $(ONLY),,$(BIN)/python scripts/coverage_gate.py)" in recipe


def test_the_rooms_and_exceptions_of_the_gate_are_there() -> None:
    for name in (*gate.WHOLE, *gate.EXCEPTIONS):
        assert (ROOT / "src" / name).exists(), name
    assert all(gate.EXCEPTIONS.values())
