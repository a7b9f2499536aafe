"""Early warning: what happens now, where, more than it should. Places and times only."""

from placewise.warning.knox import BadPairs, KnoxTable, TooManyPairs, knox
from placewise.warning.near_repeat import NearRepeat, Strings, TooFew, near_repeat, near_repeat_strings
from placewise.warning.thresholds import LEAST_RECURRENCE_DAYS

__all__ = [
    "LEAST_RECURRENCE_DAYS",
    "BadPairs",
    "KnoxTable",
    "NearRepeat",
    "Strings",
    "TooFew",
    "TooManyPairs",
    "knox",
    "near_repeat",
    "near_repeat_strings",
]
