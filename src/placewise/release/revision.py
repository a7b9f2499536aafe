"""Publishing again what was published before: small changes are held back, so that no difference shows them."""

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Ints, ints
from placewise.release.suppression import BadTable


def held(before: npt.ArrayLike, now: npt.ArrayLike, *, threshold: int = 5) -> Ints:
    """The table (r, c) to suppress and publish now, given the one that the last publication was made from.

    An entry, and the row or column it stands in, may differ from the last publication by nothing or by at least
    `threshold`; smaller changes keep the earlier count until they have grown. Pass the result as `before` next time.
    """
    old, new = ints(before), ints(now)
    if old.ndim != 2 or old.shape != new.shape:
        raise BadTable("the table and its last publication differ in rows or columns")
    kept = np.where(np.abs(new - old) >= threshold, new, old)
    while (line := _small_line(kept - old, threshold)) is not None:
        kept[line] = old[line]
    return ints(kept)


def _small_line(change: Ints, threshold: int) -> tuple[slice | int, slice | int] | None:
    """A row, a column or the whole whose total changes by a little, where single entries change by much."""
    whole = slice(None)
    for axis in (1, 0):
        sums = np.abs(change.sum(axis))
        if (found := np.flatnonzero((sums > 0) & (sums < threshold))).size:
            return (int(found[0]), whole) if axis == 1 else (whole, int(found[0]))
    total = abs(int(change.sum()))
    return (whole, whole) if 0 < total < threshold else None
