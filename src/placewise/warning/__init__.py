"""Early warning: where lately more happens than elsewhere and before."""

from placewise.warning.cases import Cases
from placewise.warning.charts import C1, C2, C3, EWMA, BadChart, BadCounts, Chart, NotCharted, weekly_counts
from placewise.warning.charts_farrington import FarringtonFlexible
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
    "C1",
    "C2",
    "C3",
    "EWMA",
    "LEAST_RECURRENCE_DAYS",
    "BadCases",
    "BadChart",
    "BadCounts",
    "BadPairs",
    "BadPopulation",
    "BadScan",
    "Cases",
    "Chart",
    "Cluster",
    "FarringtonFlexible",
    "KnoxTable",
    "NearRepeat",
    "NotCharted",
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
    "weekly_counts",
]
