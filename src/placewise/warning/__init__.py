"""Early warning: where lately more happens than elsewhere and before."""

from placewise.warning.cases import Cases
from placewise.warning.cluster import Cluster
from placewise.warning.errors import (
    BadCases,
    BadPopulation,
    BadScan,
    NothingToScan,
    NotScanned,
    TooFewReplications,
    TooManyNeighbours,
)
from placewise.warning.scan import SpaceTimeScan

__all__ = [
    "BadCases",
    "BadPopulation",
    "BadScan",
    "Cases",
    "Cluster",
    "NotScanned",
    "NothingToScan",
    "SpaceTimeScan",
    "TooFewReplications",
    "TooManyNeighbours",
]
