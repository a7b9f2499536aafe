"""Driving times from where units wait to where they are wanted, also to what lies far from any street."""

import numpy as np

from placewise.kernels.arrays import Floats
from placewise.streets import StreetGraph, TravelTimes
from placewise.streets.snap import FARTHEST_M

FIELD_KMH = 20.0
"""Off any street, on the great circle to the nearest one."""


def drive_to(times: TravelTimes, origins: Floats, destinations: Floats) -> tuple[Floats, Floats, Floats]:
    """(n, m) seconds from places to places (lon, lat); (n,) and (m,) metres that they lie off any street, 0 if near."""
    if not isinstance(times, StreetGraph):
        return times.many_to_many(origins, destinations), np.zeros(len(origins)), np.zeros(len(destinations))
    here, there = (times.snap(places, farthest=np.inf) for places in (origins, destinations))
    off = [np.where(spots.metres > FARTHEST_M, spots.metres, 0.0) for spots in (here, there)]
    across = [metres * 3.6 / FIELD_KMH for metres in off]
    return times.seconds_between(here, there) + across[0][:, None] + across[1][None, :], off[0], off[1]
