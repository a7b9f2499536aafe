"""Charts: values in, positions and words out."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from openbeat.web.ui.charts import (
    ROOMS,
    BarChart,
    Basis,
    Bin,
    CalibrationChart,
    ColumnChart,
    LineChart,
    Series,
    Sparkline,
    UnevenChart,
    widest,
)
from openbeat.web.ui.scales import axis, class_of, classes, number, top_classes


@pytest.mark.parametrize(
    ("values", "ticks", "labels"),
    [
        ([0.0, 3.2], (0, 1, 2, 3, 4), ["0", "1", "2", "3", "4"]),
        ([7.0, 47.0], (0, 10, 20, 30, 40, 50), ["0", "10", "20", "30", "40", "50"]),
        ([0.11], (0, 0.025, 0.05, 0.075, 0.1, 0.125), ["0.000", "0.025", "0.050", "0.075", "0.100", "0.125"]),
        ([-4.0, 4.0], (-4, -2, 0, 2, 4), ["-4", "-2", "0", "2", "4"]),
        ([], (0, 0.2, 0.4, 0.6, 0.8, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([math.nan, 2000.0], (0, 500, 1000, 1500, 2000), ["0", "500", "1,000", "1,500", "2,000"]),
    ],
)
def test_an_axis_has_round_ticks(values: list[float], ticks: tuple[float, ...], labels: list[str]) -> None:
    made = axis(values)
    assert made.ticks == ticks
    assert [made.label(tick) for tick in made.ticks] == labels


@pytest.mark.parametrize(("value", "share"), [(0, 0.0), (25, 0.5), (50, 1.0), (80, 1.0), (-3, 0.0)])
def test_a_place_on_the_axis_is_held_at_its_ends(value: float, share: float) -> None:
    assert axis([0, 50]).share(value) == share


@pytest.mark.parametrize(("language", "words"), [("en", "12,345.60"), ("ru", "12\xa0345,60"), ("kk", "12\xa0345,60")])
def test_numbers_follow_the_reader(language: str, words: str) -> None:
    with translation.override(language):
        assert number(12345.6, 2) == words


def test_classes_hold_equal_numbers_and_the_legend_finds_them_again() -> None:
    values = [float(v) for v in range(1, 13)]
    bounds = classes(values, 4)
    assert bounds == [1.0, 4.0, 7.0, 10.0]
    assert [class_of(v, bounds) for v in (0.0, 1.0, 3.9, 4.0, 9.0, 10.0, 99.0)] == [1, 1, 1, 2, 3, 4, 4]
    assert classes([2.0] * 9, 4) == [2.0]
    assert classes([], 4) == []


def test_top_classes_hold_the_highest_shares() -> None:
    values = [float(v) for v in range(1, 101)]
    assert top_classes(values) == [1.0, 51.0, 76.0, 91.0, 96.0, 99.0, 100.0]
    assert top_classes([3.0, 3.0, 3.0]) == [3.0]
    assert top_classes([]) == []


def lines(values: list[float | None]) -> LineChart:
    labels = [str(i) for i in range(len(values))]
    return LineChart(finding="f", what="w", labels=labels, series=[Series("s", values)])


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    drawn = lines([0.0, None, 2.0]).lines()[0]
    assert drawn["path"] == "M0.00 240.0M100.00 0.0"
    assert drawn["points"] == [
        {"x": "0.00%", "y": 240.0, "words": "0: 0"},
        {"x": "100.00%", "y": 0.0, "words": "2: 2"},
    ]


@pytest.mark.parametrize(
    ("count", "kept"),
    [(0, []), (1, ["0"]), (3, ["0", "1", "2"]), (24, ["0", "4", "8", "12", "15", "19", "23"]), (7, list("0123456"))],
)
def test_few_ticks_and_always_the_ends(count: int, kept: list[str]) -> None:
    ticks = dict(lines([1.0] * count).x_ticks())
    assert [tick.label for tick in ticks["wide"]] == kept
    for run in ticks.values():
        assert [tick.label for tick in run][:1] == kept[:1]
        assert [tick.label for tick in run][-1:] == kept[-1:]


SHIFTS = [f"2021-12-{day:02} 22:00" for day in range(1, 5)]


@pytest.mark.parametrize(
    ("chart", "counts"),
    [
        (LineChart(finding="f", what="w", labels=[f"2021-01-{day:02}" for day in range(1, 27)]), (4, 3, 2)),
        (LineChart(finding="f", what="w", labels=["2021-01-01", "2021-01-02", "2021-01-03"]), (3, 3, 2)),
        (ColumnChart(finding="f", what="w", labels=[f"2021-{month:02}" for month in range(1, 13)]), (4, 3, 2)),
        (ColumnChart(finding="f", what="w", labels=["Mon", "Tue", "Wed"]), (3, 3, 3)),
        (ColumnChart(finding="f", what="w", labels=SHIFTS), (2, 1, 1)),
        (CalibrationChart(finding="f", what="w", bins=[Bin(0.01, 0.011, 0.01, 0.0123, 9)]), (5, 4, 3)),
    ],
)
def test_labels_stand_clear_of_each_other_at_every_width(chart: LineChart, counts: tuple[int, ...]) -> None:
    shift = {"start": 0.0, "middle": -0.5, "end": -1.0}
    found = chart.x_ticks()
    assert tuple(len(ticks) for _name, ticks in found) == counts
    for name, ticks in found:
        label = widest([tick.label for tick in ticks])
        left = [ROOMS[name] * float(tick.x.rstrip("%")) / 100 + shift[tick.anchor] * label for tick in ticks]
        assert all(b - a >= label for a, b in pairwise(left)), name


def test_bands_and_the_table_tell_the_interval() -> None:
    chart = LineChart(
        finding="f", what="w", labels=["a", "b"], digits=1,
        series=[Series("s", [1, 2], [0.5, 1.5], [1.5, 2.5]), Series("plain", [1, 1], plain=True)],
    )  # fmt: skip
    assert [key for key, _ in chart.keyed()] == ["1", "plain"]
    assert chart.table() == [("a", ["1.0 (0.5–1.5)", "1.0"]), ("b", ["2.0 (1.5–2.5)", "1.0"])]
    assert str(chart.lines()[0]["band"]).startswith("0.00,")


def test_a_lying_bar_is_as_long_as_its_value() -> None:
    chart = BarChart(
        finding="f", what="w", labels=["a", "b"], series=[Series("s", [10, None], [8, None], [20, None])], reference=5
    )
    (_, [first]), (_, [second]) = chart.groups()
    assert (first["width"], first["low"], first["high"], first["value"]) == ("50.00%", "40.00%", "100.00%", "10")
    assert second == {"key": "1", "words": "–", "value": "–"}
    assert (chart.reference_at, chart.reference_words) == ("25.00%", "5")


def test_columns_stand_on_the_ground() -> None:
    chart = ColumnChart(finding="f", what="w", labels=["a", "b"], series=[Series("s", [1.0, 2.0])])
    assert [(c["x"], c["y"], c["height"]) for c in chart.columns()] == [("6.00%", 120.0, 120.0), ("56.00%", 0.0, 240.0)]


def test_calibration_lies_on_the_diagonal_where_it_is_right() -> None:
    chart = CalibrationChart(
        finding="f", what="w", digits=1, basis=Basis(n=1234), bins=[Bin(0.5, 0.5, 0.4, 0.6, 10), Bin(1, 1, 0.9, 1, 3)]
    )
    assert chart.points()[0] == {"x": "50.00%", "y": 160.0, "low": 192.0, "high": 128.0}
    assert chart.lines_of_table()[0] == ("0.5", "0.5 (0.4–0.6)", "10")
    assert chart.basis.n_words() == "1,234"


def test_series_and_labels_must_be_of_one_length() -> None:
    with pytest.raises(UnevenChart, match="1 values for 2 labels"):
        LineChart(finding="f", what="w", labels=["a", "b"], series=[Series("s", [1.0])])


def test_a_sparkline_runs_from_edge_to_edge() -> None:
    assert Sparkline([0.0, 1.0], "rising").path() == "M0.0 19.0L100.0 1.0"


def test_the_twin_names_its_first_column_once() -> None:
    series = [Series("s", [1.0])]
    chart = LineChart(finding="f", what="w", labels=["1"], series=series, label_name="Hour", x_name="Time")
    page = render_to_string("components/chart_twin.html", {"chart": chart})
    assert '<th scope="col">Hour</th>' in page
