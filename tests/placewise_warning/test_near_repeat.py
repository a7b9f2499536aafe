"""Near repeats as tables and strings: small towns by hand, and two real cities."""

import numpy as np
import polars as pl
import pytest
from pyproj import Transformer
from tests.shared_data import shared

from placewise.space import Events
from placewise.warning.near_repeat import NearRepeat, TooFew, near_repeat, near_repeat_strings

METRE = 1 / 111_195  # degrees of latitude


def incidents(metres, days):
    """Incidents on a meridian, so many metres north of a place, on days of January 2020."""
    times = np.datetime64("2020-01-01T12:00", "us") + np.array(days, dtype="timedelta64[D]")
    return Events.from_arrays(times, np.full(len(days), 9.0), 48 + np.array(metres) * METRE, local=True)


def burglaries_of_portland():
    rows = pl.read_csv(shared("portland/nij_portland_bur_2012-03_2017-05.csv"), try_parse_dates=True)
    move = Transformer.from_crs("EPSG:2913", "EPSG:4326", always_xy=True)
    lon, lat = move.transform(rows["x_coordina"].to_numpy(), rows["y_coordina"].to_numpy())
    return Events.from_arrays(rows["occ_date"].cast(pl.Datetime("us")).to_numpy(), lon, lat, local=True, date_only=True)


def planted(seed=1, n=300, repeats=60):
    """Incidents strewn over a year, some followed 40 m away three days later."""
    rng = np.random.default_rng(seed)
    metres, days = rng.uniform(0, 60_000, n), rng.integers(0, 300, n)
    return incidents(np.append(metres, metres[:repeats] + 40), np.append(days, days[:repeats] + 3))


def test_a_planted_near_repeat_is_said_in_words():
    found = near_repeat(planted(), distances=(100, 200), days=(7, 14), replications=99)
    assert found.reach == (100.0, 7)
    assert found.says()[1].startswith("Within 100 m of it, within 7 days: ")
    assert found.says()[-1] == "Raised without a gap to 100 m and 7 days."
    assert found.raised[1].tolist() == [True, False]


def test_where_nothing_repeats_nothing_is_claimed():
    found = near_repeat(planted(repeats=0), distances=(100, 200), days=(7, 14), replications=99)
    assert found.reach is None
    assert found.says()[-1] == "No near repeats."


def test_repeats_at_one_address_alone_reach_no_farther():
    days = [3 * k for k in range(40)]
    metres = [5_000 * (k // 2) for k in range(40)]
    found = near_repeat(incidents(metres, days), distances=(100, 200), days=(7, 14), replications=99)
    assert (found.raised[0, 0], found.reach) == (True, (1.0, 7))


def test_reach_stops_at_the_first_gap():
    table = near_repeat(planted(), distances=(100, 200, 300), days=(7, 14, 21), replications=19).table
    raised = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 1]], dtype=float)
    shown = type(table)(
        table.distances, table.days, table.observed, np.where(raised > 0, table.observed / 2, 1e9), table.median,
        table.margins, np.where(raised > 0, 0.01, 0.9), table.n, 19, 0,
    )  # fmt: skip
    assert NearRepeat(shown, 0.05, 0.0).reach == (200.0, 14)


def test_strings_know_who_began_them():
    #        one string of four ──────────┐  two of one day ┐  alone
    events = incidents([0, 50, 90, 130, 5000, 5010, 9000], [0, 3, 9, 9, 2, 2, 5])
    order = np.argsort([0, 3, 9, 9, 2, 2, 5], kind="stable")  # events stand in order of time
    strings = near_repeat_strings(events, metres=60, days=7)
    by_given = {int(given): row for row, given in enumerate(order)}
    at = [by_given[k] for k in range(7)]
    assert strings.series[at].tolist() == [0, 0, 0, 0, 1, 1, -1]
    assert strings.started[at].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert strings.followed[at].tolist() == [0, 1, 1, 0, 0, 0, 0]
    assert strings.same_day[at].tolist() == [0, 0, 1, 1, 1, 1, 0]  # they have no originator
    assert strings.initiator.tolist() == [at[0], -1]
    assert strings.size.tolist() == [4, 2]
    assert strings.frame().rows() == [
        (0, 4, *np.array(["2020-01-01", "2020-01-10"], dtype="datetime64[D]").tolist(), at[0]),
        (1, 2, *np.array(["2020-01-03", "2020-01-03"], dtype="datetime64[D]").tolist(), None),
    ]


def test_a_pair_of_one_day_at_one_place_is_a_string_without_originator():
    strings = near_repeat_strings(incidents([0, 0], [4, 4]), metres=0.5, days=0)
    assert (strings.size.tolist(), strings.initiator.tolist(), strings.started.sum()) == ([2], [-1], 0)


def test_one_incident_repeats_nothing():
    with pytest.raises(TooFew, match="bring two or more"):
        near_repeat(incidents([0], [0]))


def test_burglaries_of_portland_repeat_at_the_same_place_and_little_beyond_it():
    found = near_repeat(burglaries_of_portland(), replications=199)
    assert found.table.observed.shape == (11, 4)
    assert found.table.ratio[0, 0] > 5
    assert found.table.p[0, 0] == 0.005
    assert 1.2 < found.table.observed[1].sum() / found.table.mean[1].sum() < 1.7
    assert abs(found.table.observed[6:].sum() / found.table.mean[6:].sum() - 1) < 0.05


def test_burglaries_of_chicago_repeat_and_the_risk_fades_with_distance():
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"))
    rows = rows.filter(pl.col("category") == "BURGLARY").drop_nulls(["lat", "lon"]).sort("datetime").tail(10_000)
    events = Events.from_arrays(rows["datetime"].to_numpy(), rows["lon"].to_numpy(), rows["lat"].to_numpy(), local=True)
    found = near_repeat(events, replications=199)
    week = found.table.ratio[:, 0]
    assert week[0] > week[1] > week[2] > 1.1
    assert found.table.p[1, 0] == 0.005
    assert np.all(np.abs(found.table.mean - found.table.margins) < 6 * np.sqrt(found.table.margins / 199))
