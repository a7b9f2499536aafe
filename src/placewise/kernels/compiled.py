"""One way to compile a loop: cached on disk, without the interpreter's lock, exact IEEE arithmetic."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code; its plain twin lives in the tests."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))


def borrowing(function: F) -> F:
    """Compiled without counting who holds which array, which can take most of the time; for loops that make none."""
    uncounted: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}  # an option that numba's types leave out
    return cast("F", numba.njit(**uncounted)(function))
