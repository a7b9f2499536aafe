"""What the keeper reads on the terminal: plain lines, and a bar for what takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much (0: not known)."""

console = Console(highlight=False, markup=False, soft_wrap=True, stderr=True)


def say(words: str, *, style: str = "") -> None:
    """One line to the keeper."""
    console.print(words, style=style)


@contextmanager
def step(words: str) -> Iterator[None]:
    """Shows that something is being done, and when it is done, how long it took."""
    begun = time.monotonic()
    with console.status(words):
        yield
    say(f"✓ {words} ({time.monotonic() - begun:.1f} s)")


@contextmanager
def bars() -> Iterator[Advance]:
    """A bar for each thing that is being done; where there is no terminal, one line each at its end."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        tasks = {}

        def advance(words: str, done: int, total: int) -> None:
            if words not in tasks:
                tasks[words] = progress.add_task(words, total=total or None)
            progress.update(tasks[words], completed=done, total=total or None)
            if done and done == total and not console.is_terminal:
                say(f"✓ {words} ({total:,})")

        yield advance
