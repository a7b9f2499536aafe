"""The page of a back-test: what it says, and that it needs nothing from elsewhere; its looks are tried in Chromium."""

import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from placewise.evaluate import Backtest, backtest
from placewise.evaluate.charts import COLOURS, Scale, lines
from placewise.evaluate.page import MEANINGS, in_words, page
from placewise.forecast import estimator
from placewise.forecast.checks import town
from placewise.space import Events
from placewise.time import Horizon

MODELS = ("count3y", "count1y", "kde", "promap", "ewma", "sepp", "ours")


@pytest.fixture(scope="module")
def report() -> Backtest:
    events, cells = town()
    models = {name: estimator(name) for name in MODELS}
    return backtest(models, events, cells, origins="2021-03-01/2021-05-24/P28D", horizon="P28D", replicates=200)


@pytest.fixture(scope="module")
def html(report: Backtest) -> str:
    return page(report)


def test_the_title_says_the_finding(report: Backtest, html: str) -> None:
    hits = {name: one.scores["hit_rate@0.1"].value for name, one in report.models.items()}
    best = max(hits, key=lambda name: hits[name])
    assert f"<h1>{best} catches {100 * hits[best]:.1f} % of incidents in 10 % of the area" in html


@pytest.mark.parametrize(
    ("horizon", "words"),
    [
        ("P7D", "7 days"),
        ("P1M", "1 month"),
        ("P1D", "1 day"),
        ("PT8H", "8 hours"),
        ("PT90M", "90 minutes"),
        ("P1M1D", "1 month 1 day"),
    ],
)
def test_a_horizon_is_told_in_words(horizon: str, words: str) -> None:
    assert in_words(Horizon.of(horizon)) == words


def test_a_title_can_be_given(report: Backtest) -> None:
    assert "<title>Burglary &lt;2021&gt;</title>" in page(report, "Burglary <2021>")


def test_every_model_has_its_verdict_and_reasons(report: Backtest, html: str) -> None:
    assert html.count('class="yes"') == sum(report.verdict(name).offered for name in report.models)
    assert html.count('class="base"') == 1
    for name in report.models:
        assert all(reason in html for reason in report.verdict(name).reasons)


def test_every_score_is_shown_and_explained(report: Backtest, html: str) -> None:
    assert {key.split("@")[0] for key in report.titles} == set(MEANINGS)
    text = unescape(re.sub(r"<[^>]+>", "\n", html))
    assert all(title in text for key, title in report.titles.items() if not key.startswith("hit_rate"))
    assert all(name in text for name, _ in MEANINGS.values())


def test_nothing_is_fetched_from_elsewhere(html: str) -> None:
    assert not re.search(r"""(src|href|url)\s*[=(]|@import|<script|https?:""", html)


def test_its_tags_are_closed(html: str) -> None:
    class Reader(HTMLParser):
        open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in {"meta", "line", "path", "polyline"}:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in {"line", "path", "polyline"}:
                assert self.open.pop() == tag

    reader = Reader()
    reader.feed(html)
    assert reader.open == []


def test_where_nothing_happened_nothing_is_shown() -> None:
    _, cells = town(300)
    none = Events.from_arrays([], [], [], since="2020-01-01")
    models = {"count3y": estimator("count3y"), "kde": estimator("kde")}
    html = page(backtest(models, none, cells, origins="2021-03-01/2021-03-29/P28D", horizon="P28D", replicates=50))
    assert "<h1>No incident fell in the scored weeks, so nothing is shown</h1>" in html
    assert "nan" not in html.lower()


def test_a_baseline_that_wins_is_said_to() -> None:
    events, cells = town()
    models = {"count3y": estimator("count3y"), "promap": estimator("promap")}
    html = page(backtest(models, events, cells, origins="2021-03-01/2021-05-24/P28D", horizon="P28D", replicates=50))
    assert "nothing here beats it" in html


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 33, [0, 10, 20, 30]),
        (0, 0.7, [0, 0.2, 0.4, 0.6]),
        (0, 1200, [0, 500, 1000]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert Scale(low, high, 0, 100).ticks() == pytest.approx(ticks)


def test_a_scale_maps_its_ends_and_survives_having_none() -> None:
    assert [Scale(0, 4, 10, 50).at(value) for value in (0, 1, 4)] == [10, 20, 50]
    assert np.isfinite(Scale(0, 0, 10, 50).at(0))


def test_more_series_than_colours_are_still_told_apart() -> None:
    drawn = lines({f"m{k}": [(0, k), (1, k)] for k in range(COLOURS + 1)}, "x", "y")
    assert len(re.findall(r'<g class="(s\d( again)?)">', drawn)) == COLOURS + 1
    assert len(set(re.findall(r'<g class="([^"]+)">', drawn))) == COLOURS + 1


def test_a_chart_without_points_is_empty_but_whole() -> None:
    assert lines({}, "x", "y").startswith("<figure><svg")
