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
from placewise.warning.knox import BadPairs, KnoxTable, TooManyPairs, knox
from placewise.warning.near_repeat import NearRepeat, Strings, TooFew, near_repeat, near_repeat_strings
from placewise.warning.scan import SpaceTimeScan
from placewise.warning.thresholds import LEAST_RECURRENCE_DAYS

__all__ = [
    "LEAST_RECURRENCE_DAYS",
    "BadCases",
    "BadPairs",
    "BadPopulation",
    "BadScan",
    "Cases",
    "Cluster",
    "KnoxTable",
    "NearRepeat",
    "NotScanned",
    "NothingToScan",
    "SpaceTimeScan",
    "Strings",
    "TooFew",
    "TooFewReplications",
    "TooManyNeighbours",
    "TooManyPairs",
    "knox",
    "near_repeat",
    "near_repeat_strings",
]
