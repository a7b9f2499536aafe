"""Publication: small counts stay hidden, whatever is subtracted from whatever else is published."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest

from openbeat.transparency import rules
from openbeat.transparency.rules import THRESHOLD, Margin, Month, months, publishable


def a_month(seed: int) -> Month | None:
    dice = np.random.default_rng(seed)
    areas = {f"a{i}": int(n) for i, n in enumerate(dice.poisson(dice.choice([0.5, 4, 20], size=6)))}
    whole = sum(areas.values())
    shares = dice.multinomial(whole, dice.dirichlet([0.7] * 4))
    classes = {f"c{i}": int(n) for i, n in enumerate(shares)}
    cells = {f"h{i}": int(n) for i, n in enumerate(dice.poisson(6, size=5))}
    return publishable(areas, classes, cells, None)


def possible(margin: Margin, total: int) -> list[set[int]]:
    """For each hidden count, every value it may have, by all that is published: brute force."""
    hidden = [name for name, count in zip(margin.names, margin.counts, strict=True) if count is None]
    left = total - sum(count for count in margin.counts if count is not None)
    if not hidden:
        assert left == 0
        return []
    if len(hidden) == 1:
        return [{left}]
    splits = [set() for _ in hidden]  # type: list[set[int]]
    for split in itertools.product(range(left + 1), repeat=min(len(hidden), 2)):
        if sum(split) <= left and (len(hidden) > 2 or sum(split) == left):
            for number, value in enumerate(split):
                splits[number].add(value)
    return [values for values in splits if values]


@pytest.mark.parametrize("seed", range(200))
def test_no_hidden_count_comes_back_by_subtraction(seed: int) -> None:
    month = a_month(seed)
    if month is None:
        return
    for margin in (month.areas, month.classes):
        assert all(count is None or count >= THRESHOLD for count in margin.counts)
        for values in possible(margin, month.total):
            assert max(values) - min(values) >= THRESHOLD


def test_most_months_can_be_shown() -> None:
    shown = [a_month(seed) for seed in range(200)]
    assert sum(month is not None for month in shown) > 120


def test_cells_come_in_steps_so_that_areas_say_nothing_about_their_parts() -> None:
    month = publishable({"a": 100}, {"c": 100}, {"h": 23, "small": 4, "near": 8}, None)
    assert month is not None
    assert month.cells.as_plain() == [["h", 25], ["near", 10], ["small", None]]


def test_a_small_change_is_held_back_until_it_is_large() -> None:
    first = publishable({"a": 50, "b": 40}, {"c": 90}, {}, None)
    assert first is not None
    again = publishable({"a": 52, "b": 40}, {"c": 92}, {}, first.base)
    assert again is not None
    assert again.areas == first.areas
    later = publishable({"a": 58, "b": 40}, {"c": 98}, {}, again.base)
    assert later is not None
    assert dict(zip(later.areas.names, later.areas.counts, strict=True)) == {"a": 58, "b": 40}


def test_a_month_of_almost_nothing_is_held_back_whole() -> None:
    assert publishable({"a": 2, "b": 1}, {"c": 3}, {}, None) is None


def test_a_month_whose_total_would_have_to_be_hidden_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules._margin({"a": 2, "b": 1}, 5) is None
    assert publishable({"a": 9}, {"c": 9}, {}, None) is not None
    monkeypatch.setattr(rules, "_margin", lambda *_: None)
    assert publishable({"a": 9}, {"c": 9}, {}, None) is None


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        (date(2021, 1, 1), date(2021, 3, 31), ["2021-01-01", "2021-02-01", "2021-03-01"]),
        (date(2021, 1, 2), date(2021, 3, 30), ["2021-02-01"]),
        (date(2021, 12, 1), date(2022, 1, 31), ["2021-12-01", "2022-01-01"]),
        (date(2021, 5, 3), date(2021, 5, 20), []),
    ],
)
def test_only_whole_months_are_published(first: date, last: date, wanted: list[str]) -> None:
    assert [begin.isoformat() for begin, _ in months(first, last)] == wanted
