"""Intake: a person who is no developer brings a city's incident records in."""
