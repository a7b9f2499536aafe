"""Horizons and rolling origins."""

import numpy as np
import pytest

from placewise.time import BadPeriod, Horizon, Origins


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2017-01-02", "P7D", "2017-01-09"),
        ("2017-01-02", "P2W", "2017-01-16"),
        ("2017-01-31", "P1M", "2017-02-28"),
        ("2016-02-29T06:00", "P1Y", "2017-02-28T06:00"),
        ("2017-01-02", "PT8H", "2017-01-02T08:00"),
        ("2017-01-02", "P1DT90M", "2017-01-03T01:30"),
    ],
)
def test_an_interval_ends_a_horizon_later(start: str, length: str, end: str) -> None:
    assert Horizon.of(length).after(np.datetime64(start, "us")) == np.datetime64(end)


@pytest.mark.parametrize("text", ["P7D", "P1M", "PT8H", "P1DT90M"])
def test_a_horizon_reads_back_what_it_writes(text: str) -> None:
    assert Horizon.of(str(Horizon.of(text))) == Horizon.of(text)


@pytest.mark.parametrize("text", ["7 days", "P", "PT", "-P7D", "P0D"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod):
        Horizon.of(text)


def test_origins_of_the_reference_protocol() -> None:
    origins = Origins.of("2017-01-02/2017-12-25/P14D")
    assert len(origins) == 26
    assert str(origins) == "26 from 2017-01-02 to 2017-12-18"


def test_monthly_origins_keep_their_day() -> None:
    months = Origins.of("2015-01-31/2015-05-31/P1M")
    assert [str(at)[:10] for at in months] == ["2015-01-31", "2015-02-28", "2015-03-31", "2015-04-30", "2015-05-31"]


@pytest.mark.parametrize("text", ["2017-01-02", "2017-02-01/2017-01-01/P7D"])
def test_no_origins_are_refused(text: str) -> None:
    with pytest.raises(BadPeriod):
        Origins.of(text)
