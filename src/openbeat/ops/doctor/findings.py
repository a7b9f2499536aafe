"""What the doctor says of one thing it looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from openbeat.kernel.errors import OpenbeatError


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name, how it stands, in words, and what to do."""

    name: str
    level: Level
    words: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        """For machines that watch."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(name: str, words: str) -> Finding:
    """As it should be."""
    return Finding(name, Level.OK, words)


def warn(name: str, words: str, mend: str) -> Finding:
    """Works, but should be seen to."""
    return Finding(name, Level.WARN, words, mend)


def fail(name: str, words: str, mend: str) -> Finding:
    """Does not work, or is not safe."""
    return Finding(name, Level.FAIL, words, mend)


def look(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The check's findings; a check that itself breaks is a finding too, so that the others are still heard."""
    try:
        yield from check()
    except OpenbeatError as error:
        yield fail(name, error.words, error.mend)
    except Exception as error:
        yield fail(name, f"could not be looked at: {type(error).__name__}: {error}", "the cause stands before this")
