"""The beats desk in the browser: asked by the keyboard alone, compared, printed, copied, stopped, adopted."""

from __future__ import annotations

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
    """Six beats of the sample city's neighbourhoods, without a mouse; the drawing's address."""
    page.goto("/beats/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Where to, or what to do")).to_be_focused()
    page.keyboard.type("draw beats")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw beats")
    for field, value in (("Number of beats", "6"), ("Seconds of search and proof", "10")):
        page.get_by_label(field).focus()
        page.keyboard.press("Control+a")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    until(page, page.get_by_role("heading", name="Side by side"))
    return urlsplit(page.url).path


@pytest.fixture
def drawn(stack: Stack, enter: Enter) -> str:
    """Beats to choose from; their address."""
    return stack.once("beats", lambda: ask(enter("commander")))


def test_an_alternative_is_chosen_and_its_address_keeps_the_choice(enter: Enter, drawn: str) -> None:
    page = enter("commander")
    page.goto(drawn)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Quickest, 6 beats:")
    tabs = page.get_by_role("navigation", name="Which beats are shown")
    tabs.get_by_role("link", name="Even").click()
    assert page.url.endswith("?plan=even#beats")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Even, 6 beats:")
    expect(page.locator(".map-wait:visible")).to_have_count(0)
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("table", name="Beats: Even").get_by_role("row")).to_have_count(8)  # head, six, all
    assert look(page) == {}
    page.locator(".map-canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".map-value")).to_contain_text("incidents a week")


def test_the_overseer_sees_it_and_does_nothing(enter: Enter, drawn: str) -> None:
    page = enter("overseer")
    page.goto(drawn)
    for name in ("Adopt…", "Copy and change"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    assert enter("officer").request.get(drawn, max_redirects=0).status == 404


def test_it_prints_without_the_frame_and_with_its_tables(enter: Enter, drawn: str) -> None:
    page = enter("commander", width=720)
    page.goto(drawn)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Copy and change")).to_be_hidden()
    expect(page.get_by_text("What it does not know")).to_be_visible()
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_a_copy_is_refused_in_words_and_stopped(enter: Enter, drawn: str) -> None:
    page = enter("commander")
    page.goto(drawn)
    page.get_by_role("link", name="Copy and change").click()
    expect(page.get_by_label("Number of beats")).to_have_value("6")
    page.get_by_label("Number of beats").fill("80")
    page.get_by_role("button", name="Draw beats").click()
    expect(page.get_by_text("leave nothing to choose", exact=False).first).to_be_visible()
    assert look(page) == {}
    page.get_by_label("Number of beats").fill("7")
    page.get_by_label("Seconds of search and proof").fill("40")
    page.get_by_role("button", name="Draw beats").click()
    stop = page.get_by_role("button", name="Stop the drawing")
    expect(stop).to_be_visible()
    assert look(page) == {}
    stop.click()
    until(page, page.get_by_text("This drawing was stopped"))


def test_beats_are_adopted_in_two_steps(enter: Enter, drawn: str) -> None:
    page = enter("commander")
    page.goto(f"{drawn}?plan=even")
    page.get_by_role("link", name="Adopt…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Adopt «Even»")
    assert look(page) == {}
    page.get_by_label("Beat 1 is called").fill("North")
    page.get_by_role("button", name="Adopt these beats").click()
    expect(page.get_by_text("This field is required", exact=False).first).to_be_visible()
    page.get_by_label("Reason").fill("Workloads lie far apart today")
    page.get_by_role("button", name="Adopt these beats").click()
    expect(page.get_by_text("«Even» is adopted")).to_be_visible()
    assert look(page) == {}
    page.get_by_role("link", name="Beats: Even", exact=True).click()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("cell", name="North", exact=True).first).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Try «Beats: Even» in What if").click()
    chosen = page.get_by_role("region", name="What if · A").get_by_label("Beats")
    expect(chosen.locator("option:checked")).to_have_text("Beats: Even")
