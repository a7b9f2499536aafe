"""Before and after on Chicago's burglaries, 2016 and 2017, when nothing of ours was done: what is found anyway."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.shared_data import shared

from placewise.evaluate.before_after import Span, Zones, before_after, highest, judged, ratio, weekly
from placewise.space import Area, Cells, Events

START = np.datetime64("2017-01-02")
HALF_YEAR = Span(float(START.astype(int)), 26, 26)


@pytest.fixture(scope="module")
def burglaries() -> Events:
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet")).filter(
        pl.col("category") == "BURGLARY", pl.col("lat").is_not_null(), pl.col("datetime") < pl.datetime(2018, 1, 1)
    )
    times = rows["datetime"].cast(pl.Datetime("us")).to_numpy()
    return Events.from_arrays(times, rows["lon"].to_numpy(), rows["lat"].to_numpy(), zone="America/Chicago", local=True)


@pytest.fixture(scope="module")
def cells(burglaries: Events) -> Cells:
    return Cells.squares(Area.covering(burglaries.within("2017-01-01", "2018-01-01"), 300), 350)


def test_nothing_done_in_a_neighbourhood_is_seldom_taken_for_an_effect(burglaries: Events, cells: Cells) -> None:
    """Discs of 1.5 km, days at random: a plain interval is wrong in a quarter of them, ours in about one of eight."""
    rng = np.random.default_rng(3)
    counts = cells.locate(burglaries).counts(len(cells))
    plain, ours, n = 0, 0, 200
    for _ in range(n):
        middle = rng.choice(len(cells), p=counts / counts.sum())
        treated = np.hypot(cells.x - cells.x[middle], cells.y - cells.y[middle]) < 1_500
        zones = Zones.around(cells, treated, 500)
        span = Span(float(np.datetime64("2016-07-01").astype(int) + rng.integers(0, 360)), 26, 26)
        weeks = weekly(burglaries, cells, zones, span)
        plain += ratio(weeks.treated, weeks.comparison, 26).sure
        ours += judged(burglaries, cells, zones, span, weeks).sure
    assert 0.2 * n < plain
    assert ours < 0.16 * n


def test_the_highest_places_fall_by_half_with_nothing_done(burglaries: Events, cells: Cells) -> None:
    pool = Zones(np.arange(len(cells)) < 60, np.zeros(len(cells), dtype=bool), np.arange(len(cells)) >= 60)
    chosen = highest(burglaries, cells, pool, HALF_YEAR, 0.0)
    zones = Zones.around(cells, chosen.treated, 400)
    told = before_after(burglaries, cells, zones, START, before=26, after=26, years=4, ring_metres=400)
    assert told.effect.value < 0.65  # it looks like a triumph
    assert told.effect.sure
    assert told.overlap > 0.95
    assert len(told.placebos) == 4
    for one in told.placebos:  # and so it does in every other year
        assert one.chosen is not None
        assert one.same is not None
        assert one.chosen.value < 0.75
        assert one.chosen.sure
        assert not one.same.sure
