"""From when on a warning is shown at the desk; measured on simulated years (docs/explanation/false-alarms.md)."""

LEAST_RECURRENCE_DAYS = 200.0
"""Least recurrence interval of a nightly scan's warning, in days.

On ten simulated years of a town, 200 days in place of 100 took away a third of the alarms where nothing was planted
(0.61 a month rather than 0.94, most of them near repeats) and 3 in 100 of the planted clusters of seven reports. 365
days took away another fifth and another 3 in 100; but with 999 replications they hang on whether one or two of these
are greater, 200 days on whether four or five are.
"""
