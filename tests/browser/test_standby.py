"""The standby desk in the browser: asked by keyboard, read beside today, shared, printed, handed over, copied."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Enter
from tests.browser.deeds import until
from tests.browser.looks import look
from tests.browser.stack import Stack
from tests.chromium import needed

pytestmark = needed


def ask(page: Page) -> str:
    """Where all units wait, for eight minutes, without a mouse; the plan's address."""
    page.goto("/standby/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Where to, or what to do")).to_be_focused()
    page.keyboard.type("new standby")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New standby plan")
    page.get_by_label("To be reached within, minutes").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    until(page, page.get_by_role("heading", name="Where they wait"))
    return urlsplit(page.url).path


@pytest.fixture
def placed(stack: Stack, enter: Enter) -> str:
    """A finished standby plan; its address."""
    return stack.once("standby", lambda: ask(enter("commander")))


def test_the_finding_is_the_title_and_is_not_worse_than_today(enter: Enter, placed: str) -> None:
    page = enter("commander")
    page.goto(placed)
    title = page.get_by_role("heading", level=1).inner_text()
    told = re.match(r"([\d.]+) % of calls can expect a free unit within 9 minutes, today ([\d.]+) %", title)
    assert told, title
    assert float(told[1]) > float(told[2])
    rows = page.get_by_role("table", name="Units at each place").get_by_role("row")
    assert rows.last.inner_text().split() == ["All", "8", "8", "as", "today"]
    page.get_by_text("The same as a table").last.click()
    expect(page.locator(".map-wait:visible")).to_have_count(0)
    assert look(page) == {}
    page.locator(".map-canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".map-value")).to_be_visible()
    page.get_by_role("link", name="As they stand today").click()
    expect(page.locator(".map-legend").get_by_text("not within reach")).to_be_visible()


def test_the_address_is_what_colleagues_share(enter: Enter, placed: str) -> None:
    overseer = enter("overseer")
    overseer.goto(placed)
    expect(overseer.get_by_role("heading", level=1)).to_contain_text("can expect a free unit")
    expect(overseer.get_by_role("link", name="Copy and change")).to_have_count(0)
    stranger = enter("officer")
    assert stranger.request.get(placed, max_redirects=0).status == 404


def test_it_prints_without_the_frame_and_is_handed_over_with_a_reason(
    enter: Enter, placed: str, tmp_path: Path
) -> None:
    page = enter("commander", width=720)
    page.goto(placed)
    page.get_by_role("button", name="Export…").click()
    page.get_by_label("Legal basis").select_option(index=1)
    page.get_by_label("Reason").fill("for the evening's briefing")
    with page.expect_download() as told:
        page.get_by_role("button", name="Export as CSV").click()
    file = tmp_path / "standby.csv"
    told.value.save_as(file)
    assert file.read_text().startswith("what,name,lon,lat,units,units_today")
    page.goto(placed)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Copy and change")).to_be_hidden()
    expect(page.get_by_text("What it does not know")).to_be_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_a_copy_is_changed_refused_in_words_and_stopped(enter: Enter, placed: str) -> None:
    page = enter("commander")
    page.goto(placed)
    page.get_by_role("link", name="Copy and change").click()
    expect(page.get_by_label("To be reached within, minutes")).to_have_value("9.0")
    page.get_by_text("Look at each station: units today, at least, at most").click()
    page.get_by_label("At least").first.fill("9")
    page.get_by_role("button", name="Work it out").click()
    expect(
        page.get_by_text("the stations ask for at least 9 units, and 8 are on duty", exact=False).first
    ).to_be_visible()
    assert look(page) == {}
    page.get_by_label("At least").first.fill("")
    page.get_by_label("Where units may wait").select_option("cells")
    page.get_by_label("At no more places than").fill("5")
    page.get_by_role("button", name="Work it out").click()
    stop = page.get_by_role("button", name="Stop the search")
    expect(stop).to_be_visible()
    assert look(page) == {}
    stop.click()
    until(page, page.get_by_text("This search was stopped"))
    assert look(page) == {}
