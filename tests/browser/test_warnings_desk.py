"""A warning on the sample city, from a watch to what is done about it, by mouse and keyboard."""

from __future__ import annotations

from playwright.sync_api import expect
from tests.browser.conftest import Enter
from tests.chromium import needed

pytestmark = needed


def test_a_commander_answers_a_warning(enter: Enter, warned: str) -> None:
    page = enter("commander")
    page.goto("/")
    expect(page.get_by_text("would be expected").first).to_be_visible()
    page.goto(warned)
    expect(page.locator(".map-wait:visible")).to_have_count(0)
    expect(page.get_by_text("reports of Motor Vehicle Theft within").first).to_be_visible()
    expect(page.get_by_text("By chance alone, something like this would be flagged")).to_be_visible()
    page.get_by_role("button", name="I look into it").click()
    expect(page.get_by_text("It is yours to look into.")).to_be_visible()
    page.get_by_role("button", name="Say what is done…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Or a programme").fill("Steering locks handed out, with the insurers")
    dialog.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("What is done is noted.")).to_be_visible()
    done = page.get_by_role("table", name="Who did what")
    expect(done.get_by_text("Steering locks handed out")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is taken back.")).to_be_visible()
    expect(page.get_by_role("button", name="Say what is done…")).to_be_visible()


def test_its_map_is_printed(enter: Enter, warned: str) -> None:
    page = enter("analyst")
    page.goto(warned)
    expect(page.locator(".map-wait:visible")).to_have_count(0)
    paper = page.locator("canvas.map-paper")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(paper).to_be_hidden()
    page.emulate_media(media="print")
    expect(paper).to_be_visible()
    expect(page.locator(".map-canvas")).to_be_hidden()
    colours = page.evaluate(
        """() => { const c = document.querySelector('canvas.map-paper')
        const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data
        return new Set(new Uint32Array(all.buffer)).size }"""
    )
    assert colours > 3  # ground, lines, circle, cells
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(paper).to_have_count(0)


def test_a_warning_is_dismissed_by_keyboard_on_a_phone(enter: Enter, warned: str) -> None:
    page = enter("analyst", width=390, height=844)
    page.goto(warned)
    opens = page.get_by_role("button", name="Dismiss…")
    opens.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What was it?").select_option("False alarm")
    dialog.get_by_label("Why, in a few words").fill("A towing yard opened there")
    dialog.get_by_role("button", name="Dismiss").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The warning is dismissed.")).to_be_visible()
    page.goto("/warnings/register/?outcome=false_alarm")
    expect(page.get_by_role("table", name="Register of warnings").get_by_role("link").first).to_be_visible()
    page.goto(warned)
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("It is taken back.")).to_be_visible()
