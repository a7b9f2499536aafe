"""What a scan refuses."""

from placewise.kernels.errors import PlacewiseError


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
