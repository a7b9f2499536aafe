"""The key steps of the main path without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Enter
from tests.browser.deeds import stops, until
from tests.chromium import needed

pytestmark = needed


def go(page: Page, words: str) -> None:
    """Anywhere, by the palette."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Where to, or what to do")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def focused(page: Page) -> str:
    """The words of what has the focus."""
    return str(page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"))


def tab_to(page: Page, words: str, most: int = 80) -> None:
    """Tab until what is focused says these words."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page).startswith(words):
            return
    pytest.fail(f"no Tab leads to «{words}»")


def test_the_first_tab_skips_to_the_work(enter: Enter) -> None:
    page = enter("analyst")
    page.goto("/forecasts/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the work"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize(
    ("words", "address"), [("fore", "/forecasts/"), ("new for", "/forecasts/new/"), ("inc", "/incidents/")]
)
def test_the_palette_goes_anywhere(enter: Enter, words: str, address: str) -> None:
    page = enter("analyst")
    page.goto("/")
    go(page, words)
    expect(page).to_have_url(re.compile(f"{address}$"))


def test_the_palette_offers_only_what_one_may(enter: Enter) -> None:
    page = enter("commander")
    page.goto("/")
    page.keyboard.press("Control+k")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.filter(has_text="New patrol plan")).to_have_count(1)
    expect(options.filter(has_text="New forecast")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_forecast_is_opened_and_its_approval_left(enter: Enter, offered: str) -> None:
    page = enter("analyst")
    page.goto("/forecasts/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(offered)
    tab_to(page, "Withdraw")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Withdraw this forecast?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused(page).startswith("Withdraw")


def test_a_plan_is_asked_for_and_a_stop_moved(enter: Enter, offered: str) -> None:
    page = enter("commander")
    page.goto("/")
    go(page, "new patrol")
    expect(page.get_by_role("heading", level=1)).to_have_text("New plan")
    tab_to(page, "U03")
    for _ in range(6):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    assert focused(page).startswith("Places")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    until(page, page.get_by_text("Every promise holds"))

    before = stops(page, 0)
    page.get_by_label("Reason for your changes").focus()
    page.keyboard.type("Market day")
    page.locator("ol.sortable").first.locator("li[data-label] .grip").first.focus()
    for key in ("Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    until(page, page.get_by_text("The plan is changed and checked again."))
    assert before[0] in stops(page, 0)
    assert stops(page, 0) != before


def test_the_map_has_a_twin_that_is_reached_by_keys(enter: Enter, offered: str) -> None:
    page = enter("analyst")
    page.goto(offered)
    tab_to(page, "The same as a table")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name=re.compile("densest"))).to_be_visible()
