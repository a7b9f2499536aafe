"""Before and after against comparison places: hand-computed tables, and simulations that try the intervals."""

from __future__ import annotations

import contextlib
import io
import json
import re
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student
from shapely.geometry import box

from placewise.evaluate.before_after import (
    SCALES,
    Displacement,
    NoComparison,
    Placebo,
    Ratio,
    Span,
    TooLittle,
    Weeks,
    Zones,
    against_years,
    before_after,
    displacement,
    draw,
    highest,
    judged,
    near,
    prevented,
    quotient,
    ratio,
    trends,
    weekly,
)
from placewise.space import Area, Cells, Events

CITY = Area.projected(box(500_000, 4_830_000, 512_000, 4_842_000), "EPSG:32617")
"""A made-up town of 12 by 12 km."""
CELLS = Cells.squares(CITY, 500, crs="EPSG:32617")
START = np.datetime64("2021-01-04")


def flat(*counts: float) -> np.ndarray:
    return np.array(counts, dtype=float)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_the_ratio_of_a_table_by_hand() -> None:
    told = ratio(flat(25, 25, 20, 20), flat(100, 100, 100, 100), 2)
    error = sqrt(1 / 50 + 1 / 40 + 1 / 200 + 1 / 200)
    reach = student.ppf(0.975, 2) * error
    assert told.value == pytest.approx(0.8)
    assert (told.low, told.high) == pytest.approx((exp(log(0.8) - reach), exp(log(0.8) + reach)))
    assert told.dispersion == 1
    assert told.p == pytest.approx(2 * student.sf(-log(0.8) / error, 2))
    assert not told.sure


def test_weeks_that_vary_more_than_chance_widen_the_interval() -> None:
    # shares 10/110 and 30/130 about 40/240 = 1/6 before, 20/120 twice after: χ² by hand over 2 degrees of freedom
    treated, comparison = flat(10, 30, 20, 20), flat(100, 100, 100, 100)
    chi = (10 - 110 / 6) ** 2 / (110 * 5 / 36) + (30 - 130 / 6) ** 2 / (130 * 5 / 36)
    told = ratio(treated, comparison, 2)
    assert told.dispersion == pytest.approx(chi / 2)
    assert told.value == pytest.approx(1)


def test_what_moves_a_week_everywhere_cancels() -> None:
    moved = flat(1, 3, 0.5, 2)
    told = ratio(flat(20, 20, 10, 10) * moved, flat(80, 80, 80, 80) * moved, 2)
    assert told.dispersion == 1
    assert told.value == pytest.approx((10 * 2.5 / (20 * 4)) / (80 * 2.5 / (80 * 4)))


def test_trends_of_neighbourhoods_add_their_variance() -> None:
    one, other = (ratio(flat(25, 25, 20, 20), flat(100, 100, 100, 100), 2, between) for between in (0.0, 0.04))
    error = log(one.high / one.value) / student.ppf(0.975, 2)
    assert log(other.high / other.value) / student.ppf(0.975, 2) == pytest.approx(sqrt(error**2 + 0.04))
    assert (one.trends, other.trends) == (0, pytest.approx(0.2))


def test_no_incident_after_is_no_end_of_the_world() -> None:
    told = ratio(flat(9, 6, 0, 0), flat(50, 50, 50, 50), 2)
    assert told.value == pytest.approx((0.5 / 15.5) / (100.5 / 100.5))
    assert np.isfinite([told.low, told.high]).all()


@pytest.mark.parametrize(
    ("treated", "ring", "comparison", "answer", "meaning"),
    [
        # Bowers and Johnson's measure by hand: (B1/C1 - B0/C0) / (A1/C1 - A0/C0)
        ((100, 80), (50, 45), (200, 200), 0.25, "diffusion"),
        ((100, 80), (50, 50), (200, 200), 0.0, "none"),
        ((100, 80), (50, 60), (200, 200), -0.5, "displacement"),
        ((100, 80), (50, 80), (200, 200), -1.5, "backfire"),
        ((100, 100), (50, 80), (200, 200), None, "undefined"),
        ((100, 120), (50, 30), (200, 200), None, "undefined"),
        ((100, 80), (50, 30), (200, 0), None, "undefined"),
        ((100, 100), (50, 45), (200, 250), 0.7, "diffusion"),
    ],
)
def test_the_displacement_quotient_by_hand(
    treated: tuple[float, float],
    ring: tuple[float, float],
    comparison: tuple[float, float],
    answer: float | None,
    meaning: str,
) -> None:
    told = quotient(treated, ring, comparison)
    assert told == (None if answer is None else pytest.approx(answer))
    assert Displacement(told, None, None, Ratio(1, 1, 1, 1, 0, 1, 1)).meaning == meaning


