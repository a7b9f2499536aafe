"""Every library that we name has its line in the reference, and no line tells of one that we don't use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "dependencies.md").read_text(encoding="utf-8")
COLUMNS = 5


def sections() -> dict[str, set[str]]:
    """The libraries of each part of the page, by its heading; rows have no empty cell."""
    found: dict[str, set[str]] = {}
    heading = ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        if line.startswith("| ") and not line.startswith("| library"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == COLUMNS, line
            assert all(cells), line
            found.setdefault(heading, set()).update(cells[0].split(", "))
    return found


def required(name: str) -> set[str]:
    """The libraries that a file of requirements names."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {found[0].lower() for line in lines if (found := re.match(r"\w[\w.-]*", line))}


def built_with() -> set[str]:
    """The libraries that the pages are built from and with."""
    told = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return {*told["dependencies"], *told["devDependencies"]}


@pytest.mark.parametrize(
    ("heading", "named"),
    [
        ("To run", required("base")),
        ("To build the pages", built_with() | required("node")),
        ("To test and to check", required("dev")),
        ("To measure against", required("bench")),
    ],
)
def test_each_library_has_its_line_and_each_line_its_library(heading: str, named: set[str]) -> None:
    told = sections()[heading]
    assert sorted(told - named) == [], "told, but named nowhere"
    assert sorted(named - told) == [], "named, but told nowhere"


def test_no_other_part_tells_of_libraries() -> None:
    assert len(sections()) == 4


@pytest.mark.parametrize("name", ["base", "dev", "bench", "node"])
def test_pins_hold_what_is_required(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
    assert required(name) <= pinned
    assert "://" not in text, "pins carry no address of a registry"
