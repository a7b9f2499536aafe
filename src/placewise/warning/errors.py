"""What a scan refuses."""

import numpy as np

from placewise.kernels.errors import PlacewiseError


def is_count(value: float, least: int = 0) -> bool:
    """Whether a setting is a whole number from `least` on."""
    return isinstance(value, (int, np.integer)) and value >= least


class BadScan(PlacewiseError):
    """Settings that make no scan: lengths that are none, a limit below another, a model that is unknown."""


class NothingToScan(PlacewiseError):
    """No case lies in the study period and at the places, or all of it is shorter than the longest window."""


class BadCases(PlacewiseError):
    """Tables of cases that name places that are not there, or that differ in length."""


class BadPopulation(PlacewiseError):
    """The Poisson model without a population by place, or with one that has no room for a case."""


class TooManyNeighbours(PlacewiseError):
    """So many places within the radius of each other that their lists outgrow memory."""


class TooFewReplications(PlacewiseError):
    """A critical value further out than the replications reach."""


class NotScanned(PlacewiseError):
    """A scan was asked for its findings before `fit`."""
