"""Charts on whole real series: what R's surveillance was recorded to say of one, and plain twins on Chicago."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm
from tests.placewise_warning.newport import EARS_C1, EARS_C2, FARRINGTON, WEEKS, weeks_of
from tests.placewise_warning.plain_charts import ears, ewma
from tests.placewise_warning.plain_farrington import plain_farrington
from tests.shared_data import shared

from placewise.warning import C1, C2, C3, EWMA, FarringtonFlexible, weekly_counts

MONDAY = np.datetime64("2012-01-02")


@pytest.mark.parametrize(("chart", "alarms"), [(C1, EARS_C1), (C2, EARS_C2)])
def test_ears_alarms_in_the_weeks_that_surveillance_does(chart, alarms):
    judged = chart(limit=norm.ppf(0.999), least_spread=1e-9).fit(WEEKS)
    assert WEEKS.size == 470
    assert weeks_of(judged.alarm_[0]) == alarms


def test_farrington_alarms_in_the_weeks_that_surveillance_does():
    """105 weeks judged, ten alarms; some hang on little, such as six cases where more than 5.74 or 6.24 alarm."""
    chart = FarringtonFlexible(alpha=0.01, years=3, levels=1, trend_p=0.05, bound="power").fit(WEEKS)
    assert weeks_of(chart.alarm_[0]) == FARRINGTON
    always = FarringtonFlexible(alpha=0.01, years=3, levels=1, bound="power").fit(WEEKS)
    assert weeks_of(always.alarm_[0]) != FARRINGTON  # the trend's certainty tells: the comparison can fail


@pytest.fixture(scope="module")
def chicago():
    """(areas, weeks) burglaries of five community areas, from 2012 on."""
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"))
    names = ("25", "43", "22", "9", "47")  # two busy ones, a middling one, two quiet ones
    rows = rows.filter((pl.col("category") == "BURGLARY") & pl.col("community_area").cast(pl.String).is_in(names))
    area = [names.index(name) for name in rows["community_area"].cast(pl.String)]
    return weekly_counts(rows["datetime"].to_numpy(), area, len(names), MONDAY, 350)


def judged(statistic, values):
    """Where the twin says anything, both say the same; where it does not, neither does the chart."""
    for own, twin in zip(statistic, values, strict=True):
        assert own.tolist() == pytest.approx([np.nan if one is None else one for one in twin], nan_ok=True, rel=1e-9)


@pytest.mark.parametrize("chart", [C1, C2, C3])
def test_ears_on_chicago_are_what_their_definitions_say(chicago, chart):
    fitted = chart().fit(chicago)
    judged(fitted.exceedance_ * fitted.limit, [ears(row.tolist(), chart.__name__) for row in chicago])
    assert 0 < fitted.alarm_.mean() < 0.2


def test_ewma_on_chicago_is_what_its_definition_says(chicago):
    fitted = EWMA().fit(chicago)
    judged(fitted.exceedance_ * fitted.limit, [ewma(row.tolist(), 0.3, 52, 2) for row in chicago])
    assert 0 < fitted.alarm_.mean() < 0.2


@pytest.mark.parametrize("bound", ["nbinom", "power"])
def test_farrington_on_chicago_is_what_its_plain_twin_says(chicago, bound):
    """Every fifth week of 2017 and 2018, in areas with one burglary a month and with twenty a week."""
    chart = FarringtonFlexible(bound=bound).fit(chicago)
    for week in range(chart.history, 350, 5):
        for area, counts in enumerate(chicago):
            now, upper, phi = plain_farrington(counts, week, alpha=0.005, bound=bound)
            assert chart.expected_[area, week] == pytest.approx(now, rel=1e-3, abs=1e-3)
            assert chart.upper_[area, week] == pytest.approx(upper, rel=2e-3, abs=2e-3)
            assert chart.phi_[area, week] == pytest.approx(phi, rel=1e-3)
