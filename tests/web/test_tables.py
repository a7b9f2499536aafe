"""Tables, badges and times as values: what a desk gives and what the page shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from openbeat.web.ui.bits import Badge, Link, Suppressed, UnknownTone, attributes
from openbeat.web.ui.maps import Legend, Map, UnknownMapKind
from openbeat.web.ui.tables import Column, Pages, Row, Table, UnknownColumnKind, draw
from openbeat.web.ui.times import moment

NOW = datetime(2022, 1, 1, 12, tzinfo=UTC)
NAME, COUNT = Column("name", "Name", sortable=True), Column("count", "Count", kind="number", sortable=True)


def table(**given: Any) -> Table:
    return Table("T", [NAME, COUNT], [Row(["a", 1])], **given)


@pytest.mark.parametrize(
    ("sort", "links", "states"),
    [
        ("", ["?q=x&sort=name", "?q=x&sort=-count"], ["", ""]),
        ("name", ["?q=x&sort=-name", "?q=x&sort=-count"], ["ascending", ""]),
        ("-count", ["?q=x&sort=name", "?q=x&sort=count"], ["", "descending"]),
    ],
)
def test_a_head_sorts_turns_round_and_keeps_the_filters(sort: str, links: list[str], states: list[str]) -> None:
    heads = table(query=QueryDict("q=x&page=4&cursor=z"), sort=sort).headings()
    assert [head.link for head in heads] == links
    assert [head.state for head in heads] == states


@pytest.mark.parametrize(
    ("pages", "before", "after"),
    [
        (None, "", ""),
        (Pages(number=1, count=3), "", "?q=x&page=2"),
        (Pages(number=3, count=3), "?q=x&page=2", ""),
        (Pages(after="b"), "", "?q=x&cursor=b"),
        (Pages(before="a", after="b"), "?q=x&cursor=a", "?q=x&cursor=b"),
    ],
)
def test_pages_by_number_and_by_cursor(pages: Pages | None, before: str, after: str) -> None:
    made = table(query=QueryDict("q=x&page=9"), pages=pages)
    assert (made.before_link(), made.after_link()) == (before, after)


def test_the_export_takes_the_filters_along() -> None:
    assert table(query=QueryDict("q=x"), export_url="/out").export_link() == "/out?q=x"
    assert table(export_url="/out").export_link() == "/out"


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (1234, "number", "1,234"),
        ("<b>", "text", "&lt;b&gt;"),
        ("ab", "code", "<code>ab</code>"),
        (date(2022, 1, 3), "time", '<time datetime="2022-01-03">3 January 2022</time>'),
        (Link("<x>", "/a?b=1&c"), "text", '<a href="/a?b=1&amp;c">&lt;x&gt;</a>'),
    ],
)
def test_a_cell_is_drawn_by_what_it_is(value: object, kind: str, shown: str) -> None:
    assert draw(value, Column("k", "K", kind=kind)) == shown


def test_what_is_not_known_or_not_shown_says_so() -> None:
    assert "not known" in draw(None, NAME)
    assert "not known" in draw("", NAME)
    assert "nobody can be recognised" in draw(Suppressed(5), COUNT)
    assert 'aria-label="yes"' in draw(value=True, column=NAME)
    assert 'aria-label="no"' in draw(value=False, column=NAME)


def test_a_row_must_have_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Table("T", [NAME, COUNT], [Row(["only one"])]).lines()


def test_what_the_language_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownColumnKind):
        Column("k", "K", kind="colour")
    with pytest.raises(UnknownTone):
        str(Badge("B", "purple"))
    with pytest.raises(UnknownMapKind):
        Map("globe", "World")


def test_attributes_are_escaped_and_absent_ones_are_left_out() -> None:
    given = {"hx_get": "/a", "title": '"><script>', "disabled": True, "hidden": False, "class_": "c", "id": None}
    assert attributes(given) == ' hx-get="/a" title="&quot;&gt;&lt;script&gt;" disabled class="c"'


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=3), "3 minutes ago"),
        (timedelta(hours=26), "1 day ago"),
        (timedelta(days=-2), "in 2 days"),
        (timedelta(days=45), "17 November 2021"),
    ],
)
def test_times_are_relative_with_the_exact_one_beside(back: timedelta, words: str) -> None:
    shown = moment(NOW - back, NOW).replace("\xa0", " ")
    assert f">{words}</time>" in shown
    assert "data-exact=" in shown


def test_what_is_later_today_is_told_exactly() -> None:
    shown = moment(NOW + timedelta(hours=5), NOW)
    assert "data-relative" not in shown
    assert f"{timezone.localtime(NOW + timedelta(hours=5)):%H:%M}</time>" in shown


def test_a_legend_spreads_its_classes_over_the_whole_ramp() -> None:
    legend = Legend("L", "u", [0, 0.1, 0.25], digits=2)
    assert legend.steps() == [(1, "0.00 – 0.10"), (4, "0.10 – 0.25"), (7, "≥ 0.25")]
    settings = Map("surface", "S", data=[], legend=legend).settings()
    assert settings["legend"] == {
        "unit": "u",
        "bounds": [0, 0.1, 0.25],
        "digits": 2,
        "ramp": "seq",
        "shades": [1, 4, 7],
    }


@pytest.mark.parametrize(
    ("bounds", "words"),
    [([1, 8, 14], ["1 – 7", "8 – 13", "≥ 14"]), ([1, 2, 5], ["1", "2 – 4", "≥ 5"]), ([0.5, 8], ["0 – 8", "≥ 8"])],
)
def test_classes_of_whole_numbers_do_not_meet(bounds: list[float], words: list[str]) -> None:
    assert [said for _shade, said in Legend("L", "u", bounds, digits=0).steps()] == words


def test_classes_of_less_and_more_are_open_at_both_ends() -> None:
    legend = Legend("L", "u", [-2.5, -1.5, -0.5, 0.5, 1.5], digits=1, diverging=True)
    words = ["< −1.5", "−1.5 to −0.5", "−0.5 to 0.5", "0.5 to 1.5", "≥ 1.5"]
    assert [said for _shade, said in legend.steps()] == words
