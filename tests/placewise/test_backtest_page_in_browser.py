"""The page of a back-test in Chromium: light and dark, wide and narrow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.chromium import chromium, needed, overhang, violations

from placewise.evaluate import backtest
from placewise.evaluate.page import page
from placewise.forecast import estimator
from placewise.forecast.checks import town

pytestmark = needed


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with more models than there are colours."""
    events, cells = town()
    names = ("count3y", "count1y", "count5y", "kde", "promap", "ewma", "sepp")
    models = {name: estimator(name) for name in names}
    report = backtest(models, events, cells, origins="2021-03-01/2021-05-24/P28D", horizon="P28D", replicates=200)
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(report))
    return file.as_uri()


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_axe_finds_nothing_and_nothing_hangs_over(window: Browser, address: str, scheme: str, width: int) -> None:
    tab = window.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab.goto(address)
    assert violations(tab) == []
    assert overhang(tab) == 0
    tab.close()
