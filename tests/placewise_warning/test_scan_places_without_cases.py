"""A place without cases is the centre of circles too, as in SaTScan."""

import numpy as np

from placewise.warning import Cases, SpaceTimeScan


def test_a_place_without_cases_is_the_centre_of_a_circle() -> None:
    """Two corners 200 m apart and an empty one between them: only from there does a circle of 150 m hold both."""
    east = np.array([0.0, 100.0, 200.0, 5_000.0, 9_000.0])
    lately = [np.datetime64("2024-03-28")] * 4
    before = [np.datetime64("2024-01-10") + 3 * i for i in range(20)]
    place = np.array([0, 0, 2, 2, *[3, 4] * 10])
    cases = Cases.from_counts(east, np.zeros(5), place, np.array([*lately, *before]))
    scan = SpaceTimeScan(radius=150, days=7, replications=99, seed=1).fit(cases, until="2024-03-31")
    first = scan.clusters_[0]
    assert (first.places[0], sorted(first.places), first.radius, first.observed) == (1, [0, 1, 2], 100.0, 4)
