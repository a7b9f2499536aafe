"""The what-if desk in the browser: asked by the keyboard alone, compared, shared, printed, copied, stopped."""

from __future__ import annotations

import re
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
    """One car fewer in each shift, without a mouse; the what-if's address."""
    page.goto("/what-if/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Where to, or what to do")).to_be_focused()
    page.keyboard.type("new what")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New what-if")
    for shift in ("Day", "Evening", "Night"):
        field = page.get_by_role("region", name="What if · A").get_by_label(shift, exact=True)
        field.focus()
        page.keyboard.type("7")
    page.keyboard.press("Enter")
    until(page, page.get_by_role("heading", name="Side by side"))
    return urlsplit(page.url).path


@pytest.fixture
def simulated(stack: Stack, enter: Enter) -> str:
    """A finished what-if of one car fewer; its address."""
    return stack.once("what-if", lambda: ask(enter("commander")))


def test_the_finding_is_the_title_and_fewer_cars_are_not_better(enter: Enter, simulated: str) -> None:
    page = enter("commander")
    page.goto(simulated)
    title = page.get_by_role("heading", level=1).inner_text()
    told = re.match(
        r"With one car fewer, 90 % of urgent calls are reached within ([\d.]+) minutes instead of ([\d.]+)", title
    )
    assert told, title
    assert float(told[1]) > float(told[2])
    page.get_by_text("The same as a table").last.click()
    expect(page.locator(".map-wait:visible")).to_have_count(0)
    assert look(page) == {}
    page.get_by_role("link", name="Today", exact=True).click()
    expect(page.locator(".map-legend").get_by_text(re.compile("^90 % of .* reached within"))).to_be_visible()
    page.get_by_role("link", name="All calls", exact=True).click()
    expect(page.locator(".map-legend").get_by_text("90 % of calls reached within")).to_be_visible()
    assert urlsplit(page.url).query == "map=0&priority=all&measure=p90"


def test_every_figure_is_exported_with_a_reason(enter: Enter, simulated: str) -> None:
    page = enter("commander")
    page.goto(simulated)
    page.get_by_role("button", name="Export…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Export this result?")
    dialog.get_by_label("Legal basis").select_option(index=1)
    dialog.get_by_label("Reason").fill("The mayor asked for the figures")
    with page.expect_download() as coming:
        dialog.get_by_role("button", name="Export as CSV").click()
    file = coming.value.path().read_text(encoding="utf-8")
    assert file.startswith("setup,priority,area,shift,unit,measure")
    assert "Night 22–06" in file


def test_the_address_is_what_colleagues_share(enter: Enter, simulated: str) -> None:
    overseer = enter("overseer")
    overseer.goto(simulated)
    expect(overseer.get_by_role("heading", level=1)).to_contain_text("With one car fewer")
    expect(overseer.get_by_role("link", name="Copy and change")).to_have_count(0)
    stranger = enter("officer")
    assert stranger.request.get(simulated, max_redirects=0).status == 404


def test_it_prints_without_the_frame_and_with_its_tables(enter: Enter, simulated: str) -> None:
    page = enter("commander", width=720)
    page.goto(simulated)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Copy and change")).to_be_hidden()
    expect(
        page.get_by_role("cell", name="could be chance").or_(page.get_by_role("cell", name="slower")).first
    ).to_be_visible()
    expect(page.get_by_role("heading", name="What it does not know")).to_be_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_a_copy_is_changed_refused_in_words_stopped_and_deleted(enter: Enter, simulated: str) -> None:
    page = enter("commander")
    page.goto(simulated)
    page.get_by_role("link", name="Copy and change").click()
    expect(page.get_by_role("region", name="What if · A").get_by_label("Night")).to_have_value("7")
    page.get_by_text("Look at calls, priorities, times, targets and runs").click()
    page.get_by_label("Days simulated").fill("91")
    page.get_by_label("Times", exact=True).fill("40")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("91 days 40 times are more than 1000 days", exact=False).first).to_be_visible()
    assert look(page) == {}
    page.get_by_label("Times", exact=True).fill("10")
    page.get_by_role("button", name="Simulate").click()
    stop = page.get_by_role("button", name="Stop the simulation")
    expect(stop).to_be_visible()
    assert look(page) == {}
    stop.click()
    until(page, page.get_by_text("This simulation was stopped"))
    assert look(page) == {}
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Asked too much of it")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The what-if is deleted.")).to_be_visible()
