"""Translations made ready: each language's `django.po` compiled to the `django.mo` that is read at run time."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_words(folder: Path) -> list[Path]:
    """Compiles every catalogue under the folder that changed since it was last compiled; names those."""
    stale = [source for source in sorted(folder.glob("*/LC_MESSAGES/*.po")) if is_stale(source)]
    for source in stale:
        _compile(source)
    return stale


def is_stale(source: Path) -> bool:
    """Whether the catalogue is newer than what was compiled from it."""
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> None:
    """One catalogue, replaced whole; words marked as doubtful are left out."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parents[1].name, abort_invalid=True)
    draft = source.with_suffix(".mo.new")
    with draft.open("wb") as file:
        write_mo(file, catalogue, use_fuzzy=False)
    draft.replace(source.with_suffix(".mo"))
