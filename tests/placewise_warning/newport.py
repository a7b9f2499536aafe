"""Salmonella Newport in Germany, cases a week 2004 to 2012, and the weeks in which R's package surveillance alarms.

Counts of the Robert Koch Institute (SurvStat), as published with the MIT-licensed package epysurv, which also records
what surveillance says of 2011 and 2012 with the settings named here; figures only.
"""

import numpy as np

FIRST = np.datetime64("2004-01-05")
COUNTS = """
    0 0 2 2 1 0 1 1 2 5 1 1 0 0 1 0 3 3 3 1 3 1 1 0 1 3 0 1 1 1 3 1 0 3 3 3 3 2 4 2 3 6 2 3 2 2 3 1 1 0 4 2
    1 3 1 2 2 1 1 1 1 5 2 3 1 0 2 3 3 3 0 3 1 2 7 4 3 3 10 7 6 3 2 0 4 3 5 7 8 3 9 5 2 3 0 4 1 1 1 1 4 2 1 1
    1 1 2 1 1 3 3 2 1 3 1 1 1 4 1 2 2 1 3 3 4 4 3 7 2 3 6 7 8 4 1 3 5 7 3 5 6 2 8 1 5 7 1 4 2 3 4 9 7 3 4 6
    4 2 2 5 5 5 1 2 0 3 2 3 4 5 5 1 1 1 1 2 4 2 3 3 6 7 0 0 3 5 4 0 2 0 1 7 6 5 3 5 1 2 4 3 3 3 4 4 13 6 2 1 1
    2 0 1 1 4 3 0 1 0 0 4 1 1 2 2 2 3 0 4 2 3 3 1 2 3 3 3 2 2 8 8 2 5 3 2 4 1 3 3 4 1 5 6 5 3 3 1 2 4 1 4 0
    4 0 3 2 0 0 1 1 0 1 2 2 0 1 0 1 6 2 1 5 1 2 1 0 5 0 0 3 1 2 4 3 2 3 6 4 3 2 2 2 4 7 7 3 3 1 6 1 1 1 0 0
    0 1 1 2 3 1 3 1 1 1 1 0 3 1 1 1 1 1 1 0 2 2 1 2 2 2 3 3 1 2 0 3 1 3 1 2 1 2 0 0 4 3 3 5 3 1 1 1 3 3 1 2
    1 0 3 3 3 1 0 0 0 1 3 0 2 2 3 3 0 3 2 1 2 1 1 0 3 1 2 0 0 2 5 2 0 3 6 1 2 1 2 0 2 0 3 9 41 45 17 3 3 5 11 5
    4 5 2 6 3 0 5 3 3 4 1 1 3 0 0 1 1 2 2 0 1 0 2 4 1 6 3 3 0 3 6 1 5 1 2 3 7 2 7 3 2 4 8 1 2 4 3 2 4 3 0 0 1
"""
"""A year a line."""
WEEKS = np.array([int(count) for count in COUNTS.split()])
JUDGED = slice(365, 470)
"""The weeks from 3 January 2011 to 31 December 2012."""

EARS_C1 = ("2011-08-01", "2011-10-31", "2011-11-07", "2012-06-11", "2012-06-25")
EARS_C2 = ("2011-08-01", "2011-10-31", "2011-11-07", "2011-11-14", "2011-11-21", "2012-06-11", "2012-06-25")
"""Seven weeks of baseline, alarms beyond the quantile 0.999 of the normal distribution."""
FARRINGTON = (
    "2011-08-01", "2011-08-29", "2011-11-07", "2011-11-14", "2011-11-21", "2011-12-19", "2012-01-23", "2012-02-13",
    "2012-06-25", "2012-09-24",
)  # fmt: skip
"""Three years, three weeks about, one period, trend at p < 0.05, residuals from 2.58, 2/3 power, alpha 0.01."""


def weeks_of(alarm):
    """Mondays of the judged weeks with an alarm, as ISO text."""
    return tuple(str(FIRST + 7 * week) for week in np.flatnonzero(alarm) if week >= JUDGED.start)
