"""From when on a warning is shown at the desk; measured on simulated years (docs/explanation/false-alarms.md)."""

LEAST_RECURRENCE_DAYS = 100.0
"""Least recurrence interval of a scan's warning: on a quiet city's nights as rare as once in so many analyses.

An analysis every night with this interval would, were the nights independent, alarm about every third month where
nothing happens. Nights share nearly all their cases, so the distinct alarms are fewer and last for some nights.
"""