def test_incidents_prevented_by_hand() -> None:
    weeks = Weeks(flat(50, 50, 40, 40), flat(0, 0, 0, 0), flat(100, 100, 110, 110), 2)
    told = prevented(weeks, Ratio(80 / 110, 0.6, 1.1, 1, 0, 1, 1))
    assert told.value == pytest.approx(100 * 220 / 200 - 80)
    assert (told.low, told.high) == pytest.approx((110 * (1 - 1.1), 110 * (1 - 0.6)))
    assert displacement(weeks, draw(weeks, 200, 1), Ratio(1, 1, 1, 1, 0, 1, 1)) is None
    gone = Weeks(flat(9, 6, 0, 0), flat(0, 0, 0, 0), flat(50, 50, 50, 50), 2)
    none_left = prevented(gone, ratio(gone.treated, gone.comparison, 2))
    assert none_left.low < none_left.value == none_left.high == 15


@pytest.mark.parametrize(("after", "between"), [(20, 0.0), (20, 0.09), (38, 0.0), (60, 0.0), (60, 0.2)])
def test_ratio_and_incidents_never_contradict_each_other(after: int, between: float) -> None:
    weeks = Weeks(flat(*[40] * 6, *[after] * 6), flat(*[0] * 12), flat(*[200] * 12), 6)
    effect = ratio(weeks.treated, weeks.comparison, 6, between)
    told = prevented(weeks, effect)
    assert told.low < told.value < told.high
    assert (told.low > 0 or told.high < 0) == effect.sure


def test_an_effect_over_earlier_years_by_hand() -> None:
    effect = Ratio(1.5, 1.1, 2.0, 1.0, 0.0, 0.15, 0.01)
    same = [Ratio(value, 0.9, 1.9, 1.0, 0.0, 0.2, 0.3) for value in (1.2, 1.3)]
    told = against_years(effect, [Placebo(1, "a", same[0], None), Placebo(2, "b", same[1], None)], 52)
    assert told is not None
    assert told.value == pytest.approx(1.5 / sqrt(1.2 * 1.3))
    assert told.error == pytest.approx(sqrt(0.15**2 + 0.2**2 / 2))
    assert not told.sure
    apart = [
        Placebo(1, "a", Ratio(0.5, 0, 1, 1, 0, 0.2, 1), None),
        Placebo(2, "b", Ratio(2.0, 0, 1, 1, 0, 0.2, 1), None),
    ]
    wide = against_years(effect, apart, 52)
    assert wide is not None
    assert wide.error == pytest.approx(sqrt(0.15**2 + 2 * log(2) ** 2 / 2))  # the years differ more than they should
    assert against_years(effect, [Placebo(1, "a", same[0], None), Placebo(2, "b", None, None)], 52) is None


# --- places and weeks ------------------------------------------------------------------------------------------------


def disc(metres: float, x: float = 506_000, y: float = 4_836_000) -> np.ndarray:
    return np.hypot(CELLS.x - x, CELLS.y - y) <= metres


def events(rate: np.ndarray, weeks: int, seed: int, first: np.datetime64 = START, after: float = 1.0) -> Events:
    """Poisson incidents by cell and week about START; from START on, those at the disc of 1 km times `after`."""
    rng = np.random.default_rng(seed)
    times, cells = [], []
    for week in range(-weeks, weeks):
        level = rate * np.where(disc(1_000) & (week >= 0), after, 1.0)
        found = np.repeat(np.arange(len(CELLS)), rng.poisson(level))
        cells.append(found)
        times.append(
            first + np.timedelta64(7 * week, "D") + rng.integers(0, 7 * 86400, found.size).astype("timedelta64[s]")
        )
    where, when = np.concatenate(cells), np.concatenate(times)
    lon, lat = CELLS.degrees
    return Events.from_arrays(when, lon[where], lat[where], since=first - np.timedelta64(7 * weeks, "D"))


