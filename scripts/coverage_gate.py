"""The gate of coverage by branch: holds what a whole run of the tests measured against what each room must reach."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from coverage import Coverage

WHOLE = {"openbeat/access", "openbeat/acting", "openbeat/seeing", "openbeat/audit", "witness"}
"""Rooms where each branch is tried: who may, what was done, and the proof of it."""
WHOLE_MODULES = {"rules.py", "states.py"}
LEAST = 95.0
"""Per cent of lines and branches in every other room."""
EXCEPTIONS = {
    "openbeat/ops/launch.py": "runs before anything is installed (python -I -S), where nothing can be measured",
}
"""Files that are left out, each with its reason."""


class Reached(NamedTuple):
    """Lines and branches of a file or a room: how many there are, how many were run."""

    all: int
    run: int

    @property
    def share(self) -> float:
        """Per cent; nothing to run is all of it."""
        return 100 * self.run / self.all if self.all else 100.0


def reached(files: Mapping[str, Any]) -> dict[str, Reached]:
    """Each of our files, by its path below `src`."""
    found = {}
    for path, told in files.items():
        parts = PurePosixPath(path.replace("\\", "/")).parts
        name = "/".join(parts[parts.index("src") + 1 :]) if "src" in parts else "/".join(parts)
        one = told["summary"]
        found[name] = Reached(
            one["num_statements"] + one["num_branches"], one["covered_lines"] + one["covered_branches"]
        )
    return {name: one for name, one in found.items() if name not in EXCEPTIONS}


def room(name: str) -> str:
    """The room that a file belongs to: `openbeat/<room>`, or the whole package where it has none."""
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "openbeat" and len(parts) > 2 else parts[0]


def failures(files: Mapping[str, Reached]) -> list[str]:
    """What falls short, in words; nothing when all is well."""
    short = [
        f"{name}: {one.share:.1f} % of lines and branches, not 100"
        for name, one in sorted(files.items())
        if one.run < one.all and (room(name) in WHOLE or name.rpartition("/")[2] in WHOLE_MODULES)
    ]
    for place in sorted({room(name) for name in files if name.startswith("openbeat/")} - WHOLE):
        whole = _together(one for name, one in files.items() if room(name) == place)
        if whole.share < LEAST:
            short.append(f"{place}: {whole.share:.1f} % of lines and branches, not {LEAST:.0f}")
    return short


def _together(every: Iterable[Reached]) -> Reached:
    held = list(every)
    return Reached(sum(one.all for one in held), sum(one.run for one in held))


def main() -> int:
    """Read what the last run measured and say what falls short."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        measured = Coverage()
        measured.load()
        measured.json_report(outfile=str(report))
        files = reached(json.loads(report.read_text(encoding="utf-8"))["files"])
    short = failures(files)
    for line in short:
        print(f"coverage: {line}", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
