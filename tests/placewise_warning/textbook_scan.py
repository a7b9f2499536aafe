"""The prospective scan from the formulas of its papers, straight from cases: no bound, no pruning, nothing shared.

A circle is a row of noughts and ones over the places, and every circle is looked at in every window. What is expected
follows Kulldorff et al. 2005, equation 1 (permutation), by day of the week the sum of that over the seven, and
Kulldorff 2001, section 2 (Poisson).
"""

import numpy as np
from scipy.sparse import csr_array


def circles(x, y, radius):
    """(circles, places) ones where a place lies in a circle, and the centre of each.

    Of each place the nearest 1, 2, … places within the radius, equally far ones by number.
    """
    rows, centres = [], []
    for here in range(x.size):
        apart = np.hypot(x - x[here], y - y[here])
        order = np.lexsort((np.arange(x.size), apart.round(6)))
        inside = np.zeros(x.size)
        for place in order[apart[order] <= radius + 1e-6]:
            inside[place] = 1.0
            rows.append(inside.copy())
            centres.append(here)
    return csr_array(np.array(rows)), np.array(centres)


def by_place_and_day(place, day, places, since, until):
    """(places, days) cases, the last day first."""
    table = np.zeros((places, until - since))
    np.add.at(table, (place, until - 1 - day), 1)
    return table


def within(inside, table):
    """(circles, windows) cases of each circle in the last 1, 2, … days."""
    return inside @ np.cumsum(table, axis=1)


def permutation_expected(inside, table, weekday):
    """(circles, windows) cases expected; weekday: (days,) stratum of each day, the last first, all 0 for none."""
    expected = np.zeros((inside.shape[0], weekday.size))
    for one in np.unique(weekday):
        cases = np.where(weekday == one, table, 0.0)
        if cases.sum():
            expected += np.outer(inside @ cases.sum(axis=1), np.cumsum(cases.sum(axis=0))) / cases.sum()
    return expected


def poisson_expected(inside, table, weekday, people):
    """The same from a population: its share of all cases, spread over the days; by weekday as these are busy."""
    busy = np.array([table[:, weekday == one].sum() / np.sum(weekday == one) for one in weekday])
    return table.sum() * np.outer(inside @ people / people.sum(), np.cumsum(busy) / busy.sum())


def log_ratio(cases, expected, total):
    """Kulldorff's logarithm of the likelihood ratio, elementwise; nought where not more than expected were seen."""
    with np.errstate(divide="ignore", invalid="ignore"):
        here = np.where(cases > 0, cases * np.log(cases / expected), 0.0)
        elsewhere = np.where(cases < total, (total - cases) * np.log((total - cases) / (total - expected)), 0.0)
        return np.where(cases > expected * (1 + 1e-12), here + elsewhere, 0.0)
