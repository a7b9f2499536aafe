"""What the documents tell: their pages, links, blocks and commands, read once for the tests beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])

LINK = re.compile(r"\[(?P<words>[^\]\n]*)\]\((?P<target>[^)\s]+)\)")
FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
PROGRAMS = re.compile(r"make |(\.venv/bin/)?openbeat |python -m (witness|placewise) |curl |tar |cp |pg_dump |git ")
FORM = re.compile(r"(^|\s)(…|COMMAND)(\s|$)|^python -m placewise \w+$")
"""A command's form or its name alone, rather than a command."""


@dataclass(frozen=True)
class Command:
    """A command line as a page tells it."""

    page: str
    line: str


def name(path: Path) -> str:
    """A page's path in the checkout."""
    return str(path.relative_to(ROOT))


def text_of(page: Path) -> str:
    """A page without its blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[tuple[str, str]]:
    """Words and targets of a page's links to our own files."""
    return [(words, target) for words, target in LINK.findall(text_of(page)) if "://" not in target]


def blocks(page: Path, kind: str) -> list[str]:
    """The texts of a page's blocks of one kind."""
    return [text for found, text in FENCE.findall(page.read_text(encoding="utf-8")) if found == kind]


def commands(page: Path) -> Iterator[Command]:
    """Every command of a page: first the lines of its shell blocks, then what stands as code in its sentences."""
    shown = [*blocks(page, "sh"), *blocks(page, "")]
    lines = [line for block in shown for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *CODE.findall(text_of(page))]:
        plain = re.sub(r"\s{2,}#.*$", "", line.strip())
        if PROGRAMS.match(plain) and not FORM.search(plain):
            yield Command(name(page), re.sub(r"\s+", " ", plain))


TOLD = list(dict.fromkeys(command for page in PAGES for command in commands(page)))
"""Each command of each page, once."""
