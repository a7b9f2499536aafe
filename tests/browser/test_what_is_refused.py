"""What must not be possible on the main path: for the wrong role, for a stranger, for nobody."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from tests.browser.conftest import Enter
from tests.browser.stack import Stack
from tests.chromium import needed

pytestmark = needed


def status(page: Page, address: str) -> int:
    """What a GET is answered with, followed nowhere."""
    return page.request.get(urlsplit(address).path, max_redirects=0).status


def test_a_commander_runs_no_forecast(enter: Enter, offered: str) -> None:
    page = enter("commander")
    page.goto("/forecasts/")
    expect(page.get_by_role("link", name="New forecast")).to_have_count(0)
    assert status(page, "/forecasts/new/") == 403


def test_an_analyst_makes_no_plan(enter: Enter, plan: str) -> None:
    page = enter("analyst")
    page.goto("/plans/")
    expect(page.get_by_role("link", name="New plan")).to_have_count(0)
    assert status(page, "/plans/new/") == 403
    page.goto(plan)
    expect(page.get_by_role("button", name="Approve…")).to_have_count(0)


def test_a_stranger_finds_nothing(enter: Enter, forecast: str, plan: str, imported: str) -> None:
    page = enter("investigator")
    assert [status(page, address) for address in (forecast, plan, imported)] == [404, 404, 404]


def test_an_officer_sees_plans_but_no_forecast(enter: Enter, approved: str, forecast: str) -> None:
    page = enter("officer")
    assert status(page, approved) == 200
    assert status(page, forecast) == 404
    assert status(page, "/publishing/") == 403


def test_nobody_is_sent_to_sign_in(stack: Stack, enter: Enter, forecast: str) -> None:
    page = enter()
    page.goto(forecast)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert page.request.get("/api/v1/forecasts").status == 401
