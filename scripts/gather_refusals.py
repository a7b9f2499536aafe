"""Gathers the words of every refusal into one module, so that GNU gettext finds them where plain modules hold them.

Run by `make messages`; a test holds the module against the code.
"""

from __future__ import annotations

import ast
import csv
import importlib
import inspect
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1] / "src" / "openbeat"
TARGET = HOUSE / "web" / "refusal_words.py"
ROOT = "OpenbeatError"
KEEPERS = {"ops"}
"""Rooms that speak to the keeper of the machine, on its console and in English."""
HEAD = '''"""The words of every refusal, for the catalogues. Written by `make messages` from the code; not by hand."""

from django.utils.translation import gettext_noop as _

WORDS = (
'''


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """The product's modules, parsed, but for migrations and the keeper's."""
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).parts
        if parts[0] not in KEEPERS and "migrations" not in parts and path != TARGET:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def kinds() -> set[str]:
    """The names of all refusals: the first one, and whatever is made from it."""
    parents = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {ROOT}
    while more := {name for name, bases in parents.items() if bases & found} - found:
        found |= more
    return found


def spoken(tree: ast.Module, known: set[str]) -> Iterator[ast.expr]:
    """The words and the advice that a module's refusals are made with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            yield from node.args[:1]
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "mend")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Word":
            yield from node.args
        elif isinstance(node, ast.ClassDef) and node.name in known - {ROOT}:
            yield from _in_init(node)


def _in_init(kind: ast.ClassDef) -> Iterator[ast.expr]:
    """What a refusal that brings its own words hands to the one it is made from."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__":
            yield from node.args
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "mend")


def fixed(value: ast.expr) -> Iterator[str]:
    """The texts that an expression may be; nothing of one that is only known when it happens."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from fixed(value.body)
        yield from fixed(value.orelse)


def states() -> Iterator[str]:
    """The names of states and layers, as refusals say them."""
    sys.path.insert(0, str(HOUSE.parent))
    modules = [f"openbeat.{path.parent.name}.states" for path in sorted(HOUSE.glob("*/states.py"))]
    for module in (*modules, "openbeat.places.rules"):
        for _, kind in inspect.getmembers(importlib.import_module(module), inspect.isclass):
            if issubclass(kind, StrEnum) and kind is not StrEnum:
                yield from (member.value.replace("_", " ") for member in kind)


def reasons() -> Iterator[str]:
    """Why each class of the code list is held to be reported by victims, or not."""
    with (HOUSE / "incidents" / "codes" / "nibrs.csv").open(encoding="utf-8", newline="") as file:
        yield from (row["reason"] for row in csv.DictReader(file))


def words() -> list[str]:
    """Every text that a refusal may say, once, in order."""
    known = kinds()
    found = {text for _, tree in trees() for value in spoken(tree, known) for text in fixed(value)}
    return sorted((found | set(states()) | set(reasons())) - {""})


def module() -> str:
    """The module that holds them."""
    return HEAD + "".join(f"    _({_literal(text)}),\n" for text in words()) + ")\n"


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