def test_zones_exclude_each_other() -> None:
    treated = disc(1_000)
    zones = Zones.around(CELLS, treated, 800)
    assert zones.sizes["treated"] + zones.sizes["ring"] + zones.sizes["comparison"] == len(CELLS)
    apart = np.hypot(CELLS.x[:, None] - CELLS.x[treated], CELLS.y[:, None] - CELLS.y[treated]).min(axis=1)
    assert (zones.ring == ((apart <= 800) & ~treated)).all()
    assert (near(CELLS, treated, 0) == treated).all()
    nothing = np.zeros(len(CELLS), dtype=bool)
    for wrong in (
        (treated, treated, ~treated),
        (nothing, nothing, ~treated),
        (treated, nothing, nothing),
        (treated, nothing, treated),
    ):
        with pytest.raises(NoComparison):
            Zones(*wrong)
    with pytest.raises(NoComparison, match="same cells"):
        Zones(treated, treated[1:], treated)


def test_weeks_are_counted_by_set_and_their_edges_belong_to_the_next() -> None:
    lon, lat = (float(part[np.flatnonzero(disc(400))[0]]) for part in CELLS.degrees)
    days = [START + np.timedelta64(d, "D") for d in (-15, -14, -8, -7, -1, 0, 6, 7, 13, 14)]
    found = Events.from_arrays(days, [lon] * 10, [lat] * 10)
    told = weekly(found, CELLS, Zones.around(CELLS, disc(400), 600), Span(float(START.astype(int)), 2, 2))
    assert told.treated.tolist() == [2, 2, 2, 2]
    assert told.sums("treated") == (4, 4)
    assert (told.ring.sum(), told.comparison.sum()) == (0, 0)


def test_the_highest_cells_are_chosen_of_treated_and_comparison() -> None:
    rate = np.where(disc(1_000, 503_000), 3.0, 0.2)
    found = events(rate, 8, 3)
    zones = Zones.around(CELLS, disc(1_000), 500)
    told = highest(found, CELLS, zones, Span(float(START.astype(int)), 8, 8), 500)
    assert told.sizes["treated"] == zones.sizes["treated"]
    assert (told.treated & disc(1_000, 503_000)).sum() >= 0.9 * told.sizes["treated"]
    everything = Zones(disc(1_000), np.zeros(len(CELLS), dtype=bool), ~disc(1_000))
    assert highest(found, CELLS, everything, Span(float(START.astype(int)), 8, 8), 50_000).sizes["ring"] == 0


def test_own_trends_are_found_where_there_are_any_and_not_where_none_are() -> None:
    zones = Zones.around(CELLS, disc(1_000), 500)
    span = Span(float(START.astype(int)), 10, 10)
    steady = trends(events(np.full(len(CELLS), 0.5), 10, 5), CELLS, zones, span)
    square = np.floor(CELLS.x / SCALES[1]) * 31 + np.floor(CELLS.y / SCALES[1])
    _, block = np.unique(square, return_inverse=True)
    moving = np.exp(np.random.default_rng(7).normal(0, 0.4, block.max() + 1))[block]
    before, after = events(np.full(len(CELLS), 0.5), 10, 5), events(0.5 * moving, 10, 6)
    mixed = before.within(START - np.timedelta64(70, "D"), START).joined(
        [after.within(START, START + np.timedelta64(70, "D"))]
    )
    told = trends(mixed, CELLS, zones, span)
    assert sqrt(steady.variance) < 0.1
    assert 0.25 < sqrt(told.variance) < 0.6
    assert 0.2 < told.treated <= 1
    assert told.comparison < 0.2


def test_an_effect_is_found_and_told_whole() -> None:
    found = events(np.full(len(CELLS), 0.3), 60, 11, after=0.6)
    zones = Zones.around(CELLS, disc(1_000), 700)
    told = before_after(found, CELLS, zones, START, before=26, after=26, years=2, ring_metres=700, replicates=400)
    assert told.effect.low < 0.6 < told.effect.high < 1
    assert told.effect.sure
    assert told.prevented.low > 0
    assert told.displacement is not None
    assert told.displacement.low < told.displacement.quotient < told.displacement.high
    assert told.n == int(sum(part.sum() for part in (told.weeks.treated, told.weeks.ring, told.weeks.comparison)))
    assert json.loads(json.dumps(told.to_dict()))["start"] == "2021-01-04"
    assert len(told.week_starts) == 52
    assert told.placebos == ()  # the records reach 60 weeks back: no earlier year is whole
    again = before_after(found, CELLS, zones, START, before=26, after=26, years=2, ring_metres=700, replicates=400)
    assert again.to_dict() == told.to_dict()


