"""Array types that every floor speaks, and the one way to make an array read-only."""

from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Moments: TypeAlias = npt.NDArray[np.datetime64]

A = TypeVar("A", bound=np.ndarray[Any, Any])


def frozen(array: A) -> A:
    """The same array, refusing every later write."""
    array.flags.writeable = False
    return array


def floats(values: npt.ArrayLike) -> Floats:
    """A contiguous array of float64."""
    return np.ascontiguousarray(values, dtype=np.float64)


def ints(values: npt.ArrayLike) -> Ints:
    """A contiguous array of int64."""
    return np.ascontiguousarray(values, dtype=np.int64)
