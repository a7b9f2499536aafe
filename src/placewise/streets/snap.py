"""The nearest point of a street to any place, exactly, and how far off it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from placewise.kernels.arrays import Bools, Floats, Ints
from placewise.streets.errors import PlaceOffStreets
from placewise.streets.raw import great_circle_metres

FARTHEST_M = 2_000.0


@dataclass(frozen=True, eq=False)
class OnStreet:
    """Places put on streets: the piece (index of its first shape point), the share of it passed, where that is,
    and the metres from the place asked for."""

    piece: Ints
    share: Floats
    lon: Floats
    lat: Floats
    metres: Floats

    def __len__(self) -> int:
        return len(self.piece)


class Snapper:
    """Finds the nearest of some pieces of street; pieces are the `usable` steps from a shape point to the next."""

    def __init__(self, lon: Floats, lat: Floats, usable: Bools) -> None:
        from shapely import STRtree, linestrings

        self._scale = np.array([np.cos(np.radians(lat.mean())), 1.0])
        self._pieces = np.flatnonzero(usable[:-1])
        self._points = np.column_stack([lon, lat]) * self._scale
        ends = np.stack([self._points[self._pieces], self._points[self._pieces + 1]], axis=1)
        self._tree = STRtree(np.asarray(linestrings(ends)))

    def nearest(self, places: Floats, farthest: float = FARTHEST_M) -> OnStreet:
        """Each place on its nearest piece; refuses places farther than `farthest` metres from any."""
        from shapely import points

        flat = places * self._scale
        piece = self._pieces[np.asarray(self._tree.nearest(points(flat)), dtype=np.int64)]
        begin, step = self._points[piece], self._points[piece + 1] - self._points[piece]
        length = np.maximum((step**2).sum(axis=1), 1e-300)
        share = np.clip(((flat - begin) * step).sum(axis=1) / length, 0.0, 1.0)
        lon, lat = ((begin + share[:, None] * step) / self._scale).T
        metres = great_circle_metres(places[:, 0], places[:, 1], lon, lat)
        if (metres > farthest).any():
            at = int(np.argmax(metres))
            raise PlaceOffStreets(
                f"place {at} ({places[at, 0]:.5f}, {places[at, 1]:.5f}) is {metres[at]:.0f} m from the nearest street, "
                f"more than {farthest:.0f} m"
            )
        return OnStreet(piece, share, lon.copy(), lat.copy(), metres)


def at_shape_points(points: ArrayLike, lon: Floats, lat: Floats, last: Bools) -> OnStreet:
    """Shape points of a graph as places on it, without a search; `last` marks the last point of each chain."""
    at = np.asarray(points, dtype=np.int64)
    ends = last[at]
    return OnStreet(at - ends, ends.astype(np.float64), lon[at], lat[at], np.zeros(len(at)))
