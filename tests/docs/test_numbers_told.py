"""Numbers that the documents tell are those of the program: change one, and the page that tells it is named here."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.docs.told import ROOT, text_of

from openbeat.accounts import rules as accounts
from openbeat.api import ogc
from openbeat.forecast import rules as forecast
from openbeat.incidents import rules as incidents
from openbeat.ops import install, roles, sequencing, supervisor
from openbeat.patrol import rules as patrol
from openbeat.places import rules as places
from openbeat.places.tiles import ZOOMS
from openbeat.transparency import rules as transparency
from openbeat.web import trail
from placewise.warning import thresholds
from witness import tiles

PEOPLE, RUN, API = "docs/how-to/people-and-sign-in.md", "docs/how-to/run.md", "docs/reference/api.md"

TOLD = [
    (PEOPLE, "five failed tries within 15 minutes lock", (accounts.LOCK_AFTER, accounts.LOCK_WINDOW), (5, "15 min")),
    (PEOPLE, "signs that person in once, within 15 minutes", accounts.LINK_LIFE, "15 min"),
    (PEOPLE, "After 30 minutes without use the page is locked", accounts.IDLE_MINUTES, 30),
    (PEOPLE, "After 12 hours that takes a full sign-in", accounts.AGAIN_HOURS, 12),
    (RUN, "Each works once, for 15 minutes", accounts.LINK_LIFE, "15 min"),
    (RUN, "six times in two minutes", (supervisor.MOST_FAILURES + 1, supervisor.FAILURE_WINDOW), (6, 120)),
    (RUN, "64 MiB and one older part", supervisor.LOG_LIMIT, 64 * 2**20),
    (RUN, "your own PostgreSQL, 15 or newer", roles.LEAST_VERSION, 15_00_00),
    (RUN, "Node 20 or newer", install.LEAST_NODE, 20),
    ("docs/how-to/as-overseer.md", "The reason holds for 30 minutes", trail.LOOK_LASTS, "30 min"),
    ("docs/how-to/as-officer.md", "Five failed tries lock the account", accounts.LOCK_AFTER, 5),
    ("docs/how-to/as-commander.md", "10 to 15 minutes a visit", patrol.DWELL, (10, 15)),
    ("docs/how-to/as-analyst.md", "three and a half years of records", forecast.LEAST_HISTORY.days // 365, 3),
    ("docs/how-to/as-resident.md", "A count below five is not shown", transparency.THRESHOLD, 5),
    ("docs/charter.md", "counts below five are hidden", transparency.THRESHOLD, 5),
    ("docs/explanation/the-log.md", "four times a second", 1 / sequencing.PAUSE, 4),
    ("docs/explanation/offences.md", "more than 60 % of them", incidents.ARREST_SHARE, 0.6),
    ("docs/explanation/offences.md", "of 30 rows at least", incidents.ENOUGH_FOR_SHARE, 30),
    ("docs/reference/places.md", "great circle × 1.3", places.DETOUR, 1.3),
    ("docs/how-to/another-city.md", "great circle × 1.3 at 30 km/h", places.DEFAULT_KMH, 30),
    ("docs/reference/places.md", "zooms 8 to 14", (ZOOMS.start, ZOOMS.stop - 1), (8, 14)),
    ("docs/reference/log.md", "256 hashes of level L", tiles.WIDTH, 256),
    ("docs/reference/log.md", "more than 65,535 bytes", tiles.LEAF_BYTES_MAX, 65_535),
    ("docs/explanation/false-alarms.md", "a recurrence interval of 200 days", thresholds.LEAST_RECURRENCE_DAYS, 200),
    (API, "`limit` (at most 1,000)", ogc.MOST, 1_000),
    (API, "H3 cell of resolution 7", transparency.CELL_RESOLUTION, 7),
]


@pytest.mark.parametrize(
    ("page", "words", "found", "wanted"), TOLD, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_number_that_is_told_is_so(page: str, words: str, found: object, wanted: object) -> None:
    text = re.sub(r"\s+", " ", text_of(ROOT / page).replace("**", ""))
    assert words in text
    assert plain(found) == wanted


def plain(value: object) -> object:
    """A value as the pages write it."""
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    return f"{value / timedelta(minutes=1):.0f} min" if isinstance(value, timedelta) else value