def test_a_placebo_year_shows_what_the_choice_alone_brings() -> None:
    """Cells chosen because they were high in the weeks before fall back with nothing done: Galton's regression."""
    rng = np.random.default_rng(2)
    rate = rng.gamma(2, 0.05, len(CELLS))
    found = events(rate, 80, 13)
    zones = Zones.around(CELLS, np.isin(np.arange(len(CELLS)), np.argsort(-rate)[:40]), 0)
    told = before_after(found, CELLS, zones, START, before=13, after=13, years=3)
    (only,) = told.placebos
    assert isinstance(only, Placebo)
    assert (only.years_back, only.start) == (1, "2020-01-06")
    assert only.same is not None
    assert only.chosen is not None
    assert only.same.low < 1 < only.same.high
    assert only.chosen.high < 1
    assert 0 < told.overlap < 1


def test_what_is_too_little_is_refused() -> None:
    found = events(np.full(len(CELLS), 0.05), 10, 1)
    zones = Zones.around(CELLS, disc(1_000), 0)
    with pytest.raises(TooLittle, match="at least 4 weeks"):
        before_after(found, CELLS, zones, START, before=3, after=8)
    with pytest.raises(TooLittle, match="records cover"):
        before_after(found, CELLS, zones, START, before=11, after=8)
    with pytest.raises(TooLittle, match="records cover"):
        before_after(found, CELLS, zones, START, before=8, after=8, until=START + np.timedelta64(50, "D"))
    with pytest.raises(TooLittle, match="fewer than 10 incidents before"):
        before_after(found, CELLS, Zones.around(CELLS, disc(400), 0), START, before=4, after=4)


# --- as explained ----------------------------------------------------------------------------------------------------


def test_the_explanation_prints_what_it_says() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "before-and-after.md"
    (code, said), *_ = re.findall(
        r"```python\n(.*?)```\n```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, page.name, "exec"), {})
    assert printed.getvalue() == said


# --- by simulation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "clumps", "weeks"), [(1.0, 0.0, 26), (1.0, 20.0, 26), (0.8, 10.0, 26), (1.0, 10.0, 8)]
)
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(effect: float, clumps: float, weeks: int) -> None:
    rng = np.random.default_rng(5)
    n, hits, logs = 1_500, 0, []
    for _ in range(n):
        shock = np.exp(rng.normal(0, 0.2, 2 * weeks))
        treated = 20 * shock * np.where(np.arange(2 * weeks) >= weeks, effect, 1)
        own = rng.gamma(clumps, 1 / clumps, (2, 2 * weeks)) if clumps else np.ones((2, 2 * weeks))
        told = ratio(
            rng.poisson(treated * own[0]).astype(float), rng.poisson(200 * shock * own[1]).astype(float), weeks
        )
        hits += told.low <= effect <= told.high
        logs.append(log(told.value / effect))
    assert 0.93 <= hits / n <= 0.98
    assert abs(np.mean(logs)) < 3 * np.std(logs) / sqrt(n)  # no bias


def test_with_trends_of_their_own_only_the_wider_interval_holds() -> None:
    """Neighbourhoods that rise and fall by a quarter with nothing done: the plain interval misleads, ours does not."""
    rng = np.random.default_rng(9)
    square = np.floor(CELLS.x / SCALES[1]) * 31 + np.floor(CELLS.y / SCALES[1])
    _, block = np.unique(square, return_inverse=True)
    zones, span = Zones.around(CELLS, block == np.bincount(block).argmax(), 0), Span(float(START.astype(int)), 26, 26)
    plain = wide = 0
    n = 60
    for seed in range(n):
        moving = np.exp(rng.normal(0, 0.25, block.max() + 1))[block]
        before, after = events(np.full(len(CELLS), 0.3), 26, seed), events(0.3 * moving, 26, 1000 + seed)
        half = np.timedelta64(182, "D")
        found = before.within(START - half, START).joined([after.within(START, START + half)])
        weeks = weekly(found, CELLS, zones, span)
        plain += ratio(weeks.treated, weeks.comparison, 26).sure
        wide += judged(found, CELLS, zones, span, weeks).sure
    assert plain > 0.3 * n
    assert wide < 0.15 * n
