"""Knox's table and near-repeat strings of real burglaries against every pair looked at by itself."""

import numpy as np
import polars as pl
import pytest
from pyproj import Transformer
from tests.placewise_warning.plain_pairs import knox_counts, metres_apart, strings
from tests.shared_data import shared

from placewise.space import Events
from placewise.warning import knox, near_repeat_strings
from placewise.warning.cases import metres_of
from placewise.warning.knox import _dealt

EDGES, LIMITS = (1.0, 100.0, 250.0, 800.0), (0, 7, 14, 60)
"""With a time band of one and the same day."""


def chicago():
    """The latest 900 burglaries of four community areas: points of blocks, so many share one; times to the minute."""
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"))
    area = pl.col("community_area").cast(pl.String).is_in(["43", "69", "68", "67"])
    rows = rows.filter((pl.col("category") == "BURGLARY") & area).drop_nulls(["lat", "lon"]).sort("datetime").tail(900)
    return Events.from_arrays(rows["datetime"].to_numpy(), rows["lon"].to_numpy(), rows["lat"].to_numpy(), local=True)


def portland():
    """The first 900 burglaries of the challenge: addresses, dates only."""
    rows = pl.read_csv(shared("portland/nij_portland_bur_2012-03_2017-05.csv"), try_parse_dates=True).head(900)
    move = Transformer.from_crs("EPSG:2913", "EPSG:4326", always_xy=True)
    lon, lat = move.transform(rows["x_coordina"].to_numpy(), rows["y_coordina"].to_numpy())
    return Events.from_arrays(rows["occ_date"].cast(pl.Datetime("us")).to_numpy(), lon, lat, local=True, date_only=True)


@pytest.fixture(scope="module", params=[chicago, portland])
def town(request):
    events = request.param()
    x, y = metres_of(events.lon, events.lat)
    return events, x, y, events.middles.astype("datetime64[D]").astype(int)


@pytest.mark.parametrize("metric", ["straight", "blocks"])
def test_the_table_and_each_random_order_are_those_of_every_pair(town, metric):
    _, x, y, day = town
    table = knox(x, y, day, distances=EDGES[1:], days=LIMITS, replications=31, seed=4, metric=metric)
    apart = metres_apart(x, y, metric)
    assert table.observed.tolist() == knox_counts(apart, day, EDGES, LIMITS)
    assert table.observed[0].sum() > 0
    order = np.lexsort((day, y, x))
    sorted_apart, dealt = apart[np.ix_(order, order)], _dealt(day[order], 0, 4)
    each = np.array([knox_counts(sorted_apart, dealt[:, lane].astype(int), EDGES, LIMITS) for lane in range(1, 32)])
    assert table.mean == pytest.approx(each.mean(axis=0))
    assert table.median == pytest.approx(np.median(each, axis=0))
    assert table.p == pytest.approx((1 + np.sum(each >= table.observed, axis=0)) / 32)


@pytest.mark.parametrize(("metres", "days"), [(150, 14), (0.5, 30), (300, 0)])
def test_strings_and_originators_are_those_of_every_pair(town, metres, days):
    events, x, y, day = town
    found = near_repeat_strings(events, metres=metres, days=days)
    members, roles = strings(metres_apart(x, y), day, max(metres, 1.0), days)
    own = [set(np.flatnonzero(found.series == k).tolist()) for k in range(found.size.size)]
    assert sorted(own, key=min) == sorted(members, key=min)
    assert len(own) >= 5
    assert list(zip(found.started.tolist(), found.followed.tolist(), found.same_day.tolist(), strict=True)) == roles
    for k, rows in enumerate(own):
        opening = [row for row in rows if day[row] == day[list(rows)].min()]
        assert found.initiator[k] == (opening[0] if len(opening) == 1 else -1)
        assert (found.first[k], found.last[k]) == (day[list(rows)].min(), day[list(rows)].max())
    if days == 0:  # all pairs are of one day: nobody came first
        assert found.started.sum() == 0
        assert np.all(found.initiator == -1)


def test_pairs_of_one_day_by_hand():
    """Three at one door: two on Monday, one on Thursday; and one across the street on Monday.

    | pair | metres | days |
    |---|---|---|
    | Monday a – Monday b | 0 | 0 |
    | Monday a – Thursday, Monday b – Thursday | 0 | 3 |
    | a – across, b – across | 40 | 0 |
    | across – Thursday | 40 | 3 |
    """
    x, day = [0, 0, 0, 40], [4, 4, 7, 4]
    table = knox(x, [0] * 4, day, distances=(50,), days=(0, 3), replications=999)
    assert table.observed.tolist() == [[1, 2], [2, 1]]
    # of the four places for Thursday three are at the door: pairs there on one day are 1, 1, 1 or, if across, 3
    assert table.mean[0, 0] == pytest.approx((3 * 1 + 3) / 4, abs=0.1)
    assert table.p[0, 0] == 1
    assert table.p[0, 1] == pytest.approx(3 / 4, abs=0.06)
    metre = 1 / 111_195
    times = np.datetime64("2020-01-01T12:00", "us") + np.array(day, dtype="timedelta64[D]")
    found = near_repeat_strings(
        Events.from_arrays(times, [9.0] * 4, 48 + np.array(x) * metre, local=True), metres=50, days=3
    )
    assert found.size.tolist() == [4]
    assert found.initiator.tolist() == [-1]
    assert found.started.tolist() == [1, 1, 1, 0]  # in order of time: the three of Monday, then Thursday
    assert found.followed.tolist() == [0, 0, 0, 3]
    assert found.same_day.tolist() == [2, 2, 2, 0]
