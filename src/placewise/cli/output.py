"""What the commands say and write: a line on standard error, whole files or none."""

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from placewise.evaluate.backtest import Step


def say(line: str) -> None:
    """A line for the person at the terminal."""
    sys.stderr.write(line + "\n")


def progress(step: Step) -> None:
    """One line that is written over, on a terminal; every tenth forecast otherwise."""
    line = f"{step.done} of {step.total} forecasts: {step.model} at {step.origin}"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if step.done == step.total else ""))
        sys.stderr.flush()
    elif step.done % max(step.total // 10, 1) == 0:
        say(line)


def share_done(words: str) -> Callable[[float, float], None]:
    """A listener of searches: one line that is written over on a terminal, every tenth of the way otherwise."""
    said = [-1]

    def tell(share: float, worth: float) -> None:
        tenth = int(share * 10)
        line = f"{share:4.0%}" + (f" {words.format(worth)}" if math.isfinite(worth) else "")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if share >= 1 > said[0] / 10 else ""))
            sys.stderr.flush()
        elif tenth > said[0]:
            say(line)
        said[0] = max(said[0], tenth)

    return tell


def out(*endings: str) -> Callable[[str], Path]:
    """A reader of --out: a file in a folder that is there, with one of the endings."""

    def read_option(text: str) -> Path:
        path = Path(text)
        if path.suffix not in endings:
            raise argparse.ArgumentTypeError(f"{text} ends in none of {', '.join(endings)}")
        if not path.parent.is_dir():
            raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
        return path

    return read_option


def as_json(values: Any) -> str:
    """Values as JSON."""
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_text(path: Path | None, text: str) -> None:
    """Text into a file, whole or not at all, or on standard output."""
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_whole({path: utf8(text)})


def utf8(text: str) -> Callable[[Path], Any]:
    """A writer of this text, whatever the machine's own encoding is."""
    return lambda path: path.write_text(text, encoding="utf-8")


def write_whole(files: Mapping[Path, Callable[[Path], Any]]) -> None:
    """Each file by its writer, under another name first: all of them appear, or none."""
    parts = {path: path.with_name(f".{path.name}.part") for path in files}
    try:
        for path, write in files.items():
            write(parts[path])
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
