"""One way to compile a loop: cached on disk, without the interpreter's lock, exact IEEE arithmetic."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code; its plain twin lives in the tests."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))
